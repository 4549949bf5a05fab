"""Whole causal checkpoints of a few kB: random weights by rule, a tokenizer of single bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from golden_decoders import tensors
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from rlxflow.runtime.checkpoint import open_checkpoint
from rlxflow.weights import write_safetensors

SPECIAL = ("<s>", "</s>", "<|user|>", "<|end|>")
"""Their ids are 256 and following; a byte is its own id."""

CONFIG: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "vocab_size": 260,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": 0.01,
    "bos_token_id": 256,
    "eos_token_id": 257,
    "pad_token_id": 257,
}
WINDOWED = {"model_type": "mistral", "sliding_window": 6, "architectures": ["MistralForCausalLM"]}
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|user|>{{ message['content'] | trim }}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}>{% endif %}"
)


def write_config(folder: Path, **changes: object) -> Path:
    """Writes a folder with a config.json and nothing else; `...` leaves a key out."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {k: v for k, v in (CONFIG | changes).items() if v is not ...}
    (folder / "config.json").write_text(json.dumps(known))
    return folder


def bytes_in_order() -> list[str]:
    """Returns the letters by which byte-level tokenizers write the bytes 0 to 255."""
    shown = {*range(33, 127), *range(161, 173), *range(174, 256)}
    hidden = [byte for byte in range(256) if byte not in shown]
    return [chr(b if b in shown else 256 + hidden.index(b)) for b in range(256)]


def write_tokenizer(folder: Path, template: str | None = None, **settings: object) -> None:
    """Writes a tokenizer whose tokens are single bytes, and what is said about it."""
    letters = {letter: i for i, letter in enumerate(bytes_in_order())}
    tokenizer = Tokenizer(models.BPE(vocab=letters, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True) for text in SPECIAL])
    tokenizer.save(str(folder / "tokenizer.json"))
    said = {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "chat_template": template}
    known = {k: v for k, v in (said | settings).items() if v is not None}
    (folder / "tokenizer_config.json").write_text(json.dumps(known))


def write_weights(folder: Path, seed: int = 1) -> None:
    """Writes random weights for the config that stands in the folder."""
    checkpoint = open_checkpoint(folder, weights=None)
    flow = checkpoint.flow(checkpoint.request("prefill", batch=1, seq=4))
    shapes = {spec.name: spec.shape for spec in checkpoint.build(flow).params}
    named = tensors(shapes, seed, str(checkpoint.raw["model_type"]))
    write_safetensors(folder / "model.safetensors", named)


def write_checkpoint(folder: Path, template: str | None = None, **changes: object) -> Path:
    """Writes config, weights and tokenizer; returns the folder."""
    write_config(folder, **changes)
    write_weights(folder)
    write_tokenizer(folder, template)
    return folder

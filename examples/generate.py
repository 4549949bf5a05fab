"""Text from a tiny Llama with random weights: greedy, drawn, stopped, streamed, and a batch.

Run it with `python examples/generate.py`. It needs no checkpoint: it writes one of 100 kB first.
What the model says means nothing; how it is asked is what a real checkpoint takes, too.
"""

from __future__ import annotations

import json
import string
import tempfile
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tokenizers.decoders import Fuse
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split

import rlxflow as rf
from rlxflow.weights import write_safetensors

ALPHABET = ["<pad>", "<s>", "</s>", "<unk>", " ", *string.ascii_lowercase, *".,!?"]
CONFIG = {
    "model_type": "llama",
    "vocab_size": len(ALPHABET),
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "bos_token_id": 1,
    "eos_token_id": 2,
}


def write_checkpoint(folder: Path) -> None:
    """Writes config.json, random weights, and a tokenizer that knows letters."""
    (folder / "config.json").write_text(json.dumps(CONFIG))
    needed = rf.DecoderFlow.from_config(CONFIG).assemble().describe().weights
    draw = np.random.default_rng(0)
    weights = {
        spec.name: np.ones(spec.shape, np.float32)
        if len(spec.shape) == 1
        else draw.normal(size=spec.shape).astype(np.float32) / 4
        for spec in needed
    }
    write_safetensors(folder / "model.safetensors", weights)
    tokenizer = Tokenizer(WordLevel({c: i for i, c in enumerate(ALPHABET)}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Split("", "isolated")
    tokenizer.decoder = Fuse()
    tokenizer.add_special_tokens(ALPHABET[:4])
    tokenizer.save(str(folder / "tokenizer.json"))
    special = {"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(special))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_checkpoint(Path(folder))
        model = rf.load(folder)
        greedy = model.generate("once upon a time", max_new_tokens=24)
        print(f"greedy:  {greedy}")
        drawn = {"temperature": 0.8, "top_k": 20, "top_p": 0.95, "max_new_tokens": 24}
        for seed in (1, 2):
            print(f"seed {seed}:  {model.generate('once upon a time', seed=seed, **drawn)}")
        ending = greedy[20:23]
        stopped = model.generate("once upon a time", max_new_tokens=24, stop=ending)
        print(f"stopped at {ending!r}:  {stopped}")
        print("streamed:", end="  ", flush=True)
        for piece in model.generate("rain", max_new_tokens=16, stream=True):
            print(piece, end="|", flush=True)
        print()
        rows = ["a", "a longer prompt", "rain"]
        together = model.generate(rows, max_new_tokens=16)
        alone = [model.generate(row, max_new_tokens=16) for row in rows]
        print(f"a batch says what each row says alone: {together == alone}")
        print(model.generator.timing)


if __name__ == "__main__":
    main()

"""A whole Whisper checkpoint of a few kB: random weights by rule, a tokenizer of single bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from golden_decoders import tensors
from tiny_decoder import write_tokenizer

from rlxflow.recipes.base import FlowRequest
from rlxflow.runtime.checkpoint import open_checkpoint
from rlxflow.weights import write_safetensors

CONFIG: dict[str, Any] = {
    "architectures": ["WhisperForConditionalGeneration"],
    "model_type": "whisper",
    "vocab_size": 260,
    "num_mel_bins": 6,
    "d_model": 24,
    "encoder_layers": 1,
    "encoder_attention_heads": 4,
    "encoder_ffn_dim": 20,
    "decoder_layers": 2,
    "decoder_attention_heads": 3,
    "decoder_ffn_dim": 28,
    "max_source_positions": 9,
    "max_target_positions": 16,
    "decoder_start_token_id": 256,
    "eos_token_id": 257,
    "pad_token_id": 258,
    "is_encoder_decoder": True,
}
SETTINGS: dict[str, Any] = {"decoder_start_token_id": 256, "eos_token_id": 257}
MULTILINGUAL: dict[str, Any] = SETTINGS | {
    "lang_to_id": {"<|en|>": 240, "<|de|>": 241},
    "task_to_id": {"transcribe": 242, "translate": 243},
    "no_timestamps_token_id": 259,
    "forced_decoder_ids": [[1, None], [2, 242]],
}


def write_checkpoint(folder: Path, settings: dict[str, Any] | None = None, **changes: Any) -> Path:
    """Writes a folder with config, settings, tokenizer and weights."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(CONFIG | changes))
    (folder / "generation_config.json").write_text(json.dumps(settings or SETTINGS))
    write_tokenizer(folder)
    checkpoint = open_checkpoint(folder, weights=None)
    flow = checkpoint.flow(FlowRequest(phase="forward"))
    shapes = {f"model.{spec.name}": spec.shape for spec in flow.describe().weights}
    write_safetensors(folder / "model.safetensors", tensors(shapes, 3, "whisper"))
    return folder


def sound(rows: int = 2, seed: int = 1) -> np.ndarray:
    """Returns features f32[rows, 6, 18]."""
    return np.random.default_rng(seed).normal(size=(rows, 6, 18)).astype(np.float32)

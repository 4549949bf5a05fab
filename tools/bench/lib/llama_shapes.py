"""Llamas of two sizes with random weights, as a config.json's object and arrays by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from rlxflow.recipes.base import FlowRequest
from rlxflow.recipes.llama import LlamaConfig, LlamaRecipe
from rlxflow.weights.aligned import aligned_empty

SHAPES: dict[str, dict[str, Any]] = {
    "tiny": {
        "vocab_size": 160,
        "hidden_size": 64,
        "intermediate_size": 112,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "rope_theta": 5e4,
        "tie_word_embeddings": False,
    },
    "1b": {
        "vocab_size": 128256,
        "hidden_size": 2048,
        "intermediate_size": 8192,
        "num_hidden_layers": 16,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 64,
        "rope_theta": 5e5,
        "tie_word_embeddings": True,
    },
}
USUAL = {"model_type": "llama", "max_position_embeddings": 131072, "rms_norm_eps": 1e-5}


def config(shape: str) -> dict[str, Any]:
    """Returns the object of a config.json."""
    return USUAL | SHAPES[shape]


def weights(raw: dict[str, Any], seed: int = 0) -> dict[str, np.ndarray]:
    """Returns f32 weights, aligned so that every engine can use the same memory.

    Numbers are drawn once and repeated from other places: 5 GB take seconds instead of a minute.
    """
    parsed = LlamaConfig.from_dict(raw)
    request = FlowRequest(phase="prefill", batch=1, seq=1)
    specs = LlamaRecipe().flow(parsed, "causal", request).build().params
    draw = np.random.default_rng(seed)
    drawn = draw.standard_normal(1 << 22, np.float32) * np.float32(0.7 * raw["hidden_size"] ** -0.5)
    made = {}
    for spec in specs:
        array = aligned_empty(spec.shape, np.dtype(np.float32))
        if len(spec.shape) == 1:
            array.fill(1.0)
        else:
            fill(array.reshape(-1), drawn, int(draw.integers(len(drawn))))
        made[spec.name] = array
    return made


def fill(flat: np.ndarray, drawn: np.ndarray, start: int) -> None:
    """Fills an array with the drawn numbers over and over, beginning somewhere among them."""
    at = 0
    while at < len(flat):
        size = min(len(flat) - at, len(drawn) - start)
        flat[at : at + size] = drawn[start : start + size]
        at, start = at + size, 0

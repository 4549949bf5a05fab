"""Llamas of two sizes, as the object of a config.json."""

from __future__ import annotations

from typing import Any

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

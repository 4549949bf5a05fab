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
CACHES = ("f32", "bf16", "f16", "int8")
"""Types of the elements of caches, as in a profile."""
USUAL = {"model_type": "llama", "max_position_embeddings": 131072, "rms_norm_eps": 1e-5}


def config(shape: str) -> dict[str, Any]:
    """Returns the object of a config.json."""
    return USUAL | SHAPES[shape]


def cache_bytes(shape: str, positions: int, kind: str) -> int:
    """Returns the bytes of keys and values of so many positions of one row.

    Args:
        shape: One of SHAPES.
        positions: Tokens that the caches hold.
        kind: One of CACHES; int8 has an f32 scale for each head.
    """
    sizes = SHAPES[shape]
    width = sizes["head_dim"]
    head = {"f32": 4 * width, "bf16": 2 * width, "f16": 2 * width, "int8": width + 4}[kind]
    return 2 * sizes["num_hidden_layers"] * sizes["num_key_value_heads"] * positions * head

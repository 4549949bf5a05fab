"""Metadata and tensors of a small model, to be changed key by key."""

from __future__ import annotations

import numpy as np

from rlxflow.weights import DictSource


def metadata(arch: str = "llama", **more: object) -> dict[str, object]:
    """Keys of a small model; `__` stands for a dot, and None takes a key away."""
    keys: dict[str, object] = {
        "context_length": 64,
        "embedding_length": 32,
        "block_count": 2,
        "feed_forward_length": 48,
        "attention.head_count": 4,
        "attention.head_count_kv": 2,
        "attention.layer_norm_rms_epsilon": float(np.float32(0.01)),
    } | {key.replace("__", "."): value for key, value in more.items()}
    named = {f"{arch}.{key}": value for key, value in keys.items() if value is not None}
    return {"general.architecture": arch, **named}


def source(layers: int = 2, **more: object) -> DictSource:
    shapes: dict[str, tuple[int, ...]] = {"token_embd": (80, 32), "output_norm": (32,)}
    for i in range(layers):
        shapes |= {f"blk.{i}.attn_q": (32, 32), f"blk.{i}.attn_k": (16, 32)}
        shapes |= {f"blk.{i}.ffn_gate": (48, 32), f"blk.{i}.attn_norm": (32,)}
    arrays: dict[str, object] = {f"{n}.weight": np.ones(s, "f4") for n, s in shapes.items()}
    arrays |= {name.replace("__", "."): array for name, array in more.items()}
    return DictSource({k: v for k, v in arrays.items() if v is not None}, "m.gguf")

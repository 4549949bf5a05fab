"""GGUF files made byte by byte, and models of blocks that nobody quantised: random bytes."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from rlxflow.weights.quants import BY_NAME

HIDDEN, INNER, VOCAB, EXPERTS, LAYERS = 256, 512, 67, 5, 2
SCALES: Mapping[str, Mapping[int, float]] = {
    "Q4_0": {0: -0.014},
    "Q4_1": {0: 0.014, 2: -0.1},
    "Q8_0": {0: 8e-4},
    "Q4_K": {0: 2.5e-4, 2: 1.9e-3},
    "Q5_K": {0: 1.2e-4, 2: 1.9e-3},
    "Q6_K": {208: 5e-5},
}
"""Type -> byte of a block -> what stands there, so that values are about 1/16."""


def text(value: str | bytes) -> bytes:
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(data)) + data


def key(name: str | bytes, kind: int, value: bytes) -> bytes:
    return text(name) + struct.pack("<I", kind) + value


def u32(value: int) -> bytes:
    return struct.pack("<I", value)


def u64(value: int) -> bytes:
    return struct.pack("<Q", value)


def tensor(
    name: str | bytes = "w", shape: Sequence[int] = (4,), kind: int = 0, offset: int = 0
) -> bytes:
    """An entry; the shape is in the order of the file, fastest first."""
    sizes = b"".join(map(u64, shape))
    return text(name) + u32(len(shape)) + sizes + u32(kind) + u64(offset)


def gguf(
    keys: Sequence[bytes] = (),
    tensors: Sequence[bytes] = (),
    data: bytes = b"",
    alignment: int = 32,
    version: int = 3,
) -> bytes:
    head = b"GGUF" + u32(version) + u64(len(tensors)) + u64(len(keys))
    head += b"".join(keys) + b"".join(tensors)
    return head + b"\0" * (-len(head) % alignment) + data


def blocks(kind: str, rows: int, depth: int, seed: int) -> np.ndarray:
    """Rows of a type as u8[rows, bytes]: random but for the scales, which differ by block."""
    rng, type_ = np.random.default_rng(seed), BY_NAME[kind]
    if not type_.quantised:
        values = (rng.normal(size=(rows, depth)) / 16).astype(np.float32)
        made = values if kind == "F32" else values.astype(np.float16)
        return made.view(np.uint8)
    made = rng.integers(0, 256, (rows * depth // type_.elements, type_.nbytes), dtype=np.uint8)
    for at, scale in SCALES[kind].items():
        halves = (scale * rng.uniform(0.5, 1.5, len(made))).astype(np.float16)
        made[:, at : at + 2] = halves[:, None].view(np.uint8)
    return made.reshape(rows, -1)


def mixture_file(
    path: Path,
    kinds: Mapping[str, str],
    architecture: str = "qwen3moe",
    alignment: int = 32,
    tied: bool = False,
) -> Path:
    """Writes a mixture of experts; `kinds` says types of tensors by a part of their name."""
    numbers = {
        "context_length": 64,
        "embedding_length": HIDDEN,
        "block_count": LAYERS,
        "feed_forward_length": INNER,
        "attention.head_count": 4,
        "attention.head_count_kv": 2,
        "vocab_size": VOCAB,
        "expert_count": EXPERTS,
        "expert_used_count": 2,
        "expert_feed_forward_length": INNER,
        "attention.key_length": 64,
        "attention.value_length": 64,
    }
    _write(path, architecture, numbers, _shapes(architecture, tied=tied), kinds, alignment)
    return path


def dense_file(path: Path, kinds: Mapping[str, str], layers: int, inner: int = 768) -> Path:
    """Writes a Llama, 8 heads of 64 over 2 of keys; `kinds` as of a mixture."""
    heads, kept, head = 8, 2, 64
    numbers = {
        "context_length": 64,
        "embedding_length": HIDDEN,
        "block_count": layers,
        "feed_forward_length": inner,
        "attention.head_count": heads,
        "attention.head_count_kv": kept,
        "attention.key_length": head,
        "attention.value_length": head,
        "rope.dimension_count": head,
        "vocab_size": VOCAB,
    }
    layer = {
        "attn_norm": (HIDDEN,),
        "attn_q": (heads * head, HIDDEN),
        "attn_k": (kept * head, HIDDEN),
        "attn_v": (kept * head, HIDDEN),
        "attn_output": (HIDDEN, heads * head),
        "ffn_norm": (HIDDEN,),
        "ffn_gate": (inner, HIDDEN),
        "ffn_up": (inner, HIDDEN),
        "ffn_down": (HIDDEN, inner),
    }
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (VOCAB, HIDDEN)}
    shapes |= {"output_norm.weight": (HIDDEN,), "output.weight": (VOCAB, HIDDEN)}
    for i in range(layers):
        shapes |= {f"blk.{i}.{name}.weight": shape for name, shape in layer.items()}
    _write(path, "llama", numbers, shapes, kinds)
    return path


def _write(
    path: Path,
    architecture: str,
    numbers: Mapping[str, int],
    shapes: Mapping[str, tuple[int, ...]],
    kinds: Mapping[str, str],
    alignment: int = 32,
) -> None:
    entries, data = [], b""
    for seed, (name, shape) in enumerate(shapes.items()):
        kind = next((each for part, each in kinds.items() if part in name), "F32")
        plain = len(shape) == 1
        rows = (
            np.ones(shape, np.float32)
            if plain
            else blocks(kind, int(np.prod(shape[:-1])), shape[-1], seed)
        )
        number = 0 if plain else BY_NAME[kind].number
        entries.append(tensor(name, shape[::-1], number, len(data)))
        data += rows.tobytes()
        data += bytes(-len(data) % alignment)
    keys = [key("general.architecture", 8, text(architecture))]
    keys += [key("general.alignment", 4, u32(alignment))]
    keys += [key(f"{architecture}.{name}", 4, u32(value)) for name, value in numbers.items()]
    eps = struct.pack("<f", 0.01)
    keys += [key(f"{architecture}.attention.layer_norm_rms_epsilon", 6, eps)]
    keys += [key("general.file_type", 4, u32(15)), key("notes", 9, u32(8) + u64(1) + text("é"))]
    path.write_bytes(gguf(keys, entries, data, alignment))


def _shapes(architecture: str, *, tied: bool) -> dict[str, tuple[int, ...]]:
    made: dict[str, tuple[int, ...]] = {"token_embd": (VOCAB, HIDDEN), "output_norm": (HIDDEN,)}
    if not tied:
        made["output"] = (VOCAB, HIDDEN)
    for i in range(LAYERS):
        layer: dict[str, tuple[int, ...]] = {
            "attn_q": (256, HIDDEN),
            "attn_k": (128, HIDDEN),
            "attn_v": (128, HIDDEN),
            "attn_output": (HIDDEN, 256),
            "attn_norm": (HIDDEN,),
            "ffn_norm": (HIDDEN,),
            "ffn_gate_inp": (EXPERTS, HIDDEN),
            "ffn_gate_exps": (EXPERTS, INNER, HIDDEN),
            "ffn_up_exps": (EXPERTS, INNER, HIDDEN),
            "ffn_down_exps": (EXPERTS, HIDDEN, INNER),
        }
        if architecture == "qwen3moe":
            layer |= {"attn_q_norm": (64,), "attn_k_norm": (64,)}
        made |= {f"blk.{i}.{name}": shape for name, shape in layer.items()}
    return {f"{name}.weight": shape for name, shape in made.items()}

"""Small models made by rule: what their weights are, and how llama.cpp names and changes them."""

from __future__ import annotations

import zlib

import numpy as np

HIDDEN, FFN, VOCAB, HEADS, KV_HEADS, EXPERTS = 32, 64, 48, 4, 2, 3
MODELS = {  # name: architecture, layers, head size, type of the matrices, further keys
    "llama": ("llama", 1, 8, "F32", {}),
    "mixtral": ("llama", 1, 8, "Q8_0", {"expert_count": EXPERTS, "expert_used_count": 2}),
    "qwen3moe": (
        "qwen3moe",
        2,
        16,
        "BF16",
        {"expert_count": EXPERTS, "expert_used_count": 2, "expert_feed_forward_length": FFN},
    ),
    "gemma3": (
        "gemma3",
        2,
        16,
        "F16",
        {"attention.sliding_window": 6, "attention.sliding_window_pattern": 2},
    ),
    "phi3": ("phi3", 1, 8, "Q8_0", {"rope.scaling.original_context_length": 16}),
}
Tensors = dict[str, tuple[str, np.ndarray, str]]
"""Stored name -> Hugging Face name, values, what is done to them in storing."""


def numbers(name: str, *shape: int) -> np.ndarray:
    """Returns multiples of 1/64 that depend on the name."""
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return (rng.integers(-96, 97, shape) / 64).astype(np.float32)


def attention(arch: str, i: int, head: int) -> Tensors:
    """Returns the tensors of the attention of one layer."""
    layer, block = f"model.layers.{i}.self_attn", f"blk.{i}"
    rows = {"q": HEADS * head, "k": KV_HEADS * head, "v": KV_HEADS * head}
    made: Tensors = {}
    if arch == "phi3":
        name = f"{layer}.qkv_proj.weight"
        made[f"{block}.attn_qkv.weight"] = (name, numbers(name, sum(rows.values()), HIDDEN), "")
    for part, size in rows.items() if arch != "phi3" else ():
        turn = f"turn {part}" if arch == "llama" and part != "v" else ""
        name = f"{layer}.{part}_proj"
        made[f"{block}.attn_{part}.weight"] = (
            f"{name}.weight",
            numbers(name, size, HIDDEN),
            turn,
        )
        if arch == "llama":
            made[f"{block}.attn_{part}.bias"] = (f"{name}.bias", numbers(f"{name}b", size), turn)
        if arch in {"qwen3moe", "gemma3"} and part != "v":
            name = f"{layer}.{part}_norm.weight"
            made[f"{block}.attn_{part}_norm.weight"] = (name, numbers(name, head), "norm")
    name = f"{layer}.o_proj.weight"
    made[f"{block}.attn_output.weight"] = (name, numbers(name, HIDDEN, rows["q"]), "")
    return made


def feed_forward(model: str, i: int) -> Tensors:
    """Returns the tensors of the feed-forward of one layer."""
    layer, block, made = f"model.layers.{i}", f"blk.{i}", Tensors()
    if model == "phi3":
        parts = {
            "up": ("mlp.gate_up_proj", 2 * FFN, HIDDEN),
            "down": ("mlp.down_proj", HIDDEN, FFN),
        }
    else:
        parts = {p: (f"mlp.{p}_proj", FFN, HIDDEN) for p in ("gate", "up")}
        parts["down"] = ("mlp.down_proj", HIDDEN, FFN)
    if model == "mixtral" or (model == "qwen3moe" and i == 1):
        mixtral = {"gate": "w1", "up": "w3", "down": "w2"}
        moe = "block_sparse_moe" if model == "mixtral" else "mlp"
        name = f"{layer}.{moe}.gate.weight"
        made[f"{block}.ffn_gate_inp.weight"] = (name, numbers(name, EXPERTS, HIDDEN), "norm")
        for part, (_, *shape) in parts.items():
            last = mixtral[part] if model == "mixtral" else f"{part}_proj"
            name = f"{layer}.{moe}.experts.{{}}.{last}.weight"
            made[f"{block}.ffn_{part}_exps.weight"] = (name, numbers(name, EXPERTS, *shape), "")
        return made
    for part, (inner, *shape) in parts.items():
        name = f"{layer}.{inner}.weight"
        made[f"{block}.ffn_{part}.weight"] = (name, numbers(name, *shape), "")
    return made


def tensors_of(model: str) -> Tensors:
    """Returns all tensors of a model."""
    arch, layers, head, *_ = MODELS[model]
    norms = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
    if arch == "gemma3":
        norms["ffn_norm"] = "pre_feedforward_layernorm"
        norms["post_attention_norm"] = "post_attention_layernorm"
        norms["post_ffw_norm"] = "post_feedforward_layernorm"
    embedding, norm = "model.embed_tokens.weight", "model.norm.weight"
    made: Tensors = {"token_embd.weight": (embedding, numbers(embedding, VOCAB, HIDDEN), "")}
    for i in range(layers):
        made |= attention(arch, i, head) | feed_forward(model, i)
        for stored, inner in norms.items():
            name = f"model.layers.{i}.{inner}.weight"
            made[f"blk.{i}.{stored}.weight"] = (name, numbers(name, HIDDEN), "norm")
    return made | {"output_norm.weight": (norm, numbers(norm, HIDDEN), "norm")}

"""Small decoders with weights by rule, their steps, and what a step moves."""

from __future__ import annotations

import functools
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from golden_decoders import tensors

from rlxflow.runtime.compiled import CompiledModel, compile_built
from rlxflow.runtime.model import Model, load

CONTEXT, WINDOW = 48, 6
SIZES = {"vocab_size": 31, "hidden_size": 24, "intermediate_size": 20, "num_hidden_layers": 2}
SIZES |= {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64}
LINEAR_ATTENTION = {
    "linear_conv_kernel_dim": 4,
    "linear_key_head_dim": 4,
    "linear_value_head_dim": 6,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "full_attention_interval": 2,
    "num_experts": 0,
}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": SIZES,
    "qwen3": SIZES | {"head_dim": 10},
    "gemma2": SIZES | {"head_dim": 8, "sliding_window": WINDOW, "query_pre_attn_scalar": 9},
    "gemma3_text": SIZES
    | {"head_dim": 8, "sliding_window": WINDOW, "sliding_window_pattern": 2}
    | {"query_pre_attn_scalar": 9},
    "mistral": SIZES | {"sliding_window": WINDOW},
    "gpt2": {"vocab_size": 31, "n_embd": 24, "n_layer": 2, "n_head": 3, "n_positions": 64},
    "qwen3_next": SIZES | {"head_dim": 8} | LINEAR_ATTENTION,
}


@functools.cache
def tiny(family: str) -> Model:
    """Returns a model with weights by rule; programs are kept with it."""
    with tempfile.TemporaryDirectory() as folder:
        raw = FAMILIES[family] | {"model_type": family}
        Path(folder, "config.json").write_text(json.dumps(raw))
        shapes = load(folder, weights=None).flow(seq=4).build(None).params
        named = tensors({spec.name: spec.shape for spec in shapes}, 3, family)
        return load(folder, weights=named)


def decode_step(family: str, batch: int, **modes: str) -> CompiledModel:
    model = tiny(family)
    flow = model.flow("decode", batch, context=CONTEXT)
    built = model.build(flow.with_modes(modes) if modes else flow)
    return compile_built(built, None, model.weights.on_device)


def smallest_cache(step: CompiledModel) -> int:
    ports = [port for port in step.bound.arguments if port.name.endswith((".key", ".value"))]
    return min(int(np.prod(port.shape)) for port in ports)


SIZED = re.compile(r"= \(?(?:f32|bf16|f16)\[([\d,]+)\][^ ]* ([\w-]+)\(")
MOVES = {"copy", "copy-start", "transpose", "convert"}


def moved(hlo: str, elements: int) -> Iterator[str]:
    """Yields the instructions of optimised HLO that write at least so many elements anew."""
    for line in hlo.splitlines():
        match = SIZED.search(line)
        sizes = [int(size) for size in match[1].split(",")] if match else []
        if match and match[2] in MOVES and np.prod(sizes) >= elements:
            yield line.strip()

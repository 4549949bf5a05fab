"""A Llama written by hand in jax.numpy (`plain_llama.py`), random weights; kind is their type."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from protocol import Phases, Task, serve

BENCH = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(BENCH), str(BENCH.parents[1])]


def prepare(task: Task) -> Phases:
    import jax
    import jax.numpy as jnp
    import numpy as np
    from lib import llama_shapes, llama_weights, plain_llama

    raw = llama_shapes.config(task.model)
    arrays = llama_weights.arrays_of(llama_weights.drawn(raw, task.kind))
    params = {name: jnp.asarray(array) for name, array in arrays.items()}
    numbers = plain_llama.Numbers.of(raw)
    shape = (task.batch, task.prompt)
    ids = np.random.default_rng(1).integers(0, raw["vocab_size"], shape).astype(np.int32)
    kept = [plain_llama.prefill(params, numbers, ids, task.context)]

    def prefill() -> float:
        begin = time.perf_counter()
        kept[0] = jax.block_until_ready(plain_llama.prefill(params, numbers, ids, task.context))
        return time.perf_counter() - begin

    def decode() -> float:
        token, caches, _ = kept[0]
        position = jnp.int32(task.context - task.steps)
        begin = time.perf_counter()
        for _ in range(task.steps):
            token, caches, position = plain_llama.step(
                params, caches, token, position, numbers=numbers
            )
        kept[0] = jax.block_until_ready((token, caches, position))
        return time.perf_counter() - begin

    return prefill, decode


serve(prepare)

"""The two that `decode.py` compares: rlxflow's generation and the model written by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from lib import llama_shapes, plain_llama
from lib.llama_weights import arrays_of, drawn

import rlxflow as rf
from rlxflow.runtime.generate import Generation, Limits
from rlxflow.runtime.sampling import SamplingOptions

BEST = SamplingOptions()


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What is run: rows, tokens of each prompt, steps after it, positions of the cache."""

    shape: str
    batch: int
    prompt: int
    steps: int
    context: int


@dataclass(frozen=True)
class Taken:
    """Seconds of one turn, and the tokens it chose after the first."""

    prefill_s: float
    decode_s: float
    tokens: list[list[int]]


@dataclass(frozen=True, kw_only=True)
class Contenders:
    """Both runs, and what a step reads.

    Attributes:
        runs: By name; each fills new caches with the prompts and takes all steps.
        weight_bytes: Bytes of weights that a step reads.
        largest: The largest weight, to measure how fast memory is read.
    """

    runs: dict[str, Callable[[], Taken]]
    weight_bytes: int
    largest: np.ndarray


def contenders(sizes: Sizes) -> Contenders:
    """Returns both, on one set of arrays."""
    raw = llama_shapes.config(sizes.shape)
    checkpoint = drawn(raw)
    arrays, model = arrays_of(checkpoint), rf.Model(checkpoint)
    shape = (sizes.batch, sizes.prompt)
    ids = np.random.default_rng(1).integers(0, raw["vocab_size"], shape).astype(np.int32)
    read = sum(array.nbytes for array in arrays.values())
    if not raw["tie_word_embeddings"]:  # of the token table a step reads one row
        read -= arrays["model.embed_tokens.weight"].nbytes
    return Contenders(
        runs={"rlxflow": ours(model, ids, sizes), "jax.jit": plain(model, raw, ids, sizes)},
        weight_bytes=read,
        largest=max(arrays.values(), key=lambda array: array.nbytes),
    )


def ours(model: rf.Model, ids: np.ndarray, sizes: Sizes) -> Callable[[], Taken]:
    """What `Model.generate` runs, with a cache of the length that was asked for."""
    limits = Limits(max_positions=sizes.context, vocab_size=int(ids.max()) + 1)

    def prepare(phase: str, batch: int, seq: int, _: int, options: SamplingOptions) -> Any:
        return model.generator.prepare(phase, batch, seq, sizes.context, options)

    def run() -> Taken:
        workers = model.generator.workers
        one = Generation(ids.tolist(), sizes.steps + 1, BEST, limits, prepare, workers)
        chosen = [token.tolist() for token in one.tokens()]
        return Taken(one.timing.prompt_s, one.timing.decode_s, chosen)

    return run


def plain(
    model: rf.Model, raw: dict[str, Any], ids: np.ndarray, sizes: Sizes
) -> Callable[[], Taken]:
    """The model by hand, on the very arrays that rlxflow's step takes."""
    numbers = plain_llama.Numbers.of(raw)
    step = model.generator.program("decode", sizes.batch, 1, sizes.context, BEST)
    names = [port.name for port in step.arguments if port.kind == "param"]
    params = dict(zip(names, step.params, strict=True))

    def run() -> Taken:
        begin = time.perf_counter()
        held = plain_llama.prefill(params, numbers, ids, sizes.context)
        jax.block_until_ready(held[0])
        middle = time.perf_counter()
        drawn = plain_llama.tokens(params, numbers, held, sizes.steps)
        chosen = [token[:, 0].tolist() for token in drawn]
        return Taken(middle - begin, time.perf_counter() - middle, chosen)

    return run

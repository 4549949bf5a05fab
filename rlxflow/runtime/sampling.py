"""Choosing the next token, inside the compiled step: one id a row leaves the device."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from rlxflow.errors import InputError

ALL = 2.0
"""A top-p that no sum of probabilities reaches, however it is rounded."""

COLDEST = 1e-30
"""Of the temperatures above 0; at any lower one the best token is certain as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingOptions:
    """How the next token is chosen from the scores, applied in this order.

    Attributes:
        repetition_penalty: Scores of tokens that stand in the row already are divided by it if
            positive, multiplied if negative; 1 for none (Keskar et al., arXiv 1909.05858).
        temperature: Scores are divided by it; 0 takes the best token, always.
        top_k: Only the k best may be chosen; None for all.
        top_p: Only the fewest whose probabilities reach p (Holtzman et al., arXiv 1904.09751).
        min_p: Only those with at least this fraction of the best one's probability.
        seed: Of the choice.
    """

    temperature: float = 0.0
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    repetition_penalty: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        whole = self.top_k is None or isinstance(self.top_k, int)
        limits = {
            "temperature": (0 <= self.temperature < math.inf, "at least 0"),
            "top_k": (whole and (self.top_k is None or self.top_k >= 1), "a whole number from 1"),
            "top_p": (self.top_p is None or 0 < self.top_p <= 1, "above 0, at most 1"),
            "min_p": (self.min_p is None or 0 <= self.min_p <= 1, "from 0 to 1"),
            "repetition_penalty": (0 < self.repetition_penalty < math.inf, "above 0"),
            "seed": (isinstance(self.seed, int) and 0 <= self.seed < 2**64, "from 0 to 2^64 - 1"),
        }
        for name, (holds, expected) in limits.items():
            if not holds:
                raise InputError(name, expected=expected, found=str(getattr(self, name)))

    @property
    def greedy(self) -> bool:
        """Whether the best token is always taken."""
        return self.temperature == 0

    @property
    def penalised(self) -> bool:
        """Whether tokens that were used count."""
        return self.repetition_penalty != 1.0

    def numbers(self) -> SamplingNumbers:
        """Returns what the compiled step takes, so that other numbers need no other program."""
        return SamplingNumbers(
            jnp.float32(self.temperature),
            jnp.int32(min(self.top_k or 0, 2**31 - 1)),
            jnp.float32(ALL if self.top_p in {None, 1} else self.top_p),
            jnp.float32(self.min_p or 0.0),
            jnp.float32(self.repetition_penalty),
            _key(self.seed),
        )


def _key(seed: int) -> jax.Array:
    """Returns the key of all 64 bits; `jax.random.key` alone would take the lower half."""
    words = jnp.asarray(np.array([seed >> 32, seed & 0xFFFFFFFF], np.uint32))
    return jax.random.wrap_key_data(words, impl="threefry2x32")


class SamplingNumbers(NamedTuple):
    """The options as arrays; `top_k` 0 stands for all."""

    temperature: jax.Array
    top_k: jax.Array
    top_p: jax.Array
    min_p: jax.Array
    penalty: jax.Array
    key: jax.Array


def best_token(scores: jax.Array) -> jax.Array:
    """Returns i32[b]: the best of f32[b, v]; the lower id of equals."""
    return jnp.argmax(scores, axis=-1).astype(jnp.int32)


def suppress(scores: jax.Array, ids: Sequence[int]) -> jax.Array:
    """Returns f32[b, v] in which the scores of `ids`, known when compiling, are the lowest."""
    if not ids:
        return scores
    barred = np.zeros(scores.shape[-1], np.bool_)
    barred[list(ids)] = True
    return jnp.where(barred, -jnp.inf, scores)


def penalise(scores: jax.Array, seen: jax.Array, penalty: jax.Array) -> jax.Array:
    """Returns f32[b, v] with the scores of seen tokens (i1[b, v]) made worse."""
    worse = jnp.where(scores > 0, scores / penalty, scores * penalty)
    return jnp.where(seen, worse, scores)


def sample_token(scores: jax.Array, numbers: SamplingNumbers, step: jax.Array) -> jax.Array:
    """Returns i32[b], drawn from f32[b, v]; the same seed and step draw the same."""
    below = scores - jnp.max(scores, axis=-1, keepdims=True)  # so that none grows to infinity
    scaled = below / jnp.maximum(numbers.temperature, COLDEST)
    ordered = jnp.sort(scaled, axis=-1)[:, ::-1]
    last = jnp.where(
        numbers.top_k > 0, jnp.minimum(numbers.top_k, scores.shape[-1]), scores.shape[-1]
    )
    kth = jnp.take_along_axis(ordered, jnp.broadcast_to(last - 1, (len(scores), 1)), axis=-1)
    allowed = ordered >= kth
    probabilities = jax.nn.softmax(jnp.where(allowed, ordered, -jnp.inf), axis=-1)
    before = jnp.cumsum(probabilities, axis=-1) - probabilities
    allowed &= (before < numbers.top_p) & (probabilities >= numbers.min_p * probabilities[:, :1])
    allowed = allowed.at[:, 0].set(True)
    lowest = jnp.min(jnp.where(allowed, ordered, jnp.inf), axis=-1, keepdims=True)
    kept = jnp.where(scaled >= lowest, scaled, -jnp.inf)
    key = jax.random.fold_in(numbers.key, step)
    return jax.random.categorical(key, kept, axis=-1).astype(jnp.int32)

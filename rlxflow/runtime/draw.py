"""Choosing the next token, inside the compiled step: one id a row leaves the device.

What may be drawn are all scores from a border on, so nothing is sorted. The border of top-k, top-p
and min-p lies among the best few nearly always, and they are all that is looked at then; else it is
found by bisection over the bits of scores. Gumbel noise by place makes both draw the same token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rlxflow.kernels import sample as kernels
from rlxflow.runtime.noise import gumbel
from rlxflow.runtime.sampling import SamplingNumbers

COLDEST = 1e-30
"""Of the temperatures above 0; at any lower one the best token is certain as well."""

_LEAST, _MOST = -(2**31), 2**31 - 1


@dataclass(frozen=True, slots=True)
class Search:
    """How the best scores are found.

    Attributes:
        best: f32[b, v] -> i32[b], where the best stands; the first of equals, NaN before all.
        top: f32[b, v] and a number -> the best, largest first, and where they stand.
        kernels: What both call.
    """

    best: Callable[[jax.Array], jax.Array]
    top: Callable[[jax.Array, int], Sequence[jax.Array]]
    kernels: tuple[str, ...] = ()


def _argmax(scores: jax.Array) -> jax.Array:
    # XLA would compute what is searched anew, without vectors, inside of the search.
    return jnp.argmax(jax.lax.optimization_barrier(scores), axis=-1).astype(jnp.int32)


def _top_k(scores: jax.Array, count: int) -> Sequence[jax.Array]:
    # XLA would sort all where it sees who reads the best.
    return jax.lax.optimization_barrier(jax.lax.top_k(scores, count))


PLAIN = Search(_argmax, _top_k)
KERNELS = Search(kernels.argmax, kernels.top_k, (kernels.ARGMAX, kernels.TOP_K))


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


def sample_token(
    scores: jax.Array, numbers: SamplingNumbers, step: jax.Array, width: int, search: Search = PLAIN
) -> jax.Array:
    """Returns i32[b], drawn from f32[b, v]; the same seed and step draw the same.

    Args:
        scores: Of all tokens.
        numbers: The options.
        step: Counts the draws of a seed.
        width: How many of the best are looked at first; 0 draws from all, whatever is to be cut.
        search: How the best are found.
    """
    below = scores - jnp.max(scores, axis=-1, keepdims=True)  # so that none grows to infinity
    scaled = below / jnp.maximum(numbers.temperature, COLDEST)
    rows, words = scores.shape
    places = jnp.arange(rows * words, dtype=jnp.uint32).reshape(rows, words)
    key = jax.random.fold_in(numbers.key, step)
    if not width:
        return search.best(scaled + gumbel(key, places))
    values, ids = search.top(scaled, min(width, words))
    lowest, enough = _lowest(values, jnp.sum(jnp.exp(scaled), axis=-1, keepdims=True), numbers)

    def among_few() -> jax.Array:
        drawn = values + gumbel(key, jnp.take_along_axis(places, ids, axis=-1))
        drawn = jnp.where(values >= lowest, drawn, -jnp.inf)
        best = jnp.max(drawn, axis=-1, keepdims=True)
        return jnp.min(jnp.where(drawn == best, ids, _MOST), axis=-1)

    def among_all() -> jax.Array:
        kept = jnp.where(_kept(scaled, numbers), scaled, -jnp.inf)
        return search.best(kept + gumbel(key, places))

    if width >= words:
        return among_few()
    return jax.lax.cond(jnp.all(enough), among_few, among_all)


def _lowest(values: jax.Array, mass: jax.Array, numbers: SamplingNumbers) -> tuple[Any, Any]:
    """Returns f32[b, 1], the lowest score that may be drawn, and i1[b, 1], whether that is certain.

    Args:
        values: The best scores f32[b, w], largest first, the first of them 0.
        mass: Sum of the exponentials of all, f32[b, 1].
        numbers: The options.
    """
    last, limited = values[:, -1:], numbers.top_k > 0
    place = jnp.clip(numbers.top_k, 1, values.shape[-1]) - 1
    kth = jnp.where(limited, jnp.take(values, place, axis=-1)[:, None], -jnp.inf)
    weights = jnp.where(values >= kth, jnp.exp(values), 0.0)
    mass = jnp.where(limited, jnp.sum(weights, axis=-1, keepdims=True), mass)
    before = jnp.cumsum(weights, axis=-1) - weights
    allowed = (values >= kth) & (before < _share(numbers, mass)) & (weights >= numbers.min_p)
    lowest = jnp.min(jnp.where(allowed, values, 0.0), axis=-1, keepdims=True)
    return lowest, (last < lowest) & (~limited | (last < kth))


def _kept(scaled: jax.Array, numbers: SamplingNumbers) -> jax.Array:
    """Returns i1[b, v], what may be drawn of scores f32[b, v] of which the best is 0."""
    bits = jax.lax.bitcast_convert_type(scaled + 0.0, jnp.int32)  # -0 becomes 0
    order = jnp.where(bits < 0, bits ^ np.int32(_MOST), bits)  # integers in the order of scores
    words = scaled.shape[-1]
    limit = jnp.where(numbers.top_k > 0, jnp.minimum(numbers.top_k, words), words + 1)
    first = _border(order, jnp.ones_like(scaled), limit.astype(jnp.float32))
    weights = jnp.where(order >= first, jnp.exp(scaled), 0.0)
    mass = jnp.sum(weights, axis=-1, keepdims=True)
    second = _border(order, weights, _share(numbers, mass))
    return (order >= jnp.maximum(first, second)) & (weights >= numbers.min_p)


def _share(numbers: SamplingNumbers, mass: jax.Array) -> jax.Array:
    """Returns the weight that top-p asks for: more than none, so that the best is always kept."""
    return jnp.maximum(numbers.top_p * mass, np.finfo(np.float32).tiny)


def _border(order: jax.Array, weights: jax.Array, limit: jax.Array) -> jax.Array:
    """Returns i32[b, 1], the least number such that what is above it weighs less than a limit."""
    rows = len(order)
    limit = jnp.broadcast_to(limit, (rows, 1))

    def above(border: jax.Array) -> jax.Array:
        return jnp.sum(jnp.where(order > border, weights, 0.0), axis=-1, keepdims=True) < limit

    def halve(ends: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        low, high = ends
        middle = (low & high) + ((low ^ high) >> 1)  # without overflow, rounded down
        light = above(middle)
        return jnp.where(light, low, middle + 1), jnp.where(light, middle, high)

    low = jnp.full((rows, 1), _LEAST, jnp.int32)
    high = jnp.where(above(low), low, jnp.full((rows, 1), _MOST, jnp.int32))
    found, _ = jax.lax.while_loop(lambda ends: jnp.any(ends[0] < ends[1]), halve, (low, high))
    return found

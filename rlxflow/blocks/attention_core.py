"""Scores, softmax and the weighted sum: the one place where attention is computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rlxflow.blocks.base import Block, Emit
from rlxflow.blocks.kv_cache import Kept, scales_of, visible_slots
from rlxflow.blocks.mask import both, either, positions_mask
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Attend(Block):
    """What follows the products of an attention that has a cache: scores, softmax, weighted sum.

    Formula: see `attend`.

    Attributes:
        fn: Builds it.
        phase: `prefill` or `decode`.
        scale: Of the scores.
        softcap: Limit of the scores; None for none.
        causal: Whether a query sees only keys at or before it.
        window: How many keys a query sees, its own included; None for all.
        masked: Whether anything else hides keys or is added to scores.
    """

    fn: Callable[[Emit], Value] = field(repr=False)
    phase: str
    scale: float
    softcap: float | None
    causal: bool
    window: int | None
    masked: bool

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """Nothing -> [b, t, k, g, e]."""
        return self.fn(emit)


def attend(
    q: Value,
    k: Value,
    v: Value,
    *,
    scale: float,
    softcap: float | None = None,
    keep: Value | None = None,
    bias: Value | None = None,
    scales: Sequence[Value] = (),
) -> Value:
    """Returns softmax-weighted values; the one place where scores are made.

    Formula, in this order:
        `s = sum_e q[b,t,k,g,e] k[b,s,k,e]`
        `s = s * key_scale[b,k,s]`                  if scales
        `s = scale * s`
        `s = softcap * tanh(s / softcap)`           if softcap
        `s = s + bias`                              if bias
        `s = s if keep else the lowest finite f32`  if keep
        `w = softmax_s(s)`
        `w = w * value_scale[b,k,s]`                if scales
        `y[b,t,k,g,e] = sum_s w v[b,s,k,e]`

    Args:
        q: [b, t, k, g, e]: g query heads share each of the k key/value heads.
        k: [b, s, k, e].
        v: [b, s, k, e].
        scale: Multiplies the product of query and key.
        softcap: Limits scores smoothly to +-softcap, before any mask.
        keep: i1 tensor whose axes are among [b, k, g, t, s]; True where the key is visible.
        bias: f32 tensor whose axes are among [b, k, g, t, s].
        scales: f32[b, k, s] of keys, and of values: what the elements of each are multiplied by.

    Numerics: products accumulate in f32; scores, softmax and bias are f32; the weights go back to
    the dtype of `v` for the second product. A query that sees no key gets the mean of all values,
    because the mask is finite (what transformers' eager code gives, too).
    """
    scores = ops.dot(q, k, over="e", dtype="f32")  # [b, k, t, g, s]
    if scales:
        scores = scores * scales[0]
    scores = scores * scale
    if softcap is not None:
        scores = ops.tanh(scores / softcap) * softcap
    if bias is not None:
        scores = scores + bias
    if keep is not None:
        lowest = float(np.finfo(np.float32).min)
        scores = ops.select(ops.expand(keep, scores.type.with_dtype("i1")), scores, lowest)
    weights = ops.softmax(scores, over="s")
    if scales:
        weights = weights * scales[1]
    mixed = ops.dot(ops.convert(weights, v.dtype), v, over="s")  # [b, k, t, g, e]
    return ops.transpose(mixed, "b t k g e")


def attend_cache(
    positions: Value,
    q: Value,
    keys: Kept,
    values: Kept,
    *,
    window: int | None,
    padding: Value | None = None,
    **numbers: Any,
) -> Value:
    """Returns what the tokens at `positions[b, t]` make of all that a cache holds.

    Args:
        positions: i32[b, t].
        q: [b, t, k, g, e].
        keys: [b, k, e, s].
        values: [b, k, s, e].
        window: How many keys a query sees, its own included; None for all.
        padding: i1[b, s], where the cache may be seen at all.
        numbers: The others of `attend`.
    """
    seen = visible_slots(positions, keys.rows.size("s"), window)
    k, v = ops.convert(keys.rows, q.dtype), ops.convert(values.rows, q.dtype)
    scales = scales_of((keys, values))
    return attend(q, k, v, keep=both(padding, seen), scales=scales, **numbers)


def attend_tokens(
    q: Value,
    k: Value,
    v: Value,
    *,
    causal: bool,
    window: int | None,
    padding: Value | None = None,
    span: Value | None = None,
    **numbers: Any,
) -> Value:
    """Returns what the tokens of a call make of each other.

    Args:
        q: [b, t, k, g, e].
        k: [b, s, k, e].
        v: [b, s, k, e].
        causal: Whether a query sees only keys at or before it.
        window: How many keys a query sees, its own included; None for all.
        padding: i1[b, s], which keys may be seen at all.
        span: i1[b, t, s], pairs that causality and the window do not hide.
        numbers: The others of `attend`.
    """
    visible = positions_mask(q, k, causal=causal, window=window)
    if span is not None and visible is not None:
        visible = either(visible, span)
    return attend(q, k, v, keep=both(padding, visible), **numbers)

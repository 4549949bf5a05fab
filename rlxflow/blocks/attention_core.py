"""Scores, softmax and the weighted sum: the one place where attention is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from rlxflow.blocks.base import Block, Emit
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
) -> Value:
    """Returns softmax-weighted values; the one place where scores are made.

    Formula, in this order:
        `s = scale * sum_e q[b,t,k,g,e] k[b,s,k,e]`
        `s = softcap * tanh(s / softcap)`           if softcap
        `s = s + bias`                              if bias
        `s = s if keep else the lowest finite f32`  if keep
        `y[b,t,k,g,e] = sum_s softmax_s(s) v[b,s,k,e]`

    Args:
        q: [b, t, k, g, e]: g query heads share each of the k key/value heads.
        k: [b, s, k, e].
        v: [b, s, k, e].
        scale: Multiplies the product of query and key.
        softcap: Limits scores smoothly to +-softcap, before any mask.
        keep: i1 tensor whose axes are among [b, k, g, t, s]; True where the key is visible.
        bias: f32 tensor whose axes are among [b, k, g, t, s].

    Numerics: products accumulate in f32; scores, softmax and bias are f32; the weights go back to
    the dtype of `v` for the second product. A query that sees no key gets the mean of all values,
    because the mask is finite (what transformers' eager code gives, too).
    """
    scores = ops.dot(q, k, over="e", dtype="f32") * scale  # [b, k, t, g, s]
    if softcap is not None:
        scores = ops.tanh(scores / softcap) * softcap
    if bias is not None:
        scores = scores + bias
    if keep is not None:
        lowest = float(np.finfo(np.float32).min)
        scores = ops.select(ops.expand(keep, scores.type.with_dtype("i1")), scores, lowest)
    weights = ops.convert(ops.softmax(scores, over="s"), v.dtype)
    mixed = ops.dot(weights, v, over="s")  # [b, k, t, g, e]
    return ops.transpose(mixed, "b t k g e")

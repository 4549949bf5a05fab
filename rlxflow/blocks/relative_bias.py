"""Learned biases of the scores by the distance of key and query, in buckets."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.errors import ConfigError
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value

RELATIVE_BIAS = "relative_bias"


def buckets(distances: np.ndarray, num_buckets: int, max_distance: int) -> np.ndarray:
    """Returns the bucket of each distance `key - query`, for attention that looks both ways.

    Formula, `half = num_buckets / 2`, `exact = half / 2`, `n = |distance|`:
        `n` if `n < exact`, else
        `min(exact + floor(ln(n / exact) / ln(max_distance / exact) * (half - exact)), half - 1)`;
        keys behind the query (distance > 0) add `half`.
    Numerics: f32, in this order, because a bucket's border may fall on a distance.
    """
    half = num_buckets // 2
    exact = half // 2
    size = np.abs(distances)
    ratio = np.maximum(size, exact).astype(np.float32) / np.float32(exact)
    steps = np.log(ratio) / np.float32(math.log(max_distance / exact)) * np.float32(half - exact)
    far = np.minimum(exact + steps.astype(np.int64), half - 1)
    return np.where(size < exact, size, far) + half * (distances > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeBias(Block):
    """Publishes the slot `relative_bias` [h, t, s] that attention adds to its scores.

    Formula: `bias[h,t,s] = table[bucket(s - t), h]`; see `buckets`.
    Source: Raffel et al., arXiv 1910.10683; Song et al., arXiv 2004.09297.
    Weights: `key` [n, h].

    Attributes:
        num_attention_heads: h.
        num_buckets: Half of them for keys before the query, half for those behind it.
        max_distance: All keys at least so far away share a bucket.
        rows: n, where the table has more rows than there are buckets; None for num_buckets.
    Numerics: f32.
    Constraints: (C1) 4 buckets or more, and max_distance above a quarter of them.
    """

    key: str
    num_attention_heads: int
    num_buckets: int = 32
    max_distance: int = 128
    rows: int | None = None

    def __post_init__(self) -> None:
        if self.num_buckets < 4 or self.max_distance <= self.num_buckets // 4:
            raise ConfigError(
                "relative bias (C1)",
                expected="4 buckets or more, and a max_distance above a quarter of them",
                found=f"{self.num_buckets} buckets, max_distance {self.max_distance}",
            )

    @property
    def contract(self) -> Contract:
        return Contract(writes=(RELATIVE_BIAS,))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """Passes the current value [b, t, ...] through."""
        x = required(x, self)
        size, heads = x.size("t"), self.num_attention_heads
        table = emit.param(self.key, {"n": self.rows or self.num_buckets, "h": heads})
        found = buckets(np.arange(1 - size, size), self.num_buckets, self.max_distance)
        chosen = emit.constant_array(found.astype(np.int32), "r")
        by_distance = ops.convert(ops.take(table, chosen, axis="n"), "f32")
        grid = tensor_type("i32", {"t": size, "s": size})
        query, key = (ops.expand(ops.iota(x, axis, size), grid) for axis in "ts")
        bias = ops.take(by_distance, key - query + (size - 1), axis="r")
        emit.set_named(RELATIVE_BIAS, ops.transpose(bias, "h t s"))
        return x

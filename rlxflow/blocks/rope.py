"""Rotary position embedding: frequencies, tables of sine and cosine, and the rotation.

Source: Su et al., arXiv 2104.09864; NTK and YaRN: Peng et al., arXiv 2309.00071; LongRoPE: Ding et
al., arXiv 2402.13753; the Llama 3 and proportional rules: transformers' `modeling_rope_utils`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.blocks.rope_frequencies import RopeNumbers, inverse_frequencies
from rlxflow.errors import ShapeError
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class RopeTables(RopeNumbers, Block):
    """Publishes cosine and sine of every position: slots `{slot}.cos`, `{slot}.sin`.

    Formula: `cos[b,t,r] = a cos(position[b,t] * inv[r])`, sine alike; `inv` and `a` depend on
    `rope_type` (see `RopeNumbers`).

    Attributes:
        slot: First part of the slots' names; families with two tables use two.
        positions_slot: Slot with i32[b, t] or i32[t]; if empty, positions count from 0 along `t`
            of the current value.
    Numerics: frequencies in f64, rounded once to f32; angles, cosine and sine in f32.
    """

    usual_mode: ClassVar[str] = "fence"  # else every rotation takes sines of its own

    slot: str = "rope"
    positions_slot: str = ""

    @property
    def contract(self) -> Contract:
        reads = (self.positions_slot,) if self.positions_slot else ()
        return Contract(
            reads=reads,
            writes=(f"{self.slot}.cos", f"{self.slot}.sin"),
            needs_value=not self.positions_slot,
            gives_value=False,
        )

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        if self.positions_slot:
            positions = emit.named(self.positions_slot)
        else:
            ids = required(x, self)
            self._check_length(ids.size("t"))
            positions = ops.iota(ids, "t", ids.size("t"))
        frequencies, attention = self._frequencies(emit, positions)
        angles_type = tensor_type(
            "f32", [*zip(positions.axes, positions.shape, strict=True), ("r", self.dim // 2)]
        )
        wide = ops.expand(ops.convert(positions, "f32"), angles_type)
        angles = wide * ops.expand(frequencies, angles_type)
        emit.set_named(f"{self.slot}.cos", ops.cosine(angles) * attention)
        emit.set_named(f"{self.slot}.sin", ops.sine(angles) * attention)
        return x

    def _check_length(self, tokens: int) -> None:
        """Raises ShapeError for more tokens than the model has positions."""
        if tokens > self.max_pos and self.rope_type != "dynamic":
            expected = f"at most {self.max_pos} tokens in a row (max_pos)"
            raise ShapeError("rope", expected=expected, found=f"{tokens}")

    def _frequencies(self, emit: Emit, positions: Value) -> tuple[Value, float]:
        """Returns f32[r] and the factor of cosine and sine; two types look at the length."""
        numbers, attention = inverse_frequencies(self)
        if self.rope_type not in {"dynamic", "longrope"}:
            return emit.constant_array(numbers.astype(np.float32), "r"), attention
        length = ops.max(positions, positions.axes) + 1
        limit = float(self.original_max_position_embeddings or self.max_pos)
        shape = tensor_type("i1", {"r": self.dim // 2})
        longer = ops.expand(ops.compare(ops.convert(length, "f32"), "GT", limit), shape)
        short = emit.constant_array(numbers.astype(np.float32), "r")
        if self.rope_type == "longrope":
            other, _ = inverse_frequencies(self, long=True)
            long = emit.constant_array(other.astype(np.float32), "r")
            return ops.select(longer, long, short), attention
        return ops.select(longer, self._stretched(emit, length), short), attention

    def _stretched(self, emit: Emit, length: Value) -> Value:
        """Returns the frequencies of a base that grows with the length (dynamic NTK)."""
        limit = float(self.original_max_position_embeddings or self.max_pos)
        ratio = ops.convert(length, "f32") * (self.factor / limit) - (self.factor - 1.0)
        log_theta = ops.log(ratio) * (self.dim / (self.dim - 2)) + math.log(self.theta)
        exponents = np.arange(0, self.dim, 2, dtype=np.float64) / self.dim
        table = emit.constant_array(-exponents.astype(np.float32), "r")
        return ops.exponential(table * ops.expand(log_theta, table.type))


def rotate(x: Value, cos: Value, sin: Value, *, interleaved: bool = False) -> Value:
    """Returns `x` with the first `2 r` elements of its axis `e` rotated, the rest as they are.

    Formula, with x1, x2 the two halves of the first 2r elements (or, interleaved, those at even
    and odd places): `y1 = x1 cos - x2 sin`, `y2 = x2 cos + x1 sin`.

    Args:
        x: [..., e], with the axes of the tables among its axes.
        cos: f32, [b, t, r] or [t, r].
        sin: As cos.
        interleaved: Whether pairs are neighbours (2i, 2i+1) instead of (i, i + r).

    Numerics: f32, given back in the dtype of `x`.
    """
    half, size = cos.size("r"), x.size("e")
    wide = ops.convert(x, "f32")
    turned = ops.slice(wide, "e", 0, 2 * half) if 2 * half < size else wide
    parts = {"r": half, "two": 2} if interleaved else {"two": 2, "r": half}
    pairs = ops.split(turned, "e", **parts)
    x1, x2 = ops.pick(pairs, "two", 0), ops.pick(pairs, "two", 1)
    y1, y2 = x1 * cos - x2 * sin, x2 * cos + x1 * sin
    if interleaved:
        at = x1.type.rank
        joined = ops.concatenate([ops.insert(y1, "two", at), ops.insert(y2, "two", at)], "two")
        y = ops.merge(joined, "r two", "e")
    else:
        y = ops.rename(ops.concatenate([y1, y2], "r"), r="e")
    if 2 * half < size:
        y = ops.concatenate([y, ops.slice(wide, "e", 2 * half, size)], "e")
    return ops.convert(y, x.dtype)

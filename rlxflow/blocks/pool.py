"""One vector a sentence, out of one vector a token."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import ATTN_MASK, Block, Contract, Emit, required
from rlxflow.errors import ConfigError, ShapeError
from rlxflow.ir import ops
from rlxflow.ir.value import Value

POOLINGS = ("cls", "mean", "last", "max")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Block):
    """Reduces the tokens of each row to one vector; pads do not count.

    Formula, m[b,t] = 1 at tokens and 0 at pads (slot `attn_mask`):
        `cls`:  `y[b,d] = x[b,0,d]`
        `mean`: `y[b,d] = sum_t m x / max(sum_t m, 1e-9)`
        `last`: `y[b,d] = x[b,t*,d]`, t* the largest t with m[b,t] = 1
        `max`:  `y[b,d] = max_t x` over the t with m[b,t] = 1
    Source: Reimers and Gurevych, arXiv 1908.10084.

    Attributes:
        pooling: `cls`, `mean`, `last` or `max`.
    Numerics: f32.
    """

    pooling: str = "mean"

    def __post_init__(self) -> None:
        if self.pooling not in POOLINGS:
            raise ConfigError("pooling", expected=f"one of {POOLINGS}", found=f"`{self.pooling}`")

    @property
    def contract(self) -> Contract:
        return Contract(reads=() if self.pooling == "cls" else (ATTN_MASK,))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> f32[b, d]."""
        wide = ops.convert(required(x, self), "f32")
        if self.pooling == "cls":
            return ops.pick(wide, "t", 0)
        keep = ops.rename(emit.named(ATTN_MASK), s="t")
        if self.pooling == "max":
            lowest = float("-inf")
            return ops.max(
                ops.select(ops.expand(keep, wide.type.with_dtype("i1")), wide, lowest), "t"
            )
        weights = ops.convert(self._last(keep) if self.pooling == "last" else keep, "f32")
        total = ops.sum(wide * weights, over="t")
        return total / ops.maximum(ops.sum(weights, over="t"), 1e-9)

    def _last(self, keep: Value) -> Value:
        """Returns i1[b, t], True only at the last token of each row."""
        position = ops.expand(ops.iota(keep, "t", keep.size("t")), keep.type.with_dtype("i32"))
        last = ops.max(ops.select(keep, position, -1), over="t")
        return ops.compare(position, "EQ", last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalize(Block):
    """Scales each vector to length 1.

    Formula: `y = x / max(|x|_2, floor)` over `d`.

    Attributes:
        floor: Length below which a vector is not scaled up to 1.
    Numerics: f32.
    """

    floor: float = 1e-12

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[..., d] -> f32[..., d]."""
        wide = ops.convert(required(x, self), "f32")
        return ops.l2_normalize(wide, over="d", floor=self.floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClsTokenPool(Block):
    """Keeps the first token of each row.

    Formula: `y[b,d] = x[b,0,d]`.

    Attributes:
        batch: b; None for whatever it is.
        hidden_size: d, alike.
    Constraints: (C1) the value has these sizes.
    """

    batch: int | None = None
    hidden_size: int | None = None

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, d]."""
        x = required(x, self)
        for axis, size in (("b", self.batch), ("d", self.hidden_size)):
            if size is not None and x.size(axis) != size:
                where = "class token (C1)"
                raise ShapeError(where, expected=f"{axis}={size}", found=str(x.type))
        return ops.pick(x, "t", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTokenPool(Block):
    """Keeps the last token of each row, whatever it is.

    Formula: `y[b,d] = x[b,T-1,d]`.
    """

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, d]."""
        x = required(x, self)
        return ops.pick(x, "t", x.size("t") - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClsAndMean(Block):
    """Puts the first token and the mean of the last ones side by side.

    Formula: `y[b,d] = x[b,0,d]`, `y[b,D+d] = mean_{t > skip} x[b,t,d]`.
    Source: Oquab et al., arXiv 2304.07193, for the linear classifier on it.

    Attributes:
        skip: Tokens after the first that the mean leaves out, such as registers.
    Numerics: the mean in f32.
    """

    skip: int = 0

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, 2d]."""
        x = required(x, self)
        patches = ops.convert(ops.slice(x, "t", 1 + self.skip, x.size("t")), "f32")
        mean = ops.convert(ops.mean(patches, over="t"), x.dtype)
        return ops.concatenate([ops.pick(x, "t", 0), mean], "d")

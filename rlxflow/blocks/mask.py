"""Which keys a query sees: padding, causality and windows as one boolean tensor.

Visible means True. `None` means that everything is visible.
"""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import ATTN_BIAS, ATTN_MASK, Block, Contract, Emit
from rlxflow.errors import ConfigError, ShapeError
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value


def positions_mask(q: Value, k: Value, *, causal: bool, window: int | None) -> Value | None:
    """Returns i1[t, s]: key s is visible to query t iff `t - window < s <= t`.

    Query t stands at position `t + (S - T)`, so that the last query sees the last key. A window of
    W shows W keys, the query's own included. Without `causal` a window shows the W-1 keys on
    either side as well: `|t - s| < W`.
    """
    if not causal and window is None:
        return None
    if window is not None and window < 1:
        raise ConfigError("attention window", expected="at least 1 key", found=str(window))
    queries, keys = q.size("t"), k.size("s")
    grid = tensor_type("i32", {"t": queries, "s": keys})
    rows = ops.iota(q, "t", queries) + (keys - queries)
    distance = ops.expand(rows, grid) - ops.expand(ops.iota(q, "s", keys), grid)
    visible = ops.compare(distance, "GE", 0) if causal else None
    if window is not None:
        near = ops.compare(distance if causal else ops.abs(distance), "LT", window)
        visible = near if visible is None else ops.logical_and(visible, near)
    return visible


def both(a: Value | None, b: Value | None) -> Value | None:
    """Returns what both masks show, over the axes that either of them has."""
    if a is None or b is None:
        return a if b is None else b
    return ops.logical_and(*_joined(a, b))


def either(a: Value, b: Value) -> Value:
    """Returns what one of the masks shows, over the axes that either of them has."""
    return ops.logical_or(*_joined(a, b))


def _joined(a: Value, b: Value) -> tuple[Value, Value]:
    """Returns both masks over the axes that either of them has."""
    extra = [(name, b.size(name)) for name in b.axes if name not in a.axes]
    joined = tensor_type("i1", [*zip(a.axes, a.shape, strict=True), *extra])
    return ops.expand(a, joined), ops.expand(b, joined)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttnMaskFromInput(Block):
    """Publishes the slot `attn_mask` from an input that is 1 at tokens and 0 at pads.

    Formula: `mask[b,s] = input[b,s] != 0`.
    """

    input: str = "attention_mask"

    @property
    def contract(self) -> Contract:
        return Contract(
            inputs=(self.input,), writes=(ATTN_MASK,), needs_value=False, gives_value=False
        )

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        given = ops.rename(emit.flow_input(self.input), t="s")
        keep = given if given.dtype == "i1" else ops.compare(given, "NE", 0)
        emit.set_named(ATTN_MASK, keep)
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class AttnMaskOnes(Block):
    """Publishes the slot `attn_mask` with every key visible."""

    batch: int
    seq: int

    @property
    def contract(self) -> Contract:
        return Contract(writes=(ATTN_MASK,), needs_value=False, gives_value=False)

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        emit.set_named(ATTN_MASK, emit.constant(True, {"b": self.batch, "s": self.seq}, "i1"))
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class AttnBiasFromInput(Block):
    """Publishes the slot `attn_bias` [b, h, t, s] from an input whose axes go by place.

    Formula: `bias = input`, added to the scores after scale and limit.
    """

    input: str = "attn_bias"

    @property
    def contract(self) -> Contract:
        return Contract(
            inputs=(self.input,), writes=(ATTN_BIAS,), needs_value=False, gives_value=False
        )

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        given = emit.flow_input(self.input)
        if given.type.rank != 4:
            raise ShapeError(
                f"input `{self.input}`", expected="[b, h, t, s]", found=str(given.type)
            )
        bias = ops.rename(given, **dict(zip(given.axes, "bhts", strict=True)))
        emit.set_named(ATTN_BIAS, ops.convert(bias, "f32"))
        return x

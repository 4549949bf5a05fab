"""The short causal convolution in front of a linear attention, with its window as a state."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value


def causal_conv(window: Value, weight: Value) -> Value:
    """Returns `y[b,t,c] = sum_j weight[c,j] window[b,t+j,c]`: each channel by itself, no bias.

    Args:
        window: [b, t + taps - 1, c]: what came before the first token, then the tokens.
        weight: [c, j]; the last tap meets the newest token.
    """
    taps = weight.size("j")
    length = window.size("t") - taps + 1
    products = [
        ops.slice(window, "t", j, j + length) * ops.pick(weight, "j", j) for j in range(taps)
    ]
    total = products[0]
    for product in products[1:]:
        total = total + product
    return total


@dataclass(frozen=True, slots=True)
class Span:
    """Where the tokens of each row stand among its pads: i32[b] `first`, and `end` after the last.

    A row without tokens has 0 for both.
    """

    first: Value
    end: Value

    @staticmethod
    def of(mask: Value) -> Span:
        """Returns the span of i1[b, t], True at tokens, which stand side by side in each row."""
        length = mask.size("t")
        places = ops.expand(ops.iota(mask, "t", length), mask.type.with_dtype("i32"))
        end = ops.max(ops.select(mask, places + 1, 0), over="t")
        return Span(ops.minimum(ops.min(ops.select(mask, places, length), over="t"), end), end)


def window_of(x: Value, before: Value | None, taps: int, span: Span | None) -> Value:
    """Returns [b, t + taps - 1, c]: the inputs `before` each row's first token, then the row.

    Args:
        x: [b, t, c], zero at pads.
        before: [b, t=taps - 1, c]; zeros if None.
        taps: Of the convolution.
        span: Where the tokens are; everywhere if None. What came before moves up to the first.
    """
    if before is None:
        return ops.pad(x, "t", taps - 1, 0)
    window = ops.concatenate([before, x], "t")
    if span is None:
        return window
    grid = tensor_type("i32", {"b": x.size("b"), "t": window.size("t")})
    places = ops.expand(ops.iota(x, "t", window.size("t")), grid)
    first = ops.expand(span.first, grid)
    own = ops.compare(places, "GE", first + (taps - 1))
    return ops.take(window, ops.select(own, places, ops.maximum(places - first, 0)), "t")


def window_after(window: Value, taps: int, span: Span | None) -> Value:
    """Returns [b, t=taps - 1, c]: the last inputs of each row, as the next call's `before`."""
    length = window.size("t")
    if span is None:
        return ops.slice(window, "t", length - taps + 1, length)
    grid = tensor_type("i32", {"b": window.size("b"), "t": taps - 1})
    places = ops.expand(span.end, grid) + ops.expand(ops.iota(window, "t", taps - 1), grid)
    return ops.take(window, places, "t")

"""Rotary positions: pairs of features turned by an angle.

    halves        x * cos + concat(-x2, x1) * sin            x1, x2 the halves of x
                  concat(x1 * cos - x2 * sin, x2 * cos + x1 * sin)
    interleaved   the same sums with x1, x2 the even and odd features, stacked in pairs

Halves may be slices, or slices of x reshaped to [..., 2, e/2]; even and odd features may be slices
with a stride, or of [..., e/2, 2]. Cosines and sines are operands, before they are spread along the
heads if that is done for this x alone.
"""

from __future__ import annotations

from typing import NamedTuple

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.closing import narrowed, widened
from rlxflow.passes.raising.graph import ints, made_by, shape
from rlxflow.passes.raising.match import Match, NearMiss
from rlxflow.passes.raising.trace import Ref, Trace, kind_of, views, whole
from rlxflow.passes.raising.weights import Weights

_SPREAD = ("broadcast_in_dim", "reshape")


class Turned(NamedTuple):
    """What is turned, by which cosines and sines, and which features make a pair."""

    x: ir.Value
    cos: Ref
    sin: Ref
    interleaved: bool


def rope(root: ir.Operation, _: Weights) -> Match | None:
    """Returns the rotation that an operation ends, or None.

    Raises NearMiss if x is turned in another way: the other direction, unequal halves.
    """
    trace = Trace()
    found = None
    if kind_of(root) == "add":
        found = _rotate_half(trace, whole(root.results[0]))
    elif kind_of(root) == "concatenate":
        found, root = _joined(trace, root)
    if found is None:
        return None
    inputs = {"x": found.x, "cos": found.cos.value, "sin": found.sin.value}
    inputs = widened(trace.ops, inputs, *_SPREAD)
    root = narrowed(trace.ops, root, inputs["x"])
    params = {"interleaved": found.interleaved, "rotary_dim": shape(found.x)[-1]}
    return Match(block="rope", root=root, ops=tuple(trace.ops), inputs=inputs, params=params)


def _rotate_half(trace: Trace, ref: Ref) -> Turned | None:
    """Matches x * cos + concat(-x2, x1) * sin."""
    for attempt, straight, crossed in trace.either(ref, "add"):
        for inner, crossing, sin in attempt.either(crossed, "multiply"):
            join, turned = _concatenated(inner, crossing)
            if join is None or len(join.operands) != 2:
                continue
            first = _negated(inner, Ref(join.operands[0], turned.axes))
            if first is None:
                continue
            parts = _parts(inner, first.value, join.operands[1])
            if parts is None:
                continue
            x, interleaved, swapped = parts
            inner.ops[join] = None
            for last, one, cos in inner.either(straight, "multiply"):
                if last.same(one, whole(x)) is None:
                    continue
                if not swapped or interleaved:
                    raise NearMiss("rotate-half form with other halves than -x2, x1")
                trace.join(last)
                return Turned(x, cos, sin, False)
    return None


def _concatenated(trace: Trace, ref: Ref) -> tuple[ir.Operation | None, Ref]:
    for seen, at in views(ref):
        if (join := made_by(at.value, "concatenate")) is not None:
            trace.ops |= dict.fromkeys(seen)
            return join, at
    return None, ref


def _negated(trace: Trace, ref: Ref) -> Ref | None:
    """Returns what a value is the negative of: by `negate`, or a product with -1."""
    if found := trace.find(ref, "negate"):
        return found[0]
    for attempt, one, other in trace.either(ref, "multiply"):
        if attempt.number(other) == -1.0:
            trace.join(attempt)
            return one
    return None


def _joined(trace: Trace, join: ir.Operation) -> tuple[Turned | None, ir.Operation]:
    """Matches two turned parts put together: as halves, or stacked in pairs and flattened."""
    if len(join.operands) != 2:
        return None, join
    axis = ir.IntegerAttr(join.attributes["dimension"]).value
    rank = len(shape(join.results[0]))
    if axis != rank - 1:
        return None, join
    trace.ops[join] = None
    one, other = join.operands
    stacked = shape(one)[-1] == 1 and shape(other)[-1] == 1 and rank > 1
    if stacked:
        one, other = (_unstacked(trace, value) for value in (one, other))
    found = _pair(trace, one, other)
    if found is None:
        return None, join
    root = join
    if found.interleaved != stacked:
        raise NearMiss("pairs are put together in another order than they were taken apart")
    if stacked:
        flat = [use.owner.operation for use in join.results[0].uses]
        if len(flat) != 1 or kind_of(flat[0]) != "reshape" or flat[0].block != join.block:
            raise NearMiss("pairs are stacked and not flattened")
        if shape(flat[0].results[0]) != shape(found.x):
            raise NearMiss("pairs are flattened into another shape")
        root = flat[0]
        trace.ops[root] = None
    return found, root


def _unstacked(trace: Trace, value: ir.Value) -> ir.Value:
    op = made_by(value, *_SPREAD)
    if op is None or shape(op.operands[0]) != shape(value)[:-1]:
        return value
    trace.ops[op] = None
    return op.operands[0]


def _pair(trace: Trace, one: ir.Value, other: ir.Value) -> Turned | None:
    """Matches x1 * cos - x2 * sin and x2 * cos + x1 * sin."""
    fork = trace.fork()
    minus = fork.find(whole(one), "subtract")
    if not minus:
        return None
    for plus, left, right in fork.either(whole(other), "add"):
        for t1, x1, cos in plus.either(minus[0], "multiply"):
            for t2, x2, sin in t1.either(minus[1], "multiply"):
                for t3, y2, cos2 in t2.either(left, "multiply"):
                    for t4, y1, sin2 in t3.either(right, "multiply"):
                        found = _checked(t4, (x1, y1), (x2, y2), (cos, cos2), (sin, sin2))
                        if found is not None:
                            trace.join(t4)
                            return found
    return None


Two = tuple[Ref, Ref]


def _checked(trace: Trace, x1: Two, x2: Two, cos: Two, sin: Two) -> Turned | None:
    common = [_common(trace, *pair) for pair in (x1, x2, cos, sin)]
    first, second, cosine, sine = common
    if first is None or second is None or cosine is None or sine is None:
        return None
    parts = _parts(trace, first.value, second.value)
    if parts is None or parts[2]:
        return None
    return Turned(parts[0], cosine, sine, parts[1])


def _common(trace: Trace, one: Ref, other: Ref) -> Ref | None:
    return one if one.value == other.value else trace.same(one, other)


def _parts(trace: Trace, one: ir.Value, other: ir.Value) -> tuple[ir.Value, bool, bool] | None:
    """Returns what two values are parts of, if by even and odd, if the first is the second part."""
    for taken in (_sliced, _reshaped):
        fork = trace.fork()
        left, right = taken(fork, one), taken(fork, other)
        if left is None or right is None or left[0] != right[0] or left[1] != right[1]:
            continue
        if {left[2], right[2]} != {0, 1}:
            continue
        trace.join(fork)
        return left[0], left[1], left[2] == 1
    return None


Part = tuple[ir.Value, bool, int]


def _sliced(trace: Trace, value: ir.Value) -> Part | None:
    """Returns what a slice is the first or second half, or the even or odd features, of."""
    cut = _last_slice(trace, value)
    if cut is None:
        return None
    x, start, limit, stride, size = cut
    if (start, limit, stride) in ((0, size // 2, 1), (size // 2, size, 1)) and size % 2 == 0:
        return x, False, int(start > 0)
    if stride == 2 and start in (0, 1) and size % 2 == 0 and limit >= size - 1 + start:
        return x, True, start
    return None


def _reshaped(trace: Trace, value: ir.Value) -> Part | None:
    """Returns what a value is a part of by [..., 2, e/2] or [..., e/2, 2]."""
    flat = made_by(value, "reshape")
    cut = made_by(flat.operands[0], "slice") if flat else None
    split = made_by(cut.operands[0], "reshape") if cut else None
    if flat is None or cut is None or split is None:
        return None
    x, wide = split.operands[0], shape(split.results[0])
    if len(wide) != len(shape(x)) + 1 or wide[:-2] != shape(x)[:-1]:
        return None
    starts, sizes = ints(cut, "start_indices"), shape(cut.results[0])
    changed = [i for i, (new, old) in enumerate(zip(sizes, wide, strict=True)) if new != old]
    if len(changed) != 1 or changed[0] < len(wide) - 2 or wide[changed[0]] != 2:
        return None
    trace.ops |= dict.fromkeys([flat, cut, split])
    return x, changed[0] == len(wide) - 1, starts[changed[0]]


def _last_slice(trace: Trace, value: ir.Value) -> tuple[ir.Value, int, int, int, int] | None:
    """Returns what a slice of the last axis alone is taken of, where it starts, ends and steps."""
    op = made_by(value, "slice")
    if op is None:
        return None
    sizes = shape(op.operands[0])
    starts, limits, strides = (
        ints(op, name) for name in ("start_indices", "limit_indices", "strides")
    )
    if any(starts[:-1]) or limits[:-1] != sizes[:-1] or set(strides[:-1]) - {1}:
        return None
    trace.ops[op] = None
    return op.operands[0], starts[-1], limits[-1], strides[-1], sizes[-1]

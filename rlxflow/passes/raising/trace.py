"""Looking back along values: what made them, and which axis of the result is which of theirs.

A `Ref` is a value as seen from a result: `axes[i]` is the axis of the result that runs along the
value's axis i, None for an axis of size 1, SUMMED for one that a reduction on the way takes away,
or what a reshape makes of some (see `reshaping.py`).
So that a mean is spread along the axes it was taken over is seen, not believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.graph import ints, maker, shape
from rlxflow.passes.raising.numbers import neutral, number_of
from rlxflow.passes.raising.reshaping import SUMMED, Axes, behind

LAYOUT = ("convert", "broadcast_in_dim", "reshape", "transpose")
ELEMENTWISE = (
    *("add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "select"),
    *("negate", "rsqrt", "sqrt", "tanh", "logistic", "exponential", "convert"),
    *("chlo.square", "chlo.erf", "chlo.erfc"),
)


class Ref(NamedTuple):
    """A value, and for each of its axes the one of the result that runs along it."""

    value: ir.Value
    axes: Axes


def whole(value: ir.Value) -> Ref:
    """Returns the view of a result on itself."""
    return Ref(value, tuple(range(len(shape(value)))))


class Trace:
    """The operations met while looking back; `fork` before an attempt that may fail."""

    def __init__(self, ops: dict[ir.Operation, None] | None = None) -> None:
        self.ops = ops if ops is not None else {}

    def fork(self) -> Trace:
        return Trace(dict(self.ops))

    def join(self, other: Trace) -> None:
        self.ops |= other.ops

    def find(self, ref: Ref, *kinds: str) -> list[Ref]:
        """Returns the operands of the operation behind layout changes; none if it is another."""
        return self.find_op(ref, *kinds)[1]

    def find_op(self, ref: Ref, *kinds: str) -> tuple[ir.Operation | None, list[Ref]]:
        """Returns the operation behind layout changes, if it is one of these, and its operands."""
        for seen, at in views(ref):
            op = maker(at.value)
            if op is None or kind_of(op) not in kinds or neutral(op, {}) is not None:
                continue
            if inner := operands(op, at.axes):
                self.ops |= dict.fromkeys([*seen, op])
                return op, inner
        return None, []

    def either(self, ref: Ref, kind: str) -> Iterator[tuple[Trace, Ref, Ref]]:
        """Yields both orders of the operands of a commutative operation, each with a fork."""
        fork = self.fork()
        if found := fork.find(ref, kind):
            yield fork, found[0], found[1]
            yield fork.fork(), found[1], found[0]

    def number(self, ref: Ref) -> float | None:
        """Returns the one number that a value consists of; None if it is no such constant."""
        used: dict[ir.Operation, None] = {}
        found = number_of(ref.value, used)
        if found is not None:
            self.ops |= used
        return found

    def vector(self, ref: Ref, last: int) -> ir.Value | None:
        """Returns the vector that a value spreads along the result's last axis, if it is one."""
        for seen, at in views(ref):
            if at.axes == (last,):
                self.ops |= dict.fromkeys(seen)
                return at.value
        return None

    def same(self, one: Ref, other: Ref) -> Ref | None:
        """Returns what two views show alike, behind conversions and layout changes of both."""
        right = [*views(other)]
        for seen, ref in views(one):
            for also, found in right:
                if ref.value == found.value and alike(ref, found):
                    self.ops |= dict.fromkeys([*seen, *also])
                    return ref if SUMMED not in ref.axes else found
        return None


def views(ref: Ref) -> Iterator[tuple[list[ir.Operation], Ref]]:
    """Yields a view and those behind its layout changes, each with the operations in between."""
    seen: list[ir.Operation] = []
    while True:
        yield [*seen], ref
        op = maker(ref.value)
        if op is None or not (inner := operands(op, ref.axes)):
            return
        if kind_of(op) in LAYOUT:
            ref = inner[0]
        elif kind_of(op) == "select":
            used: dict[ir.Operation, None] = {}
            if (chosen := number_of(op.operands[0], used)) is None:
                return
            seen += used
            ref = inner[1 if chosen else 2]  # the other branch is never taken
        elif kind_of(op) == "multiply":
            used = {}
            if (kept := neutral(op, used)) is None:
                return
            seen += used
            ref = inner[kept]  # exporters multiply by an alpha of 1
        else:
            return
        seen.append(op)


def alike(one: Ref, other: Ref) -> bool:
    """Tells whether two views of one value run along the same axes; a summed one fits the rest."""
    for mine, yours in zip(one.axes, other.axes, strict=True):
        if mine == yours or mine is None or yours is None:
            continue
        if SUMMED not in (mine, yours):
            return False
        free = yours if mine == SUMMED else mine
        if free in (one.axes if mine == SUMMED else other.axes):
            return False
    return True


def summed(ref: Ref) -> tuple[int, ...]:
    """Returns the axes of a value that a reduction took away."""
    return tuple(i for i, axis in enumerate(ref.axes) if axis == SUMMED)


def kind_of(op: ir.Operation) -> str:
    """Returns `add` for stablehlo.add, `chlo.erf` for what is CHLO's."""
    return op.name.removeprefix("stablehlo.")


def operands(op: ir.Operation, axes: Axes) -> list[Ref]:
    """Returns the views on an operation's operands; none where axes cannot be followed."""
    kind = kind_of(op)
    if kind in ELEMENTWISE:
        return [Ref(v, axes if len(shape(v)) == len(axes) else ()) for v in op.operands]
    if kind not in _BEHIND:
        return []
    found = _BEHIND[kind](op, axes)
    return [Ref(op.operands[0], found)] if found is not None else []


def _transposed(op: ir.Operation, axes: Axes) -> Axes:
    order = ints(op, "permutation")
    return tuple(axes[order.index(i)] for i in range(len(axes)))


def _broadcast(op: ir.Operation, axes: Axes) -> Axes:
    placed = zip(shape(op.operands[0]), ints(op, "broadcast_dimensions"), strict=True)
    return tuple(axes[i] if size > 1 else None for size, i in placed)


def _reduced(op: ir.Operation, axes: Axes) -> Axes:
    gone, rest = ints(op, "dimensions"), iter(axes)
    rank = len(shape(op.operands[0]))
    return tuple(SUMMED if i in gone else next(rest) for i in range(rank))


def _reshaped(op: ir.Operation, axes: Axes) -> Axes | None:
    return behind(shape(op.results[0]), shape(op.operands[0]), axes)


_BEHIND: dict[str, Callable[[ir.Operation, Axes], Axes | None]] = {
    "transpose": _transposed,
    "broadcast_in_dim": _broadcast,
    "reduce": _reduced,
    "reshape": _reshaped,
}

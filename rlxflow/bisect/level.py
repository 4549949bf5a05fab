"""One function, piece by piece, as two sides compute it: what a search asks.

`together` runs all pieces from the same inputs, so that errors add up on the way. `alone` gives
each piece what one side says its inputs are, so that an error is the piece's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from rlxflow.bisect.deviation import Difference, compare
from rlxflow.bisect.points import Point
from rlxflow.bisect.side import Arrays
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule

Errors = Mapping[tuple[str, str], Difference]


class Cut(NamedTuple):
    """A piece by itself.

    Attributes:
        modules: One for each side that computes.
        inputs: By name, for all of them.
    """

    modules: tuple[IrModule, ...]
    inputs: Arrays


class Level(Protocol):
    """A function that is compared piece by piece.

    Attributes:
        around: The path of the stage whose inside it is; empty for `main`.
        points: Where it can be compared, in program order.
        operations: Whether its pieces are operations, not stages.
        result: What it returns, if that can be compared.
    """

    around: str
    points: Sequence[Point]
    operations: bool
    result: Point | None

    def together(self, points: Sequence[Point]) -> Errors:
        """Runs both sides from the inputs of the function; returns how far they are apart."""
        ...

    def alone(self, points: Sequence[Point]) -> Errors:
        """Runs the points of the last `together` from equal inputs each."""
        ...

    def cut(self, point: Point, *, alone: bool) -> Cut:
        """Returns what makes a point: from its own inputs, or from those of the function."""
        ...

    def check(self, point: Point, cut: Cut) -> tuple[Difference, Arrays]:
        """Runs a cut; returns how far the sides are apart, and what the second one says."""
        ...

    def inside(self, point: Point, cut: Cut) -> Level | None:
        """Returns the level inside a point, or None if there is nothing to see."""
        ...

    def text(self, point: Point) -> Sequence[str]:
        """Returns the operation of a point as the sides have it; nothing for other points."""
        ...


def errors(points: Sequence[Point], ours: Arrays, theirs: Arrays) -> Errors:
    """Returns for each point the worst difference among its values."""
    found: dict[tuple[str, str], Difference] = {}
    for point in points:
        apart = [compare(label, ours[label], theirs[label]) for label in point.labels]
        found[point.key] = max(apart, key=lambda one: (one.not_finite, one.relative))
    return found


def inputs_of(modules: Sequence[IrModule], arrays: Arrays) -> Arrays:
    """Returns the arrays that modules take."""
    names = (port.name for module in modules for port in module.arguments())
    return {name: arrays[name] for name in dict.fromkeys(names)}


def line_of(op: ir.Operation) -> str:
    """Returns an operation in one line, without the insides of large constants."""
    text = op.get_asm(large_elements_limit=8, use_local_scope=True, assume_verified=True)
    return " ".join(str(text).split())[:240]

"""Finds the first piece that two sides compute differently, then the first one inside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rlxflow.bisect.deviation import Difference, Tolerance
from rlxflow.bisect.level import Cut, Level
from rlxflow.bisect.points import Point
from rlxflow.bisect.side import Arrays
from rlxflow.bisect.units import units

SAME, INHERITS, INTRODUCES = "same", "inherits", "introduces"


@dataclass(frozen=True)
class Row:
    """How far apart the sides are at one point.

    Attributes:
        around: The stage whose inside is compared; empty for `main`.
        title: The path of the point.
        together: The difference from the inputs of `around` on.
        alone: The point's own difference; None if it was not measured.
        verdict: `same`, `inherits` (only because its inputs differ) or `introduces`.
    """

    around: str
    title: str
    together: Difference
    alone: Difference | None
    verdict: str


@dataclass(frozen=True)
class Culprit:
    """What introduces the difference.

    Attributes:
        path: Of the innermost stage; empty for `main` itself.
        part: What of it: empty for all, `(inputs of x)` or `(results)` for operations between
            stages, `add.3` for an operation of a function without stages.
        own: How far the sides are apart when the cut is run by itself.
        passes: Whether that is within the tolerance after all.
        cut: The stage, or the part of it, as modules with inputs.
        expected: What the second side says for the results of the cut.
        accumulated: Whether no piece alone is beyond the tolerance; the cut is then all up to here.
        among: The stages of the cut if there are several; it may be any of them.
        operation: The first operation inside that differs, as the sides have it.
    """

    path: str
    part: str
    own: Difference
    passes: bool
    cut: Cut
    expected: Arrays
    accumulated: bool = False
    among: tuple[str, ...] = ()
    operation: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        if self.among:
            return f"one of {', '.join(self.among)}"
        return f"{self.path or 'main'} {self.part}".rstrip()


@dataclass(frozen=True)
class Finding:
    """What a search found.

    Attributes:
        rows: Every point that was compared, outer ones first.
        culprit: None if nothing differs, or only what `hidden` says.
        hidden: How far the results are apart although nothing inside is when its values are kept.
    """

    rows: Sequence[Row]
    culprit: Culprit | None
    hidden: Difference | None = None


class Suspect(NamedTuple):
    """The innermost point so far that introduces the difference."""

    level: Level
    point: Point
    cut: Cut
    accumulated: bool


@dataclass
class Search:
    """One search.

    Attributes:
        tolerance: What passes.
        max_bytes: How much the values of one run may take; more are looked for in several runs.
        rows: What was compared so far.
    """

    tolerance: Tolerance
    max_bytes: int
    rows: list[Row] = field(default_factory=list[Row])

    def run(self, level: Level) -> Finding:
        """Returns what a search through a level, and through those inside it, finds."""
        found = self._first(level)
        if found is None:
            return Finding(self.rows, None, self._hidden(level))
        held: Suspect | None = None
        operation: Sequence[str] = ()
        inner: Level | None = level
        while inner and found and (found[1] or held is None):
            point, alone = found
            if (
                held
                and point.kind == "before"
                and (inner.operations or held.point.kind == "before")
            ):
                break  # the two sides have other pieces; what is around them says it all
            operation = inner.text(point)
            if held and held.point.kind == "stage" and inner.operations:
                break  # the stage is what is cut out
            held = Suspect(inner, point, inner.cut(point, alone=alone), not alone)
            inner = inner.inside(point, held.cut) if alone else None
            found = self._first(inner) if inner else None
        assert held
        return Finding(self.rows, self._culprit(held, operation))

    def _culprit(self, held: Suspect, operation: Sequence[str]) -> Culprit:
        level, point, cut, accumulated = held
        own, expected = level.check(point, cut)
        stage = point.kind == "stage"
        pieces = [unit.path for unit in units(cut.modules[0], level.around)] if stage else []
        return Culprit(
            path=point.path if stage else level.around,
            part="" if stage else point.title.removeprefix(f"{level.around}/"),
            own=own,
            passes=not self._fails(point, own),
            cut=cut,
            expected=expected,
            accumulated=accumulated,
            among=tuple(pieces) if len(pieces) > 1 and not accumulated else (),
            operation=tuple(operation),
        )

    def _first(self, level: Level) -> tuple[Point, bool] | None:
        """Returns the first point that differs, and whether it does so by itself."""
        points = self._window(level)
        together = level.together(points) if points else {}
        inherits = [point for point in points if self._fails(point, together[point.key])]
        alone = level.alone(points) if inherits else {}
        introduces = [p for p in points if p.key in alone and self._fails(p, alone[p.key])]
        for p in points:
            verdict = INTRODUCES if p in introduces else INHERITS if p in inherits else SAME
            row = Row(level.around, p.title, together[p.key], alone.get(p.key), verdict)
            self.rows.append(row)
        if introduces:
            return introduces[0], True
        return (inherits[0], False) if inherits else None

    def _window(self, level: Level) -> Sequence[Point]:
        """Returns points that one run can keep, the first one that differs among them.

        While there are more, some of them, evenly spread, are compared; what comes before the first
        of them that differs, or after the last one if none does, is looked at next.
        """
        points = level.points
        while len(points) > 1 and sum(point.nbytes for point in points) > self.max_bytes:
            places = self._spread(points)
            chosen = [points[i] for i in places]
            together = level.together(chosen)
            failing = [i for i in places if self._fails(points[i], together[points[i].key])]
            if failing:
                before = [i for i in places if i < failing[0]]
                points = points[before[-1] + 1 if before else 0 : failing[0] + 1]
            else:
                points = points[places[-1] + 1 :]
        return points

    def _spread(self, points: Sequence[Point]) -> list[int]:
        """Returns evenly spread places, never the last one, of as many points as fit in a run."""
        count = len(points)
        for k in range(count - 1, 0, -1):
            places = sorted({min((i + 1) * count // (k + 1), count - 2) for i in range(k)})
            if sum(points[i].nbytes for i in places) <= self.max_bytes or k == 1:
                return places
        raise AssertionError(count)

    def _hidden(self, level: Level) -> Difference | None:
        """Returns how far the results are apart when nothing inside is kept, if they are."""
        point = level.result
        if point is None:
            return None
        apart = level.together([point])[point.key]
        return apart if self._fails(point, apart) else None

    def _fails(self, point: Point, difference: Difference) -> bool:
        return not self.tolerance.allows(difference, *(one.dtype for one in point.sizes))

"""A function that two sides compute: one module by two witnesses, or two modules."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rlxflow.bisect.deviation import Difference
from rlxflow.bisect.level import Cut, Errors, Level, errors, inputs_of, line_of
from rlxflow.bisect.points import Point, agree, points_of, result_of
from rlxflow.bisect.probe import opened, probe
from rlxflow.bisect.side import Arrays, Side
from rlxflow.bisect.units import OUTPUTS, Wiring, has_stages, units
from rlxflow.ir.module import IrModule


class PairLevel:
    """See `Level`; pieces run alone on what the first side computed."""

    def __init__(self, sides: tuple[Side, Side], around: str, arrays: Arrays) -> None:
        self.sides, self.around = sides, around
        self._arrays = arrays
        self._seen: Arrays = {}
        self._wirings = [Wiring.of(side.module, around) for side in sides]
        self.operations = not has_stages(sides[0].module)
        kind = "operation" if self.operations else "stage"
        self.points: Sequence[Point] = points_of(self._wirings[0], agree(*self._wirings), kind)
        pairs = zip(*(wiring.operands[OUTPUTS] for wiring in self._wirings), strict=False)
        self.result = result_of(self._wirings[0], [a for a, b in pairs if a == b])

    def together(self, points: Sequence[Point]) -> Errors:
        labels = [label for point in points for label in point.labels]
        wiring = self._wirings[0]
        taken = {label for point in points for label in wiring.operands[point.path]}
        more = taken - {*labels, *(port.name for port in self.sides[0].module.arguments()), ""}
        ours = self._run(0, [*labels, *sorted(more)], {})
        self._seen = ours
        return errors(points, ours, self._run(1, labels, {}))

    def alone(self, points: Sequence[Point]) -> Errors:
        labels = [label for point in points for label in point.labels]
        return errors(points, *(self._run(i, labels, self._seen) for i in (0, 1)))

    def cut(self, point: Point, *, alone: bool) -> Cut:
        forced = self._seen if alone else {}
        modules = tuple(self._probe(i, point.labels, forced) for i in (0, 1))
        return Cut(modules, inputs_of(modules, {**self._arrays, **forced}))

    def check(self, point: Point, cut: Cut) -> tuple[Difference, Arrays]:
        pairs = zip(self.sides, cut.modules, strict=True)
        ours, theirs = (side.values(module, cut.inputs) for side, module in pairs)
        return errors([point], ours, theirs)[point.key], theirs

    def inside(self, point: Point, cut: Cut) -> Level | None:
        if self.operations:
            return None
        modules = [opened(m) for m in cut.modules] if point.kind == "stage" else cut.modules
        first, second = (s.of(m) for s, m in zip(self.sides, modules, strict=True))
        around = point.path if point.kind == "stage" else self.around
        return PairLevel((first, second), around, cut.inputs)

    def text(self, point: Point) -> list[str]:
        if point.kind != "operation":
            return []
        found = [dict(units(side.module, self.around))[point.path] for side in self.sides]
        return list(dict.fromkeys(map(line_of, found)))

    def _probe(self, i: int, taps: Sequence[str], forced: Collection[str]) -> IrModule:
        return probe(self.sides[i].module, self.around, self._wirings[i], taps, forced)

    def _run(self, i: int, taps: Sequence[str], forced: Arrays) -> Arrays:
        return self.sides[i].values(self._probe(i, taps, forced), {**self._arrays, **forced})

"""A function against values that somebody else stored for its stages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from rlxflow.bisect.calls import calls_as_stages
from rlxflow.bisect.deviation import Difference
from rlxflow.bisect.level import Cut, Errors, Level, errors, inputs_of
from rlxflow.bisect.points import Point, points_of
from rlxflow.bisect.probe import opened, probe
from rlxflow.bisect.side import Arrays, Side
from rlxflow.bisect.units import OUTPUTS, Wiring, has_stages, units
from rlxflow.errors import InputError, did_you_mean
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages


class StoredLevel:
    """See `Level`; pieces run alone on what is stored for those before them.

    `stored` has arrays by path, `layers.0` or `layers.0#1`, or by name of a result of `main`. What
    nothing is stored for is not compared: a point then stands for all stages since the last one,
    and what earlier stages made is taken as the side computes it.
    """

    operations = False
    result: Point | None = None

    def __init__(self, side: Side, around: str, arrays: Arrays, stored: Arrays) -> None:
        self.side, self.around = side, around
        self._arrays, self._stored = arrays, stored
        self._wiring = Wiring.of(side.module, around)
        self._known = self._resolve()
        self._made: Arrays = {}
        found = points_of(self._wiring, [*self._wiring.results], "stage")
        self.points: Sequence[Point] = [
            kept for point in found if (kept := self._kept(point)) is not None
        ]

    def together(self, points: Sequence[Point]) -> Errors:
        return errors(points, self._run(points, {}), self._known)

    def alone(self, points: Sequence[Point]) -> Errors:
        ours = self._run(points, self._known)
        self._made = ours
        return errors(points, ours, self._known)

    def cut(self, point: Point, *, alone: bool) -> Cut:
        forced = {**self._before(point), **self._known} if alone else {}
        module = probe(self.side.module, self.around, self._wiring, point.labels, forced)
        return Cut((module,), inputs_of([module], {**self._arrays, **forced}))

    def check(self, point: Point, cut: Cut) -> tuple[Difference, Arrays]:
        ours = self.side.values(cut.modules[0], cut.inputs)
        expected = {label: self._known[label] for label in point.labels}
        return errors([point], ours, expected)[point.key], expected

    def inside(self, point: Point, cut: Cut) -> Level | None:
        [module] = cut.modules
        if point.kind != "stage" or len(units(module, "")) != 1:
            return None
        inner = opened(module)
        if not has_stages(inner):
            return None
        return StoredLevel(self.side.of(inner), point.path, cut.inputs, self._stored)

    def text(self, point: Point) -> Sequence[str]:
        return []

    def _run(self, points: Sequence[Point], forced: Arrays) -> Arrays:
        """Runs it for the points, and for what else goes into them."""
        made = {label for labels in self._wiring.results.values() for label in labels if label}
        taken = [label for point in points for label in self._wiring.operands[point.path]]
        labels = [label for point in points for label in point.labels]
        labels += sorted({label for label in taken if label in made} - {*labels})
        module = probe(self.side.module, self.around, self._wiring, labels, forced)
        return self.side.values(module, {**self._arrays, **forced})

    def _before(self, point: Point) -> Arrays:
        """Returns what stages made that stand before the point that comes before this one."""
        place = [each.key for each in self.points].index(point.key)
        paths = [*self._wiring.results]
        end = paths.index(self.points[place - 1].path) if place else 0
        early = {label for path in paths[:end] for label in self._wiring.results[path]}
        return {label: array for label, array in self._made.items() if label in early}

    def _kept(self, point: Point) -> Point | None:
        pairs = zip(point.labels, point.sizes, strict=True)
        kept = [pair for pair in pairs if pair[0] in self._known]
        if not kept:
            return None
        labels, sizes = zip(*kept, strict=True)
        return point._replace(labels=labels, sizes=sizes)

    def _resolve(self) -> dict[str, np.ndarray]:
        """Returns what is stored by label."""
        names: dict[str, str] = {}
        taken = {port.name for port in self.side.module.arguments()}
        ports, labels = self.side.module.results(), self._wiring.operands[OUTPUTS]
        for port, label in zip(ports, labels, strict=True):
            if label not in taken:
                names.setdefault(label, port.name)
        for labels in self._wiring.results.values():
            for label in labels:
                path = label.removesuffix("#0")
                found = next((name for name in (path, label) if name in self._stored), None)
                if label and found:
                    names[label] = found
        return {
            label: reshaped(name, self._stored[name], self._wiring.sizes[label].shape)
            for label, name in names.items()
            if name in self._stored and label in self._wiring.sizes
        }


def reshaped(name: str, array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Returns a stored array in a shape from which it may differ in axes of size 1."""
    squeezed = [[size for size in sizes if size != 1] for sizes in (array.shape, shape)]
    if squeezed[0] != squeezed[1]:
        found, wanted = list(array.shape), f"shape {list(shape)}"
        raise InputError(f"reference `{name}`", expected=wanted, found=f"{found}")
    return array.reshape(shape)


def unknown_names(module: IrModule, stored: Iterable[str]) -> list[str]:
    """Returns the stored names that are no stage and no result; raises InputError if all are."""
    paths = [stage.path for stage in stages(calls_as_stages(module))]
    known = {*paths, *(port.name for port in module.results())}
    names = [*stored]
    unknown = [name for name in names if not known & {name, name.partition("#")[0]}]
    if names and len(unknown) < len(names):
        return unknown
    cure = did_you_mean(unknown[0], known) if unknown else ""
    raise InputError(
        "reference",
        expected=f"arrays named by stage: {', '.join([*known][:12]) or 'none'}",
        found=", ".join(unknown[:12]) or "no array",
        cure=cure,
    )

"""Finds runs of layers: stages of `main` that follow each other and repeat.

A run is p layers, n times: `0 1 2 3` with p = 1, or `local global local global` with p = 2. A pass
takes, at each operand of each of its p layers, one of these:
    inner    a result of an earlier layer of the same pass
    carried  a result of the pass before, in the first pass a value from outside
    shared   one value for all passes
    parts    a value of its own in each pass: a weight, a state, an input
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import StageRegion, stages
from rlxflow.passes.outlining import Key, body_key

_DIFFERS = "it differs from the layer beside it"


class Place(NamedTuple):
    """An operand or a result: which layer of a pass, and its position there."""

    layer: int
    at: int


@dataclass(frozen=True, eq=False)
class Run:
    """Layers that do the same, pass by pass, and where each operand of a pass comes from.

    Attributes:
        passes: The layers of each pass.
        carried: Operand -> result of the pass before.
        shared: Operands that are the same value in all passes.
        parts: Operands that are a value of its own in each pass.
    """

    passes: list[list[StageRegion]]
    carried: dict[Place, Place] = field(default_factory=dict[Place, Place])
    shared: list[Place] = field(default_factory=list[Place])
    parts: list[Place] = field(default_factory=list[Place])

    @property
    def layers(self) -> list[StageRegion]:
        """All layers in order."""
        return [layer for each in self.passes for layer in each]

    def operands(self, place: Place) -> list[ir.Value]:
        """Returns what stands at an operand in each pass."""
        return [each[place.layer].op.operands[place.at] for each in self.passes]

    def results(self, place: Place) -> list[ir.Value]:
        """Returns a result in each pass."""
        return [each[place.layer].op.results[place.at] for each in self.passes]


class NoRun(Exception):
    """Layers that look alike are no run; the text says why."""


def find_runs(module: IrModule) -> tuple[list[Run], dict[str, str]]:
    """Returns the runs in `main`, in order, and for layers that look alike and are none, why."""
    whys: dict[str, str] = {}
    runs: list[Run] = []
    for block in _neighbours(module):
        keys = _keys(block)
        start = 0
        while start < len(block):
            run = _best(block, keys, start, whys)
            start += len(run.layers) if run else 1
            runs += [run] if run else []
        for one, other in itertools.pairwise(block):
            if one.block == other.block:
                whys.setdefault(one.path, _DIFFERS)
                whys.setdefault(other.path, _DIFFERS)
    rolled = {layer.path for run in runs for layer in run.layers}
    return runs, {path: why for path, why in whys.items() if path not in rolled}


def _neighbours(module: IrModule) -> Iterator[list[StageRegion]]:
    """Yields the stages of `main` that stand side by side, nothing between them."""
    known = {stage.op: stage for stage in stages(module) if stage.depth == 0}
    group: list[StageRegion] = []
    for view in module.main.regions[0].blocks[0].operations:
        if view.operation in known:
            group.append(known[view.operation])
        elif group:
            yield group
            group = []
    if group:
        yield group


def _keys(block: Sequence[StageRegion]) -> list[int]:
    """Returns equal numbers for stages with equal bodies, blocks and modes."""
    numbers: dict[Key, int] = {}
    keys: list[Key] = [(s.block, s.mode, body_key(s.body, named=False)) for s in block]
    return [numbers.setdefault(key, len(numbers)) for key in keys]


def _best(
    block: Sequence[StageRegion], keys: Sequence[int], start: int, whys: dict[str, str]
) -> Run | None:
    """Returns the run from `start` with the most layers; of equal ones that of the least p."""
    best: Run | None = None
    for period in range(1, (len(block) - start) // 2 + 1):
        count = _repeats(keys, start, period)
        while count >= 2 and count * period > (len(best.layers) if best else 0):
            passes = [
                list(block[start + t * period : start + (t + 1) * period]) for t in range(count)
            ]
            try:
                best = _trace(passes)
            except NoRun as why:
                whys.update((layer.path, str(why)) for each in passes for layer in each)
                count -= 1
    return best


def _repeats(keys: Sequence[int], start: int, period: int) -> int:
    """Returns how often the first `period` keys come in a row."""
    first = keys[start : start + period]
    count = 1
    while list(keys[start + count * period : start + (count + 1) * period]) == list(first):
        count += 1
    return count


def _trace(passes: list[list[StageRegion]]) -> Run:
    """Returns the run of these passes; raises NoRun if their operands do not follow a rule."""
    run = Run(passes)
    made: dict[ir.Value, tuple[int, Place]] = {}
    for t, layers in enumerate(passes):
        for i, layer in enumerate(layers):
            made.update((value, (t, Place(i, k))) for k, value in enumerate(layer.op.results))
    for i, layer in enumerate(passes[0]):
        for j in range(len(layer.op.operands)):
            _place(run, Place(i, j), made)
    if not run.carried:
        raise NoRun("no layer takes what the one before gives")
    return run


def _place(run: Run, place: Place, made: dict[ir.Value, tuple[int, Place]]) -> None:
    """Decides what an operand is."""
    values = run.operands(place)
    origins = [made.get(value) for value in values]
    first, *others = origins
    if all(origin is None for origin in origins):
        distinct = len(set(values))
        if distinct == 1:
            run.shared.append(place)
        elif distinct == len(values):
            run.parts.append(place)
        else:
            raise NoRun(f"some layers share operand #{place.at}, others do not")
        return
    ages = {t - origin[0] for t, origin in enumerate(origins) if origin}
    sources = {origin[1] for origin in origins if origin}
    if len(sources) == 1 and first is None and None not in others and ages == {1}:
        run.carried[place] = sources.pop()
    elif not (len(sources) == 1 and None not in origins and ages == {0}):
        raise NoRun(f"operand #{place.at} reaches back further than to the layer before")

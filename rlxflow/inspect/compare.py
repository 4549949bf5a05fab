"""Two ledgers side by side: what changed in each stage, as a table for people and a gate for CI."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from rlxflow.amounts import amount, seconds
from rlxflow.errors import InputError, LimitError, ParseError, did_you_mean
from rlxflow.inspect.ledger import Ledger

TOTAL = "total"
WORST = 8
"""How many numbers an error names."""
PEAK = "peak"


class Metric(NamedTuple):
    """A number of a stage that can be compared: its title, its key in JSON, how it is written."""

    title: str
    key: str
    show: Callable[[float], str]


def _bytes(number: float) -> str:
    return amount(number, "B")


METRICS: Mapping[str, Metric] = {
    "kernels": Metric("kernels", "kernels", amount),
    "fusions": Metric("fusions", "fusions", amount),
    "instructions": Metric("instructions", "instructions", amount),
    "flops": Metric("FLOP", "flops", amount),
    "transcendentals": Metric("functions", "transcendentals", amount),
    "bytes": Metric("bytes", "bytes", _bytes),
    "read": Metric("read", "read", _bytes),
    "written": Metric("written", "written", _bytes),
    "weights": Metric("weights", "weights", _bytes),
    "states": Metric("states", "states", _bytes),
    "temporaries": Metric("temporaries", "temporaries", _bytes),
    PEAK: Metric("peak temporaries", PEAK, _bytes),
    "predicted": Metric("predicted", "predicted_s", seconds),
    "measured": Metric("measured", "measured_s", seconds),
}
SHOWN = ("kernels", "flops", "bytes", "temporaries", "predicted", "measured")


@dataclass(frozen=True)
class Snapshot:
    """The numbers of a ledger, from a program or from a file that `to_json` made.

    Attributes:
        name: Of the program.
        rows: By path the numbers of a stage with all that is inside.
        total: The same of the whole program, and `peak` temporaries.
        machine: The name of the machine that times were predicted for.
    """

    name: str
    rows: Mapping[str, Mapping[str, float]]
    total: Mapping[str, float]
    machine: str

    @classmethod
    def of(cls, ledger: Ledger, depth: int | None = None) -> Self:
        """Returns the numbers of a ledger at a depth."""
        return cls.from_dict(ledger.to_dict(depth))

    @classmethod
    def from_dict(
        cls, raw: Mapping[str, Any], where: str = "ledger", depth: int | None = None
    ) -> Self:
        """Returns the numbers in what `Ledger.to_dict` made; raises ParseError for others.

        Of a depth only what stands at most so deep.
        """
        try:
            kept = [row for row in raw["stages"] if depth is None or int(row["depth"]) < depth]
            rows = {str(row["path"]): _numbers(row) for row in kept}
            total = _numbers(raw["total"]) | {PEAK: float(raw["memory"]["peak_temporaries"])}
            machine = str((raw["machine"] or {}).get("name", ""))
            return cls(str(raw["name"]), rows, total, machine)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            found = f"something else ({type(error).__name__}: {error})"
            raise ParseError(where, expected="the JSON of a ledger", found=found) from None

    @classmethod
    def from_path(cls, path: str | Path, data: bytes, depth: int | None = None) -> Self:
        """Returns the numbers in the bytes of a JSON file; raises ParseError if there are none."""
        try:
            raw = json.loads(data)
        except ValueError as error:
            found = f"no JSON ({error})"
            raise ParseError(f"{path}", expected="a ledger", found=found) from None
        return cls.from_dict(raw, str(path), depth)


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    keys = {metric.key for metric in METRICS.values()} - {PEAK}
    return {key: float(row[key]) for key in keys}


class Change(NamedTuple):
    """One number of one stage, before and after."""

    path: str
    metric: str
    before: float
    after: float

    @property
    def growth(self) -> float:
        """How much it grew, in parts of what it was; infinite for something from nothing."""
        if self.before == self.after:
            return 0.0
        return self.after / self.before - 1 if self.before else math.inf

    def __str__(self) -> str:
        """`1.2 MB -> 1.5 MB (+25.0 %)`, or the number alone if nothing changed."""
        show = METRICS[self.metric].show
        if self.growth == 0:
            return show(self.after)
        percent = "new" if math.isinf(self.growth) else f"{100 * self.growth:+.3g} %"
        return f"{show(self.before)} -> {show(self.after)} ({percent})"


@dataclass(frozen=True)
class Comparison:
    """What changed from one ledger to another."""

    before: Snapshot
    after: Snapshot

    def paths(self) -> list[str]:
        """Returns the stages of both, those that are gone at the place they had."""
        order = list(self.after.rows)
        place = 0
        for path in self.before.rows:
            if path in self.after.rows:
                place = order.index(path) + 1
            else:
                order.insert(place, path)
                place += 1
        return [TOTAL, *order]

    def change(self, path: str, metric: str) -> Change:
        """Returns one number before and after; what a side lacks is nothing."""
        key = METRICS[metric].key
        sides = (self.before, self.after)
        rows = [side.total if path == TOTAL else side.rows.get(path, {}) for side in sides]
        return Change(path, metric, *(row.get(key, 0.0) for row in rows))

    def changed(self, metrics: Sequence[str] = SHOWN) -> list[str]:
        """Returns the total, and the stages of which one of the numbers changed."""
        return [
            path
            for path in self.paths()
            if path == TOTAL or any(self.change(path, metric).growth for metric in metrics)
        ]

    def markdown(self) -> str:
        """Returns a table of what changed, for a pull request."""
        metrics = [m for m in SHOWN if any(self.change(p, m).after for p in self.paths())]
        paths = self.changed(metrics)
        lines = [f"### `{self.after.name}` against `{self.before.name}`", ""]
        if len(paths) == 1 and not any(self.change(TOTAL, m).growth for m in metrics):
            lines += ["No stage changed.", ""]
        titles = ["stage", *(METRICS[metric].title for metric in metrics)]
        lines += [_cells(titles), _cells(["---", *["---:"] * len(metrics)])]
        for path in paths:
            cells = [str(self.change(path, metric)) for metric in metrics]
            lines.append(_cells([f"**{path}**" if path == TOTAL else self._label(path), *cells]))
        peak = self.change(TOTAL, PEAK)
        lines += ["", f"Temporaries alive at once: {peak}."]
        if self.before.machine != self.after.machine:
            lines.append(
                f"Times are of two machines: {self.before.machine or 'none'}; "
                f"{self.after.machine or 'none'}."
            )
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        """Returns every number that changed, as JSON."""
        rows = [
            {"path": path, "number": metric, "before": change.before, "after": change.after}
            for path in self.paths()
            for metric in METRICS
            if (change := self.change(path, metric)).growth and (metric != PEAK or path == TOTAL)
        ]
        names = {"before": self.before.name, "after": self.after.name}
        return json.dumps({**names, "changes": rows}, indent=2)

    def _label(self, path: str) -> str:
        if path not in self.before.rows:
            return f"`{path}` (new)"
        return f"`{path}`" if path in self.after.rows else f"`{path}` (gone)"

    def beyond(self, limits: Mapping[str, float]) -> Iterator[Change]:
        """Yields the numbers that grew by more than their limit allows."""
        for path in self.paths():
            for metric, limit in limits.items():
                change = self.change(path, metric)
                if change.growth > limit and (metric != PEAK or path == TOTAL):
                    yield change

    def check(self, limits: Mapping[str, float]) -> None:
        """Raises LimitError with every stage that grew beyond a limit."""
        found = list(self.beyond(limits))
        if found:
            lines = [f"`{change.path}` {change.metric}: {change}" for change in found[:WORST]]
            lines += [f"and {len(found) - WORST} others"] if len(found) > WORST else []
            allowed = ", ".join(f"{name} +{100 * limit:.3g} %" for name, limit in limits.items())
            raise LimitError(
                f"`{self.after.name}` against `{self.before.name}`",
                expected=f"at most {allowed}",
                found="; ".join(lines),
            )


def parse_limits(texts: Sequence[str]) -> dict[str, float]:
    """Returns `{"bytes": 0.05}` of `bytes=5%`; raises InputError for what is no limit."""
    limits: dict[str, float] = {}
    for text in texts:
        name, _, number = text.partition("=")
        if name not in METRICS:
            known, cure = ", ".join(METRICS), did_you_mean(name, METRICS)
            raise InputError("--limit", expected=f"one of {known}", found=f"`{name}`", cure=cure)
        try:
            limits[name] = float(number.removesuffix("%")) / 100
        except ValueError:
            limits[name] = math.nan
        if not limits[name] >= 0:
            raise InputError(
                "--limit", expected="NUMBER=PERCENT, such as bytes=5%", found=f"`{text}`"
            )
    return limits


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

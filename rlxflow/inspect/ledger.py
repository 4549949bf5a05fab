"""The ledger of a compiled program: what every stage costs, at any depth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from rlxflow.errors import InputError, did_you_mean
from rlxflow.inspect.cost import Cost
from rlxflow.inspect.kernels import Program
from rlxflow.inspect.machine import Machine
from rlxflow.inspect.memory import Memory
from rlxflow.inspect.paths import is_remainder
from rlxflow.inspect.stage_table import StageInfo, StageTable

SORTS = ("schedule", "time", "bytes", "flops", "temporaries", "weights")


class Row(NamedTuple):
    """A stage, or a named remainder, with all that is inside of it."""

    path: str
    depth: int
    stage: StageInfo | None
    cost: Cost
    is_leaf: bool

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


class Totals(NamedTuple):
    """What XLA's own analysis counts, loops once; `temporaries` is the memory it sets aside."""

    flops: float
    transcendentals: float
    nbytes: float
    temporaries: int


class Agreement(NamedTuple):
    """Our totals counted as XLA counts, beside its own.

    `spared` are bytes that XLA counts for slices and gathers of values it takes to be read whole;
    `unknown` those of custom calls, of which it counts nothing, neither bytes nor operations.
    Both are not in `nbytes`.
    """

    flops: int
    transcendentals: int
    nbytes: int
    spared: int
    unknown: int
    xla: Totals | None


@dataclass(frozen=True, eq=False)
class Ledger:
    """What a program costs.

    Attributes:
        name: Of the program.
        program: Its kernels.
        table: Its stages; empty if the module had none.
        costs: By the full path of instructions what they cost.
        memory: What memory it needs over its schedule.
        machine: Whose roofline predicts the times; None if there is none.
        xla: What XLA counts.
        step_s: Seconds of one call, measured without the profiler; None if nothing was measured.
        notes: What could not be known.
    """

    name: str
    program: Program
    table: StageTable
    costs: Mapping[str, Cost]
    memory: Memory
    machine: Machine | None
    xla: Totals | None
    step_s: float | None
    notes: tuple[str, ...]

    @property
    def total(self) -> Cost:
        total = Cost()
        for cost in self.costs.values():
            total.add(cost)
        return total

    @property
    def measured(self) -> bool:
        return self.step_s is not None

    def place(self, path: str, depth: int | None = None) -> str:
        """Returns the row that a path belongs to at a depth; None stands for stages only."""
        if is_remainder(path):
            return path
        if depth is not None:
            return "/".join(path.split("/")[:depth])
        inside = self.table.inside(path)
        if inside or "/" not in path:
            return inside or path
        return path.rpartition("/")[0]

    def rows(self, depth: int | None = None, sort: str = "schedule") -> list[Row]:
        """Returns a row for each stage, and for what holds it, with all that is inside.

        Args:
            depth: How many names of a path to tell apart; None for all stages and nothing in them.
            sort: `schedule`, or among siblings the dearest first by `time` (measured, else
                predicted), `bytes`, `flops`, `temporaries` or `weights`.
        """
        if sort not in SORTS:
            known = " | ".join(SORTS)
            cure = did_you_mean(sort, SORTS)
            raise InputError("sort", expected=known, found=f"`{sort}`", cure=cure)
        sums: dict[str, Cost] = {}
        for path, cost in self.costs.items():
            names = self.place(path, depth).split("/")
            if is_remainder(path):
                names = [path]
            for count in range(1, len(names) + 1):
                sums.setdefault("/".join(names[:count]), Cost()).add(cost)
        order = self._order(sums, sort)
        parents = {path.rpartition("/")[0] for path in sums if not is_remainder(path)}
        return [
            Row(
                p,
                0 if is_remainder(p) else p.count("/"),
                self.table.stages.get(p),
                sums[p],
                p not in parents,
            )
            for p in order
        ]

    def _order(self, sums: Mapping[str, Cost], sort: str) -> list[str]:
        """Returns paths, each before those inside it, remainders last."""
        place = {path: i for i, path in enumerate([*self.table.stages, *sums])}
        for i, path in enumerate(self.table.stages):
            place[path] = i

        def key(path: str) -> tuple[Any, ...]:
            names = path.split("/") if not is_remainder(path) else [path]
            whole = ["/".join(names[: i + 1]) for i in range(len(names))]
            return (is_remainder(path), *((-self._weight(sums[p], sort), place[p]) for p in whole))

        return sorted(sums, key=key)

    def _weight(self, cost: Cost, sort: str) -> float:
        match sort:
            case "schedule":
                return 0
            case "time":
                return cost.measured_s if self.measured else cost.predicted_s
            case "bytes":
                return cost.nbytes
            case _:
                return getattr(cost, sort)

    @property
    def agreement(self) -> Agreement:
        """Our totals as XLA counts: loops once, of branches the dearest."""
        flops = functions = nbytes = spared = unknown = 0
        for kernel in self.program.kernels:
            if not kernel.runs:
                continue
            for part in kernel.parts.values():
                if kernel.opcode == "custom-call":
                    unknown += part.read + part.written
                    continue
                flops += part.flops
                functions += part.transcendentals
                spared += part.spared
                nbytes += part.read + part.written
        return Agreement(flops, functions, nbytes, spared, unknown, self.xla)

    def to_dict(self, depth: int | None = None, sort: str = "schedule") -> dict[str, Any]:
        """Returns all that the ledger knows as plain values; see docs/ledger.md for the keys."""
        agreement = self.agreement
        return {
            "name": self.name,
            "total": self.total.to_dict(),
            "stages": [_row(row) for row in self.rows(depth, sort)],
            "memory": {
                "peak_temporaries": self.memory.peak_bytes,
                "peak_at": list(self.memory.schedule[self.memory.peak][:2])
                if self.memory.schedule
                else [],
                "xla_temporaries": self.xla.temporaries if self.xla else None,
            },
            "xla": None if self.xla is None else self.xla._asdict(),
            "as_xla_counts": {
                "flops": agreement.flops,
                "transcendentals": agreement.transcendentals,
                "bytes": agreement.nbytes,
                "spared": agreement.spared,
                "unknown": agreement.unknown,
            },
            "machine": self.machine.to_dict() if self.machine else None,
            "step_s": self.step_s,
            "notes": list(self.notes),
        }

    def to_json(self, depth: int | None = None, sort: str = "schedule") -> str:
        """Returns `to_dict` as JSON."""
        return json.dumps(self.to_dict(depth, sort), indent=2)

    def _repr_html_(self) -> str:
        from rlxflow.inspect.notebook import framed
        from rlxflow.inspect.report import report

        return framed(report(self))

    def __str__(self) -> str:
        from rlxflow.inspect.ledger_text import ledger_text

        return ledger_text(self)


def _row(row: Row) -> dict[str, Any]:
    known = {"block": row.stage.block, "mode": row.stage.mode} if row.stage else {}
    return {
        "path": row.path,
        "depth": row.depth,
        "leaf": row.is_leaf,
        **known,
        **row.cost.to_dict(),
    }

"""Rules that an optimised program should keep, as data: what each looks for, and what cures it.

A profile with `assert_clean` checks them after compiling. Each finding names the stage, the
instruction, and its bytes, so that it can be seen in `exe.hlo()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rlxflow.errors import CompileError
from rlxflow.inspect.clean_products import upcast_products
from rlxflow.inspect.clean_weights import copied_weights
from rlxflow.inspect.hlo import HloModule
from rlxflow.inspect.hlo_walk import Run, runs
from rlxflow.inspect.stage_table import StageTable
from rlxflow.passes.lower_stage_modes import Dispatch
from rlxflow.weights.plan import format_bytes

_VIEWS = frozenset({"bitcast", "reshape", "copy", "transpose", "slice"})


class Place(NamedTuple):
    """Where a rule is broken."""

    stage: str
    instruction: str
    nbytes: int


@dataclass(frozen=True)
class Facts:
    """What the rules look at: what runs, stages and arguments, and what was decided."""

    runs: Sequence[Run]
    table: StageTable
    decisions: Sequence[Dispatch]


@dataclass(frozen=True)
class CleanRule:
    """A rule.

    Attributes:
        name: For reports.
        looks_for: What breaks it.
        cure: What to do then.
        find: Returns the places where it is broken.
    """

    name: str
    looks_for: str
    cure: str
    find: Callable[[Facts], Iterable[Place]]


@dataclass(frozen=True)
class Finding:
    """A rule that is broken at a place."""

    rule: CleanRule
    place: Place

    def __str__(self) -> str:
        place = self.place
        where = f"`{place.instruction}`" if place.instruction else "no instruction"
        what = f"rule `{self.rule.name}`: stage `{place.stage}`, {where}"
        size = f", {format_bytes(place.nbytes)}" if place.nbytes else ""
        return f"{what}{size}: {self.rule.looks_for}; {self.rule.cure}"


class NotCleanError(CompileError):
    """A program that breaks rules; `findings` has them all."""

    def __init__(self, name: str, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        lines = "".join(f"\n  {finding}" for finding in findings)
        super().__init__(f"module `{name}` is not clean, {len(findings)} finding(s):{lines}")


def _lost_fences(facts: Facts) -> Iterable[Place]:
    kept = {run.path for run in facts.runs if run.is_fence}
    fenced = [decision.path for decision in facts.decisions if decision.mode == "fence"]
    return [Place(path, "", 0) for path in fenced if path not in kept]


def _lost_kernels(facts: Facts) -> Iterable[Place]:
    custom = {run.path for run in facts.runs if run.one.opcode == "custom-call"}
    kernels = [decision.path for decision in facts.decisions if decision.mode == "kernel"]
    found = {path for path in kernels if any(f"{c}/".startswith(f"{path}/") for c in custom)}
    return [Place(path, "", 0) for path in kernels if path not in found]


def _weight_converts(facts: Facts) -> Iterable[Place]:
    """A tensor as large as a weight, of another type, made of nothing but that weight."""
    for run in facts.runs:
        port = run.made_of({"convert"} | _VIEWS)
        if port is None or port.kind != "param" or len(port.shape) < 2:
            continue
        if run.converts(port):
            yield Place(_stage(facts, run.path), run.one.name, run.one.nbytes)


def _cache_copies(facts: Facts) -> Iterable[Place]:
    """A tensor as large as a state that is a copy of it."""
    for run in facts.runs:
        port = run.made_of(_VIEWS, through_updates=True)
        if port is not None and port.kind == "state" and run.copies(port):
            yield Place(_stage(facts, run.path), run.one.name, run.one.nbytes)


def _weight_copies(facts: Facts) -> Iterable[Place]:
    for run in facts.runs:
        for copy in copied_weights(run):
            yield Place(_stage(facts, run.path), copy.name, copy.nbytes)


def _dot_upcasts(facts: Facts) -> Iterable[Place]:
    for run in facts.runs:
        for product in upcast_products(run):
            yield Place(_stage(facts, run.path), product.name, product.nbytes)


def _stage(facts: Facts, path: str) -> str:
    return facts.table.inside(path) or path


RULES = (
    CleanRule(
        "lost-fence",
        "a fence that is not in the program",
        "take the fence off, or see that something uses what the stage gives",
        _lost_fences,
    ),
    CleanRule(
        "weight-convert",
        "a whole weight converted at every call",
        "store it as it is computed with: `precision.storage`, or the same `precision.compute`",
        _weight_converts,
    ),
    CleanRule(
        "weight-copy",
        "a whole weight copied at every call, transposed perhaps",
        "contract the axis that the file has last, instead of transposing the weight",
        _weight_copies,
    ),
    CleanRule(
        "dot-upcast",
        "a product of half precision computed in f32",
        "set `precision.compute` to f32 on a device that has no such product, or use another",
        _dot_upcasts,
    ),
    CleanRule(
        "cache-copy",
        "a whole cache copied at every call",
        "fence the stage that updates it, and read no cache after its update was set",
        _cache_copies,
    ),
    CleanRule(
        "lost-kernel",
        "a kernel that is not in the program",
        "give the stage the mode `fuse` or `fence`, or see that something uses what it gives",
        _lost_kernels,
    ),
)
"""All rules, in the order of the report."""


def findings(
    hlo: str, table: StageTable, decisions: Sequence[Dispatch], own: Sequence[CleanRule] = ()
) -> list[Finding]:
    """Returns what the optimised HLO of a program breaks; nothing if it is clean.

    `own` are rules beside RULES, such as those of `clean_patterns.pattern_rule`.
    """
    facts = Facts(runs(HloModule.parse(hlo), table), table, decisions)
    return [Finding(rule, place) for rule in (*RULES, *own) for place in rule.find(facts)]


def check_clean(
    name: str,
    hlo: str,
    table: StageTable,
    decisions: Sequence[Dispatch],
    own: Sequence[CleanRule] = (),
) -> None:
    """Raises NotCleanError with every finding if there is one."""
    found = findings(hlo, table, decisions, own)
    if found:
        raise NotCleanError(name, found)

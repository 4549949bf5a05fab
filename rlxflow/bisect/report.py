"""What a search found, as a table for people and as plain data for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import groupby

from rlxflow.bisect.deviation import Difference
from rlxflow.bisect.search import Culprit, Finding, Row

TITLES = ("max error", "relative", "alone", "relative", "")
SHOWN = 40
"""How many rows of one function are shown; others are counted."""


def text(finding: Finding) -> str:
    """Returns a table of what was compared, function by function, and what was found."""
    blocks = []
    for around, rows in groupby(finding.rows, key=lambda row: row.around):
        blocks.append(_table(f"in {around}" if around else "stage", _shortened([*rows])))
    blocks.append("".join(f"{line}\n" for line in _verdict(finding)))
    return "\n".join(blocks)


def to_dict(finding: Finding) -> Mapping[str, object]:
    """Returns the same as plain data."""
    culprit = finding.culprit
    return {
        "differs": culprit is not None or finding.hidden is not None,
        "culprit": None if culprit is None else _facts(culprit),
        "only_without_inner_values": finding.hidden and asdict(finding.hidden),
        "rows": [asdict(row) for row in finding.rows],
    }


def _facts(culprit: Culprit) -> Mapping[str, object]:
    return {
        "path": culprit.path,
        "part": culprit.part,
        "alone": asdict(culprit.own),
        "reproduces": not culprit.passes,
        "accumulated": culprit.accumulated,
        "among": list(culprit.among),
        "operation": list(culprit.operation),
        "inputs": {name: list(array.shape) for name, array in culprit.cut.inputs.items()},
    }


def _verdict(finding: Finding) -> list[str]:
    culprit, hidden = finding.culprit, finding.hidden
    if hidden is not None:
        return [
            f"the results differ: {hidden}",
            "but only where no value inside is kept; a compiler that fuses may be the reason",
        ]
    if culprit is None:
        return ["nothing differs"]
    verb = "introduces the difference"
    if culprit.accumulated:
        verb = "is the first beyond the tolerance, by errors that add up; no piece alone is"
    lines = [f"{culprit.title} {verb}", f"  run by itself: {_numbers(culprit.own)}"]
    if culprit.passes:
        lines.append("  that is within the tolerance: it differs only beside the others")
    return [*lines, *(f"  {line}" for line in culprit.operation)]


def _numbers(difference: Difference) -> str:
    return str(difference).removeprefix(f"{difference.name}: ")


def _shortened(rows: Sequence[Row]) -> list[list[str]]:
    """Returns the cells of the rows around the first that introduces a difference."""
    at = next((i for i, row in enumerate(rows) if row.verdict != "same"), 0)
    first = max(0, min(at - SHOWN // 2, len(rows) - SHOWN))
    kept = rows[first : first + SHOWN]
    before = [[f"({first} others)"]] if first else []
    after = len(rows) - first - len(kept)
    return [*before, *map(_cells, kept), *([[f"({after} others)"]] if after else [])]


def _cells(row: Row) -> list[str]:
    local = row.title.removeprefix(f"{row.around}/")
    alone = _pair(row.alone) if row.alone else ["", ""]
    return [local, *_pair(row.together), *alone, row.verdict]


def _pair(difference: Difference) -> list[str]:
    bad = f" +{difference.not_finite} not finite" if difference.not_finite else ""
    return [f"{difference.largest:.3g}{bad}", f"{difference.relative:.3g}"]


def _table(title: str, lines: Sequence[Sequence[str]]) -> str:
    padded = [[*line, *[""] * (1 + len(TITLES) - len(line))] for line in [(title, *TITLES), *lines]]
    widths = [max(map(len, column)) for column in zip(*padded, strict=True)]
    rows = ("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in padded)
    return "".join(f"{row}\n" for row in rows)

"""What was raised and what was nearly, as text for people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from rlxflow.ir.bindings import ir


class Found(NamedTuple):
    """A stage that was made."""

    name: str
    block: str


class Missed(NamedTuple):
    """An operation that looked like part of a block, where it is, and why it is none."""

    recogniser: str
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a run of the pass found, in the order of the recognisers."""

    found: list[Found] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)

    def __str__(self) -> str:
        """Returns a line per block with the names of its stages, then a line per near miss."""
        counts = Counter(each.block for each in self.found)
        lines = [f"raised {counts.total()} stages"]
        for block, count in counts.items():
            names = [each.name for each in self.found if each.block == block]
            shown = ", ".join(names[:4]) + (", ..." if count > 4 else "")
            lines.append(f"  {block:<12} {count:>4}  {shown}")
        if self.missed:
            lines.append(f"not raised, though alike: {len(self.missed)}")
        lines += [f"  {one.recogniser:<12} {one.place}: {one.reason}" for one in self.missed]
        return "".join(f"{line}\n" for line in lines)


def place(op: ir.Operation) -> str:
    """Returns where an operation is: its name in the model, or its place in the file, and kind."""
    location, kind = op.location, op.name.partition(".")[2]
    if isinstance(location, ir.NameLoc):
        return location.name_str
    if isinstance(location, ir.FileLineColLoc):
        return f"line {location.start_line}, `{kind}`"
    return f"`{kind}`"

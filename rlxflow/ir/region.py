"""Stages as regions of a module: finding, reading and inlining them, naming what is inside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rlxflow.ir.bindings import ir

if TYPE_CHECKING:
    from rlxflow.ir.module import IrModule

STAGE = "rlx.stage"
YIELD = "rlx.yield"
MODE_PREFIX = "#rlx.mode<"
MODES = ("auto", "fuse", "fence", "kernel", "keep")


@dataclass(frozen=True, eq=False)
class StageRegion:
    """One `rlx.stage` of a module: the operation, its path, and how many stages are around it."""

    op: ir.Operation
    path: str
    depth: int

    @cached_property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @cached_property
    def block(self) -> str:
        return string_of(self.op, "block")

    @cached_property
    def mode(self) -> str:
        return mode_of(self.op)

    @property
    def body(self) -> ir.Block:
        return self.op.regions[0].blocks[0]

    @property
    def call_location(self) -> ir.Location:
        """The location for what replaces the stage: its own, if that is a name, else its name."""
        location = self.op.location
        if isinstance(location, ir.NameLoc):
            return location
        return ir.Location.name(self.name, childLoc=location)


def is_stage(op: ir.Operation) -> bool:
    return op.name == STAGE


def string_of(op: ir.Operation, attribute: str, default: str = "") -> str:
    """Returns a string attribute, or `default` if it is missing or no string."""
    value = op.attributes.get(attribute)
    return value.value if isinstance(value, ir.StringAttr) else default


def mode_of(op: ir.Operation) -> str:
    """Returns the mode of a stage, `fuse` for `#rlx.mode<fuse>`; `auto` if it has none."""
    text = str(op.attributes.get("mode", "#rlx.mode<auto>"))
    return text.removeprefix(MODE_PREFIX).removesuffix(">")


def stages(module: IrModule) -> list[StageRegion]:
    """Returns every stage of the module in the order of the text: a stage, then those inside it."""
    return list(stages_in(module.operation))


def stages_in(op: ir.Operation, around: StageRegion | None = None) -> Iterator[StageRegion]:
    """Yields every stage inside an operation, in the order of the text."""
    for region in op.regions:
        for block in region.blocks:
            for view in block.operations:
                inner = view.operation
                if is_stage(inner):
                    name = string_of(inner, "name")
                    path = f"{around.path}/{name}" if around else name
                    found = StageRegion(inner, path, around.depth + 1 if around else 0)
                    yield found
                    yield from stages_in(inner, found)
                elif len(inner.regions):
                    yield from stages_in(inner, around)


def inner_first(found: Iterable[StageRegion]) -> list[StageRegion]:
    """Returns the same stages with each one after all stages inside it."""
    ordered: list[StageRegion] = []
    open_stages: list[StageRegion] = []
    for stage in found:
        while open_stages and open_stages[-1].depth >= stage.depth:
            ordered.append(open_stages.pop())
        open_stages.append(stage)
    return ordered + open_stages[::-1]


def matches(pattern: str, stage: StageRegion) -> bool:
    """Tells whether a pattern names a stage: `layers.*/attention`, `**/norm` or `block:rms_*`.

    `*` stands for any characters but `/`, `**` for any characters, `?` for one that is no `/`.
    """
    if pattern.startswith("block:"):
        return bool(_glob(pattern.removeprefix("block:")).fullmatch(stage.block))
    return path_matches(pattern, stage.path)


def path_matches(pattern: str, path: str) -> bool:
    """Tells whether a glob, as for `matches`, fits a path."""
    return bool(_glob(pattern).fullmatch(path))


def _glob(pattern: str) -> re.Pattern[str]:
    wild = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    pieces = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    return re.compile("".join(wild.get(piece, re.escape(piece)) for piece in pieces))


def inline(stage: StageRegion) -> None:
    """Replaces a stage by the operations of its body, whose locations get the stage's name."""
    for op in splice(stage):
        _prefix_locations(op, stage.name)


def splice(stage: StageRegion) -> list[ir.Operation]:
    """Replaces a stage by the operations of its body and returns them."""
    *moved, end = [view.operation for view in stage.body.operations]
    for argument, operand in zip(stage.body.arguments, list(stage.op.operands), strict=True):
        argument.replace_all_uses_with(operand)
    for op in moved:
        op.move_before(stage.op)
    for result, value in zip(stage.op.results, list(end.operands), strict=True):
        result.replace_all_uses_with(value)
    stage.op.erase()
    return moved


def _prefix_locations(op: ir.Operation, name: str) -> None:
    op.location = under(name, op.location)
    for region in op.regions:
        for block in region.blocks:
            for view in block.operations:
                _prefix_locations(view.operation, name)


def under(name: str, location: ir.Location) -> ir.Location:
    """Returns `loc("name/inner")` for `loc("inner")`; a location without a name becomes a child."""
    if isinstance(location, ir.NameLoc):
        child = location.child_loc
        known = None if isinstance(child, ir.UnknownLoc) else child
        return ir.Location.name(f"{name}/{location.name_str}", childLoc=known)
    return ir.Location.name(name, childLoc=location)

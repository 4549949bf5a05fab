"""Operations that do not belong: of unknown dialects, or of too high a level for a form."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rlxflow.ir.bindings import ir
from rlxflow.ir.position import position
from rlxflow.ir.region import STAGE, YIELD

_CURES = {
    "rlx": "run rlx-lower-stage-modes or rlx-outline-stages first",
    "chlo": "run chlo-legalize-to-stablehlo first",
    "vhlo": "run vhlo-legalize-to-stablehlo first",
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """The first operation of a dialect that a form cannot hold, and what takes it away."""

    name: str
    location: ir.Location

    @property
    def cure(self) -> str:
        return _CURES.get(self.name.partition(".")[0], "")

    @property
    def place(self) -> str:
        """`file:line:column: ` if the location knows it."""
        where = position(self.location)
        return "" if where == "-" else f"{where}: "


def first_obstacle(module: ir.Operation, dialects: Collection[str]) -> Obstacle | None:
    """Returns the first operation of none of the dialects; the outermost of those nested."""
    for op in _operations(module):
        if op.name.partition(".")[0] not in dialects:
            return Obstacle(op.name, op.location)
    return None


def unregistered(module: ir.Operation, allowed: bool) -> Iterator[tuple[ir.Location, str]]:
    """Yields what no dialect knows, as location and message.

    Args:
        module: What is looked through.
        allowed: Whether other dialects may be unknown; `rlx` has its two operations in any case.
    """
    context = module.context
    for op in _operations(module):
        dialect = op.name.partition(".")[0]
        if dialect == "rlx" and op.name not in (STAGE, YIELD):
            yield op.location, f"unregistered operation '{op.name}' found in dialect ('rlx')"
        if allowed or dialect == "rlx":
            continue
        cure = "; allow it with --allow-unregistered-dialect"
        if not context.is_registered_operation(op.name):
            yield op.location, f"'{op.name}' op is of an unknown dialect{cure}"
        for result in op.results:
            if isinstance(result.type, ir.OpaqueType):
                yield op.location, f"type '{result.type}' is of an unknown dialect{cure}"


def _operations(top: ir.Operation) -> Iterator[ir.Operation]:
    """Yields an operation and all inside it, in the order of the text, however deep they are."""
    waiting = [top]
    while waiting:
        op = waiting.pop()
        yield op
        inner = [v.operation for r in op.regions for b in r.blocks for v in b.operations]
        waiting += reversed(inner)

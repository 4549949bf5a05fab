"""The instructions that a program runs, each with its stage and the argument it is made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from rlxflow.inspect.hlo import Computation, HloModule, Instruction
from rlxflow.inspect.hlo_shape import HloShape
from rlxflow.inspect.opcodes import CALLERS
from rlxflow.inspect.paths import Paths
from rlxflow.inspect.stage_table import StageTable
from rlxflow.ir.module import Port

_UPDATES = frozenset({"dynamic-update-slice", "scatter"})


@dataclass(frozen=True, eq=False)
class Run:
    """An instruction that runs as it stands, not inside of a fusion.

    Attributes:
        one: The instruction.
        path: Its stage, and what is behind it.
        module: The module.
        inside: The computation it stands in.
        sources: Arguments of the program that parameters of that computation are.
    """

    one: Instruction
    path: str
    module: HloModule = field(repr=False)
    inside: Computation = field(repr=False)
    sources: Mapping[str, Port] = field(repr=False)

    @property
    def is_fence(self) -> bool:
        return self.one.opcode == "call" and 'inlineable="false"' in self.one.attributes

    def made_of(self, opcodes: Collection[str], *, through_updates: bool = False) -> Port | None:
        """Returns the argument that this is made of by these opcodes alone, if there is one.

        With `through_updates` an argument that was updated in place counts as itself.
        """
        if self.one.opcode in {"parameter", "get-tuple-element", "bitcast", *CALLERS}:
            return None
        return self._source(self.inside, self.one, opcodes, through_updates, first=True)

    def _source(
        self,
        inside: Computation,
        one: Instruction,
        opcodes: Collection[str],
        updates: bool,
        first: bool = False,
    ) -> Port | None:
        while one.opcode != "parameter":
            if one.opcode == "fusion":
                place = _fusion_source(self.module.called(one)[0], opcodes, updates and not first)
                if place is None:
                    return None
                one = inside.operands(one)[place]
            elif one.opcode in opcodes or (updates and not first and one.opcode in _UPDATES):
                one = inside.operands(one)[0]
            else:
                return None
            first = False
        return self.sources.get(one.name)

    def converts(self, port: Port) -> bool:
        """Tells whether this has all elements of an argument in another type."""
        shape = _shape(self.one)
        return shape is not None and _covers(shape, port) and shape.dtype != _hlo_type(port.dtype)

    def copies(self, port: Port) -> bool:
        """Tells whether this has all elements of an argument in its own type."""
        shape = _shape(self.one)
        return shape is not None and _covers(shape, port) and shape.dtype == _hlo_type(port.dtype)


def runs(module: HloModule, table: StageTable) -> list[Run]:
    """Returns what the entry runs, and what it calls, in order."""
    paths = Paths(module, table)
    ports = {one.name: table.ports[one.index] for one in module.entry.parameters if table.ports}
    found: list[Run] = []

    def walk(inside: Computation, around: str, sources: Mapping[str, Port]) -> None:
        known = paths.of_computation(inside, around)
        for one in inside:
            run = Run(one, known[one.name], module, inside, sources)
            found.append(run)
            if one.opcode not in CALLERS:
                continue
            for called in module.called(one):
                given = zip(called.parameters, inside.operands(one), strict=False)
                inner = {
                    parameter.name: sources[operand.name]
                    for parameter, operand in given
                    if operand.name in sources and one.opcode == "call"
                }
                walk(called, run.path, inner)

    walk(module.entry, "", ports)
    return found


def _fusion_source(fused: Computation, opcodes: Collection[str], updates: bool) -> int | None:
    """Returns which operand a fusion's value is made of by these opcodes alone."""
    one = fused.root
    while one.opcode != "parameter":
        if one.opcode not in opcodes and not (updates and one.opcode in _UPDATES):
            return None
        one = fused.operands(one)[0]
    return one.index


def _shape(one: Instruction) -> HloShape | None:
    arrays = one.arrays
    return arrays[0] if len(arrays) == 1 else None


def _covers(shape: HloShape, port: Port) -> bool:
    count = 1
    for size in port.shape:
        count *= size
    return shape.elements == count


def _hlo_type(dtype: str) -> str:
    """Returns HLO's name of an element type: signed integers are `s32`, truth values `pred`."""
    if dtype == "i1":
        return "pred"
    signed = dtype.startswith("i") and dtype[1:].isdecimal()
    unsigned = dtype.startswith("ui")
    return f"s{dtype[1:]}" if signed else dtype.replace("ui", "u") if unsigned else dtype

"""Products of half precision that are computed in f32, because both sides were converted first."""

from __future__ import annotations

from collections.abc import Iterator

from rlxflow.inspect.hlo import Computation, HloModule, Instruction
from rlxflow.inspect.hlo_walk import Run

HALVES = frozenset({"bf16", "f16"})
_VIEWS = frozenset({"bitcast", "reshape", "copy", "transpose", "broadcast", "slice"})
_WIDE = frozenset({"f32", "f64"})


def upcast_products(run: Run) -> Iterator[Instruction]:
    """Yields the products in an instruction whose operands are both widened halves."""
    one, inside = run.one, run.inside
    if one.opcode == "dot":
        if _is_upcast(run.module, [(inside, each) for each in inside.operands(one)], {}):
            yield one
    elif one.opcode == "fusion":
        fused = run.module.called(one)[0]
        outer = dict(zip([p.name for p in fused.parameters], inside.operands(one), strict=True))
        given = {name: (inside, operand) for name, operand in outer.items()}
        for inner in fused:
            operands = [(fused, each) for each in fused.operands(inner)]
            if inner.opcode == "dot" and _is_upcast(run.module, operands, given):
                yield inner


_Place = tuple[Computation, Instruction]


def _is_upcast(module: HloModule, operands: list[_Place], given: dict[str, _Place]) -> bool:
    return all(_is_widened(module, *place, given) for place in operands)


def _is_widened(
    module: HloModule, inside: Computation, one: Instruction, given: dict[str, _Place]
) -> bool:
    """Tells whether a value is a half in f32, looking through views and fusions."""
    while True:
        if not one.arrays or one.arrays[0].dtype not in _WIDE:
            return False
        if one.opcode in _VIEWS:
            one = inside.operands(one)[0]
        elif one.opcode == "parameter" and one.name in given:
            inside, one = given[one.name]
            given = {}
        elif one.opcode == "fusion":
            fused = module.called(one)[0]
            names = [parameter.name for parameter in fused.parameters]
            operands = [(inside, each) for each in inside.operands(one)]
            given = dict(zip(names, operands, strict=True))
            inside, one = fused, fused.root
        else:
            source = inside.operands(one)[0] if one.opcode == "convert" else None
            return source is not None and source.arrays[0].dtype in HALVES

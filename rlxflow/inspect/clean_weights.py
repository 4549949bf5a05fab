"""Weights copied at every call, transposed for one, by themselves or inside a product."""

from __future__ import annotations

from collections.abc import Iterator

from rlxflow.inspect.hlo import Computation, Instruction
from rlxflow.inspect.hlo_walk import Run
from rlxflow.ir.module import Port

_VIEWS = frozenset({"bitcast", "reshape", "copy", "transpose"})
_MOVES = frozenset({"copy", "transpose"})


def copied_weights(run: Run) -> Iterator[Instruction]:
    """Yields what in an instruction is a copy of a whole weight of two axes or more."""
    port = run.made_of(_VIEWS)
    if _is_weight(port) and port is not None and run.copies(port):
        yield run.one
    elif run.one.opcode == "fusion":
        fused = run.module.called(run.one)[0]
        for product in fused:
            if product.opcode == "dot":
                yield from _moved(run, fused, product)


def _moved(run: Run, fused: Computation, product: Instruction) -> Iterator[Instruction]:
    """Yields the copies of weights that a fused product takes."""
    for operand in fused.operands(product):
        one, moves = operand, None
        while one.opcode in _VIEWS:
            moves = one if one.opcode in _MOVES else moves
            one = fused.operands(one)[0]
        if moves is not None and one.opcode == "parameter":
            source = run.sources.get(run.one.operands[one.index])
            if _is_weight(source):
                yield moves


def _is_weight(port: Port | None) -> bool:
    return port is not None and port.kind == "param" and len(port.shape) >= 2

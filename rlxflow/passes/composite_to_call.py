"""Turns the composites made of stages into calls of their decompositions.

Before:
    %1 = stablehlo.composite "rlx.rms_norm" %0 {..., decomposition = @rms_norm} : ... loc("norm")
After:
    %1 = call @rms_norm(%0) : ... loc("norm")

XLA joins the location of a call with those in the callee, but not the location of a composite.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import string_of
from rlxflow.passes.base import Pass, option


@dataclass(frozen=True)
class CompositeToCall(Pass):
    """Makes calls of the composites whose names have a given prefix; others are left alone."""

    name: ClassVar[str] = "rlx-composite-to-call"
    prefix: str = option("rlx.", "how the names of the composites start")

    def run(self, module: IrModule) -> None:
        found: list[ir.Operation] = []

        def collect(op: ir.Operation) -> ir.WalkResult:
            named = op.name == "stablehlo.composite" and string_of(op, "name")
            if named and named.startswith(self.prefix):
                found.append(op.operation)
            return ir.WalkResult.ADVANCE

        module.operation.walk(collect)
        with module.context:
            for op in found:
                _to_call(op)


def _to_call(op: ir.Operation) -> None:
    call = ir.Operation.create(
        "func.call",
        results=[result.type for result in op.results],
        operands=list(op.operands),
        attributes={"callee": op.attributes["decomposition"]},
        loc=op.location,
        ip=ir.InsertionPoint(op),
    )
    for result, value in zip(op.results, call.results, strict=True):
        result.replace_all_uses_with(value)
    op.erase()

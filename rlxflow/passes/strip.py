"""Removes every trace of the dialect: stages are inlined, attributes `rlx.*` taken away.

Before:
    func.func @main(%x: tensor<4xf32> {rlx.input = "x"}) -> (tensor<4xf32> {rlx.output = "y"}) {
      %1 = "rlx.stage"(%x) ({...}) {block = "softmax", name = "probs"} : ...
After:
    func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
      %1 = stablehlo.exponential %x : tensor<4xf32> loc("probs/exp")

Out: no `rlx.stage`, no attribute whose name begins with `rlx.`. The numbers do not change; the
names of inputs, weights, states and outputs are lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import inline, inner_first, stages
from rlxflow.passes.base import Pass

PREFIX = "rlx."
_ON_PORTS = ("arg_attrs", "res_attrs")


@dataclass(frozen=True)
class Strip(Pass):
    """Inlines every stage and removes all attributes `rlx.*`."""

    name: ClassVar[str] = "rlx-strip"

    def run(self, module: IrModule) -> None:
        with module.context:
            for stage in inner_first(stages(module)):
                inline(stage)
            _strip(module.operation)
            module.operation.walk(lambda op: _strip(op.operation))


def _strip(op: ir.Operation) -> ir.WalkResult:
    attributes = op.attributes
    for name in [entry for entry in attributes if entry.startswith(PREFIX)]:
        del attributes[name]
    for name in _ON_PORTS:
        if name in attributes and isinstance(listed := attributes[name], ir.ArrayAttr):
            attributes[name] = ir.ArrayAttr.get([_without(entry) for entry in listed])
    return ir.WalkResult.ADVANCE


def _without(entry: ir.Attribute) -> ir.Attribute:
    if not isinstance(entry, ir.DictAttr):
        return entry
    return ir.DictAttr.get({e.name: e.attr for e in entry if not e.name.startswith(PREFIX)})

"""Makes a nested stage `linear` of every product with a weight, inside existing stages too.

Before:
    "rlx.stage"(%x, %w) ({
    ^bb0(%a: tensor<4x8xf32>, %b: tensor<6x8xf32>):
      %0 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [1] : ... loc("q_proj")
      ...
    }) {block = "self_attention", name = "attention"} : ...
After:
    "rlx.stage"(%x, %w) ({
    ^bb0(%a: tensor<4x8xf32>, %b: tensor<6x8xf32>):
      %0 = "rlx.stage"(%a, %b) ({
      ^bb0(%x: tensor<4x8xf32>, %w: tensor<6x8xf32>):
        %1 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [1] : ...
        "rlx.yield"(%1) : ...
      }) {block = "linear", name = "q_proj",
          params = {in_dim = 8, out_dim = 6, transposed = false}} : ...
      ...

The stage takes x, the weight as it is stored (its `convert` and `transpose` go inside if nothing
else uses them) and, where a bias is added to the product and nothing else uses the sum before, the
bias. `transposed` says that the weight is stored [in, out]. Products inside a stage of the block
`linear` or `experts`, those with a weight that is paired off and those that sum over an axis of x
that is not its last are left alone.

Invariant: every operation stays, in its order; only regions are added, so numbers are the same in
every bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlxflow.ir.bindings import ir
from rlxflow.ir.enclose import enclose
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import is_stage, string_of
from rlxflow.passes.base import Pass
from rlxflow.passes.raising.linear import BLOCK, linear
from rlxflow.passes.raising.match import Match, NearMiss
from rlxflow.passes.raising.naming import Names, weight_words, words
from rlxflow.passes.raising.weights import Weights

WHOLE = (BLOCK, "experts")
"""Stages that a kernel does as a whole, if at all."""


@dataclass(frozen=True)
class WrapProducts(Pass):
    """Makes a nested stage `linear` of every product with a weight."""

    name: ClassVar[str] = "rlx-wrap-products"

    def run(self, module: IrModule) -> None:
        with module.context:
            weights, names = Weights(module), Names()
            for dot in _products(module.main.operation):
                if (found := _linear(dot, weights)) is not None:
                    _wrap(found, names)


def _products(op: ir.Operation) -> list[ir.Operation]:
    """Returns the `dot_general`s inside an operation that stand in none of the stages `WHOLE`."""
    found: list[ir.Operation] = []
    for region in op.regions:
        for block in region.blocks:
            for view in block.operations:
                inner = view.operation
                if inner.name == "stablehlo.dot_general":
                    found.append(inner)
                elif not (is_stage(inner) and string_of(inner, "block") in WHOLE):
                    found += _products(inner)
    return found


def _linear(dot: ir.Operation, weights: Weights) -> Match | None:
    try:
        return linear(dot, weights)
    except NearMiss:
        return None


def _wrap(found: Match, names: Names) -> None:
    own = words(found.root.location, "dot_general") or weight_words(found.weight)
    name = names.take(found.root.block, own[-1] if own else "", BLOCK)
    enclose(found.ops, name=name, block=BLOCK, params=found.params, inputs=found.inputs)

"""Removes all stages: each body takes the place of its stage.

Before:
    %1 = "rlx.stage"(%0) ({
    ^bb0(%x: tensor<4xf32>):
      %2 = stablehlo.exponential %x : tensor<4xf32> loc("exp")
      "rlx.yield"(%2) : (tensor<4xf32>) -> ()
    }) {block = "softmax", mode = #rlx.mode<auto>, name = "probs"} : ...
After:
    %1 = stablehlo.exponential %0 : tensor<4xf32> loc("probs/exp")

Out: no `rlx.stage` at any depth. The numbers do not change; modes are not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlxflow.ir.module import IrModule
from rlxflow.ir.region import inline, inner_first, stages
from rlxflow.passes.base import Pass


@dataclass(frozen=True)
class InlineStages(Pass):
    """Inlines every stage; operation names carry the stage path."""

    name: ClassVar[str] = "rlx-inline-stages"

    def run(self, module: IrModule) -> None:
        with module.context:
            for stage in inner_first(stages(module)):
                inline(stage)

"""Turns every stage into a composite whose decomposition is its body.

Before:
    %1 = "rlx.stage"(%0) ({...}) {block = "rms_norm", name = "norm", params = {eps = 0.5}} : ...
After:
    %1 = stablehlo.composite "rlx.rms_norm" %0 {
        composite_attributes = {eps = 0.5, stage = "norm"}, decomposition = @rms_norm} : ...
    func.func private @rms_norm(...) -> ... {...}

With `composites=odml` or `tenstorrent`, a stage that such a compiler takes as a whole becomes the
composite that it reads, `odml.rms_norm` {epsilon} for example; see `composites.py`.

Stages with equal bodies share one function, so 80 equal layers print once. A mode other than `auto`
and the `origin` of a stage are kept among the attributes. Out: no `rlx.stage` at any depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlxflow.ir.module import IrModule
from rlxflow.ir.region import inner_first, stages
from rlxflow.passes.base import Pass, option
from rlxflow.passes.composites import CONSUMERS
from rlxflow.passes.outlining import Outliner, check_params


@dataclass(frozen=True)
class OutlineStages(Pass):
    """Makes a `stablehlo.composite` of every stage; equal bodies share one function."""

    name: ClassVar[str] = "rlx-outline-stages"
    composites: str = option("rlx", "whose names and attributes they have", choices=CONSUMERS)

    def run(self, module: IrModule) -> None:
        found = inner_first(stages(module))
        for stage in found:
            check_params(stage)
        with module.context:
            outliner = Outliner(module, self.composites)
            for stage in found:
                outliner.composite(stage, stage.mode)

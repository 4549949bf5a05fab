"""The ways from the flow level down to what a consumer takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlxflow.errors import PassError, did_you_mean
from rlxflow.ir.module import IrModule
from rlxflow.passes.base import Pass
from rlxflow.passes.lower_stage_modes import Dispatch, Lowering, LowerStageModes, lower
from rlxflow.passes.mlir_pass import MlirPass
from rlxflow.passes.outline_stages import OutlineStages
from rlxflow.passes.pipeline import Folder, Pipeline, log_time

LEVELS = ("flow", "composite", "stablehlo", "vhlo")


@dataclass(frozen=True)
class _Planned(Pass):
    """`LowerStageModes` whose plan is made already."""

    name = LowerStageModes.name
    plan: Lowering

    def run(self, module: IrModule) -> None:
        lower(module, self.plan)


def to_level(
    module: IrModule,
    level: str,
    policy: str = "direct",
    modes: Sequence[str] = (),
    *,
    layers: str = "unroll",
    dump_dir: Folder | None = None,
    verify: bool = True,
    verbose: bool = False,
) -> list[Dispatch]:
    """Lowers a module at flow level, in place; returns what was decided for each stage.

    Args:
        module: A module with `rlx.stage` regions; without any it is left as it is.
        level: `flow` changes nothing; `composite` makes a composite of each stage and looks at
            neither policy nor modes; `stablehlo` is what XLA takes; `vhlo` has no CHLO operation
            left either, so that `IrModule.portable` accepts it.
        policy: What `auto` becomes: `direct`, `fusable` or `skip`.
        modes: Rules `pattern=mode`, the last that matches wins.
        layers: How equal layers are made: `unroll`, `call` or `auto`.
        dump_dir: A folder for the module before and after each pass.
        verify: Whether to verify the module before and after each pass.
        verbose: Whether to log each pass with its time to `rlxflow.passes`.
    """
    if level not in LEVELS:
        known = " | ".join(LEVELS)
        raise PassError(
            "level", expected=known, found=f"`{level}`", cure=did_you_mean(level, LEVELS)
        )
    rules = tuple(modes)
    plan: Lowering | None = None
    steps: list[Pass] = [OutlineStages()] if level == "composite" else []
    if level in ("stablehlo", "vhlo"):
        plan = LowerStageModes(policy, rules, layers).prepare(module)
        steps = [_Planned(plan)]
    if level == "vhlo":
        steps.append(MlirPass("func.func(chlo-legalize-to-stablehlo)"))
    Pipeline(steps).run(module, dump_dir, verify, log_time if verbose else None)
    return plan.decisions if plan else []

"""The ways from the flow level down to what a consumer takes."""

from __future__ import annotations

from collections.abc import Sequence

from rlxflow.errors import PassError, did_you_mean
from rlxflow.ir.module import IrModule
from rlxflow.passes.lower_stage_modes import Dispatch, LowerStageModes
from rlxflow.passes.mlir_pass import MlirPass
from rlxflow.passes.outline_stages import OutlineStages
from rlxflow.passes.pipeline import Folder, Pipeline

LEVELS = ("flow", "composite", "stablehlo", "vhlo")


def to_level(
    module: IrModule,
    level: str,
    policy: str = "direct",
    modes: Sequence[str] = (),
    *,
    dump_dir: Folder | None = None,
    verify: bool = True,
) -> list[Dispatch]:
    """Lowers a module at flow level, in place; returns what was decided for each stage.

    Args:
        module: A module with `rlx.stage` regions; without any it is left as it is.
        level: `flow` changes nothing; `composite` makes a composite of each stage and looks at
            neither policy nor modes; `stablehlo` is what XLA takes; `vhlo` has no CHLO operation
            left either, so that `IrModule.portable` accepts it.
        policy: What `auto` becomes: `direct`, `fusable` or `skip`.
        modes: Rules `pattern=mode`, the last that matches wins.
        dump_dir: A folder for the module before and after each pass.
        verify: Whether to verify the module before and after each pass.
    """
    if level not in LEVELS:
        known = " | ".join(LEVELS)
        raise PassError(
            "level", expected=known, found=f"`{level}`", cure=did_you_mean(level, LEVELS)
        )
    lower = LowerStageModes(policy, tuple(modes))
    steps = {
        "flow": [],
        "composite": [OutlineStages()],
        "stablehlo": [lower],
        "vhlo": [lower, MlirPass("func.func(chlo-legalize-to-stablehlo)")],
    }[level]
    decisions = lower.plan(module) if lower in steps else []
    Pipeline(steps).run(module, dump_dir, verify)
    return decisions

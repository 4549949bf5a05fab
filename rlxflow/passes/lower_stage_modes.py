"""Decides the mode of every stage and lowers it accordingly.

The mode of a stage is its own, unless a rule of `modes` names it (the last such rule wins); `auto`
is then decided by `policy`. What becomes of a stage:
    fuse    its body in its place, operations named `stage/op`
    fence   a `func.call` that XLA does not inline, to a private function shared by equal bodies
    keep    a `stablehlo.composite`, as `rlx-outline-stages` makes it
    kernel  an error, as long as no kernel is registered for its block

Before:
    %1 = "rlx.stage"(%0) ({...}) {block = "mlp", mode = #rlx.mode<fence>, name = "ffn"} : ...
After:
    %1 = call @mlp(%0) {mhlo.frontend_attributes = {inlineable = "false"}} : ...

Out: no `rlx.stage` at any depth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rlxflow.errors import PassError
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import StageRegion, inline, inner_first, stages
from rlxflow.passes.base import Pass, option
from rlxflow.passes.mode_rules import Rule, parse_rules, winning_rule
from rlxflow.passes.outlining import Outliner, check_params

POLICIES = ("direct", "fusable", "skip")


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What was decided for a stage, and why."""

    path: str
    block: str
    mode: str
    reason: str


@dataclass(frozen=True)
class LowerStageModes(Pass):
    """Lowers each stage by its mode: fuse, fence, keep or kernel."""

    name: ClassVar[str] = "rlx-lower-stage-modes"
    policy: str = option("direct", "what `auto` becomes", choices=POLICIES)
    modes: tuple[str, ...] = option((), "rules `pattern=mode`; the last that matches wins")

    def __post_init__(self) -> None:
        super().__post_init__()
        parse_rules(self.modes)

    def plan(self, module: IrModule) -> list[Dispatch]:
        """Returns the decision for every stage, in the order of the text; changes nothing.

        Raises PassError if a rule matches no stage, or a stage is to be a kernel and none exists.
        """
        return self._decide(stages(module))

    def run(self, module: IrModule) -> None:
        found = stages(module)
        decisions = dict(zip(found, self._decide(found), strict=True))
        with module.context:
            outliner = Outliner(module)
            for stage in inner_first(found):
                _lower(stage, decisions[stage].mode, outliner)

    def _decide(self, found: list[StageRegion]) -> list[Dispatch]:
        rules = parse_rules(self.modes, found)
        decided = [self._decide_one(stage, rules) for stage in found]
        for stage, decision in zip(found, decided, strict=True):
            if decision.mode == "keep":
                check_params(stage)
        return decided

    def _decide_one(self, stage: StageRegion, rules: list[Rule]) -> Dispatch:
        rule = winning_rule(rules, stage)
        mode, reason = (rule.mode, f"rule `{rule}`") if rule else (stage.mode, "mode of the stage")
        if mode == "kernel":
            raise PassError(
                f"stage `{stage.path}`",
                expected=f"a kernel for block `{stage.block}`",
                found="none registered",
                cure="give the stage the mode `fuse` or `fence`",
            )
        if mode == "auto":
            mode = "fence" if self.policy == "skip" else "fuse"
            reason = f"policy `{self.policy}`"
            if self.policy == "direct":
                reason += f": no kernel is registered for `{stage.block}`"
        return Dispatch(stage.path, stage.block, mode, reason)


def _lower(stage: StageRegion, mode: str, outliner: Outliner) -> None:
    match mode:
        case "fuse":
            inline(stage)
        case "fence":
            fence = ir.DictAttr.get({"inlineable": ir.StringAttr.get("false")})
            outliner.call(stage, {"mhlo.frontend_attributes": fence})
        case _:
            outliner.composite(stage, "auto")

"""Decides the mode of every stage and lowers it accordingly.

The mode of a stage is its own, unless a rule of `modes` names it (the last such rule wins); `auto`
is then decided by `policy`. What becomes of a stage:
    fuse    its body in its place, operations named `stage/op`
    fence   a `func.call` that XLA does not inline, to a private function shared by equal bodies
    keep    a `stablehlo.composite`, as `rlx-outline-stages` makes it
    kernel  its body in its place, which is the call of a kernel that `rlx-bind-kernels` made; an
            error if the stage has none
Fused layers that are equal (see `equal_layers`) become calls of one function, which XLA inlines, if
`layers` is `call`, or `auto` and there are enough of them.

Before:
    %1 = "rlx.stage"(%0) ({...}) {block = "mlp", mode = #rlx.mode<fence>, name = "ffn"} : ...
After:
    %1 = call @mlp(%0) {mhlo.frontend_attributes = {inlineable = "false"}} : ...

Out: no `rlx.stage` at any depth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rlxflow.errors import PassError
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import StageRegion, inline, inner_first, stages
from rlxflow.passes.base import Pass, option
from rlxflow.passes.composites import CONSUMERS
from rlxflow.passes.equal_layers import ENOUGH, FORMS, equal_layers, inside
from rlxflow.passes.kernel_calls import kernel_of
from rlxflow.passes.mode_rules import Rule, parse_rules, winning_rule
from rlxflow.passes.outlining import Outliner, check_params, replace_by_call

POLICIES = ("direct", "fusable", "skip")


@dataclass(frozen=True, slots=True)
class Blocks:
    """Weights in blocks that a stage reads.

    Attributes:
        stored: Formats of those that are as the file has them.
        quantised: Formats of those that are quantised as they are loaded.
        relative: What that changes, `sqrt(sum (q - w)^2 / sum w^2)` over them; None until they are
            loaded, and where nothing is quantised.
        largest: Largest `|q - w|`; None likewise.
    """

    stored: tuple[str, ...]
    quantised: tuple[str, ...]
    relative: float | None = None
    largest: float | None = None

    def __str__(self) -> str:
        parts: list[str] = []
        if self.quantised:
            known = self.relative is not None
            what = f"relative error {self.relative:.2e}" if known else "error known once loaded"
            parts.append(f"quantised to {', '.join(self.quantised)}, {what}")
        if self.stored:
            parts.append(f"as stored: {', '.join(self.stored)}")
        return f"weights {'; others '.join(parts)}"


@dataclass(frozen=True, slots=True)
class Dispatch:
    """What was decided for a stage, and why; which of its weights are blocks, if any."""

    path: str
    block: str
    mode: str
    reason: str
    blocks: Blocks | None = None


@dataclass(frozen=True, slots=True)
class Lowering:
    """What is to be done to a module: all its stages, a decision for each, the equal layers."""

    stages: list[StageRegion]
    decisions: list[Dispatch]
    layers: list[list[StageRegion]]
    composites: str = "rlx"


@dataclass(frozen=True)
class LowerStageModes(Pass):
    """Lowers each stage by its mode: fuse, fence, keep or kernel; equal layers as asked for."""

    name: ClassVar[str] = "rlx-lower-stage-modes"
    policy: str = option("direct", "what `auto` becomes", choices=POLICIES)
    modes: tuple[str, ...] = option((), "rules `pattern=mode`; the last that matches wins")
    layers: str = option("unroll", "how equal layers are made", choices=FORMS)
    composites: str = option("rlx", "who reads the composites of kept stages", choices=CONSUMERS)

    def __post_init__(self) -> None:
        super().__post_init__()
        parse_rules(self.modes)

    def plan(self, module: IrModule) -> list[Dispatch]:
        """Returns the decision for every stage, in the order of the text; changes nothing.

        Raises PassError if a rule matches no stage, or a stage is to be a kernel and calls none.
        """
        return self.prepare(module).decisions

    def run(self, module: IrModule) -> None:
        lower(module, self.prepare(module))

    def prepare(self, module: IrModule) -> Lowering:
        """Returns what `run` would do; raises PassError as `plan` does."""
        found = stages(module)
        rules = parse_rules(self.modes, found)
        decided = [self._decide_one(stage, rules) for stage in found]
        for stage, decision in zip(found, decided, strict=True):
            if decision.mode == "keep":
                check_params(stage)
        if self.layers == "unroll":
            return Lowering(found, decided, [], self.composites)
        modes = {stage: each.mode for stage, each in zip(found, decided, strict=True)}
        groups = equal_layers(found, modes, ENOUGH if self.layers == "auto" else 2)
        calls = self._with_calls(found, decided, groups)
        return Lowering(found, calls, groups, self.composites)

    def _with_calls(
        self, found: list[StageRegion], decided: list[Dispatch], groups: list[list[StageRegion]]
    ) -> list[Dispatch]:
        """Returns the decisions with those for equal layers changed to calls."""
        counts = {stage: len(group) for group in groups for stage in group}
        enough = f", from {ENOUGH} equal ones on" if self.layers == "auto" else ""
        made = list(decided)
        for i, stage in enumerate(found):
            if stage in counts:
                why = f"layers `{self.layers}`: one function for {counts[stage]} of them{enough}"
                made[i] = replace(decided[i], mode="call", reason=why)
        return made

    def _decide_one(self, stage: StageRegion, rules: list[Rule]) -> Dispatch:
        rule = winning_rule(rules, stage)
        mode, reason = (rule.mode, f"rule `{rule}`") if rule else (stage.mode, "mode of the stage")
        if mode == "kernel":
            kernel = kernel_of(stage.op)
            if kernel:
                return Dispatch(stage.path, stage.block, mode, f"`{kernel}`")
            raise PassError(
                f"stage `{stage.path}`",
                expected=f"a kernel for block `{stage.block}`",
                found="no call of one",
                cure="give the stage the mode `fuse` or `fence`, or bind one first with "
                "`--kernels auto` or `rlx-bind-kernels`: to linear, embed, attend, experts",
            )
        if mode == "auto":
            mode = "fence" if self.policy == "skip" else "fuse"
            reason = f"policy `{self.policy}`"
            if self.policy == "direct":
                reason += f": no kernel is registered for `{stage.block}`"
        return Dispatch(stage.path, stage.block, mode, reason)


def lower(module: IrModule, plan: Lowering) -> None:
    """Lowers a module as planned; of equal layers only the first one's body is looked at."""
    modes = {s: each.mode for s, each in zip(plan.stages, plan.decisions, strict=True)}
    first = {stage: group[0] for group in plan.layers for stage in group}
    copies = {i: s for i, s in enumerate(plan.stages) if first.get(s, s) is not s}
    gone = {inner for i in copies for inner in inside(plan.stages, i)}
    functions: dict[StageRegion, str] = {}
    with module.context:
        outliner = Outliner(module, plan.composites)
        for stage in inner_first(plan.stages):
            if stage in gone:
                continue
            if stage not in first:
                _lower(stage, modes[stage], outliner)
            elif first[stage] is stage:
                functions[stage] = outliner.call(stage, {})
            else:
                replace_by_call(stage, functions[first[stage]], {})


def _lower(stage: StageRegion, mode: str, outliner: Outliner) -> None:
    match mode:
        case "fuse" | "kernel":
            inline(stage)
        case "fence":
            fence = ir.DictAttr.get({"inlineable": ir.StringAttr.get("false")})
            outliner.call(stage, {"mhlo.frontend_attributes": fence})
        case _:
            outliner.composite(stage, "auto")

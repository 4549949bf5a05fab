"""A built model: the module at flow level, the plan of its weights, the table of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rlxflow.config.profile import CompileProfile
from rlxflow.errors import FlowStructureError, MissingState, did_you_mean
from rlxflow.files import write_atomically
from rlxflow.flow.emitter import FlowEmitter
from rlxflow.flow.shape import FlowInput
from rlxflow.ir.builder import ModuleBuilder
from rlxflow.ir.module import IrModule
from rlxflow.ir.summary import summary
from rlxflow.ir.types import TensorType
from rlxflow.ir.value import Value
from rlxflow.lazy import load_attribute
from rlxflow.passes.lower_stage_modes import Dispatch, LowerStageModes
from rlxflow.passes.pipelines import to_level
from rlxflow.weights import (
    NameRules,
    ParamSpec,
    RenamedSource,
    WeightPlan,
    make_plan,
    open_weights,
)

if TYPE_CHECKING:
    from rlxflow.flow.model_flow import ModelFlow
    from rlxflow.runtime.compiled import CompiledModel

COMPILER = "rlxflow.runtime.compiled:compile_built"
SUFFIX_LEVELS = {".mlir": "flow", ".mlirbc": "flow", ".vhlo": "vhlo"}


@dataclass(frozen=True)
class BuiltModel:
    """What `ModelFlow.build` returns.

    Attributes:
        name: The flow's name.
        module: The module at flow level. Methods never change it.
        inputs: The flow's inputs, in the order of the module's arguments.
        params: Name, shape and element type of each weight argument, in order.
        states: Name and type of each state, with its axes in the order they are stored.
        plan: Where each weight comes from; None if the flow was built from shapes alone.
        profile: How stages are lowered.
    """

    name: str
    module: IrModule
    inputs: tuple[FlowInput, ...]
    params: tuple[ParamSpec, ...]
    states: Mapping[str, TensorType]
    plan: WeightPlan | None
    profile: CompileProfile

    def lowered(self, level: str, *, dump_dir: str | Path | None = None) -> IrModule:
        """Returns a copy of the module at `flow`, `composite`, `stablehlo` or `vhlo` level.

        With `dump_dir` the module before and after each pass is written there.
        """
        module = self.module.clone()
        lower = self._lowering()
        to_level(module, level, lower.policy, lower.modes, layers=lower.layers, dump_dir=dump_dir)
        return module

    def dispatch(self) -> list[Dispatch]:
        """Returns for each stage the mode it is lowered by, and why."""
        return self._lowering().plan(self.module)

    def _lowering(self) -> LowerStageModes:
        rules = tuple(f"{pattern}={mode}" for pattern, mode in self.profile.modes.items())
        return LowerStageModes(self.profile.policy, rules, self.profile.layers)

    def mlir(self, level: str = "flow", *, debug_info: bool = False, generic: bool = False) -> str:
        """Returns MLIR text at a level; with `debug_info` locations are printed."""
        return self.lowered(level).text(debug_info=debug_info, generic=generic)

    def summary(self) -> str:
        """Returns one line a stage."""
        return summary(self.module)

    def save(self, path: str | Path, level: str | None = None) -> Path:
        """Writes `.mlir` text, `.mlirbc` bytecode or a `.vhlo` portable artifact, by suffix.

        The file appears only when it is whole. The level is `flow` unless given.
        """
        target = Path(path)
        if target.suffix not in SUFFIX_LEVELS:
            raise FlowStructureError(
                f"{target}",
                expected="a name ending in .mlir, .mlirbc or .vhlo",
                found=target.suffix,
            )
        module = self.lowered(level or SUFFIX_LEVELS[target.suffix])
        data = {
            ".mlir": lambda: module.text(debug_info=True).encode(),
            ".mlirbc": module.bytecode,
            ".vhlo": module.portable,
        }[target.suffix]()
        return write_atomically(target, data)

    def compile(self, device: object = "cpu") -> CompiledModel:
        """Returns the model compiled by XLA, its weights on the device.

        Args:
            device: `cpu`, `gpu`, `cuda`, `tpu` or a `jax.Device`.
        """
        return cast("CompiledModel", load_attribute(COMPILER)(self, device))


def build(flow: ModelFlow, weights: object, *, dtype: str | None, rules: NameRules) -> BuiltModel:
    """Emits a checked flow and compares its weights with the source; see `ModelFlow.build`."""
    flow.check()
    rules = replace(rules, ignore=(*rules.ignore, *flow.spare_weights))
    raw = None if weights is None else open_weights(cast("Mapping[str, object]", weights))
    source = None if raw is None else RenamedSource(raw, rules)
    with ModuleBuilder(flow.name) as builder:
        emitter = FlowEmitter(builder, source, dtype, flow.profile.compute or dtype or "f32")
        for declared in flow.inputs:
            type_ = declared.shape.type
            emitter.inputs[declared.name] = builder.argument(
                "input", declared.name, type_, below=declared.below
            )
        value = next(iter(emitter.inputs.values()), None)
        for stage in flow.stages:
            value = emitter.run(stage.name, stage.block, value, stage.mode)
        outputs = _outputs(flow, value, _extra(flow, emitter))
        module = builder.finish(outputs, emitter.states)
    params = tuple(spec for _, spec in emitter.params.values())
    plan = None if raw is None else make_plan(params, raw, rules)
    states = {name: value.type for name, value in emitter.states.items()}
    return BuiltModel(flow.name, module, flow.inputs, params, states, plan, flow.profile)


def _extra(flow: ModelFlow, emitter: FlowEmitter) -> dict[str, Value]:
    """Returns what the module gives beside the flow's value."""
    if flow.extra_outputs is None:
        return emitter.side_outputs
    known = {**emitter.slots, **emitter.side_outputs}
    for name in flow.extra_outputs:
        if name not in known:
            raise MissingState(
                f"flow `{flow.name}`",
                expected=f"a side output or slot `{name}`",
                found=", ".join(f"`{other}`" for other in known) or "none",
                cure=did_you_mean(name, known),
            )
    return {name: known[name] for name in flow.extra_outputs}


def _outputs(
    flow: ModelFlow, value: Value | None, side_outputs: dict[str, Value]
) -> dict[str, Value]:
    if value is None:
        raise FlowStructureError(
            f"flow `{flow.name}`",
            expected="a value at the end",
            found="none",
            cure="let the last stage return one",
        )
    names = flow.output_names
    if len(names) == 1:
        names = (names[0], *side_outputs)
    values = [value, *side_outputs.values()]
    if len(names) != len(values) or len(set(names)) != len(names):
        raise FlowStructureError(
            f"flow `{flow.name}`",
            expected=f"{len(values)} output names that differ",
            found=", ".join(names),
        )
    return dict(zip(names, values, strict=True))

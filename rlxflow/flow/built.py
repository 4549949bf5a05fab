"""A built model: the module at flow level, the plan of its weights, the table of its inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rlxflow.config.profile import CompileProfile
from rlxflow.errors import FlowStructureError
from rlxflow.files import write_atomically
from rlxflow.flow.built_views import BuiltViews
from rlxflow.flow.layer_forms import Rolled, roll, rules_of
from rlxflow.flow.shape import FlowInput
from rlxflow.flow.stage_outputs import stage_paths, with_stage_outputs
from rlxflow.ir.module import IrModule
from rlxflow.ir.ports import name_ports
from rlxflow.ir.types import TensorType
from rlxflow.lazy import load_attribute
from rlxflow.passes.lower_stage_modes import Dispatch, LowerStageModes
from rlxflow.passes.pipelines import to_level
from rlxflow.weights import ParamSpec, WeightPlan
from rlxflow.weights.quant_error import QuantError

if TYPE_CHECKING:
    from rlxflow.config.execution import ModelExecutionConfig
    from rlxflow.flow.build import Origin
    from rlxflow.kernels.built import Bound
    from rlxflow.runtime.compiled import CompiledModel
    from rlxflow.weights import NameRules

COMPILER = "rlxflow.runtime.compiled:compile_built"
FROM_JAX = "rlxflow.runtime.from_jax:from_jax"
FROM_MLIR = "rlxflow.flow.adopt:from_mlir"
SUFFIX_LEVELS = {".mlir": "flow", ".mlirbc": "flow", ".vhlo": "vhlo"}


@dataclass(frozen=True)
class BuiltModel(BuiltViews):
    """What `ModelFlow.build` returns.

    Attributes:
        name: The flow's name.
        module: The module at flow level. Methods never change it.
        inputs: The flow's inputs, in the order of the module's arguments.
        params: Name, shape and element type of each weight argument, in order.
        states: Name and type of each state, with its axes in the order they are stored.
        plan: Where each weight comes from; None if the flow was built from shapes alone.
        profile: How stages are lowered.
        outputs: Name and type of each output of the flow, with its axes.
        origin: The flow and what it was built with; None for a module from elsewhere.
        rolled: What became of the layers, if the profile asks for loops of them.
        bound: What became of the stages that there are kernels for, once that is decided.
    """

    name: str
    module: IrModule
    inputs: tuple[FlowInput, ...]
    params: tuple[ParamSpec, ...]
    states: Mapping[str, TensorType]
    plan: WeightPlan | None
    profile: CompileProfile
    outputs: Mapping[str, TensorType] = field(default_factory=dict[str, TensorType])
    origin: Origin | None = field(default=None, repr=False, compare=False)
    rolled: Rolled | None = None
    bound: Bound | None = None

    @staticmethod
    def from_mlir(
        source: IrModule | Path | str | bytes,
        *,
        name: str = "",
        weights: object = None,
        rules: NameRules | None = None,
        profile: CompileProfile | None = None,
    ) -> BuiltModel:
        """Returns a module that came from elsewhere as a built model.

        Args:
            source: MLIR text, bytecode or a portable artifact, a path to one, or a module, which is
                copied. Arguments are inputs, weights or states as their `rlx.*` attributes say;
                those without any are inputs `arg0`, ..., results `out0`, ...
            name: What it is called; the module's own name if not given.
            weights: What `ModelFlow.build` takes.
            rules: How names in the file differ from those in the module.
            profile: How stages are lowered.

        Raises:
            FileError, ParseError: there is no such file, or it is no MLIR.
            FlowStructureError: a size is not known.
            WeightError: weights do not fit.
        """
        adopt = load_attribute(FROM_MLIR)
        return adopt(source, name=name, weights=weights, rules=rules, profile=profile)

    @staticmethod
    def from_jax(
        fn: Callable[..., Any], *example_args: Any, params: Any = None, name: str = ""
    ) -> BuiltModel:
        """Returns a JAX function as a built model.

        Args:
            fn: Called once, with tracers.
            *example_args: Arrays, or `jax.ShapeDtypeStruct`s, one for each argument; nested ones
                are inputs `argument.key`.
            params: If given, the first argument of `fn`: a tree of arrays that become weights under
                their paths, `layers.0.weight`.
            name: What it is called; the function's name if not given.
        """
        return load_attribute(FROM_JAX)(fn, *example_args, params=params, name=name)

    def with_execution_config(self, config: ModelExecutionConfig) -> BuiltModel:
        """Returns the model with the profile of a configuration; see `with_profile`."""
        return self.with_profile(config.compile_profile())

    def with_extra_outputs(self, names: Iterable[str]) -> BuiltModel:
        """Returns the model with other outputs behind its first: side outputs, slots or stages.

        Raises MissingState for a name that is none of them, and FlowStructureError for a module
        that came from elsewhere.
        """
        origin = self._origin("extra outputs")
        wanted, flow = tuple(names), replace(origin.flow, profile=self.profile)
        known = stage_paths(flow.stages)
        tapped = with_stage_outputs(flow.stages, [name for name in wanted if name in known])
        changed = replace(flow, stages=tapped, output_names=flow.output_names[:1])
        return origin.rebuild(changed.with_extra_outputs(wanted))

    def with_output_names(self, names: Sequence[str]) -> BuiltModel:
        """Returns the model with its outputs called otherwise; states keep their names.

        Raises FlowStructureError for another number of names, or one that occurs twice.
        """
        if self.origin is not None:
            flow = replace(self.origin.flow, profile=self.profile)
            return self.origin.rebuild(flow.outputs(names))
        module = self.module.clone()
        name_ports(module, results=[*names, *self.states])
        outputs = dict(zip(names, self.outputs.values(), strict=True))
        return replace(self, module=module, outputs=outputs)

    def _origin(self, what: str) -> Origin:
        if self.origin is None:
            raise FlowStructureError(
                what,
                expected="a model built from a flow",
                found=f"the module `{self.name}`, which came from elsewhere",
            )
        return self.origin

    def with_profile(self, profile: CompileProfile) -> BuiltModel:
        """Returns the model with another profile, which takes effect when it is compiled.

        Element types are in the module, so another one emits it anew, as does one under which
        layers are loops no more. Raises FlowStructureError if that is needed for a module that came
        from elsewhere.
        """
        types = (profile.compute, profile.storage)
        if types == (self.profile.compute, self.profile.storage) and not self._unrolls(profile):
            rolls = profile.layers == "loop" and self.rolled is None
            made = replace(self, profile=profile)
            return roll(replace(made, module=self.module.clone())) if rolls else made
        found = f"compute {profile.compute}, storage {profile.storage}, layers {profile.layers}"
        origin = self._origin(f"other element types or modes of layers ({found})")
        return origin.rebuild(origin.flow.with_profile(profile))

    def _unrolls(self, profile: CompileProfile) -> bool:
        """Tells whether layers that are rolled are to be so no more, or with other modes."""
        if self.rolled is None:
            return False
        return profile.layers != "loop" or rules_of(profile) != rules_of(self.profile)

    def lowered(self, level: str, *, dump_dir: str | Path | None = None) -> IrModule:
        """Returns a copy of the module at `flow`, `composite`, `stablehlo` or `vhlo` level.

        With `dump_dir`, or one in the profile, the module before and after each pass is written
        there.
        """
        module = self.module.clone()
        lower = self._lowering()
        to_level(
            module,
            level,
            lower.policy,
            lower.modes,
            layers=lower.layers,
            dump_dir=dump_dir or self.profile.dump_dir or None,
            verbose=self.profile.verbose,
        )
        return module

    def on_platform(self, platform: str) -> BuiltModel:
        """Returns the model with its profile as it is on `cpu`, `gpu` or `tpu`."""
        return (
            self.with_profile(self.profile.for_device(platform)) if self.profile.backend else self
        )

    def dispatch(self, errors: Mapping[str, QuantError] | None = None) -> list[Dispatch]:
        """Returns the mode of each stage and the form of each layer, and why.

        Args:
            errors: What quantising changed in weights, by name, if they are loaded.
        """
        decisions = self._lowering().plan(self.module)
        if self.bound:
            decisions = self.bound.explain(decisions, errors or {})
        return self.rolled.report(self.module, decisions) if self.rolled else decisions

    def _lowering(self) -> LowerStageModes:
        if self.rolled:
            return LowerStageModes(self.profile.policy)
        return LowerStageModes(self.profile.policy, rules_of(self.profile), self.profile.layers)

    def mlir(self, level: str = "flow", *, debug_info: bool = False, generic: bool = False) -> str:
        """Returns MLIR text at a level; with `debug_info` locations are printed."""
        return self.lowered(level).text(debug_info=debug_info, generic=generic)

    def _repr_html_(self) -> str:
        return load_attribute("rlxflow.inspect.notebook:titled")(self.name, str(self.summary()))

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

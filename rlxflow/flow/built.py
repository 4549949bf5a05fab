"""A built model: the module at flow level, the plan of its weights, the table of its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rlxflow.config.profile import CompileProfile
from rlxflow.errors import FlowStructureError
from rlxflow.files import write_atomically
from rlxflow.flow.shape import FlowInput
from rlxflow.ir.module import IrModule
from rlxflow.ir.summary import summary
from rlxflow.ir.types import TensorType
from rlxflow.lazy import load_attribute
from rlxflow.passes.lower_stage_modes import Dispatch, LowerStageModes
from rlxflow.passes.pipelines import to_level
from rlxflow.weights import ParamSpec, WeightPlan

if TYPE_CHECKING:
    from rlxflow.flow.build import Origin
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
        outputs: Name and type of each output of the flow, with its axes.
        origin: The flow and what it was built with; None for a module from elsewhere.
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

    def with_profile(self, profile: CompileProfile) -> BuiltModel:
        """Returns the model with another profile, which takes effect when it is compiled.

        Element types are in the module, so another one emits it anew. Raises FlowStructureError if
        that is needed for a module that came from elsewhere.
        """
        types = (profile.compute, profile.storage)
        if types == (self.profile.compute, self.profile.storage):
            return replace(self, profile=profile)
        if self.origin is None:
            raise FlowStructureError(
                f"profile `{profile.name}`",
                expected="no other element types than those of the module",
                found=f"compute {profile.compute}, storage {profile.storage}",
                cure="leave `[precision]` out: this module was not emitted from a flow",
            )
        return self.origin.rebuild(self.origin.flow.with_profile(profile))

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

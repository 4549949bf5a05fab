"""A built model with its layers rolled into loops: other arguments, states and weight plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rlxflow.flow.params import param_specs
from rlxflow.ir.attributes import from_attribute
from rlxflow.ir.module import IrModule, Port
from rlxflow.ir.region import stages
from rlxflow.ir.types import TensorType
from rlxflow.passes.lower_stage_modes import Dispatch

if TYPE_CHECKING:
    from rlxflow.config.profile import CompileProfile
    from rlxflow.flow.built import BuiltModel


@dataclass(frozen=True)
class Rolled:
    """What became of each layer: `loop`, or `unroll` and why; stages that rules name."""

    layers: Mapping[str, Dispatch]
    ruled: Sequence[str]

    def report(self, module: IrModule, decisions: Sequence[Dispatch]) -> list[Dispatch]:
        """Returns the decisions for a rolled module with those for the layers put in.

        Stages that were opened come first, those of a loop's layers after that of its stage; a
        layer that is by itself says why.
        """
        from rlxflow.passes.roll_layers import LOOP

        made = [opened for opened in self.layers.values() if opened.mode == "fuse"]
        for stage, decision in zip(stages(module), decisions, strict=True):
            own, reason = self.layers.get(decision.path), decision.reason
            if own and own.mode == "unroll":
                reason += f"; layers `loop`: by itself, since {own.reason}"
            made.append(replace(decision, reason=reason))
            if decision.block == LOOP:
                paths = from_attribute(stage.op.attributes["origin"])
                assert isinstance(paths, list)
                made += [self.layers[str(path)] for path in paths]
        return made


def rules_of(profile: CompileProfile) -> tuple[str, ...]:
    """Returns the modes of a profile as the rules of a pass."""
    return tuple(f"{pattern}={mode}" for pattern, mode in profile.modes.items())


def roll(built: BuiltModel) -> BuiltModel:
    """Returns the model with its layers rolled, if its profile asks for loops; changes its module.

    The rules for modes name stages as they are before that, so they become part of the module.
    """
    if built.profile.layers != "loop":
        return built
    from rlxflow.passes.roll_layers import RollLayers

    report = RollLayers(rules_of(built.profile)).roll(built.module)
    ports = built.module.arguments()
    params = [port for port in ports if port.kind == "param"]
    stacks = {port.name: port.parts for port in params if port.parts}
    return replace(
        built,
        params=param_specs(params),
        states={p.name: _state_type(p, built.states) for p in ports if p.kind == "state"},
        plan=built.plan.stacked(stacks) if built.plan else None,
        rolled=Rolled({each.path: each for each in report.layers}, report.ruled),
    )


def _state_type(port: Port, known: Mapping[str, TensorType]) -> TensorType:
    """Returns the type of a state with its axes, those of its parts behind `l`."""
    if not port.parts:
        return known[port.name]
    part = known[port.parts[0]]
    return TensorType(part.dtype, ("l", *part.names), port.shape)

"""A printable account of a flow: inputs, stages, slots, weights. No weights are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlxflow.blocks.base import PortSpec
from rlxflow.blocks.chain import Chain, Stage
from rlxflow.errors import WeightError
from rlxflow.flow.build import build
from rlxflow.weights import NameRules, ParamSpec

if TYPE_CHECKING:
    from rlxflow.flow.model_flow import ModelFlow


@dataclass(frozen=True, slots=True)
class StageLine:
    """One stage: its path, block, mode, and what it declares."""

    path: str
    block: str
    mode: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    states: tuple[PortSpec, ...] = ()
    outputs: tuple[PortSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """What `ModelFlow.describe` returns; print it, or read its fields.

    Attributes:
        name: The flow's name.
        inputs: One line an input.
        stages: In order, nested ones after the stage around them.
        weights: Name, shape and element type of each weight; empty if the sizes of some are not
            stated in the flow (then `unknown` says which).
        unknown: Why the weights cannot be listed, or an empty string.
        outputs: Names.
    """

    name: str
    inputs: tuple[str, ...]
    stages: tuple[StageLine, ...]
    weights: tuple[ParamSpec, ...]
    unknown: str
    outputs: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"flow {self.name}", *(f"  input  {line}" for line in self.inputs)]
        width = max([len(s.path) + 2 * s.path.count("/") for s in self.stages], default=0)
        for stage in self.stages:
            depth = stage.path.count("/")
            shown = "  " * depth + stage.path.rpartition("/")[2]
            facts = [stage.block, *([stage.mode] if stage.mode != "auto" else [])]
            facts += [f"reads {', '.join(stage.reads)}"] if stage.reads else []
            facts += [f"writes {', '.join(stage.writes)}"] if stage.writes else []
            facts += [f"holds {', '.join(map(str, stage.states))}"] if stage.states else []
            facts += [f"gives {', '.join(map(str, stage.outputs))}"] if stage.outputs else []
            lines.append(f"  {shown:<{min(width, 40)}}  {'; '.join(facts)}")
        lines += [f"  output {name}" for name in self.outputs]
        nbytes = sum(spec.info.nbytes for spec in self.weights)
        weights = f"{len(self.weights)} weights, {nbytes / 1e6:.1f} MB"
        return "\n".join([*lines, f"  {self.unknown or weights}"])


def describe(flow: ModelFlow) -> Description:
    """Returns the account of a flow; raises what `ModelFlow.check` raises."""
    flow.check()
    weights: tuple[ParamSpec, ...] = ()
    unknown, outputs = "", flow.output_names
    try:
        least = flow.specialize({dim.name: max(dim.low, 1) for dim in flow.dims})
        single = least.with_profile(flow.profile.changed(layers="unroll"))  # as the file has them
        built = build(single, None, dtype=None, rules=NameRules())
        weights, outputs = built.params, tuple(port.name for port in built.module.results())
    except WeightError as error:
        unknown = f"weights not listed: {error.where} states no size"
    return Description(
        flow.name,
        tuple(f"{i.name} {i.shape}" for i in flow.inputs),
        tuple(_lines(flow.stages, "")),
        weights,
        unknown,
        outputs,
    )


def _lines(stages: tuple[Stage, ...], above: str) -> Iterator[StageLine]:
    for stage in stages:
        path = f"{above}/{stage.name}" if above else stage.name
        contract = stage.block.contract
        reads = (*contract.reads, *contract.inputs, *(("residual",) if contract.takes else ()))
        writes = (*contract.writes, *(("residual",) if contract.saves else ()))
        gives = contract.outputs
        if isinstance(stage.block, Chain) and stage.block.output:
            gives = (PortSpec(stage.block.output, ()),)
        yield StageLine(path, stage.block.kind, stage.mode, reads, writes, contract.states, gives)
        yield from _lines(stage.stages, path)

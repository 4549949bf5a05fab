"""Checks a flow before anything is emitted: values, slots, inputs, residuals, names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rlxflow.blocks.base import Contract
from rlxflow.blocks.chain import Chain, Stage, check_names
from rlxflow.errors import FlowStructureError, MissingState, did_you_mean
from rlxflow.flow.emitter import missing_slot


@dataclass
class _State:
    inputs: tuple[str, ...]
    has_value: bool
    slots: set[str] = field(default_factory=set)
    outputs: dict[str, str] = field(default_factory=dict[str, str])
    states: dict[str, str] = field(default_factory=dict[str, str])
    residuals: list[str] = field(default_factory=list)


def check_flow(inputs: Iterable[str], stages: tuple[Stage, ...], outputs: tuple[str, ...]) -> None:
    """Raises MissingState or FlowStructureError for the first stage that cannot run.

    Blocks declare what they need in their `contract`; the checks follow those declarations
    through the chain, in order, so nothing has to be emitted to find a mistake.
    """
    names = tuple(inputs)
    _unique("input", names)
    _unique("output", outputs)
    check_names(stages)
    state = _State(names, has_value=bool(names))
    for stage in stages:
        _follow(stage, stage.name, state)
    if state.residuals:
        raise MissingState(
            f"stage `{state.residuals[-1]}`",
            expected="each saved residual to be added",
            found=f"{len(state.residuals)} left at the end of the flow",
            cure="put `.residual_add()` after its branch",
        )
    if not state.has_value:
        raise FlowStructureError(
            "flow",
            expected="a value at the end",
            found="no input and no stage that makes one",
            cure="declare an input with `.input(name, shape)`",
        )


def _follow(stage: Stage, path: str, state: _State) -> None:
    if isinstance(stage.block, Chain):
        had_value = state.has_value
        for inner in stage.block.stages:
            _follow(inner, f"{path}/{inner.name}", state)
        if stage.block.output:
            state.has_value = had_value
            _publish(stage.block.output, path, state)
        return
    contract = stage.block.contract
    _require(contract, path, state)
    if contract.takes:
        state.residuals.pop()
    if contract.saves:
        state.residuals.append(path)
    for port in contract.outputs:
        _publish(port.name, path, state)
    for port in contract.states:
        other = state.states.setdefault(port.name, path)
        if other != path:
            raise FlowStructureError(
                f"stage `{path}`",
                expected="a state of its own",
                found=f"`{port.name}`, which `{other}` has",
                cure="give it another name",
            )
    state.slots.update(contract.writes)
    state.has_value = state.has_value or contract.gives_value


def _require(contract: Contract, path: str, state: _State) -> None:
    """Raises if anything is missing that a stage takes."""
    if contract.needs_value and not state.has_value:
        raise FlowStructureError(
            f"stage `{path}`",
            expected="a current value",
            found="none",
            cure="declare an input first; the first one becomes the value",
        )
    for name in contract.inputs:
        if name not in state.inputs:
            raise MissingState(
                f"stage `{path}`",
                expected=f"a flow input `{name}`",
                found=f"inputs {', '.join(state.inputs) or 'none'}",
                cure=did_you_mean(name, state.inputs) or f'declare it with `.input("{name}", ...)`',
            )
    for slot in contract.reads:
        if slot not in state.slots:
            raise missing_slot(path, slot, state.slots)
    if contract.takes and not state.residuals:
        raise missing_slot(path, "residual", ())


def _publish(name: str, path: str, state: _State) -> None:
    other = state.outputs.setdefault(name, path)
    if other != path:
        raise FlowStructureError(
            f"stage `{path}`",
            expected="output names that differ",
            found=f"two `{name}`, one of stage `{other}`",
            cure="rename one of them",
        )


def _unique(what: str, names: tuple[str, ...]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FlowStructureError(
            "flow",
            expected=f"{what} names that differ",
            found=f"two of `{twice[0]}`",
            cure="rename one of them",
        )

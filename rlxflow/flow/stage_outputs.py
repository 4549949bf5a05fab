"""Stages of a flow whose values become outputs beside the flow's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from rlxflow.blocks.chain import Chain, Stage, unique_name
from rlxflow.errors import FlowStructureError, did_you_mean


def with_stage_outputs(
    stages: tuple[Stage, ...], wanted: Mapping[str, str] | Iterable[str]
) -> tuple[Stage, ...]:
    """Returns the stages with a tap behind each one that is named.

    Args:
        stages: Of a flow.
        wanted: Paths such as `layers.0/attention`, or path to name of the output; the path is the
            name if none is given.

    Raises FlowStructureError with the nearest path if there is no such stage.
    """
    names = dict(wanted) if isinstance(wanted, Mapping) else {path: path for path in wanted}
    known = stage_paths(stages)
    for path in names:
        if path not in known:
            raise FlowStructureError(
                f"stage `{path}`",
                expected="the path of a stage",
                found="none of that path",
                cure=did_you_mean(path, known) or f"the first is `{known[0]}`" if known else "",
            )
    return _tapped(stages, "", names)


def stage_paths(stages: tuple[Stage, ...], above: str = "") -> list[str]:
    """Returns the path of every stage, one before those inside it."""
    found: list[str] = []
    for stage in stages:
        path = f"{above}{stage.name}"
        found += [path, *stage_paths(stage.stages, f"{path}/")]
    return found


def _tapped(stages: tuple[Stage, ...], above: str, names: Mapping[str, str]) -> tuple[Stage, ...]:
    made: list[Stage] = []
    for stage in stages:
        path = f"{above}{stage.name}"
        inside = any(name.startswith(f"{path}/") for name in names)
        if inside and isinstance(stage.block, Chain):
            inner = _tapped(stage.block.stages, f"{path}/", names)
            made.append(replace(stage, block=replace(stage.block, stages=inner)))
        else:
            made.append(stage)
        if path in names:
            tap = Chain(stages=(), label="tap", output=names[path])
            made.append(Stage(unique_name("tap", (*stages, *made)), tap))
    return tuple(made)

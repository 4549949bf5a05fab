"""What stages in a loop over layers were called before: `layers/mlp` was `layers.0/mlp`, ..."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rlxflow.errors import PassError
from rlxflow.ir.attributes import from_attribute
from rlxflow.ir.region import StageRegion, matches
from rlxflow.kernels.trace import params_of
from rlxflow.passes.layer_loop import LOOP


class Loop(NamedTuple):
    """The layers of a loop, pass by pass, and how many there are in each."""

    layers: Sequence[str]
    period: int


def loops(found: Sequence[StageRegion]) -> dict[str, Loop]:
    """Returns the loops among stages, by their path."""
    made: dict[str, Loop] = {}
    for stage in found:
        origin = from_attribute(stage.op.attributes["origin"]) if stage.block == LOOP else None
        passes = params_of(stage.op).get("passes")
        if isinstance(origin, list) and isinstance(passes, int) and passes > 0:
            names = [str(name) for name in origin]
            made[stage.path] = Loop(names, len(names) // passes)
    return made


def is_named(pattern: str, stage: StageRegion, around: Mapping[str, Loop], rule: str) -> bool:
    """Tells whether a rule names a stage, by its path or those of the layers that it stands for.

    Raises PassError if it names some of these and not all: they have one weight.
    """
    if matches(pattern, stage):
        return True
    names = _names(stage, around)
    found = [name for name in names if matches(pattern, StageRegion(stage.op, name, stage.depth))]
    if not found or len(found) == len(names):
        return bool(found)
    raise PassError(
        f"rule `{rule}`",
        expected=f"all layers of the loop `{stage.path}` stands in, which have one weight",
        found=f"{len(found)} of {len(names)}",
        cure="name all, or take the layers `unroll`",
    )


def _names(stage: StageRegion, around: Mapping[str, Loop]) -> list[str]:
    """Returns what a stage was called in each layer; nothing for one outside of all loops."""
    outer = next((path for path in around if stage.path.startswith(f"{path}/")), None)
    if outer is None:
        return []
    loop, inner = around[outer], stage.path[len(outer) + 1 :]
    first, _, rest = inner.partition("/")
    if first.isdigit() and int(first) < loop.period:  # layers that are stages in the loop
        layers, inner = loop.layers[int(first) :: loop.period], rest
    else:
        layers = loop.layers
    return [f"{layer}/{inner}" if inner else layer for layer in layers]

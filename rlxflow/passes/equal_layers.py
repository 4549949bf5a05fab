"""Which stages are equal layers: neighbours with stages inside and the same body.

Two bodies are the same if they differ at most in names and locations; see `body_key`. How their
inner stages are lowered counts too, since a body that is fenced elsewhere is another body.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from rlxflow.ir.region import StageRegion
from rlxflow.passes.outlining import Key, body_key

ENOUGH = 8
"""From how many equal layers on `auto` takes one function for all."""

FORMS = ("unroll", "call", "auto")


def equal_layers(
    found: Sequence[StageRegion], modes: Mapping[StageRegion, str], least: int = 2
) -> list[list[StageRegion]]:
    """Returns the groups of equal layers that have at least `least` members.

    Args:
        found: All stages of a module in the order of its text.
        modes: What becomes of each; only those that are fused can be layers.
        least: How many there have to be.
    """
    kinds = Counter(map(_kind, found))
    groups: dict[Key, list[StageRegion]] = defaultdict(list)
    for i, stage in enumerate(found):
        if modes[stage] != "fuse" or kinds[_kind(stage)] < least:
            continue
        if inner := inside(found, i):
            lowered = tuple([modes[each] for each in inner])
            groups[_kind(stage), lowered, body_key(stage.body)].append(stage)
    return [group for group in groups.values() if len(group) >= least]


def inside(found: Sequence[StageRegion], i: int) -> Sequence[StageRegion]:
    """Returns the stages inside the i-th of all stages."""
    depth = found[i].depth
    end = next((j for j in range(i + 1, len(found)) if found[j].depth <= depth), len(found))
    return found[i + 1 : end]


def _kind(stage: StageRegion) -> tuple[str, str]:
    """The stage around a stage, and the block of it: what is looked at before bodies are."""
    return stage.path.rpartition("/")[0], stage.block

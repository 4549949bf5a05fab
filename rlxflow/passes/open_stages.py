"""Puts layers that stand inside another stage into `main`, so that they can be rolled.

Before: a stage `text` with the stages `layers.0` and `layers.1` inside.
After: the stages `text.layers.0` and `text.layers.1`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import StageRegion, inline, is_stage, stages, string_of


def open_stages(module: IrModule) -> list[tuple[str, str]]:
    """Opens the fused stages of `main` that have layers side by side; returns name and block."""
    opened: list[tuple[str, str]] = []
    while True:
        found = [stage for stage in stages(module) if stage.depth == 0]
        chosen = next((s for s in found if s.mode in ("auto", "fuse") and _has_layers(s)), None)
        if chosen is None:
            return opened
        for child in _children(chosen):
            name = f"{chosen.name}.{string_of(child, 'name')}"
            child.attributes["name"] = ir.StringAttr.get(name)
        opened.append((chosen.name, chosen.block))
        inline(chosen)


def _children(stage: StageRegion) -> Iterator[ir.Operation]:
    return (view.operation for view in stage.body.operations if is_stage(view.operation))


def _has_layers(stage: StageRegion) -> bool:
    """Tells whether at least two stages of one block that have stages inside stand in it."""
    counts = Counter(
        string_of(child, "block")
        for child in _children(stage)
        if any(is_stage(view.operation) for view in child.regions[0].blocks[0].operations)
    )
    return max(counts.values(), default=0) >= 2

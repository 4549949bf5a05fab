"""Passes by name. A pass is imported when it is asked for, so that listing them costs nothing."""

from __future__ import annotations

import importlib

from rlxflow.errors import PassError, nearest
from rlxflow.passes.base import Pass

PASSES = {
    "rlx-bind-kernels": "rlxflow.kernels.bind:BindKernels",
    "rlx-composite-to-call": "rlxflow.passes.composite_to_call:CompositeToCall",
    "rlx-index-stacks": "rlxflow.kernels.index_stacks:IndexStacks",
    "rlx-inline-stages": "rlxflow.passes.inline_stages:InlineStages",
    "rlx-lower-stage-modes": "rlxflow.passes.lower_stage_modes:LowerStageModes",
    "rlx-outline-stages": "rlxflow.passes.outline_stages:OutlineStages",
    "rlx-raise-stages": "rlxflow.passes.raise_stages:RaiseStages",
    "rlx-roll-layers": "rlxflow.passes.roll_layers:RollLayers",
    "rlx-split-rows": "rlxflow.passes.split_rows:SplitRows",
    "rlx-strip": "rlxflow.passes.strip:Strip",
    "rlx-verify": "rlxflow.passes.verify:Verify",
    "rlx-wrap-products": "rlxflow.passes.wrap_products:WrapProducts",
}
"""The name of each pass of ours and where it is."""


def find(name: str) -> type[Pass]:
    """Returns the class of one of our passes; raises PassError with the nearest name if unknown."""
    if name not in PASSES:
        raise unknown(name, list(PASSES))
    module, _, attribute = PASSES[name].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    assert issubclass(found, Pass)
    assert found.name == name
    return found


def unknown(name: str, known: list[str], what: str = "pass") -> PassError:
    """Returns the error for a name that is none of the known ones."""
    close = nearest(name, known)
    near = f"did you mean {' or '.join(f'`{n}`' for n in close)}? " if close else ""
    return PassError(f"unknown {what} `{name}`", cure=f"{near}known: {', '.join(known)}")

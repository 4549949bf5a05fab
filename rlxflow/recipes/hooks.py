"""Where users reach into a recipe: one layer replaced, stages added, the flow changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rlxflow.blocks.chain import Stage
from rlxflow.flow.model_flow import ModelFlow


@dataclass(frozen=True, slots=True)
class LayerContext:
    """What a layer hook is told.

    Attributes:
        index: Place in the order of execution; caches are named by it.
        weight_index: Place in the file; weights are named by it.
        default_stage: The stage that the recipe would use.
    """

    index: int
    weight_index: int
    default_stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """Changes to a recipe's flow.

    Attributes:
        layer: Returns the stage of a layer, given its context.
        before_layers: Stages between the embeddings and the first layer.
        after_layers: Stages between the last layer and the final norm.
        patch_flow: Changes the flow after the final norm, before the head, in every phase.
        inputs_embeds: Whether the flow takes `inputs_embeds` [b, t, d] instead of ids. They are
            what stands before the first layer: nothing scales them.
        cache_mask: Whether a step takes `cache_mask` [b, s], 0 at slots of the cache that no query
            sees.
        taps: Layers whose value, before they run, is an output `layer_input.N`.
        export_queries: Whether each layer's queries, as rotated, are outputs `query.N`.
    """

    layer: Callable[[LayerContext], Stage] | None = None
    before_layers: tuple[Stage, ...] = ()
    after_layers: tuple[Stage, ...] = ()
    patch_flow: Callable[[ModelFlow], ModelFlow] | None = None
    inputs_embeds: bool = False
    cache_mask: bool = False
    taps: tuple[int, ...] = ()
    export_queries: bool = False


NO_HOOKS = Hooks()

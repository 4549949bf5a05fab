"""The encoders of texts of CLIP and SigLIP as checkpoints of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from rlxflow.blocks.chain import Chain, Stage
from rlxflow.blocks.linear import Linear
from rlxflow.blocks.mask import AttnMaskFromInput
from rlxflow.blocks.pool import Normalize
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.shape import Shape
from rlxflow.flow.verbs import LayerStack
from rlxflow.recipes.base import FlowRequest, Recipe, architecture
from rlxflow.recipes.clip import end_of_text
from rlxflow.recipes.siglip import siglip_text_head
from rlxflow.recipes.two_tower_configs import ClipTextConfig, SiglipTextConfig
from rlxflow.recipes.two_towers import IDS, MASK, text_tower
from rlxflow.weights import NameRules

PROJECTION = "text_projection.weight"


class TextTowerRecipe(Recipe):
    """Base of both: `last_hidden_state`, and `pooler_output` as the family makes it."""

    phases = ("encode",)
    causal: ClassVar[bool]

    def head(self, config: Any) -> tuple[Stage, ...]:
        """Returns the stages from the last value to one vector a text."""
        raise NotImplementedError(type(self).__name__)

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        has = "WithProjection" in architecture(raw) if names is None else PROJECTION in names
        return "encoder+projection" if has else "encoder"

    def rules(self, config: Any, variant: str) -> NameRules:
        ignore = (("embeddings.position_ids", "counts 0, 1, 2, ..."),)
        return NameRules(prefixes=("text_model.",), ignore=ignore)

    def max_positions(self, config: Any) -> int:
        return config.max_position_embeddings

    def usual_sizes(self, config: Any, variant: str, phase: str) -> dict[str, Any]:
        return {"seq": config.max_position_embeddings}

    def flow(self, config: Any, variant: str, request: FlowRequest) -> ModelFlow:
        shape = Shape([request.batch, request.seq], "i32")
        masked = not (self.pads_are_tokens and request.only_sentence)
        tower = text_tower(config, "", padding=masked, causal=self.causal)
        flow = ModelFlow(config.model_type).profile_encoder()
        flow = flow.input(IDS, shape, below=config.vocab_size)
        if masked:
            flow = flow.input(MASK, shape, below=2).stage("mask", AttnMaskFromInput(input=MASK))
        flow = flow.raw_stages(tower.stages("hidden_states" if request.hidden_states else ""))
        head = LayerStack().raw_stages(self.head(config))
        projected = head
        if "projection" in variant:
            project = Linear(weight_key=PROJECTION, out_features=config.projection_dim)
            projected = head.stage("projection", project)
        if request.only_sentence:
            stages = projected.stage("normalize", Normalize()).stages
            return flow.stage("text", Chain(stages=stages, label="text")).output(
                "sentence_embedding"
            )
        pooler = Chain(stages=head.stages, label="text_pooler")
        flow = flow.branch("pooler_output", Stage("pooler", pooler))
        if projected is not head:
            chain = Chain(stages=projected.stages, label="text_projection")
            flow = flow.branch("text_embeds", Stage("projection", chain))
        return flow.output("last_hidden_state")


class ClipTextRecipe(TextTowerRecipe):
    """Variants: `encoder`; `encoder+projection`, which gives `text_embeds` as well."""

    config_class = ClipTextConfig
    causal = True

    def head(self, config: ClipTextConfig) -> tuple[Stage, ...]:
        return (Stage("end", end_of_text(config)),)

    def vector_size(self, config: ClipTextConfig, variant: str) -> int:
        return config.projection_dim if "projection" in variant else config.hidden_size


class SiglipTextRecipe(TextTowerRecipe):
    """One variant: `encoder`."""

    config_class = SiglipTextConfig
    causal = False
    pads_are_tokens = True

    def pad_id(self, config: SiglipTextConfig, usual: int) -> int:
        return config.pad_token_id

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        return "encoder"

    def head(self, config: SiglipTextConfig) -> tuple[Stage, ...]:
        return siglip_text_head(config, "")

    def vector_size(self, config: SiglipTextConfig, variant: str) -> int:
        return config.projection_size or config.hidden_size

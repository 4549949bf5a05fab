"""The encoders of images of CLIP and SigLIP as checkpoints of their own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Chain, Stage
from rlxflow.blocks.linear import Linear
from rlxflow.blocks.pool import ClsTokenPool
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.recipes.base import FlowRequest, architecture, sizes_of
from rlxflow.recipes.clip import clip_image_tower
from rlxflow.recipes.image import PIXELS, ImageRecipe
from rlxflow.recipes.siglip import (
    check_grids,
    siglip2_image_tower,
    siglip2_inputs,
    siglip_image_head,
    siglip_image_tower,
)
from rlxflow.recipes.tower import TowerSpec
from rlxflow.recipes.two_tower_configs import (
    ClipVisionConfig,
    Siglip2VisionConfig,
    SiglipVisionConfig,
)
from rlxflow.weights import NameRules

PROJECTION = "visual_projection.weight"


class ClipVisionRecipe(ImageRecipe):
    """Variants: `encoder`; `encoder+projection`, which gives `image_embeds` as well."""

    config_class = ClipVisionConfig

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        has = "WithProjection" in architecture(raw) if names is None else PROJECTION in names
        return "encoder+projection" if has else "encoder"

    def rules(self, config: ClipVisionConfig, variant: str) -> NameRules:
        ignore = (("embeddings.position_ids", "counts 0, 1, 2, ..."),)
        return NameRules(prefixes=("vision_model.",), ignore=ignore)

    def tower(self, config: ClipVisionConfig, variant: str, grid: tuple[int, int]) -> TowerSpec:
        return clip_image_tower(config, "", grid)

    def pooler(self, config: ClipVisionConfig, variant: str) -> Block:
        norm = self.tower(config, variant, config.grid()).norm("post_layernorm")
        stages = (Stage("class", ClsTokenPool()), Stage("post_layernorm", norm))
        return Chain(stages=stages, label="clip_pooler")

    def more(self, flow: ModelFlow, config: ClipVisionConfig, variant: str) -> ModelFlow:
        if "projection" not in variant:
            return flow
        project = Linear(weight_key=PROJECTION, out_features=config.projection_dim)
        stages = (
            Stage("pooler", self.pooler(config, variant)),
            Stage("projection", project),
        )
        chain = Chain(stages=stages, label="clip_projection")
        return flow.branch("image_embeds", Stage("projection", chain))


class SiglipVisionRecipe(ImageRecipe):
    """One variant: `encoder`. Without `vision_use_head` there is no `pooler_output`."""

    config_class = SiglipVisionConfig

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        return "encoder"

    def rules(self, config: Any, variant: str) -> NameRules:
        ignore = (("embeddings.position_ids", "counts 0, 1, 2, ..."),)
        return NameRules(prefixes=("vision_model.",), ignore=ignore)

    def tower(self, config: Any, variant: str, grid: tuple[int, int]) -> TowerSpec:
        return siglip_image_tower(config, "", grid)

    def pooler(self, config: Any, variant: str) -> Block | None:
        return siglip_image_head(config, "") if config.vision_use_head else None


class Siglip2VisionRecipe(SiglipVisionRecipe):
    """As SigLIP's, for images that arrive cut into patches."""

    config_class = Siglip2VisionConfig  # pyright: ignore[reportAssignmentType]

    def tower(self, config: Any, variant: str, grid: tuple[int, int]) -> TowerSpec:
        return siglip2_image_tower(config, "")

    def pooler(self, config: Any, variant: str) -> Block | None:
        return siglip_image_head(config, "", masked=True) if config.vision_use_head else None

    def inputs(self, flow: ModelFlow, config: Any, request: FlowRequest) -> ModelFlow:
        return siglip2_inputs(flow, config, request)

    def check_call(self, inputs: Mapping[str, object]) -> None:
        check_grids(inputs)

    def grid(self, config: Any, request: FlowRequest) -> tuple[int, int]:
        return config.grid()

    def usual_sizes(self, config: Any, variant: str, phase: str) -> dict[str, Any]:
        return {"patches": config.num_patches}

    def request_for(
        self, config: Any, variant: str, shapes: Mapping[str, tuple[int, ...]]
    ) -> FlowRequest:
        images, patches, _ = sizes_of(shapes, PIXELS, "b t d")
        return FlowRequest(phase="encode", batch=images, patches=patches)

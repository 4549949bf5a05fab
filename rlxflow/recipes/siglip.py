"""SigLIP and SigLIP 2 (Zhai et al., arXiv 2303.15343; Tschannen et al., arXiv 2502.14786)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from rlxflow.blocks.attention_pool import AttentionPool
from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Stage
from rlxflow.blocks.image_positions import GridPositions, ImagePositions
from rlxflow.blocks.linear import Linear
from rlxflow.blocks.mask import AttnMaskFromInput
from rlxflow.blocks.match import MatchScores
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.patches import PatchEmbed, PatchLinear
from rlxflow.blocks.pool import LastTokenPool
from rlxflow.errors import InputError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.pre_norm import clip_like_layer
from rlxflow.flow.shape import Shape
from rlxflow.recipes.base import FlowRequest, sizes_of
from rlxflow.recipes.image import PIXELS
from rlxflow.recipes.tower import TowerSpec
from rlxflow.recipes.two_tower_configs import (
    Siglip2Config,
    Siglip2VisionConfig,
    SiglipConfig,
    SiglipTextConfig,
    SiglipVisionConfig,
    WideTower,
)
from rlxflow.recipes.two_towers import IMAGE, TEXT, TwoTowerRecipe, text_tower

SHAPES, SEEN = "spatial_shapes", "pixel_attention_mask"


class SiglipRecipe(TwoTowerRecipe):
    """Texts are filled up to full length and give their last token; images attend to a probe."""

    config_class = SiglipConfig
    pads_are_tokens = True

    def pad_id(self, config: Any, usual: int) -> int:
        return config.text_config.pad_token_id

    def text_tower(self, config: Any, *, padding: bool) -> TowerSpec:
        return text_tower(config.text_config, TEXT, padding=padding, causal=False)

    def text_head(self, config: Any) -> tuple[Stage, ...]:
        return siglip_text_head(config.text_config, TEXT)

    def image_tower(self, config: Any, grid: tuple[int, int]) -> TowerSpec:
        return siglip_image_tower(config.vision_config, IMAGE, grid)

    def image_head(self, config: Any) -> tuple[Stage, ...]:
        return (Stage("head", siglip_image_head(config.vision_config, IMAGE)),)

    def scores(self) -> MatchScores:
        return MatchScores(scale_key="logit_scale", bias_key="logit_bias")

    def vector_size(self, config: Any, variant: str) -> int:
        return config.vision_config.hidden_size


class Siglip2Recipe(SiglipRecipe):
    """Images of any shape, as patches in rows and columns that each of them tells."""

    config_class = Siglip2Config

    def usual_sizes(self, config: Siglip2Config, variant: str, phase: str) -> dict[str, Any]:
        sizes: dict[str, Any] = {"seq": self.max_positions(config)} if phase != "image" else {}
        return sizes if phase == "text" else {**sizes, "patches": config.vision_config.num_patches}

    def image_sizes(self, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, dict[str, Any]]:
        images, patches, _ = sizes_of(shapes, PIXELS, "b t d")
        return images, {"patches": patches}

    def image_inputs(
        self, flow: ModelFlow, config: Siglip2Config, request: FlowRequest
    ) -> ModelFlow:
        return siglip2_inputs(flow, config.vision_config, request)

    def check_call(self, inputs: Mapping[str, object]) -> None:
        check_grids(inputs)

    def grid(self, config: Siglip2Config, request: FlowRequest) -> tuple[int, int]:
        return config.vision_config.grid()

    def image_tower(self, config: Siglip2Config, grid: tuple[int, int]) -> TowerSpec:
        return siglip2_image_tower(config.vision_config, IMAGE)

    def image_head(self, config: Siglip2Config) -> tuple[Stage, ...]:
        return (Stage("head", siglip_image_head(config.vision_config, IMAGE, masked=True)),)


def siglip_text_head(config: SiglipTextConfig, prefix: str) -> tuple[Stage, ...]:
    """Returns the stages that take the last token and project it."""
    key = f"{prefix}.head" if prefix else "head"
    size = config.projection_size or config.hidden_size
    head = Linear(weight_key=f"{key}.weight", bias_key=f"{key}.bias", out_features=size)
    return Stage("last", LastTokenPool()), Stage("head", head)


def siglip_image_head(config: WideTower, prefix: str, *, masked: bool = False) -> AttentionPool:
    """Returns the head in which a learned probe attends to all patches."""
    key = f"{prefix}.head" if prefix else "head"
    return AttentionPool(
        probe_key=f"{key}.probe",
        qkv_key=f"{key}.attention.in_proj",
        output_key=f"{key}.attention.out_proj",
        norm_key=f"{key}.layernorm",
        num_attention_heads=config.num_attention_heads,
        mlp=Mlp(
            up_key=f"{key}.mlp.fc1",
            down_key=f"{key}.mlp.fc2",
            intermediate_size=config.intermediate_size,
            activation=config.hidden_act,
        ),
        eps=config.layer_norm_eps,
        masked=masked,
    )


def siglip_image_tower(config: SiglipVisionConfig, prefix: str, grid: tuple[int, int]) -> TowerSpec:
    """Returns SigLIP's encoder of images."""
    start = f"{prefix}.embeddings" if prefix else "embeddings"
    patches = PatchEmbed(
        weight_key=f"{start}.patch_embedding.weight",
        bias_key=f"{start}.patch_embedding.bias",
        hidden_size=config.hidden_size,
        patch_size=config.patch_size,
    )
    key = f"{start}.position_embedding.weight"
    positions = ImagePositions(key=key, grid=config.grid(), target=grid)
    return _tower(config, prefix, (("patches", patches), ("positions", positions)))


def siglip2_inputs(flow: ModelFlow, config: Siglip2VisionConfig, request: FlowRequest) -> ModelFlow:
    """Declares patches, which of them are tokens, and rows and columns of each image."""
    rows, (tall, wide) = request.images or request.batch, config.patch_size
    height, width = request.image_size
    patches = (height // tall) * (width // wide) or request.patches
    values = config.patch_size[0] * config.patch_size[1] * config.num_channels
    return (
        flow.input(PIXELS, Shape([rows, patches, values], "f32"))
        .input(SEEN, Shape([rows, patches], "i32"), below=2)
        .input(SHAPES, Shape([rows, 2], "i32", axes="b n"), below=patches + 1)
    )


def check_grids(inputs: Mapping[str, object]) -> None:
    """Raises InputError for an image without patches, or with more than there are rows for."""
    if PIXELS not in inputs or SHAPES not in inputs:
        return
    shapes, room = np.asarray(inputs[SHAPES]), np.shape(cast("Any", inputs[PIXELS]))[1]
    for row, sizes in enumerate(shapes.reshape(len(shapes), -1).tolist()):
        if min(sizes) < 1 or math.prod(sizes) > room:
            expected = f"rows and columns of 1 to {room} patches"
            raise InputError(f"input `{SHAPES}`[{row}]", expected=expected, found=str(sizes))


def siglip2_image_tower(config: Siglip2VisionConfig, prefix: str) -> TowerSpec:
    """Returns SigLIP 2's encoder of images; pads are hidden."""
    start = f"{prefix}.embeddings" if prefix else "embeddings"
    patches = PatchLinear(prefix=f"{start}.patch_embedding", hidden_size=config.hidden_size)
    positions = GridPositions(key=f"{start}.position_embedding.weight", grid=config.grid())
    blocks = (("patches", patches), ("positions", positions))
    before = (Stage("mask", AttnMaskFromInput(input=SEEN)),)
    return _tower(config, prefix, blocks, before)


def _tower(
    config: WideTower,
    prefix: str,
    embeddings: tuple[tuple[str, Block], ...],
    before: tuple[Stage, ...] = (),
) -> TowerSpec:
    return TowerSpec(
        prefix=prefix,
        before=before,
        embeddings=embeddings,
        layer=clip_like_layer(
            config.hidden_size,
            config.num_attention_heads,
            eps=config.layer_norm_eps,
            activation=config.hidden_act,
            intermediate_size=config.intermediate_size,
            padding=bool(before),
        ),
        layers=config.num_hidden_layers,
        layer_key="encoder.layers",
        norm_key="post_layernorm",
    )

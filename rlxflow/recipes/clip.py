"""CLIP: texts and images in one space (Radford et al., arXiv 2103.00020)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rlxflow.blocks.chain import Stage
from rlxflow.blocks.image_positions import ImagePositions
from rlxflow.blocks.linear import Linear
from rlxflow.blocks.match import EosToken, MatchScores
from rlxflow.blocks.patches import InsertTokens, PatchEmbed
from rlxflow.blocks.pool import ClsTokenPool
from rlxflow.flow.pre_norm import clip_like_layer
from rlxflow.recipes.tower import TowerSpec
from rlxflow.recipes.two_tower_configs import ClipConfig, ClipTextConfig, ClipVisionConfig
from rlxflow.recipes.two_towers import IMAGE, TEXT, TwoTowerRecipe, text_tower

OLD_EOS = 2
"""What configs called the end of a text when the largest id was meant."""


class ClipRecipe(TwoTowerRecipe):
    """Texts see backwards only and end at their first end token; images give their class token."""

    config_class = ClipConfig
    projections = ("text_projection.weight", "visual_projection.weight")

    def text_tower(self, config: ClipConfig, *, padding: bool) -> TowerSpec:
        return text_tower(config.text_config, TEXT, padding=padding, causal=True)

    def text_head(self, config: ClipConfig) -> tuple[Stage, ...]:
        weight, size = self.projections[0], config.projection_dim
        return (
            Stage("end", end_of_text(config.text_config)),
            Stage("projection", Linear(weight_key=weight, out_features=size)),
        )

    def image_tower(self, config: ClipConfig, grid: tuple[int, int]) -> TowerSpec:
        return clip_image_tower(config.vision_config, IMAGE, grid)

    def image_head(self, config: ClipConfig) -> tuple[Stage, ...]:
        tower = self.image_tower(config, config.vision_config.grid())
        weight, size = self.projections[1], config.projection_dim
        return (
            Stage("class", ClsTokenPool()),
            Stage("post_layernorm", tower.norm("post_layernorm")),
            Stage("projection", Linear(weight_key=weight, out_features=size)),
        )

    def scores(self) -> MatchScores:
        return MatchScores(scale_key="logit_scale", scalar=True)

    def vector_size(self, config: Any, variant: str) -> int:
        return config.projection_dim


def end_of_text(config: ClipTextConfig) -> EosToken:
    """Returns the block that keeps the token at which a text ends."""
    old = config.eos_token_id == OLD_EOS
    return EosToken(eos_token_id=None if old else config.eos_token_id)


def clip_image_tower(config: ClipVisionConfig, prefix: str, grid: tuple[int, int]) -> TowerSpec:
    """Returns the encoder of images; its last norm is that of the class token alone."""
    start = f"{prefix}." if prefix else ""
    spec = TowerSpec(
        prefix=prefix,
        embeddings=(),
        layer=clip_like_layer(
            config.hidden_size,
            config.num_attention_heads,
            eps=config.layer_norm_eps,
            activation=config.hidden_act,
            intermediate_size=config.intermediate_size,
        ),
        layers=config.num_hidden_layers,
        layer_key="encoder.layers",
    )
    patches = PatchEmbed(
        weight_key=f"{start}embeddings.patch_embedding.weight",
        hidden_size=config.hidden_size,
        patch_size=config.patch_size,
    )
    positions = ImagePositions(
        key=f"{start}embeddings.position_embedding.weight",
        grid=config.grid(),
        target=grid,
        prefix=1,
    )
    return replace(
        spec,
        embeddings=(
            ("patches", patches),
            ("class", InsertTokens(key=f"{start}embeddings.class_embedding", flat=True)),
            ("positions", positions),
            ("norm", spec.norm("pre_layrnorm")),
        ),
    )

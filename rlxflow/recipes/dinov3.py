"""DINOv3's vision transformer (Simeoni et al., arXiv 2508.10104): rotary positions, no table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from rlxflow.blocks.activation import check_activation
from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Stage
from rlxflow.blocks.grid_rope import GridRope
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.patches import InsertTokens, PatchEmbed
from rlxflow.config.vision import PixelConfig
from rlxflow.flow.pre_norm import PreNormLayer, even_attention
from rlxflow.recipes.image import ImageRecipe
from rlxflow.recipes.tower import TowerSpec
from rlxflow.weights import NameRules


class Dinov3Config(PixelConfig):
    """The keys of a DINOv3 config.json that decide its numbers."""

    model_type: ClassVar[str] = "dinov3_vit"
    harmless: ClassVar[Mapping[str, str]] = {
        **PixelConfig.harmless,
        "pos_embed_jitter": "training only",
        "pos_embed_rescale": "training only",
        "pos_embed_shift": "training only",
    }

    hidden_size: int = Field(default=384, gt=0)
    intermediate_size: int = Field(default=1536, gt=0)
    num_attention_heads: int = Field(default=6, gt=0)
    layer_norm_eps: float = Field(default=1e-5, gt=0)
    hidden_act: str = "gelu"
    rope_theta: float = Field(default=100.0, gt=0)
    query_bias: bool = True
    key_bias: bool = False
    value_bias: bool = True
    proj_bias: bool = True
    mlp_bias: bool = True
    use_gated_mlp: bool = False
    num_register_tokens: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_activation(self.hidden_act, "hidden_act")
        if self.query_bias != self.value_bias:
            raise ValueError("query_bias and value_bias must be the same")
        if self.hidden_size // self.num_attention_heads % 4:
            raise ValueError("hidden_size / num_attention_heads must be a multiple of 4")
        return self


class Dinov3Recipe(ImageRecipe):
    """One variant: `encoder`."""

    config_class = Dinov3Config

    def rules(self, config: Dinov3Config, variant: str) -> NameRules:
        return NameRules(
            prefixes=("model.", "dinov3_vit."),
            ignore=(
                ("embeddings.mask_token", "training only"),
                ("rope_embeddings.*", "computed from the config"),
            ),
        )

    def tower(self, config: Dinov3Config, variant: str, grid: tuple[int, int]) -> TowerSpec:
        rope = GridRope.centred(
            grid,
            config.hidden_size // config.num_attention_heads,
            config.rope_theta,
            1 + config.num_register_tokens,
        )
        return TowerSpec(
            before=(Stage("rope", rope),),
            embeddings=_embeddings(config),
            layer=PreNormLayer(
                label="dinov3_layer",
                attention=_attention(config),
                mlp=_mlp(config),
                scales=("layer_scale1.lambda1", "layer_scale2.lambda1"),
                eps=config.layer_norm_eps,
            ),
            layers=config.num_hidden_layers,
            layer_key="layer",
            norm_key="norm",
        )


def _embeddings(config: Dinov3Config) -> tuple[tuple[str, Block], ...]:
    patches = PatchEmbed(
        weight_key="embeddings.patch_embeddings.weight",
        bias_key="embeddings.patch_embeddings.bias",
        hidden_size=config.hidden_size,
        patch_size=config.patch_size,
    )
    blocks: list[tuple[str, Block]] = [
        ("patches", patches),
        ("class", InsertTokens(key="embeddings.cls_token")),
    ]
    if config.num_register_tokens:
        key, count = "embeddings.register_tokens", config.num_register_tokens
        blocks.append(("registers", InsertTokens(key=key, count=count, at=1)))
    return tuple(blocks)


def _attention(config: Dinov3Config) -> SelfAttention:
    return even_attention(
        config.hidden_size,
        config.num_attention_heads,
        query_key="attention.q_proj",
        key_key="attention.k_proj",
        value_key="attention.v_proj",
        output_key="attention.o_proj",
        rope="rope",
        bias=config.query_bias,
        key_bias=config.key_bias,
        output_bias=config.proj_bias,
    )


def _mlp(config: Dinov3Config) -> Mlp:
    return Mlp(
        gate_key="mlp.gate_proj" if config.use_gated_mlp else "",
        up_key="mlp.up_proj",
        down_key="mlp.down_proj",
        intermediate_size=config.intermediate_size,
        activation=config.hidden_act,
        bias=config.mlp_bias,
    )

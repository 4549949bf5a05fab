"""DINOv2, with and without registers (arXiv 2304.07193, 2309.16588), under two sets of names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from rlxflow.blocks.activation import check_activation
from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import Block
from rlxflow.blocks.image_positions import ImagePositions
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.patches import InsertTokens, PatchEmbed
from rlxflow.blocks.pool import ClsAndMean
from rlxflow.config.vision import Pair, PixelConfig
from rlxflow.flow.pre_norm import PreNormLayer, even_attention
from rlxflow.recipes.image import ImageRecipe
from rlxflow.recipes.tower import TowerSpec
from rlxflow.weights import NameRules

PATCHES = "embeddings.patch_embeddings.projection"
ATTENTION = "attention.attention"
META = (
    ("attn.qkv.weight", f"{ATTENTION}.qkv.weight"),
    ("attn.qkv.bias", f"{ATTENTION}.qkv.bias"),
    ("attn.proj.weight", "attention.output.dense.weight"),
    ("attn.proj.bias", "attention.output.dense.bias"),
    ("ls1.gamma", "layer_scale1.lambda1"),
    ("ls2.gamma", "layer_scale2.lambda1"),
    ("mlp.w12.weight", "mlp.weights_in.weight"),
    ("mlp.w12.bias", "mlp.weights_in.bias"),
    ("mlp.w3.weight", "mlp.weights_out.weight"),
    ("mlp.w3.bias", "mlp.weights_out.bias"),
    ("patch_embed.proj.weight", f"{PATCHES}.weight"),
    ("patch_embed.proj.bias", f"{PATCHES}.bias"),
    ("cls_token", "embeddings.cls_token"),
    ("mask_token", "embeddings.mask_token"),
    ("pos_embed", "embeddings.position_embeddings"),
    ("register_tokens", "embeddings.register_tokens"),
    ("norm.weight", "layernorm.weight"),
    ("norm.bias", "layernorm.bias"),
)
"""Endings of Meta's names and what Hugging Face calls them; layers are `blocks.N`."""


class Dinov2Config(PixelConfig):
    """The keys of a DINOv2 config.json that decide its numbers."""

    model_type: ClassVar[str] = "dinov2"
    harmless: ClassVar[Mapping[str, str]] = {
        **PixelConfig.harmless,
        "use_mask_token": "training only",
    }

    patch_size: Pair = (14, 14)
    mlp_ratio: float = Field(default=4, gt=0)
    hidden_act: str = "gelu"
    qkv_bias: bool = True
    use_swiglu_ffn: bool = False

    @model_validator(mode="after")
    def _known_activation(self) -> Self:
        check_activation(self.hidden_act, "hidden_act")
        return self

    @property
    def registers(self) -> int:
        """How many register tokens there are."""
        return 0

    @property
    def inner_size(self) -> int:
        """The width of the feed-forward."""
        wide = int(self.hidden_size * self.mlp_ratio)
        return (int(wide * 2 / 3) + 7) // 8 * 8 if self.use_swiglu_ffn else wide


class Dinov2WithRegistersConfig(Dinov2Config):
    """The keys of a config.json of DINOv2 with registers."""

    model_type: ClassVar[str] = "dinov2_with_registers"

    patch_size: Pair = (16, 16)
    num_register_tokens: int = Field(default=4, ge=0)

    @property
    def registers(self) -> int:
        return self.num_register_tokens


class Dinov2Recipe(ImageRecipe):
    """Variants: `encoder`, `encoder+classifier`, `meta` (an encoder under Meta's names)."""

    config_class = Dinov2Config
    resize: ClassVar[str] = "bicubic"

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        if any(name.startswith("blocks.0.") or name == "pos_embed" for name in names or ()):
            return "meta"
        return super().variant(raw, names)

    def rules(self, config: Dinov2Config, variant: str) -> NameRules:
        return NameRules(
            prefixes=("dinov2.", "dinov2_with_registers."),
            replace=META if variant == "meta" else (),
            ignore=(("embeddings.mask_token", "training only"),),
        )

    def features(self, config: Dinov2Config) -> Block:
        return ClsAndMean(skip=config.registers)

    def tower(self, config: Dinov2Config, variant: str, grid: tuple[int, int]) -> TowerSpec:
        embeddings: list[tuple[str, Block]] = [
            (
                "patches",
                PatchEmbed(
                    weight_key=f"{PATCHES}.weight",
                    bias_key=f"{PATCHES}.bias",
                    hidden_size=config.hidden_size,
                    patch_size=config.patch_size,
                ),
            ),
            ("class", InsertTokens(key="embeddings.cls_token")),
            (
                "positions",
                ImagePositions(
                    key="embeddings.position_embeddings",
                    grid=config.grid(),
                    target=grid,
                    prefix=1,
                    method=self.resize,
                    batched=True,
                ),
            ),
        ]
        if config.registers:
            tokens = InsertTokens(key="embeddings.register_tokens", count=config.registers, at=1)
            embeddings.append(("registers", tokens))
        return TowerSpec(
            embeddings=tuple(embeddings),
            layer=_layer(config, variant),
            layers=config.num_hidden_layers,
            layer_key="blocks" if variant == "meta" else "encoder.layer",
            norm_key="layernorm",
        )


class Dinov2WithRegistersRecipe(Dinov2Recipe):
    """As DINOv2, with registers after the class token, and antialiasing where positions resize."""

    config_class = Dinov2WithRegistersConfig
    resize = "bicubic_antialias"


def _layer(config: Dinov2Config, variant: str) -> PreNormLayer:
    return PreNormLayer(
        label="dinov2_layer",
        attention=_attention(config, variant),
        mlp=_mlp(config),
        scales=("layer_scale1.lambda1", "layer_scale2.lambda1"),
        eps=config.layer_norm_eps,
    )


def _attention(config: Dinov2Config, variant: str) -> SelfAttention:
    parts = {"query_key": "query", "key_key": "key", "value_key": "value"}
    names = {"qkv_key": "qkv"} if variant == "meta" else parts
    return even_attention(
        config.hidden_size,
        config.num_attention_heads,
        output_key="attention.output.dense",
        **{field: f"{ATTENTION}.{name}" for field, name in names.items()},
        bias=config.qkv_bias,
        output_bias=True,
    )


def _mlp(config: Dinov2Config) -> Mlp:
    if config.use_swiglu_ffn:  # whatever hidden_act says
        return Mlp(
            gate_up_key="mlp.weights_in",
            down_key="mlp.weights_out",
            intermediate_size=config.inner_size,
            activation="silu",
        )
    return Mlp(
        up_key="mlp.fc1",
        down_key="mlp.fc2",
        intermediate_size=config.inner_size,
        activation=config.hidden_act,
    )

"""ViT: the vision transformer (Dosovitskiy et al., arXiv 2010.11929)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from rlxflow.blocks.activation import check_activation
from rlxflow.blocks.base import Block
from rlxflow.blocks.head import Pooler
from rlxflow.blocks.image_positions import ImagePositions
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.patches import InsertTokens, PatchEmbed
from rlxflow.config.vision import PixelConfig
from rlxflow.flow.pre_norm import PreNormLayer, even_attention
from rlxflow.recipes.base import architecture
from rlxflow.recipes.image import ImageRecipe
from rlxflow.recipes.tower import TowerSpec
from rlxflow.weights import NameRules

PATCHES = "embeddings.patch_embeddings.projection"


class VitConfig(PixelConfig):
    """The keys of a ViT config.json that decide its numbers."""

    model_type: ClassVar[str] = "vit"
    harmless: ClassVar[Mapping[str, str]] = {
        **PixelConfig.harmless,
        "encoder_stride": "masked image modelling, which is not built",
    }

    layer_norm_eps: float = Field(default=1e-12, gt=0)
    intermediate_size: int = Field(default=3072, gt=0)
    hidden_act: str = "gelu"
    qkv_bias: bool = True
    pooler_act: str = "tanh"
    pooler_output_size: int | None = None

    @model_validator(mode="after")
    def _known_activations(self) -> Self:
        check_activation(self.hidden_act, "hidden_act")
        check_activation(self.pooler_act, "pooler_act")
        return self


class VitRecipe(ImageRecipe):
    """Variants: `encoder`, `encoder+pooler`, `encoder+classifier`."""

    config_class = VitConfig

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        if names is None:
            bare = architecture(raw) in {"", "ViTModel"}
            return "encoder+pooler" if bare else "encoder"
        if any("pooler.dense." in name for name in names):
            return "encoder+pooler"
        return super().variant(raw, names)

    def rules(self, config: VitConfig, variant: str) -> NameRules:
        unused = (("embeddings.mask_token", "training only"),)
        return NameRules(prefixes=("vit.",), ignore=unused)

    def pooler(self, config: VitConfig, variant: str) -> Block | None:
        if "pooler" not in variant:
            return None
        size = config.pooler_output_size or config.hidden_size
        return Pooler(prefix="pooler.dense", activation=config.pooler_act, out_features=size)

    def vector_size(self, config: VitConfig, variant: str) -> int:
        pooled = "pooler" in variant and config.pooler_output_size
        return pooled or config.hidden_size

    def tower(self, config: VitConfig, variant: str, grid: tuple[int, int]) -> TowerSpec:
        patches = PatchEmbed(
            weight_key=f"{PATCHES}.weight",
            bias_key=f"{PATCHES}.bias",
            hidden_size=config.hidden_size,
            patch_size=config.patch_size,
        )
        positions = ImagePositions(
            key="embeddings.position_embeddings",
            grid=config.grid(),
            target=grid,
            prefix=1,
            batched=True,
        )
        return TowerSpec(
            embeddings=(
                ("patches", patches),
                ("class", InsertTokens(key="embeddings.cls_token")),
                ("positions", positions),
            ),
            layer=_layer(config),
            layers=config.num_hidden_layers,
            layer_key="encoder.layer",
            norm_key="layernorm",
        )


def _layer(config: VitConfig) -> PreNormLayer:
    attention = even_attention(
        config.hidden_size,
        config.num_attention_heads,
        query_key="attention.attention.query",
        key_key="attention.attention.key",
        value_key="attention.attention.value",
        output_key="attention.output.dense",
        bias=config.qkv_bias,
        output_bias=True,
    )
    return PreNormLayer(
        label="vit_layer",
        attention=attention,
        mlp=Mlp(
            up_key="intermediate.dense",
            down_key="output.dense",
            intermediate_size=config.intermediate_size,
            activation=config.hidden_act,
        ),
        norms=("layernorm_before", "layernorm_after"),
        eps=config.layer_norm_eps,
    )

"""Qwen3-Next and Qwen3.5 text models: three layers of Gated DeltaNet, then one of attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from rlxflow.blocks.base import Block
from rlxflow.blocks.gated_delta import GatedDeltaNet
from rlxflow.config.decoder import FULL, LINEAR
from rlxflow.recipes.causal import gated_mlp, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec
from rlxflow.recipes.qwen import normed_attention
from rlxflow.recipes.qwen3_moe import Qwen3MoeConfig, Qwen3MoeRecipe, expert_mlp


class HybridConfig(Qwen3MoeConfig):
    """Keys of both families."""

    linear_conv_kernel_dim: int = Field(default=4, ge=2)
    linear_key_head_dim: int = Field(default=128, gt=0)
    linear_value_head_dim: int = Field(default=128, gt=0)
    linear_num_key_heads: int = Field(default=16, gt=0)
    linear_num_value_heads: int = Field(default=32, gt=0)
    full_attention_interval: int = Field(default=4, gt=0)
    partial_rotary_factor: float | None = 0.25
    attn_output_gate: Literal[True] = True

    def known_types(self) -> set[str]:
        return {FULL, LINEAR}

    def types(self) -> list[str]:
        every = self.full_attention_interval
        usual = [LINEAR if (i + 1) % every else FULL for i in range(self.num_hidden_layers)]
        return list(self.layer_types or usual)


class Qwen3NextConfig(HybridConfig):
    """The keys of a Qwen3-Next config.json."""

    model_type: ClassVar[str] = "qwen3_next"
    shared_expert_intermediate_size: int = Field(default=512, gt=0)


class Qwen35Config(HybridConfig):
    """The keys of a Qwen3.5 text config.json; positions of text are the same in all sections."""

    model_type: ClassVar[str] = "qwen3_5_text"
    harmless: ClassVar[Mapping[str, str]] = {
        **HybridConfig.harmless,
        "mamba_ssm_dtype": "the state is always f32",
        "mtp_num_hidden_layers": "draft heads are not built",
        "mtp_use_dedicated_embeddings": "draft heads are not built",
    }


class Qwen3NextRecipe(Qwen3MoeRecipe):
    """Norms store differences from 1; attention is gated; experts have a shared one beside them."""

    config_class: ClassVar[Any] = Qwen3NextConfig
    packed: ClassVar[bool] = True
    ignore = (("mtp.*", "draft heads are not built"),)

    def spec(self, config: Any) -> DecoderSpec:
        layers = tuple(
            LayerSpec(mixer=self.mixer(config, kind), mlp=self.mlp(config, i))
            for i, kind in enumerate(config.types())
        )
        return DecoderSpec(**usual_spec(config, layers=layers, norm_offset=1.0))

    def mixer(self, config: HybridConfig, kind: str) -> Block:
        """Returns what mixes the tokens of one layer."""
        if kind != LINEAR:
            return normed_attention(config, kind, norm_offset=1.0, gated=True)
        return GatedDeltaNet(
            prefix="linear_attn",
            num_key_heads=config.linear_num_key_heads,
            num_value_heads=config.linear_num_value_heads,
            key_head_dim=config.linear_key_head_dim,
            value_head_dim=config.linear_value_head_dim,
            conv_kernel_dim=config.linear_conv_kernel_dim,
            eps=config.rms_norm_eps,
            packed=self.packed,
        )

    def mlp(self, config: Any, layer: int) -> Block:
        if config.sparse(layer):
            return expert_mlp(config, config.shared_expert_intermediate_size)
        return gated_mlp(config)


class Qwen35Recipe(Qwen3NextRecipe):
    """Separate projections, dense feed-forward; files of the image model carry more than text."""

    config_class: ClassVar[Any] = Qwen35Config
    packed: ClassVar[bool] = False
    moved = (("model.language_model.", "model."),)
    ignore = (
        ("mtp.*", "draft heads are not built"),
        ("model.visual.*", "the image tower is not built"),
    )

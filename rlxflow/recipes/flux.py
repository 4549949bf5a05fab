"""FLUX.1 and FLUX.2 transformers (Black Forest Labs, 2024 and 2025), in diffusers' files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from rlxflow.blocks.base import under
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.parallel_attention import FusedParallelAttention, ParallelAttention
from rlxflow.config.model_config import ModelConfig
from rlxflow.errors import InputError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.recipes.base import FlowRequest, Recipe, sizes_of
from rlxflow.recipes.flux_flow import FluxSpec, stream_attention
from rlxflow.weights import NameRules


class FluxBaseConfig(ModelConfig):
    """The keys that both generations have."""

    patch_size: int = Field(default=1, gt=0)
    out_channels: int | None = Field(default=None, gt=0)
    attention_head_dim: int = Field(default=128, gt=0)
    num_layers: int = Field(ge=0)
    num_single_layers: int = Field(ge=0)
    in_channels: int = Field(gt=0)
    num_attention_heads: int = Field(gt=0)
    joint_attention_dim: int = Field(gt=0)
    guidance_embeds: bool
    axes_dims_rope: list[int]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if any(dim < 2 or dim % 2 for dim in self.axes_dims_rope):
            raise ValueError("axes_dims_rope must be even numbers")
        if sum(self.axes_dims_rope) != self.attention_head_dim:
            raise ValueError("axes_dims_rope must add up to attention_head_dim")
        return self

    @property
    def hidden_size(self) -> int:
        """Of the streams."""
        return self.num_attention_heads * self.attention_head_dim

    @property
    def result_channels(self) -> int:
        """Of a token of the result."""
        return self.patch_size**2 * (self.out_channels or self.in_channels)


class FluxConfig(FluxBaseConfig):
    """The keys of a FluxTransformer2DModel, with diffusers' defaults."""

    model_type: ClassVar[str] = "FluxTransformer2DModel"

    num_layers: int = Field(default=19, ge=0)
    num_single_layers: int = Field(default=38, ge=0)
    in_channels: int = Field(default=64, gt=0)
    num_attention_heads: int = Field(default=24, gt=0)
    joint_attention_dim: int = Field(default=4096, gt=0)
    pooled_projection_dim: int = Field(default=768, gt=0)
    guidance_embeds: bool = False
    axes_dims_rope: list[int] = Field(default=[16, 56, 56], min_length=1)


class Flux2Config(FluxBaseConfig):
    """The keys of a Flux2Transformer2DModel, with diffusers' defaults."""

    model_type: ClassVar[str] = "Flux2Transformer2DModel"

    num_layers: int = Field(default=8, ge=0)
    num_single_layers: int = Field(default=48, ge=0)
    in_channels: int = Field(default=128, gt=0)
    num_attention_heads: int = Field(default=48, gt=0)
    joint_attention_dim: int = Field(default=15360, gt=0)
    timestep_guidance_channels: int = Field(default=256, gt=0, multiple_of=2)
    mlp_ratio: float = Field(default=3.0, gt=0)
    guidance_embeds: bool = True
    axes_dims_rope: list[int] = Field(default=[32, 32, 32, 32], min_length=1)
    rope_theta: float = Field(default=2000, gt=0)
    eps: float = Field(default=1e-6, gt=0)


class FluxRecipeBase(Recipe):
    """What both generations share: one phase, `denoise`."""

    phases = ("denoise",)

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        return "transformer"

    def rules(self, config: FluxBaseConfig, variant: str) -> NameRules:
        return NameRules()

    def spec(self, config: Any) -> FluxSpec:
        """Returns the model as numbers over shared blocks."""
        raise NotImplementedError(type(self).__name__)

    def usual_sizes(self, config: FluxBaseConfig, variant: str, phase: str) -> dict[str, Any]:
        """As many tokens as an image of 512 x 512 pixels has, and the longest text."""
        return {"seq": 1024, "text_seq": 512}

    def request_for(
        self, config: FluxBaseConfig, variant: str, shapes: Mapping[str, tuple[int, ...]]
    ) -> FlowRequest:
        rows, seq, _ = sizes_of(shapes, "hidden_states", "b t d")
        _, text_seq, _ = sizes_of(shapes, "encoder_hidden_states", "b t d")
        for name, count in (("img_ids", seq), ("txt_ids", text_seq)):
            found = sizes_of(shapes, name, "t n")
            wanted = [count, len(config.axes_dims_rope)]
            if [*found] != wanted:
                raise InputError(
                    f"input `{name}`",
                    expected=f"{wanted}: a row for each token, a column for each axis",
                    found=str([*found]),
                )
        return FlowRequest(phase="denoise", batch=rows, seq=seq, text_seq=text_seq)

    def flow(self, config: Any, variant: str, request: FlowRequest) -> ModelFlow:
        return self.spec(config).flow(request)


class FluxRecipe(FluxRecipeBase):
    """Each layer has its own modulation, biases everywhere, pooled text."""

    config_class = FluxConfig

    def spec(self, config: FluxConfig) -> FluxSpec:
        size, eps = config.hidden_size, 1e-6  # no key of a config sets eps or theta
        head_dim = config.attention_head_dim
        mlp = Mlp(
            up_key="net.0.proj",
            down_key="net.2",
            intermediate_size=4 * size,
            activation="gelu_tanh",
        )
        single = ParallelAttention(
            attention=stream_attention(
                size,
                head_dim,
                eps,
                rope="pos_embed",
                norms="attn.norm_",
                bias=True,
                query_key="attn.to_q",
                key_key="attn.to_k",
                value_key="attn.to_v",
            ),
            up_key="proj_mlp",
            output_key="proj_out",
            intermediate_size=4 * size,
            activation="gelu_tanh",
        )
        return FluxSpec(
            family="flux",
            in_channels=config.in_channels,
            out_channels=config.result_channels,
            text_channels=config.joint_attention_dim,
            pooled_channels=config.pooled_projection_dim,
            hidden_size=size,
            layers=(config.num_layers, config.num_single_layers),
            head_dim=head_dim,
            dims=tuple(config.axes_dims_rope),
            theta=10_000.0,
            eps=eps,
            guidance=config.guidance_embeds,
            time_key="time_text_embed",
            time_channels=256,
            bias=True,
            shared=False,
            mlp=under(mlp, "ff"),
            text_mlp=under(mlp, "ff_context"),
            single=single,
            single_name="parallel",
        )


class Flux2Recipe(FluxRecipeBase):
    """All layers share their modulation, no biases, one product into a layer of one stream."""

    config_class = Flux2Config

    def spec(self, config: Flux2Config) -> FluxSpec:
        size, wide = config.hidden_size, int(config.hidden_size * config.mlp_ratio)
        mlp = Mlp(
            gate_up_key="linear_in",
            down_key="linear_out",
            intermediate_size=wide,
            activation="silu",
            bias=False,
        )
        single = FusedParallelAttention(
            attention=stream_attention(
                size,
                config.attention_head_dim,
                config.eps,
                rope="pos_embed",
                norms="attn.norm_",
                bias=False,
                qkv_key="attn.to_qkv_mlp_proj",
            ),
            output_key="attn.to_out",
            intermediate_size=wide,
            activation="silu",
        )
        return FluxSpec(
            family="flux2",
            in_channels=config.in_channels,
            out_channels=config.result_channels,
            text_channels=config.joint_attention_dim,
            hidden_size=size,
            layers=(config.num_layers, config.num_single_layers),
            head_dim=config.attention_head_dim,
            dims=tuple(config.axes_dims_rope),
            theta=config.rope_theta,
            eps=config.eps,
            guidance=config.guidance_embeds,
            time_key="time_guidance_embed",
            time_channels=config.timestep_guidance_channels,
            bias=False,
            shared=True,
            mlp=under(mlp, "ff"),
            text_mlp=under(mlp, "ff_context"),
            single=single,
            single_name="attn",
        )

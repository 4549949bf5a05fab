"""Qwen2 with experts (Qwen1.5-MoE, Qwen2-57B-A14B; arXiv 2407.10671)."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from rlxflow.blocks.base import Block
from rlxflow.config.decoder import FULL, SLIDING
from rlxflow.recipes.causal import attention, gated_mlp, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec
from rlxflow.recipes.qwen3_moe import Qwen3MoeConfig, Qwen3MoeRecipe, expert_mlp


class Qwen2MoeConfig(Qwen3MoeConfig):
    """The keys of a Qwen2-MoE config.json.

    Where a window is used and `layer_types` is missing, every other layer before
    `max_window_layers` slides, beginning with the first.
    """

    model_type: ClassVar[str] = "qwen2_moe"
    num_experts_per_tok: int = Field(default=4, gt=0)
    moe_intermediate_size: int = Field(default=1408, gt=0)
    shared_expert_intermediate_size: int = Field(default=5632, gt=0)
    qkv_bias: bool = True
    sliding_window: int | None = 4096

    @property
    def experts(self) -> int:
        counted = self.num_experts if self.num_local_experts is None else self.num_local_experts
        return 60 if counted is None else counted

    def types(self) -> list[str]:
        if self.layer_types:
            return list(self.layer_types)
        last = self.max_window_layers if self.use_sliding_window else 0
        return [SLIDING if i < last and i % 2 == 0 else FULL for i in range(self.num_hidden_layers)]


class Qwen2MoeRecipe(Qwen3MoeRecipe):
    """Biases on query, key and value; beside the experts stands one that every token takes."""

    config_class: ClassVar[Any] = Qwen2MoeConfig

    def spec(self, config: Any) -> DecoderSpec:
        layers = tuple(
            LayerSpec(
                mixer=attention(config, kind, bias=config.qkv_bias, output_bias=False),
                mlp=self.mlp(config, i),
            )
            for i, kind in enumerate(config.types())
        )
        return DecoderSpec(**usual_spec(config, layers=layers))

    def mlp(self, config: Any, layer: int) -> Block:
        if config.sparse(layer):
            return expert_mlp(config, config.shared_expert_intermediate_size)
        return gated_mlp(config)

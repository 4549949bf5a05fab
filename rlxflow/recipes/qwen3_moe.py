"""Qwen3 with experts (arXiv 2505.09388)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from rlxflow.blocks.base import Block
from rlxflow.blocks.moe import MoeMlp
from rlxflow.recipes.causal import CausalRecipe, expert_stacks, gated_mlp, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec
from rlxflow.recipes.qwen import QwenConfig, normed_attention


class Qwen3MoeConfig(QwenConfig):
    """The keys of a Qwen3-MoE config.json; newer files call the experts local."""

    model_type: ClassVar[str] = "qwen3_moe"
    num_experts: int | None = Field(default=None, ge=0)
    num_local_experts: int | None = Field(default=None, ge=0)
    num_experts_per_tok: int = Field(default=8, gt=0)
    moe_intermediate_size: int = Field(default=768, gt=0)
    norm_topk_prob: bool = False
    decoder_sparse_step: int = Field(default=1, gt=0)
    mlp_only_layers: list[int] | None = None

    @model_validator(mode="after")
    def _one_count(self) -> Self:
        counts = {self.num_experts, self.num_local_experts} - {None}
        if len(counts) > 1:
            raise ValueError("num_experts and num_local_experts must agree")
        return self

    @property
    def experts(self) -> int:
        """The number of experts."""
        return self.num_experts or self.num_local_experts or 0

    def sparse(self, layer: int) -> bool:
        """Returns whether a layer has experts."""
        chosen = (layer + 1) % self.decoder_sparse_step == 0
        return self.experts > 0 and chosen and layer not in (self.mlp_only_layers or [])


def expert_mlp(config: Qwen3MoeConfig, shared_size: int = 0) -> MoeMlp:
    """Returns the feed-forward of a layer with experts."""
    return MoeMlp(
        router_key="mlp.gate.weight",
        gate_key="mlp.experts.gate_proj.weight",
        up_key="mlp.experts.up_proj.weight",
        down_key="mlp.experts.down_proj.weight",
        num_experts=config.experts,
        num_experts_per_tok=config.num_experts_per_tok,
        norm_topk_prob=config.norm_topk_prob,
        moe_intermediate_size=config.moe_intermediate_size,
        activation=config.hidden_act,
        shared_key="mlp.shared_expert" if shared_size else "",
        shared_gate_key="mlp.shared_expert_gate.weight" if shared_size else "",
        shared_intermediate_size=shared_size,
    )


class Qwen3MoeRecipe(CausalRecipe):
    """Qwen3; most layers have a router and experts."""

    config_class = Qwen3MoeConfig

    def spec(self, config: Qwen3MoeConfig) -> DecoderSpec:
        layers = tuple(
            LayerSpec(mixer=normed_attention(config, kind), mlp=self.mlp(config, i))
            for i, kind in enumerate(config.types())
        )
        return DecoderSpec(**usual_spec(config, layers=layers))

    def mlp(self, config: Qwen3MoeConfig, layer: int) -> Block:
        """Returns the feed-forward of one layer."""
        return expert_mlp(config) if config.sparse(layer) else gated_mlp(config)

    def stacks(self, config: Qwen3MoeConfig) -> Mapping[str, tuple[str, ...]]:
        sparse = [i for i in range(config.num_hidden_layers) if config.sparse(i)]
        names = {name: name for name in ("gate_proj", "up_proj", "down_proj")}
        return expert_stacks("mlp.experts", names, sparse, config.experts)

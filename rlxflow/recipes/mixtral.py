"""Mixtral (Jiang et al., arXiv 2401.04088): Mistral with experts on every layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from rlxflow.blocks.moe import MoeMlp
from rlxflow.config.decoder import FULL, SLIDING
from rlxflow.recipes.causal import CausalRecipe, attention, expert_stacks, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec
from rlxflow.recipes.mistral import MistralConfig

NAMES = {"gate_proj": "w1", "up_proj": "w3", "down_proj": "w2"}


class MixtralConfig(MistralConfig):
    """The keys of a Mixtral config.json."""

    model_type: ClassVar[str] = "mixtral"
    num_local_experts: int = Field(default=8, gt=0)
    num_experts_per_tok: int = Field(default=2, gt=0)


class MixtralRecipe(CausalRecipe):
    """The weights of a token's experts always sum to 1."""

    config_class = MixtralConfig

    def spec(self, config: MixtralConfig) -> DecoderSpec:
        kind = FULL if config.sliding_window is None else SLIDING
        mlp = MoeMlp(
            router_key="block_sparse_moe.gate.weight",
            gate_key="block_sparse_moe.experts.gate_proj.weight",
            up_key="block_sparse_moe.experts.up_proj.weight",
            down_key="block_sparse_moe.experts.down_proj.weight",
            num_experts=config.num_local_experts,
            num_experts_per_tok=config.num_experts_per_tok,
            norm_topk_prob=True,
            moe_intermediate_size=config.intermediate_size,
            activation=config.hidden_act,
        )
        layer = LayerSpec(mixer=attention(config, kind), mlp=mlp)
        return DecoderSpec(**usual_spec(config, layers=(layer,) * config.num_hidden_layers))

    def stacks(self, config: MixtralConfig) -> Mapping[str, tuple[str, ...]]:
        layers = range(config.num_hidden_layers)
        return expert_stacks("block_sparse_moe.experts", NAMES, layers, config.num_local_experts)

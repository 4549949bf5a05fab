"""Granite 3: Llama with four multipliers."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from rlxflow.config.decoder import DecoderConfig
from rlxflow.recipes.causal import CausalRecipe, attention, gated_mlp, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec


class GraniteConfig(DecoderConfig):
    """The keys of a Granite config.json."""

    model_type: ClassVar[str] = "granite"
    mlp_bias: bool = False
    attention_multiplier: float = 1.0
    embedding_multiplier: float = 1.0
    residual_multiplier: float = 1.0
    logits_scaling: float = Field(default=1.0, gt=0)


class GraniteRecipe(CausalRecipe):
    """Scores, embeddings, branches and logits are multiplied by numbers of the config."""

    config_class = GraniteConfig

    def spec(self, config: GraniteConfig) -> DecoderSpec:
        layer = LayerSpec(
            mixer=attention(config, scale=config.attention_multiplier),
            mlp=gated_mlp(config, bias=config.mlp_bias),
        )
        fields = usual_spec(
            config,
            layers=(layer,) * config.num_hidden_layers,
            embed_scale=config.embedding_multiplier,
            residual_scale=config.residual_multiplier,
            logits_scale=1.0 / config.logits_scaling,
        )
        return DecoderSpec(**fields)

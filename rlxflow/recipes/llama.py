"""Llama 2 to 3.2 (Touvron et al., arXiv 2307.09288; Dubey et al., arXiv 2407.21783)."""

from __future__ import annotations

from typing import ClassVar

from rlxflow.config.decoder import DecoderConfig
from rlxflow.recipes.causal import CausalRecipe, attention, gated_mlp, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec


class LlamaConfig(DecoderConfig):
    """The keys of a Llama config.json."""

    model_type: ClassVar[str] = "llama"
    mlp_bias: bool = False


class LlamaRecipe(CausalRecipe):
    """Pre-norm, grouped heads, gated SiLU."""

    config_class = LlamaConfig

    def spec(self, config: LlamaConfig) -> DecoderSpec:
        layer = LayerSpec(mixer=attention(config), mlp=gated_mlp(config, bias=config.mlp_bias))
        return DecoderSpec(**usual_spec(config, layers=(layer,) * config.num_hidden_layers))

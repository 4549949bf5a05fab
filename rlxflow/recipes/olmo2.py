"""OLMo 2 (arXiv 2501.00656): norms after each branch, and on all heads of query and key at once."""

from __future__ import annotations

from typing import ClassVar

from rlxflow.config.decoder import DecoderConfig
from rlxflow.recipes.causal import CausalRecipe, attention, gated_mlp, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec


class Olmo2Config(DecoderConfig):
    """The keys of an OLMo 2 config.json."""

    model_type: ClassVar[str] = "olmo2"
    rms_norm_eps: float = 1e-5


class Olmo2Recipe(CausalRecipe):
    """No norm before a branch."""

    config_class = Olmo2Config

    def spec(self, config: Olmo2Config) -> DecoderSpec:
        mixer = attention(
            config,
            qk_norm="full",
            query_norm_key="self_attn.q_norm.weight",
            key_norm_key="self_attn.k_norm.weight",
        )
        layer = LayerSpec(
            mixer=mixer,
            mlp=gated_mlp(config),
            before_mixer="",
            after_mixer="post_attention_layernorm",
            before_mlp="",
            after_mlp="post_feedforward_layernorm",
        )
        return DecoderSpec(**usual_spec(config, layers=(layer,) * config.num_hidden_layers))

"""Phi-3 (arXiv 2404.14219): fused products, LongRoPE."""

from __future__ import annotations

from typing import Any, ClassVar

from rlxflow.blocks.mlp import Mlp
from rlxflow.config.decoder import FULL, SLIDING, DecoderConfig
from rlxflow.recipes.causal import CausalRecipe, attention, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec


class Phi3Config(DecoderConfig):
    """The keys of a Phi-3 config.json."""

    model_type: ClassVar[str] = "phi3"
    sliding_window: int | None = None
    original_max_position_embeddings: int | None = None

    def known_types(self) -> set[str]:
        return {FULL if self.sliding_window is None else SLIDING}

    def rope(self, layer_type: str = FULL, default_theta: float = 10_000.0) -> dict[str, Any]:
        numbers = super().rope(layer_type, default_theta)
        if self.original_max_position_embeddings:
            original = self.original_max_position_embeddings
            return {"original_max_position_embeddings": original, **numbers}
        return numbers


class Phi3Recipe(CausalRecipe):
    """Llama whose query, key, value and whose gate and up are one product each."""

    config_class = Phi3Config

    def spec(self, config: Phi3Config) -> DecoderSpec:
        kind = FULL if config.sliding_window is None else SLIDING
        fused = {"qkv_key": "self_attn.qkv_proj", "query_key": "", "key_key": "", "value_key": ""}
        mlp = Mlp(
            gate_up_key="mlp.gate_up_proj",
            down_key="mlp.down_proj",
            intermediate_size=config.intermediate_size,
            activation=config.hidden_act,
            bias=False,
        )
        layer = LayerSpec(mixer=attention(config, kind, **fused), mlp=mlp)
        return DecoderSpec(**usual_spec(config, layers=(layer,) * config.num_hidden_layers))

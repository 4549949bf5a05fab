"""Qwen2 and Qwen3, dense (arXiv 2407.10671, 2505.09388)."""

from __future__ import annotations

from typing import ClassVar

from rlxflow.blocks.attention import SelfAttention
from rlxflow.config.decoder import FULL, SLIDING, DecoderConfig
from rlxflow.recipes.causal import CausalRecipe, attention, gated_mlp, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec


class QwenConfig(DecoderConfig):
    """Keys of both: layers from `max_window_layers` on slide if `use_sliding_window` says so."""

    sliding_window: int | None = None
    use_sliding_window: bool = False
    max_window_layers: int = 28

    def known_types(self) -> set[str]:
        return {FULL, SLIDING}

    def types(self) -> list[str]:
        if self.layer_types:
            return list(self.layer_types)
        slides = self.use_sliding_window and self.sliding_window is not None
        first = self.max_window_layers if slides else self.num_hidden_layers
        return [SLIDING if i >= first else FULL for i in range(self.num_hidden_layers)]


class Qwen2Config(QwenConfig):
    """The keys of a Qwen2 config.json."""

    model_type: ClassVar[str] = "qwen2"


class Qwen3Config(QwenConfig):
    """The keys of a Qwen3 config.json."""

    model_type: ClassVar[str] = "qwen3"


class Qwen2Recipe(CausalRecipe):
    """Llama with biases on query, key and value."""

    config_class = Qwen2Config

    def spec(self, config: Qwen2Config) -> DecoderSpec:
        layers = tuple(
            LayerSpec(
                mixer=attention(config, kind, bias=True, output_bias=False), mlp=gated_mlp(config)
            )
            for kind in config.types()
        )
        return DecoderSpec(**usual_spec(config, layers=layers))


class Qwen3Recipe(CausalRecipe):
    """Llama with a norm on each head of query and key."""

    config_class = Qwen3Config

    def spec(self, config: Qwen3Config) -> DecoderSpec:
        layers = tuple(
            LayerSpec(mixer=normed_attention(config, kind), mlp=gated_mlp(config))
            for kind in config.types()
        )
        return DecoderSpec(**usual_spec(config, layers=layers))


def normed_attention(config: DecoderConfig, kind: str, **numbers: object) -> SelfAttention:
    """Returns attention whose heads of query and key are normalised before the rotation."""
    return attention(
        config,
        kind,
        qk_norm="head",
        query_norm_key="self_attn.q_norm.weight",
        key_norm_key="self_attn.k_norm.weight",
        **numbers,
    )

"""Mistral (Jiang et al., arXiv 2310.06825): Llama with a window on every layer."""

from __future__ import annotations

from typing import ClassVar

from rlxflow.config.decoder import FULL, SLIDING, DecoderConfig
from rlxflow.recipes.causal import CausalRecipe, attention, gated_mlp, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec


class MistralConfig(DecoderConfig):
    """The keys of a Mistral config.json."""

    model_type: ClassVar[str] = "mistral"
    sliding_window: int | None = None

    def known_types(self) -> set[str]:
        return {FULL if self.sliding_window is None else SLIDING}


class MistralRecipe(CausalRecipe):
    """Pre-norm, grouped heads, gated SiLU, sliding window if the config names one."""

    config_class = MistralConfig

    def spec(self, config: MistralConfig) -> DecoderSpec:
        kind = FULL if config.sliding_window is None else SLIDING
        layer = LayerSpec(mixer=attention(config, kind), mlp=gated_mlp(config))
        return DecoderSpec(**usual_spec(config, layers=(layer,) * config.num_hidden_layers))

"""SmolLM3: Llama whose every fourth layer has no rope."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from rlxflow.config.decoder import FULL, SLIDING, DecoderConfig
from rlxflow.recipes.causal import CausalRecipe, attention, gated_mlp, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec


class SmolLm3Config(DecoderConfig):
    """The keys of a SmolLM3 config.json; `no_rope_layers` holds 1 where there IS a rope."""

    model_type: ClassVar[str] = "smollm3"
    tie_word_embeddings: bool = True
    mlp_bias: bool = False
    no_rope_layers: list[int] | None = None
    no_rope_layer_interval: int = Field(default=4, gt=0)
    sliding_window: int | None = None
    use_sliding_window: bool = False

    @model_validator(mode="after")
    def _says_each_layer(self) -> Self:
        if self.no_rope_layers and len(self.no_rope_layers) != self.num_hidden_layers:
            raise ValueError(f"no_rope_layers must name {self.num_hidden_layers} layers")
        return self

    def known_types(self) -> set[str]:
        return {FULL, SLIDING}

    def ropes(self) -> list[bool]:
        """Returns for each layer whether it rotates."""
        if self.no_rope_layers:
            return [bool(flag) for flag in self.no_rope_layers]
        every = self.no_rope_layer_interval
        return [bool((i + 1) % every) for i in range(self.num_hidden_layers)]

    def types(self) -> list[str]:
        if self.layer_types:
            return list(self.layer_types)
        slides = self.use_sliding_window and self.sliding_window is not None
        return [SLIDING if slides and not rope else FULL for rope in self.ropes()]


class SmolLm3Recipe(CausalRecipe):
    """Llama; layers without a rope tell positions by the causal mask alone."""

    config_class = SmolLm3Config

    def spec(self, config: SmolLm3Config) -> DecoderSpec:
        layers = tuple(
            LayerSpec(
                mixer=attention(config, kind, rope="rope" if rope else ""),
                mlp=gated_mlp(config, bias=config.mlp_bias),
            )
            for kind, rope in zip(config.types(), config.ropes(), strict=True)
        )
        return DecoderSpec(**usual_spec(config, layers=layers))

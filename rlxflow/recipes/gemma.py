"""Gemma 1, 2 and 3 text models (arXiv 2403.08295, 2408.00118, 2503.19786)."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Literal

from pydantic import Field

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.rope import RopeTables
from rlxflow.config.decoder import FULL, SLIDING, DecoderConfig
from rlxflow.recipes.causal import CausalRecipe, attention, gated_mlp, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec

ACTIVATION = "gelu_pytorch_tanh"  # also where a config says "gelu"


class GemmaConfig(DecoderConfig):
    """The keys of a Gemma config.json."""

    model_type: ClassVar[str] = "gemma"
    tie_word_embeddings: bool = True
    hidden_act: str = ACTIVATION
    hidden_activation: Literal["gelu_pytorch_tanh", "gelu"] | None = None
    use_bidirectional_attention: Literal[False] | None = None


class Gemma2Config(GemmaConfig):
    """The keys of a Gemma 2 config.json: every other layer slides, beginning with the first."""

    model_type: ClassVar[str] = "gemma2"
    query_pre_attn_scalar: float = 256
    sliding_window: int | None = 4096
    attn_logit_softcapping: float | None = 50.0
    final_logit_softcapping: float | None = 30.0

    def known_types(self) -> set[str]:
        return {FULL, SLIDING}

    def types(self) -> list[str]:
        usual = [FULL if i % 2 else SLIDING for i in range(self.num_hidden_layers)]
        return list(self.layer_types or usual)


class Gemma3Config(Gemma2Config):
    """The keys of a Gemma 3 text config.json: five layers slide, the sixth does not."""

    model_type: ClassVar[str] = "gemma3_text"
    attn_logit_softcapping: float | None = None
    final_logit_softcapping: float | None = None
    rope_local_base_freq: float | None = None
    sliding_window_pattern: int = Field(default=6, gt=0)

    def types(self) -> list[str]:
        every = self.sliding_window_pattern
        usual = [SLIDING if (i + 1) % every else FULL for i in range(self.num_hidden_layers)]
        return list(self.layer_types or usual)

    def local_rope(self) -> dict[str, Any]:
        """Returns the rope of sliding layers, which is never scaled."""
        raw = self.rope_parameters or {}
        if SLIDING in raw:
            return self.rope(SLIDING)
        theta = self.rope_local_base_freq or 10_000.0
        return {
            "max_pos": self.max_position_embeddings,
            "head_dim": self.head_size,
            "theta": theta,
        }


class GemmaRecipe(CausalRecipe):
    """Norms store differences from 1, embeddings are scaled, the feed-forward is GeGLU."""

    config_class = GemmaConfig
    between: ClassVar[dict[str, Any]] = {}

    def spec(self, config: GemmaConfig) -> DecoderSpec:
        layers = tuple(
            LayerSpec(
                mixer=self.mixer(config, kind), mlp=gated_mlp(config, ACTIVATION), **self.between
            )
            for kind in config.types()
        )
        fields = usual_spec(
            config,
            layers=layers,
            norm_offset=1.0,
            embed_scale=math.sqrt(config.hidden_size),
            softcap=getattr(config, "final_logit_softcapping", None),
            ropes=self.ropes(config),
        )
        return DecoderSpec(**fields)

    def ropes(self, config: Any) -> tuple[RopeTables, ...]:
        """Returns the rope tables of the layers."""
        return (RopeTables(**config.rope()),)

    def mixer(self, config: Any, kind: str, **numbers: Any) -> SelfAttention:
        """Returns the attention of one layer."""
        return attention(config, kind, **numbers)


class Gemma2Recipe(GemmaRecipe):
    """Norms before and after each branch; scores and logits are limited."""

    config_class = Gemma2Config
    between: ClassVar[dict[str, Any]] = {
        "after_mixer": "post_attention_layernorm",
        "before_mlp": "pre_feedforward_layernorm",
        "after_mlp": "post_feedforward_layernorm",
    }

    def mixer(self, config: Any, kind: str, **numbers: Any) -> SelfAttention:
        scale = config.query_pre_attn_scalar**-0.5
        cap = config.attn_logit_softcapping
        return attention(config, kind, scale=scale, softcap=cap, **numbers)


class Gemma3Recipe(Gemma2Recipe):
    """Gemma 2 with norms on the heads of query and key; sliding layers have their own rope."""

    config_class = Gemma3Config

    def ropes(self, config: Gemma3Config) -> tuple[RopeTables, ...]:
        full = RopeTables(**config.rope(default_theta=1_000_000.0))
        return (full, RopeTables(**config.local_rope(), slot="rope_local"))

    def mixer(self, config: Any, kind: str, **numbers: Any) -> SelfAttention:
        return super().mixer(
            config,
            kind,
            qk_norm="head",
            query_norm_key="self_attn.q_norm.weight",
            key_norm_key="self_attn.k_norm.weight",
            norm_offset=1.0,
            rope="rope_local" if kind == SLIDING else "rope",
            **numbers,
        )

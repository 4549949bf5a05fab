"""ModernBERT: norms first, rotations, windows in most layers (Warner et al., arXiv 2412.13663)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from rlxflow.blocks.head import MlmHead
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.rope import RopeTables
from rlxflow.config.decoder import FULL, SLIDING
from rlxflow.flow.encoder_layer import EncoderLayer, heads_attention, norm_of
from rlxflow.recipes.encoder import EncoderRecipe, EncoderSpec, tied_head
from rlxflow.recipes.modernbert_config import ModernBertConfig

WORDS = "embeddings.tok_embeddings.weight"
SLOTS = {FULL: "rope", SLIDING: "rope_local"}


class ModernBertRecipe(EncoderRecipe):
    """Variants: `encoder`, `mlm`."""

    config_class = ModernBertConfig
    prefixes = ("model.",)
    mlm_mark = "head.dense."
    other_heads = ("classifier.*", "head.*", "qa_outputs.*")
    has_pooler = False

    def spec(self, config: ModernBertConfig) -> EncoderSpec:
        types = config.types()
        layers = [_layer(config, kind) for kind in types]
        if layers:
            layers[0] = replace(layers[0], attention_norm=None)
        return EncoderSpec(
            family="modernbert",
            words_key=WORDS,
            vocab_size=config.vocab_size,
            hidden_size=config.hidden_size,
            ropes=tuple(
                RopeTables(**config.rope(kind), slot=slot)
                for kind, slot in SLOTS.items()
                if kind in types
            ),
            embeddings_norm=_norm(config, "embeddings.norm"),
            layers=tuple(layers),
            layer_key="layers",
            last_norm=_norm(config, "final_norm"),
            mlm=MlmHead(
                dense_key="head.dense.weight",
                dense_bias_key="head.dense.bias" if config.classifier_bias else "",
                norm_key="head.norm.weight",
                norm_bias_key="head.norm.bias" if config.norm_bias else "",
                decoder_key=WORDS if config.tie_word_embeddings else "decoder.weight",
                bias_key="decoder.bias" if config.decoder_bias else "",
                vocab_size=config.vocab_size,
                activation=config.classifier_activation,
                eps=config.norm_eps,
            ),
            max_positions=config.max_position_embeddings,
        )

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        """Classifiers have a `head` as well."""
        if names is None:
            return super().variant(raw, names)
        classifies = any(name.startswith("classifier.") for name in names)
        has_head = any(name.startswith("head.dense.") for name in names)
        return "mlm" if has_head and not classifies else "encoder"

    def head_ignored(self, config: ModernBertConfig) -> tuple[tuple[str, str], ...]:
        bias = "decoder.bias"
        return tied_head("decoder", config.tie_word_embeddings, WORDS, (bias, bias))[1]


def _norm(config: ModernBertConfig, key: str) -> Any:
    return norm_of(key, config.norm_eps, bias=config.norm_bias)


def _layer(config: ModernBertConfig, kind: str) -> EncoderLayer:
    return EncoderLayer(
        label="modernbert_layer",
        attention=heads_attention(
            ("attn.Wqkv",),
            "attn.Wo",
            heads=config.num_attention_heads,
            hidden_size=config.hidden_size,
            bias=config.attention_bias,
            rope=SLOTS[kind],
            window=config.local_attention // 2 + 1 if kind == SLIDING else None,
        ),
        mlp=Mlp(
            gate_up_key="mlp.Wi",
            down_key="mlp.Wo",
            intermediate_size=config.intermediate_size,
            activation=config.hidden_activation,
            bias=config.mlp_bias,
        ),
        attention_norm=_norm(config, "attn_norm"),
        mlp_norm=_norm(config, "mlp_norm"),
        norm_first=True,
    )

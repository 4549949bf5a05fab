"""Nomic's text encoder: rotated, gated, without biases (Nussbaum et al., arXiv 2402.01613)."""

from __future__ import annotations

from typing import ClassVar

from rlxflow.blocks.head import MlmHead
from rlxflow.blocks.rope import RopeTables
from rlxflow.flow.encoder_layer import norm_of
from rlxflow.flow.families import nomic_layer
from rlxflow.recipes.bert import PREDICTIONS, TYPES, WORDS
from rlxflow.recipes.encoder import EncoderRecipe, EncoderSpec, tied_head
from rlxflow.recipes.nomic_config import NomicBertConfig


class NomicBertRecipe(EncoderRecipe):
    """Variants: `encoder`, `pooler`, `mlm`."""

    config_class = NomicBertConfig
    prefixes = ("bert.", "nomic_bert.")
    ignore = (
        ("*.rotary_emb.inv_freq", "computed from the config"),
        ("cls.seq_relationship.*", "next sentence prediction is not built"),
    )
    mlm_mark: ClassVar[str] = f"{PREDICTIONS}.transform."

    def spec(self, config: NomicBertConfig) -> EncoderSpec:
        layer = nomic_layer(
            config.hidden_size,
            config.num_attention_heads,
            config.head_size,
            config.layer_norm_eps,
            config.intermediate_size,
            config.hidden_act,
        )
        head = f"{PREDICTIONS}.transform"
        return EncoderSpec(
            family="nomic_bert",
            words_key=WORDS,
            vocab_size=config.vocab_size,
            hidden_size=config.hidden_size,
            ropes=(RopeTables(**config.rope()),),
            types_key=TYPES if config.type_vocab_size else "",
            type_vocab_size=config.type_vocab_size,
            embeddings_norm=norm_of("emb_ln", config.layer_norm_eps),
            layers=(layer,) * config.num_hidden_layers,
            layer_key="encoder.layers",
            mlm=MlmHead(
                dense_key=f"{head}.dense.weight",
                dense_bias_key=f"{head}.dense.bias",
                norm_key=f"{head}.layer_norm.weight",
                norm_bias_key=f"{head}.layer_norm.bias",
                **_head(config)[0],
                vocab_size=config.vocab_size,
                activation=config.hidden_act,
                eps=config.layer_norm_eps,
            ),
            max_positions=config.max_position_embeddings,
        )

    def head_ignored(self, config: NomicBertConfig) -> tuple[tuple[str, str], ...]:
        return _head(config)[1]


def _head(config: NomicBertConfig) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    scores = f"{PREDICTIONS}.decoder"
    biases = (f"{PREDICTIONS}.bias", f"{scores}.bias")
    return tied_head(scores, config.tie_word_embeddings, WORDS, biases)

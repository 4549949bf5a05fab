"""BERT: encoder, pooler and masked language model head (Devlin et al., arXiv 1810.04805)."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from rlxflow.blocks.embedding import LearnedPositions
from rlxflow.blocks.head import MlmHead
from rlxflow.flow.encoder_layer import EncoderLayer, norm_of
from rlxflow.flow.families import BertLayerSpec
from rlxflow.recipes.bert_like_config import BertLikeConfig
from rlxflow.recipes.encoder import EncoderRecipe, EncoderSpec, tied_head

WORDS = "embeddings.word_embeddings.weight"
POSITIONS_KEY = "embeddings.position_embeddings.weight"
TYPES = "embeddings.token_type_embeddings.weight"
PREDICTIONS = "cls.predictions"


class BertConfig(BertLikeConfig):
    """The keys of a BERT config.json that decide its numbers."""

    model_type: ClassVar[str] = "bert"

    type_vocab_size: int = Field(default=2, gt=0)


class BertRecipe(EncoderRecipe):
    """Variants: `encoder`, `pooler` (encoder and pooler), `mlm` (encoder and vocabulary scores)."""

    config_class = BertConfig
    prefixes = ("bert.",)
    replace = (("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias"))
    ignore = (("cls.seq_relationship.*", "next sentence prediction is not built"),)
    mlm_mark = f"{PREDICTIONS}.transform."

    def spec(self, config: BertConfig) -> EncoderSpec:
        rows = config.max_position_embeddings
        return EncoderSpec(
            **usual_numbers(config),
            positions=LearnedPositions(key=POSITIONS_KEY, positions=rows),
            types_key=TYPES,
            type_vocab_size=config.type_vocab_size,
            mlm=mlm_head(
                config,
                dense=f"{PREDICTIONS}.transform.dense",
                norm=f"{PREDICTIONS}.transform.LayerNorm",
                decoder=_head(config)[0],
                activation=config.hidden_act,
            ),
            max_positions=rows,
        )

    def head_ignored(self, config: BertConfig) -> tuple[tuple[str, str], ...]:
        return _head(config)[1]


def _head(config: BertConfig) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    scores = f"{PREDICTIONS}.decoder"
    biases = (f"{PREDICTIONS}.bias", f"{scores}.bias")
    return tied_head(scores, config.tie_word_embeddings, WORDS, biases)


def usual_numbers(config: BertLikeConfig, style: str = "bert") -> dict[str, Any]:
    """Returns the fields of `EncoderSpec` that BERT and its kin fill alike."""
    return {
        "family": config.model_type.replace("-", "_"),
        "words_key": WORDS,
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "positions_key": POSITIONS_KEY,
        "position_rows": config.max_position_embeddings,
        "embeddings_norm": norm_of("embeddings.LayerNorm", config.layer_norm_eps),
        "layers": (bert_layer(config, style),) * config.num_hidden_layers,
    }


def bert_layer(config: BertLikeConfig, style: str = "bert") -> EncoderLayer:
    """Returns a layer with the names of a style."""
    return BertLayerSpec(
        prefix="",
        hidden_size=config.hidden_size,
        num_attention_heads=config.num_attention_heads,
        intermediate_size=config.intermediate_size,
        activation=config.hidden_act,
        eps=config.layer_norm_eps,
        style=style,
    ).layer()


def mlm_head(
    config: BertLikeConfig, *, dense: str, norm: str, decoder: dict[str, str], activation: str
) -> MlmHead:
    """Returns the scores of the vocabulary, with biases everywhere."""
    return MlmHead(
        dense_key=f"{dense}.weight",
        dense_bias_key=f"{dense}.bias",
        norm_key=f"{norm}.weight",
        norm_bias_key=f"{norm}.bias",
        **decoder,
        vocab_size=config.vocab_size,
        activation=activation,
        eps=config.layer_norm_eps,
    )

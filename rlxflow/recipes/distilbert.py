"""DistilBERT: BERT without token types and pooler (Sanh et al., arXiv 1910.01108)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from rlxflow.blocks.activation import check_activation
from rlxflow.blocks.embedding import LearnedPositions
from rlxflow.blocks.head import MlmHead
from rlxflow.blocks.mlp import Mlp
from rlxflow.config.model_config import ModelConfig
from rlxflow.flow.encoder_layer import EncoderLayer, heads_attention, norm_of
from rlxflow.recipes.bert import POSITIONS_KEY, WORDS
from rlxflow.recipes.encoder import EncoderRecipe, EncoderSpec, tied_head

EPS = 1e-12
"""Of all norms: the config of a DistilBERT has no key for it."""
PROJECTOR = "vocab_projector"


class DistilBertConfig(ModelConfig):
    """The keys of a DistilBERT config.json that decide its numbers."""

    model_type: ClassVar[str] = "distilbert"
    harmless: ClassVar[Mapping[str, str]] = {
        "attention_dropout": "training only",
        "dropout": "training only",
        "qa_dropout": "training only",
        "seq_classif_dropout": "training only",
        "sinusoidal_pos_embds": "how the stored table was first filled",
        "tie_weights_": "tie_word_embeddings says it",
    }

    vocab_size: int = Field(gt=0)
    dim: int = Field(gt=0)
    n_layers: int = Field(ge=0)
    n_heads: int = Field(gt=0)
    hidden_dim: int = Field(gt=0)
    activation: str = "gelu"
    max_position_embeddings: int = Field(gt=0)
    tie_word_embeddings: bool = True
    pruned_heads: dict[str, list[int]] = Field(default={}, max_length=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_activation(self.activation, "activation")
        if self.dim % self.n_heads:
            raise ValueError("dim must be a multiple of n_heads")
        return self


class DistilBertRecipe(EncoderRecipe):
    """Variants: `encoder`, `mlm`."""

    config_class = DistilBertConfig
    prefixes = ("distilbert.",)
    mlm_mark = "vocab_transform."
    other_heads = ("classifier.*", "pre_classifier.*", "qa_outputs.*")
    has_pooler = False

    def spec(self, config: DistilBertConfig) -> EncoderSpec:
        rows = config.max_position_embeddings
        return EncoderSpec(
            family="distilbert",
            words_key=WORDS,
            vocab_size=config.vocab_size,
            hidden_size=config.dim,
            positions=LearnedPositions(key=POSITIONS_KEY, positions=rows),
            positions_key=POSITIONS_KEY,
            position_rows=rows,
            embeddings_norm=norm_of("embeddings.LayerNorm", EPS),
            layers=(_layer(config),) * config.n_layers,
            layer_key="transformer.layer",
            mlm=MlmHead(
                dense_key="vocab_transform.weight",
                dense_bias_key="vocab_transform.bias",
                norm_key="vocab_layer_norm.weight",
                norm_bias_key="vocab_layer_norm.bias",
                **_head(config)[0],
                vocab_size=config.vocab_size,
                activation=config.activation,
                eps=EPS,
            ),
            max_positions=rows,
        )

    def head_ignored(self, config: DistilBertConfig) -> tuple[tuple[str, str], ...]:
        return _head(config)[1]


def _head(config: DistilBertConfig) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    bias = f"{PROJECTOR}.bias"
    return tied_head(PROJECTOR, config.tie_word_embeddings, WORDS, (bias, bias))


def _layer(config: DistilBertConfig) -> EncoderLayer:
    names = ("attention.q_lin", "attention.k_lin", "attention.v_lin")
    return EncoderLayer(
        label="distilbert_layer",
        attention=heads_attention(
            names, "attention.out_lin", heads=config.n_heads, hidden_size=config.dim
        ),
        mlp=Mlp(
            up_key="ffn.lin1",
            down_key="ffn.lin2",
            intermediate_size=config.hidden_dim,
            activation=config.activation,
        ),
        attention_norm=norm_of("sa_layer_norm", EPS),
        mlp_norm=norm_of("output_layer_norm", EPS),
    )

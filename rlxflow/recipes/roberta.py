"""RoBERTa (Liu et al., arXiv 1907.11692) and XLM-RoBERTa (Conneau et al., arXiv 1911.02116)."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from rlxflow.blocks.counted_positions import CountedPositions
from rlxflow.blocks.embedding import PositionRows
from rlxflow.recipes.bert import POSITIONS_KEY, TYPES, WORDS, mlm_head, usual_numbers
from rlxflow.recipes.bert_like_config import BertLikeConfig
from rlxflow.recipes.encoder import EncoderRecipe, EncoderSpec, tied_head


class RobertaConfig(BertLikeConfig):
    """The keys of a RoBERTa config.json that decide its numbers.

    Attributes:
        pad_token_id: Positions are counted from the one behind it.
    """

    model_type: ClassVar[str] = "roberta"

    type_vocab_size: int = Field(default=2, gt=0)
    pad_token_id: int = Field(default=1, ge=0)

    @model_validator(mode="after")
    def _has_positions(self) -> Self:
        if self.max_position_embeddings < self.pad_token_id + 2:
            raise ValueError("max_position_embeddings must be at least pad_token_id + 2")
        return self


class XlmRobertaConfig(RobertaConfig):
    """The same keys."""

    model_type: ClassVar[str] = "xlm-roberta"


class RobertaRecipe(EncoderRecipe):
    """As BERT; positions count the ids that are no pads, from pad_token_id + 1."""

    config_class = RobertaConfig
    prefixes = ("roberta.",)
    mlm_mark = "lm_head.dense."

    def spec(self, config: RobertaConfig) -> EncoderSpec:
        rows = config.max_position_embeddings
        return EncoderSpec(
            **usual_numbers(config),
            before=(("positions", CountedPositions(pad_id=config.pad_token_id)),),
            positions=PositionRows(key=POSITIONS_KEY, rows=rows),
            types_key=TYPES,
            type_vocab_size=config.type_vocab_size,
            mlm=mlm_head(
                config,
                dense="lm_head.dense",
                norm="lm_head.layer_norm",
                decoder=lm_head_names(config.tie_word_embeddings)[0],
                activation="gelu",
            ),
            max_positions=rows - config.pad_token_id - 1,
        )

    def head_ignored(self, config: RobertaConfig) -> tuple[tuple[str, str], ...]:
        return lm_head_names(config.tie_word_embeddings)[1]


class XlmRobertaRecipe(RobertaRecipe):
    """RoBERTa with another vocabulary."""

    config_class = XlmRobertaConfig


def lm_head_names(tied: bool) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """Returns the decoder's names, and what is not needed of a file, with reasons."""
    return tied_head("lm_head.decoder", tied, WORDS, ("lm_head.bias", "lm_head.decoder.bias"))

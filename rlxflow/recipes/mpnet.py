"""MPNet: positions as RoBERTa's, and a bias by distance (Song et al., arXiv 2004.09297)."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from rlxflow.blocks.counted_positions import CountedPositions
from rlxflow.blocks.embedding import PositionRows
from rlxflow.blocks.relative_bias import RelativeBias
from rlxflow.recipes.bert import POSITIONS_KEY, mlm_head, usual_numbers
from rlxflow.recipes.bert_like_config import BertLikeConfig
from rlxflow.recipes.encoder import EncoderRecipe, EncoderSpec
from rlxflow.recipes.roberta import lm_head_names

PAD_ID = 1
"""Where positions are counted from in all MPNets, whatever the config calls its pad."""
BUCKETS, FARTHEST = 32, 128
"""Of the relative bias, in all MPNets."""


class MPNetConfig(BertLikeConfig):
    """The keys of an MPNet config.json that decide its numbers.

    Attributes:
        relative_attention_num_buckets: Rows of the table, of which 32 are used.
    """

    model_type: ClassVar[str] = "mpnet"

    max_position_embeddings: int = Field(gt=PAD_ID + 1)
    relative_attention_num_buckets: int = Field(default=BUCKETS, ge=BUCKETS)


class MPNetRecipe(EncoderRecipe):
    """No token types; all layers add one bias by the distance of key and query."""

    config_class = MPNetConfig
    prefixes = ("mpnet.",)
    mlm_mark = "lm_head.dense."

    def spec(self, config: MPNetConfig) -> EncoderSpec:
        rows = config.max_position_embeddings
        bias = RelativeBias(
            key="encoder.relative_attention_bias.weight",
            num_attention_heads=config.num_attention_heads,
            num_buckets=BUCKETS,
            max_distance=FARTHEST,
            rows=config.relative_attention_num_buckets,
        )
        return EncoderSpec(
            **usual_numbers(config, "mpnet"),
            before=(
                ("positions", CountedPositions(pad_id=PAD_ID)),
                ("relative_bias", bias),
            ),
            positions=PositionRows(key=POSITIONS_KEY, rows=rows),
            mlm=mlm_head(
                config,
                dense="lm_head.dense",
                norm="lm_head.layer_norm",
                decoder=lm_head_names(config.tie_word_embeddings)[0],
                activation="gelu",
            ),
            max_positions=rows - PAD_ID - 1,
        )

    def head_ignored(self, config: MPNetConfig) -> tuple[tuple[str, str], ...]:
        return lm_head_names(config.tie_word_embeddings)[1]

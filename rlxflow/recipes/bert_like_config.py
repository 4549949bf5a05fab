"""Keys that the configs of BERT and its kin share."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from rlxflow.blocks.activation import check_activation
from rlxflow.config.model_config import ModelConfig


class BertLikeConfig(ModelConfig):
    """The keys of a config.json of BERT's kind that decide its numbers."""

    vocab_size: int = Field(gt=0)
    hidden_size: int = Field(gt=0)
    num_hidden_layers: int = Field(ge=0)
    num_attention_heads: int = Field(gt=0)
    intermediate_size: int = Field(gt=0)
    hidden_act: str = "gelu"
    max_position_embeddings: int = Field(gt=0)
    layer_norm_eps: float = Field(default=1e-12, gt=0)
    tie_word_embeddings: bool = True
    position_embedding_type: Literal["absolute"] = "absolute"
    is_decoder: Literal[False] = False
    add_cross_attention: Literal[False] = False
    pruned_heads: dict[str, list[int]] = Field(default={}, max_length=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_activation(self.hidden_act, "hidden_act")
        if self.hidden_size % self.num_attention_heads:
            raise ValueError("hidden_size must be a multiple of num_attention_heads")
        return self

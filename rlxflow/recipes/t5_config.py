"""Keys of a T5 config.json that decide the numbers of its encoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from rlxflow.blocks.activation import check_activation
from rlxflow.config.model_config import ModelConfig

DECODER = "only the decoder"


class T5Config(ModelConfig):
    """The keys of T5 1.0 and 1.1.

    Attributes:
        feed_forward_proj: An activation, or `gated-` and the activation of the gate.
    """

    model_type: ClassVar[str] = "t5"
    harmless: ClassVar[Mapping[str, str]] = {
        "decoder_start_token_id": DECODER,
        "dense_act_fn": "feed_forward_proj says it",
        "dropout_rate": "training only",
        "is_encoder_decoder": DECODER,
        "is_gated_act": "feed_forward_proj says it",
        "n_positions": "a note: distances have no limit",
        "num_decoder_layers": DECODER,
        "scale_decoder_outputs": DECODER,
        "tie_word_embeddings": DECODER,
    }

    vocab_size: int = Field(gt=0)
    d_model: int = Field(gt=0)
    d_kv: int = Field(gt=0)
    d_ff: int = Field(gt=0)
    num_layers: int = Field(ge=0)
    num_heads: int = Field(gt=0)
    relative_attention_num_buckets: int = Field(default=32, ge=4)
    relative_attention_max_distance: int = Field(default=128, gt=0)
    layer_norm_epsilon: float = Field(default=1e-6, gt=0)
    feed_forward_proj: str = "relu"
    is_decoder: Literal[False] = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_activation(self.activation, "feed_forward_proj")
        return self

    @property
    def gated(self) -> bool:
        """Whether the feed-forward has a gate."""
        return self.feed_forward_proj.startswith("gated-")

    @property
    def activation(self) -> str:
        """What the feed-forward or its gate goes through; `gated-gelu` is the tanh form."""
        if self.feed_forward_proj == "gated-gelu":
            return "gelu_new"
        return self.feed_forward_proj.removeprefix("gated-")

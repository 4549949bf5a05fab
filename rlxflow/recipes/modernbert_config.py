"""Keys of a ModernBERT config.json, in both spellings of layer types and ropes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rlxflow.blocks.activation import check_activation
from rlxflow.config.decoder import FULL, SLIDING, rope_numbers
from rlxflow.config.model_config import ModelConfig

THETAS = {FULL: 160_000.0, SLIDING: 10_000.0}
EVERY = 3
"""Each third layer looks at all keys, where the config does not say which."""


class ModernBertConfig(ModelConfig):
    """The keys that decide the numbers.

    Attributes:
        local_attention: Keys on both sides that sliding layers see; half of them on each.
        layer_types: `full_attention` or `sliding_attention` for each layer.
        global_attn_every_n_layers: The older spelling of the same: layers 0, n, 2n, ... are full.
    """

    model_type: ClassVar[str] = "modernbert"
    harmless: ClassVar[Mapping[str, str]] = {
        "attention_dropout": "training only",
        "classifier_pooling": "heads that are not built",
        "deterministic_flash_attn": "another runtime",
        "embedding_dropout": "training only",
        "initializer_cutoff_factor": "training only",
        "layer_norm_eps": "norm_eps says it",
        "mlp_dropout": "training only",
        "position_embedding_type": "positions are always rotations",
        "reference_compile": "another runtime",
        "repad_logits_with_grad": "another runtime",
        "sparse_pred_ignore_index": "training only",
        "sparse_prediction": "training only",
    }

    vocab_size: int = Field(gt=0)
    hidden_size: int = Field(gt=0)
    intermediate_size: int = Field(gt=0)
    num_hidden_layers: int = Field(ge=0)
    num_attention_heads: int = Field(gt=0)
    hidden_activation: str = "gelu"
    max_position_embeddings: int = Field(gt=0)
    norm_eps: float = Field(default=1e-5, gt=0)
    norm_bias: bool = False
    attention_bias: bool = False
    mlp_bias: bool = False
    decoder_bias: bool = True
    classifier_bias: bool = False
    classifier_activation: str = "gelu"
    tie_word_embeddings: bool = True
    local_attention: int = Field(default=128, gt=0)
    layer_types: list[Literal["full_attention", "sliding_attention"]] | None = None
    global_attn_every_n_layers: int = Field(default=EVERY, gt=0)
    rope_parameters: dict[str, dict[str, Any] | None] | None = None
    rope_scaling: dict[str, Any] | None = None
    global_rope_theta: float | None = Field(default=None, gt=0)
    local_rope_theta: float | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_activation(self.hidden_activation, "hidden_activation")
        check_activation(self.classifier_activation, "classifier_activation")
        if self.hidden_size % self.num_attention_heads:
            raise ValueError("hidden_size must be a multiple of num_attention_heads")
        if self.layer_types and len(self.layer_types) != self.num_hidden_layers:
            raise ValueError(f"layer_types must name {self.num_hidden_layers} layers")
        unknown = set(self.rope_parameters or {}) - set(THETAS)
        if unknown:
            raise ValueError(f"rope_parameters may name {', '.join(THETAS)} only")
        return self

    def types(self) -> list[str]:
        """Returns the kind of each layer."""
        every = self.global_attn_every_n_layers
        said = [SLIDING if i % every else FULL for i in range(self.num_hidden_layers)]
        return list(self.layer_types or said)

    def rope(self, layer_type: str) -> dict[str, Any]:
        """Returns the numbers of the rope of one kind of layer, as `RopeTables` takes them."""
        older = self.global_rope_theta if layer_type == FULL else self.local_rope_theta
        raw = (self.rope_parameters or {}).get(layer_type) or {}
        merged = {"rope_theta": older, **(self.rope_scaling or {}), **raw}
        return rope_numbers(
            merged,
            head_dim=self.hidden_size // self.num_attention_heads,
            max_pos=self.max_position_embeddings,
            partial=merged.pop("partial_rotary_factor", None),
            default_theta=THETAS[layer_type],
        )

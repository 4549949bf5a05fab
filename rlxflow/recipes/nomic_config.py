"""Keys of a nomic_bert config.json, in transformers' spelling and in that of its own code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rlxflow.blocks.activation import check_activation
from rlxflow.config.decoder import rope_numbers
from rlxflow.config.model_config import ModelConfig

OWN_NAMES = {
    "n_embd": "hidden_size",
    "n_head": "num_attention_heads",
    "n_layer": "num_hidden_layers",
    "n_inner": "intermediate_size",
    "n_positions": "max_position_embeddings",
    "layer_norm_epsilon": "layer_norm_eps",
    "rotary_emb_base": "rope_theta",
}
"""Keys of the first files -> those of transformers."""
GATED = {"swiglu": "silu", "geglu": "gelu"}
"""`activation_function` of the first files -> what the gate goes through."""


class NomicBertConfig(ModelConfig):
    """The keys that decide the numbers; what the first files can say besides is refused."""

    model_type: ClassVar[str] = "nomic_bert"
    harmless: ClassVar[Mapping[str, str]] = {
        "attn_pdrop": "training only",
        "dense_seq_output": "same numbers for fewer tokens",
        "embd_pdrop": "training only",
        "expert_choice_router": "a note where there are no experts",
        "fused_bias_fc": "another runtime",
        "fused_dropout_add_ln": "another runtime",
        "last_layer_subset": "same numbers for fewer tokens",
        "max_trained_positions": "a note",
        "pad_vocab_size_multiple": "vocab_size says it",
        "reorder_and_upcast_attn": "another runtime",
        "resid_pdrop": "training only",
        "scale_attn_weights": "scores are always scaled",
        "summary_activation": "heads that are not built",
        "summary_first_dropout": "training only",
        "summary_proj_to_labels": "heads that are not built",
        "summary_type": "heads that are not built",
        "summary_use_proj": "heads that are not built",
        "use_flash_attn": "another runtime",
        "use_xentropy": "training only",
    }

    vocab_size: int = Field(gt=0)
    hidden_size: int = Field(gt=0)
    num_hidden_layers: int = Field(ge=0)
    num_attention_heads: int = Field(gt=0)
    intermediate_size: int = Field(gt=0)
    head_dim: int | None = Field(default=None, gt=0)
    hidden_act: str = "silu"
    max_position_embeddings: int = Field(gt=0)
    type_vocab_size: int = Field(default=2, ge=0)
    layer_norm_eps: float = Field(default=1e-12, gt=0)
    tie_word_embeddings: bool = True
    rope_parameters: dict[str, Any] | None = None
    rope_theta: float | None = None
    rope_scaling: dict[str, Any] | None = None
    rotary_emb_fraction: float = Field(default=1.0, ge=1, le=1)
    rotary_emb_interleaved: Literal[False] = False
    rotary_emb_scale_base: None = None
    rotary_scaling_factor: None = None
    qkv_proj_bias: Literal[False] = False
    mlp_fc1_bias: Literal[False] = False
    mlp_fc2_bias: Literal[False] = False
    prenorm: Literal[False] = False
    parallel_block: Literal[False] = False
    parallel_block_tied_norm: Literal[False] = False
    use_rms_norm: Literal[False] | None = False
    causal: Literal[False] = False
    scale_attn_by_inverse_layer_idx: Literal[False] = False
    num_experts: Literal[0] = 0

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], where: str = "config") -> Self:
        return super().from_dict(in_our_names(raw), where)

    @classmethod
    def account(cls, raw: Mapping[str, Any]) -> dict[str, list[str]]:
        return super().account(in_our_names(raw))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_activation(self.hidden_act, "hidden_act")
        if self.head_dim is None and self.hidden_size % self.num_attention_heads:
            raise ValueError("hidden_size must be a multiple of num_attention_heads")
        return self

    @property
    def head_size(self) -> int:
        """Size of a head."""
        return self.head_dim or self.hidden_size // self.num_attention_heads

    def rope(self) -> dict[str, Any]:
        """Returns the numbers of the rope, as `RopeTables` takes them."""
        raw = {"rope_theta": self.rope_theta, **(self.rope_parameters or self.rope_scaling or {})}
        return rope_numbers(
            raw,
            head_dim=self.head_size,
            max_pos=self.max_position_embeddings,
            partial=raw.pop("partial_rotary_factor", None),
            default_theta=1000.0,
        )


def in_our_names(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the config with the keys of transformers, whichever spelling it has."""
    made = {OWN_NAMES.get(key, key): value for key, value in raw.items()}
    function = made.pop("activation_function", None)
    if function is not None:
        made["hidden_act"] = GATED.get(function, f"activation_function {function}")
    return made

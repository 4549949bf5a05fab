"""Keys that the configs of all decoder families share, in both spellings of the rope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, cast

from pydantic import Field, model_validator

from rlxflow.config.model_config import ModelConfig
from rlxflow.errors import ConfigError, did_you_mean

ROPE_KEYS = {
    "rope_type",
    "type",
    "rope_theta",
    "partial_rotary_factor",
    "factor",
    "original_max_position_embeddings",
    "low_freq_factor",
    "high_freq_factor",
    "beta_fast",
    "beta_slow",
    "truncate",
    "attention_factor",
    "mscale",
    "mscale_all_dim",
    "short_factor",
    "long_factor",
    "factors",
    "mrope_section",
    "mrope_interleaved",
    "finetuned",
}
ROPE_LISTS = {"short_factor", "long_factor", "factors", "mrope_section"}
FULL, SLIDING, LINEAR = "full_attention", "sliding_attention", "linear_attention"


class DecoderConfig(ModelConfig):
    """The keys of a causal language model's config.json; families add and default their own."""

    harmless: ClassVar[Mapping[str, str]] = {
        "_sliding_window_pattern": "`layer_types` says it",
        "attention_dropout": "training only",
        "cache_implementation": "caches are chosen by layer",
        "embd_pdrop": "training only",
        "is_llama_config": "a note",
        "output_router_logits": "training only",
        "pretraining_tp": "same numbers in parts",
        "resid_pdrop": "training only",
        "router_aux_loss_coef": "training only",
        "router_jitter_noise": "training only",
    }

    vocab_size: int = Field(gt=0)
    hidden_size: int = Field(gt=0)
    intermediate_size: int = Field(gt=0)
    num_hidden_layers: int = Field(ge=0)
    num_attention_heads: int = Field(gt=0)
    num_key_value_heads: int | None = Field(default=None, gt=0)
    head_dim: int | None = Field(default=None, gt=0)
    hidden_act: str = "silu"
    max_position_embeddings: int = Field(gt=0)
    rms_norm_eps: float = Field(default=1e-6, gt=0)
    tie_word_embeddings: bool = False
    attention_bias: bool = False
    rope_parameters: dict[str, Any] | None = None
    rope_theta: float | None = None
    rope_scaling: dict[str, Any] | None = None
    partial_rotary_factor: float | None = None
    layer_types: list[Literal["full_attention", "sliding_attention", "linear_attention"]] | None = (
        None
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.num_attention_heads % self.groups:
            raise ValueError("num_attention_heads must be a multiple of num_key_value_heads")
        if self.head_dim is None and self.hidden_size % self.num_attention_heads:
            raise ValueError("hidden_size must be a multiple of num_attention_heads")
        if self.layer_types and len(self.layer_types) != self.num_hidden_layers:
            raise ValueError(f"layer_types must name {self.num_hidden_layers} layers")
        known = self.known_types()
        if not known.issuperset(self.layer_types or ()):
            raise ValueError(f"layer_types of a `{self.model_type}` may be {', '.join(known)} only")
        return self

    @property
    def groups(self) -> int:
        """Key/value heads."""
        return self.num_key_value_heads or self.num_attention_heads

    @property
    def head_size(self) -> int:
        """Size of a head."""
        return self.head_dim or self.hidden_size // self.num_attention_heads

    def known_types(self) -> set[str]:
        """Returns what `layer_types` may say."""
        return {FULL}

    def types(self) -> list[str]:
        """Returns the kind of each layer."""
        return list(self.layer_types or [FULL] * self.num_hidden_layers)

    def rope(self, layer_type: str = FULL, default_theta: float = 10_000.0) -> dict[str, Any]:
        """Returns the numbers of the rope of one kind of layer, as `RopeTables` takes them.

        Both spellings are read: `rope_parameters`, flat or by layer type, and the older
        `rope_theta`, `rope_scaling`, `partial_rotary_factor`.
        """
        raw = self.rope_parameters or {}
        raw = raw.get(layer_type, raw) if raw else dict(self.rope_scaling or {})
        merged = {"rope_theta": self.rope_theta, **raw}
        inside = merged.pop("partial_rotary_factor", None)
        partial = self.partial_rotary_factor if inside is None else inside
        return rope_numbers(
            merged,
            head_dim=self.head_size,
            max_pos=self.max_position_embeddings,
            partial=partial,
            default_theta=default_theta,
        )


def rope_numbers(
    raw: Mapping[str, Any],
    *,
    head_dim: int,
    max_pos: int,
    partial: float | None,
    default_theta: float,
) -> dict[str, Any]:
    """Returns the keyword arguments of `RopeTables`; raises ConfigError for unknown keys."""
    unknown = [key for key in raw if key not in ROPE_KEYS]
    if unknown:
        raise ConfigError(
            "rope_parameters",
            expected=f"keys {', '.join(sorted(ROPE_KEYS))}",
            found=", ".join(f"`{key}`" for key in unknown),
            cure=did_you_mean(unknown[0], ROPE_KEYS),
        )
    kind = str(raw.get("rope_type") or raw.get("type") or "default")
    kind = {"su": "longrope", "mrope": "default"}.get(kind, kind)
    given = raw.get("rope_theta")
    theta = float(default_theta if given is None else _number("rope_theta", given))
    known = ROPE_KEYS - {"rope_type", "type", "rope_theta", "partial_rotary_factor"}
    known -= {"mrope_section", "mrope_interleaved", "finetuned"}
    numbers = {key: _number(key, raw[key]) for key in known if raw.get(key) is not None}
    made: dict[str, Any] = {"max_pos": max_pos, "head_dim": head_dim, "theta": theta}
    made |= {"rope_type": kind, **numbers}
    partial = None if partial is None else _number("partial_rotary_factor", partial)
    if partial is not None and kind == "proportional":
        if not 0 <= partial <= 1:
            where = "rope_parameters: partial_rotary_factor"
            raise ConfigError(where, expected="0 to 1", found=f"{partial}")
        return made | {"proportion": partial}
    if partial is not None and partial != 1.0:
        made["rotary_dim"] = int(head_dim * partial)
    return made


def _number(key: str, value: object) -> Any:
    """Returns a number, a tuple of numbers or a truth value; raises ConfigError for others."""
    parts = cast("list[object]", value) if isinstance(value, list) else [value]
    if (isinstance(value, list) and key not in ROPE_LISTS) or not all(
        isinstance(part, (int, float)) for part in parts
    ):
        found = ", ".join(repr(part) for part in parts[:9])
        raise ConfigError(f"rope_parameters: {key}", expected="numbers", found=found[:80])
    return tuple(parts) if isinstance(value, list) else value

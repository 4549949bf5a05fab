"""Whisper: an encoder of sound and a decoder of text (Radford et al., arXiv 2212.04356)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rlxflow.blocks.activation import check_activation
from rlxflow.config.model_config import ModelConfig
from rlxflow.errors import InputError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.recipes.base import FlowRequest, Recipe, sizes_of
from rlxflow.recipes.whisper_flow import WhisperSpec
from rlxflow.weights import NameRules

_TRAINING = (
    "activation_dropout",
    "apply_spec_augment",
    "attention_dropout",
    "decoder_layerdrop",
    "dropout",
    "encoder_layerdrop",
    "init_std",
    "mask_feature_length",
    "mask_feature_min_masks",
    "mask_feature_prob",
    "mask_time_length",
    "mask_time_min_masks",
    "mask_time_prob",
)


class WhisperConfig(ModelConfig):
    """The keys of a Whisper config.json."""

    model_type: ClassVar[str] = "whisper"
    harmless: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(_TRAINING, "training only"),
        "begin_suppress_tokens": "read when text is generated",
        "classifier_proj_size": "heads that are not built",
        "decoder_start_token_id": "read when text is generated",
        "forced_decoder_ids": "read when text is generated",
        "max_length": "generation settings of another runtime",
        "median_filter_width": "times of words are not computed",
        "num_hidden_layers": "`encoder_layers` says it",
        "suppress_tokens": "read when text is generated",
        "use_weighted_layer_sum": "heads that are not built",
    }

    vocab_size: int = Field(gt=0)
    num_mel_bins: int = Field(gt=0)
    d_model: int = Field(gt=0)
    encoder_layers: int = Field(ge=0)
    encoder_attention_heads: int = Field(gt=0)
    encoder_ffn_dim: int = Field(gt=0)
    decoder_layers: int = Field(ge=0)
    decoder_attention_heads: int = Field(gt=0)
    decoder_ffn_dim: int = Field(gt=0)
    max_source_positions: int = Field(default=1500, gt=0)
    max_target_positions: int = Field(default=448, gt=0)
    activation_function: str = "gelu"
    tie_word_embeddings: bool = True
    scale_embedding: Literal[False] = False
    is_encoder_decoder: Literal[True] = True

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_activation(self.activation_function, "activation_function")
        for heads in (self.encoder_attention_heads, self.decoder_attention_heads):
            if self.d_model % heads:
                raise ValueError(f"d_model must be a multiple of the attention heads, {heads}")
        return self


class WhisperRecipe(Recipe):
    """Phases: `forward` (both halves), `encode` (sound), `prefill` and `decode` (text)."""

    config_class = WhisperConfig
    phases = ("forward", "encode", "prefill", "decode")
    prompt_inputs = ("encoder_hidden_states",)

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        return "speech"

    def rules(self, config: WhisperConfig, variant: str) -> NameRules:
        tied = (("proj_out.weight", "tied to the token table"),)
        return NameRules(prefixes=("model.",), ignore=tied if config.tie_word_embeddings else ())

    def max_positions(self, config: WhisperConfig) -> int:
        return config.max_target_positions

    def usual_sizes(self, config: WhisperConfig, variant: str, phase: str) -> dict[str, Any]:
        if phase in {"encode", "decode"}:
            return {"seq": 1}
        sizes = {"seq": min(128, config.max_target_positions)}
        return sizes | ({"context": config.max_target_positions} if phase == "prefill" else {})

    def request_for(
        self, config: WhisperConfig, variant: str, shapes: Mapping[str, tuple[int, ...]]
    ) -> FlowRequest:
        """Features alone are encoded; with `decoder_input_ids` both halves run."""
        found = sizes_of(shapes, "input_features", "b mels frames")
        frames = 2 * config.max_source_positions
        if found[1:] != (config.num_mel_bins, frames):
            raise InputError(
                "input `input_features`",
                expected=f"[b, {config.num_mel_bins}, {frames}]: mel bins, then frames",
                found=str([*found]),
                cure="pad or cut the sound to what the model hears at once",
            )
        if "decoder_input_ids" not in shapes:
            return FlowRequest(phase="encode", batch=found[0])
        rows, seq = sizes_of(shapes, "decoder_input_ids", "b t")
        if rows != found[0]:
            expected = f"{found[0]} rows, as `input_features` has"
            raise InputError("input `decoder_input_ids`", expected=expected, found=str(rows))
        return FlowRequest(phase="forward", batch=rows, seq=seq)

    def flow(self, config: WhisperConfig, variant: str, request: FlowRequest) -> ModelFlow:
        spec = WhisperSpec(
            vocab_size=config.vocab_size,
            mels=config.num_mel_bins,
            hidden_size=config.d_model,
            layers=(config.encoder_layers, config.decoder_layers),
            heads=(config.encoder_attention_heads, config.decoder_attention_heads),
            widths=(config.encoder_ffn_dim, config.decoder_ffn_dim),
            positions=(config.max_source_positions, config.max_target_positions),
            activation=config.activation_function,
            tied=config.tie_word_embeddings,
        )
        return spec.flow(request)

"""What the configs of vision encoders share: sizes of images, and keys that change nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from rlxflow.config.model_config import ModelConfig


def _pair(value: object) -> object:
    """Returns (height, width) of a number or of a list of two."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    if isinstance(value, list | tuple) and len(cast("list[object]", value)) == 2:
        return tuple(cast("list[object]", value))
    raise ValueError(f"expected a number or [height, width], found {value!r}")


Positive = Annotated[int, Field(gt=0)]
Pair = Annotated[tuple[Positive, Positive], BeforeValidator(_pair)]
"""Height and width in pixels; written as one number where they are the same."""

NO_DROPOUT: Mapping[str, str] = dict.fromkeys(
    ("attention_dropout", "drop_path_rate", "dropout", "hidden_dropout", "layerscale_value"),
    "training only",
)
BACKBONE: Mapping[str, str] = dict.fromkeys(
    (
        "apply_layernorm",
        "out_features",
        "out_indices",
        "reshape_hidden_states",
        "stage_names",
    ),
    "of a backbone for other models",
)
GENERATION: Mapping[str, str] = dict.fromkeys(
    (
        "add_cross_attention",
        "bad_words_ids",
        "begin_suppress_tokens",
        "decoder_start_token_id",
        "diversity_penalty",
        "do_sample",
        "early_stopping",
        "encoder_no_repeat_ngram_size",
        "exponential_decay_length_penalty",
        "forced_bos_token_id",
        "forced_eos_token_id",
        "is_decoder",
        "length_penalty",
        "max_length",
        "min_length",
        "no_repeat_ngram_size",
        "num_beam_groups",
        "num_beams",
        "num_return_sequences",
        "output_scores",
        "prefix",
        "remove_invalid_values",
        "repetition_penalty",
        "return_dict_in_generate",
        "suppress_tokens",
        "temperature",
        "tf_legacy_loss",
        "tie_word_embeddings",
        "top_k",
        "top_p",
        "typical_p",
    ),
    "generation settings, which older files write for every model",
)


class TowerConfig(ModelConfig):
    """Base of the configs of encoders with pre-norm layers; families give the defaults."""

    harmless: ClassVar[Mapping[str, str]] = {**NO_DROPOUT, **GENERATION}

    hidden_size: int = Field(default=768, gt=0)
    num_hidden_layers: int = Field(default=12, ge=0)
    num_attention_heads: int = Field(default=12, gt=0)
    layer_norm_eps: float = Field(default=1e-6, gt=0)
    pruned_heads: dict[str, list[int]] = Field(default={}, max_length=0)

    @model_validator(mode="after")
    def _heads_fit(self) -> Self:
        if self.hidden_size % self.num_attention_heads:
            raise ValueError("hidden_size must be a multiple of num_attention_heads")
        return self


class PixelConfig(TowerConfig):
    """Base of the configs of encoders that take whole images."""

    harmless: ClassVar[Mapping[str, str]] = {**TowerConfig.harmless, **BACKBONE}

    image_size: Pair = (224, 224)
    patch_size: Pair = (16, 16)
    num_channels: int = Field(default=3, gt=0)

    @model_validator(mode="after")
    def _holds_a_patch(self) -> Self:
        if 0 in self.grid():
            raise ValueError("image_size must be at least patch_size")
        return self

    def grid(self, image_size: tuple[int, int] | None = None) -> tuple[int, int]:
        """Returns rows and columns of patches of an image; of the config's size if None."""
        height, width = image_size or self.image_size
        return height // self.patch_size[0], width // self.patch_size[1]

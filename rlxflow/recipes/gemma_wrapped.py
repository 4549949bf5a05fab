"""Gemma 3 and 4 models of texts and images: the part that reads texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rlxflow.config.gemma4 import Gemma4Config
from rlxflow.config.text_part import TextPart
from rlxflow.recipes.gemma import Gemma3Config, Gemma3Recipe
from rlxflow.recipes.gemma4 import Gemma4Recipe

TOWERS = (
    ("*vision_tower.*", "the image tower is not built"),
    ("*audio_tower.*", "the audio tower is not built"),
    ("*multi_modal_projector.*", "the image tower is not built"),
    ("*embed_vision.*", "the image tower is not built"),
    ("*embed_audio.*", "the audio tower is not built"),
)
MOVED = (
    ("language_model.model.", "model."),
    ("model.language_model.", "model."),
    ("language_model.lm_head.", "lm_head."),
)


class Gemma3WholeConfig(TextPart, Gemma3Config):
    """The keys of a config.json of a Gemma 3 with images."""

    model_type: ClassVar[str] = "gemma3"
    inner_type: ClassVar[str] = "gemma3_text"


class Gemma4WholeConfig(TextPart, Gemma4Config):
    """The keys of a config.json of a Gemma 4 with images and sounds."""

    model_type: ClassVar[str] = "gemma4"
    inner_type: ClassVar[str] = "gemma4_text"


class Gemma3WholeRecipe(Gemma3Recipe):
    """Gemma 3 for texts, from a file that has an image tower as well."""

    config_class: ClassVar[Any] = Gemma3WholeConfig
    moved = MOVED
    ignore = TOWERS

    def raw_of(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return dict(raw) | Gemma3WholeConfig.text_of(raw) | {"model_type": raw["model_type"]}


class Gemma4WholeRecipe(Gemma4Recipe):
    """Gemma 4 for texts, from a file that has other towers as well."""

    config_class: ClassVar[Any] = Gemma4WholeConfig
    moved = MOVED
    ignore = TOWERS

    def raw_of(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return dict(raw) | Gemma4WholeConfig.text_of(raw) | {"model_type": raw["model_type"]}

"""The text model inside the config of a model of texts and images."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Self, cast

from rlxflow.config.model_config import ModelConfig
from rlxflow.errors import ConfigError

TOWER = "another tower than that of texts, which is not built"
MARKER = "where other towers' vectors would stand; texts have none"
BESIDE: Mapping[str, str] = {
    "vision_config": TOWER,
    "audio_config": TOWER,
    "mm_tokens_per_image": MARKER,
    "vision_soft_tokens_per_image": MARKER,
    **{
        f"{name}_{kind}": MARKER
        for name in ("boi", "eoi", "image", "video", "boa", "eoa", "audio")
        for kind in ("token_id", "token_index")
    },
}
"""Keys beside `text_config` that cannot change what is made of a text, and why."""


class TextPart(ModelConfig):
    """Part of the configs whose numbers stand under `text_config`; of the rest nothing is built."""

    inner_type: ClassVar[str] = ""

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], where: str = "config") -> Self:
        """Returns the validated text config; keys beside it are known, or refused by name."""
        inner = cls.text_of(raw, where)
        for key in raw:
            if key != "text_config" and not (key in inner or cls._why_beside(raw, key)):
                raise ConfigError(where, expected="keys of this family", found=f"`{key}`")
        return super().from_dict(inner, f"{where}: text_config")

    @classmethod
    def text_of(cls, raw: Mapping[str, Any], where: str = "config") -> dict[str, Any]:
        """Returns the keys under `text_config`, and the tied head that is said outside."""
        found: object = raw.get("text_config")
        if not isinstance(found, dict):
            expected = "an object `text_config`"
            raise ConfigError(where, expected=expected, found=json.dumps(found)[:80])
        inner = dict(cast("dict[str, Any]", found))
        if inner.get("model_type", cls.inner_type) != cls.inner_type:
            kind = json.dumps(inner["model_type"])[:80]
            raise ConfigError(f"{where}: text_config", expected=cls.inner_type, found=kind)
        if "tie_word_embeddings" in raw:
            inner["tie_word_embeddings"] = raw["tie_word_embeddings"]
        return inner

    @classmethod
    def account(cls, raw: Mapping[str, Any]) -> dict[str, list[str]]:
        inner = cls.text_of(raw)
        fates, outer = super().account(inner), [key for key in raw if key not in inner]
        beside = [f"{key}: {why}" for key in outer if (why := cls._why_beside(raw, key))]
        return fates | {"ignored": [*fates["ignored"], *beside]}

    @classmethod
    def _why_beside(cls, raw: Mapping[str, Any], key: str) -> str:
        return BESIDE.get(key, "") or cls._why_harmless(key, raw[key])

"""Configs of models with an encoder of texts and one of images, and of those encoders alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from rlxflow.blocks.activation import check_activation
from rlxflow.config.model_config import ModelConfig
from rlxflow.config.vision import Pair, PixelConfig, TowerConfig


class WideTower(TowerConfig):
    """What all these encoders have."""

    intermediate_size: int = Field(default=3072, gt=0)
    hidden_act: str = "gelu_pytorch_tanh"

    @model_validator(mode="after")
    def _known_activation(self) -> Self:
        check_activation(self.hidden_act, "hidden_act")
        return self


class TextConfig(WideTower):
    """An encoder of texts."""

    vocab_size: int = Field(default=32000, gt=0)
    max_position_embeddings: int = Field(default=64, gt=0)


class ClipTextConfig(TextConfig):
    """CLIP's, as `text_config` or by itself. An `eos_token_id` of 2 is what old files say."""

    model_type: ClassVar[str] = "clip_text_model"

    vocab_size: int = Field(default=49408, gt=0)
    hidden_size: int = Field(default=512, gt=0)
    intermediate_size: int = Field(default=2048, gt=0)
    num_attention_heads: int = Field(default=8, gt=0)
    max_position_embeddings: int = Field(default=77, gt=0)
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = Field(default=1e-5, gt=0)
    projection_dim: int = Field(default=512, gt=0)
    eos_token_id: int = Field(default=49407, ge=0)


class ClipVisionConfig(WideTower, PixelConfig):
    """CLIP's, as `vision_config` or by itself."""

    model_type: ClassVar[str] = "clip_vision_model"

    patch_size: Pair = (32, 32)
    hidden_act: str = "quick_gelu"
    layer_norm_eps: float = Field(default=1e-5, gt=0)
    projection_dim: int = Field(default=512, gt=0)


class SiglipTextConfig(TextConfig):
    """SigLIP's, as `text_config` or by itself."""

    model_type: ClassVar[str] = "siglip_text_model"

    projection_size: int | None = Field(default=None, gt=0)
    pad_token_id: int = Field(default=1, ge=0)


class SiglipVisionConfig(WideTower, PixelConfig):
    """SigLIP's, as `vision_config` or by itself."""

    model_type: ClassVar[str] = "siglip_vision_model"

    vision_use_head: bool = True


class Siglip2VisionConfig(WideTower):
    """SigLIP 2's, whose images arrive cut into patches."""

    model_type: ClassVar[str] = "siglip2_vision_model"

    patch_size: Pair = (16, 16)
    num_channels: int = Field(default=3, gt=0)
    num_patches: int = Field(default=256, gt=0)
    vision_use_head: bool = True

    @model_validator(mode="after")
    def _square(self) -> Self:
        if round(self.num_patches**0.5) ** 2 != self.num_patches:
            raise ValueError("num_patches must be a square number")
        return self

    def grid(self) -> tuple[int, int]:
        """Returns rows and columns of the position table."""
        side = round(self.num_patches**0.5)
        return side, side


def _section(cls: type[ModelConfig], name: str) -> BeforeValidator:
    """Returns what reads an object of a config.json as a config of its own."""

    def read(raw: object) -> ModelConfig:
        if raw is not None and not isinstance(raw, dict):
            raise ValueError(f"{name} must be an object, found {raw!r}")
        return cls.from_dict(cast("dict[str, Any]", raw or {}), name)

    return BeforeValidator(read)


class TwoTowerConfig(ModelConfig):
    """Base of the configs with a `text_config` and a `vision_config`."""

    harmless: ClassVar[Mapping[str, str]] = TowerConfig.harmless

    @model_validator(mode="before")
    @classmethod
    def _sections(cls, raw: Any) -> Any:
        """Lets the sections that the first CLIP files called `*_config_dict` count, as they do."""
        made = dict(raw)
        for name in ("text_config", "vision_config"):
            old = made.pop(f"{name}_dict", None)
            made[name] = made.get(name) if old is None else old
        return made


class ClipConfig(TwoTowerConfig):
    """The keys of a CLIP config.json that decide its numbers."""

    model_type: ClassVar[str] = "clip"
    harmless: ClassVar[Mapping[str, str]] = {
        **TwoTowerConfig.harmless,
        "logit_scale_init_value": "training only",
    }

    text_config: Annotated[ClipTextConfig, _section(ClipTextConfig, "text_config")]
    vision_config: Annotated[ClipVisionConfig, _section(ClipVisionConfig, "vision_config")]
    projection_dim: int = Field(default=512, gt=0)


def _same_width(text: SiglipTextConfig, vision: WideTower) -> None:
    if (text.projection_size or text.hidden_size) != vision.hidden_size:
        raise ValueError("text_config.projection_size must be vision_config.hidden_size")


class SiglipConfig(TwoTowerConfig):
    """The keys of a SigLIP config.json that decide its numbers."""

    model_type: ClassVar[str] = "siglip"

    text_config: Annotated[SiglipTextConfig, _section(SiglipTextConfig, "text_config")]
    vision_config: Annotated[SiglipVisionConfig, _section(SiglipVisionConfig, "vision_config")]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _same_width(self.text_config, self.vision_config)
        return self


class Siglip2Config(TwoTowerConfig):
    """The keys of a SigLIP 2 config.json that decide its numbers."""

    model_type: ClassVar[str] = "siglip2"

    text_config: Annotated[SiglipTextConfig, _section(SiglipTextConfig, "text_config")]
    vision_config: Annotated[Siglip2VisionConfig, _section(Siglip2VisionConfig, "vision_config")]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _same_width(self.text_config, self.vision_config)
        return self

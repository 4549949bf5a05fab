"""How a checkpoint wants its images: the keys of preprocessor_config.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from rlxflow.config.json_file import read_json_object
from rlxflow.config.model_config import ModelConfig
from rlxflow.errors import ConfigError, did_you_mean

HALF = (0.5, 0.5, 0.5)
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
OPENAI = (
    (0.48145466, 0.4578275, 0.40821073),
    (0.26862954, 0.26130258, 0.27577711),
)
BILINEAR, BICUBIC = 2, 3

_SQUARE = {"size": {"height": 224, "width": 224}}
_CROPPED = {
    "size": {"shortest_edge": 224},
    "resample": BICUBIC,
    "do_center_crop": True,
    "image_mean": OPENAI[0],
    "image_std": OPENAI[1],
}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "BitImageProcessor": _CROPPED,
    "CLIPImageProcessor": _CROPPED,
    "DINOv3ViTImageProcessor": {
        **_SQUARE,
        "image_mean": IMAGENET[0],
        "image_std": IMAGENET[1],
        "rescale_first": True,
    },
    "Siglip2ImageProcessor": {"patch_size": 16},
    "SiglipImageProcessor": {**_SQUARE, "resample": BICUBIC},
    "ViTImageProcessor": _SQUARE,
}
"""What the kinds of files mean where they leave a key out, beside `ImageConfig`'s own defaults."""

Size = tuple[int, int]


def _edges(value: object) -> object:
    """Returns a size as an object: a number is that of both edges."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"height": value, "width": value}
    return value


class Edges(ModelConfig):
    """A size in pixels: `height` and `width`, or `shortest_edge` with the shape kept."""

    height: int = Field(default=0, ge=1)
    width: int = Field(default=0, ge=1)
    shortest_edge: int = Field(default=0, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.shortest_edge) == bool(self.height and self.width):
            raise ValueError("a size has either height and width, or shortest_edge")
        return self

    def of(self, height: int, width: int) -> Size:
        """Returns height and width after resizing an image of these."""
        if not self.shortest_edge:
            return self.height, self.width
        long = int(self.shortest_edge * max(height, width) / min(height, width))
        return (long, self.shortest_edge) if width <= height else (self.shortest_edge, long)


def _numbers(value: object) -> object:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


def _as_edges(value: object) -> Edges | None:
    made = _edges(value)
    if made is None or isinstance(made, Edges):
        return made
    if not isinstance(made, dict):
        raise ValueError(f"a size is a number or an object, found {value!r}")
    return Edges.from_dict(cast("dict[str, Any]", made), "size")


Three = Annotated[tuple[float, float, float], BeforeValidator(_numbers)]
Sized = Annotated[Edges | None, BeforeValidator(_as_edges)]


class ImageConfig(ModelConfig):
    """What is done with an image, in this order.

    Resized (Pillow's `resample` filters by number), cut or padded around its centre, multiplied by
    `rescale_factor`, and `(x - image_mean) / image_std`. With `rescale_first` it is multiplied
    before it is resized, without rounding; with `patch_size` it is resized to the most patches that
    fit into `max_num_patches` and cut into them.
    """

    model_type: ClassVar[str] = "preprocessor"
    harmless: ClassVar[Mapping[str, str]] = {
        **dict.fromkeys(
            (
                "_processor_class",
                "_valid_processor_keys",
                "feature_extractor_type",
                "image_processor_type",
                "model_input_names",
                "processor_class",
                "use_fast",
            ),
            "a note",
        ),
        **dict.fromkeys(
            ("data_format", "device", "disable_grouping", "input_data_format", "return_tensors"),
            "how another runtime hands arrays on",
        ),
        "default_to_square": "the size says it",
        "do_convert_rgb": "images are always made RGB",
    }

    do_resize: bool = True
    size: Sized = None
    resample: Literal[0, 1, 2, 3, 4, 5] = BILINEAR
    do_center_crop: bool = False
    crop_size: Sized = None
    do_rescale: bool = True
    rescale_factor: float = Field(default=1 / 255, gt=0)
    do_normalize: bool = True
    image_mean: Three = HALF
    image_std: Three = HALF
    do_pad: Literal[False] = False
    pad_size: None = None
    rescale_first: bool = False
    patch_size: int = Field(default=0, ge=0)
    max_num_patches: int = Field(default=256, ge=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.do_resize and not self.patch_size and self.size is None:
            raise ValueError("do_resize needs a size")
        if self.patch_size and not self.do_resize:
            raise ValueError("patches need do_resize")
        if self.do_center_crop and (self.crop_size is None or not self.crop_size.height):
            raise ValueError("do_center_crop needs a crop_size of height and width")
        if min(self.image_std) <= 0:
            raise ValueError("image_std must be above 0")
        if self.rescale_first and self.resample not in (BILINEAR, BICUBIC):
            raise ValueError(f"resample {self.resample} is not supported where rescaling is first")
        return self


def read_image_config(folder: Path) -> ImageConfig:
    """Returns what a checkpoint folder says about images.

    Raises ConfigError if there is no such file, or a key of it is not understood.
    """
    path, raw = _find(folder)
    kind = str(raw.get("image_processor_type") or raw.get("feature_extractor_type") or "")
    name = kind.removesuffix("Fast").removesuffix("Pil")
    name = name.replace("FeatureExtractor", "ImageProcessor")
    if name not in DEFAULTS:
        raise ConfigError(
            f"{path}: image_processor_type",
            expected=f"one of {', '.join(DEFAULTS)}",
            found=f"`{kind}`" if kind else "none",
            cure=did_you_mean(name, DEFAULTS),
        )
    for own in ("rescale_first", *(() if "patch_size" in DEFAULTS[name] else ("patch_size",))):
        if raw.get(own) is not None:
            raise ConfigError(f"{path}", expected=f"no `{own}`", found=f"{raw[own]!r}")
    given = {key: value for key, value in raw.items() if value is not None}
    merged = {**DEFAULTS[name], **given}
    size = merged.get("size")
    if "shortest_edge" in DEFAULTS[name].get("size", {}) and isinstance(size, int):
        merged["size"] = {"shortest_edge": size}
    if merged.get("do_center_crop"):
        merged.setdefault("crop_size", 224)
    return ImageConfig.from_dict(merged, str(path))


def _find(folder: Path) -> tuple[Path, dict[str, Any]]:
    own, joint = folder / "preprocessor_config.json", folder / "processor_config.json"
    if own.is_file():
        return own, read_json_object(own)
    if joint.is_file():
        inside = read_json_object(joint).get("image_processor")
        if isinstance(inside, dict):
            return joint, cast("dict[str, Any]", inside)
    raise ConfigError(
        f"{folder}",
        expected="a preprocessor_config.json",
        found="none",
        cure="copy it from the checkpoint, or call the model with pixel_values",
    )

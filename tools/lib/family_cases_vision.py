"""Small models that take images, for `make_family_goldens.py`: architecture, config, inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

Inputs = Callable[[], Mapping[str, np.ndarray]]

NUMBERS: dict[str, Any] = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "layer_norm_eps": 0.02,
}
IMAGE = NUMBERS | {"image_size": 12, "patch_size": 4}
WIDE = {"intermediate_size": 40}
TEXT = NUMBERS | WIDE | {"vocab_size": 47, "max_position_embeddings": 9}
TEXT |= {"bos_token_id": 0, "eos_token_id": 5, "pad_token_id": 1}
SIGLIP_TEXT = TEXT | {"hidden_size": 18, "projection_size": 24}


def pixels(height: int, width: int) -> Mapping[str, np.ndarray]:
    """Returns two images."""
    shape = (2, 3, height, width)
    raw = np.random.PCG64(height * width).random_raw(int(np.prod(shape))).reshape(shape)
    return {"pixel_values": ((raw >> np.uint64(11)) * 2.0**-52 - 1.0).astype(np.float32)}


def ids(rows: int) -> Mapping[str, np.ndarray]:
    """Returns texts that end in 5 at different places, with what follows."""
    made = np.random.PCG64(rows).random_raw(rows * 9).astype(np.int64).reshape(rows, 9) % 41 + 6
    made[np.arange(rows), 8 - 2 * np.arange(rows)] = 5
    return {"input_ids": made}


def patches() -> Mapping[str, np.ndarray]:
    """Returns two images of 10 rows for patches, of 2 x 5 and of 4 x 2."""
    flat = pixels(10, 16)["pixel_values"].reshape(2, 10, 48)
    shapes = np.asarray([[2, 5], [4, 2]], np.int64)
    seen = (np.arange(10) < shapes.prod(1)[:, None]).astype(np.int64)
    return {"pixel_values": flat, "spatial_shapes": shapes, "pixel_attention_mask": seen}


def with_texts(images: Inputs) -> Inputs:
    """Returns what makes images and three texts."""
    return lambda: {**images(), **ids(3)}


# name: architecture, config, inputs
VISION: dict[str, tuple[str, dict[str, Any], Inputs]] = {
    "vit": (
        "ViTModel",
        IMAGE | WIDE | {"hidden_act": "gelu_new", "qkv_bias": False, "pooler_act": "relu"},
        partial(pixels, 12, 12),
    ),
    "dinov2": (
        "Dinov2Model",
        IMAGE | {"mlp_ratio": 2, "use_swiglu_ffn": True},
        partial(pixels, 8, 20),
    ),
    "dinov2_with_registers": (
        "Dinov2WithRegistersForImageClassification",
        IMAGE | {"mlp_ratio": 2, "num_register_tokens": 3, "num_labels": 5},
        partial(pixels, 20, 9),
    ),
    "dinov3_vit": (
        "DINOv3ViTModel",
        IMAGE | WIDE | {"num_register_tokens": 3, "rope_theta": 30.0},
        partial(pixels, 8, 20),
    ),
    "clip": (
        "CLIPModel",
        {"projection_dim": 14, "text_config": TEXT, "vision_config": IMAGE | WIDE},
        with_texts(partial(pixels, 12, 12)),
    ),
    "siglip": (
        "SiglipModel",
        {"text_config": SIGLIP_TEXT, "vision_config": IMAGE | WIDE},
        with_texts(partial(pixels, 12, 12)),
    ),
    "siglip2": (
        "Siglip2Model",
        {
            "text_config": SIGLIP_TEXT,
            "vision_config": NUMBERS | WIDE | {"patch_size": 4, "num_patches": 9},
        },
        with_texts(patches),
    ),
}

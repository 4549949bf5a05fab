#!/usr/bin/env python3
"""Makes test/goldens/vision: what torch's resizing and transformers' image processors give.

Needs torch, transformers and Pillow, which the project itself does not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lib.arguments import Parser
from PIL import Image
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.siglip2.image_processing_pil_siglip2 import Siglip2ImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

TARGET = Path(__file__).resolve().parent.parent / "test" / "goldens" / "vision"
GRIDS = [((7, 5), (3, 11)), ((4, 4), (6, 5)), ((9, 13), (2, 3)), ((1, 3), (5, 7))]
METHODS: dict[str, dict[str, Any]] = {
    "bicubic": {"mode": "bicubic"},
    "bicubic_antialias": {"mode": "bicubic", "antialias": True},
    "bilinear_antialias": {"mode": "bilinear", "antialias": True},
}
ODD = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}
PROCESSORS: dict[str, Any] = {
    "bit": BitImageProcessorPil(
        size={"shortest_edge": 13}, crop_size={"height": 6, "width": 7}, resample=1
    ),
    "clip": CLIPImageProcessorPil(size={"shortest_edge": 8}, crop_size={"height": 7, "width": 5}),
    "clip_padded": CLIPImageProcessorPil(
        size={"shortest_edge": 5}, crop_size={"height": 8, "width": 6}
    ),
    "siglip": SiglipImageProcessorPil(size={"height": 5, "width": 9}),
    "siglip2": Siglip2ImageProcessorPil(patch_size=2, max_num_patches=14, **ODD),
    "vit": ViTImageProcessorPil(size={"height": 7, "width": 6}, rescale_factor=1 / 127.5, **ODD),
}
SHAPES = {"wide": (11, 17), "tall": (19, 6)}


def resized() -> dict[str, np.ndarray]:
    """Returns samples and what torch makes of them, by method and sizes."""
    numbers, made = np.random.default_rng(3), {}
    for method, options in METHODS.items():
        for source, target in GRIDS:
            x = numbers.standard_normal(source)
            y = torch.nn.functional.interpolate(
                torch.tensor(x)[None, None], size=target, align_corners=False, **options
            )
            name = f"{method}/{source[0]}x{source[1]}/{target[0]}x{target[1]}"
            made |= {f"{name}/in": x, f"{name}/out": y[0, 0].numpy()}
    return made


def dinov3(image: np.ndarray) -> np.ndarray:
    """Returns what DINOv3 does with an image: scale, then resize; its code needs torchvision."""
    pixels = torch.tensor(image).permute(2, 0, 1)[None].float() / 255
    made = torch.nn.functional.interpolate(
        pixels, size=(9, 5), mode="bilinear", antialias=True, align_corners=False
    )
    mean, std = (torch.tensor(ODD[key])[:, None, None] for key in ("image_mean", "image_std"))
    return ((made[0] - mean) / std).numpy()


def prepared() -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Returns images, what processors make of them, and the processors' files."""
    numbers, arrays = np.random.default_rng(4), {}
    files = {name: made.to_dict() for name, made in PROCESSORS.items()}
    files["dinov3"] = {
        "image_processor_type": "DINOv3ViTImageProcessorFast",
        "size": {"height": 9, "width": 5},
        "crop_size": None,
        "data_format": "channels_first",
        **ODD,
    }
    for shape, sizes in SHAPES.items():
        image = numbers.integers(0, 256, (*sizes, 3), dtype=np.uint8)
        arrays[f"image/{shape}"] = image
        arrays[f"dinov3/{shape}/pixel_values"] = dinov3(image)
        for name, processor in PROCESSORS.items():
            found = processor([Image.fromarray(image)], return_tensors="np")
            arrays |= {f"{name}/{shape}/{key}": np.asarray(v)[0] for key, v in found.items()}
    return arrays, files


def main() -> None:
    """Writes the files."""
    Parser(description=__doc__, epilog="example: tools/make_vision_goldens.py").parse_args()
    TARGET.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(TARGET / "resize.npz", **resized())
    arrays, files = prepared()
    np.savez_compressed(TARGET / "images.npz", **arrays)
    text = json.dumps(files, indent=1, sort_keys=True)
    (TARGET / "processors.json").write_text(text + "\n")


if __name__ == "__main__":
    main()

"""Images to pixels, as a checkpoint's preprocessor_config.json says."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from rlxflow.config.image import BICUBIC, ImageConfig
from rlxflow.resize import resize_matrix
from rlxflow.runtime.images import check_pixels

if TYPE_CHECKING:
    from PIL.Image import Image


def to_pixels(image: Image, config: ImageConfig, where: str) -> np.ndarray:
    """Returns f32[c, y, x] of an RGB image: resized, cropped, scaled and normalised.

    Raises InputError if resizing would make more pixels than an image may have.
    """
    height, width = _target(image, config)
    check_pixels(f"{where}, resized", height, width)
    scale = config.rescale_factor if config.do_rescale else 1.0
    if config.rescale_first:
        pixels = (np.asarray(image).astype(np.float64) * scale).astype(np.float32)
        pixels = _resized(pixels, height, width, config) if config.do_resize else pixels
    elif config.do_resize:
        pixels = np.asarray(image.resize((width, height), resample=config.resample))
    else:
        pixels = np.asarray(image)
    if config.do_center_crop and config.crop_size:
        pixels = _cropped(pixels, config.crop_size.height, config.crop_size.width)
    if not config.rescale_first:
        pixels = (pixels.astype(np.float64) * scale).astype(np.float32)
    if config.do_normalize:
        mean, std = (np.asarray(row, np.float32) for row in (config.image_mean, config.image_std))
        pixels = (pixels - mean) / std
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def to_patches(pixels: np.ndarray, size: int, count: int) -> dict[str, np.ndarray]:
    """Returns the patches of f32[c, y, x] as rows, filled up to `count`, and which are patches.

    A row runs over the lines of a patch, then its columns, then the channels.
    """
    channels, height, width = pixels.shape
    rows, columns = height // size, width // size
    cut = pixels[:, : rows * size, : columns * size]
    cut = cut.reshape(channels, rows, size, columns, size).transpose(1, 3, 2, 4, 0)
    patches = np.zeros((count, size * size * channels), np.float32)
    patches[: rows * columns] = cut.reshape(rows * columns, -1)
    return {
        "pixel_values": patches,
        "pixel_attention_mask": (np.arange(count) < rows * columns).astype(np.int32),
        "spatial_shapes": np.asarray([rows, columns], np.int32),
    }


def _target(image: Image, config: ImageConfig) -> tuple[int, int]:
    """Returns height and width after resizing."""
    if config.patch_size:
        return most_patches(image.height, image.width, config.patch_size, config.max_num_patches)
    if config.do_resize and config.size:
        return config.size.of(image.height, image.width)
    return image.height, image.width


def most_patches(height: int, width: int, patch: int, most: int) -> tuple[int, int]:
    """Returns the largest size of about this shape whose sides are patches, `most` at the most.

    The factor is found by halving an interval of factors from 1e-6 to 100 down to 1e-5, which
    decides between neighbouring sizes.
    """

    def scaled(factor: float) -> tuple[int, int]:
        sides = (max(patch, math.ceil(side * factor / patch) * patch) for side in (height, width))
        tall, wide = sides
        return tall, wide

    low, high = 1e-6, 100.0
    while high - low >= 1e-5:
        middle = (low + high) / 2
        tall, wide = scaled(middle)
        low, high = (middle, high) if tall * wide <= most * patch**2 else (low, middle)
    return scaled(low)


def _resized(pixels: np.ndarray, height: int, width: int, config: ImageConfig) -> np.ndarray:
    """Resizes f32[y, x, c] with antialiasing and without rounding."""
    method = "bicubic_antialias" if config.resample == BICUBIC else "bilinear_antialias"
    rows = resize_matrix(pixels.shape[0], height, method)
    columns = resize_matrix(pixels.shape[1], width, method)
    across = np.tensordot(columns, pixels.astype(np.float64), axes=(1, 1))  # [x', y, c]
    return np.tensordot(rows, across, axes=(1, 1)).astype(np.float32)


def _cropped(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Returns the middle of [y, x, c]; what is missing around it is 0."""
    for axis, size in enumerate((height, width)):
        have = pixels.shape[axis]
        if have < size:
            before = math.ceil((size - have) / 2)
            amounts = [(0, 0)] * 3
            amounts[axis] = (before, size - have - before)
            pixels = np.pad(pixels, amounts)
        else:
            start = (have - size) // 2
            pixels = np.take(pixels, np.arange(start, start + size), axis=axis)
    return pixels

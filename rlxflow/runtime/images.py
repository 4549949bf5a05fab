"""Images of files, Pillow or arrays, opened with care: sizes are checked before pixels are read."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from rlxflow.errors import InputError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
MOST_PIXELS = 64_000_000
"""Pixels that an image may have, as it is stored and after resizing; 192 MB of RGB."""
LONGEST_SIDE = 65_535
"""Pixels that a side of an image may have."""


def pillow() -> Any:
    """Returns the module `PIL.Image`; raises InputError if Pillow is not installed."""
    try:
        from PIL import Image
    except ImportError:
        raise InputError(
            "images",
            expected="Pillow, which reads and resizes them",
            found="no module `PIL`",
            cure="pip install 'rlxflow[image]', or call the model with pixel_values",
        ) from None
    return Image


def check_pixels(where: str, height: int, width: int) -> None:
    """Raises InputError for an image without pixels, or with more than the limits allow."""
    if height < 1 or width < 1:
        raise InputError(where, expected="at least one pixel", found=f"{width} x {height}")
    if height * width > MOST_PIXELS or max(height, width) > LONGEST_SIDE:
        raise InputError(
            where,
            expected=f"at most {MOST_PIXELS:,} pixels, and {LONGEST_SIDE:,} on a side",
            found=f"{width} x {height}",
            cure="make it smaller first",
        )


def open_image(source: object, where: str) -> Image:
    """Returns an RGB image.

    Args:
        source: A path, a `PIL.Image.Image`, or an array u8[height, width, 3] or u8[height, width].
        where: What errors call it.

    A file is turned as its EXIF orientation says; of an animation the first picture counts.
    """
    module = pillow()
    if isinstance(source, (str, os.PathLike)):
        return _read(module, os.fspath(source), where)
    if isinstance(source, module.Image):
        given = cast("Image", source)
        check_pixels(where, given.height, given.width)
        return _decoded(given, where)
    if not isinstance(source, np.ndarray):
        expected = "a path, a PIL image or an array"
        raise InputError(where, expected=expected, found=type(source).__name__)
    fits = source.ndim == 2 or (source.ndim == 3 and source.shape[2] == 3)
    if source.dtype != np.uint8 or not fits:
        expected = "u8[height, width, 3] or u8[height, width]"
        raise InputError(where, expected=expected, found=f"{source.dtype}{list(source.shape)}")
    check_pixels(where, *source.shape[:2])
    return _decoded(module.fromarray(source), where)


def _read(module: Any, path: str | bytes, where: str) -> Image:
    from PIL import ImageOps

    name = os.fsdecode(path)
    if not os.path.isfile(name):
        found = "a folder" if os.path.isdir(name) else "no such file"
        raise InputError(where, expected="an image file", found=f"{found}: {name}")
    try:
        with warnings.catch_warnings():  # we have a limit of our own, below Pillow's
            warnings.simplefilter("ignore")
            opened = module.open(name, formats=FORMATS)
    except module.DecompressionBombError:
        expected = f"at most {MOST_PIXELS:,} pixels"
        raise InputError(where, expected=expected, found=f"far more in {name}") from None
    except Exception as error:  # each format raises its own
        expected = f"an image ({', '.join(FORMATS)})"
        raise InputError(where, expected=expected, found=f"{name}: {error}") from None
    with opened:
        check_pixels(f"{where} ({name})", opened.height, opened.width)
        return _decoded(opened, f"{where} ({name})", turn=ImageOps.exif_transpose)


def _decoded(image: Any, where: str, turn: Any = None) -> Image:
    """Returns all pixels, as RGB."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return (turn(image) if turn else image).convert("RGB")
    except Exception as error:  # damaged or cut files; each format raises its own
        expected = "a whole image"
        raise InputError(where, expected=expected, found=f"{error}") from None

"""Images to pixels: as transformers' processors prepare them, and what is refused."""

from __future__ import annotations

import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from rlxflow.config.image import read_image_config
from rlxflow.errors import ConfigError, InputError
from rlxflow.runtime.embed_images import prepare_image
from rlxflow.runtime.images import MOST_PIXELS, open_image

GOLDENS = Path(__file__).resolve().parents[1] / "goldens" / "vision"
PROCESSORS = json.loads((GOLDENS / "processors.json").read_text())
VIT = {"image_processor_type": "ViTImageProcessor"}


def folder_with(path: Path, settings: object, name: str = "preprocessor_config.json") -> Path:
    (path / name).write_text(json.dumps(settings))
    return path


@pytest.mark.parametrize("name", PROCESSORS)
def test_pixels_are_those_of_transformers(name: str, tmp_path: Path) -> None:
    config = read_image_config(folder_with(tmp_path, PROCESSORS[name]))
    with np.load(GOLDENS / "images.npz") as arrays:
        for shape in ("wide", "tall"):
            found = prepare_image(arrays[f"image/{shape}"], config, "image")
            wanted = {
                key.rpartition("/")[2]: arrays[key]
                for key in arrays.files
                if key.startswith(f"{name}/{shape}/")
            }
            assert set(found) == set(wanted)
            for key, array in wanted.items():
                assert found[key].shape == array.shape
                tolerance = 3e-6 if name == "dinov3" else 0  # resized in f64, and in f32 by torch
                assert np.abs(found[key] - array).max() <= tolerance


def test_files_pillow_images_and_arrays_are_the_same(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    for source in (tmp_path / "a.png", str(tmp_path / "a.png"), Image.fromarray(pixels), pixels):
        assert (np.asarray(open_image(source, "image 0")) == pixels).all()
    grey = open_image(pixels[..., 0], "image 0")
    assert (np.asarray(grey) == pixels[..., :1]).all()


def test_a_photo_is_turned_as_it_says(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (2, 3, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    tags = image.getexif()
    tags[0x0112] = 6  # a quarter turn
    image.save(tmp_path / "a.png", exif=tags)
    assert (np.asarray(open_image(tmp_path / "a.png", "a")) == np.rot90(pixels, -1)).all()


def png_header(width: int, height: int) -> bytes:
    """Returns the start of a PNG that claims this size, and no pixels."""
    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    check = struct.pack(">I", zlib.crc32(b"IHDR" + size))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + size + check


BAD_FILES = {
    "not an image": (b"hello", r"image 0: expected an image \(BMP, .*found .*x\.png"),
    "an empty file": (b"", r"image 0: expected an image"),
    "100 megapixels": (
        png_header(10_000, 10_000) + b"\0\0\0\0IDAT",
        r"expected at most 64,000,000 pixels, .*found 10000 x 10000; make it smaller",
    ),
    "a bomb": (png_header(60_000, 60_000) + b"\0\0\0\0IDAT", r"expected at most 64,000,000 pixels"),
    "a long strip": (
        png_header(70_000, 1) + b"\0\0\0\0IDAT",
        r"65,535 on a side, found 70000 x 1;",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files(case: str, tmp_path: Path) -> None:
    data, message = BAD_FILES[case]
    (tmp_path / "x.png").write_bytes(data)
    with pytest.raises(InputError, match=message):
        open_image(tmp_path / "x.png", "image 0")


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "webp", "tiff", "bmp"])
def test_files_that_are_cut(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"x.{suffix}"
    pixels = np.random.default_rng(1).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    data = path.read_bytes()
    for part in range(6):
        path.write_bytes(data[: len(data) * part // 6])
        with pytest.raises(InputError, match=r"image 0.*expected an? "):
            open_image(path, "image 0")


BAD_SOURCES = {
    "no pixels": (np.zeros((0, 4, 3), np.uint8), r"expected at least one pixel, found 4 x 0"),
    "floats": (np.zeros((4, 4, 3)), r"expected u8\[height, width, 3\].*found float64\[4, 4, 3\]"),
    "channels first": (np.zeros((3, 8, 9), np.uint8), r"expected u8.*found uint8\[3, 8, 9\]"),
    "a number": (7, r"expected a path, a PIL image or an array, found int"),
    "no such file": ("nowhere.png", r"expected an image file, found no such file: nowhere\.png"),
    "a folder": (str(GOLDENS), r"expected an image file, found a folder"),
    "too many pixels": (
        np.broadcast_to(np.uint8(0), (8_001, 8_000, 3)),
        rf"expected at most {MOST_PIXELS:,} pixels",
    ),
}


@pytest.mark.parametrize("case", BAD_SOURCES)
def test_bad_sources(case: str) -> None:
    source, message = BAD_SOURCES[case]
    with pytest.raises(InputError, match=rf"image 0: {message}"):
        open_image(source, "image 0")


def test_a_strip_that_would_grow_beyond_the_limit(tmp_path: Path) -> None:
    settings = VIT | {"size": {"shortest_edge": 500}}
    config = read_image_config(folder_with(tmp_path, settings))
    with pytest.raises(InputError, match=r"image 3, resized: .*found 1000000 x 500"):
        prepare_image(np.zeros((1, 2_000, 3), np.uint8), config, "image 3")


def test_pillow_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(InputError, match=r"no module `PIL`; pip install 'rlxflow\[image\]'"):
        open_image("a.png", "image 0")


BAD_SETTINGS = {
    "an unknown key": (VIT | {"sharpen": 2}, r"`sharpen` is unknown \(found 2\)"),
    "padding": (VIT | {"do_pad": True}, r"`do_pad` is supported as False only"),
    "a filter": (VIT | {"resample": 9}, r"`resample` is supported as .* only \(found 9\)"),
    "a size by its longest edge": (
        VIT | {"size": {"longest_edge": 9}},
        r"`longest_edge` is unknown",
    ),
    "a size of both kinds": (
        VIT | {"size": {"height": 3, "width": 4, "shortest_edge": 9}},
        r"a size has either height and width, or shortest_edge",
    ),
    "a size of words": (VIT | {"size": "big"}, r"a size is a number or an object"),
    "no spread": (VIT | {"image_std": [0.5, 0.0, 0.5]}, r"image_std must be above 0"),
    "two means": (VIT | {"image_mean": [0.5, 0.5]}, r"`image_mean"),
    "an unknown kind": (
        {"image_processor_type": "VitImageProcessor"},
        r"image_processor_type: expected one of .*found `VitImageProcessor`; did you mean",
    ),
    "no kind": ({}, r"image_processor_type: expected one of .*found none"),
    "patches for another kind": (VIT | {"patch_size": 3}, r"expected no `patch_size`, found 3"),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_bad_settings(case: str, tmp_path: Path) -> None:
    settings, message = BAD_SETTINGS[case]
    with pytest.raises(ConfigError, match=message):
        read_image_config(folder_with(tmp_path, settings))


def test_no_settings_and_settings_of_a_joint_processor(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected a preprocessor_config\.json, found none"):
        read_image_config(tmp_path)
    folder_with(tmp_path, {"image_processor": VIT | {"size": 12}}, "processor_config.json")
    assert read_image_config(tmp_path).size.of(5, 9) == (12, 12)  # type: ignore[union-attr]


def test_a_number_is_the_shortest_edge_where_the_kind_keeps_the_shape(tmp_path: Path) -> None:
    settings = {"image_processor_type": "CLIPImageProcessor", "size": 10, "crop_size": 6}
    config = read_image_config(folder_with(tmp_path, settings))
    assert config.size is not None
    assert config.size.of(20, 35) == (10, 17)
    assert config.size.of(35, 20) == (17, 10)

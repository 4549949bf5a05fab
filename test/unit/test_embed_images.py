"""Vectors of images and texts of tiny checkpoints, by `Model` and on the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_checkpoint import write_checkpoint
from tiny_vision import write_vision

from rlxflow.cli.main import main
from rlxflow.errors import InputError
from rlxflow.runtime.embed_images import prepare_image
from rlxflow.runtime.model import Model, load
from rlxflow.runtime.preprocess import most_patches

NUMBERS = np.random.default_rng(6)
IMAGES = [
    NUMBERS.integers(0, 256, (h, w, 3), dtype=np.uint8) for h, w in ((9, 14), (8, 8), (20, 5))
]


@pytest.fixture(scope="module")
def siglip2(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(write_vision(tmp_path_factory.mktemp("siglip2"), "siglip2"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return load(write_vision(tmp_path_factory.mktemp("clip"), "clip"))


def inputs_of(model: Model, image: np.ndarray) -> dict[str, np.ndarray]:
    from rlxflow.config.image import read_image_config

    config = read_image_config(model.checkpoint.folder)
    return {k: v[None] for k, v in prepare_image(image, config, "image").items()}


def unit(vectors: object) -> np.ndarray:
    array = np.asarray(vectors)
    return array / np.linalg.norm(array, axis=-1, keepdims=True)


def test_images_of_a_pair_are_its_image_embeds(clip: Model) -> None:
    done: list[int] = []
    found = clip.embed_images(IMAGES, batch_size=2, progress=done.append)
    assert found.shape == (3, 10)
    assert done == [2, 1]
    for image, vector in zip(IMAGES, found, strict=True):
        wanted = clip(**inputs_of(clip, image))["image_embeds"]
        assert np.abs(wanted - vector).max() < 1e-6


def test_texts_of_a_pair_are_its_text_embeds(clip: Model) -> None:
    found = clip.embed(["cat", "a dog"])
    ids = np.asarray([[2, 6, 4, 23, 3]])
    assert np.abs(clip(input_ids=ids)["text_embeds"] - found[0]).max() < 1e-6
    assert np.abs(np.linalg.norm(found, axis=1) - 1).max() < 1e-6


def test_images_in_patches_keep_their_shape(siglip2: Model) -> None:
    found = siglip2.embed_images(IMAGES)
    for image, vector in zip(IMAGES, found, strict=True):
        inputs = inputs_of(siglip2, image)
        assert inputs["pixel_attention_mask"].sum() == inputs["spatial_shapes"].prod() <= 6
        assert np.abs(siglip2(**inputs)["image_embeds"] - vector).max() < 1e-6
    assert inputs_of(siglip2, IMAGES[2])["spatial_shapes"].tolist() == [[4, 1]]
    assert most_patches(7, 900, 4, 6) == (4, 24)


def test_texts_that_are_filled_up(siglip2: Model) -> None:
    """Pads count as tokens: the vector is that of nine ids without a mask."""
    found = siglip2.embed(["cat"], max_length=6)[0]
    ids = np.asarray([[2, 6, 4, 23, 3, 0, 0, 0, 0]])
    assert np.abs(siglip2(input_ids=ids)["text_embeds"] - found).max() < 1e-6


@pytest.mark.parametrize("shapes", [[[0, 4]], [[3, 3]]])
def test_grids_that_do_not_fit(shapes: list[list[int]], siglip2: Model) -> None:
    inputs = inputs_of(siglip2, IMAGES[0]) | {"spatial_shapes": np.asarray(shapes)}
    with pytest.raises(InputError, match=r"`spatial_shapes`\[0\]: expected .*1 to 6 patches"):
        siglip2(**inputs)


def test_a_model_of_images_alone(tmp_path: Path) -> None:
    model = load(write_vision(tmp_path, "vit"))
    found = model.embed_images(IMAGES[:1])
    wanted = unit(model(**inputs_of(model, IMAGES[0]))["pooler_output"])
    assert np.abs(found - wanted).max() < 1e-6
    assert model.embed_images([]).shape == (0, 24)
    with pytest.raises(
        InputError, match=r"texts: expected a model that takes texts, found a `vit`"
    ):
        model.embed(["cat"])


def test_calls_that_are_refused(clip: Model, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"images: expected a list of images, found str"):
        clip.embed_images("cat.png")
    with pytest.raises(InputError, match=r"batch_size: expected at least 1, found 0"):
        clip.embed_images(IMAGES, batch_size=0)
    bert = load(write_checkpoint(tmp_path))
    with pytest.raises(InputError, match=r"images: expected a model that takes images, found a `b"):
        bert.embed_images(IMAGES)


def test_images_and_texts_on_the_command_line(
    clip: Model,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rlxflow.runtime.model.load", lambda *_, **__: clip)
    path = str(tmp_path / "cat.PNG")
    Image.fromarray(IMAGES[0]).save(path)
    folder = str(clip.checkpoint.folder)
    assert main(["embed", folder, "cat", path, "a dog", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [next(iter(row)) for row in rows] == ["text", "image", "text"]
    found = np.asarray([row["embedding"] for row in rows])
    texts, images = clip.embed(["cat", "a dog"]), clip.embed_images([path])
    assert np.abs(found - [texts[0], images[0], texts[1]]).max() < 1e-6
    assert main(["embed", folder, "nowhere.png"]) == 1
    assert "image 0: expected an image file, found no such file" in capsys.readouterr().err


def test_emit_takes_the_size_of_images(clip: Model, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(clip.checkpoint.folder)
    assert main(["emit", folder, "--phase", "image", "--image-size", "12x20", "--batch", "2"]) == 0
    assert "tensor<2x3x12x20xf32>" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["emit", folder, "--image-size", "12"])
    assert "--image-size: expected HEIGHTxWIDTH, found 12" in capsys.readouterr().err


def test_emit_of_a_model_without_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emit", str(write_checkpoint(tmp_path)), "--image-size", "8x8"]) == 1
    assert "--image-size: expected a model that takes images" in capsys.readouterr().err

"""Vectors of images: opened, prepared one by one, and run in batches of one size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rlxflow.config.image import ImageConfig, read_image_config
from rlxflow.errors import InputError
from rlxflow.runtime.images import open_image
from rlxflow.runtime.preprocess import to_patches, to_pixels

if TYPE_CHECKING:
    from rlxflow.runtime.compiled import CompiledModel
    from rlxflow.runtime.model import Model

Inputs = Mapping[str, np.ndarray]


def prepare_image(source: object, config: ImageConfig, where: str) -> dict[str, np.ndarray]:
    """Returns the inputs of the model for one image, without the axis of rows."""
    pixels = to_pixels(open_image(source, where), config, where)
    if config.patch_size:
        return to_patches(pixels, config.patch_size, config.max_num_patches)
    return {"pixel_values": pixels}


def embed_images(
    model: Model,
    images: Sequence[object],
    *,
    batch_size: int,
    progress: Callable[[int], object] | None,
) -> np.ndarray:
    """Returns f32[n, d]; see `Model.embed_images`."""
    checkpoint = model.checkpoint
    recipe = checkpoint.recipe
    if not recipe.image_phase:
        raise InputError(
            "images",
            expected="a model that takes images",
            found=f"a `{checkpoint.raw.get('model_type')}` model",
        )
    if isinstance(images, (str, bytes)) or not isinstance(images, Sequence):
        found = type(images).__name__
        raise InputError("images", expected="a list of images", found=found)
    if batch_size < 1:
        raise InputError("batch_size", expected="at least 1", found=str(batch_size))
    config = read_image_config(checkpoint.folder)
    vectors = np.zeros(
        (len(images), recipe.vector_size(checkpoint.config, checkpoint.variant)), np.float32
    )
    waiting: dict[tuple[int, ...], list[tuple[int, Inputs]]] = {}
    for row, source in enumerate(images):
        inputs = prepare_image(source, config, f"image {row}")
        group = waiting.setdefault(inputs["pixel_values"].shape, [])
        group.append((row, inputs))
        if len(group) == batch_size:
            _run(model, group, batch_size, vectors, progress)
            group.clear()
    for group in waiting.values():
        if group:
            _run(model, group, batch_size, vectors, progress)
    return vectors


def _run(
    model: Model,
    group: Sequence[tuple[int, Inputs]],
    batch_size: int,
    vectors: np.ndarray,
    progress: Callable[[int], object] | None,
) -> None:
    """Fills in the vectors of a batch; batch sizes are powers of two, so there are few programs."""
    rows = [row for row, _ in group]
    count = min(1 << (len(rows) - 1).bit_length(), batch_size)
    filled = [inputs for _, inputs in group] + [group[0][1]] * (count - len(rows))
    stacked = {name: np.stack([inputs[name] for inputs in filled]) for name in filled[0]}
    made = _program(model, stacked)(**stacked)["image_embedding"]
    vectors[rows] = np.asarray(made, np.float32)[: len(rows)]
    if progress:
        progress(len(rows))


def _program(model: Model, inputs: Inputs) -> CompiledModel:
    checkpoint = model.checkpoint
    shape = inputs["pixel_values"].shape
    cut = "spatial_shapes" in inputs
    sizes = {"patches": shape[1]} if cut else {"image_size": shape[2:]}
    request = checkpoint.request(
        checkpoint.recipe.image_phase, batch=shape[0], only_sentence=True, **sizes
    )
    return model.compiled(request)

"""Vision and image-text checkpoints made by other code, if a folder of them lies beside us."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rlxflow.runtime.model import load

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
TOLERANCE = 1e-4
VISION = ["vit", "dinov2", "dinov2_registers", "dinov2_swiglu", "dinov3_vit", "dinov3_vit_gated"]
PAIRS = ["clip", "siglip", "siglip2"]
pytestmark = [
    pytest.mark.numeric,
    pytest.mark.skipif(not ORACLE.is_dir(), reason="no folder of reference checkpoints"),
]


def stored(name: str) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Returns the inputs and the outputs that belong to a checkpoint."""
    with np.load(ORACLE / "ref" / f"{name}.npz") as arrays:
        every = {key: arrays[key] for key in arrays.files if "/rope/" not in key}
    inputs = {key[3:]: array for key, array in every.items() if key.startswith("in/")}
    outputs = {key[4:]: array for key, array in every.items() if key.startswith("out/")}
    return inputs, outputs


def check(found: object, wanted: np.ndarray) -> None:
    array = np.asarray(found)
    assert array.shape == wanted.shape
    assert np.abs(array - wanted).max() <= TOLERANCE


@pytest.mark.parametrize("name", VISION)
def test_images_of_two_sizes(name: str) -> None:
    inputs, wanted = stored(name)
    model = load(ORACLE / "checkpoints" / name)
    other = model(pixel_values=inputs.pop("pixel_values_48x40"))
    check(other["last_hidden_state"], wanted.pop("last_hidden_state_48x40"))
    found = model(**inputs, output_hidden_states=True)
    check(np.stack(found.pop("hidden_states")), wanted.pop("hidden_states"))
    assert set(wanted) == set(found)
    for key, array in wanted.items():
        check(found[key], array)


@pytest.mark.parametrize("name", PAIRS)
def test_texts_and_images(name: str) -> None:
    """All of them together, and for one family each side by itself."""
    inputs, wanted = stored(name)
    model = load(ORACLE / "checkpoints" / name)
    found = model(**inputs)
    check(found["logits_per_text"], wanted["logits_per_image"].T)
    for key, array in wanted.items():
        check(found[key], array)
    if name != "clip":
        return
    texts = {key: array for key, array in inputs.items() if key in ("input_ids", "attention_mask")}
    check(model(**texts)["text_embeds"], wanted["text_embeds"])
    images = {key: array for key, array in inputs.items() if key not in texts}
    alone = model(**images)
    check(alone["image_embeds"], wanted["image_embeds"])
    assert "text_embeds" not in alone

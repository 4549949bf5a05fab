"""What the recipes of vision and image-text models take, refuse and give."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_vision import CONFIGS, TEXT, made_weights, write_config

from rlxflow.errors import ConfigError, InputError
from rlxflow.recipes import find_recipe
from rlxflow.runtime.checkpoint import open_checkpoint
from rlxflow.runtime.model import load

REFUSED = {
    "an unknown key": ("vit", {"window_size": 3}, r"`window_size` is unknown"),
    "heads": ("vit", {"num_attention_heads": 5}, r"hidden_size must be a multiple of"),
    "an activation": ("dinov2", {"hidden_act": "gelu2"}, r"hidden_act: expected one of"),
    "no patch": ("vit", {"image_size": 3}, r"image_size must be at least patch_size"),
    "three sides": ("vit", {"image_size": [8, 8, 8]}, r"expected a number or \[height, width\]"),
    "pruned": ("vit", {"pruned_heads": {"0": [1]}}, r"`pruned_heads`"),
    "biases": ("dinov3_vit", {"query_bias": False}, r"query_bias and value_bias must be"),
    "odd heads": ("dinov3_vit", {"hidden_size": 18}, r"must be a multiple of 4"),
    "a key inside": (
        "clip",
        {"text_config": TEXT | {"rope": 1}},
        r"text_config: 1 key\(s\) of a `clip_text_model` config.*\n.*`rope` is unknown",
    ),
    "a section of words": ("clip", {"vision_config": "big"}, r"vision_config must be an object"),
    "two widths": ("siglip", {"text_config": TEXT}, r"projection_size must be vision_config"),
    "a table that is no square": (
        "siglip2",
        {"vision_config": CONFIGS["siglip2"]["vision_config"] | {"num_patches": 6}},
        r"num_patches must be a square number",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_configs_that_are_refused(case: str, tmp_path: Path) -> None:
    family, changes, message = REFUSED[case]
    with pytest.raises(ConfigError, match=message):
        open_checkpoint(write_config(tmp_path, family, **changes), weights=None)


def test_first_clip_files_call_their_sections_otherwise(tmp_path: Path) -> None:
    old = {"text_config": ..., "text_config_dict": TEXT | {"temperature": 1.0, "top_k": 50}}
    config = open_checkpoint(write_config(tmp_path, "clip", **old), weights=None).config
    assert config.text_config.hidden_size == 12  # type: ignore[attr-defined]
    assert config.text_config.eos_token_id == 49407  # type: ignore[attr-defined]


def test_keys_that_configs_leave_out_are_as_transformers_has_them() -> None:
    raw = {"model_type": "siglip", "text_config": {}, "vision_config": {}}
    config = find_recipe(raw, "here").config_class.from_dict(raw)
    assert config.vision_config.image_size == (224, 224)  # type: ignore[attr-defined]
    assert config.text_config.max_position_embeddings == 64  # type: ignore[attr-defined]


@pytest.mark.parametrize("family", CONFIGS)
def test_every_family_is_described_without_weights(family: str, tmp_path: Path) -> None:
    checkpoint = open_checkpoint(write_config(tmp_path, family), weights=None)
    for phase in checkpoint.recipe.phases:
        flow = checkpoint.flow(checkpoint.phase_request(phase, batch=2, hidden_states=True))
        assert "hidden_states.1" in flow.build().mlir()


def test_a_call_without_ids_and_pixels(tmp_path: Path) -> None:
    model = load(write_config(tmp_path, "clip"), weights=None)
    with pytest.raises(InputError, match=r"expected input_ids, pixel_values or both, found mask"):
        model(mask=np.ones((1, 3)))
    with pytest.raises(InputError, match=r"input `pixel_values`: expected \[b, c, y, x\]"):
        model(pixel_values=np.ones((3, 8, 8), "f"))


def test_images_smaller_than_a_patch(tmp_path: Path) -> None:
    model = load(write_config(tmp_path, "vit"), weights=None)
    with pytest.raises(InputError, match=r"image size: expected at least one patch of 4 x 4"):
        model(pixel_values=np.ones((1, 3, 8, 3), "f"))


def test_texts_that_are_too_long(tmp_path: Path) -> None:
    model = load(write_config(tmp_path, "clip"), weights=None)
    with pytest.raises(ConfigError, match=r"seq: expected at most 9 tokens, found 10"):
        model(input_ids=np.ones((1, 10), np.int32))


def test_a_classifier_reads_class_and_patches(tmp_path: Path) -> None:
    weights = made_weights(write_config(tmp_path, "dinov2_with_registers"))
    numbers = np.random.default_rng(2)
    head = numbers.standard_normal((5, 48)).astype("f"), numbers.standard_normal(5).astype("f")
    weights |= {"classifier.weight": head[0], "classifier.bias": head[1]}
    pixels = numbers.standard_normal((2, 3, 8, 8)).astype("f")
    found = load(tmp_path, weights=weights)(pixel_values=pixels)
    last = np.asarray(found["last_hidden_state"])
    both = np.concatenate([last[:, 0], last[:, 3:].mean(1)], 1)
    assert np.abs(np.asarray(found["logits"]) - (both @ head[0].T + head[1])).max() < 1e-4


def test_one_side_of_a_pair_as_a_checkpoint(tmp_path: Path) -> None:
    """The same weights give the same vector, in the pair and by themselves."""
    weights = made_weights(write_config(tmp_path / "pair", "clip"))
    pixels = np.random.default_rng(2).standard_normal((1, 3, 12, 8)).astype("f")
    pair = load(tmp_path / "pair", weights=weights)(pixel_values=pixels)
    sides = {"model_type": "clip_vision_model", "projection_dim": 10}
    alone = write_config(tmp_path / "alone", "vit", architectures=..., **sides)
    kept = {k: v for k, v in weights.items() if k.startswith(("vision_model.", "visual_"))}
    found = load(alone, weights=kept)(pixel_values=pixels)
    assert np.array_equal(found["last_hidden_state"], pair["vision_last_hidden_state"])
    assert np.abs(np.asarray(found["image_embeds"]) - pair["image_pooled"]).max() < 1e-5

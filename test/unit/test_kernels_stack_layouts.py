"""Layouts of stacks, and what a module that takes one can be given for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import WeightError
from rlxflow.weights.panels import Panels

TEXT = (
    Path(__file__).resolve().parents[1] / "passes" / "Inputs" / "effects" / "rlx-index-stacks.mlir"
)
PARTS = 'rlx.param = "w", rlx.parts = ["0.w", "1.w", "2.w"]'


@pytest.mark.parametrize(
    ("layer", "stack", "shape"),
    [
        ("q8_0.v1 21x64", "q8_0.v1 3x21x64", (3, 21, 64)),
        ("bf16.v2 5x21x64", "bf16.v2 3x5x21x64", (3, 5, 21, 64)),
        ("f32.v1 1x21x64", "f32.v1 3x1x21x64", (3, 1, 21, 64)),
        ("f16.v1 21x64 transposed", "f16.v1 3x21x64 transposed", (3, 64, 21)),
    ],
)
def test_a_stack_of_layouts_and_back(layer: str, stack: str, shape: tuple[int, ...]) -> None:
    one, all_ = Panels.parse(layer), Panels.parse(stack)
    assert str(one.stacked(3)) == stack
    assert str(all_) == stack
    assert all_.layer(3) == one
    assert all_.shape == shape
    assert all_.matrices == 3 * one.matrices
    with pytest.raises(WeightError, match=f"layout of a stack: expected 7 layers, found `{stack}`"):
        all_.layer(7)
    with pytest.raises(WeightError, match="expected 3 layers"):
        Panels.parse("q8_0.v1 21x64").layer(3)


def test_no_layout_has_a_third_count() -> None:
    with pytest.raises(WeightError, match="layout of a weight"):
        Panels.parse("q8_0.v1 2x3x5x21x64")


def given(rows: int = 64, layers: int = 3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(6)
    return {f"{i}.w": rng.normal(size=(rows, 64), scale=0.1).astype("f") for i in range(layers)}


def product(text: str, weights: dict[str, np.ndarray]) -> np.ndarray:
    x = np.random.default_rng(7).normal(size=(1, 64)).astype(np.float32)
    made = rf.BuiltModel.from_mlir(text, weights=weights).compile()
    return np.asarray(next(iter(made(**{made.inputs[0].name: x}).values())))


@pytest.mark.kernels
def test_a_stack_is_made_of_parts_or_given_whole() -> None:
    """Numbers, or bytes as they were packed; in the order of the layers."""
    text, parts = TEXT.read_text(), given()
    split = text.replace('rlx.param = "w"', PARTS)
    found = product(split, parts)
    x = np.random.default_rng(7).normal(size=(1, 64)).astype(np.float32)
    for weight in parts.values():
        x = x @ weight.T
    assert np.abs(found - x).max() < 0.02 * np.abs(x).max()
    whole = np.stack([*parts.values()])
    assert np.array_equal(product(text, {"w": whole}), found)
    packed = rf.BuiltModel.from_mlir(split, weights=parts).arrays["w"]
    assert (packed.shape, packed.dtype) == ((3, 4352), np.uint8)
    assert np.array_equal(product(text, {"w": packed}), found)
    assert np.array_equal(product(split, {"w": packed}), found)
    assert not np.array_equal(product(text, {"w": packed[::-1]}), found)


@pytest.mark.kernels
@pytest.mark.parametrize(
    ("old", "new", "weights", "message"),
    [
        ("q8_0.v1 3x64x64", "q8_0.v1 4x64x64", {"w": 3}, "expected 3 layers, found `q8_0.v1 4x6"),
        (
            "q8_0.v1 3x64x64",
            "q8_0.v1 3x32x64",
            {"w": 3},
            r"expected ui8\[3, 2176\], found ui8\[3, ",
        ),
        ("q8_0.v1 3x64x64", "q8_0.v1 3x64x64", {"w": 4}, "expected the 1 weights of the module"),
        ('rlx.param = "w"', PARTS, {"0.w": 0, "1.w": 0}, "found 1 missing"),
    ],
)
def test_what_does_not_fit_a_stack_is_named(
    old: str, new: str, weights: dict[str, int], message: str
) -> None:
    text = TEXT.read_text().replace(old, new)
    shapes = {name: (layers, 64, 64) if layers else (64, 64) for name, layers in weights.items()}
    held = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    with pytest.raises(WeightError, match=message):
        rf.BuiltModel.from_mlir(text, weights=held)

"""Layouts of stacks, and what a module that takes one can be given for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import WeightError
from rlxflow.ir.module import IrModule
from rlxflow.kernels.index_stacks import IndexStacks
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
    assert str(Panels.stacked([one] * 3)) == stack
    assert str(all_) == stack
    assert all_.layers(3) == [one] * 3
    assert all_.shape == shape
    assert all_.matrices == 3 * one.matrices
    with pytest.raises(WeightError, match=f"layout of a stack: expected 7 layers, found `{stack}`"):
        all_.layers(7)
    with pytest.raises(WeightError, match="expected 3 layers"):
        Panels.parse("q8_0.v1 21x64").layers(3)


@pytest.mark.parametrize(
    ("stack", "layers", "matrices"),
    [
        (
            "q4_k|q6_k|q4_k.v1 3x21x256",
            ["q4_k.v1 21x256", "q6_k.v1 21x256", "q4_k.v1 21x256"],
            ["q4_k", "q6_k", "q4_k"],
        ),
        (
            "int8|bf16.v1 2x3x21x64",
            ["int8.v1 3x21x64", "bf16.v1 3x21x64"],
            ["int8"] * 3 + ["bf16"] * 3,
        ),
    ],
)
def test_layers_of_a_stack_have_formats_of_their_own(
    stack: str, layers: list[str], matrices: list[str]
) -> None:
    panels = Panels.parse(stack)
    assert [*map(str, panels.layers(len(layers)))] == layers
    assert panels.of_matrices == matrices
    assert Panels.stacked([Panels.parse(each) for each in layers]) == panels
    assert str(panels) == stack


@pytest.mark.parametrize(
    "text", ["q4_k|q6_k.v1 3x21x256", "q4_k|q6_k.v1 21x256", "q8_0|q4_0|q8_0.v1 2x3x21x64"]
)
def test_a_stack_has_a_format_or_one_for_each_layer(text: str) -> None:
    with pytest.raises(WeightError, match="layout of a stack: expected a format, or one for each"):
        Panels.parse(text)


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


@pytest.mark.kernels
def test_a_stack_of_several_formats_is_made_of_parts_or_given_whole() -> None:
    """Layers of more and of fewer bytes than a row of the stack: 4352, 8192 and 2304."""
    text = TEXT.read_text().replace("3x4352xui8", "3x4992xui8").replace("<4352xui8", "<4992xui8")
    text = text.replace("1x4352xui8", "1x4992xui8").replace(
        "sizes = [1, 4352]", "sizes = [1, 4992]"
    )
    text = text.replace("q8_0.v1 3x", "q8_0|bf16|q4_0.v1 3x").replace('"q8_0"', '"q8_0|bf16|q4_0"')
    module = IrModule.parse(text.replace("tensor<224xui8>", "tensor<1024xui8>"))
    IndexStacks().run(module)
    text, parts = module.text(), given()
    split = text.replace('rlx.param = "w"', PARTS)
    found = product(split, parts)
    x = np.random.default_rng(7).normal(size=(1, 64)).astype(np.float32)
    for weight in parts.values():
        x = x @ weight.T
    assert np.abs(found - x).max() < 0.2 * np.abs(x).max()
    packed = rf.BuiltModel.from_mlir(split, weights=parts).arrays["w"]
    assert packed.shape == (3, 4992)
    assert not packed.reshape(-1)[4352 + 8192 + 2304 :].any()
    for weights in ({"w": np.stack([*parts.values()])}, {"w": packed}):
        assert np.array_equal(product(text, weights), found)

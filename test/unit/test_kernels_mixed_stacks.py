"""Calls that take stacks whose layers have formats of their own: the right bytes and no others."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import KernelError
from rlxflow.kernels.library import need_library
from rlxflow.weights.quantise import Rows

sys.path.insert(0, str(Path(__file__).resolve().parent))
from gguf_files import blocks
from kernel_calls import Call, embed_rows, experts_of_mixed, linear_of_mixed

pytestmark = pytest.mark.kernels
DEPTH, OUTS = 256, (37, 21)
MIXES = (
    ("q4_k", "q6_k", "q4_k", "q5_k", "q4_0"),
    ("q6_k", "q4_k", "bf16", "q4_k", "q8_0"),
)


def packed(format_: str, rows: int, depth: int, seed: int) -> np.ndarray:
    library = need_library("tests")
    held = blocks(format_.upper(), rows, depth, seed) if format_ != "bf16" else None
    if held is None:
        values = np.random.default_rng(seed).normal(size=(rows, depth)) / 16
        held = values.astype(ml_dtypes.bfloat16)
    panels = np.zeros(library.packed_bytes(format_, rows, depth), np.uint8)
    library.pack(format_, Rows(held), depth, panels, 1)
    return panels


def behind(layers: list[np.ndarray], row: int) -> np.ndarray:
    """The stack: layers one behind the other, and zeros."""
    whole = np.zeros((len(layers), row), np.uint8)
    whole.reshape(-1)[: sum(map(len, layers))] = np.concatenate(layers)
    return whole


def call(glu: bool, rows: int, formats: tuple[str, ...], sizes: list[tuple[int, ...]]) -> Call:
    library, outs = need_library("tests"), (OUTS[0],) * 2 if glu else OUTS
    size = library.linear_workspace([*formats], rows, DEPTH)
    weights = {f"w_{i}": ("ui8", each) for i, each in enumerate(sizes)}
    made = {f"y_{i}": ("f32", (rows, out)) for i, out in enumerate(outs)}
    own = {"act": '"silu"', "out_dim": f"{outs[0]} : i64"}
    if not glu:
        own = {"has_residual": "false", "out_dims": f"array<i64: {outs[0]}, {outs[1]}>"}
    config = {"formats": f'"{",".join(formats)}"', "in_dim": f"{DEPTH} : i64", "has_bias": "false"}
    return Call(
        f"rlxflow.linear{'_glu' if glu else ''}.v1",
        {"x": ("f32", (rows, DEPTH)), **weights},
        {**dict([*made.items()][: 1 if glu else 2]), "workspace": ("ui8", (size,))},
        config | own,
    )


@pytest.mark.parametrize("rows", [1, 3, 19])
@pytest.mark.parametrize("glu", [False, True])
def test_every_layer_gives_what_its_weights_give_alone(glu: bool, rows: int) -> None:
    """In every bit; one row meets blocks of 4 bits in digits in some layers, not in others."""
    outs = (OUTS[0],) * 2 if glu else OUTS
    layers = [
        [packed(f, out, DEPTH, 7 * i + j) for i, f in enumerate(mix)]
        for j, (mix, out) in enumerate(zip(MIXES, outs, strict=True))
    ]
    names = tuple("|".join(mix) for mix in MIXES)
    count, library = len(MIXES[0]), need_library("tests")
    sizes = [
        (count, library._size("rlx_stack_bytes", name.encode(), 1, out, DEPTH))
        for name, out in zip(names, outs, strict=True)
    ]
    stacked = call(glu, rows, names, sizes).operand("layer", "i32", ())
    given = {f"w_{j}": behind(layers[j], sizes[j][1]) for j in (0, 1)}
    x = np.random.default_rng(3).normal(size=(rows, DEPTH)).astype(np.float32)
    for i in range(count):
        own = {f"w_{j}": layers[j][i] for j in (0, 1)}
        formats = MIXES[0][i], MIXES[1][i]
        alone = call(glu, rows, formats, [own["w_0"].shape, own["w_1"].shape]).run(x=x, **own)
        found = stacked.run(x=x, **given, layer=np.int32(i))
        for name in [*alone][:-1]:
            assert np.array_equal(found[name], alone[name]), (name, formats)
            assert np.abs(found[name]).max() > 0.1


def test_experts_of_a_layer_have_its_formats() -> None:
    library, mixed = need_library("tests"), experts_of_mixed()
    names = [text.split("|") for text in mixed.attributes["formats"].strip('"').split(",")]
    names[0] = names[0] * 3
    sizes = {"gate": (21, 64), "up": (21, 64), "down": (64, 21)}
    rng = np.random.default_rng(8)
    layers: dict[str, list[np.ndarray]] = {key: [] for key in sizes}
    for key, formats in zip(sizes, names, strict=True):
        for i, format_ in enumerate(formats):
            nbytes = 3 * library.packed_bytes(format_, *sizes[key])
            values = np.full(nbytes // 2, 0.5 + i, np.float16)  # scales of blocks, numbers
            if format_ == "bf16":
                values = rng.normal(size=nbytes // 2).astype(ml_dtypes.bfloat16)
            layers[key].append(values.view(np.uint8))
    given = {key: behind(layers[key], mixed.operands[key][1][1]) for key in sizes}
    given |= {"ids": np.array([[0, 2], [1, 0], [2, 1]], np.int32)}
    for i in range(3):
        found = mixed.run(**given, layer=np.int32(i))["y"]
        formats = [each[i] for each in names]
        alone = mixed.attribute("formats", f'"{",".join(formats)}"')
        own = {key: layers[key][i] for key in sizes}
        for key, data in own.items():
            alone = alone.operand(key, "ui8", data.shape)
        wanted = alone.run(**{**given, **own}, layer=np.int32(0))["y"]
        assert np.array_equal(found, wanted, equal_nan=True), formats


@pytest.mark.parametrize("layer", [-1, 3, -(2**31), 2**31 - 1])
@pytest.mark.parametrize("make", [linear_of_mixed, experts_of_mixed])
def test_a_layer_that_is_not_there_is_an_error(make: Callable[[], Call], layer: int) -> None:
    with pytest.raises(KernelError, match=rf": layer is {layer}, expected 0 to 2, since .* is u8"):
        make().run(layer=np.int32(layer))


def wrong() -> list[tuple[Call, str]]:
    one, bank, few = linear_of_mixed(), experts_of_mixed(), "q8_0|q4_0"
    row = one.operands["w_0"][1][1]
    return [
        (one.attribute("formats", f'"{few}"'), rf"w_0 is u8\[3, {row}\], expected u8\[2, 1664\]"),
        (one.operand("w_0", "ui8", (3, 2 * 1088)), r"w_0 is u8\[3, 2176\], expected u8\[3, "),
        (one.operand("w_0", "ui8", (3 * row,)), rf"w_0 is u8\[{3 * row}\], expected u8\[3, "),
        (one.attribute("formats", '"q8_0|q9_9|q4_0"'), 'formats is "q8_0|q9_9|q4_0", expected'),
        (one.attribute("formats", '"q8_0||q4_0"'), "formats is .*, expected 1 to 8 of f32"),
        (one.attribute("formats", '"q8_0|q4_k"'), r"w_0: there is no \[21, 64\] of q8_0|q4_k"),
        (one.result("workspace", "ui8", (64,)), r"workspace is u8\[64\], expected .* at least \d+"),
        (bank.operand("down", "ui8", (3, 64)), r"down is u8\[3, 64\], expected u8\[3, \d+\]"),
        (
            bank.result("workspace", "ui8", (64,)),
            r"workspace is u8\[64\], expected .* at least \d+",
        ),
        (
            embed_rows().attribute("format", '"q8_0|q8_0"'),
            "formats of table are those of 2 layers, but no operand says which",
        ),
    ]


@pytest.mark.parametrize("which", range(10))
def test_what_does_not_fit_is_named(which: int) -> None:
    call, message = wrong()[which]
    with pytest.raises(KernelError, match=message.replace("|", r"\|")):
        call.run()


def test_the_workspace_is_that_of_all_layers() -> None:
    """An error in each layer, also in one that needs less."""
    call = linear_of_mixed()
    size = call.results["workspace"][1][0]
    for layer in range(3):
        with pytest.raises(KernelError, match=f"at least {size}"):
            call.result("workspace", "ui8", (size - 1,)).run(layer=np.int32(layer))


def test_formats_of_layers_without_a_number_are_refused_before_anything_is_compiled() -> None:
    call = linear_of_mixed()
    operands = {name: each for name, each in call.operands.items() if name != "layer"}
    text = Call(call.target, operands, call.results, call.attributes).text()
    message = r"expected the number of a layer, i32\[\], as the last operand, since operand 1 is a"
    with pytest.raises(KernelError, match=message):
        rf.BuiltModel.from_mlir(text, name="probe").compile()
    row = call.operands["w_0"][1][1]
    flat = Call(call.target, operands | {"w_0": ("ui8", (3 * row,))}, call.results, call.attributes)
    with pytest.raises(KernelError, match="last operand, since formats are those of layers"):
        rf.BuiltModel.from_mlir(flat.text(), name="probe").compile()

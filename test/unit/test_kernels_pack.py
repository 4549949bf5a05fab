"""Weights in panels: what comes out of them is what went in, rounded as their format says."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from rlxflow.errors import WeightError
from rlxflow.kernels.library import Library, find_library
from rlxflow.kernels.pack import library_packer
from rlxflow.weights import DictSource, ParamSpec, TensorInfo, WeightPlan, make_plan
from rlxflow.weights.packed import GgufPackedLinear, packed_rows
from rlxflow.weights.panels import Panels
from rlxflow.weights.plan import PlanEntry
from rlxflow.weights.quant_error import QuantError
from rlxflow.weights.quantise import QUANTISERS, quantise
from rlxflow.weights.quants import BY_NAME

sys.path.insert(0, str(Path(__file__).resolve().parent))

RNG = np.random.default_rng(20261126)


def library() -> Library:
    found = find_library()
    assert found is not None
    return found


def plan(panels: Panels, values: np.ndarray) -> WeightPlan:
    nbytes = library().nbytes(panels)
    return make_plan([ParamSpec("w", (nbytes,), "ui8", packed=str(panels))], as_source(values))


def as_source(values: np.ndarray) -> DictSource:
    return DictSource({"w": values})


@pytest.mark.parametrize(
    "text",
    ["q8_0.v1 256x2048", "f32.v1 7x3 transposed", "bf16.v12 1x9999999999", "q4_k.v1 8x17x256"],
)
def test_layouts_read_back_as_they_are_written(text: str) -> None:
    assert str(Panels.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["q8_0 2x2", "q8_0.v1 2x", "q8_0.v0 2x2", "q8_0.v1 2x2 t", "q8_0.v1 0x2x2", ""]
)
def test_texts_that_are_no_layout_are_refused(text: str) -> None:
    with pytest.raises(WeightError, match=r"expected `q8_0.v1 256x2048`, format"):
        Panels.parse(text)


@pytest.mark.kernels
@pytest.mark.parametrize("format_", ["f32", "bf16", "f16", "int8", "q8_0", "q4_0"])
@pytest.mark.parametrize("transposed", [False, True])
def test_panels_hold_the_rows(format_: str, *, transposed: bool) -> None:
    panels = Panels(format_, 1, 37, 96, transposed)
    values = RNG.normal(size=panels.shape).astype(np.float32)
    packed = plan(panels, values).read("w")
    assert packed.nbytes == library().nbytes(panels)
    assert packed.ctypes.data % 64 == 0
    found = library().unpack(format_, packed, 37, 96)
    rows = values.T if transposed else values
    if format_ in QUANTISERS:
        wanted = QUANTISERS[format_].unpack(quantise(np.ascontiguousarray(rows), format_, "w"))
        assert np.abs(found - wanted).max() <= 1e-6 * np.abs(wanted).max()
    else:
        bits = {"f32": 24, "bf16": 8, "f16": 11}[format_]
        assert np.abs(found - rows).max() <= np.abs(rows).max() * 2.0**-bits


@pytest.mark.kernels
@pytest.mark.parametrize("format_", ["bf16", "q8_0", "int8"])
@pytest.mark.parametrize("shape", [(6, 21, 64), (3, 42, 64)])
def test_banks_hold_one_matrix_after_the_other(format_: str, shape: tuple[int, ...]) -> None:
    panels = Panels(format_, 1, 21, 64, bank=6)
    values = RNG.normal(size=shape).astype(np.float32)
    size = library().packed_bytes(format_, 21, 64)
    whole = plan(panels, values).read("w").reshape(6, size)
    for one, rows in zip(whole, values.reshape(6, 21, 64), strict=True):
        alone = plan(Panels(format_, 1, 21, 64), rows).read("w")
        assert np.array_equal(one, alone)


@pytest.mark.kernels
@pytest.mark.parametrize("shape", [(126, 64), (6, 64, 21), (2, 63, 42), (4, 32, 64), (5, 21, 64)])
def test_tensors_that_are_no_such_bank_are_refused(shape: tuple[int, ...]) -> None:
    panels = Panels("f32", 1, 21, 64, bank=6)
    with pytest.raises(WeightError, match="1 of another shape"):
        plan(panels, np.zeros(shape, np.float32))


@pytest.mark.parametrize(("format_", "steps"), [("q8_0", 127), ("q4_0", 8), ("int8", 127)])
def test_quantised_values_are_within_half_a_step(format_: str, steps: int) -> None:
    values = RNG.normal(size=(5, 64)).astype(np.float32) * np.float32([[1], [9], [0], [1e-3], [70]])
    made = QUANTISERS[format_].unpack(quantise(values, format_, "w"))
    group = values.reshape(5, -1, 64 if format_ == "int8" else 32)
    step = np.abs(group).max(axis=-1, keepdims=True) / steps
    error = np.abs(made - values).reshape(group.shape)
    # One of the two ends of q4_0 is a whole step short; f16 scales are rounded themselves.
    assert (error <= (1.01 if format_ == "q4_0" else 0.56) * step + 1e-9).all()


@pytest.mark.parametrize("format_", [*QUANTISERS])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_not_quantised(format_: str, bad: float) -> None:
    values = np.ones((3, 64), np.float32)
    values[1, 40] = bad
    with pytest.raises(WeightError, match=f"expected values that {format_} can hold"):
        quantise(values, format_, "w")


@pytest.mark.kernels
def test_bytes_that_do_not_fit_are_refused_before_anything_is_read() -> None:
    panels = Panels("q8_0", 1, 32, 64)
    wrong = ParamSpec("w", (2177,), "ui8", packed=str(panels))
    with pytest.raises(WeightError, match=r"packed as q8_0.v1 32x64: expected ui8\[2176\], found"):
        make_plan([wrong], as_source(np.zeros((32, 64), np.float32)))
    right = ParamSpec("w", (2176,), "ui8", packed=str(panels))
    with pytest.raises(WeightError, match="1 of another shape"):
        make_plan([right], as_source(np.zeros((64, 32), np.float32)))
    with pytest.raises(WeightError, match="version 1 of f32, f16"):
        library_packer().nbytes(Panels("q8_0", 2, 32, 64))


@pytest.mark.kernels
def test_panels_in_a_file_are_taken_as_they_are() -> None:
    packed = np.arange(2176, dtype=np.int64).astype(np.uint8)
    spec = ParamSpec("w", (2176,), "ui8", packed="q8_0.v1 32x64")
    assert np.array_equal(make_plan([spec], as_source(packed)).read("w"), packed)


@pytest.mark.kernels
@pytest.mark.parametrize("format_", ["q8_0", "q6_k"])
def test_where_a_part_of_the_blocks_ends_makes_no_difference(
    format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = BY_NAME[format_.upper()]
    depth = 3 * kind.elements
    blocks = RNG.integers(0, 256, (83, 3 * kind.nbytes), dtype=np.uint8)
    panels = Panels(format_, 1, 83, depth)
    param = ParamSpec("w", (library().nbytes(panels),), "ui8", packed=str(panels))
    entry = PlanEntry(param=param, source_name="w", info=TensorInfo((83, depth), "f32"))
    source = Blocks({"w": blocks}, format_.upper())
    (whole,) = library_packer().pack(source, [entry], [QuantError()])
    for rows in (1, 16, 40):  # a part is never less than a panel
        monkeypatch.setattr("rlxflow.kernels.pack._BLOCKS", rows * blocks.shape[1])
        (parts,) = library_packer().pack(source, [entry], [QuantError()])
        assert np.array_equal(parts, whole)


class Blocks(DictSource):
    """Matrices of blocks of one scheme."""

    def __init__(self, arrays: dict[str, np.ndarray], name: str) -> None:
        super().__init__(arrays)
        self._scheme = name

    def take_packed(self, name: str) -> GgufPackedLinear | None:
        kind, w_q = BY_NAME[self._scheme], self.read(name)
        return packed_rows(w_q, kind.name, (len(w_q), w_q.shape[1] // kind.nbytes * kind.elements))

    def scheme(self, name: str) -> str:
        assert name in self
        return self._scheme

"""Values of quantised blocks, bit by bit, and the memory that computing them takes."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from rlxflow.weights.quants import BY_NAME, BY_NUMBER, TYPES, UNSUPPORTED, dequantise

GOLDENS = Path(__file__).parents[1] / "goldens" / "gguf" / "blocks.npz"
ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "gguf" / "blocks.npz"
QUANTISED = [kind.name for kind in TYPES if kind.quantised]


@pytest.mark.parametrize("path", [GOLDENS, ORACLE], ids=["goldens", "oracle"])
@pytest.mark.parametrize("name", QUANTISED)
def test_values_are_those_of_the_reference(name: str, path: Path) -> None:
    if not path.is_file():
        pytest.skip("no folder of reference files")
    with np.load(path) as arrays:
        raw, values = arrays[f"{name}/raw"], arrays[f"{name}/values"]
    found = dequantise(BY_NAME[name], raw)
    assert found.dtype == np.float32
    assert found.tobytes() == values.tobytes()


@pytest.mark.parametrize("name", QUANTISED)
def test_rows_do_not_depend_on_chunks(name: str) -> None:
    kind = BY_NAME[name]
    row = np.random.default_rng(0).integers(0, 256, (1, 24 * kind.nbytes), np.uint8)
    rows = 600_000 // (24 * kind.elements)
    found = dequantise(kind, np.repeat(row, rows, axis=0))
    assert found.shape == (rows, 24 * kind.elements)
    assert not found.flags.writeable
    assert found.__array_interface__["data"][0] % 64 == 0
    np.testing.assert_array_equal(found, np.repeat(dequantise(kind, row), rows, axis=0))


@pytest.mark.parametrize("name", QUANTISED)
def test_scales_that_are_not_finite_spread_silently(name: str) -> None:
    kind = BY_NAME[name]
    found = dequantise(kind, np.full((1, kind.nbytes), 0xFF, np.uint8))
    assert np.isnan(found).all()


@pytest.mark.parametrize("name", ["Q8_0", "Q3_K", "Q4_K", "Q6_K"])
def test_little_memory_is_needed_besides_the_result(name: str) -> None:
    kind = BY_NAME[name]
    packed = np.zeros((2048, 4096 // kind.elements * kind.nbytes), np.uint8)
    tracemalloc.start()
    try:
        result = dequantise(kind, packed)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - result.nbytes < 6 << 20


def test_every_type_is_listed_once() -> None:
    assert len(BY_NUMBER) == len(BY_NAME) == len(TYPES)
    assert not BY_NUMBER.keys() & UNSUPPORTED.keys()
    with pytest.raises(ValueError, match="F16 is not quantised"):
        dequantise(BY_NAME["F16"], np.zeros((1, 2), np.uint8))

"""Panels of packed weights mean what the file's blocks mean: our dequantising is the witness."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

from rlxflow.kernels.library import need_library
from rlxflow.weights.quants import BY_NAME, dequantise

pytestmark = pytest.mark.kernels


@pytest.fixture(scope="module")
def library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(need_library("these tests").path))
    library.rlx_packed_bytes.restype = ctypes.c_int64
    library.rlx_formats.restype = ctypes.c_char_p
    return library


def _size(value: int) -> ctypes.c_int64:
    return ctypes.c_int64(value)


def _there_and_back(
    library: ctypes.CDLL, name: str, rows: np.ndarray, sizes: tuple[int, ...]
) -> np.ndarray:
    out_dim, in_dim = map(_size, sizes)
    panels = np.full(library.rlx_packed_bytes(name, out_dim, in_dim), 0xA5, np.uint8)
    back = np.empty(sizes, np.float32)
    message = ctypes.create_string_buffer(200)
    tail = (ctypes.c_int(2), message, _size(200))
    packed = library.rlx_pack(
        name, rows.ctypes.data_as(ctypes.c_void_p), None, out_dim, in_dim,
        panels.ctypes.data_as(ctypes.c_void_p), *tail,
    )  # fmt: skip
    assert packed == 0, message.value
    unpacked = library.rlx_unpack(
        name, panels.ctypes.data_as(ctypes.c_void_p), out_dim, in_dim,
        back.ctypes.data_as(ctypes.c_void_p), *tail,
    )  # fmt: skip
    assert unpacked == 0, message.value
    return back


@pytest.mark.parametrize("name", ["Q8_0", "Q4_0", "Q4_K", "Q5_K", "Q6_K"])
@pytest.mark.parametrize("blocks", [1, 3])
def test_unpacked_panels_are_the_dequantised_file(
    library: ctypes.CDLL, name: str, blocks: int
) -> None:
    kind = BY_NAME[name]
    generator = np.random.default_rng(blocks)
    # Every byte at random: scales of any size, infinite and NaN ones among them.
    rows = generator.integers(0, 256, (21, blocks * kind.nbytes), dtype=np.uint8)
    expected = dequantise(kind, rows)
    found = _there_and_back(library, name.lower().encode(), rows, expected.shape)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("name", "dtype"), [(b"f32", np.float32), (b"f16", np.float16)])
def test_plain_rows_come_back(library: ctypes.CDLL, name: bytes, dtype: type) -> None:
    rows = np.random.default_rng(7).standard_normal((18, 13)).astype(dtype)
    np.testing.assert_array_equal(_there_and_back(library, name, rows, rows.shape), rows)


def test_formats_are_listed(library: ctypes.CDLL) -> None:
    names = library.rlx_formats().decode().split(",")
    assert names == ["f32", "f16", "bf16", "int8", "q8_0", "q4_0", "q4_k", "q5_k", "q6_k"]
    assert all(library.rlx_packed_bytes(n.encode(), _size(16), _size(256)) > 0 for n in names)

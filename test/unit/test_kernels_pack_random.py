"""Packing weights of any size: what is unpacked is what went in, or the size is an error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rlxflow.errors import KernelError, WeightError
from rlxflow.kernels.library import Library, need_library
from rlxflow.kernels.pack import LibraryPacker, _Place
from rlxflow.weights.panels import Panels
from rlxflow.weights.quantise import QUANTISERS, Rows
from rlxflow.weights.quants import BY_NAME, dequantise

pytestmark = pytest.mark.kernels
PLAIN = {"f32": np.float32, "f16": np.float16}
BLOCKS = {"q8_0": 32, "q4_0": 32, "q4_k": 256, "q5_k": 256, "q6_k": 256}
FORMATS = st.sampled_from([*PLAIN, "bf16", "int8", *BLOCKS])
SIZES = st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 600)


@pytest.fixture(scope="module")
def library() -> Library:
    return need_library("these tests")


def rows_of(format_: str, count: int, depth: int, rng: np.random.Generator) -> Rows:
    """Rows as a file has them, every byte at random."""
    nbytes = need_library("these tests").row_bytes(format_, depth)
    data = rng.integers(0, 256, (count, nbytes), dtype=np.uint8)
    return Rows(data, rng.normal(size=count).astype(np.float32) if format_ == "int8" else None)


def meaning(format_: str, rows: Rows) -> np.ndarray:
    """What rows stand for, by code that packs nothing."""
    if format_ in BLOCKS:
        return dequantise(BY_NAME[format_.upper()], rows.data)
    if format_ == "int8":
        return QUANTISERS["int8"].unpack(rows)
    if format_ == "bf16":
        return (rows.data.view("<u2").astype(np.uint32) << 16).view(np.float32)
    return rows.data.view(PLAIN[format_]).astype(np.float32)


@settings(max_examples=120, deadline=None)
@given(format_=FORMATS, count=st.integers(1, 70), blocks=st.integers(1, 5), seed=st.integers(0, 99))
def test_unpacking_gives_what_was_packed(
    library: Library, format_: str, count: int, blocks: int, seed: int
) -> None:
    depth = blocks * BLOCKS.get(format_, 13)
    rows = rows_of(format_, count, depth, np.random.default_rng(seed))
    panels = np.full(library.packed_bytes(format_, count, depth) + 64, 0xA5, np.uint8)
    library.pack(format_, rows, depth, panels, 1 + seed % 3)
    assert (panels[-64:] == 0xA5).all()
    found = library.unpack(format_, panels, count, depth)
    np.testing.assert_array_equal(found, meaning(format_, rows))


@settings(max_examples=300, deadline=None)
@given(format_=FORMATS, rows=SIZES, depth=SIZES)
def test_sizes_are_whole_blocks_or_errors(
    library: Library, format_: str, rows: int, depth: int
) -> None:
    most = 2**30
    whole = depth % BLOCKS.get(format_, 1) == 0
    possible = 0 < rows <= most and 0 < depth <= most and whole
    nbytes = library.packed_bytes(format_, rows, depth)
    if not possible:
        assert nbytes == -1
        with pytest.raises(
            KernelError, match=rf"packing {format_}: .*{format_}\[{rows}, {depth}\]"
        ):
            library._call(
                "rlx_pack", format_.encode(), None, None, rows, depth, None, 1,
                where=f"packing {format_}",
            )  # fmt: skip
    elif nbytes > 0:
        assert nbytes % 64 == 0
        assert nbytes >= rows * library.row_bytes(format_, depth)
    else:  # more bytes than there are
        assert rows * depth > 2**44


@settings(max_examples=60, deadline=None)
@given(format_=FORMATS, extra=st.integers(-3, 3).filter(bool), count=st.integers(1, 40))
def test_rows_of_other_bytes_are_refused(
    library: Library, format_: str, extra: int, count: int
) -> None:
    depth = 2 * BLOCKS.get(format_, 13)
    rows = rows_of(format_, count, depth, np.random.default_rng(1))
    wrong = np.zeros((count, rows.data.shape[1] + extra), np.uint8)
    target = np.zeros(library.packed_bytes(format_, count, depth), np.uint8)
    panels = Panels(format_, library.layout, count, depth)
    place = _Place(format_, target)
    with pytest.raises(WeightError, match=f"expected {rows.data.shape[1]} bytes a row, found"):
        LibraryPacker(library)._put(panels, Rows(wrong, rows.scales), 0, place)

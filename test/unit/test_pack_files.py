"""Weights packed from files, several at once: each as if it were alone and read before."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlxflow.errors import WeightError
from rlxflow.kernels import pack_job
from rlxflow.kernels.huge_pages import huge_arrays
from rlxflow.kernels.library import Library, need_library
from rlxflow.kernels.pack import LibraryPacker
from rlxflow.weights import (
    DictSource,
    GgufFile,
    HfView,
    NameRules,
    ParamSpec,
    WeightPlan,
    WeightSource,
    make_plan,
    open_weights,
    write_safetensors,
)
from rlxflow.weights.aligned import address
from rlxflow.weights.panels import Panels
from rlxflow.weights.quant_error import QuantError

GOLDENS = Path(__file__).parents[1] / "goldens" / "gguf"


@pytest.fixture(scope="module")
def library() -> Library:
    return need_library("these tests")


def plan_of(library: Library, source: WeightSource, formats: dict[str, str]) -> WeightPlan:
    params: list[ParamSpec] = []
    for name, format_ in formats.items():
        info = source.info(name)
        if not format_:
            params.append(ParamSpec(name, info.shape, info.dtype))
            continue
        panels = Panels(format_, library.layout, *info.shape)
        size = library.nbytes(panels)
        params.append(ParamSpec(name, (size,), "ui8", packed=str(panels)))
    return make_plan(params, source, NameRules())


def read_all(plan: WeightPlan) -> list[np.ndarray]:
    names = [entry.param.name for entry in plan.entries]
    return list(plan.read_all(names, [QuantError() for _ in names]))


@pytest.mark.kernels
@pytest.mark.parametrize("most", [1, 3000, 1 << 27])
def test_rows_of_a_gguf_file_reach_their_panels_in_order(
    library: Library, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """Heads whose rows change places among them, and tensors between that are not packed."""
    monkeypatch.setattr(pack_job, "BATCH", most)
    source = HfView(GgufFile(GOLDENS / "llama.gguf"))
    formats = {
        name: source.quantization(name).lower() if len(source.info(name).shape) == 2 else ""
        for name in source.names()
    }
    assert "" in formats.values()
    assert any("q_proj" in name and kind for name, kind in formats.items())
    found = read_all(plan_of(library, source, formats))
    for (name, kind), array in zip(formats.items(), found, strict=True):
        wanted = source.read(name)
        if kind:
            assert array.ctypes.data % 64 == 0
            assert not array.flags.writeable
        values = library.unpack(kind, array, *wanted.shape) if kind else array
        np.testing.assert_array_equal(values, wanted.astype(np.float32), err_msg=name)


@pytest.mark.kernels
def test_what_lies_as_it_is_packed_and_what_is_computed_come_in_order(
    library: Library, tmp_path: Path
) -> None:
    rng = np.random.default_rng(8)
    arrays = {name: rng.normal(size=(37, 64)).astype(np.float32) for name in ("a", "b", "c", "d")}
    arrays["odd"] = np.ones(3, np.float32)
    write_safetensors(tmp_path / "a.safetensors", arrays)
    formats = {"c": "f32", "a": "q8_0", "odd": "", "d": "f32", "b": "bf16"}
    names = [*formats]
    from_file = plan_of(library, open_weights(tmp_path / "a.safetensors"), formats)
    from_memory = plan_of(library, DictSource(arrays), formats)
    found, errors = read_all(from_file), [QuantError() for _ in names]
    alone = [*from_memory.read_all(names, errors)]
    for name, one, other in zip(names, found, alone, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=name)
    assert [error.largest > 0 for error in errors] == [False, True, False, False, False]


@pytest.mark.kernels
def test_nothing_is_packed_before_it_is_asked_for(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, pack_all = list[int](), Library.pack_all

    def noted(self: Library, jobs: Any, count: int, threads: int) -> None:
        calls.append(count)
        pack_all(self, jobs, count, threads)

    monkeypatch.setattr(Library, "pack_all", noted)
    write_safetensors(tmp_path / "a.safetensors", {"a": np.ones((16, 32), np.float32)})
    plan = plan_of(library, open_weights(tmp_path / "a.safetensors"), {"a": "f32"})
    coming = plan.read_all(["a"], [QuantError()])
    assert not calls
    (array,) = coming
    assert calls == [1]
    assert library.unpack("f32", array, 16, 32).tolist() == np.ones((16, 32)).tolist()
    with pytest.raises(WeightError, match="a tensor `b`"):
        plan.read_all(["b"], [QuantError()])


def _pages_in_memory(path: Path, spare: int = 2 << 20) -> int:
    """Returns how many pages of a mapped file this process holds, but for both ends.

    The system may map a huge page for the header, or for what comes after the last row.
    """
    pages, size = 0, os.sysconf("SC_PAGESIZE")
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        if line.endswith(str(path)):
            begin, end = (int(each, 16) for each in line.split()[0].split("-"))
            with Path("/proc/self/pagemap").open("rb") as entries:
                entries.seek((begin + spare) // size * 8)
                found = np.frombuffer(entries.read((end - begin - 2 * spare) // size * 8), "<u8")
            pages += int(np.count_nonzero(found >> np.uint64(63)))
    return pages


@pytest.mark.kernels
@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux what of a file is in memory")
@pytest.mark.parametrize("format_", ["f32", "bf16"])
def test_pages_of_the_file_are_given_back(library: Library, tmp_path: Path, format_: str) -> None:
    """Those packed as they lie by the library, those computed by `row_chunks`."""
    path = tmp_path / "large.safetensors"
    write_safetensors(path, {"a": np.ones((4096, 1024), np.float32)})
    plan = plan_of(library, open_weights(path), {"a": format_})
    (array,) = read_all(plan)
    assert _pages_in_memory(path) == 0
    assert library.unpack(format_, array, 4096, 1024).min() == 1


@pytest.mark.kernels
def test_a_file_that_became_shorter_is_noticed_before_its_rows_are_packed(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was packed before is there, and the process goes on."""
    monkeypatch.setattr(pack_job, "BATCH", 1)
    path = tmp_path / "a.safetensors"
    write_safetensors(path, {"a": np.ones((16, 32), np.float32), "b": np.ones((48, 99), "f4")})
    plan = plan_of(library, open_weights(path), {"a": "f32", "b": "f32"})
    coming = plan.read_all(["a", "b"], [QuantError(), QuantError()])
    assert library.unpack("f32", next(coming), 16, 32).min() == 1
    size = path.stat().st_size
    os.truncate(path, size - 48 * 99 * 4)
    with pytest.raises(WeightError, match=f"expected {size} bytes as when it was opened"):
        next(coming)


@pytest.mark.kernels
def test_a_row_of_other_bytes_is_refused_before_anything_is_packed(
    library: Library, tmp_path: Path
) -> None:
    write_safetensors(tmp_path / "a.safetensors", {"a": np.ones((16, 33), np.float32)})
    source = open_weights(tmp_path / "a.safetensors")
    panels = Panels("f32", library.layout, 16, 32)
    param = ParamSpec("a", (library.nbytes(panels),), "ui8", packed=str(panels))
    plan = plan_of(library, source, {"a": "f32"})
    (entry,) = plan.packed([param]).entries
    with pytest.raises(WeightError, match="expected 128 bytes a row, found 2112 in 16 rows"):
        LibraryPacker(library).pack(source, [entry], [QuantError()])


@pytest.mark.parametrize("sizes", [[64, 1, 130], [3 << 20, 65, 5 << 20], [], [0, 7]])
def test_arrays_stand_next_to_each_other_on_boundaries(sizes: list[int]) -> None:
    arrays = huge_arrays(sizes)
    assert [len(array) for array in arrays] == sizes
    for i, array in enumerate(arrays):
        array[...] = i + 1
    for i, array in enumerate(arrays):
        assert (array == i + 1).all()
        assert address(array) % 64 == 0 or not len(array)
    gaps = [address(b) - address(a) - len(a) for a, b in itertools.pairwise(arrays) if len(a)]
    assert all(0 <= gap < 64 for gap in gaps)

"""Safetensors files: what is written can be read by everyone, in place, and aligned."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import hypothesis.extra.numpy as arrays
import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rlxflow.errors import FileError, FlowError, WeightError
from rlxflow.weights import SafetensorsFile, TensorInfo, is_aligned, write_safetensors
from rlxflow.weights.aligned import address

TENSORS = {
    "f32": np.arange(35, dtype=np.float32).reshape(5, 7),
    "bf16": np.arange(6, dtype=np.float32).astype(ml_dtypes.bfloat16),
    "f16": np.arange(64, dtype=np.float16),
    "f64": np.arange(3, dtype=np.float64),
    "i64": np.arange(-4, 4, dtype=np.int64).reshape(2, 2, 2),
    "ui8": np.arange(13, dtype=np.uint8),
    "bool": np.array([True, False, True]),
    "f8": np.arange(3, dtype=np.float32).astype(ml_dtypes.float8_e4m3fn),
    "scalar": np.array(1.5, np.float32),
    "empty": np.empty((3, 0, 2), np.float32),
}


def same(left: np.ndarray, right: np.ndarray) -> bool:
    return (left.shape, left.dtype, left.tobytes()) == (right.shape, right.dtype, right.tobytes())


def assert_holds(file: SafetensorsFile, tensors: dict[str, np.ndarray]) -> None:
    assert set(file.names()) == set(tensors)
    for name, array in tensors.items():
        read = file.read(name)
        assert same(read, array)
        assert is_aligned(read)
        assert not read.flags.writeable
        assert file.info(name).shape == array.shape
        assert file.info(name).nbytes == array.nbytes


def test_our_reader_reads_our_writer(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "a.safetensors", TENSORS, {"format": "pt"})
    file = SafetensorsFile(tmp_path / "a.safetensors")
    assert_holds(file, TENSORS)
    assert file.metadata == {"format": "pt"}
    assert file.info("bf16") == TensorInfo((6,), "bf16")
    assert "scalar" in file
    assert os.listdir(tmp_path) == ["a.safetensors"]


def test_the_library_reads_our_writer(tmp_path: Path) -> None:
    # Its numpy half takes no float8.
    tensors = {name: array for name, array in TENSORS.items() if name != "f8"}
    write_safetensors(tmp_path / "a.safetensors", tensors, {"format": "pt"})
    loaded = safetensors.numpy.load_file(tmp_path / "a.safetensors")
    assert loaded.keys() == tensors.keys()
    assert all(same(loaded[name], array) for name, array in tensors.items())
    with safetensors.safe_open(tmp_path / "a.safetensors", "np") as opened:
        assert opened.metadata() == {"format": "pt"}


def test_our_reader_reads_the_library(tmp_path: Path) -> None:
    safetensors.numpy.save_file(TENSORS, tmp_path / "a.safetensors")
    assert_holds(SafetensorsFile(tmp_path / "a.safetensors"), TENSORS)


def test_file_without_tensors_is_read(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "a.safetensors", {})
    assert list(SafetensorsFile(tmp_path / "a.safetensors").names()) == []


names = st.text(st.characters(exclude_categories=["Cs"]), max_size=9).filter(
    lambda name: name != "__metadata__"
)
values = st.sampled_from(sorted({array.dtype.str for array in TENSORS.values()} - {"<V2", "<V1"}))
tensors = st.dictionaries(
    names,
    values.flatmap(lambda kind: arrays.arrays(kind, arrays.array_shapes(min_dims=0, min_side=0))),
    max_size=5,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[*HealthCheck])
@given(tensors, st.dictionaries(names, names, max_size=2))
def test_every_mapping_survives_the_way_to_disk_and_back(
    tmp_path: Path, given: dict[str, np.ndarray], metadata: dict[str, str]
) -> None:
    write_safetensors(tmp_path / "a.safetensors", given, metadata)
    file = SafetensorsFile(tmp_path / "a.safetensors")
    assert_holds(file, given)
    assert file.metadata == metadata
    assert safetensors.numpy.load_file(tmp_path / "a.safetensors").keys() == given.keys()


def test_written_tensors_are_read_in_place(tmp_path: Path) -> None:
    written = {f"w{i}": np.full((4, 16 * (i + 1)), i, np.float32) for i in range(5)}
    write_safetensors(tmp_path / "a.safetensors", {"odd": np.zeros(3, np.int8), **written})
    file = SafetensorsFile(tmp_path / "a.safetensors")
    text = (tmp_path / "a.safetensors").read_bytes()
    data = 8 + int.from_bytes(text[:8], "little")
    assert data % 64 == 0
    first = address(file.read("w0"))
    for name, array in written.items():
        read = file.read(name)
        assert np.shares_memory(read, file.read(name))
        # The distance between two views equals their distance in the file.
        offset = address(read) - first
        assert text[data + offset :].startswith(array.tobytes())
        assert sum(other.nbytes for n, other in written.items() if n < name) == offset


def test_unaligned_tensor_is_copied_once_and_aligned(tmp_path: Path) -> None:
    array = np.arange(1000, dtype=np.float32)
    for size in range(64):
        safetensors.numpy.save_file(
            {"pad": np.zeros(size, np.int8), "w": array}, tmp_path / "a.safetensors"
        )
        read = SafetensorsFile(tmp_path / "a.safetensors").read("w")
        assert is_aligned(read)
        assert same(read, array)


def test_views_outlive_their_file(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "a.safetensors", {"w": np.arange(64, dtype=np.float32)})
    read = SafetensorsFile(tmp_path / "a.safetensors").read("w")
    (tmp_path / "a.safetensors").unlink()
    assert read.sum() == 2016


def test_several_threads_read_one_file(tmp_path: Path) -> None:
    written = {f"w{i}": np.full(1001 + i, i, np.float32) for i in range(20)}
    safetensors.numpy.save_file(written, tmp_path / "a.safetensors")
    file = SafetensorsFile(tmp_path / "a.safetensors")
    wrong: list[str] = []

    def read_all() -> None:
        wrong.extend(name for name in file.names() if not same(file.read(name), written[name]))

    threads = [threading.Thread(target=read_all) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("count", [64, 3])  # read in place, copied
def test_file_that_shrinks_after_opening_is_an_error(tmp_path: Path, count: int) -> None:
    path = tmp_path / "a.safetensors"
    write_safetensors(path, {"b": np.zeros(12, np.int8), "w": np.zeros(count, np.float32)})
    file = SafetensorsFile(path)
    os.truncate(path, 70)
    with pytest.raises(WeightError, match=r"expected \d+ bytes as when it was opened, found \d+"):
        file.read("w")


def test_unreadable_paths_are_file_errors(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, found in {
        "none": "No such file or directory",
        ".": "a folder",
        "pipe": "neither a file nor a folder",
        "\0": "(open: )?embedded null (byte|character in path)",
    }.items():
        with pytest.raises(FileError, match=f"found {found}; check the path"):
            SafetensorsFile(tmp_path / path)


def test_unknown_name_lists_the_nearest_and_the_total(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "a.safetensors", TENSORS)
    file = SafetensorsFile(tmp_path / "a.safetensors")
    with pytest.raises(WeightError, match="found 10 tensors without it; nearest names: `scalar`"):
        file.read("scalars")
    with pytest.raises(FlowError, match=r"expected a tensor `zzz`.*; no name resembles it"):
        file.info("zzz")

"""Pages of a mapped file can be given back: memory falls, values stay."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from rlxflow.errors import WeightError
from rlxflow.weights.mapped_file import MappedFile, check_there, forget
from rlxflow.weights.source import TensorInfo

STATUS = Path("/proc/self/status")
COUNT = 1 << 24


def resident_bytes() -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


@pytest.mark.skipif(not STATUS.exists(), reason="the system does not tell resident memory")
def test_memory_falls_and_values_stay(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    np.arange(COUNT, dtype=np.int32).tofile(path)
    array = MappedFile(path).tensor(0, TensorInfo((COUNT,), "i32"))
    total = int(array.sum(dtype=np.int64))
    touched = resident_bytes()
    forget(array[7:-5].view(np.uint32).reshape(-1, 4))
    assert touched - resident_bytes() > 0.9 * array.nbytes
    assert int(array.sum(dtype=np.int64)) == total == COUNT * (COUNT - 1) // 2


def test_other_arrays_and_small_views_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    np.arange(2048, dtype=np.int32).tofile(path)
    array = MappedFile(path).tensor(0, TensorInfo((2048,), "i32"))
    forget(array[3:9])
    own = np.arange(3000)
    forget(own)
    forget(own[5:])
    assert array[2047] == 2047
    assert own[-1] == 2999


def test_a_file_that_ends_before_a_view_of_it_is_not_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    np.arange(2048, dtype=np.int32).tofile(path)
    array = MappedFile(path).tensor(0, TensorInfo((2048,), "i32"))
    parts = [array[:1234], array[1234:].view(np.uint8).reshape(-1, 4)]
    os.truncate(path, 1234 * 4)
    check_there(parts[0])
    with pytest.raises(WeightError) as caught:
        check_there(parts[1])
    assert "expected 8192 bytes as when it was opened, found 4936 bytes" in str(caught.value)
    assert str(caught.value).startswith(str(path))
    os.truncate(path, 2048 * 4)
    check_there(parts[1])
    check_there(np.arange(3000)[5:])

"""Writing safetensors files: all or nothing, and a reason for nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from rlxflow.errors import DTypeError, FileError, WeightError
from rlxflow.weights import SafetensorsFile, ShapeSource, TensorInfo, write_safetensors


def test_writer_takes_a_source(tmp_path: Path) -> None:
    arrays = {"small": np.ones(3, np.int8), "w": np.ones((4, 4), np.float32)}
    write_safetensors(tmp_path / "a.safetensors", arrays)
    write_safetensors(tmp_path / "b.safetensors", SafetensorsFile(tmp_path / "a.safetensors"))
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    with pytest.raises(WeightError, match="expected data, found a shape and no data"):
        write_safetensors(tmp_path / "a.safetensors", ShapeSource({"w": TensorInfo((1,), "f32")}))
    assert sorted(os.listdir(tmp_path)) == ["a.safetensors", "b.safetensors"]


def test_file_may_be_replaced_while_it_is_mapped(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_safetensors(path, {"w": np.arange(16, dtype=np.float32)})
    read = SafetensorsFile(path).read("w")
    write_safetensors(path, {"w": np.zeros(16, np.float32)})
    assert read.sum() == 120


def test_smaller_tensors_stay_on_multiples_of_their_elements(tmp_path: Path) -> None:
    arrays = {f"{size}.{i}": np.zeros(i, f"i{size}") for size in (1, 2, 4, 8) for i in range(20)}
    write_safetensors(tmp_path / "a.safetensors", arrays)
    text = (tmp_path / "a.safetensors").read_bytes()
    data = 8 + int.from_bytes(text[:8], "little")
    for name, fields in json.loads(text[8:data]).items():
        begin, end = fields["data_offsets"]
        assert (data + begin) % (64 if (end - begin) % 64 == 0 else int(name[0])) == 0


def test_writer_keeps_the_old_file_when_it_fails(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    write_safetensors(path, {"w": np.zeros(1)})
    before = path.read_bytes()

    class Failing(dict[str, np.ndarray]):
        where = "failing"

        def names(self) -> list[str]:
            return ["w"]

        def info(self, name: str) -> TensorInfo:
            return TensorInfo((1,), "f32")

        def read(self, name: str) -> np.ndarray:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_safetensors(path, Failing())
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.safetensors"]


@pytest.mark.parametrize(
    ("tensors", "metadata", "message"),
    [
        ({"__metadata__": np.zeros(1)}, None, "expected names of tensors, found `__metadata__`"),
        ({"\ud800": np.zeros(1)}, None, r"expected UTF-8 text, found '\\ud800'"),
        ({1: np.zeros(1)}, None, "expected names that are strings, found key 1"),
        ({"w": np.array(["x"])}, None, "`w`: expected one of f64, .*found numpy <U1"),
        ({"w": np.zeros(1)}, {"n": 3}, "`__metadata__`: `n`: expected strings, found 3"),
        ({"w": [[1], [2, 3]]}, None, "`w`: expected an array, found .*; pass something that"),
    ],
)
def test_what_cannot_be_written_is_refused(
    tmp_path: Path, tensors: dict[str, object], metadata: dict[str, str] | None, message: str
) -> None:
    with pytest.raises((WeightError, DTypeError), match=message):
        write_safetensors(tmp_path / "a.safetensors", tensors, metadata)
    assert os.listdir(tmp_path) == []


def test_unwritable_path_is_a_file_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"expected a folder .*, found none; create it"):
        write_safetensors(tmp_path / "none" / "a.safetensors", {})
    with pytest.raises(FileError, match="found a NUL in its name"):
        write_safetensors("a\0", {})

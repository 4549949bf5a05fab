"""Sharded checkpoints: an index and its shards agree, or an error names what does not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rlxflow.errors import FileError, WeightError
from rlxflow.weights import ShardedSafetensors, TensorInfo, is_aligned, write_safetensors

ONE = np.ones(3, np.float32)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    write_safetensors(tmp_path / "m-1.safetensors", {"a": ONE, "b": ONE * 2})
    write_safetensors(tmp_path / "m-2.safetensors", {"c": ONE * 3})
    path = tmp_path / "model.safetensors.index.json"
    return rewrite(path, {"a": "m-1.safetensors", "b": "m-1.safetensors", "c": "m-2.safetensors"})


def rewrite(path: Path, weight_map: dict[str, object]) -> Path:
    path.write_text(json.dumps({"metadata": {"total_size": 36}, "weight_map": weight_map}))
    return path


def weight_map(path: Path) -> dict[str, object]:
    return json.loads(path.read_text())["weight_map"]


def test_tensors_come_from_their_shards(index: Path) -> None:
    source = ShardedSafetensors(index)
    assert list(source.names()) == ["a", "b", "c"]
    assert source.info("c") == TensorInfo((3,), "f32")
    assert source.read("c").tolist() == [3, 3, 3]
    assert is_aligned(source.read("b"))
    assert "c" in source
    assert "d" not in source
    with pytest.raises(WeightError, match=r"index\.json: expected a tensor `d`, found 3 tensors"):
        source.read("d")


def test_missing_shards_are_listed(index: Path) -> None:
    for shard in ("m-1.safetensors", "m-2.safetensors"):
        (index.parent / shard).unlink()
    with pytest.raises(
        FileError, match=r"found 2 missing: `m-1\.safetensors`, `m-2\.safetensors`; download"
    ):
        ShardedSafetensors(index)


def test_tensor_that_its_shard_lacks_is_named(index: Path) -> None:
    rewrite(index, weight_map(index) | {"d": "m-2.safetensors"})
    with pytest.raises(WeightError, match=r"expected `d` in `m-2\.safetensors` as the index says"):
        ShardedSafetensors(index)


def test_tensor_that_the_index_lacks_is_named(index: Path) -> None:
    names = weight_map(index)
    del names["b"]
    with pytest.raises(WeightError, match=r"of `m-1\.safetensors` in the index.*others: `b`"):
        ShardedSafetensors(rewrite(index, names))


def test_tensor_in_two_shards_is_named(index: Path) -> None:
    write_safetensors(index.parent / "m-2.safetensors", {"c": ONE, "a": ONE})
    with pytest.raises(WeightError, match=r"of `m-2\.safetensors` in the index.*others: `a`"):
        ShardedSafetensors(index)


def test_long_lists_are_cut(index: Path) -> None:
    rewrite(index, weight_map(index) | {f"x{i}": "m-2.safetensors" for i in range(20)})
    with pytest.raises(WeightError, match="`x7` and 12 more in"):
        ShardedSafetensors(index)


@pytest.mark.parametrize(
    "shard", ["../m-1.safetensors", "/etc/x", "a/../../b", "", ".", "a\0b", "..\\a", 3, None]
)
def test_shards_stay_inside_the_folder(index: Path, shard: object) -> None:
    rewrite(index, weight_map(index) | {"a": shard})
    with pytest.raises(WeightError, match="`a`: expected a file name inside the folder"):
        ShardedSafetensors(index)


def test_shard_may_be_a_link_out_of_the_folder(index: Path, tmp_path: Path) -> None:
    blob = tmp_path / "blobs" / "1234"
    blob.parent.mkdir()
    shard = tmp_path / "m-2.safetensors"
    shard.rename(blob)
    shard.symlink_to(blob)
    assert ShardedSafetensors(index).read("c").tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{}", "expected an object `weight_map`, found none"),
        ('{"weight_map": []}', "expected an object `weight_map`, found a list"),
        ("[]", "expected a JSON object, found a list"),
        ("{", "expected JSON"),
        ('{"weight_map": {"a": "x", "a": "y"}}', "expected every key once, found `a` twice"),
        ('{"weight_map": {"a": "\\ud800"}}', "expected UTF-8 text"),
    ],
)
def test_damaged_index_is_named(index: Path, text: str, message: str) -> None:
    index.write_text(text)
    with pytest.raises(WeightError, match=message):
        ShardedSafetensors(index)


def test_overlong_shard_name_counts_as_missing(index: Path) -> None:
    rewrite(index, {"a": "x" * 5000})
    with pytest.raises(FileError, match="found 1 missing"):
        ShardedSafetensors(index)


def test_damaged_shard_names_the_shard(index: Path) -> None:
    (index.parent / "m-2.safetensors").write_bytes(b"123")
    with pytest.raises(WeightError, match=r"m-2\.safetensors: expected at least 8 bytes"):
        ShardedSafetensors(index)


def test_missing_index_is_a_file_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="expected a readable index, found No such file"):
        ShardedSafetensors(tmp_path / "model.safetensors.index.json")

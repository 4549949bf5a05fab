"""Damaged safetensors files: each kind of damage has its message, and none has any other effect."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from rlxflow.errors import FlowError, WeightError
from rlxflow.weights import SafetensorsFile, write_safetensors


def raw(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(
    shape: object = (1,), offsets: object = (0, 4), dtype: object = "F32"
) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


FOUR = b"\0" * 4
BIG = 2**40


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected weights, found an empty file"),
        (b"1234567", "expected at least 8 bytes, found 7 bytes"),
        (b"\xff" * 8, "a header of at most 100000000 bytes, found a header length of 18446744"),
        (raw(b"{}")[:9], "expected a header of 2 bytes, found 1 bytes in a truncated file"),
        (raw(b""), "expected a header that starts with `{`, found b''"),
        (raw(b" {}"), "expected a header that starts with `{`"),
        (raw(b"[]"), "expected a header that starts with `{`"),
        (raw(b"{]"), "header: expected JSON, found Expecting"),
        (raw(b'{"a":' + b"[" * 100_000), "expected JSON, found brackets nested too deep"),
        (raw(b'{"a": ' + b"9" * 5000 + b"}"), "expected JSON, found Exceeds the limit"),
        (raw(b'{"\xff": 1}'), "header: expected UTF-8 text"),
        (raw(b'{"\\ud800": 1}'), r"header: expected UTF-8 text, found '\\ud800'"),
        (raw(b'{"a": 1, "a": 2}'), "expected every key once, found `a` twice"),
        (raw({"a": 1}), "tensor `a`: expected an object with dtype, shape and data_offsets"),
        (raw({"a": {"shape": [1]}}), "expected a field `dtype`, found none"),
        (raw({"a": entry(dtype=1)}), "dtype: expected a string, found 1"),
        (raw({"a": entry(dtype="F4")}), "dtype: expected one of F64, .*BOOL, found 'F4'"),
        (raw({"a": entry(shape=1)}), "shape: expected a list of integers, found 1"),
        (raw({"a": entry(shape=[True])}), r"shape: expected integers from 0 to .*, found True"),
        (raw({"a": entry(shape=[1.0])}), r"found 1\.0"),
        (raw({"a": entry(shape=[-1])}), "found -1"),
        (raw({"a": entry(shape=[2**63])}), "found 9223372036854775808"),
        (raw({"a": entry(shape=[0] * 65)}), "expected at most 64 axes, found 65"),
        (raw({"a": entry(shape=[0, BIG, BIG])}), "expected a shape that can be addressed"),
        (raw({"a": entry(offsets=[0])}), r"expected \[begin, end\] with begin <= end, found \[0\]"),
        (raw({"a": entry(offsets=[4, 0])}), r"with begin <= end, found \[4, 0\]"),
        (raw({"a": entry(offsets=[0, 8])}), r"expected 4 bytes for f32\[1\], found .*of 8 bytes"),
        (raw({"a": entry()}, b"123"), "expected 4 bytes of data, found 3 bytes in a truncated"),
        (raw({"a": entry()}, FOUR + b"1"), "found 1 bytes behind the last tensor"),
        (raw({}, b"1"), "expected 0 bytes of data, found 1 bytes behind"),
        (
            raw({"a": entry(), "b": entry(offsets=[2, 6])}, FOUR + b"12"),
            "tensor `b`: expected no overlap, found it begins at byte 2, inside `a`",
        ),
        (raw({"a": entry(offsets=[4, 8])}, FOUR * 2), "a hole at bytes 0 to 4 before `a`"),
        (raw({"__metadata__": 1}), "`__metadata__`: expected an object of strings, found 1"),
        (raw({"__metadata__": {"k": 1}}), "`__metadata__`: `k`: expected a string, found 1"),
    ],
)
def test_damage_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightError, match=message) as caught:
        SafetensorsFile(path)
    assert str(caught.value).startswith(str(path))


def test_bool_bytes_other_than_0_and_1_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(raw({"a": entry([3], [0, 3], "BOOL")}, b"\0\1\2"))
    with pytest.raises(WeightError, match="`a`: expected bytes 0 and 1, found 2"):
        SafetensorsFile(tmp_path / "a").read("a")


@pytest.fixture
def valid(tmp_path: Path) -> bytes:
    tensors = {
        "layers.0.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
        "flag": np.array([True, False]),
        "empty": np.empty((0, 2), np.float16),
    }
    write_safetensors(tmp_path / "valid", tensors, {"format": "pt"})
    return (tmp_path / "valid").read_bytes()


def refusal(path: Path) -> str | None:
    try:
        file = SafetensorsFile(path)
        sizes = [(file.read(name).tobytes(), file.info(name).nbytes) for name in file.names()]
    except FlowError as error:
        return str(error)
    assert all(len(data) == nbytes for data, nbytes in sizes)
    return None


def read_all(path: Path, content: bytes) -> bool:
    """Returns whether the file was read; any exception but FlowError fails the test."""
    path.write_bytes(content)
    message = refusal(path)
    assert message is None or message.startswith(str(path))
    return message is None


def test_every_truncation_is_refused(tmp_path: Path, valid: bytes) -> None:
    assert read_all(tmp_path / "a", valid)
    for length in range(len(valid)):
        assert not read_all(tmp_path / "a", valid[:length])
    assert not read_all(tmp_path / "a", valid + b"\0")


def test_changed_bytes_cause_no_other_exception(tmp_path: Path, valid: bytes) -> None:
    rng = random.Random(0)
    for _ in range(3000):
        content = bytearray(valid)
        for _ in range(rng.choice([1, 1, 2, 8])):
            content[rng.randrange(len(content))] = rng.randrange(256)
        read_all(tmp_path / "a", bytes(content))


ODD = [None, True, -1, 0, 3, 2**62, 2**64, 1.5, float("nan"), "F32", "I8", "", [], {}, [[0]]]


def test_edited_headers_cause_no_other_exception(tmp_path: Path, valid: bytes) -> None:
    rng = random.Random(1)
    length = int.from_bytes(valid[:8], "little")
    for _ in range(3000):
        header = json.loads(valid[8 : 8 + length])
        node = header
        while True:
            key = rng.choice(list(node) if isinstance(node, dict) else range(len(node)))
            if not isinstance(node[key], dict | list) or not node[key] or rng.random() < 0.3:
                break
            node = node[key]
        node[key] = rng.choice(ODD)
        read_all(tmp_path / "a", raw(header, valid[8 + length :]))

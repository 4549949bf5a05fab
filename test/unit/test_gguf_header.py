"""GGUF files made byte by byte: what is read from them, and how each kind of damage is named."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from rlxflow.errors import FileError, WeightError
from rlxflow.weights import GgufFile

sys.path.insert(0, str(Path(__file__).resolve().parent))
from gguf_files import gguf, key, tensor, text, u32, u64

BIG = 2**60


def opened(tmp_path: Path, content: bytes) -> GgufFile:
    (tmp_path / "a.gguf").write_bytes(content)
    return GgufFile(tmp_path / "a.gguf")


DATA = np.arange(24, dtype=np.float32).tobytes()


@pytest.mark.parametrize("version", [2, 3])
def test_values_of_every_type_are_read(tmp_path: Path, version: int) -> None:
    scalars: list[tuple[int, str, object]] = [
        (0, "<B", 255), (1, "<b", -1), (2, "<H", 65535), (3, "<h", -2), (4, "<I", 7),
        (5, "<i", -7), (6, "<f", 0.5), (7, "<?", True), (10, "<Q", 2**63), (11, "<q", -(2**62)),
        (12, "<d", 0.1),
    ]  # fmt: skip
    keys = [key(f"k{n}", n, struct.pack(form, value)) for n, form, value in scalars]
    keys += [key("s", 8, text("é")), key("empty", 9, u32(8) + u64(0))]
    keys += [key("strings", 9, u32(8) + u64(2) + text("a") + text(""))]
    keys += [key("floats", 9, u32(6) + u64(2) + struct.pack("<2f", 1, 2))]
    keys += [key("flags", 9, u32(7) + u64(2) + b"\0\1")]
    found = opened(tmp_path, gguf(keys, version=version))
    for number, _, value in scalars:
        assert found.metadata[f"k{number}"] == value
        assert type(found.metadata[f"k{number}"]) is type(value)
    assert (found.metadata["s"], found.metadata["empty"]) == ("é", [])
    assert found.metadata["strings"] == ["a", ""]
    floats, flags = found.metadata["floats"], found.metadata["flags"]
    assert isinstance(floats, np.ndarray)
    assert isinstance(flags, np.ndarray)
    assert (floats.dtype, floats.tolist()) == (np.float32, [1, 2])
    assert (flags.dtype, flags.tolist()) == (np.bool_, [False, True])
    assert (found.version, list(found.names())) == (version, [])


def test_shapes_are_in_numpy_order_and_plain_data_is_not_copied(tmp_path: Path) -> None:
    keys = [key("general.alignment", 4, u32(64))]
    content = gguf(keys, [tensor("w", (3, 2)), tensor("s", (), offset=64)], DATA, alignment=64)
    found = opened(tmp_path, content)
    assert str(found.info("w")) == "f32[2, 3]"
    assert found.quantization("w") == "F32"
    assert found.read("w").tolist() == [[0, 1, 2], [3, 4, 5]]
    assert (found.info("s").shape, found.read("s").tolist()) == ((), 16)
    assert found.packed("w").shape == (2, 12)
    assert np.shares_memory(found.packed("w"), found.read("w"))
    assert not found.read("w").flags.writeable
    assert not found.packed("w").flags.writeable
    with pytest.raises(WeightError, match="expected a tensor `v`, found 2 tensors without it"):
        found.read("v")


def test_data_off_a_64_byte_boundary_is_copied_to_one(tmp_path: Path) -> None:
    found = opened(tmp_path, gguf([], [tensor("a"), tensor("b", offset=32)], DATA))
    addresses = [found.read(name).__array_interface__["data"][0] for name in "ab"]
    assert [address % 64 for address in addresses] == [0, 0]
    assert found.read("b").tolist() == [8, 9, 10, 11]
    shared = [np.shares_memory(found.read(name), found.packed(name)) for name in "ab"]
    assert sorted(shared) == [False, True]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "expected weights, found an empty file"),
        (b"GGU", r"expected a file that starts with GGUF, found b'GGU'; this is no GGUF"),
        (b"GGML" + bytes(40), r"expected a file that starts with GGUF, found b'GGML'"),
        (b"GGUF\3\0", "version: expected 4 bytes at byte 4, found 2 bytes in a truncated"),
        (gguf(version=4), "expected GGUF version 2 or 3, found version 4; a later version of rlx"),
        (gguf(version=1), "found version 1; convert the model again"),
        (gguf(version=3 << 24), "found version 3 in big endian; convert the model to little"),
        (
            b"GGUF" + u32(3) + u64(BIG) + u64(0) + bytes(48),
            f"number of tensors: expected at most 2, for which the file has room, found {BIG}",
        ),
        (
            b"GGUF" + u32(3) + u64(0) + u64(BIG) + bytes(26),
            f"number of metadata keys: expected at most 2, for which .*, found {BIG}",
        ),
        (gguf([u64(2**63) + bytes(40)]), "metadata key: string: expected 9223372036854775808 by"),
        (
            gguf([key("k", 8, u64(2**63) + b"x")]),
            "metadata `k`: string: expected 9223372036854775808 bytes at .* in a truncated file",
        ),
        (gguf([key(b"\xff", 0, b"\1")]), "metadata key: expected UTF-8 text, found .*0xff"),
        (gguf([key("k", 8, text(b"\xc3"))]), "metadata `k`: expected UTF-8 text, found .*0xc3"),
        (
            gguf([key("k", 9, u32(8) + u64(2) + text("a") + text(b"\xc3"))]),
            r"metadata `k`\[1\]: expected UTF-8 text",
        ),
        (gguf([key("k", 13, bytes(8))]), "metadata `k`: expected a value type from 0 to 12, .* 13"),
        (
            gguf([key("k", 9, u32(13) + u64(1) + bytes(8))]),
            "`k`: expected a value type from 0 to 12, found 13",
        ),
        (
            gguf([key("k", 9, u32(9) + u64(1) + bytes(12))]),
            "metadata `k`: expected an array of numbers or strings, found an array of arrays",
        ),
        (
            gguf([key("k", 9, u32(6) + u64(2**62))]),
            "metadata `k`: length: expected at most .*, for which .*, found 4611686018427387904",
        ),
        (gguf([key("k", 9, u32(8) + u64(2**62))]), "`k`: length: expected at most"),
        (gguf([key("k", 7, b"\2")]), "metadata `k`: expected a boolean, 0 or 1, found 2"),
        (gguf([key("k", 0, b"\1")] * 2), "metadata key `k`: expected every name once, found twice"),
        *(
            (
                gguf([key("general.alignment", 4, u32(value))], [tensor()], DATA),
                f"`general.alignment`: expected a power of two, found {value}",
            )
            for value in (0, 3, 48)
        ),
        (
            gguf([key("general.alignment", 8, text("x"))]),
            "`general.alignment`: expected a power of two, found 'x'",
        ),
        (gguf([], [tensor(b"\xff")], DATA), "name of a tensor: expected UTF-8 text"),
        (gguf([], [tensor(shape=[1] * 5)], DATA), "`w`: expected at most 4 axes, found 5"),
        (gguf([], [tensor(shape=[4, 0])], DATA), r"`w`: expected sizes of 1 or more, found \[0, 4"),
        (
            gguf([], [tensor(kind=20, shape=[32])], DATA),
            r"`w`: expected a type out of F32, .*, found type 20 \(IQ4_NL\), which is not supp",
        ),
        (gguf([], [tensor(kind=99)], DATA), "`w`: expected a type out .* the unknown type 99"),
        (
            gguf([], [tensor(kind=8, shape=[31, 32])], DATA),
            r"`w`: expected rows of whole blocks of 32 elements \(Q8_0\), found shape \[32, 31\]",
        ),
        (gguf([], [tensor(kind=12, shape=[32])], DATA), "whole blocks of 256 elements"),
        (
            gguf([], [tensor(offset=16)], DATA),
            "`w`: expected an offset that is a multiple of 32, found 16",
        ),
        (
            gguf([], [tensor(offset=2**40)], DATA),
            "`w`: expected 16 bytes at offset 1099511627776, found 96 bytes of data in the file",
        ),
        (gguf([], [tensor(shape=[25])], DATA), "`w`: expected 100 bytes at offset 0, found 96 by"),
        (gguf([], [tensor(shape=[BIG] * 4)], DATA), "`w`: expected .* bytes at offset 0, found 96"),
        (gguf([], [tensor()])[:-3], "`w`: expected 16 bytes at offset 0, found 0 bytes of data"),
        (gguf([], [tensor()] * 2, DATA), "tensor `w`: expected every name once, found twice"),
        (
            gguf([], [tensor("a", [9]), tensor("b", offset=32)], DATA),
            "tensor `b`: expected no overlap, found offset 32, inside `a`, which ends at 36",
        ),
        (gguf([], [tensor("a"), tensor("b")], DATA), "tensor `b`: expected no overlap"),
    ],
)
def test_damage_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(WeightError, match=message) as caught:
        opened(tmp_path, content)
    assert str(caught.value).startswith(str(tmp_path / "a.gguf"))
    assert len(str(caught.value)) < 800


def test_names_of_any_length_leave_messages_short(tmp_path: Path) -> None:
    with pytest.raises(WeightError, match=r"`x{97}\.\.\.`: expected an offset") as caught:
        opened(tmp_path, gguf([], [tensor("x" * 5000, offset=1)], DATA))
    assert len(str(caught.value)) < 400


def test_a_file_cut_after_opening_is_noticed(tmp_path: Path) -> None:
    found = opened(tmp_path, gguf([], [tensor(shape=[24])], DATA))
    (tmp_path / "a.gguf").write_bytes(b"GGUF")
    for read in (found.read, found.packed):
        with pytest.raises(WeightError, match="bytes as when it was opened, found 4 bytes"):
            read("w")


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="expected a readable file, found No such file"):
        GgufFile(tmp_path / "none.gguf")

"""What `rlxflow repack` refuses of a .gguf file, by name, and that nothing is left of it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from rlxflow.cli import main as cli
from rlxflow.runtime.repack import repack
from rlxflow.weights import GgufFile

sys.path.insert(0, str(Path(__file__).resolve().parent))
from gguf_files import mixture_file

pytestmark = pytest.mark.kernels
KINDS = {"gate_inp": "F32", "attn_v": "Q8_0", "attn": "Q4_K", "exps": "Q4_K"}
NAN = np.array([np.nan], np.float16).tobytes()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mixture_file(tmp_path_factory.mktemp("source") / "a.gguf", KINDS)


@pytest.fixture
def source(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made, tmp_path / "a.gguf"))


def refused(capsys: pytest.CaptureFixture[str], source: Path, target: Path, *more: str) -> str:
    """Returns the message of a call that fails, after which the folder is as it was."""
    before = {path: path.lstat().st_mtime_ns for path in source.parent.iterdir()}
    rules = more or ("--quant", "q8_0")
    assert cli.main(["repack", str(source), "-o", str(target), *rules]) == 1
    assert {path: path.lstat().st_mtime_ns for path in source.parent.iterdir()} == before
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "Traceback" not in printed.err
    return printed.err


def spoil(path: Path, tensor: str, at: int) -> None:
    """Makes two bytes of a tensor the number NaN."""
    file, data = GgufFile(path), bytearray(path.read_bytes())
    start = data.find(file.packed(tensor).tobytes())
    assert start > 0
    data[start + at : start + at + 2] = NAN
    path.write_bytes(data)


def test_int8_has_no_type(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, source, source.with_name("b.gguf"), "--stage", "layers.0=int8")
    assert "format `int8`: expected q4_0 or q8_0, which GGUF has a type for" in said
    assert "ask for q8_0" in said


def test_places(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = source.with_name("b.gguf")
    assert "expected another file, found the source" in refused(capsys, source, source)
    target.symlink_to(source)
    assert "expected another file, found the source" in refused(capsys, source, target)
    target.unlink()
    target.symlink_to("nowhere.gguf")
    assert "a file that is not there yet, found one" in refused(capsys, source, target)
    target.unlink()
    target.write_text("something")
    assert "a file that is not there yet, found one" in refused(capsys, source, target)
    other = source.with_name("b.bin")
    assert "a name that ends in .gguf, found `b.bin`" in refused(capsys, source, other)
    inside = source / "b.gguf"
    assert "found a file; choose another" in refused(capsys, source, inside)
    lost = source.with_name("lost") / "b.gguf"
    assert "lost, found none; create it" in refused(capsys, source, lost)
    missing = source.with_name("none.gguf")
    assert "none.gguf: expected a .gguf file, found none" in refused(capsys, missing, other)


def test_rules_that_name_nothing(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, source, source.with_name("b.gguf"), "--stage", "layer.*=q8_0")
    assert "rule `layer.*=q8_0`: expected a pattern of stages that read a matrix" in said


def test_a_cut_file(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source.write_bytes(source.read_bytes()[:-40])
    said = refused(capsys, source, source.with_name("b.gguf"))
    assert "the file is truncated or damaged" in said


def test_bytes_that_do_not_fit_the_shape(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One row more than there is room for before the next tensor."""
    data = source.read_bytes()
    entry = data.index(b"blk.0.attn_v.weight") + len("blk.0.attn_v.weight") + 4 + 8
    assert data[entry : entry + 8] == (128).to_bytes(8, "little")
    source.write_bytes(data[:entry] + (129).to_bytes(8, "little") + data[entry + 8 :])
    said = refused(capsys, source, source.with_name("b.gguf"))
    assert "expected no overlap, found offset" in said
    assert "inside `blk.0.attn_v.weight`" in said


@pytest.mark.parametrize(
    ("tensor", "at"),
    [
        ("blk.1.ffn_up_exps.weight", 144 * 1000),  # the scale of a block
        ("blk.1.ffn_up_exps.weight", 144 * 1000 + 2),  # its minimum
        ("blk.1.attn_v.weight", 34 * 50),  # of the format already
        ("output.weight", 4 * 5 + 2),  # the upper half of a number
    ],
)
def test_scales_that_are_no_numbers(
    source: Path, capsys: pytest.CaptureFixture[str], tensor: str, at: int
) -> None:
    spoil(source, tensor, at) if tensor != "output.weight" else spoil_f32(source, tensor, at)
    said = refused(capsys, source, source.with_name("b.gguf"))
    assert f"tensor `{tensor}`: expected" in said
    assert "found one that is NaN or infinite" in said


def spoil_f32(path: Path, tensor: str, at: int) -> None:
    data = bytearray(path.read_bytes())
    start = data.find(GgufFile(path).packed(tensor).tobytes())
    data[start + at : start + at + 2] = b"\x80\x7f"  # infinite, or NaN
    path.write_bytes(data)


def test_a_run_that_is_stopped_leaves_nothing(source: Path) -> None:
    """Half of the file is written by then."""

    def stop(done: int, total: int) -> None:
        assert total > 1e6
        if done > total / 2:
            assert len([*source.parent.iterdir()]) == 2
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        repack(source, source.with_name("b.gguf"), {"**": "q4_0"}, stop)
    assert [*source.parent.iterdir()] == [source]


def test_values_beyond_a_scale(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = bytearray(source.read_bytes())
    start = data.find(GgufFile(source).packed("output.weight").tobytes())
    data[start : start + 4] = np.float32(1e9).tobytes()
    source.write_bytes(data)
    said = refused(capsys, source, source.with_name("b.gguf"))
    assert "tensor `output.weight`: expected values that q8_0 can hold, found larger ones" in said

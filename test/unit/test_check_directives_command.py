"""rlxflow-check-directives as a program: what it reads, what it says, exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rlxflow.testing.check_directives import main

GOOD = "; RUN: opt %s | FileCheck %s\n; Equal stages share one function.\n; CHECK: @f\n"
DEAD = GOOD + "; CHECK-NXT: @g\n"
DEAD_MESSAGE = "`-NXT` is no suffix; write `CHECK-NEXT:`"


def suite(folder: Path, **texts: str) -> Path:
    """Writes tests called `name__suffix`; returns their folder."""
    for name, text in texts.items():
        file = folder / name.replace("__", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def test_a_folder_without_faults_is_silent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(suite(tmp_path, a__mlir=GOOD))]) == 0
    assert capsys.readouterr() == ("", "")


def test_faults_are_one_line_each_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    suite(tmp_path / "test", a__mlir=DEAD, b__test=GOOD, c__py=DEAD)
    monkeypatch.chdir(tmp_path)
    assert main(["test"]) == 1
    lines = [f"test/{name}:4: {DEAD_MESSAGE}" for name in ("a.mlir", "c.py")]
    assert capsys.readouterr().out.splitlines() == lines


def test_more_suffixes_and_excludes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite(tmp_path, good__mlir=GOOD, dead__ll=DEAD)
    suite(tmp_path / "unit", dead__mlir=DEAD)
    suite(tmp_path / "Output", dead__mlir=DEAD)
    suite(tmp_path / ".cache", dead__mlir=DEAD)
    suite(tmp_path / "Inputs", dead__mlir=DEAD)
    assert main([str(tmp_path), "--exclude", "unit"]) == 0
    assert main([str(tmp_path), "--exclude", "unit", "--suffix", ".ll"]) == 1
    assert capsys.readouterr().out == f"{tmp_path}/dead.ll:4: {DEAD_MESSAGE}\n"
    assert main([str(tmp_path), "--exclude", "unit"]) == 0  # the call before left nothing behind


def test_a_file_that_is_named_is_read_whatever_its_suffix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = suite(tmp_path, dead__txt=DEAD) / "dead.txt"
    assert main([str(file)]) == 1
    assert DEAD_MESSAGE in capsys.readouterr().out


def test_style_can_be_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "; RUN: opt %s | FileCheck %s\n; CHECK: add %0, %1\n; CHECK - NEXT: x\n"
    suite(tmp_path, a__mlir=text)
    assert main([str(tmp_path)]) == 1
    every = capsys.readouterr().out.splitlines()
    assert main([str(tmp_path), "--dead-only"]) == 1
    dead = capsys.readouterr().out.splitlines()
    assert dead == [f"{tmp_path}/a.mlir:3: `CHECK` lacks its colon"]
    assert len(every) == 3
    assert {*dead} < {*every}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("none", "expected a file or folder, found nothing"),
        ("empty", "expected lit tests (.mlir .py .test), found none"),
        ("bytes.mlir", "expected text in UTF-8, found other bytes"),
    ],
)
def test_a_wrong_path_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, expected: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bytes.mlir").write_bytes(b"// RUN: \xff\n")
    assert main([str(tmp_path / name)]) == 1
    assert capsys.readouterr() == ("", f"error: {tmp_path / name}: {expected}\n")


@pytest.mark.parametrize("arguments", [[], ["--suffix", "ll", "."], ["--no"]])
def test_a_wrong_call_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("error: rlxflow-check-directives: ")
    assert said.count("\n") == 1


def test_it_runs_as_a_module_and_has_help() -> None:
    command = [sys.executable, "-m", "rlxflow.testing.check_directives", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "examples:\n  rlxflow-check-directives test\n" in done.stdout
    assert "exit codes: 0 " in done.stdout


def test_it_starts_without_numpy_or_mlir() -> None:
    code = (
        "import sys, rlxflow.testing.check_directives; "
        "sys.exit(bool({'numpy', 'jax', 'jaxlib', 'lit'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

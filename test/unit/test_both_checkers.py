"""An output passes `-Dfilecheck=both` only where both FileChecks are content with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from rlxflow.testing.programs import find_filecheck

LLVM = find_filecheck()
pytestmark = pytest.mark.skipif(LLVM is None, reason="LLVM's FileCheck is not installed")
PORT, NATIVE = "the Python port of FileCheck", "LLVM's FileCheck"


def check(tmp_path: Path, checks: str, output: str, *options: str) -> tuple[int, str]:
    """Returns the exit code and the last line of the errors."""
    test = tmp_path / "test.txt"
    test.write_text(checks)
    module = "rlxflow.testing.both_checkers"
    command = [sys.executable, "-m", module, str(LLVM), str(test), *options]
    done = subprocess.run(command, input=output, capture_output=True, text=True, check=False)
    return done.returncode, (done.stderr.splitlines() or [""])[-1]


@pytest.mark.parametrize(
    ("checks", "output", "says"),
    [
        ("CHECK: a=[[V:.*]]\nCHECK: b=[[V]]\n", "a=7\nb=7\n", ""),
        ("CHECK: a=[[V:.*]]\nCHECK: b=[[V]]\n", "a=7\nb=8\n", f"{PORT} and {NATIVE}"),
        # What makes both of them needed: a capture of nothing, and one used after a label.
        ("CHECK: a=[[V:.*]]\nCHECK: b\n", "a=\nb\n", PORT),
        ("CHECK: a=[[V:.*]]\nCHECK-LABEL: l\nCHECK: b=[[V]]\n", "a=7\nl\nb=7\n", NATIVE),
    ],
)
def test_both_must_be_content(tmp_path: Path, checks: str, output: str, says: str) -> None:
    status, last = check(tmp_path, checks, output)
    assert status == bool(says)
    assert last == (f"error: {says}: the checks do not hold" if says else "")


def test_options_reach_both(tmp_path: Path) -> None:
    checks = "A: seen\nB: unseen\n"
    assert check(tmp_path, checks, "seen", "--check-prefix=A") == (0, "")
    status, last = check(tmp_path, checks, "seen", "--check-prefix=B")
    assert status == 1
    assert last.startswith(f"error: {PORT} and {NATIVE}")


def test_the_output_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("x=5\n")
    option = f"--input-file={tmp_path / 'out.txt'}"
    assert check(tmp_path, "CHECK: x=5\n", "x=6\n", option) == (0, "")
    assert check(tmp_path, "CHECK: x=6\n", "x=6\n", option)[0] == 1

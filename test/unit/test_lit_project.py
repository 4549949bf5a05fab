"""The template of a lit suite works where it is copied to, and its checks can fail."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rlxflow.testing import check_directives
from rlxflow.testing.programs import find_filecheck

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "examples" / "lit_project"
TESTS = {"emit.test", "made.mlir", "run.mlir", "stages.mlir"}
LIT = Path(sys.executable).parent / "lit"
# One edit of each check, in the file and from which to which text.
FAULTS = {
    "emit.test": ("weights=9", "weights=8"),
    "made.mlir": ("tanh %[[SQUARE]]", "sine %[[SQUARE]]"),
    "run.mlir": ("3.16667]", "3.16668]"),
    "stages.mlir": ("stablehlo.tanh %[[A]]", "stablehlo.sine %[[A]]"),
}


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    """The tests of the project in a place of their own."""
    shutil.copytree(PROJECT, tmp_path / "mine", ignore=shutil.ignore_patterns("Output"))
    return tmp_path / "mine" / "tests"


def run_lit(tests: Path, *options: str) -> tuple[int, dict[str, str]]:
    """Returns lit's exit code and the verdict on each test."""
    command = [str(LIT), "-v", *options, str(tests)]
    done = subprocess.run(command, cwd=tests.parent, capture_output=True, text=True, check=False)
    verdicts = re.findall(r"^([A-Z]+): .* :: (\S+) \(", done.stdout, re.MULTILINE)
    assert verdicts, done.stdout + done.stderr
    return done.returncode, {test: verdict for verdict, test in verdicts}


@pytest.mark.slow
def test_the_suite_passes(tests: Path) -> None:
    checker = "both" if find_filecheck() else "python"
    status, verdicts = run_lit(tests, f"-Dfilecheck={checker}")
    assert verdicts == dict.fromkeys(TESTS, "PASS")
    assert status == 0
    assert {file.name for file in tests.parent.iterdir()} == {"README.md", "tests"}


@pytest.mark.slow
def test_a_broken_check_fails(tests: Path) -> None:
    assert FAULTS.keys() == TESTS
    for name, (old, new) in FAULTS.items():
        text = (tests / name).read_text()
        assert text.count(old) >= 1
        (tests / name).write_text(text.replace(old, new))
    status, verdicts = run_lit(tests)
    assert verdicts == dict.fromkeys(TESTS, "FAIL")
    assert status == 1


def test_a_tool_that_is_not_built_leaves_its_tests_out(tests: Path) -> None:
    for name in TESTS:
        (tests / name).unlink()
    (tests / "mine.test").write_text("RUN: my-opt %s | %filecheck\nREQUIRES: my-opt\nCHECK: x\n")
    assert run_lit(tests) == (0, {"mine.test": "UNSUPPORTED"})
    tool = tests.parent / "build" / "bin" / "my-opt"
    tool.parent.mkdir(parents=True)
    tool.write_text("#!/bin/sh\necho x\n")
    tool.chmod(0o755)
    assert run_lit(tests) == (0, {"mine.test": "PASS"})
    tool.write_text("#!/bin/sh\necho y\n")
    assert run_lit(tests) == (1, {"mine.test": "FAIL"})


def test_the_linter_finds_no_fault_in_it(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_directives.main([str(tests)]) == 0
    assert capsys.readouterr().out == ""


def test_the_page_shows_its_configuration() -> None:
    page = (ROOT / "docs" / "testing-your-compiler.md").read_text()
    text = (PROJECT / "tests" / "lit.cfg.py").read_text()
    code = text[text.index("from rlxflow") :]
    shown = re.sub(r"^    ", "", page, flags=re.MULTILINE)
    assert code in shown
    assert code.count("\n") <= 10

"""The command line as a program: help with examples, exit codes, usage errors in one line."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

import rlxflow
from rlxflow.cli import main as cli

ROOT = Path(__file__).resolve().parents[2]


def process(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rlxflow.cli.main", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize("command", sorted(cli.COMMANDS))
def test_help_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([command, "--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert "example" in shown
    assert f"rlxflow {command} " in shown.partition("example")[2]


def test_help_of_the_program_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = capsys.readouterr().out
    assert all(command in shown for command in cli.COMMANDS)
    assert "example: rlxflow" in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"rlxflow {rlxflow.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [[], ["emmit"], ["emit"], ["emit", ".", "--level", "no"], ["emit", ".", "--batch", "x"]],
)
def test_usage_errors_are_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(arguments)
    assert stop.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("error: rlxflow")
    assert said.count("\n") == 1
    assert "--help`" in said


def test_batch_that_no_tensor_can_have(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["emit", ".", "--batch", "9" * 19])
    assert stop.value.code == 1
    assert "expected 1 to 2147483647, found 9999" in capsys.readouterr().err


def test_a_bug_of_ours_is_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr("rlxflow.cli.explain.run", broken)
    assert cli.main(["explain", "."]) == 2
    said = capsys.readouterr().err
    assert "ZeroDivisionError: of ours" in said
    assert said.endswith("error: internal: please report this traceback\n")


def test_interrupt_is_an_error_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rlxflow.cli.explain.run", interrupted)
    assert cli.main(["explain", "."]) == 1
    assert capsys.readouterr().err == "error: interrupted\n"


def test_exit_codes_reach_the_shell(tmp_path: Path) -> None:
    done = process("explain", str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert process("--version").returncode == 0


def test_a_terminal_without_unicode_gets_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    monkeypatch.setattr("rlxflow.cli.explain.run", lambda _: print("café"))
    assert cli.main(["explain", "."]) == 0
    assert narrow.buffer.getvalue() == b"caf\\xe9\n"


def test_emitting_starts_without_jax() -> None:
    code = "import sys, rlxflow.cli.emit, rlxflow.cli.explain; sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0

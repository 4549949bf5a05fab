"""Runs a command that must fail the right way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rlxflow.cli.main import main

Refused = Callable[..., str]


def listing(folder: Path) -> list[tuple[str, int]]:
    """Returns names and sizes of everything in a folder."""
    return sorted((str(p.relative_to(folder)), p.stat().st_size) for p in folder.rglob("*"))


def refusing(folder: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Returns a function that runs `rlxflow ARGUMENTS...` and returns what it said.

    The command must end with exit code 1 and one `error: `, without a traceback, and must leave
    the folder as it was.
    """

    def run(*arguments: str) -> str:
        before = listing(folder)
        assert main(arguments) == 1
        said = capsys.readouterr().err
        assert said.startswith("error: ")
        assert said.count("error: ") == 1
        assert "Traceback" not in said
        assert listing(folder) == before
        return said

    return run

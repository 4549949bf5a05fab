"""What tests of `rlxflow bisect` share: calls of the command, and what they found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rlxflow.cli.main import main

Capture = pytest.CaptureFixture[str]
FILL = ["--fill", "random:5"]


def bisect(capsys: Capture, *arguments: str) -> tuple[int, dict[str, Any]]:
    """Returns the exit code of the command and what it found."""
    code = main(["bisect", *arguments, "--json"])
    out = capsys.readouterr().out
    return code, json.loads(out) if out else {}


def verdicts(found: dict[str, Any]) -> dict[str, str]:
    return {row["title"]: row["verdict"] for row in found["rows"]}


def against(bad: str, capsys: Capture, *more: str) -> tuple[int, dict[str, Any]]:
    """Bisects `good.mlir` of the working folder and a text."""
    Path("bad.mlir").write_text(bad)
    return bisect(capsys, "good.mlir", "bad.mlir", *FILL, *more)

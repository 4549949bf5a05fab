"""Shows that check lines pass on what they were made of, and fail on what is a little wrong."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from rlxflow.errors import FlowError
from rlxflow.testing.dead import check
from rlxflow.testing.printed import TOKEN
from rlxflow.testing.programs import find_filecheck

_SILENT = re.compile(r"\s*(?://.*|#loc.*|(?:builtin\.)?module \{|[(){}\[\],\s]*)")
_HEADER = re.compile(r"\s*(?:\^|(?:\w+\.)?(?:func|module)\b)")


def checkers() -> list[tuple[str, ...]]:
    """Returns the programs called FileCheck that are installed, LLVM's first."""
    found = []
    if llvm := find_filecheck():
        found.append((llvm, "--enable-var-scope"))
    if importlib.util.find_spec("filecheck"):
        found.append((sys.executable, "-m", "filecheck", "--reject-empty-vars"))
    return found


def complaint(checker: Sequence[str], test: str, flags: Sequence[str], text: str) -> str:
    """Returns what FileCheck says against `text`, or nothing if the checks of `test` hold."""
    with tempfile.TemporaryDirectory(prefix="rlxflow") as folder:
        file = Path(folder) / "test"
        file.write_text(test, encoding="utf-8")
        command = [*checker, str(file), *flags]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    return (done.stderr or done.stdout or "failed") if done.returncode else ""


def prove(where: str, test: str, flags: Sequence[str], text: str) -> None:
    """Raises FlowError if a program refuses what the checks were made of, or a line is dead."""
    for line, message in check(test, dead_only=True):
        raise FlowError(f"{where}:{line}", expected="checks that can fail", found=message)
    for checker in checkers():
        said = complaint(checker, test, flags, text)
        if said:
            first = next(line for line in said.splitlines() if line.strip())
            cure = "please report this test"
            raise FlowError(where, expected="checks that pass", found=first, cure=cure)


def survivors(test: str, flags: Sequence[str], text: str) -> tuple[int, list[str]]:
    """Returns how many wrong outputs there are, and what is wrong in those that pass the checks."""
    count, passed = 0, []
    checker = checkers()[0]
    for what, wrong in wrong_outputs(text):
        count += 1
        if not complaint(checker, test, flags, wrong):
            passed.append(what)
    return count, passed


def wrong_outputs(text: str) -> Iterator[tuple[str, str]]:
    """Yields outputs with a line left out, operands swapped, or a number changed."""
    lines = re.split(r"(?<=\n)", text)
    for i, line in enumerate(lines):
        if _SILENT.fullmatch(line.rstrip("\n")):
            continue
        before, after = "".join(lines[:i]), "".join(lines[i + 1 :])
        yield f"line {i + 1} left out", before + after
        for what, wrong in _edits(line):
            yield f"{what} in line {i + 1}", before + wrong + after


def _edits(line: str) -> Iterator[tuple[str, str]]:
    found = [(m.start(), m[0], m.lastgroup) for m in TOKEN.finditer(line)]
    begin = line.find(" = ") if line.lstrip().startswith("%") else 0
    values = [(at, text) for at, text, kind in found if kind == "value" and at >= begin]
    other = next((one for one in values if one[1] != values[0][1]), None)
    if other and not _HEADER.match(line):
        (a, first), (b, second) = values[0], other
        between, after = line[a + len(first) : b], line[b + len(second) :]
        yield "operands swapped", f"{line[:a]}{second}{between}{first}{after}"
    plain = "".join(" " * len(t) if k != "other" else t for _, t, k in found)
    number = re.search(r"(?<![\w.])\d+(?![\w.])", plain.partition(" loc(")[0])
    if number:
        wrong = str(int(number[0]) + 1)
        yield f"{wrong} for {number[0]}", line[: number.start()] + wrong + line[number.end() :]

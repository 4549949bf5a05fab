"""Runs the checks of the project one after the other. Start it with tools/test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from arguments import Parser
from llvm import find_filecheck

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
OUTCOME = re.compile(r"(\d+) (passed|failed|skipped|errors?)\b")


@dataclass(frozen=True)
class Step:
    """One check: its title, its command, and whether its output is shown as it comes."""

    title: str
    command: tuple[str, ...]
    shown: bool = False


def lit_steps() -> Iterator[Step]:
    """Yields the golden tests with the Python port of FileCheck, then with LLVM's."""
    lit = (str(BIN / "lit"), "--succinct", "--verbose")
    yield Step("lit, Python filecheck", (*lit, "test"))
    if find_filecheck():
        yield Step("lit, LLVM FileCheck", (*lit, "-Dfilecheck=llvm", "test"))
    else:
        print("==> lit, LLVM FileCheck ... left out: not installed")


def steps(*, fast: bool) -> Iterator[Step]:
    """Yields the checks in order: the quick ones first."""
    python = sys.executable
    yield Step("ruff check", (python, "-m", "ruff", "check", "."))
    yield Step("ruff format", (python, "-m", "ruff", "format", "--check", "."))
    yield Step("layering", (python, "tools/layering.py"))
    yield Step("check directives", (python, "tools/check_directives.py"))
    yield Step("generated dialect", (python, "tools/gen_dialect.py", "--check"))
    yield Step("pyright", (python, "-m", "pyright", "--pythonpath", python))
    yield from lit_steps()
    mutants = ROOT / "tools" / "golden_mutants.py"
    if mutants.exists() and not fast:
        yield Step("golden mutants", (python, str(mutants)))
    for suite in ("unit",) if fast else ("unit", "numeric"):
        if any((ROOT / "test" / suite).glob("**/test_*.py")):
            command = (python, "-m", "pytest", "-q", "--color=no", f"test/{suite}")
            yield Step(f"pytest {suite}", command, shown=True)
        else:
            print(f"==> pytest {suite} ... left out: no tests in test/{suite}")


def run(step: Step) -> tuple[int, str]:
    """Returns status and output of a step; a shown one is printed line by line."""
    begin = time.time()
    print(f"==> {step.title} ... ", end="\n" if step.shown else "", flush=True)
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        step.command, cwd=ROOT, env=environment, stdout=pipe, stderr=subprocess.STDOUT, text=True
    ) as process:
        log = ""
        for line in process.stdout or ():
            log += line
            print(line if step.shown else "", end="", flush=True)
    verdict = "failed" if process.returncode else "ok"
    title = f"==> {step.title} ... " if step.shown else ""
    print(f"{title}{verdict} {time.time() - begin:.1f} s", flush=True)
    if process.returncode and not step.shown:
        print(log, end="")
    return process.returncode, log


def outcomes(log: str) -> Counter[str]:
    """Returns the numbers of pytest's closing line; an error counts as failed."""
    counts: Counter[str] = Counter()
    closing = [line for line in log.splitlines() if re.search(r" in \d+\.\d+s", line)]
    for number, outcome in OUTCOME.findall(closing[-1]) if closing else ():
        counts["failed" if outcome.startswith("error") else outcome] += int(number)
    return counts


def main() -> int:
    parser = Parser(prog="tools/test", description=__doc__, epilog="example: tools/test --fast")
    parser.add_argument("--fast", action="store_true", help="leave out mutants and numeric tests")
    fast: bool = parser.parse_args().fast
    begin = float(os.environ.get("RLXFLOW_TEST_BEGIN", time.time()))
    counts: Counter[str] = Counter()
    status = 0
    for step in steps(fast=fast):
        status, log = run(step)
        if step.shown:
            counts += outcomes(log)
        if status:
            print(f"error: {step.title}: failed; the log is above")
            break
    print(f"total {time.time() - begin:.1f} s")
    print(", ".join(f"{counts[name]} {name}" for name in ("passed", "failed", "skipped")))
    return 1 if status else 0


if __name__ == "__main__":
    sys.exit(main())

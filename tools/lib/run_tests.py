"""Runs the checks of the project one after the other. Start it with tools/test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from arguments import Parser

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
from rlxflow.testing.programs import find_filecheck  # noqa: E402

BIN = Path(sys.executable).parent
OUTCOME = re.compile(r"(\d+) (passed|failed|skipped|errors?)\b")


@dataclass(frozen=True)
class Step:
    """One check: its title, its command, and whether its output is shown when it went well.

    A slow one runs beside the other slow ones, after all others. `flags` are XLA's, None for those
    that the tests choose.
    """

    title: str
    command: tuple[str, ...]
    shown: bool = False
    slow: bool = False
    flags: str | None = None


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
    yield from pytest_steps(fast=fast)
    if not fast:
        yield Step("golden mutants", (python, "tools/golden_mutants.py"), slow=True)


def pytest_steps(*, fast: bool) -> Iterator[Step]:
    """Yields the tests in parts of about two minutes, so that all processors are busy to the end.

    Answers of other implementations are compared with programs compiled as users compile them.
    """
    unit = sorted((ROOT / "test" / "unit").glob("test_*.py"))
    numeric = sorted((ROOT / "test" / "numeric").glob("test_*.py"))
    goldens = [file for file in numeric if "goldens" in file.stem or "minilm" in file.stem]
    rest = [file for file in numeric if file not in goldens]
    parts = [(f"unit {i + 1}", unit[i::4], None) for i in range(4)]
    if not fast:
        parts += [
            ("goldens", goldens, ""),
            *((f"numeric {i + 1}", rest[i::4], None) for i in range(4)),
        ]
    for title, files, flags in parts:
        names = (str(file.relative_to(ROOT)) for file in files)
        command = (sys.executable, "-m", "pytest", "-q", "--color=no", *names)
        yield Step(f"pytest {title}", command, shown=True, slow=True, flags=flags)


def run(step: Step) -> tuple[int, str]:
    """Runs a step and prints a line about it; returns its status and its output."""
    begin = time.time()
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment |= {"XLA_FLAGS": step.flags} if step.flags is not None else {}
    done = subprocess.run(
        step.command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    verdict = "failed" if done.returncode else "ok"
    line = f"==> {step.title} ... {verdict} {time.time() - begin:.1f} s\n"
    shown = done.stdout if step.shown or done.returncode else ""
    print(line + shown, end="", flush=True)
    return done.returncode, done.stdout


def run_all(wanted: Sequence[Step]) -> Iterator[tuple[Step, int, str]]:
    """Yields what each step gave; stops at the first quick one that fails.

    The slow ones run two at a time, because each of them uses one processor most of the time.
    """
    for step in (step for step in wanted if not step.slow):
        status, log = run(step)
        yield step, status, log
        if status:
            return
    slow = [step for step in wanted if step.slow]
    print(f"==> side by side: {', '.join(step.title for step in slow)}", flush=True)
    with ThreadPoolExecutor(max_workers=2) as pool:
        for step, (status, log) in zip(slow, pool.map(run, slow), strict=True):
            yield step, status, log


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
    bad: list[str] = []
    for step, status, log in run_all(list(steps(fast=fast))):
        counts += outcomes(log) if step.shown else Counter()
        bad += [step.title] if status else []
    if bad:
        print(f"error: {', '.join(bad)}: failed; the log is above")
    print(f"total {time.time() - begin:.1f} s")
    print(", ".join(f"{counts[name]} {name}" for name in ("passed", "failed", "skipped")))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

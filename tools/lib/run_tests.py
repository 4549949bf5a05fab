"""Runs the checks of the project, as many at a time as there are processors. See tools/test."""

from __future__ import annotations

import os
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from arguments import Parser
from native_steps import NATIVE, native_steps
from steps import ROOT, Result, Step, run_all

sys.path.insert(0, str(ROOT))
from rlxflow.testing.programs import find_filecheck

BIN = Path(sys.executable).parent
PROCESSORS = os.cpu_count() or 1
OUTCOME = re.compile(r"(\d+) (passed|failed|skipped|errors?)\b")
PARTS = {"numeric": 5, "unit": 7}
"""In how many parts the tests of a folder run: of a minute or two, so that they end together."""


def steps(*, fast: bool) -> list[Step]:
    """Returns the checks: the quick ones first, then those that others need."""
    return [
        *quick_steps(),
        *([] if fast else native_steps(jobs=max(1, PROCESSORS // 2))),
        Step("pyright", (sys.executable, "-m", "pyright", "--pythonpath", sys.executable)),
        lit_step(),
        *([] if fast else mutant_steps()),
        *pytest_steps(fast=fast),
    ]


def quick_steps() -> Iterator[Step]:
    """Yields the checks of a few seconds."""
    python = sys.executable
    yield Step("ruff check", (python, "-m", "ruff", "check", "."))
    yield Step("ruff format", (python, "-m", "ruff", "format", "--check", "."))
    yield Step("layering", (python, "tools/layering.py"))
    yield Step("check directives", (python, "tools/check_directives.py"))
    yield Step("generated dialect", (python, "tools/gen_dialect.py", "--check"))


def lit_step() -> Step:
    """Returns the golden tests, whose output the Python port of FileCheck and LLVM's both check."""
    checker = "both" if find_filecheck() else "python"
    if checker == "python":
        print("==> lit: LLVM's FileCheck ... left out: not installed", flush=True)
    options = ("--succinct", "--verbose", f"-j{max(1, PROCESSORS // 2)}", f"-Dfilecheck={checker}")
    return Step(f"lit, FileCheck: {checker}", (str(BIN / "lit"), *options, "test"), needs=(NATIVE,))


def mutant_steps() -> Iterator[Step]:
    jobs = str(max(1, PROCESSORS // 2))
    yield Step("golden mutants", (sys.executable, "tools/golden_mutants.py", "-j", jobs))


def pytest_steps(*, fast: bool) -> Iterator[Step]:
    """Yields the tests in parts.

    Answers of other implementations are compared with programs compiled as users compile them.
    """
    unit = sorted((ROOT / "test" / "unit").glob("test_*.py"))
    numeric = sorted((ROOT / "test" / "numeric").glob("test_*.py"))
    goldens = [file for file in numeric if "goldens" in file.stem or "minilm" in file.stem]
    rest = [file for file in numeric if file not in goldens]
    if not fast:
        yield pytest_step("goldens", goldens, XLA_FLAGS="")
        yield from pytest_parts("numeric", rest)
    yield from pytest_parts("unit", unit)


def pytest_parts(name: str, files: Sequence[Path]) -> Iterator[Step]:
    for i in range(PARTS[name]):
        yield pytest_step(f"{name} {i + 1}", files[i :: PARTS[name]])


def pytest_step(title: str, files: Sequence[Path], **environment: str) -> Step:
    names = (str(file.relative_to(ROOT)) for file in files)
    command = (sys.executable, "-m", "pytest", "-q", "--color=no", *names)
    return Step(f"pytest {title}", command, (NATIVE,), tests=True, environment=environment)


def tell(result: Result) -> None:
    """Prints a line about a step, and its output if that is of interest."""
    verdict = "failed" if result.status else "ok"
    line = f"==> {result.step.title} ... {verdict} {result.seconds:.1f} s\n"
    shown = result.log if result.step.tests or result.status else ""
    print(line + shown, end="", flush=True)


def table(results: Sequence[Result]) -> Iterator[str]:
    """Yields the lines of the table of all parts."""
    yield f"{'part':44} {'seconds':>9} {'CPU seconds':>12}"
    for result in results:
        yield f"{result.step.title:44} {result.seconds:9.1f} {result.cpu_seconds:12.1f}"


def outcomes(log: str) -> Counter[str]:
    """Returns the numbers of pytest's closing line; an error counts as failed."""
    counts: Counter[str] = Counter()
    closing = [line for line in log.splitlines() if re.search(r" in \d+\.\d+s", line)]
    for number, outcome in OUTCOME.findall(closing[-1]) if closing else ():
        counts["failed" if outcome.startswith("error") else outcome] += int(number)
    return counts


def cpu_seconds(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    parser = Parser(prog="tools/test", description=__doc__, epilog="example: tools/test --fast")
    parser.add_argument("--fast", action="store_true", help="leave out mutants and numeric tests")
    fast: bool = parser.parse_args().fast
    begin = float(os.environ.get("RLXFLOW_TEST_BEGIN", time.time()))
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    # What tools/test did before it became this program.
    before = Step("installing", ())
    results = [Result(before, 0, "", time.time() - begin, cpu_seconds(resource.RUSAGE_CHILDREN))]
    for result in run_all(steps(fast=fast), PROCESSORS):
        tell(result)
        results.append(result)
    print(*table(results), sep="\n")
    bad = [result.step.title for result in results if result.status]
    if bad:
        print(f"error: {', '.join(bad)}: failed; the log is above")
    counts = sum((outcomes(r.log) for r in results if r.step.tests), Counter[str]())
    whole = cpu_seconds(resource.RUSAGE_CHILDREN) + cpu_seconds(resource.RUSAGE_SELF)
    print(f"total {time.time() - begin:.1f} s, {whole:.1f} CPU seconds")
    print(", ".join(f"{counts[name]} {name}" for name in ("passed", "failed", "skipped")))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

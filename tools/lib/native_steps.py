"""The steps that build and test the native parts: kernels, dialect, kernels under sanitizers."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from steps import Step

NATIVE = "build native"
COMPILER = ("cmake", "ninja", "c++")
SANITIZERS = ("address,undefined", "thread")
BENCHES = ("rlx-linear-bench", "rlx-attend-bench") if sys.platform == "linux" else ()
"""Nobody runs these in a test; that they compile is one."""


def native_steps(jobs: int) -> Iterator[Step]:
    """Yields what can be done here, each step with `jobs` compilers; tells what can not."""
    if not all(map(shutil.which, COMPILER)):
        return
    native = _build("build/native", jobs, "-DCMAKE_BUILD_TYPE=Release", targets=("all", *BENCHES))
    yield Step(NATIVE, native)
    yield Step("kernels", ("build/native/bin/rlx-kernel-test",), needs=(NATIVE,))
    for names in SANITIZERS:
        title = f"kernels under sanitizers: {names}"
        if _can_sanitize(names):
            yield from _sanitized(title, names, jobs)
        else:
            print(f"==> {title} ... left out: the compiler lacks them", flush=True)


def _sanitized(title: str, names: str, jobs: int) -> Iterator[Step]:
    """Yields the build of the tests with sanitizers, which end a program at a fault, and a run."""
    folder = f"build/sanitize-{names.replace(',', '-')}"
    options = ("-DRLXFLOW_DIALECT=OFF", f"-DRLX_SANITIZE={names}")
    command = _build(folder, jobs, *options, targets=("rlx-kernel-test",))
    yield Step(f"build {title}", command)
    yield Step(title, (f"{folder}/bin/rlx-kernel-test",), needs=(f"build {title}",))


def _build(folder: str, jobs: int, *options: str, targets: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the command that configures and builds in a folder."""
    python = f"-DPython3_EXECUTABLE={sys.executable}"
    configure = ("cmake", "-G", "Ninja", "-S", ".", "-B", folder, python, *options)
    build = ("cmake", "--build", folder, f"-j{jobs}", "--target", *targets)
    return ("sh", "-c", f"{shlex.join(configure)} && {shlex.join(build)}")


def _can_sanitize(names: str) -> bool:
    """Returns whether the compiler can make a program with sanitizers that runs here."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / "main.cc", Path(folder) / "main"
        source.write_text("int main() { return 0; }\n")
        commands = (["c++", f"-fsanitize={names}", "-o", program, source], [program])
        done = (subprocess.run(c, capture_output=True, check=False) for c in commands)
        return all(one.returncode == 0 for one in done)

"""Runs checks beside each other, each when those that it needs have gone well."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

_Ended = tuple[int, int, resource.struct_rusage]

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Step:
    """One check: its title and its command.

    Attributes:
        needs: Titles of the steps that must have gone well before; those that are not run at all do
            not count.
        tests: Whether it is a part of the tests: its output is always shown, and other steps go on
            when it fails.
        environment: Variables of its own.
    """

    title: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    tests: bool = False
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Result:
    """How a step went: its exit code, what it printed, its seconds, and those of processors."""

    step: Step
    status: int
    log: str
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True)
class _Running:
    step: Step
    process: subprocess.Popen[bytes]
    output: IO[bytes]
    begin: float

    def finish(self, status: int, usage: resource.struct_rusage) -> Result:
        self.process.returncode = os.waitstatus_to_exitcode(status)
        with self.output:
            self.output.seek(0)
            log = self.output.read().decode(errors="replace")
        seconds = time.monotonic() - self.begin
        cpu_seconds = usage.ru_utime + usage.ru_stime
        return Result(self.step, self.process.returncode, log, seconds, cpu_seconds)


def _start(step: Step) -> _Running:
    output = tempfile.TemporaryFile()  # noqa: SIM115 - `finish` closes it
    process = subprocess.Popen(
        step.command,
        cwd=ROOT,
        env={**os.environ, **step.environment},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # so that its children can be stopped, too
    )
    return _Running(step, process, output, time.monotonic())


def run_all(steps: Sequence[Step], processes: int) -> Iterator[Result]:
    """Yields what each step gave, as they end; `processes` run at a time, the first ones first.

    Stops those that run, and starts no more, when one fails that is no part of the tests.
    """
    waiting, open_titles = [*steps], {step.title for step in steps}
    running: dict[Future[_Ended], _Running] = {}
    with ThreadPoolExecutor(max_workers=processes) as pool:
        try:
            while waiting or running:
                ready = [step for step in waiting if open_titles.isdisjoint(step.needs)]
                for step in ready[: processes - len(running)]:
                    waiting.remove(step)
                    started = _start(step)
                    running[pool.submit(os.wait4, started.process.pid, 0)] = started
                for ended in wait(running, return_when=FIRST_COMPLETED).done:
                    result = running.pop(ended).finish(*ended.result()[1:])
                    open_titles.remove(result.step.title)
                    yield result
                    if result.status and not result.step.tests:
                        return
        finally:
            for ended, left in running.items():
                with suppress(ProcessLookupError):
                    os.killpg(left.process.pid, signal.SIGTERM)
                left.finish(*ended.result()[1:])

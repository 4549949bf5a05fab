"""Runs a program under the profiler of jax and returns the time of each instruction."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.profiler import ProfileData

from rlxflow import dtypes
from rlxflow.errors import CompileError
from rlxflow.inspect.trace import Event
from rlxflow.ir.module import Port

WARM_UP = 2
MASKS = ("mask", "valid")


@dataclass(frozen=True)
class Measurement:
    """What a profile showed.

    Attributes:
        calls: How often the program ran.
        step_s: Seconds of a call without the profiler, the median.
        events: Every run of an instruction, in the order they began.
    """

    calls: int
    step_s: float
    events: tuple[Event, ...]

    def per_call(self) -> dict[str, float]:
        """Returns the seconds of each instruction in one call, by name: the median of the calls.

        The events of an instruction stand in the order of the calls, so many for each.
        """
        times: dict[str, list[float]] = {}
        for event in self.events:
            times.setdefault(event.name, []).append(event.seconds)
        return {name: self._typical(found) for name, found in times.items()}

    def _typical(self, times: list[float]) -> float:
        runs, rest = divmod(len(times), self.calls)
        if rest:  # not as often in each call
            return sum(times) / self.calls
        parts = [times[i * runs : (i + 1) * runs] for i in range(self.calls)]
        return statistics.median(map(sum, parts))


def measure(run: Callable[[], object], hlo_module: str, calls: int = 5) -> Measurement:
    """Returns the time that the instructions of a module take when `run` calls it once.

    Args:
        run: Calls the program and returns what to wait for.
        hlo_module: The module's name in its HLO.
        calls: How many calls to look at.

    Raises CompileError if the profiler saw none of its instructions.
    """
    for _ in range(WARM_UP):
        jax.block_until_ready(run())
    times = []
    for _ in range(calls):
        start = time.perf_counter()
        jax.block_until_ready(run())
        times.append(time.perf_counter() - start)
    with tempfile.TemporaryDirectory(prefix="rlxflow-profile-") as folder:
        with jax.profiler.trace(folder):
            for _ in range(calls):
                jax.block_until_ready(run())
        files = sorted(Path(folder).rglob("*.xplane.pb"))
        events = [event for file in files for event in _events(file, hlo_module)]
    if not events:
        raise CompileError(
            f"profile of `{hlo_module}`",
            expected="the instructions of the program",
            found="none of them",
            cure="measure on the CPU or on a GPU whose profiler jax knows",
        )
    ordered = sorted(events, key=lambda event: event.start_s)
    return Measurement(calls, statistics.median(times), tuple(ordered))


def _events(file: Path, hlo_module: str) -> Iterable[Event]:
    for plane in ProfileData.from_file(str(file)).planes:
        for line in plane.lines:
            for event in line.events:
                stats: dict[str, Any] = dict(event.stats)
                if stats.get("hlo_op") and stats.get("hlo_module") == hlo_module:
                    where = f"{plane.name} {line.name}"
                    begin, length = event.start_ns / 1e9, event.duration_ns / 1e9
                    yield Event(where, str(stats["hlo_op"]), begin, length)


def example_inputs(ports: Iterable[Port]) -> dict[str, np.ndarray]:
    """Returns arrays to run on: masks of ones, ids from a seed, other integers zero."""
    draw = np.random.default_rng(0)
    made: dict[str, np.ndarray] = {}
    for port in ports:
        dtype = dtypes.to_numpy(port.dtype)
        if any(word in port.name for word in MASKS) or dtype == np.bool_:
            made[port.name] = np.ones(port.shape, dtype)
        elif port.dtype in dtypes.INTEGERS:
            made[port.name] = draw.integers(0, port.below or 1, port.shape).astype(dtype)
        else:
            made[port.name] = draw.standard_normal(port.shape).astype(dtype)
    return made


def runner(
    program: Callable[..., Mapping[str, jax.Array]],
    inputs: Mapping[str, object],
    states: Mapping[str, jax.Array],
) -> Callable[[], object]:
    """Returns a function that calls a program again and again, handing its states on."""
    kept = dict(states)

    def run() -> object:
        results = program(**inputs, **kept)
        kept.update({name: results[name] for name in kept})
        return results

    return run

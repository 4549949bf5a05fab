"""Where the time of `rlxflow-opt` went: `--mlir-timing`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Adds up seconds by name, in the order in which the names came first."""

    def __init__(self) -> None:
        self._begin = time.perf_counter()
        self._seconds: dict[str, float] = {}

    def add(self, name: str, seconds: float) -> None:
        """Adds seconds to a name."""
        self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Adds the time of what is inside, also if it fails."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - begin)

    def table(self) -> str:
        """Returns a line for each name: milliseconds, share of the total, name."""
        total = time.perf_counter() - self._begin
        rest = total - sum(self._seconds.values())
        rows = [*self._seconds.items(), ("rest", rest), ("total", total)]
        lines = [f"{1e3 * s:10.2f}  {100 * s / total:5.1f}  {name}\n" for name, s in rows]
        return "".join(["        ms      %  name\n", *lines])

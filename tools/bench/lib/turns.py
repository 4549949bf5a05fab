"""Contenders that run in turns, and whether something outside the machine disturbed a round.

A virtual machine's processors are lent by a host, which counts the time it takes them away (`steal`
of /proc/stat), and its memory is shared. A round counts as disturbed if the host took more than 5 %
of the processors' time, or if memory was read at less than 0.7 of the round's best speed at some
point of it. Neither looks at what was measured.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from lib.machine import readings

T = TypeVar("T")

MOST_STOLEN, LEAST_READ = 0.05, 0.7
MOST_TRIES = 3  # rounds that are run at the most, for each that is wanted
_TIMES, _STOLEN = 8, 7  # user, nice, system, idle, iowait, irq, softirq, steal


def processor_times() -> list[int]:
    """Returns the processors' ticks by kind since the start; none if the system does not tell."""
    facts = Path("/proc/stat")
    return [int(x) for x in facts.read_text().split()[1 : 1 + _TIMES]] if facts.exists() else []


class Watch:
    """Gathers what disturbs from its making on."""

    def __init__(self) -> None:
        self._before = processor_times()
        self._reads: list[float] = []

    def read(self, readings: Sequence[float]) -> None:
        """Takes readings of memory that were made one after the other, in GB/s."""
        self._reads.append(statistics.median(readings))

    def facts(self) -> dict[str, Any]:
        """Returns the median speed of reading, the host's share of time, and the verdict."""
        ticks = [b - a for a, b in zip(self._before, processor_times(), strict=True)]
        stolen = ticks[_STOLEN] / max(sum(ticks), 1) if ticks else 0.0
        slowest = min(self._reads) / max(self._reads)
        return {
            "read_gb_s": statistics.median(self._reads),
            "stolen": stolen,
            "disturbed": stolen > MOST_STOLEN or slowest < LEAST_READ,
        }


def run_in_turns(
    contenders: Mapping[str, Callable[[], T]], wanted: int, show: Callable[[T], str]
) -> list[dict[str, Any]]:
    """Returns records of rounds, until so many are undisturbed or three times as many have run.

    Ctrl-C ends them early; what is there is returned.

    In each round every contender runs once, another one first, and memory is read between them. A
    record has what each returned, and the facts of `Watch`; a line is printed for it.
    """
    memory = np.ones(1 << 28, np.float32)
    records: list[dict[str, Any]] = []
    with suppress(KeyboardInterrupt):  # two rounds make a table
        while len(undisturbed(records)) < wanted and len(records) < MOST_TRIES * wanted:
            records.append(_round(contenders, len(records), memory))
            print(
                _line(len(records), records[-1], {n: show(records[-1][n]) for n in contenders}),
                flush=True,
            )
    if len(records) < 2:
        sys.exit("error: ended before there were two rounds")
    return records


def _round(
    contenders: Mapping[str, Callable[[], T]], turn: int, memory: np.ndarray
) -> dict[str, Any]:
    names = list(contenders)
    at = turn % len(names)
    record: dict[str, Any] = {}
    watch = Watch()
    watch.read(readings(memory))
    for name in names[at:] + names[:at]:
        record[name] = contenders[name]()
        watch.read(readings(memory))
    return record | watch.facts()


def _line(number: int, record: Mapping[str, Any], shown: Mapping[str, str]) -> str:
    host = f"read {record['read_gb_s']:.1f} GB/s, stolen {record['stolen']:.0%}"
    found = "; ".join(f"{name} {text}" for name, text in shown.items())
    return f"round {number}: {host}{', disturbed' if record['disturbed'] else ''}; {found}"


def undisturbed(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the records to count."""
    return [record for record in records if not record["disturbed"]]


def counted(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the undisturbed records, and all if there are not two of them; says how many."""
    kept = undisturbed(records)
    few = len(kept) < 2
    print(f"{len(kept)} of {len(records)} rounds undisturbed{': all are counted' if few else ''}")
    return list(records) if few else kept

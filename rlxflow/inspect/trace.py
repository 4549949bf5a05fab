"""A measured program as a trace for Perfetto: what ran when, on which thread, for which stage."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from rlxflow.inspect.kernels import Kernel
from rlxflow.inspect.ledger import Ledger
from rlxflow.inspect.paths import NO_INSTRUCTION, is_remainder

STAGE_TRACKS = 3
"""How many levels of stages have tracks of their own."""

THREADS, STAGES = 1, 2


@dataclass(frozen=True, slots=True)
class Event:
    """One run of an instruction: where, which, when and how long, in seconds."""

    line: str
    name: str
    start_s: float
    seconds: float


class _Span(NamedTuple):
    name: str
    start_s: float
    end_s: float


def trace(ledger: Ledger, events: Sequence[Event]) -> dict[str, Any]:
    """Returns a trace in the JSON form of Chrome, which Perfetto opens.

    One process has the threads that ran kernels, each kernel called after its stage. Another has
    the stages: from the first kernel of a stage to its last, for each of the outer levels.
    """
    kernels = {kernel.name: kernel for kernel in ledger.program.kernels}
    calls = {call.name: call.path for call in ledger.program.calls}
    begin = min((event.start_s for event in events), default=0.0)
    lines = {line: number for number, line in enumerate(dict.fromkeys(e.line for e in events), 1)}
    made = [_named("process", THREADS, 0, f"{ledger.name}: kernels")]
    made += [_named("thread", THREADS, number, line) for line, number in lines.items()]
    paths: list[tuple[str, Event]] = []
    for event in events:
        kernel = kernels.get(event.name)
        path = kernel.path if kernel else calls.get(event.name, NO_INSTRUCTION)
        place = ledger.place(path)
        made.append(_run(event, begin, lines[event.line], place, kernel))
        if not is_remainder(path):
            paths.append((place, event))
    made.append(_named("process", STAGES, 0, f"{ledger.name}: stages"))
    for depth in range(1, STAGE_TRACKS + 1):
        spans = list(_spans(paths, depth))
        if spans:
            made.append(_named("thread", STAGES, depth, f"level {depth}"))
        made += [
            _complete(s.name, STAGES, depth, s.start_s - begin, s.end_s - s.start_s) for s in spans
        ]
    return {"displayTimeUnit": "ns", "traceEvents": made}


def trace_bytes(ledger: Ledger, events: Sequence[Event], *, packed: bool) -> bytes:
    """Returns the trace as JSON, packed by gzip if wanted; Perfetto opens both."""
    raw = json.dumps(trace(ledger, events), separators=(",", ":")).encode()
    return gzip.compress(raw, mtime=0) if packed else raw


def _spans(paths: Sequence[tuple[str, Event]], depth: int) -> Iterator[_Span]:
    """Yields stages of a level; one that runs again after another has a span of its own."""
    open_span: _Span | None = None
    for path, event in paths:
        names = path.split("/")
        name = "/".join(names[:depth]) if len(names) >= depth else ""
        end = event.start_s + event.seconds
        if open_span and open_span.name == name:
            open_span = open_span._replace(end_s=max(open_span.end_s, end))
            continue
        if open_span and open_span.name:
            yield open_span._replace(end_s=min(open_span.end_s, event.start_s))
        open_span = _Span(name, event.start_s, end)
    if open_span and open_span.name:
        yield open_span


def _run(
    event: Event, begin: float, line: int, place: str, kernel: Kernel | None
) -> dict[str, Any]:
    made = _complete(place, THREADS, line, event.start_s - begin, event.seconds)
    facts: dict[str, Any] = {"instruction": event.name}
    if kernel:
        facts |= {"path": kernel.path, "operation": kernel.target or kernel.opcode}
        facts |= {"flops": kernel.flops, "bytes": kernel.nbytes}
    return made | {"args": facts}


def _complete(name: str, process: int, line: int, start: float, length: float) -> dict[str, Any]:
    times = {"ts": round(start * 1e6, 3), "dur": round(length * 1e6, 3)}
    return {"name": name, "cat": "stage", "ph": "X", "pid": process, "tid": line, **times}


def _named(what: str, process: int, line: int, name: str) -> dict[str, Any]:
    return {"name": f"{what}_name", "ph": "M", "pid": process, "tid": line, "args": {"name": name}}

"""What a worker says: a line of JSON when it is ready, and one for each round.

To `rivals.py` it is ready once both phases ran, to `first_token.py` with the first token.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """What is run: a model file or the name of a shape, and sizes; `first` for the prompt alone."""

    model: str
    batch: int
    prompt: int
    context: int
    steps: int
    threads: int
    kind: str
    first: bool


Phases = tuple[Callable[[], float], Callable[[], float]]
"""Prefill of the prompts; steps at the end of the context. Each returns its seconds."""


def read_task() -> Task:
    """Returns the task of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    for name in ("batch", "prompt", "context", "steps", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--kind", default="")
    parser.add_argument("--first", action="store_true")
    return Task(**vars(parser.parse_args()))


def say_start() -> None:
    """Writes a line: CPU seconds, and the largest resident memory until then."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    line = {"cpu_s": used.ru_utime + used.ru_stime, "peak_bytes": used.ru_maxrss * 1024}
    print(json.dumps(line), file=sys.__stdout__, flush=True)


def serve(prepare: Callable[[Task], Phases]) -> None:
    """Prepares, runs both phases once, says so, then a round for each line of standard input."""
    out = sys.stdout
    sys.stdout = sys.stderr  # libraries that print do not disturb
    task = read_task()
    prefill, decode = prepare(task)
    prefill()
    if not task.first:
        decode()
    say_start()
    for _ in sys.stdin:
        times = {"prefill_s": prefill(), "decode_s": decode()}
        print(json.dumps(times), file=out, flush=True)

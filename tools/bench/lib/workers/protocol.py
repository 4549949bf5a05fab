"""What a worker says to `rivals.py`: a line of JSON when it is ready, and one for each round."""

from __future__ import annotations

import argparse
import json
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """What is run: a model file or the name of a shape, and sizes."""

    model: str
    batch: int
    prompt: int
    context: int
    steps: int
    threads: int
    kind: str


Phases = tuple[Callable[[], float], Callable[[], float]]
"""Prefill of the prompts; steps at the end of the context. Each returns its seconds."""


def read_task() -> Task:
    """Returns the task of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    for name in ("batch", "prompt", "context", "steps", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--kind", default="")
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
    prefill, decode = prepare(read_task())
    prefill()
    decode()
    say_start()
    for _ in sys.stdin:
        times = {"prefill_s": prefill(), "decode_s": decode()}
        print(json.dumps(times), file=out, flush=True)

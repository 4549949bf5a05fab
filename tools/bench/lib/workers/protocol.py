"""What a worker says to `rivals.py`: a line of JSON when it is ready, and one for each round."""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

START = time.perf_counter()


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


def serve(prepare: Callable[[Task], Phases]) -> None:
    """Prepares, runs each phase once, then a round for each line of standard input.

    The first line tells how long it took from the start to the first token, and the largest
    resident memory until then, in bytes.
    """
    out = sys.stdout
    sys.stdout = sys.stderr  # libraries that print do not disturb
    prefill, decode = prepare(read_task())
    prefill()
    first_token_s = time.perf_counter() - START
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    decode()
    print(json.dumps({"first_token_s": first_token_s, "peak_bytes": peak}), file=out, flush=True)
    for _ in sys.stdin:
        times = {"prefill_s": prefill(), "decode_s": decode()}
        print(json.dumps(times), file=out, flush=True)

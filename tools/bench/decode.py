#!/usr/bin/env python3
"""Times prefill and decode of a Llama with random weights: rlxflow, and plain jax.jit by hand.

Both run in one process, in turns, on the same arrays, and must choose the same tokens. The choice
of a token is inside the step, and a step is sent before the token of the one before is read.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from lib.decode_contenders import Contenders, Sizes, Taken, contenders
from lib.llama_shapes import SHAPES
from lib.machine import processor, read_gb_s

EPILOG = "example: tools/bench/decode.py --shape 1b --rounds 5 --steps 16 --json decode.json"
NAMES = ("rlxflow", "jax.jit")
HEAD = f"round     read  {'rlxflow':>22}  {'jax.jit':>22}   decode prefill"
LEGEND = "read: GB/s; contenders: steps/s, GB/s, ms of prefill; ratios: above 1, rlxflow is faster"
IN_MEMORY = 1 << 29  # bytes; what is smaller may stay in a cache of the processor


def measure(both: Contenders, rounds: int, steps: int) -> list[dict[str, Any]]:
    """Returns a record a round; in every other round the other contender goes first."""
    first = [both.runs[name]() for name in NAMES]  # compiles; not counted
    if first[0].tokens != first[1].tokens:
        sys.exit("error: rlxflow and jax.jit choose other tokens")
    records: list[dict[str, Any]] = []
    print(HEAD)
    for turn in range(rounds):
        record: dict[str, Any] = {}
        if both.largest.nbytes >= IN_MEMORY:
            record["read_gb_s"] = read_gb_s(both.largest)
        for name in NAMES if turn % 2 == 0 else NAMES[::-1]:
            record[name] = rates(both.runs[name](), both.weight_bytes, steps)
        ours, plain = (record[name] for name in NAMES)
        record["decode_ratio"] = ours["steps_s"] / plain["steps_s"]
        record["prefill_ratio"] = plain["prefill_s"] / ours["prefill_s"]
        records.append(record)
        print(row(str(turn + 1), record), flush=True)
    return records


def rates(taken: Taken, weight_bytes: int, steps: int) -> dict[str, float]:
    steps_s = steps / taken.decode_s
    return {
        "steps_s": steps_s,
        "gb_s": steps_s * weight_bytes / 1e9,
        "prefill_s": taken.prefill_s,
    }


def medians(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the median of each number; ratios are medians of the rounds' ratios."""
    found: dict[str, Any] = {}
    for key, value in records[0].items():
        column = [record[key] for record in records]
        found[key] = medians(column) if isinstance(value, dict) else statistics.median(column)
    return found


def row(label: str, record: dict[str, Any]) -> str:
    """Returns one line of the table."""
    cells = [
        f"{one['steps_s']:7.1f}/s {one['gb_s']:5.1f} {1e3 * one['prefill_s']:6.0f}"
        for one in (record[name] for name in NAMES)
    ]
    read = f"{record['read_gb_s']:6.1f}" if "read_gb_s" in record else f"{'':6}"
    ratios = f"{record['decode_ratio']:7.2f} {record['prefill_ratio']:7.2f}"
    return f"{label:<7} {read}  {'  '.join(cells)}  {ratios}"


def report(sizes: Sizes, both: Contenders, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Prints the medians and the limit; returns everything for a file."""
    middle = medians(records)
    print(row("median", middle))
    print(LEGEND)
    facts = asdict(sizes) | {
        "date": str(date.today()),
        "machine": processor(),
        "weight_bytes": both.weight_bytes,
        "rounds": records,
        "median": middle,
    }
    if "read_gb_s" in middle:
        limit = middle["read_gb_s"] * 1e9 / both.weight_bytes
        facts["limit_steps_s"] = limit
        print(f"limit {limit:.2f} steps/s: {both.weight_bytes / 1e9:.2f} GB read once a step")
    return facts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG)
    add = parser.add_argument
    add("--shape", choices=SHAPES, default="tiny", help="1b takes 5 GB (default tiny)")
    add("--rounds", type=int, default=5, help="turns of each contender (default 5)")
    add("--steps", type=int, default=16, help="decode steps a turn (default 16)")
    add("--batch", type=int, default=1, help="rows (default 1)")
    add("--prompt", type=int, default=128, help="tokens of each prompt (default 128)")
    add("--context", type=int, default=512, help="positions of the cache (default 512)")
    add("--json", type=Path, metavar="FILE", help="write all numbers to a file")
    options = parser.parse_args()
    numbers = {k: v for k, v in vars(options).items() if k not in {"shape", "json", "rounds"}}
    if min(options.rounds, *numbers.values()) < 1:
        parser.error("numbers are at least 1")
    if options.prompt + options.steps + 1 > options.context:
        parser.error("the context holds prompt and steps: raise --context")
    sizes = Sizes(shape=options.shape, **numbers)
    both = contenders(sizes)
    facts = report(sizes, both, measure(both, options.rounds, sizes.steps))
    if options.json:
        options.json.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()

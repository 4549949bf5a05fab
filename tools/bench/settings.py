#!/usr/bin/env python3
"""Times decode steps of one checkpoint in several settings, in turns, and compares with the first.

A setting is ROWS x CONTEXT, with a type of caches after a colon: `1x576`, `8x576`, `1x8192:int8`.
All run in one process, each with weights of its own. In every round each takes steps that end at
the last position of its context. A ratio is that of tokens/s in one round; rounds that the host
disturbed (see lib/turns.py) are shown, not counted, and run again. What bytes explain: weights and
the caches of all rows, each read once a step.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, cast

from lib.llama_shapes import CACHES
from lib.machine import processor
from lib.turns import counted, run_in_turns

EPILOG = "example: tools/bench/settings.py llama-1b-q8_0.gguf 1x576 8x576 8x576:bf16 1x8192:bf16"
PROMPT = 16

Cache = Literal["f32", "bf16", "f16", "int8"]


@dataclass(frozen=True)
class Setting:
    """Rows, positions of the caches, the type of their elements."""

    rows: int
    context: int
    cache: Cache = "f32"

    @classmethod
    def parse(cls, text: str) -> Setting:
        kinds = "|".join(CACHES)
        found = re.fullmatch(rf"([1-9]\d*)x([1-9]\d*)(?::({kinds}))?", text)
        if not found:
            raise argparse.ArgumentTypeError(f"`{text}`, expected ROWSxCONTEXT or with :{kinds}")
        return cls(int(found[1]), int(found[2]), cast("Cache", found[3] or "f32"))

    def __str__(self) -> str:
        return f"{self.rows}x{self.context}:{self.cache}"


@dataclass(frozen=True)
class Contender:
    """A setting, how to take its steps, and the bytes that one reads."""

    setting: Setting
    run: Callable[[], float]
    weight_bytes: int
    cache_bytes: int


def contender(model: str, setting: Setting, steps: int) -> Contender:
    """Loads the checkpoint, compiles the step and returns how to time some of them."""
    import rlxflow as rf
    from rlxflow.runtime.bench import Bench, BenchSizes

    profile = rf.CompileProfile(cache=setting.cache)
    sizes = BenchSizes(batch=setting.rows, prompt=PROMPT, context=setting.context, steps=steps)
    bench = Bench(rf.load(model, profile=profile), sizes)
    kept = [bench.prefill()]
    held_bytes = sum(state.nbytes for state in kept[0][0].states)

    def run() -> float:
        seconds, kept[0] = bench.timed(lambda: bench.decode(*kept[0]))
        return setting.rows * steps / seconds

    run()
    read = held_bytes * (setting.context - steps // 2) // setting.context
    return Contender(setting, run, Path(model).stat().st_size, read)


def table(contenders: list[Contender], records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns medians of each setting, its ratios to the first, and the share of the read limit."""
    first, rows = contenders[0], []
    least = first.weight_bytes + first.cache_bytes
    for each in contenders:
        name, size = str(each.setting), each.weight_bytes + each.cache_bytes
        ratios = [record[name] / record[str(first.setting)] for record in records]
        steps = [record[name] / each.setting.rows / record["read_gb_s"] / 1e9 for record in records]
        rows.append(
            {
                "setting": name,
                "tokens_s": statistics.median(record[name] for record in records),
                "ratio": statistics.quantiles(ratios, n=4),
                "bytes_explain": least / size * each.setting.rows / first.setting.rows,
                "of_read_limit": statistics.median(steps) * size,
            }
        )
    return rows


def show(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| setting | decode, tokens/s | ratio | bytes alone explain | of the read limit |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        low, middle, high = row["ratio"]
        lines.append(
            f"| {row['setting']} | {row['tokens_s']:.1f} | {middle:.2f} ({low:.2f} to {high:.2f}) "
            f"| {row['bytes_explain']:.2f} | {row['of_read_limit']:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG)
    add = parser.add_argument
    add("model", metavar="CHECKPOINT", help="a GGUF file")
    add("settings", metavar="SETTING", nargs="+", type=Setting.parse, help="at least two")
    add("--steps", type=int, default=8, help="of a setting in a round (default 8)")
    add("--rounds", type=int, default=5, help="undisturbed ones, at least 2 (default 5)")
    add("--json", type=Path, metavar="FILE", help="write all numbers to a file")
    options = parser.parse_args()
    if len(set(options.settings)) < max(2, len(options.settings)):
        parser.error("at least two settings, each another")
    if options.rounds < 2 or not 1 <= options.steps < min(s.context for s in options.settings):
        parser.error("rounds are at least 2, steps at least 1 and below every context")
    if not Path(options.model).is_file():
        parser.error(f"{options.model}: no such file; make one with make_llama_gguf.py")
    contenders = []
    for setting in options.settings:
        contenders.append(contender(options.model, setting, options.steps))
        print(f"{setting}: ready", flush=True)
    runs = {str(each.setting): each.run for each in contenders}
    records = run_in_turns(runs, options.rounds, "{:.1f}".format)
    print()
    rows = table(contenders, counted(records))
    print(f"{processor()}, {date.today()}, {options.steps} steps a round\n\n{show(rows)}")
    if options.json:
        facts = {"machine": processor(), "date": str(date.today()), "table": rows}
        options.json.write_text(json.dumps(facts | {"rounds": records}, indent=1) + "\n")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main()

#!/usr/bin/env python3
"""Shows rlxflow on a sentence encoder: similarities, the module at three levels, times.

Start it with tools/demo, which installs what is needed and passes the packaged MiniLM checkpoint.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import rlxflow as rf

SENTENCES = (
    "The cat sleeps on the sofa.",
    "A kitten is taking a nap on the couch.",
    "How much does this ticket cost?",
    "What is the price of the ticket?",
    "The company laid off hundreds of workers.",
    "Many employees lost their jobs at the firm.",
    "Heavy snow closed the mountain road.",
    "She plays the violin in an orchestra.",
)
LEVELS = {"flow": ".mlir", "composite": ".mlir", "hlo-optimized": ".txt"}


class Clock:
    """Prints a line for each step, and how long the step took."""

    def __init__(self) -> None:
        self.begin = time.perf_counter()

    def say(self, text: str) -> None:
        seconds = time.perf_counter() - self.begin
        print(f"==> {text} ({seconds:.2f} s)", flush=True)
        self.begin = time.perf_counter()


def similarities(vectors: np.ndarray) -> Table:
    """Returns the table of cosines; of each row the best match is marked."""
    cosines = vectors @ vectors.T
    best = (cosines - 2 * np.eye(len(cosines))).argmax(axis=1)
    table = Table(title="cosine similarity; * marks the nearest other sentence of a row")
    table.add_column("", justify="right")
    table.add_column("sentence", no_wrap=True)
    for i in range(len(cosines)):
        table.add_column(str(i + 1), justify="right")
    for i, row in enumerate(cosines):
        cells = [f"{value:.2f}{'*' if j == best[i] else ' '}" for j, value in enumerate(row)]
        table.add_row(str(i + 1), SENTENCES[i], *cells)
    return table


def pairs_found(vectors: np.ndarray) -> int:
    """Returns how many of the first six sentences are nearest to the other one of their pair."""
    cosines = vectors @ vectors.T - 2 * np.eye(len(vectors))
    return sum(int(cosines[i].argmax()) == i ^ 1 for i in range(6))


def stage_lines(summary: str) -> list[str]:
    """Returns the lines of a summary with the columns that fit a narrow terminal."""
    lines = []
    for line in summary.splitlines():
        path, _, types, weights = re.split(r"  +", line.strip())[:4]
        indent = "  " * path.count("/")
        lines.append(f"    {indent + path:<36} {weights:<11} {types.partition(' -> ')[2]}")
    return lines


def write_levels(built: rf.BuiltModel, compiled: rf.CompiledModel, folder: Path) -> None:
    """Writes the module at three levels and says where."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "flow": built.mlir("flow"),
        "composite": built.mlir("composite"),
        "hlo-optimized": compiled.hlo(),
    }
    for level, text in texts.items():
        path = folder / f"encoder.{level}{LEVELS[level]}"
        path.write_text(text, encoding="utf-8")
        print(f"    {path}: {len(text.encode()) / 1e3:.0f} kB, {text.count(chr(10))} lines")


def run(folder: Path, out: Path) -> bool:
    """Runs all steps; returns whether the pairs of equal meaning were found."""
    clock = Clock()
    model = rf.load(folder)
    source = model.checkpoint.source
    assert source is not None
    size = sum(source.info(name).nbytes for name in source.names())
    clock.say(f"opened {folder.name}: {model.checkpoint.config.model_type}, {size / 1e6:.0f} MB")

    built = model.build(model.flow(batch=8, seq=16))
    clock.say("built the module of 8 rows of 16 tokens; its first stages:")
    print("\n".join(stage_lines(built.summary())[:12]), "    ...", sep="\n")

    compiled = built.compile()
    clock.say("compiled it with XLA for the CPU")
    write_levels(built, compiled, out)
    clock.say("wrote the module at three levels")

    vectors = model.embed(SENTENCES)
    clock.say(f"embedded {len(SENTENCES)} sentences, compiling for their length first")
    Console(width=120).print(similarities(vectors))
    found = pairs_found(vectors)
    print(f"    sentences 1-6 are three pairs of one meaning: {found} of 6 found their partner")

    clock.begin = time.perf_counter()
    for _ in range(20):
        model.embed(SENTENCES)
    each = (time.perf_counter() - clock.begin) / 20
    clock.say(f"embedded them 20 times more: {each * 1e3:.1f} ms each time, tokenizer included")
    return found == 6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog="example: tools/demo")
    parser.add_argument("model", type=Path, metavar="MODEL_DIR", help="a sentence encoder")
    parser.add_argument("out", type=Path, nargs="?", default=Path("demo-out"), metavar="OUT_DIR")
    arguments = parser.parse_args()
    try:
        found = run(arguments.model, arguments.out)
    except (rf.FlowError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not found:
        print("error: similarities: expected each sentence beside its partner; see the table")
        return 1
    print("Next: read README.md, or run .venv/bin/rlxflow --help")
    return 0


if __name__ == "__main__":
    sys.exit(main())

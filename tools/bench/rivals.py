#!/usr/bin/env python3
"""Times rlxflow beside llama.cpp, PyTorch and plain jax.jit: prefill and decode, in turns.

Each contender is a process that waits until it is its turn; in every round each runs a prefill and
decode steps at the end of the context, and between them memory is read as fast as it goes; the
limit is the median of these readings. A ratio is that of one round, so that what disturbs the
machine disturbs both; rounds that the host disturbed (see lib/turns.py) are shown, not
counted, and run again. llama.cpp and rlxflow take the same GGUF file (see make_llama_gguf.py);
PyTorch and jax.jit random weights of the same shape in bf16. llama.cpp's caches are f16; it rounds
what meets bf16 weights to bf16, PyTorch all activations, rlxflow none unless `--compute` says so.
`--library` puts other builds of rlxflow's kernels beside the one that it finds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from lib.llama_shapes import CACHES, SHAPES, cache_bytes
from lib.machine import processor
from lib.turns import counted, run_in_turns

WORKERS = Path(__file__).resolve().parent / "lib" / "workers"
EPILOG = (
    "examples: tools/bench/rivals.py 1b-q8_0.gguf --shape 1b --llama-python ~/llama/bin/python;"
    " tools/bench/rivals.py 1b-q8_0.gguf --shape 1b --library old=old/librlx_kernels.so"
)
FIRST = "rlxflow"
COMPUTES = ("f32", "bf16", "f16")
VARIABLE = "RLX_KERNELS"  # names the library that a process takes


class Contender:
    """A worker's process."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name = name
        pipe, env = subprocess.PIPE, os.environ | environment
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env)
        self.start = self._read()

    def round(self) -> dict[str, float]:
        """Returns the seconds of a prefill and of the steps."""
        assert self._process.stdin
        self._process.stdin.write("round\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> dict[str, float]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"error: {self.name}: it ended; see above")
        return json.loads(line)

    def end(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.terminate()  # it may be in the middle of a round that a user ended
        self._process.wait()


@dataclass(frozen=True)
class Sizes:
    """Rows, prompt tokens, positions of the cache, decode steps of a round."""

    batch: int
    prompt: int
    context: int
    steps: int

    def rates(self, times: dict[str, float]) -> dict[str, float]:
        """Returns tokens/s of both phases."""
        return {
            "prefill": self.batch * self.prompt / times["prefill_s"],
            "decode": self.batch * self.steps / times["decode_s"],
        }


def library(text: str) -> tuple[str, Path]:
    """Reads `NAME=FILE`, another build of rlxflow's kernels."""
    name, _, file = text.partition("=")
    if not name or not Path(file).is_file():
        raise argparse.ArgumentTypeError(
            f"`{text}`, expected NAME=FILE, a librlx_kernels that is there"
        )
    return f"{FIRST} with {name}", Path(file).resolve()


def commands(options: argparse.Namespace) -> dict[str, list[str]]:
    """Returns how to start each contender that was asked for."""
    sizes = [f"--{n}={getattr(options, n)}" for n in ("batch", "prompt", "context", "steps")]
    sizes.append(f"--threads={options.threads}")

    def worker(file: str, model: str, kind: str = "", python: str = sys.executable) -> list[str]:
        return [python, str(WORKERS / f"{file}_worker.py"), model, *sizes, f"--kind={kind}"]

    def own(**profile: str) -> list[str]:
        types = {"cache": options.cache, "compute": options.compute}
        return worker("rlxflow", options.model, json.dumps(types | profile))

    made = {FIRST: own()}
    made |= dict.fromkeys(dict(options.library), own())
    if options.no_kernels:
        made["rlxflow, no kernels"] = own(kernels="none")
    if options.jax:
        made["jax.jit bf16"] = worker("jax", options.shape, "bf16")
    if options.llama_python:
        made["llama.cpp"] = worker("llama_cpp", options.model, "", options.llama_python)
    for kind in ("eager", "compiled") if options.torch_python else ():
        made[f"PyTorch bf16 {kind}"] = worker("torch", options.shape, kind, options.torch_python)
    return made


def measure(options: argparse.Namespace, sizes: Sizes) -> dict[str, Any]:
    """Returns what each contender took to start, and all rounds."""
    contenders: list[Contender] = []
    libraries = dict(options.library)
    for name, command in commands(options).items():
        other = {VARIABLE: str(libraries[name])} if name in libraries else {}
        contenders.append(Contender(name, command, other))
        print(f"{name}: ready", flush=True)

    def taken(each: Contender) -> Callable[[], dict[str, float]]:
        return lambda: sizes.rates(each.round())

    def show_rates(rates: dict[str, float]) -> str:
        return f"{rates['prefill']:.1f} / {rates['decode']:.2f}"

    runs = {each.name: taken(each) for each in contenders}
    rounds = run_in_turns(runs, options.rounds, show_rates)
    starts = {each.name: each.start for each in contenders}
    for each in contenders:
        each.end()
    return {"start": starts, "rounds": rounds}


def table(found: dict[str, Any], step_bytes: int, caches: dict[str, int]) -> list[dict[str, Any]]:
    """Returns for each contender medians, and the median of rlxflow's ratio to it in a round.

    Of the read limit: what a step reads of weights, and with the caches of those that are named.
    """
    rows = []
    rounds = counted(found["rounds"])
    for name, start in found["start"].items():
        row: dict[str, Any] = {"name": name, "peak_bytes": start["peak_bytes"]}
        for phase in ("prefill", "decode"):
            own = [each[name][phase] for each in rounds]
            ratios = [each[FIRST][phase] / each[name][phase] for each in rounds]
            low, middle, high = statistics.quantiles(ratios, n=4)
            row[phase] = {"tokens_s": statistics.median(own), "ratio": [low, middle, high]}
        if name in caches:
            steps = [each[name]["decode"] / each["read_gb_s"] / 1e9 for each in rounds]
            middle = statistics.median(steps)
            row["of_read_limit"] = middle * step_bytes
            row["with_cache"] = middle * (step_bytes + caches[name])
        rows.append(row)
    return rows


def show(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| contender | prefill tokens/s | rlxflow is | decode tokens/s | rlxflow is | of read limit"
        " | with cache | peak memory |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [row["name"]]
        for phase in ("prefill", "decode"):
            low, middle, high = row[phase]["ratio"]
            cells.append(f"{row[phase]['tokens_s']:.1f}")
            cells.append(f"{middle:.2f} x ({low:.2f} to {high:.2f})")
        cells += [f"{row[k]:.2f}" if k in row else "" for k in ("of_read_limit", "with_cache")]
        cells.append(f"{row['peak_bytes'] / 1e9:.2f} GB")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG)
    add = parser.add_argument
    add("model", metavar="FILE.gguf", help="for rlxflow and llama.cpp")
    add("--shape", choices=SHAPES, default="tiny", help="of the file (default tiny)")
    add("--batch", type=int, default=1, help="rows (default 1)")
    add("--prompt", type=int, default=128, help="tokens of a prompt (default 128)")
    add("--context", type=int, default=512, help="positions of the cache (default 512)")
    add("--steps", type=int, default=16, help="decode steps of a round (default 16)")
    add("--rounds", type=int, default=5, help="undisturbed ones, at least 2 (default 5)")
    add("--cache", choices=CACHES, default="f32", help="type of rlxflow's caches (default f32)")
    add("--compute", choices=COMPUTES, help="type of rlxflow's activations (default: usual)")
    add("--threads", type=int, default=os.cpu_count() or 1, help="of llama.cpp and PyTorch")
    add("--llama-python", metavar="PYTHON", help="that has llama-cpp-python")
    add("--torch-python", metavar="PYTHON", help="that has torch and transformers")
    add("--jax", action="store_true", help="compare with plain jax.jit in bf16")
    add(
        "--library",
        metavar="NAME=FILE",
        type=library,
        action="append",
        default=[],
        help="compare with rlxflow with that build of its kernels; may be said again",
    )
    add("--no-kernels", action="store_true", help="compare with rlxflow without kernels")
    add("--json", type=Path, metavar="FILE", help="write all numbers to a file")
    options = parser.parse_args()
    if len(dict(options.library)) < len(options.library):
        parser.error("--library: each has another name")
    if min(options.batch, options.prompt, options.steps, options.rounds - 1) < 1:
        parser.error("sizes are at least 1, rounds at least 2")
    if not Path(options.model).is_file():
        parser.error(f"{options.model}: no such file; make one with make_llama_gguf.py")
    sizes = Sizes(options.batch, options.prompt, options.context, options.steps)
    step_bytes = Path(options.model).stat().st_size
    if not SHAPES[options.shape]["tie_word_embeddings"]:
        print("note: a step reads less than the file: not the table of tokens")
    found = measure(options, sizes)
    print()
    own, f16 = (
        sizes.batch * cache_bytes(options.shape, options.context - options.steps // 2, kind)
        for kind in (options.cache, "f16")
    )
    rows = table(found, step_bytes, {FIRST: own, "llama.cpp": f16})
    print(f"{processor()}, {date.today()}, {sizes}, {step_bytes / 1e9:.2f} GB a step\n")
    print(show(rows))
    if options.json:
        facts = {"machine": processor(), "date": str(date.today()), "table": rows, **found}
        options.json.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()

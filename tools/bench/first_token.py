#!/usr/bin/env python3
"""Times the start of a process to its first token, and its memory, beside llama.cpp.

Every start is a process of its own, in turns: rlxflow with nothing compiled before, rlxflow with
its steps kept from a start before, llama.cpp. Before each, the pages of the file are dropped from
the system's memory (`--file cold`) or read into it (`--file warm`). All take the same GGUF file
(see make_llama_gguf.py) and a prompt of the same length. Seconds count from before the process is
made until its parent hears of the token; the memory is the largest resident set until then.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lib.machine import processor
from lib.page_cache import drop, fill

WORKERS = Path(__file__).resolve().parent / "lib" / "workers"
EPILOG = "example: tools/bench/first_token.py llama-1b-q8_0.gguf --llama-python ~/llama/bin/python"
FIRST, SECOND, LLAMA = "rlxflow, first start", "rlxflow, second start", "llama.cpp"
FILE_STATES = {"cold": drop, "warm": fill}


@dataclass(frozen=True)
class Start:
    """Seconds to the first token, of them those of all cores, and the largest resident set."""

    seconds: float
    cpu_s: float
    peak_bytes: int


def start(command: list[str], cache: str) -> Start:
    """Runs a process until it says that the first token is there, and ends it."""
    began = time.perf_counter()
    environment = {**os.environ, "RLXFLOW_CACHE": cache}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode beside it
    pipe = subprocess.PIPE
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=said, text=True, env=environment
        )
        assert process.stdout
        line = process.stdout.readline()
        seconds = time.perf_counter() - began
        process.kill()
        process.communicate()
        if not line:
            said.seek(0)
            sys.exit(f"error: {' '.join(command)}: it ended:\n{said.read()[-2000:]}")
    return Start(seconds, **json.loads(line))


def commands(options: argparse.Namespace) -> dict[str, list[str]]:
    """Returns how to start each contender."""
    sizes = [f"--prompt={options.prompt}", f"--context={options.prompt + options.new}"]
    sizes += ["--batch=1", f"--steps={options.new}", f"--threads={options.threads}", "--first"]

    def worker(file: str, python: str = sys.executable) -> list[str]:
        return [python, str(WORKERS / f"{file}_worker.py"), str(options.model), *sizes]

    made = {FIRST: worker("generate"), SECOND: worker("generate")}
    if options.llama_python:
        made[LLAMA] = worker("llama_cpp", options.llama_python)
    return made


def measure(options: argparse.Namespace) -> list[dict[str, Start]]:
    """Returns the starts of every round; the order of the contenders turns."""
    contenders = list(commands(options).items())
    prepare = FILE_STATES[options.file]
    rounds: list[dict[str, Start]] = []
    with tempfile.TemporaryDirectory() as kept:
        start(dict(contenders)[SECOND], kept)  # fills the folder
        for turn in range(options.rounds):
            at = turn % len(contenders)
            record: dict[str, Start] = {}
            for name, command in contenders[at:] + contenders[:at]:
                prepare(options.model)
                record[name] = start(command, kept if name == SECOND else "off")
            rounds.append(record)
            shown = [f"{n} {s.seconds:.2f} s, {s.cpu_s:.2f} CPU s" for n, s in record.items()]
            print(f"round {turn + 1}: {'; '.join(shown)}", flush=True)
    return rounds


def show(rounds: list[dict[str, Start]]) -> str:
    """Returns a table of medians, and of the quartiles of the ratios to llama.cpp in a round."""
    lines = [
        "| start | first token | ratio to llama.cpp | CPU seconds | peak memory |",
        "|---|---|---|---|---|",
    ]
    for name in sorted(rounds[0]):
        own = [record[name] for record in rounds]
        seconds, cpu = (statistics.median(getattr(s, n) for s in own) for n in ("seconds", "cpu_s"))
        ratio = ""
        if LLAMA in rounds[0]:
            all_ = [record[name].seconds / record[LLAMA].seconds for record in rounds]
            low, middle, high = statistics.quantiles(all_, n=4)
            ratio = f"{middle:.2f} ({low:.2f} to {high:.2f})"
        peak = max(s.peak_bytes for s in own) / 1e9
        lines.append(f"| {name} | {seconds:.2f} s | {ratio} | {cpu:.2f} | {peak:.2f} GB |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, epilog=EPILOG)
    add = parser.add_argument
    add("model", type=Path, metavar="FILE.gguf", help="for rlxflow and llama.cpp")
    add("--file", choices=FILE_STATES, default="cold", help="its pages before (default cold)")
    add("--prompt", type=int, default=128, help="tokens of the prompt (default 128)")
    add("--new", type=int, default=32, help="tokens asked for (default 32)")
    add("--rounds", type=int, default=5, help="at least 2 (default 5)")
    add("--threads", type=int, default=os.cpu_count() or 1, help="of llama.cpp")
    add("--llama-python", metavar="PYTHON", help="that has llama-cpp-python")
    options = parser.parse_args()
    if min(options.prompt, options.new, options.rounds - 1) < 1:
        parser.error("sizes are at least 1, rounds at least 2")
    rounds = measure(options)
    size = options.model.stat().st_size / 1e9
    print(
        f"\n{processor()}, {date.today()}, {options.model.name} of {size:.2f} GB, {options.file},"
        f" prompt of {options.prompt}\n"
    )
    print(show(rounds))


if __name__ == "__main__":
    main()

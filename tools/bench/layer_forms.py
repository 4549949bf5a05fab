#!/usr/bin/env python3
"""Compares the forms of layers: unroll, call and loop of a small Llama's decode step.

For each depth and form: CPU seconds to build the flow and to lower it to text (the best of a few),
and to compile it; bytes of the text; milliseconds of a step (the forms take turns, medians);
temporary memory. CPU seconds are those of all threads together: other jobs on the machine change
them less than time on the clock.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from lib.llama_weights import arrays_of, drawn
from lib.machine import processor

import rlxflow as rf

FORMS = ("unroll", "call", "loop")
CONTEXT = 256
SHAPE: dict[str, Any] = {
    "model_type": "llama",
    "vocab_size": 2048,
    "hidden_size": 256,
    "intermediate_size": 704,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 32,
    "max_position_embeddings": 1024,
    "rms_norm_eps": 1e-5,
    "rope_theta": 1e4,
    "tie_word_embeddings": True,
}


@dataclass
class Row:
    """What was found for one form at one depth."""

    layers: int
    form: str
    build_s: float
    lower_s: float
    text_bytes: int
    compile_s: float
    step_ms: float
    temporary_bytes: int


def emit(raw: dict[str, Any], form: str, arrays: dict[str, np.ndarray]) -> tuple[Any, float, float]:
    """Returns the built model, and the seconds that it and its text took."""
    flow = rf.DecoderFlow.from_config(raw).decode().context(CONTEXT)
    flow = flow.profile(rf.CompileProfile(layers=form)).assemble()
    begin = time.process_time()
    built = flow.build(arrays)
    middle = time.process_time()
    built.lowered("stablehlo").text(debug_info=True)
    return built, middle - begin, time.process_time() - middle


def step(program: Any, states: dict[str, Any], position: int) -> tuple[float, dict[str, Any]]:
    """Takes one token; returns the seconds and the new states."""
    begin = time.perf_counter()
    ids, positions = np.array([[7]], np.int32), np.array([position], np.int32)
    results = program(input_ids=ids, positions=positions, **states)
    np.asarray(results.pop("logits"))
    return time.perf_counter() - begin, results


def measure(layers: int, runs: int, steps: int) -> list[Row]:
    """Returns a row for each form at a depth."""
    raw = SHAPE | {"num_hidden_layers": layers}
    arrays = arrays_of(drawn(raw))
    rows, programs = [], []
    for form in FORMS:
        found = [emit(raw, form, arrays) for _ in range(runs)]
        built = found[0][0]
        build_s, lower_s = (min(each[i] for each in found) for i in (1, 2))
        begin = time.process_time()
        program = built.compile()
        compile_s = time.process_time() - begin
        programs.append(program)
        nbytes = len(built.mlir("stablehlo"))
        temporary = program.memory()["temporaries"]
        rows.append(Row(layers, form, build_s, lower_s, nbytes, compile_s, 0.0, temporary))
    states = [program.new_states() for program in programs]
    taken: list[list[float]] = [[] for _ in FORMS]
    for position in range(steps):
        for i, program in enumerate(programs):
            seconds, states[i] = step(program, states[i], position)
            taken[i].append(seconds)
    for row, each in zip(rows, taken, strict=True):
        row.step_ms = 1e3 * statistics.median(each[2:])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: tools/bench/layer_forms.py --layers 4 16 32"
    )
    parser.add_argument("--layers", type=int, nargs="+", default=[4, 16, 32])
    parser.add_argument("--runs", type=int, default=3, help="how often a model is built")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    arguments = parser.parse_args()
    if not arguments.json:
        print(processor())
        print("layers  form    build s  lower s  text kB  compile s  step ms  temp kB")
    for layers in arguments.layers:
        for row in measure(layers, arguments.runs, arguments.steps):
            if arguments.json:
                print(json.dumps(asdict(row)))
                continue
            print(
                f"{row.layers:6}  {row.form:6} {row.build_s:8.3f} {row.lower_s:8.3f}"
                f" {row.text_bytes / 1e3:8.0f} {row.compile_s:10.2f} {row.step_ms:8.2f}"
                f" {row.temporary_bytes / 1e3:8.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()

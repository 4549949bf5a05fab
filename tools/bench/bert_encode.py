#!/usr/bin/env python3
"""Times a BERT encoder: rlxflow, the same model in plain jax.jit, and PyTorch where installed.

All run in one process, in turns, on the same inputs; medians and ratios are printed, and with
--json one line for programs.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import statistics
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import jax
import numpy as np
from plain_bert import encode, flops, random_config_and_weights

import rlxflow as rf
from rlxflow.recipes.base import FlowRequest
from rlxflow.recipes.bert import BertRecipe

Run = Callable[[], Any]


def contenders(folder: Path | None, batch: int, seq: int) -> tuple[Any, dict[str, Run]]:
    """Returns the config, and one call for each engine that gives last_hidden_state."""
    if folder is None:
        config, params = random_config_and_weights()
        source: Any = {name: np.asarray(array) for name, array in params.items()}
    else:
        model = rf.load(folder)
        config, source = model.checkpoint.config, model.checkpoint.source
    request = FlowRequest(phase="encode", batch=batch, seq=seq)
    pooler_free = rf.NameRules(prefixes=("bert.",), ignore=(("*", "not part of the encoder"),))
    built = BertRecipe().flow(config, "encoder", request).build(source, rules=pooler_free)
    compiled = built.compile()
    if folder is not None:
        assert built.plan is not None
        params = {spec.name: jax.numpy.asarray(built.plan.read(spec.name)) for spec in built.params}
    given = inputs(config.vocab_size, batch, seq)
    plain = jax.jit(lambda p, i, m, t: encode(p, config, i, m, t))
    runs: dict[str, Run] = {
        "rlxflow": lambda: jax.block_until_ready(compiled(**given)),
        "jax.jit": lambda: jax.block_until_ready(plain(params, *given.values())),
    }
    if folder is not None and importlib.util.find_spec("transformers"):
        runs["torch"] = torch_run(folder, given)
    return config, runs


def inputs(vocab: int, batch: int, seq: int) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(1)
    ids = draw.integers(1, vocab, (batch, seq)).astype(np.int32)
    mask = np.ones_like(ids)
    mask[batch // 2 :, seq - seq // 4 :] = 0
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def torch_run(folder: Path, given: dict[str, np.ndarray]) -> Run:
    import torch
    import transformers

    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    feed = {name: torch.from_numpy(array.astype(np.int64)) for name, array in given.items()}

    def run() -> Any:
        with torch.inference_mode():
            return model(**feed).last_hidden_state

    return run


def output(found: Any) -> Any:
    return found["last_hidden_state"] if isinstance(found, dict) else found


def measure(runs: dict[str, Run], rounds: int, seconds: float) -> dict[str, float]:
    """Returns the median seconds of a call; every engine has its turn in each round."""
    first = {name: np.asarray(output(run())) for name, run in runs.items()}
    far = {name: float(np.abs(value - first["rlxflow"]).max()) for name, value in first.items()}
    assert max(far.values()) < 1e-3, far
    begin = time.perf_counter()
    runs["rlxflow"]()
    calls = max(1, int(seconds / rounds / (time.perf_counter() - begin)))
    times: dict[str, list[float]] = {name: [] for name in runs}
    order = list(runs)
    for _ in range(rounds):
        order.append(order.pop(0))  # each goes first once in a while: who follows torch loses
        for name in order:
            runs[name]()  # not counted: caches and threads settle
            for _ in range(calls):
                begin = time.perf_counter()
                runs[name]()
                times[name].append(time.perf_counter() - begin)
    return {name: statistics.median(taken) for name, taken in times.items()}


def machine() -> str:
    """Returns the name of the processor, where the system tells."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    named = next((line for line in lines if line.startswith("model name")), "")
    return named.partition(": ")[2] or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: tools/bench/bert_encode.py --model DIR --sizes 8x128"
    )
    parser.add_argument("--model", type=Path, help="a BERT checkpoint; random BERT-base if not")
    parser.add_argument("--sizes", nargs="+", default=["1x16", "8x64", "8x128"], metavar="BxT")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.0, help="for each engine and size")
    parser.add_argument("--json", action="store_true", help="one JSON object a size")
    arguments = parser.parse_args()
    for size in arguments.sizes:
        batch, seq = map(int, size.split("x"))
        config, runs = contenders(arguments.model, batch, seq)
        taken = measure(runs, arguments.rounds, arguments.seconds)
        work = flops(config, batch, seq)
        rows = {
            name: {"ms": 1e3 * s, "gflop_s": work / s / 1e9, "ratio": s / taken["rlxflow"]}
            for name, s in taken.items()
        }
        if arguments.json:
            facts = {
                "date": str(date.today()),
                "machine": platform.processor() or platform.machine(),
                "size": size,
            }
            print(json.dumps(facts | {"gflop": work / 1e9, "engines": rows}), flush=True)
            continue
        print(f"{batch} rows of {seq} tokens, {work / 1e9:.2f} GFLOP", flush=True)
        for name, row in rows.items():
            print(f"  {name:<8} {row['ms']:8.2f} ms {row['gflop_s']:7.1f} GFLOP/s", end="")
            print(f"  {row['ratio']:.2f} x the time of rlxflow", flush=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Times how BERT-base becomes a module from its numbers alone, and `jax.jit(...).lower()` of it.

Each run is a process of its own, since imports and caches count; medians are printed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BATCH, SEQ = 2, 128
CONFIG = {
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
}


def once_rlxflow() -> dict[str, float]:
    marks = [time.perf_counter()]
    from rlxflow.recipes.base import FlowRequest
    from rlxflow.recipes.bert import BertConfig, BertRecipe

    marks.append(time.perf_counter())
    request = FlowRequest(phase="encode", batch=BATCH, seq=SEQ)
    built = BertRecipe().flow(BertConfig(**CONFIG), "encoder", request).build()
    marks.append(time.perf_counter())
    text = built.mlir("composite")
    marks.append(time.perf_counter())
    lowered = built.mlir("stablehlo")
    marks.append(time.perf_counter())
    spent = [b - a for a, b in itertools.pairwise(marks)]
    names = ("import_s", "flow_and_build_s", "composite_text_s", "stablehlo_text_s")
    sizes = {"composite_bytes": len(text), "stablehlo_bytes": len(lowered)}
    return dict(zip(names, spent, strict=True)) | sizes


def once_jax() -> dict[str, float]:
    marks = [time.perf_counter()]
    import jax
    import jax.numpy as jnp
    from plain_bert import encode

    marks.append(time.perf_counter())
    config, params = shapes()
    ids = jax.ShapeDtypeStruct((BATCH, SEQ), jnp.int32)
    jax.jit(lambda x: x + 1).lower(ids)  # what is set up once a process is not counted
    marks.append(time.perf_counter())
    lowered = jax.jit(lambda p, i, m, t: encode(p, config, i, m, t)).lower(params, ids, ids, ids)
    marks.append(time.perf_counter())
    text = lowered.as_text()
    marks.append(time.perf_counter())
    spent = [b - a for a, b in itertools.pairwise(marks)]
    names = ("import_s", "setup_s", "lower_s", "stablehlo_text_s")
    return dict(zip(names, spent, strict=True)) | {"stablehlo_bytes": len(text)}


def shapes() -> tuple[Any, dict[str, Any]]:
    """Returns the config and the shapes of its weights, for jax."""
    import jax

    from rlxflow.recipes.base import FlowRequest
    from rlxflow.recipes.bert import BertConfig, BertRecipe

    config = BertConfig(**CONFIG)
    request = FlowRequest(phase="encode", batch=BATCH, seq=SEQ)
    specs = BertRecipe().flow(config, "encoder", request).build().params
    return config, {spec.name: jax.ShapeDtypeStruct(spec.shape, "float32") for spec in specs}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: tools/bench/emit_time.py --runs 5"
    )
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one JSON object an engine")
    parser.add_argument("--once", choices=("rlxflow", "jax"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once:
        print(json.dumps({"rlxflow": once_rlxflow, "jax": once_jax}[arguments.once]()))
        return
    rows: dict[str, list[dict[str, float]]] = {"rlxflow": [], "jax": []}
    for _ in range(arguments.runs):
        for engine, found in rows.items():
            command = [sys.executable, str(HERE / "emit_time.py"), "--once", engine]
            found.append(
                json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
            )
    for engine, found in rows.items():
        medians = {key: statistics.median(row[key] for row in found) for key in found[0]}
        if arguments.json:
            print(json.dumps({"engine": engine} | medians))
            continue
        print(engine)
        for key, value in medians.items():
            shown = f"{value:.0f}" if key.endswith("bytes") else f"{value:.4f}"
            print(f"  {key:<20} {shown:>10}")


if __name__ == "__main__":
    main()

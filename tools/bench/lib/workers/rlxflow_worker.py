"""rlxflow on a checkpoint, by the programs of `rlxflow bench`.

The kind is the type of caches, or `none` to take no kernels.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from protocol import Phases, Task, serve

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))


def prepare(task: Task) -> Phases:
    import rlxflow as rf
    from rlxflow.runtime.bench import Bench, BenchSizes

    none = task.kind == "none"
    profile = rf.CompileProfile(kernels="none") if none else rf.CompileProfile(cache=task.kind)
    sizes = BenchSizes(batch=task.batch, prompt=task.prompt, context=task.context, steps=task.steps)
    bench = Bench(rf.load(task.model, profile=profile), sizes)
    kept: list[Any] = []

    def prefill() -> float:
        kept.clear()
        seconds, held = bench.timed(bench.prefill)
        kept.append(held)
        return seconds

    def decode() -> float:
        held, cursor = kept.pop()
        seconds, held = bench.timed(lambda: bench.decode(held, cursor))
        kept.append(held)
        return seconds

    return prefill, decode


serve(prepare)

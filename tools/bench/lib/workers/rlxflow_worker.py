"""rlxflow on a checkpoint, by the programs of `rlxflow bench`; kind `none` takes no kernels."""

from __future__ import annotations

import sys
from pathlib import Path

from protocol import Phases, Task, serve

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))


def prepare(task: Task) -> Phases:
    import rlxflow as rf
    from rlxflow.runtime.bench import Bench, BenchSizes

    profile = rf.CompileProfile(kernels=task.kind) if task.kind else None
    sizes = BenchSizes(batch=task.batch, prompt=task.prompt, context=task.context, steps=task.steps)
    bench = Bench(rf.load(task.model, profile=profile), sizes)
    kept = [bench.prefill()]

    def prefill() -> float:
        seconds, kept[0] = bench.timed(bench.prefill)
        return seconds

    def decode() -> float:
        held, cursor = kept[0]
        seconds, kept[0] = bench.timed(lambda: bench.decode(held, cursor))
        return seconds

    return prefill, decode


serve(prepare)

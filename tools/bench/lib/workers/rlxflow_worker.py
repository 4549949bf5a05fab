"""rlxflow on a checkpoint, by the programs of `rlxflow bench`.

The kind is JSON: fields of the profile.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from protocol import Phases, Task, serve

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))


def prepare(task: Task) -> Phases:
    import rlxflow as rf
    from rlxflow.runtime.bench import Bench, BenchSizes

    profile = rf.CompileProfile(**json.loads(task.kind))
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

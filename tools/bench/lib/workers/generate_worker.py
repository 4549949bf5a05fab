"""rlxflow's first token of a prompt, as `Model.generate` draws it."""

from __future__ import annotations

import sys
from pathlib import Path

from protocol import read_task, say_start

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))


def first_token() -> None:
    import numpy as np

    import rlxflow as rf
    from rlxflow.runtime.sampling import SamplingOptions

    task = read_task()
    generator = rf.load(task.model).generator
    words = generator.limits().vocab_size
    ids = np.random.default_rng(1).integers(0, words, (task.batch, task.prompt)).tolist()
    run = generator.start(ids, task.steps, SamplingOptions(), sliding=False)
    next(run.tokens())
    say_start()
    sys.stdin.read()


first_token()

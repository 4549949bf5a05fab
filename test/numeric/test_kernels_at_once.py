"""Kernels in several threads and processes at once: results are those of one alone, nobody waits.

Each test runs a function of this file in a process of its own, which is ended after a while, so
that threads which wait for each other fail the test instead of holding it up.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.runtime.model import load

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
FILES = [ORACLE / "gguf" / f"llama_{kind}.gguf" for kind in ("q8_0", "q4_k")]
PATIENCE = 300  # seconds; each takes some 5

pytestmark = [pytest.mark.numeric, pytest.mark.kernels]


def inputs(count: int) -> list[np.ndarray]:
    rng = np.random.default_rng(20261126)
    return [rng.normal(size=(3, 512)).astype(np.float32) for _ in range(count)]


def program(format_: str, width: int) -> rf.CompiledModel:
    """Two products whose weights are large enough that threads share the work."""
    rng = np.random.default_rng(width)
    weights = {
        "up.weight": rng.normal(size=(width, 512)).astype(np.float32) / 23,
        "down.weight": rng.normal(size=(512, width)).astype(np.float32) / 23,
    }
    flow = rf.ModelFlow("probe").input("x", rf.Shape([3, 512], axes=("t", "d")))
    flow = flow.linear("up.weight", out_features=width).linear("down.weight", out_features=512)
    flow = flow.with_profile(rf.CompileProfile(quant={"*": format_}))
    made = flow.build(weights).compile()
    assert made.dispatch()[-1].mode == "kernel"
    return made


def call(made: rf.CompiledModel, x: np.ndarray) -> bytes:
    return np.asarray(made(x=x)["output"]).tobytes()


def two_programs() -> None:
    """Different programs in two threads, again and again."""
    programs, given = [program("q8_0", 1056), program("q4_0", 2080)], inputs(3)
    alone = [[call(made, x) for x in given] for made in programs]
    assert len({result for each in alone for result in each}) == 6
    with ThreadPoolExecutor(2) as pool:
        for _ in range(20):
            both = pool.map(lambda made: [call(made, x) for x in given], programs)
            assert list(both) == alone


def many_threads() -> None:
    """One program, called by more threads than there are processors."""
    made, given = program("q8_0", 1056), inputs(12)
    alone = [call(made, x) for x in given]
    with ThreadPoolExecutor(len(given)) as pool:
        for _ in range(20):
            assert list(pool.map(lambda x: call(made, x), given)) == alone


def two_models() -> None:
    """Models that draw tokens, with attention to a cache in kernels as well."""
    models = [load(path) for path in FILES]
    prompt = np.array([[5, 17, 80, 33]], np.int32)
    alone = [model.generate(prompt, max_new_tokens=20) for model in models]
    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            both = pool.map(lambda model: model.generate(prompt, max_new_tokens=20), models)
            for first, second in zip(alone, both, strict=True):
                assert np.array_equal(first, second)


def print_one() -> None:
    print(call(program("q8_0", 1056), inputs(1)[0]).hex())


def forked() -> None:
    """A child that only ends, and one that starts an interpreter, which computes."""
    made, x = program("q8_0", 1056), inputs(1)[0]
    before = call(made, x)
    for work in (lambda: 0, lambda: int(fresh("print_one").strip() != before.hex())):
        pid = os.fork()
        if pid == 0:
            os._exit(work())
        assert os.waitpid(pid, 0)[1] == 0
        assert call(made, x) == before


def spawned() -> None:
    """A process that multiprocessing starts anew computes the same, while its parent does too."""
    made, x = program("q8_0", 1056), inputs(1)[0]
    before = call(made, x)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        other = pool.apply_async(compute)
        assert all(call(made, x) == before for _ in range(20))
        assert other.get(timeout=PATIENCE) == before


def compute() -> bytes:
    return call(program("q8_0", 1056), inputs(1)[0])


def fresh(name: str) -> str:
    """Runs a function of this file in an interpreter of its own; returns what it printed."""
    code = f"import {Path(__file__).stem} as here; here.{name}()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, check=False,
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("name", ["two_programs", "many_threads", "forked", "spawned"])
def test_results_are_those_of_one_alone(name: str) -> None:
    fresh(name)


@pytest.mark.skipif(not FILES[0].exists(), reason="no folder of reference files")
def test_models_draw_the_tokens_that_they_draw_alone() -> None:
    fresh("two_models")

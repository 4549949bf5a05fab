"""The first token: it waits for the prompt's program alone; what goes wrong later comes later."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import jax
import pytest
from tiny_decoder import write_checkpoint

from rlxflow.errors import CompileError
from rlxflow.runtime.generate import Generation
from rlxflow.runtime.model import Model, load
from rlxflow.runtime.sampling import SamplingOptions
from rlxflow.runtime.stepper import StepProgram

pytestmark = pytest.mark.numeric
PROMPTS = [[41, 7, 23], [5, 90, 3, 17, 66]]
PATIENCE = 60  # seconds


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return load(write_checkpoint(tmp_path), cache=False)


def start(model: Model, count: int = 6) -> Generation:
    return model.generator.start(PROMPTS, count, SamplingOptions(), sliding=False)


def held_up(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> threading.Event:
    """Lets the step, the program compiled second, wait for an event; then it may fail."""
    go, lock, seen = threading.Event(), threading.Lock(), list[str]()
    compile_ = jax.stages.Lowered.compile

    def wait(self: jax.stages.Lowered, *args: object, **more: object) -> jax.stages.Compiled:
        with lock:
            seen.append("")
            second = len(seen) == 2
        if second:
            assert go.wait(PATIENCE)
            if error:
                raise error
        return compile_(self, *args, **more)  # pyright: ignore

    monkeypatch.setattr(jax.stages.Lowered, "compile", wait)
    return go


def test_the_first_token_does_not_wait_for_the_step(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = [token.tolist() for token in start(load(tmp_path, cache=False)).tokens()]
    go = held_up(monkeypatch)
    tokens = start(model).tokens()
    first = next(tokens)
    assert not go.is_set()
    assert model.generator.timing.new_tokens == 1
    ready = model.generator.timing.compile_s
    go.set()
    assert [first.tolist(), *(token.tolist() for token in tokens)] == plain
    timing = model.generator.timing
    assert timing.new_tokens == 6
    assert timing.compile_s > ready  # the wait for the step is no time of decoding


def test_a_step_that_cannot_be_compiled_is_an_error_after_the_first_token(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = held_up(monkeypatch, ValueError("no such thing"))
    tokens = start(model).tokens()
    assert next(tokens).shape == (2,)
    go.set()
    with pytest.raises(CompileError, match=r"step `llama`.*no such thing"):
        next(tokens)


def test_the_step_is_made_while_the_first_token_is_looked_at(model: Model) -> None:
    """Before, it would take cores from the prompt; after, it is not to wait for the caller."""
    begun, asked = list[tuple[str, int]](), threading.Event()
    run = start(model)
    programs = run.programs

    def note(phase: str, *rest: Any) -> StepProgram:
        begun.append((phase, run.timing.new_tokens))
        if phase == "decode":
            asked.set()
        return programs(phase, *rest)

    run.programs = note
    tokens = run.tokens()
    next(tokens)
    assert asked.wait(PATIENCE)
    assert begun == [("prefill", 0), ("decode", 1)]
    assert len(list(tokens)) == 5


def test_what_is_held_is_replaced_in_place(model: Model) -> None:
    """The caches, and what a penalty needs, belong to the device from the first step on."""
    options = SamplingOptions(repetition_penalty=1.25)
    step = model.generator.program("prefill", 2, 16, 32, options).wait()
    held, *rest = step.start(PROMPTS, 16, options, model.generator.limits().vocab_size)
    before = [array.unsafe_buffer_pointer() for array in (*held.states, held.seen)]
    assert len(set(before)) == len(before) > 2
    after, _ = step(held, *rest)
    assert all(array.is_deleted() for array in (*held.states, held.seen))
    found = [array.unsafe_buffer_pointer() for array in (*after.states, after.seen)]
    assert found == before


def test_one_token_needs_no_step(model: Model) -> None:
    phases: list[str] = []
    run = start(model, count=1)
    programs = run.programs

    def note(phase: str, *rest: Any) -> StepProgram:
        phases.append(phase)
        return programs(phase, *rest)

    run.programs = note
    assert len(list(run.tokens())) == 1
    assert phases == ["prefill"]


def test_reading_begins_before_jax_is_imported(tmp_path: Path) -> None:
    """A start is as long as importing and reading one after the other, else."""
    code = """
import sys
from rlxflow.runtime.host_weights import HostWeights
from rlxflow.runtime.model import load
begin = HostWeights.begin
def noted(self, params, plan):
    print("jax" in sys.modules, len(params))
    begin(self, params, plan)
HostWeights.begin = noted
made = load(sys.argv[1], cache=False).generate([[5, 9, 11]], max_new_tokens=1)
print(made.shape, "jax" in sys.modules)
"""
    command = [sys.executable, "-c", code, str(write_checkpoint(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, *_, last = done.stdout.splitlines()
    assert first.startswith("False ")
    assert int(first.split()[1]) > 10
    assert last == "(1, 4) True"

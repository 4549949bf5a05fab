"""The first token: it waits for the prompt's program alone; what goes wrong later comes later."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import pytest
from tiny_decoder import write_checkpoint

from rlxflow.errors import CompileError, ConfigError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.recipes.base import FlowRequest
from rlxflow.runtime.checkpoint import Checkpoint
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


def noted(run: Generation) -> tuple[list[tuple[str, str, int]], dict[str, threading.Event]]:
    """Returns what a run does with its steps, when so many tokens are there; events tell of it."""
    done = list[tuple[str, str, int]]()
    told = {f"decode {what}": threading.Event() for what in ("built", "begun")}
    programs = run.programs

    def note(phase: str, what: str) -> None:
        done.append((phase, what, run.timing.new_tokens))
        told.get(f"{phase} {what}", threading.Event()).set()

    def prepare(phase: str, *rest: Any) -> Callable[[], StepProgram]:
        begin = programs(phase, *rest)
        note(phase, "built")

        def begun() -> StepProgram:
            note(phase, "begun")
            return begin()

        return begun

    run.programs = prepare
    return done, told


def test_the_step_is_built_beside_the_prompts_program_and_compiled_after_it(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiled before, it would take cores from the prompt; after, it is not to wait for a call."""
    run = start(model)
    done, told = noted(run)
    compile_ = jax.stages.Lowered.compile

    def wait(self: jax.stages.Lowered, *args: Any, **more: Any) -> jax.stages.Compiled:
        assert told["decode built"].wait(PATIENCE)  # the prompt's program is not there yet
        return compile_(self, *args, **more)

    monkeypatch.setattr(jax.stages.Lowered, "compile", wait)
    tokens = run.tokens()
    next(tokens)
    assert told["decode begun"].wait(PATIENCE)
    assert [event for event in done if event[0] == "prefill"] == [
        ("prefill", "built", 0),
        ("prefill", "begun", 0),
    ]
    assert [event for event in done if event[0] == "decode"] == [
        ("decode", "built", 0),
        ("decode", "begun", 1),
    ]
    assert len(list(tokens)) == 5


def flows(monkeypatch: pytest.MonkeyPatch, decode: Callable[[], object]) -> list[str]:
    """Notes which flows are built; before the step's something is done."""
    phases, flow = list[str](), Checkpoint.flow

    def note(self: Checkpoint, request: FlowRequest) -> ModelFlow:
        phases.append(request.phase)
        if request.phase == "decode":
            decode()
        return flow(self, request)

    monkeypatch.setattr(Checkpoint, "flow", note)
    return phases


def test_the_first_token_does_not_wait_for_the_step_to_be_built(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = threading.Event()
    flows(monkeypatch, lambda: go.wait(PATIENCE))
    tokens = start(model).tokens()
    next(tokens)
    assert not go.is_set()
    go.set()
    assert len(list(tokens)) == 5


def test_a_step_that_cannot_be_built_is_one_error_after_the_first_token(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ConfigError("layers", expected="an odd number", found="4")

    with monkeypatch.context() as patch:
        phases = flows(patch, fail)
        tokens = start(model).tokens()
        assert next(tokens).shape == (2,)
        with pytest.raises(ConfigError, match=r"layers: expected an odd number, found 4"):
            next(tokens)
        assert list(tokens) == []
    assert phases == ["prefill", "decode"]
    assert len(list(start(model).tokens())) == 6  # nothing of it is remembered


def test_a_step_is_built_once(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often, and by however many threads at a time, it is asked for."""
    phases = flows(monkeypatch, lambda: time.sleep(0.05))
    context = model.generator.limits().max_positions  # the cache of a run ends there
    sizes: Any = ("decode", 2, 1, context, SamplingOptions())
    begins = [model.generator.workers.submit(model.generator.prepare, *sizes) for _ in range(3)]
    steps = [begin.result()() for begin in begins]
    assert steps[0] is steps[1] is steps[2] is model.generator.program(*sizes)
    for _ in range(2):
        assert len(list(start(model).tokens())) == 6
    assert phases == ["decode", "prefill"]


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
    run = start(model, count=1)
    done, _ = noted(run)
    assert len(list(run.tokens())) == 1
    assert done == [("prefill", "built", 0), ("prefill", "begun", 0)]


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

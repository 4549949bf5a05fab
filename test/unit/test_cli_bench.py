"""`rlxflow bench`: what is timed, what it counts as the limit, and what it refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_checkpoint import write_checkpoint
from tiny_decoder import write_config

import rlxflow.runtime.bench as bench_module
from rlxflow.cli.main import main
from rlxflow.inspect.cost import Cost
from rlxflow.runtime.bench import Bench, BenchSizes, Round, figures
from rlxflow.runtime.checkpoint import open_checkpoint
from rlxflow.runtime.drawn_weights import with_drawn_weights
from rlxflow.runtime.model import Model
from rlxflow.runtime.sampling import SamplingNumbers
from rlxflow.runtime.stepper import Cursor, Held

SIZES = BenchSizes(batch=2, prompt=7, context=24, steps=3, rounds=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_config(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="module")
def bench(folder: Path) -> Bench:
    return Bench(Model(with_drawn_weights(open_checkpoint(folder, weights=None))), SIZES)


def test_the_last_step_fills_the_last_position(bench: Bench) -> None:
    held, cursor = bench.prefill()
    assert cursor.positions.tolist() == [7, 7]
    _, cursor = bench.decode(held, cursor)
    assert cursor.positions.tolist() == [24, 24]
    assert cursor.tokens.shape == (2, 1)


def test_stages_are_measured_at_the_end_of_the_context(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, seen = bench.programs["decode"], []

    def step(held: Held, cursor: Cursor, numbers: SamplingNumbers) -> tuple[Held, Cursor]:
        seen.append(cursor.positions.tolist())
        return program(held, cursor, numbers)

    monkeypatch.setattr(bench_module, "measure", lambda run, _: (run(), run()))
    monkeypatch.setitem(bench.programs, "decode", step)
    bench._measured("decode", "HloModule jit_step, is_scheduled=true")
    assert seen == [[23, 23], [23, 23]]


def test_drawn_weights_are_alike_in_scale_and_depend_on_the_seed(folder: Path) -> None:
    shapes = open_checkpoint(folder, weights=None)
    one, two = (with_drawn_weights(shapes, seed).source for seed in (3, 4))
    assert one is not None
    assert two is not None
    name = next(name for name in one.names() if "down_proj" in name)
    rows = one.read(name)
    assert rows.std() == pytest.approx(0.7 * rows.shape[-1] ** -0.5, rel=0.1)
    assert (rows != two.read(name)).any()


def test_the_limit_is_what_takes_longest(bench: Bench) -> None:
    rounds = [Round(0.5, 0.3, 1e9, 1e9), Round(0.5, 0.6, 1e9, 2e9), Round(0.5, 0.9, 4e9, 1e9)]
    step = figures(bench, "decode", rounds, Cost(read=5e7, flops=2e7))
    assert step.limited_by == "memory"
    assert step.of_limit == pytest.approx(0.25)  # 0.05 s of the 0.2 s of the second round
    assert step.tokens_s == pytest.approx(2 / 0.2)
    assert (step.slowest, step.fastest) == pytest.approx((2 / 0.3, 2 / 0.1))
    prompt = figures(bench, "prefill", rounds, Cost(read=5e7, flops=4e8))
    assert prompt.limited_by == "compute"
    assert prompt.of_limit == pytest.approx(0.8)
    assert prompt.tokens_s == pytest.approx(14 / 0.5)


@pytest.mark.parametrize(
    ("multiplied", "bf16", "peak"),
    [
        (["f32"], 8e9, 5e9),
        (["int16"], 8e9, 7e9),
        (["int16", "bf16"], 8e9, 8e9),
        (["int16"], 27e9, 9e9),  # AMX: three products of bf16 for one of f32
    ],
)
def test_the_limit_is_that_of_what_is_multiplied(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, multiplied: list[str], bf16: float, peak: float
) -> None:
    rates = {"f32": 5e9, "int16": 7e9, "bf16": bf16}
    monkeypatch.setattr(bench, "_multiplied", multiplied)
    monkeypatch.setattr(bench_module, "multiply_rate", lambda dtype, _: rates[dtype])
    monkeypatch.setattr(bench_module, "product_rate", lambda *_: 3e9)
    assert bench.round().flops_s == peak


def test_table_and_json(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = ["--prompt", "5", "--context", "16", "--steps", "2", "--rounds", "2"]
    assert main(["bench", str(folder), "--no-weights", *sizes, "--stages"]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[1].startswith("prefill of 5")
    assert lines[2].startswith("decode at 16")
    assert "round 2 of 2" in said.err
    assert sum(line.startswith("stage ") for line in lines) == 2
    target = tmp_path / "bench.json"
    call = ["bench", str(folder), "--no-weights", *sizes, "--json", "-o", str(target)]
    assert main(call) == 0
    facts = json.loads(target.read_text())
    assert len(facts["rounds"]) == 2
    assert facts["decode"]["tokens_s"] > 0
    assert facts["decode"]["of_limit"] > 0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--context", "8"], "a cache that holds them"),
        (["--steps", "600"], "a cache that holds them"),
        (["--context", "1000000"], "at most"),
        (["--rounds", "0"], "rounds"),
    ],
)
def test_refusals(
    folder: Path, more: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["bench", str(folder), "--no-weights", *more])
    except SystemExit as stop:  # argparse
        status = stop.code
    assert status == 1
    assert message in capsys.readouterr().err


def test_a_model_that_does_not_generate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", str(write_checkpoint(tmp_path))]) == 1
    assert "expected a causal language model, found `bert`" in capsys.readouterr().err

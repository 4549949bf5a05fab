"""Ledgers of whole models: everything has a stage, and totals are those of XLA."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.amounts import amount, seconds
from rlxflow.errors import InputError
from rlxflow.inspect.build import make_ledger
from rlxflow.inspect.cost import NAMES
from rlxflow.inspect.ledger import Ledger
from rlxflow.inspect.paths import is_remainder
from rlxflow.runtime import machine as probing
from rlxflow.runtime.compiled import CompiledModel

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "vocab_size": 96,
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": 0.03,
    "tie_word_embeddings": False,
}
EXPERTS = {"model_type": "mixtral", "num_local_experts": 4, "num_experts_per_tok": 2}
BERT = {
    "model_type": "bert",
    "vocab_size": 60,
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "max_position_embeddings": 32,
    "type_vocab_size": 2,
    "layer_norm_eps": 0.02,
}
FORMS: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, str]]] = [
    ("prefill", LLAMA, {"phase": "prefill", "seq": 7}, {}),
    ("decode", LLAMA, {"phase": "decode", "batch": 2, "context": 32}, {}),
    ("experts", LLAMA | EXPERTS, {"phase": "decode", "context": 32}, {}),
    ("encoder", BERT, {"batch": 2, "seq": 9}, {}),
    ("fences", LLAMA, {"phase": "prefill", "seq": 5}, {"layers.*": "fence"}),
    ("composites", LLAMA, {"phase": "prefill", "seq": 5}, {"layers.*/mlp": "keep"}),
]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps what is measured of the machine out of the user's folder, and quick."""
    monkeypatch.setenv("RLXFLOW_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setattr(probing, "_BUDGET_S", 1e-3)


def compiled(
    folder: Path, config: dict[str, Any], sizes: dict[str, Any], modes: dict[str, str]
) -> CompiledModel:
    (folder / "config.json").write_text(json.dumps(config))
    model = rf.load(folder, weights=None)
    return model.build(model.flow(**sizes).with_modes(modes)).compile()


@pytest.fixture(scope="module")
def ledgers() -> dict[str, Ledger]:
    return {}


def made(form: str, folder: Path, known: dict[str, Ledger]) -> Ledger:
    """Returns the ledger of one of FORMS, made once."""
    if form not in known:
        config, sizes, modes = next(row[1:] for row in FORMS if row[0] == form)
        known[form] = compiled(folder, config, sizes, modes).ledger()
    return known[form]


def instructions_in(ledger: Ledger) -> int:
    """Counts the lines of the text that run: the entry, what it calls, and what is fused."""
    module = ledger.program.module

    def count(name: str) -> int:
        total = 0
        for one in module.computations[name]:
            total += 1
            if one.opcode in {"fusion", "call", "while", "conditional"}:
                total += sum(count(inner) for inner in one.called)
        return total

    return count(module.entry.name)


@pytest.mark.parametrize("form", [row[0] for row in FORMS])
def test_every_instruction_is_in_a_stage_or_a_named_remainder(
    form: str, tmp_path: Path, ledgers: dict[str, Ledger]
) -> None:
    ledger = made(form, tmp_path, ledgers)
    assert ledger.total.instructions == instructions_in(ledger)
    for path, cost in ledger.costs.items():
        assert path
        if is_remainder(path):
            assert cost.flops == 0, path
        else:
            assert ledger.table.inside(path), path
        assert not path.startswith("(unattributed")


@pytest.mark.parametrize("form", [row[0] for row in FORMS])
def test_totals_are_those_of_xla(form: str, tmp_path: Path, ledgers: dict[str, Ledger]) -> None:
    ours = made(form, tmp_path, ledgers).agreement
    assert ours.xla is not None
    custom = sum(k.opcode == "custom-call" for k in ledgers[form].program.kernels)
    assert ours.flops - custom == pytest.approx(ours.xla.flops, rel=1e-6)  # XLA adds up in f32
    assert ours.transcendentals == pytest.approx(ours.xla.transcendentals, rel=1e-6)
    assert ours.nbytes + ours.spared - custom == pytest.approx(ours.xla.nbytes, rel=1e-6)


@pytest.mark.parametrize("form", [row[0] for row in FORMS])
def test_rows_add_up_at_every_depth(form: str, tmp_path: Path, ledgers: dict[str, Ledger]) -> None:
    ledger = made(form, tmp_path, ledgers)
    for depth in (None, 1, 2, 9):
        leaves = [row.cost for row in ledger.rows(depth) if row.is_leaf or row.depth == 0]
        tops = [row.cost for row in ledger.rows(depth) if row.depth == 0]
        assert leaves
        for name in NAMES:
            whole = getattr(ledger.total, name)
            assert sum(getattr(cost, name) for cost in tops) == pytest.approx(whole)
    paths = [row.path for row in ledger.rows()]
    assert len(set(paths)) == len(paths)
    stages = [path for path in paths if path in ledger.table.stages]
    order = list(ledger.table.stages)
    assert stages == sorted(stages, key=order.index)


def test_weights_and_caches_are_with_their_stages(
    tmp_path: Path, ledgers: dict[str, Ledger]
) -> None:
    ledger = made("decode", tmp_path, ledgers)
    params = [port for port in ledger.table.ports if port.kind == "param"]
    states = [port for port in ledger.table.ports if port.kind == "state"]
    assert ledger.total.weights == sum(port.nbytes for port in params)
    assert ledger.total.states == sum(port.nbytes for port in states)
    rows = {row.path: row.cost for row in ledger.rows()}
    assert rows["lm_head"].weights == 4 * 96 * 24
    assert rows["layers.1/mlp"].weights == 4 * 3 * 24 * 40
    assert rows["layers.0/attention/cache"].states == 2 * (2 * 2 * 6 * 32 * 4)
    assert rows["layers.0/mlp"].states == 0


def test_modes_and_blocks_are_shown(tmp_path: Path, ledgers: dict[str, Ledger]) -> None:
    rows = {row.path: row for row in made("fences", tmp_path, ledgers).rows()}
    stage = rows["layers.0"].stage
    assert stage is not None
    assert stage.mode == "fence"
    assert rows["layers.0"].cost.kernels > 0
    text = str(ledgers["fences"])
    assert re.search(r"^layers\.0 \[fence\] ", text, re.MULTILINE)
    kept = {row.path: row for row in made("composites", tmp_path, ledgers).rows()}
    assert kept["layers.1/mlp"].cost.flops > 2 * 3 * 5 * 24 * 40  # its three products


def test_a_loop_over_experts_counts_as_often_as_it_runs(
    tmp_path: Path, ledgers: dict[str, Ledger]
) -> None:
    ledger = made("experts", tmp_path, ledgers)
    assert {kernel.runs for kernel in ledger.program.kernels} == {1, 2}
    experts = next(row for row in ledger.rows(3) if row.path == "layers.0/mlp/experts")
    assert experts.cost.flops >= 2 * (2 * 3 * 24 * 40)  # two experts of three products
    assert ledger.total.flops > ledger.agreement.flops


def test_time_is_predicted_and_divided(tmp_path: Path, ledgers: dict[str, Ledger]) -> None:
    ledger = made("prefill", tmp_path, ledgers)
    machine = ledger.machine
    assert machine is not None
    least = max(
        ledger.total.flops / max(machine.flops.values()), ledger.total.nbytes / machine.bandwidth
    )
    assert ledger.total.predicted_s >= least * 0.999
    by_time = [row for row in ledger.rows(1, sort="time") if not is_remainder(row.path)]
    times = [row.cost.predicted_s for row in by_time]
    assert times == sorted(times, reverse=True)


def test_text_and_json_say_the_same(tmp_path: Path, ledgers: dict[str, Ledger]) -> None:
    ledger = made("decode", tmp_path, ledgers)
    raw = json.loads(ledger.to_json())
    assert raw["total"]["flops"] == ledger.total.flops
    assert raw["total"]["bytes"] == ledger.total.nbytes
    assert [row["path"] for row in raw["stages"]] == [row.path for row in ledger.rows()]
    assert raw["memory"]["peak_temporaries"] == ledger.memory.peak_bytes
    text = str(ledger)
    assert text.count("the same") == 2
    for row in ledger.rows():
        assert row.name in text


def test_an_unknown_order_is_an_error(tmp_path: Path, ledgers: dict[str, Ledger]) -> None:
    ledger = made("decode", tmp_path, ledgers)
    with pytest.raises(InputError, match=r"sort: expected schedule .*; did you mean `bytes`"):
        ledger.rows(sort="byte")


def test_text_alone_makes_a_ledger(tmp_path: Path, ledgers: dict[str, Ledger]) -> None:
    ledger = made("prefill", tmp_path, ledgers)
    exe = compiled(tmp_path, LLAMA, {"phase": "prefill", "seq": 7}, {})
    assert [made.path for made in exe.dispatch()] == list(ledger.table.stages)
    plain = make_ledger(exe.hlo())
    assert plain.total.flops == ledger.total.flops
    assert plain.total.nbytes == ledger.total.nbytes
    assert {row.path for row in plain.rows(1)} >= {"layers.0", "layers.1", "norm", "lm_head"}
    assert plain.total.weights == 0
    assert plain.xla is None


def test_sixty_four_layers_take_half_a_second(tmp_path: Path) -> None:
    config = LLAMA | {"num_hidden_layers": 64, "vocab_size": 32}
    text = compiled(tmp_path, config, {"phase": "prefill", "seq": 4}, {}).hlo()
    assert text.count("layers.63/mlp/") > 1
    times = []
    for _ in range(3):
        start = time.process_time()
        make_ledger(text)
        times.append(time.process_time() - start)
    assert min(times) < 1.0  # half of that on a machine with nothing else to do


def test_numbers_have_units() -> None:
    assert [amount(n, "B") for n in (0, 7, 999.7, 1e3, 12_345_678)] == [
        *("0 B", "7 B", "1 kB", "1 kB", "12.3 MB"),
    ]
    assert [seconds(n) for n in (0, 2.5e-9, 4e-5, 0.0123, 1.5)] == [
        *("0 s", "2.5 ns", "40 us", "12.3 ms", "1.5 s"),
    ]


def test_measured_time_is_all_there(tmp_path: Path) -> None:
    config = LLAMA | EXPERTS
    (tmp_path / "config.json").write_text(json.dumps(config))
    model = rf.load(tmp_path, weights=None)
    flow = model.flow("decode", context=32)
    draw = np.random.default_rng(1)
    params = model.build(flow).params
    weights = {p.name: draw.standard_normal(p.shape).astype(np.float32) for p in params}
    ledger = flow.build(weights).compile().ledger(measure=True)
    assert ledger.step_s is not None
    assert ledger.step_s > 0
    whole = ledger.total.measured_s
    assert whole > 0
    outside = {p: c for p, c in ledger.costs.items() if is_remainder(p) and c.measured_s}
    assert set(outside) <= {"(copies)"}  # XLA's own, of a loop's counter and the like
    assert all(cost.nbytes <= 64 for cost in outside.values())
    inside = sum(cost.measured_s for path, cost in ledger.costs.items() if path not in outside)
    assert inside + sum(c.measured_s for c in outside.values()) == pytest.approx(whole)
    assert "measured" in str(ledger)
    by_time = [row.cost.measured_s for row in ledger.rows(1, "time") if not is_remainder(row.path)]
    assert by_time == sorted(by_time, reverse=True)

"""A machine is measured once; the answer is kept where the user's cache is."""

from __future__ import annotations

import json
import time
from pathlib import Path

import jax
import numpy as np
import pytest

from rlxflow.inspect.machine import Machine
from rlxflow.kernels.library import find_library
from rlxflow.runtime import machine as probing

DEVICE = jax.devices("cpu")[0]
MACHINE = Machine("a machine", 2e10, {"f32": 1e11, "bf16": 3e11}, 1e9)


@pytest.fixture
def probes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Counts how often the machine is measured, and puts the cache into a folder of its own."""
    found: list[object] = []
    monkeypatch.setenv("RLXFLOW_CACHE", str(tmp_path))
    monkeypatch.setattr(probing, "measure_machine", lambda d: found.append(d) or MACHINE)
    return found


def test_the_second_answer_is_the_kept_one(probes: list[object], tmp_path: Path) -> None:
    assert probing.this_machine(DEVICE) == MACHINE
    assert probing.this_machine(DEVICE) == MACHINE
    assert probes == [DEVICE]
    (file,) = (tmp_path / "machines").iterdir()
    assert json.loads(file.read_text())["bandwidth"] == 2e10
    probing.this_machine(DEVICE, again=True)
    assert len(probes) == 2


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"name": 1, "bandwidth": "x"}', "\x00"])
def test_a_damaged_answer_is_measured_again(
    text: str, probes: list[object], tmp_path: Path
) -> None:
    probing.this_machine(DEVICE)
    (file,) = (tmp_path / "machines").iterdir()
    file.write_text(text)
    assert probing.this_machine(DEVICE) == MACHINE
    assert len(probes) == 2
    assert json.loads(file.read_text())["name"] == "a machine"


def test_without_a_place_to_keep_it_it_is_measured_each_time(
    probes: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RLXFLOW_CACHE", str(tmp_path / "file"))
    assert probing.this_machine(DEVICE) == probing.this_machine(DEVICE) == MACHINE
    assert len(probes) == 2


def test_another_processor_has_another_answer(
    probes: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    probing.this_machine(DEVICE)
    monkeypatch.setattr(probing, "_processor", lambda: "another")
    probing.this_machine(DEVICE)
    assert len(probes) == 2
    assert len(list((tmp_path / "machines").iterdir())) == 2


def test_measured_rates_are_those_of_a_computer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "_BUDGET_S", 1e-3)
    found = probing.measure_machine(DEVICE)
    assert 1e8 < found.bandwidth < 1e13
    assert 1e8 < found.flops["f32"] < 1e15
    assert set(found.flops) == {"f32", "bf16", "f16"}
    assert 1e6 < found.transcendentals < 1e13


@pytest.mark.kernels
@pytest.mark.parametrize("streams", [1, 3, 8])
@pytest.mark.parametrize("ahead", [0, 1024])
def test_kernels_read_every_word(streams: int, ahead: int) -> None:
    library = find_library()
    assert library
    words = np.random.default_rng(3).integers(0, 1 << 32, 4099, np.uint32)
    assert library.read(words, streams, ahead) == int(words.sum(dtype=np.uint32))


@pytest.mark.kernels
def test_the_fastest_way_of_reading_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    seconds = iter([0.5, 0.25, 0.125, 1.0, 2.0, 3.0])
    monkeypatch.setattr(probing, "_time", lambda *of: tried.append(of[2]) or next(seconds))
    assert probing.read_by_cores() == (1 << 28) / 0.125
    assert tried == [6] * 6


@pytest.mark.kernels
def test_kernels_multiply_integers_as_fast_as_numbers_at_least(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(probing, "_BUDGET_S", 1e-2)
    found = probing.measure_machine(DEVICE)
    assert 1e9 < probing.multiply_rate("f32") < 1e15
    assert 1e9 < found.flops["int16"] < 1e15


@pytest.mark.kernels
def test_multiplications_grow_with_turns_and_are_done() -> None:
    """No CPU does more a second than 4 vectors of 16 lanes and 4 operations a cycle, at 7 GHz."""
    library = find_library()
    assert library
    for dtype in ("int16", "f32"):
        assert library.multiply(dtype, 21) == 3 * library.multiply(dtype, 7) > 0
        begin = time.perf_counter()  # the system's count of a thread's time was far too small once
        done = library.multiply(dtype, 1 << 14)
        assert done / (time.perf_counter() - begin) < 4 * 16 * 4 * 7e9
    assert (library.multiply("bf16", 7) > 0) == (library.isa in {"avx512bf16", "amx"})
    assert library.multiply("f8", 7) == -1


@pytest.mark.kernels
def test_bf16_is_as_fast_as_the_faster_of_xla_and_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "_BUDGET_S", 1e-3)
    monkeypatch.setattr(probing, "product_rate", lambda *_: 3e9)
    rates = {"int16": 7e9, "bf16": 5e9}
    monkeypatch.setattr(probing, "multiply_rate", lambda dtype: rates[dtype])
    assert probing.measure_machine(DEVICE).flops["bf16"] == 5e9
    rates["bf16"] = 0.0
    assert probing.measure_machine(DEVICE).flops["bf16"] == 3e9


def test_without_kernels_there_are_no_multiplications() -> None:
    assert probing.multiply_rate("int16") == 0


@pytest.mark.parametrize(
    ("work", "limit", "seconds"),
    [
        ((0, 0, 2 * 10**10), "memory", 1.0),
        ((10**12, 0, 10), "compute", 10.0),
        ((10, 2 * 10**9, 10), "functions", 2.0),
    ],
)
def test_the_slowest_of_three_is_the_limit(
    work: tuple[int, int, int], limit: str, seconds: float
) -> None:
    assert MACHINE.limit(*work) == limit
    assert MACHINE.seconds(*work) == pytest.approx(seconds)


def test_each_element_type_has_its_peak() -> None:
    assert MACHINE.seconds(3 * 10**11, 0, 0, "bf16") == pytest.approx(1.0)
    assert MACHINE.seconds(3 * 10**11, 0, 0, "s8") == pytest.approx(1.0)  # the best that is known
    assert MACHINE.ridge == pytest.approx(5.0)

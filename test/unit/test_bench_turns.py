"""`tools/bench/lib/turns.py` and `settings.py`: turns, disturbed rounds, ratios to the first."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench_scripts import ROOT, run_bench

sys.path.insert(0, str(ROOT / "tools" / "bench"))

from lib import turns

MODEL = ROOT / "test" / "goldens" / "gguf" / "phi3.gguf"


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> list[list[float]]:
    """A machine that reads 20 GB/s, and more of what is put in the list first."""
    planned: list[list[float]] = []
    monkeypatch.setattr(turns, "readings", lambda _: planned.pop(0) if planned else [20.0, 19, 21])
    monkeypatch.setattr(turns.np, "ones", lambda *_: None)
    monkeypatch.setattr(turns, "processor_times", lambda: [0] * 8)
    return planned


def counting(order: list[str], *names: str) -> dict[str, Any]:
    def run(name: str) -> int:
        order.append(name)
        return len(order)

    return {name: lambda name=name: run(name) for name in names}


def test_everybody_is_first_in_turn(quiet: list[list[float]]) -> None:
    order: list[str] = []
    records = turns.run_in_turns(counting(order, "a", "b", "c"), 3, str)
    assert "".join(order) == "abcbcacab"
    assert [record["c"] for record in records] == [3, 5, 7]
    assert [record["read_gb_s"] for record in records] == [20, 20, 20]
    assert not any(record["disturbed"] for record in records)


def test_rounds_with_a_slump_of_memory_are_run_again(quiet: list[list[float]]) -> None:
    quiet += [[20.0] * 3, [2.0, 13.9, 15]]
    records = turns.run_in_turns(counting([], "a"), 2, str)
    assert [record["disturbed"] for record in records] == [True, False, False]
    assert turns.counted(records) == records[1:]


def test_one_slow_reading_of_three_is_no_slump(quiet: list[list[float]]) -> None:
    quiet += [[20.0] * 3, [2.0, 14.1, 15]]
    assert len(turns.run_in_turns(counting([], "a"), 2, str)) == 2


def test_time_that_the_host_took_disturbs(
    quiet: list[list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ticks() -> Iterator[list[int]]:
        """Pairs before and after a round: 4 of 100 ticks, 6 of 100, 4 of 100."""
        for stolen in (4, 6, 4):
            yield [7, 0, 3, 90, 0, 0, 0, 11]
            yield [7 + 90 - stolen, 0, 3, 100, 0, 0, 0, 11 + stolen]

    source = ticks()
    monkeypatch.setattr(turns, "processor_times", lambda: next(source))
    records = turns.run_in_turns(counting([], "a"), 2, str)
    assert [record["stolen"] for record in records] == [0.04, 0.06, 0.04]
    assert [record["disturbed"] for record in records] == [False, True, False]


def test_a_machine_that_is_never_quiet_ends(
    quiet: list[list[float]], capsys: pytest.CaptureFixture[str]
) -> None:
    quiet += [[20.0] * 3, [2.0] * 3] * 6
    records = turns.run_in_turns(counting([], "a"), 2, str)
    assert len(records) == 6
    assert turns.counted(records) == records
    assert "0 of 6 rounds undisturbed: all are counted" in capsys.readouterr().out


def test_what_is_there_is_kept_when_a_user_ends_it(quiet: list[list[float]]) -> None:
    turns_left = [7, 8]

    def run() -> int:
        if not turns_left:
            raise KeyboardInterrupt
        return turns_left.pop(0)

    assert [r["a"] for r in turns.run_in_turns({"a": run}, 5, str)] == [7, 8]
    turns_left += [9]
    with pytest.raises(SystemExit, match="before there were two rounds"):
        turns.run_in_turns({"a": run}, 5, str)


@pytest.mark.slow
def test_settings_are_compared_with_the_first(tmp_path: Path) -> None:
    target = tmp_path / "found.json"
    answer = run_bench(
        "settings.py",
        str(MODEL),
        "1x24",
        "3x28:bf16",
        "--rounds=2",
        "--steps=4",
        f"--json={target}",
    )
    assert answer.returncode == 0, answer.stderr
    facts = json.loads(target.read_text())
    assert [row["setting"] for row in facts["table"]] == ["1x24:f32", "3x28:bf16"]
    assert facts["table"][0]["ratio"] == [1, 1, 1]
    assert 2.5 < facts["table"][1]["bytes_explain"] <= 3.2
    for record in facts["rounds"]:
        assert record["3x28:bf16"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x.gguf", "1x24", "2y24"), "`2y24`, expected ROWSxCONTEXT"),
        (("x.gguf", "1x24", "1x24:f32"), "each another"),
        (("x.gguf", "1x24", "2x24", "--steps", "24"), "below every context"),
        (("no.gguf", "1x24", "2x24"), "no.gguf: no such file"),
    ],
)
def test_settings_that_do_not_fit_are_refused(arguments: tuple[str, ...], message: str) -> None:
    answer = run_bench("settings.py", *arguments)
    assert answer.returncode == 2
    assert message in answer.stderr

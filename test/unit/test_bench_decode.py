"""`tools/bench/decode.py` on its tiny shape: both contenders agree, and the file says what ran."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench_scripts import run_bench

SMALL = ("--rounds", "2", "--steps", "5", "--batch", "2", "--prompt", "6", "--context", "16")


@pytest.mark.slow
def test_the_file_holds_rates_and_ratios_of_every_round(tmp_path: Path) -> None:
    target = tmp_path / "decode.json"
    answer = run_bench("decode.py", *SMALL, "--json", str(target))
    assert answer.returncode == 0, answer.stderr
    assert "median" in answer.stdout
    facts = json.loads(target.read_text())
    assert (facts["shape"], facts["batch"], len(facts["rounds"])) == ("tiny", 2, 2)
    for one in facts["rounds"]:
        ours, plain = one["rlxflow"], one["jax.jit"]
        assert one["decode_ratio"] == pytest.approx(ours["steps_s"] / plain["steps_s"])
        assert ours["gb_s"] == pytest.approx(ours["steps_s"] * facts["weight_bytes"] / 1e9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--steps", "0"), "at least 1"),
        (("--prompt", "500", "--steps", "20"), "raise --context"),
        (("--shape", "7b"), "invalid choice"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(arguments: tuple[str, ...], message: str) -> None:
    answer = run_bench("decode.py", *arguments)
    assert answer.returncode != 0
    assert message in answer.stderr

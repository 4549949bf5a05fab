"""`tools/bench/rivals.py`: rlxflow beside itself, with other kernels and with none."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from rlxflow.kernels.library import need_library

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench_scripts import ROOT, run_bench

MODEL = ROOT / "test" / "goldens" / "gguf" / "phi3.gguf"
SMALL = ("--prompt=3", "--context=24", "--steps=4", "--rounds=2")


@pytest.mark.slow
@pytest.mark.kernels
def test_another_library_is_a_contender(tmp_path: Path) -> None:
    other, target = tmp_path / "other.so", tmp_path / "found.json"
    shutil.copy(need_library("a test").path, other)
    answer = run_bench(
        "rivals.py",
        str(MODEL),
        *SMALL,
        f"--library=copy={other}",
        "--no-kernels",
        f"--json={target}",
    )
    assert answer.returncode == 0, answer.stderr
    facts = json.loads(target.read_text())
    names = ["rlxflow", "rlxflow with copy", "rlxflow, no kernels"]
    assert [row["name"] for row in facts["table"]] == names
    assert facts["table"][0]["decode"]["ratio"] == [1, 1, 1]
    for record in facts["rounds"]:
        assert all(record[name][phase] > 0 for name in names for phase in ("prefill", "decode"))


@pytest.mark.slow
def test_a_library_is_what_its_contender_loads(tmp_path: Path) -> None:
    (tmp_path / "empty.so").touch()
    answer = run_bench("rivals.py", str(MODEL), *SMALL, f"--library=empty={tmp_path / 'empty.so'}")
    assert answer.returncode == 1
    assert "rlxflow: ready" in answer.stdout
    assert "error: rlxflow with empty: it ended" in answer.stderr
    assert str(tmp_path / "empty.so") in answer.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--library=none.so",), "`none.so`, expected NAME=FILE"),
        (("--library=old=none.so",), "`old=none.so`, expected NAME=FILE"),
        ((f"--library=={MODEL}",), "expected NAME=FILE"),
        ((f"--library=a={MODEL}", f"--library=a={__file__}"), "each has another name"),
        (("--rounds=1",), "rounds at least 2"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: tuple[str, ...], message: str) -> None:
    answer = run_bench("rivals.py", str(MODEL), *arguments)
    assert answer.returncode == 2
    assert message in answer.stderr

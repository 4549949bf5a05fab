"""`rlxflow bisect --reference`: values that somebody else stored for the stages of a module."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
from staged import staged

from rlxflow.bisect.side import Arrays
from rlxflow.cli.main import main
from rlxflow.weights import write_safetensors

Capture = pytest.CaptureFixture[str]
X = np.linspace(-1.5, 2, 15, dtype=np.float32).reshape(3, 5)
W = np.linspace(-0.4, 0.7, 25, dtype=np.float32).reshape(5, 5)


def stored(eps: float = 0.03125) -> dict[str, np.ndarray]:
    """Returns what numpy says the stages of the module give."""
    scaled = X * 0.5
    first = scaled @ W.T
    norm = 1 / np.sqrt(first * first + np.float32(eps))
    second = np.cos(norm)
    third = np.sin(second - scaled)
    named = {"first": first, "second/norm": norm, "second/act": second, "second": second}
    return named | {"third": third}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("m.mlir").write_text(staged())
    np.savez("in.npz", x=X)
    write_safetensors("w.safetensors", {"w": W})


def bisect(arrays: Arrays, capsys: Capture, *more: str) -> tuple[int, dict[str, Any]]:
    np.savez("acts.npz", **arrays)  # pyright: ignore[reportArgumentType]
    command = ["bisect", "m.mlir", "--inputs", "in.npz", "--weights", "w.safetensors"]
    code = main([*command, "--reference", "acts.npz", "--json", *more])
    out = capsys.readouterr().out
    return code, json.loads(out) if out else {}


def test_values_that_agree(capsys: Capture) -> None:
    code, found = bisect(stored(), capsys)
    assert (code, found["differs"]) == (0, False)
    assert [row["title"] for row in found["rows"]] == ["first", "second", "third"]


def test_the_innermost_stage_that_is_stored(capsys: Capture) -> None:
    code, found = bisect(stored(0.0625), capsys, "-o", "cut.mlir")
    assert (code, found["culprit"]["path"]) == (1, "second/norm")
    verdicts = {row["title"]: row["verdict"] for row in found["rows"]}
    assert verdicts["first"] == "same"
    assert verdicts["second/act"] == verdicts["third"] == "inherits"
    cut = ["bisect", "cut.mlir", "--inputs", "cut.npz", "--reference", "cut.expected.npz", "--json"]
    assert main(cut) == 1
    again = json.loads(capsys.readouterr().out)
    assert again["culprit"]["alone"]["largest"] == found["culprit"]["alone"]["largest"] > 0.01


def test_all_stages_since_the_last_known_one_are_named(capsys: Capture) -> None:
    some = {name: array for name, array in stored(0.0625).items() if name in ("first", "third")}
    code, found = bisect(some, capsys)
    assert code == 1
    assert found["culprit"]["among"] == ["second", "third"]


def test_results_by_name_and_axes_of_size_one(capsys: Capture) -> None:
    acts = {"y": stored()["third"], "first": stored()["first"][None, :, None]}
    assert bisect(acts, capsys)[0] == 0
    code, found = bisect(acts | {"y": stored(0.5)["third"]}, capsys)
    assert (code, found["culprit"]["among"]) == (1, ["second", "third"])


def test_tolerances(capsys: Capture) -> None:
    assert bisect(stored(0.0313), capsys)[0] == 1
    assert bisect(stored(0.0313), capsys, "--atol", "0.02")[0] == 0


def test_names_that_are_no_stage(capsys: Capture) -> None:
    np.savez("acts.npz", first=stored()["first"], odd=X)
    command = ["bisect", "m.mlir", "--inputs", "in.npz", "--weights", "w.safetensors"]
    assert main([*command, "--reference", "acts.npz"]) == 0
    assert "`odd` is no stage and no result; left out" in capsys.readouterr().err
    np.savez("acts.npz", secand=X)
    assert main([*command, "--reference", "acts.npz"]) == 2
    assert "found secand; did you mean `second`?" in capsys.readouterr().err
    np.savez("acts.npz", first=X[:, :4])
    assert main([*command, "--reference", "acts.npz"]) == 2
    said = capsys.readouterr().err
    assert "reference `first`: expected shape [3, 5], found [3, 4]" in said

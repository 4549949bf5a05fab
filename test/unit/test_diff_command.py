"""`rlxflow-diff` as a command: layers shown once, forms of output, exit codes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from staged import staged
from tiny_decoder import write_config

from rlxflow.cli.diff import main
from rlxflow.cli.main import main as rlxflow
from rlxflow.difference.fold import ranges

Capture = pytest.CaptureFixture[str]
T = "tensor<3x5xf32>"


@pytest.fixture
def emitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)

    def emit(name: str, level: str = "flow", **changes: object) -> str:
        folder = write_config(tmp_path / name, **changes)
        options = ["--no-weights", "--seq", "5", "--level", level, "-o", f"{name}.mlir"]
        assert rlxflow(["emit", str(folder), *options]) == 0
        return f"{name}.mlir"

    return emit


def test_layers_that_changed_alike_are_shown_once(
    emitted: Callable[..., str], capsys: Capture
) -> None:
    old = emitted("old", num_hidden_layers=16)
    new = emitted("new", num_hidden_layers=16, rms_norm_eps=0.02)
    capsys.readouterr()
    begin = time.process_time()
    assert main([old, new]) == 1
    assert time.process_time() - begin < 1.5
    out = capsys.readouterr().out
    titles = [line for line in out.splitlines() if line.startswith("changed ")]
    assert titles == [
        "changed layers.{0..15}/attention_norm (rms_norm): the same in 16 stages",
        "changed layers.{0..15}/attention (self_attention): the same in 16 stages",
        "changed layers.{0..15}/mlp_norm (rms_norm): the same in 16 stages",
        "changed norm (rms_norm)",
    ]
    assert "params.eps: 0.01 -> 0.02" in out
    assert main([old, old]) == 0
    assert capsys.readouterr().out == ""


def test_more_layers(emitted: Callable[..., str], capsys: Capture) -> None:
    old, new = emitted("old", num_hidden_layers=2), emitted("new", num_hidden_layers=5)
    capsys.readouterr()
    assert main([old, new, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["changes"]
    added = [one for one in found if one["kind"] == "added"]
    assert [one["path"] for one in added] == ["layers.{2..4}"]
    assert [one["path"] for one in found if one["kind"] != "added"] == ["main"]
    assert main([new, old, "--stat"]) == 1
    out = capsys.readouterr().out
    assert "removed layers.{2..4} (llama_layer): the same in 3 stages" in out
    assert out.endswith("\n1 changed, 3 removed\n")


def test_levels(emitted: Callable[..., str], capsys: Capture) -> None:
    for level in ("composite", "stablehlo"):
        old = emitted("old", level)
        new = emitted("new", level, rms_norm_eps=0.02)
        capsys.readouterr()
        assert main([old, old]) == 0
        assert main([old, new]) == 1
        assert "dense<2.000000e-02>" in capsys.readouterr().out


def test_ranges_of_numbers() -> None:
    assert ranges([3]) == "3"
    assert ranges([5, 0, 1, 2, 9, 8]) == "0..2,5,8..9"


def test_trouble_is_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.mlir").write_text(staged())
    Path("b.mlir").write_text("module {")
    assert main(["a.mlir", "none.mlir"]) == 2
    assert capsys.readouterr().err.startswith("error: none.mlir: expected a file")
    assert main(["a.mlir", "b.mlir"]) == 2
    assert capsys.readouterr().err.startswith("error: b.mlir:1:")
    for wrong in (["a.mlir"], ["a.mlir", "a.mlir", "--stat", "--json"]):
        with pytest.raises(SystemExit) as stop:
            main(wrong)
        assert stop.value.code == 2
        assert "error: rlxflow-diff: " in capsys.readouterr().err


def test_json_and_colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.mlir").write_text(staged())
    Path("b.mlir").write_text(staged(eps="0.0625"))
    assert main(["a.mlir", "a.mlir", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"equal": True, "changes": []}
    assert main(["a.mlir", "b.mlir", "--json"]) == 1
    [one] = json.loads(capsys.readouterr().out)["changes"]
    facts: dict[str, Any] = {key: one[key] for key in ("kind", "path", "paths", "block", "before")}
    assert facts == {
        "kind": "changed",
        "path": "second/norm",
        "paths": ["second/norm"],
        "block": "norm",
        "before": "",
    }
    assert main(["a.mlir", "b.mlir"]) == 1
    plain = capsys.readouterr().out
    assert plain.startswith("--- a.mlir\n+++ b.mlir\n\nchanged second/norm (norm)\n  - %constant")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["a.mlir", "b.mlir"]) == 1
    coloured = capsys.readouterr().out
    assert "\x1b[31m  - %constant" in coloured
    assert "\x1b[32m  + %constant" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["a.mlir", "b.mlir"]) == 1
    assert capsys.readouterr().out == plain

"""`--profile`: a file or a preset, for every command that compiles."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from rlxflow.cli.main import main

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import tiny_checkpoint
import tiny_decoder

MODULE = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%y: tensor<4xf32>):
    %1 = stablehlo.tanh %y : tensor<4xf32>
    "rlx.yield"(%1) : (tensor<4xf32>) -> ()
  }) {block = "act", mode = #rlx.mode<auto>, name = "act"} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    tiny_checkpoint.write_checkpoint(tmp_path / "encoder")
    tiny_decoder.write_checkpoint(tmp_path / "model")
    (tmp_path / "apart.toml").write_text(
        '[fusion]\npolicy = "skip"\n[passes]\ndump_dir = "dumps"\nverbose = true\n'
    )
    return tmp_path


def test_emit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["emit", "encoder", "--seq", "8", "--level", "stablehlo"]
    assert main([*arguments, "--profile", "apart.toml"]) == 0
    apart = capsys.readouterr()
    assert main([*arguments, "--profile", "encoder"]) == 0
    fused = capsys.readouterr().out
    assert 'inlineable = "false"' in apart.out
    assert 'inlineable = "false"' not in fused
    assert (folder / "dumps" / "00_flow.mlir").is_file()
    assert "rlx-lower-stage-modes: " in apart.err
    assert " ms\n" in apart.err


def test_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "act.mlir").write_text(MODULE)
    x = np.linspace(-1, 1, 4, dtype=np.float32)
    np.save("x.npy", x)
    arguments = ["run", "act.mlir", "--input", "arg0=x.npy", "--json", "--profile", "apart.toml"]
    assert main(arguments) == 0
    facts = json.loads(capsys.readouterr().out)
    fact = facts[0] if isinstance(facts, list) else facts["outputs"][0]
    assert np.abs(np.array(fact["first"]) - np.tanh(x)).max() < 1e-6
    lowered = next(path for path in (folder / "dumps").iterdir() if path.name.startswith("01_"))
    assert 'inlineable = "false"' in lowered.read_text()


@pytest.mark.parametrize(
    "arguments",
    [
        ["embed", "encoder", "It rains."],
        ["generate", "model", "It", "--max-new-tokens", "2"],
    ],
)
def test_embed_and_generate(folder: Path, arguments: list[str]) -> None:
    assert main([*arguments, "--profile", "apart.toml"]) == 0
    assert (folder / "dumps").is_dir()


def test_a_profile_that_is_none_is_a_user_s_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.toml").write_text("[fusion]\nplicy = 3\n")
    emit = ["emit", "encoder", "--profile"]
    assert main([*emit, "bad.toml"]) == 1
    assert "error: bad.toml: `fusion.plicy` is unknown; did you mean" in capsys.readouterr().err
    assert main([*emit, "none.toml"]) == 1
    assert "error: none.toml: expected a TOML file, found no such file" in capsys.readouterr().err
    assert main([*emit, "encodr"]) == 1
    assert "found `encodr`; did you mean `encoder`?" in capsys.readouterr().err


def test_explain_has_the_manifest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "encoder", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["manifest"]["inputs"][0]["name"] == "input_ids"
    assert facts["operations"]["dot_general"] > 4

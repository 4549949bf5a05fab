"""`rlxflow run`: hand-written modules, and modules that `emit` saved with weights beside them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_checkpoint import write_checkpoint

from rlxflow.cli.main import main
from rlxflow.runtime.model import load

AFFINE = """
func.func @main(%x: tensor<2x3xf32>, %y: tensor<3xf32>) -> (tensor<2x3xf32>, tensor<2xf32>) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %wide = stablehlo.broadcast_in_dim %y, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
  %sum = stablehlo.add %x, %wide : tensor<2x3xf32>
  %total = stablehlo.reduce(%sum init: %zero) applies stablehlo.add across dimensions = [1]
    : (tensor<2x3xf32>, tensor<f32>) -> tensor<2xf32>
  return %sum, %total : tensor<2x3xf32>, tensor<2xf32>
}
"""
X = np.arange(6, dtype=np.float32).reshape(2, 3)
Y = np.array([10, 20, 30], np.float32)


@pytest.fixture
def affine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "affine.mlir").write_text(AFFINE)
    np.save("x.npy", X)
    np.save("y.npy", Y)
    return ["run", "affine.mlir", "--input", "arg0=x.npy", "--input", "arg1=y.npy"]


def test_hand_written_module(affine: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(affine) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "out0: f32[2, 3] min 10 max 35 mean 22.5 [10, 21, 32, 13, 24, 35]"
    assert lines[1] == "out1: f32[2] min 63 max 72 mean 67.5 [63, 72]"


def test_json_and_archive(affine: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*affine, "--json", "-o", "out.npz"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [fact["name"] for fact in facts] == ["out0", "out1"]
    with np.load("out.npz") as made:
        assert np.array_equal(made["out0"], X + Y)
        assert np.array_equal(made["out1"], (X + Y).sum(axis=1))


def test_inputs_of_an_archive(affine: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("both.npz", arg0=X, arg1=Y)
    assert main([*affine[:2], "--inputs", "both.npz"]) == 0
    assert capsys.readouterr().out.startswith("out0: f32[2, 3] min 10")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["arg0=x.npy"], "found no input `arg1` f32[3]"),
        (["arg0=x.npy", "arg2=y.npy"], "did you mean `arg1`?"),
        (["arg0=x.npy", "arg0=x.npy"], "found two of `arg0`"),
        (["arg0=y.npy", "arg1=y.npy"], "input `arg0`: expected shape [2, 3], found [3]"),
        (["arg0=i.npy", "arg1=y.npy"], "input `arg0`: expected f32 values, found int64"),
        (["arg0=o.npy", "arg1=y.npy"], "o.npy: expected a .npy or .npz file"),
        (["arg0=affine.mlir", "arg1=y.npy"], "affine.mlir: expected a .npy or .npz file"),
        (["arg0"], "expected NAME=FILE.npy, found `arg0`"),
    ],
)
def test_inputs_that_do_not_fit(
    affine: list[str], arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("i.npy", X.astype(np.int64))
    np.save("o.npy", np.array([{}], dtype=object), allow_pickle=True)
    given = [part for item in arguments for part in ("--input", item)]
    assert main([*affine[:2], *given]) == 1
    found = capsys.readouterr().err
    assert found.startswith("error: ")
    assert said in found


def test_bf16_arrays_and_infinities(affine: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    text = AFFINE.replace("f32", "bf16")
    Path("affine.mlir").write_text(text)
    np.save("x.npy", X.astype(ml_dtypes.bfloat16))
    np.save("y.npy", np.array([1, np.inf, np.nan]).astype(ml_dtypes.bfloat16))
    assert main(affine) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("out0: bf16[2, 3]")
    assert "NOT FINITE: 4" in shown


@pytest.mark.parametrize("suffix", ["flow.mlir", "stablehlo.mlir", "vhlo.vhlo"])
def test_emitted_module_with_weights(
    tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_checkpoint(tmp_path / "tiny")
    target, archive = str(tmp_path / suffix), str(tmp_path / "in.npz")
    level = suffix.partition(".")[0]
    sizes = ["--batch", "1", "--seq", "4"]
    assert main(["emit", str(folder), *sizes, "--level", level, "-o", target]) == 0
    ids = np.array([[2, 7, 9, 3]], np.int32)
    given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": ids * 0}
    np.savez(archive, **given)
    out = str(tmp_path / "out.npz")
    command = ["run", target, "--inputs", archive]
    assert main([*command, "--weights", str(folder), "-o", out]) == 0
    wanted = load(folder)(**given)
    with np.load(out) as made:
        assert np.abs(made["pooler_output"] - wanted["pooler_output"]).max() < 1e-6
    capsys.readouterr()
    assert main(command) == 1
    assert "expected weights" in capsys.readouterr().err


@pytest.mark.parametrize("function", ["@affine", "private @affine", "private @main"])
def test_the_only_function_is_the_one_that_runs(
    function: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "only.mlir"
    path.write_text(AFFINE.replace("@main", function))
    assert main(["run", str(path), "--fill", "iota"]) == 0
    assert "f32[2,3]" in capsys.readouterr().out.replace(" ", "")

"""`rlxflow run` with made inputs, and with a second opinion on what came out."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_checkpoint import write_checkpoint

from rlxflow.cli import run, witness
from rlxflow.cli.main import main
from rlxflow.cli.run_inputs import complete
from rlxflow.errors import CompileError, InputError
from rlxflow.ir.interpreter import interpret
from rlxflow.ir.module import IrModule, Port
from rlxflow.weights import write_safetensors

MIX = """
func.func @main(%x: tensor<2x3xbf16> {rlx.input = "x"}, %keep: tensor<3xi1> {rlx.input = "keep"},
                %ids: tensor<5xi32> {rlx.input = "ids", rlx.below = 7 : i64},
                %table: tensor<7x3xf32> {rlx.param = "table"})
    -> (tensor<2x3xbf16>, tensor<3xi1>, tensor<5x3xf32>) {
  %y = chlo.erf %x : tensor<2x3xbf16> -> tensor<2x3xbf16>
  %no = stablehlo.not %keep : tensor<3xi1>
  %rows = "stablehlo.gather"(%table, %ids) <{dimension_numbers = #stablehlo.gather<
      offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 1>,
      slice_sizes = array<i64: 1, 3>}> : (tensor<7x3xf32>, tensor<5xi32>) -> tensor<5x3xf32>
  return %y, %no, %rows : tensor<2x3xbf16>, tensor<3xi1>, tensor<5x3xf32>
}
"""
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def mix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("mix.mlir").write_text(MIX)
    return "mix.mlir"


@pytest.mark.parametrize("rule", ["random:3", "iota", "ones", "zeros"])
def test_made_inputs_pass_before_the_interpreter(mix: str, rule: str, capsys: Capture) -> None:
    assert main(["run", mix, "--fill", rule, "--witness", "interpreter"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["out0", "out1", "out2"]
    assert all("max error" in line for line in lines)


def test_a_whole_encoder_passes(tmp_path: Path, capsys: Capture) -> None:
    folder = str(write_checkpoint(tmp_path / "tiny"))
    module = str(tmp_path / "m.mlir")
    sizes = ["--batch", "2", "--seq", "3"]
    assert main(["emit", folder, *sizes, "-o", module]) == 0
    options = ["--fill", "ones", "--weights", folder, "--witness", "interpreter", "--json"]
    assert run.main([module, *options, "--tolerance", "1e-5"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert {fact["name"] for fact in facts} >= {"last_hidden_state", "pooler_output"}
    assert all(0 < fact["error"]["largest"] < 1e-5 for fact in facts)


def test_an_output_that_is_far_off_is_an_error(
    mix: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def wrong(module: IrModule, arrays: Any) -> list[np.ndarray]:
        made = interpret(module, arrays)
        made[2] = made[2].copy()
        made[2][4, 1] += 0.25
        return made

    monkeypatch.setattr(run, "find_witness", lambda name: wrong)
    assert main(["run", mix, "--fill", "zeros", "--witness", "interpreter"]) == 1
    said = capsys.readouterr()
    assert "out2: max error 0.25 at [4, 1]" in said.out
    assert "witness `interpreter`: expected errors within 0.0001, found out2" in said.err


def test_inputs_from_safetensors_and_the_rest_made(mix: str, capsys: Capture) -> None:
    x = np.array([[1, 2, 3], [4, 5, 6]], ml_dtypes.bfloat16)
    write_safetensors(Path("in.safetensors"), {"x": x})
    assert main(["run", mix, "--inputs", "in.safetensors", "--fill", "iota", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts[0]["first"][0] == pytest.approx(0.8427, abs=4e-3)
    assert facts[1]["first"] == [1, 0, 1]
    assert facts[2]["first"][:4] == pytest.approx([0, 1 / 21, 2 / 21, 3 / 21])


@pytest.mark.parametrize("text", ["noise", "random:", "random:x", "iota:3", ""])
def test_rules_that_are_none(mix: str, text: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["run", mix, "--fill", text])
    assert stop.value.code == 1
    assert "expected random, iota, ones, zeros or random:SEED" in capsys.readouterr().err


def test_random_arrays_depend_on_seed_and_name_alone() -> None:
    ports = [Port("input", "a", (3, 5), "f32"), Port("input", "b", (3, 5), "f32")]
    once = complete({}, ports, "random:1")
    assert np.array_equal(once["b"], complete({}, ports[1:], "random:1")["b"])
    assert not np.array_equal(once["a"], once["b"])
    assert not np.array_equal(once["b"], complete({}, ports, "random:2")["b"])
    ids = complete({}, [Port("input", "ids", (200,), "i32", below=9)], "random")["ids"]
    assert set(ids) == set(range(9))


def test_an_operation_the_interpreter_does_not_know() -> None:
    module = IrModule.parse("""
    func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
      %0 = stablehlo.custom_call @f(%x) : (tensor<3xf32>) -> tensor<3xf32>
      return %0 : tensor<3xf32>
    }""")
    with pytest.raises(CompileError, match=r"`stablehlo.custom_call`, an operation that it does"):
        interpret(module, [np.zeros(3, np.float32)])


def test_an_interpreter_that_takes_too_long() -> None:
    module = IrModule.parse(
        "func.func @main(%x: tensor<f32>) -> tensor<f32> {return %x : tensor<f32>}"
    )
    with pytest.raises(CompileError, match=r"expected an answer in 0.01 s"):
        interpret(module, [np.zeros((), np.float32)], timeout_s=0.01)


NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("found", "wanted", "largest", "not_finite", "passes"),
    [
        ([1.0, 2.5], [1.0, 2.0], 0.5, 0, False),
        ([1.0, 4.5], [1.0, 4.0], 0.5, 0, True),  # an eighth of the largest value
        ([NAN, INF, -INF], [NAN, INF, -INF], 0.0, 0, True),
        ([NAN, INF, INF, 1.0], [1.0, -INF, 1.0, NAN], 0.0, 4, False),
        ([], [], 0.0, 0, True),
    ],
)
def test_differences(
    found: list[float], wanted: list[float], largest: float, not_finite: int, *, passes: bool
) -> None:
    made = witness.compare("y", np.array(found), np.array(wanted))
    assert (made.largest, made.not_finite) == (largest, not_finite)
    assert made.within(0.2) == passes


def test_shapes_that_differ() -> None:
    with pytest.raises(InputError, match=r"output `y`: expected shape \[3\], found \[1, 3\]"):
        witness.compare("y", np.zeros((1, 3)), np.zeros(3))


@pytest.mark.skipif(find_spec("iree") is None, reason="IREE is not installed")
def test_iree_agrees(tmp_path: Path, capsys: Capture) -> None:
    folder = str(write_checkpoint(tmp_path / "tiny"))
    module = str(tmp_path / "m.mlir")
    assert main(["emit", folder, "--seq", "5", "--level", "composite", "-o", module]) == 0
    options = ["--fill", "random:3", "--weights", folder, "--witness", "iree"]
    assert run.main([module, *options, "--tolerance", "1e-5"]) == 0
    assert "last_hidden_state: max error" in capsys.readouterr().out

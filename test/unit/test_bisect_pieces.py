"""`rlxflow bisect`: what counts as a piece, from loops and calls to operations and witnesses."""

from __future__ import annotations

import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from bisecting import Capture, against, bisect, verdicts
from tiny_decoder import write_config

from rlxflow.bisect import calls
from rlxflow.bisect.calls import calls_as_stages
from rlxflow.cli import run as rlxflow_run
from rlxflow.cli.main import main
from rlxflow.errors import FlowStructureError
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


SUM = """
func.func @main(%x: tensor<900x3xbf16> {rlx.input = "x"}, %i: tensor<2xi32> {rlx.below = 5 : i64})
    -> (tensor<3xbf16>, tensor<2xi32>) {
  %a = "rlx.stage"(%x) ({ ^bb0(%p: tensor<900x3xbf16>):
    %n = stablehlo.abs %p : tensor<900x3xbf16>
    "rlx.yield"(%n) : (tensor<900x3xbf16>) -> () }) {block = "size", name = "size"}
    : (tensor<900x3xbf16>) -> tensor<900x3xbf16>
  %b = "rlx.stage"(%a) ({ ^bb0(%p: tensor<900x3xbf16>):
    %z = stablehlo.constant dense<0.0> : tensor<bf16>
    %s = stablehlo.reduce(%p init: %z) applies stablehlo.add across dimensions = [0]
        : (tensor<900x3xbf16>, tensor<bf16>) -> tensor<3xbf16>
    "rlx.yield"(%s) : (tensor<3xbf16>) -> () }) {block = "total", name = "total"}
    : (tensor<900x3xbf16>) -> tensor<3xbf16>
  return %b, %i : tensor<3xbf16>, tensor<2xi32>
}
"""


def test_rounding_of_one_witness(folder: Path, capsys: Capture) -> None:
    Path("sum.mlir").write_text(SUM)
    np.savez("in.npz", x=np.full((900, 3), -0.75, ml_dtypes.bfloat16), arg1=np.array([4, 0]))
    code, found = bisect(capsys, "sum.mlir", "--inputs", "in.npz", "-o", "cut.mlir")
    assert (code, found["culprit"]["path"]) == (1, "total")
    assert "stablehlo.reduce" in found["culprit"]["operation"][0]
    assert found["culprit"]["alone"]["relative"] > 0.2
    run = ["cut.mlir", "--inputs", "cut.npz", "--witness", "interpreter"]
    assert rlxflow_run.main(run) == 1
    worst = found["culprit"]["alone"]["largest"]
    assert f"total#0: max error {worst:.3g}" in capsys.readouterr().out


FUNCTIONS = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {{
  %a = func.call @twice(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %b = func.call @twice(%a) : (tensor<4xf32>) -> tensor<4xf32>
  %c = stablehlo.composite "rlx.soft_cap" %b {{composite_attributes = {{stage = "cap"}},
      decomposition = @cap}} : (tensor<4xf32>) -> tensor<4xf32>
  return %c : tensor<4xf32>
}}
func.func private @twice(%x: tensor<4xf32>) -> tensor<4xf32> {{
  %y = func.call @once(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %z = stablehlo.add %x, %y : tensor<4xf32>
  return %z : tensor<4xf32>
}}
func.func private @once(%x: tensor<4xf32>) -> tensor<4xf32> {{
  %y = {once} %x : tensor<4xf32>
  return %y : tensor<4xf32>
}}
func.func private @cap(%x: tensor<4xf32>) -> tensor<4xf32> {{
  %y = {cap} %x : tensor<4xf32>
  return %y : tensor<4xf32>
}}
"""


@pytest.mark.parametrize(
    ("once", "cap", "path"),
    [("sine", "exponential", "cap"), ("cosine", "tanh", "twice/once")],
)
def test_calls_and_composites_are_stages(
    folder: Path, once: str, cap: str, path: str, capsys: Capture
) -> None:
    Path("good.mlir").write_text(FUNCTIONS.format(once="stablehlo.sine", cap="stablehlo.tanh"))
    bad = FUNCTIONS.format(once=f"stablehlo.{once}", cap=f"stablehlo.{cap}")
    code, found = against(bad, capsys)
    assert (code, found["culprit"]["path"]) == (1, path)
    assert {"twice", "twice.1", "cap"} <= verdicts(found).keys()


def test_calls_that_double_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = [
        f"func.func {'public @main' if not i else f'private @f{i}'}(%x: tensor<4xf32>)"
        f" -> tensor<4xf32> {{\n%a = call @f{i + 1}(%x) : (tensor<4xf32>) -> tensor<4xf32>\n"
        f"%b = call @f{i + 1}(%a) : (tensor<4xf32>) -> tensor<4xf32>\nreturn %b : tensor<4xf32> }}"
        for i in range(6)
    ]
    last = "func.func private @f6(%x: tensor<4xf32>) -> tensor<4xf32> { return %x : tensor<4xf32> }"
    module = IrModule.parse("\n".join([*functions, last]))
    assert len(stages(calls_as_stages(module))) == 126
    monkeypatch.setattr(calls, "MOST", 125)
    with pytest.raises(FlowStructureError, match="at most 125 calls"):
        calls_as_stages(module)


def test_a_module_without_stages_is_searched_by_operation(folder: Path, capsys: Capture) -> None:
    text = "func.func @main(%x: tensor<6xf32>) -> tensor<6xf32> {\n%a = stablehlo.sine %x"
    text += " : tensor<6xf32>\n%b = stablehlo.{} %a : tensor<6xf32>\n%c = stablehlo.add %a, %b"
    text += " : tensor<6xf32>\nreturn %c : tensor<6xf32>\n}}"
    Path("good.mlir").write_text(text.replace("{}", "tanh").replace("}}", "}"))
    bad = text.replace("{}", "negate").replace("}}", "}")
    code, found = against(bad.replace("stablehlo.add", "stablehlo.subtract"), capsys)
    assert code == 1  # neither has an operation of the other's kind
    code, found = against(bad.replace("negate", "tanh").replace("%a, %b", "%b, %b"), capsys)
    assert (code, found["culprit"]["part"]) == (1, "(inputs of add.0)")


LOOP = """
func.func @main(%x: tensor<3xf32>) -> tensor<3xf32> {
  %a = "rlx.stage"(%x) ({ ^bb0(%p: tensor<3xf32>):
    %n = stablehlo.constant dense<4> : tensor<i32>
    %r:2 = stablehlo.while(%i = %n, %v = %p) : tensor<i32>, tensor<3xf32>
      cond { %z = stablehlo.constant dense<0> : tensor<i32>
             %c = stablehlo.compare GT, %i, %z : (tensor<i32>, tensor<i32>) -> tensor<i1>
             stablehlo.return %c : tensor<i1> }
      do { %one = stablehlo.constant dense<1> : tensor<i32>
           %j = stablehlo.subtract %i, %one : tensor<i32>
           %w = "rlx.stage"(%v) ({ ^bb0(%q: tensor<3xf32>):
             %y = stablehlo.sine %q : tensor<3xf32>
             "rlx.yield"(%y) : (tensor<3xf32>) -> () }) {block = "wave", name = "wave"}
             : (tensor<3xf32>) -> tensor<3xf32>
           stablehlo.return %j, %w : tensor<i32>, tensor<3xf32> }
    "rlx.yield"(%r#1) : (tensor<3xf32>) -> () }) {block = "layer_loop", name = "layers"}
    : (tensor<3xf32>) -> tensor<3xf32>
  return %a : tensor<3xf32>
}
"""


def test_a_loop_is_one_piece(folder: Path, capsys: Capture) -> None:
    Path("good.mlir").write_text(LOOP)
    code, found = against(LOOP.replace("sine", "tanh"), capsys)
    assert (code, found["culprit"]["path"]) == (1, "layers")
    assert "stablehlo.while" in found["culprit"]["operation"][0]


def test_eps_of_one_norm_of_a_language_model(folder: Path, capsys: Capture) -> None:
    checkpoint = str(write_config(folder / "tiny", num_hidden_layers=2))
    assert main(["emit", checkpoint, "--no-weights", "--seq", "3", "-o", "good.mlir"]) == 0
    text = Path("good.mlir").read_text()
    eps = "dense<0.00999999977>"
    assert text.count(eps) == 5  # two in each layer, and the last one
    before, place = text.split(eps), 3
    bad = eps.join(before[: place + 1]) + "dense<0.0125>" + eps.join(before[place + 1 :])
    code, found = against(bad, capsys)
    assert (code, found["culprit"]["path"]) == (1, "layers.1/mlp_norm")
    assert "dense<0.0125>" in found["culprit"]["operation"][1].replace("1.250000e-02", "0.0125")

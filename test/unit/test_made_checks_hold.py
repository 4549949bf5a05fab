"""Made checks pass with both programs called FileCheck, and fail when the module is wrong."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from rlxflow.ir.module import IrModule
from rlxflow.runtime.checkpoint import open_checkpoint
from rlxflow.testing.check_lines import check_lines
from rlxflow.testing.dead import check
from rlxflow.testing.prove import checkers, complaint

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import golden_decoders
import golden_families

HEAD = "// RUN: rlxflow-opt %s | FileCheck %s\n// Some property is protected here.\n"
NORM = """func.func @norm(%x: tensor<4x8xf32>, %ln.weight: tensor<8xf32>) -> tensor<4x8xf32> {
  %0 = stablehlo.multiply %x, %x : tensor<4x8xf32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [1]
    : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
  %eps = stablehlo.constant dense<0.5> : tensor<4xf32>
  %2 = stablehlo.add %1, %eps : tensor<4xf32>
  %3 = stablehlo.rsqrt %2 : tensor<4xf32>
  %4 = stablehlo.broadcast_in_dim %3, dims = [0] : (tensor<4xf32>) -> tensor<4x8xf32>
  %5 = stablehlo.subtract %x, %4 : tensor<4x8xf32>
  %6 = stablehlo.broadcast_in_dim %ln.weight, dims = [1] : (tensor<8xf32>) -> tensor<4x8xf32>
  %7 = stablehlo.multiply %5, %6 : tensor<4x8xf32>
  return %7 : tensor<4x8xf32>
}
"""
LOOP = """func.func @loop(%n: tensor<i32>, %x: tensor<3x3xf32>) -> tensor<3x3xf32> {
  %zero = stablehlo.constant dense<0> : tensor<i32>
  %0:2 = stablehlo.while(%i = %zero, %y = %x) : tensor<i32>, tensor<3x3xf32>
  cond {
    %1 = stablehlo.compare LT, %i, %n : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %1 : tensor<i1>
  } do {
    %one = stablehlo.constant dense<1> : tensor<i32>
    %1 = stablehlo.add %i, %one : tensor<i32>
    %2 = stablehlo.dot_general %y, %x, contracting_dims = [1] x [0]
      : (tensor<3x3xf32>, tensor<3x3xf32>) -> tensor<3x3xf32>
    stablehlo.return %1, %2 : tensor<i32>, tensor<3x3xf32>
  }
  return %0#1 : tensor<3x3xf32>
}
"""
TABLES = """func.func @tables() -> (tensor<2x3xi32>, tensor<200xf32>) {
  %0 = stablehlo.constant dense<[[0, 1, 2], [3, 4, 5]]> : tensor<2x3xi32>
  %1 = stablehlo.iota dim = 0 : tensor<200xf32>
  return %0, %1 : tensor<2x3xi32>, tensor<200xf32>
}
"""
STAGES = """func.func @stages(%model.embed_tokens.weight: tensor<5x7xf32>,
    %b: tensor<5x7xf32>) -> tensor<5x7xf32> {
  %0 = "rlx.stage"(%model.embed_tokens.weight, %b) ({
  ^bb0(%c: tensor<5x7xf32>, %d: tensor<5x7xf32>):
    %1 = stablehlo.divide %c, %d : tensor<5x7xf32>
    "rlx.yield"(%1) : (tensor<5x7xf32>) -> ()
  }) {block = "ratio", mode = #rlx.mode<auto>, name = "layers.0/x", params = {eps = 0.5}}
    : (tensor<5x7xf32>, tensor<5x7xf32>) -> tensor<5x7xf32>
  %2 = stablehlo.composite "rlx.ratio" %0, %b
    {composite_attributes = {k = [2, 3]}, decomposition = @ratio}
    : (tensor<5x7xf32>, tensor<5x7xf32>) -> tensor<5x7xf32>
  %3 = func.call @ratio(%2, %0) : (tensor<5x7xf32>, tensor<5x7xf32>) -> tensor<5x7xf32>
  return %3 : tensor<5x7xf32>
}
func.func private @ratio(%a: tensor<5x7xf32>, %b: tensor<5x7xf32>) -> tensor<5x7xf32> {
  %0 = stablehlo.divide %a, %b : tensor<5x7xf32>
  return %0 : tensor<5x7xf32>
}
"""
# Each wrong edit of the source keeps the module valid.
EDITS = [
    (NORM, "multiply %x, %x", "add %x, %x"),
    (NORM, "applies stablehlo.add", "applies stablehlo.maximum"),
    (NORM, "dense<0.5>", "dense<0.25>"),
    (NORM, "add %1, %eps", "add %1, %1"),
    (NORM, "rsqrt", "sqrt"),
    (NORM, "subtract %x, %4", "subtract %4, %x"),
    (NORM, "multiply %5, %6", "multiply %5, %5"),
    (NORM, "  return %7", "  return %5"),
    (
        NORM,
        "%3 = stablehlo.rsqrt %2",
        "%r = stablehlo.rsqrt %2 : tensor<4xf32> %3 = stablehlo.abs %r",
    ),
    (
        NORM,
        "%x: tensor<4x8xf32>, %ln.weight: tensor<8xf32>",
        "%ln.weight: tensor<8xf32>, %x: tensor<4x8xf32>",
    ),
    (LOOP, "LT, %i, %n", "LE, %i, %n"),
    (LOOP, "LT, %i, %n", "LT, %n, %i"),
    (LOOP, "dot_general %y, %x", "dot_general %x, %y"),
    (LOOP, "[1] x [0]", "[0] x [0]"),
    (LOOP, "stablehlo.return %1, %2", "stablehlo.return %i, %2"),
    (LOOP, "%y = %x", "%y = %s"),
    (TABLES, "[3, 4, 5]", "[3, 4, 6]"),
    (TABLES, "return %0, %1", "return %0, %e"),
    (STAGES, "divide %c, %d", "divide %d, %c"),
    (STAGES, "mode<auto>", "mode<keep>"),
    (STAGES, "eps = 0.5", "eps = 0.25"),
    (STAGES, "layers.0/x", "layers.1/x"),
    (STAGES, "k = [2, 3]", "k = [3, 2]"),
    (STAGES, '"rlx.ratio" %0, %b', '"rlx.ratio" %b, %0'),
    (STAGES, "@ratio(%2, %0)", "@ratio(%0, %2)"),
    (STAGES, "divide %a, %b", "multiply %a, %b"),
]
OTHERS = {  # definitions that some edits use
    "%s": "%s = stablehlo.negate %x : tensor<3x3xf32>",
    "%e": "%e = stablehlo.negate %1 : tensor<200xf32>",
}


def printed(source: str) -> str:
    return IrModule.parse(source).text()


def made(text: str) -> str:
    """Returns a test of `text`; its checks hold with every FileCheck that is installed."""
    test = HEAD + "\n".join(check_lines(text, leader="// ", prefix="CHECK")) + "\n"
    assert check(test) == []
    return test


@pytest.mark.parametrize(
    "source", [NORM, LOOP, TABLES, STAGES], ids=["norm", "loop", "tables", "stages"]
)
def test_they_pass_and_stay_green_when_numbers_and_places_change(source: str) -> None:
    test = made(printed(source))
    first = source.index("{\n") + 2
    dead = "  %dead = stablehlo.iota dim = 0 : tensor<13xi8>\n"
    shifted = printed(source[:first] + dead + source[first:])
    renamed = printed(re.sub(r"(%\d = .*>)$", r'\1 loc("other")', source, flags=re.MULTILINE))
    assert renamed != printed(source)
    for checker in checkers():
        for text in (printed(source), shifted, renamed):
            assert complaint(checker, test, (), text) == ""


@pytest.mark.parametrize(
    ("source", "old", "new"), EDITS, ids=[f"{old} -> {new}" for _, old, new in EDITS]
)
def test_they_fail_when_an_operation_is_wrong(source: str, old: str, new: str) -> None:
    assert source.count(old) == 1
    name = next((name for name in OTHERS if new.endswith(name)), "")
    at = source.index("\n  %0:2" if name == "%s" else "\n  return")
    with_other = f"{source[:at]}\n  {OTHERS[name]}{source[at:]}" if name else source
    right, wrong = printed(with_other), printed(with_other.replace(old, new))
    test = made(right)
    assert complaint(checkers()[0], test, (), right) == ""
    assert complaint(checkers()[0], test, (), wrong) != ""


@pytest.mark.slow
@pytest.mark.parametrize("goldens", [golden_families, golden_decoders])
def test_they_pass_on_every_model_of_ours(goldens: object) -> None:
    assert len(goldens.CASES) > 5
    for i, name in enumerate(goldens.CASES):
        checkpoint = open_checkpoint(goldens.FOLDER / name, weights=None)
        phase = checkpoint.recipe.phases[i % len(checkpoint.recipe.phases)]
        built = checkpoint.build(checkpoint.flow(checkpoint.phase_request(phase)))
        text = built.mlir(("flow", "composite", "stablehlo")[i % 3])
        test = made(text)
        assert complaint(checkers()[0], test, (), text) == "", (name, phase)
        assert max(map(len, test.splitlines())) <= 100


def test_a_model_of_ours_passes_with_every_filecheck() -> None:
    checkpoint = open_checkpoint(golden_decoders.FOLDER / "gemma2", weights=None)
    text = checkpoint.build(checkpoint.flow(checkpoint.phase_request("decode"))).mlir("composite")
    test = made(text)
    for checker in checkers():
        assert complaint(checker, test, (), text) == ""

"""What is decided for each stage, and that all combinations of nested modes compute the same."""

import itertools
import json
import re
import subprocess
import sys

import pytest

from rlxflow.errors import PassError
from rlxflow.ir.module import IrModule
from rlxflow.passes.inline_stages import InlineStages
from rlxflow.passes.lower_stage_modes import Dispatch, LowerStageModes

MODES = ("fuse", "fence", "keep")

# Stages a > b > c, and a second stage d whose body is that of c.
NESTED = """
func.func public @main(%x: tensor<2x3xf32>, %w: tensor<3xf32>)
    -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %0:2 = "rlx.stage"(%w, %x) ({
  ^bb0(%v: tensor<3xf32>, %a: tensor<2x3xf32>):
    %1 = stablehlo.multiply %a, %a : tensor<2x3xf32>
    %2 = "rlx.stage"(%1, %v) ({
    ^bb0(%b: tensor<2x3xf32>, %u: tensor<3xf32>):
      %3 = stablehlo.broadcast_in_dim %u, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
      %4 = "rlx.stage"(%b) ({
      ^bb0(%c: tensor<2x3xf32>):
        %5 = stablehlo.tanh %c : tensor<2x3xf32>
        "rlx.yield"(%5) : (tensor<2x3xf32>) -> ()
      }) {block = "tanh", mode = #rlx.mode<auto>, name = "c"}
         : (tensor<2x3xf32>) -> tensor<2x3xf32>
      %6 = stablehlo.subtract %4, %3 : tensor<2x3xf32>
      "rlx.yield"(%6) : (tensor<2x3xf32>) -> ()
    }) {block = "minus", mode = #rlx.mode<auto>, name = "b"}
       : (tensor<2x3xf32>, tensor<3xf32>) -> tensor<2x3xf32>
    "rlx.yield"(%2, %a) : (tensor<2x3xf32>, tensor<2x3xf32>) -> ()
  }) {block = "square", mode = #rlx.mode<auto>, name = "a"}
     : (tensor<3xf32>, tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>)
  %7 = "rlx.stage"(%0#0) ({
  ^bb0(%c: tensor<2x3xf32>):
    %8 = stablehlo.tanh %c : tensor<2x3xf32>
    "rlx.yield"(%8) : (tensor<2x3xf32>) -> ()
  }) {block = "tanh", mode = #rlx.mode<auto>, name = "d"} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  return %7, %0#1 : tensor<2x3xf32>, tensor<2x3xf32>
}
"""

# StableHLO's interpreter ends the process at what it does not know, hence a process of its own.
INTERPRET = """
import json, sys
import numpy as np
from rlxflow.ir.bindings import ir, stablehlo
from rlxflow.ir.module import IrModule
inputs = [np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3), np.float32([0.5, -0.25, 2])]
answers = []
for text in json.load(sys.stdin):
    module = IrModule.parse(text)
    with module.context, ir.Location.unknown():
        given = [ir.DenseElementsAttr.get(array) for array in inputs]
        outputs = stablehlo.eval_module(module.module, given)
        answers.append([np.array(output).tobytes().hex() for output in outputs])
json.dump(answers, sys.stdout)
"""


def interpret(texts: list[str]) -> list[list[str]]:
    command = [sys.executable, "-c", INTERPRET]
    done = subprocess.run(
        command, input=json.dumps(texts), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def lowered(*rules: str, text: str = NESTED) -> IrModule:
    module = IrModule.parse(text)
    LowerStageModes(modes=rules).run(module)
    module.verify()
    return module


def test_every_combination_of_nested_modes_computes_the_same():
    inlined = IrModule.parse(NESTED)
    InlineStages().run(inlined)
    texts = [inlined.text()]
    for a, b, c, d in itertools.product(MODES, repeat=4):
        texts.append(lowered(f"a={a}", f"a/b={b}", f"a/b/c={c}", f"d={d}").text())
    assert len(set(texts)) == 81, "all fused equals inlined, the others differ"
    mutant = lowered(text=NESTED.replace("stablehlo.subtract %4, %3", "stablehlo.subtract %3, %4"))
    expected, *others, spoiled = interpret([*texts, mutant.text()])
    assert len(expected) == 2
    assert all(other == expected for other in others)
    assert spoiled[0] != expected[0], "the comparison sees a swap of operands"
    assert spoiled[1] == expected[1]


@pytest.mark.parametrize("modes", list(itertools.product(MODES, repeat=2)))
def test_equal_bodies_are_shared_between_modes_and_none_is_left_over(modes):
    module = lowered("a=fuse", "a/b=fuse", f"a/b/c={modes[0]}", f"d={modes[1]}")
    names = [op.name.value for op in module.module.body.operations]
    assert names == (["main"] if modes == ("fuse", "fuse") else ["main", "tanh"])


def test_a_plan_tells_the_mode_and_the_reason_for_every_stage():
    text = NESTED.replace(
        'mode = #rlx.mode<auto>, name = "d"', 'mode = #rlx.mode<keep>, name = "d"'
    )
    module = IrModule.parse(text)
    before = module.text()
    rules = ("a=fuse", "block:tanh=fence", "**/c=keep", "a=auto")
    plan = LowerStageModes("skip", rules).plan(module)
    assert plan == [
        Dispatch("a", "square", "fence", "policy `skip`"),
        Dispatch("a/b", "minus", "fence", "policy `skip`"),
        Dispatch("a/b/c", "tanh", "keep", "rule `**/c=keep`"),
        Dispatch("d", "tanh", "fence", "rule `block:tanh=fence`"),
    ]
    assert module.text() == before
    reasons = [d.reason for d in LowerStageModes().plan(module)]
    assert reasons[0] == "policy `direct`: no kernel is registered for `square`"
    assert reasons[3] == "mode of the stage"


def test_a_failing_plan_leaves_the_module_as_it_was():
    module = IrModule.parse(NESTED)
    before = module.text()
    with pytest.raises(PassError, match="stage `d`: expected a kernel for block `tanh`"):
        LowerStageModes(modes=("d=kernel",)).run(module)
    with pytest.raises(PassError, match="stages are, for example, `a/b`"):
        LowerStageModes(modes=("a/c/b=fuse",)).run(module)
    assert module.text() == before


def test_rules_do_not_matter_once_there_are_no_stages():
    module = lowered("d=fence")
    once = module.text()
    LowerStageModes(modes=("d=fence",)).run(module)
    assert module.text() == once


def test_a_location_that_is_no_name_becomes_a_child_of_the_path():
    module = IrModule.parse(NESTED)
    LowerStageModes(modes=("d=fence",)).run(module)
    text = module.operation.get_asm(enable_debug_info=True, use_local_scope=True)
    assert re.search(r'stablehlo.multiply .* loc\("a"\("-":6:10\)\)', text)
    assert re.search(r'stablehlo.tanh .* loc\("a/b/c"\("-":12:14\)\)', text)
    assert re.search(r'call @tanh.* loc\("d"\("-":23:8\)\)', text)

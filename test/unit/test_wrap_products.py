"""Products with weights as stages of their own: which, under which names, and the same numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

import rlxflow as rf
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages
from rlxflow.ir.verifier import verify_rlx
from rlxflow.passes.inline_stages import InlineStages
from rlxflow.passes.outlining import body_key
from rlxflow.passes.raising.weights import Weights
from rlxflow.passes.wrap_products import WrapProducts
from rlxflow.runtime.checkpoint import open_checkpoint

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "checkpoints"
CASES = {  # products that are left: patches of images, which contract three axes in the middle
    ("llama_bias", "decode"): 0,
    ("gpt2", "prefill"): 0,
    ("clip", "match"): 1,
    ("phi3", "prefill"): 0,
}


def wrapped(module: IrModule) -> IrModule:
    copy = module.clone()
    WrapProducts().run(copy)
    copy.verify()
    verify_rlx(copy)
    return copy


def inlined(module: IrModule) -> object:
    copy = module.clone()
    InlineStages().run(copy)
    return body_key(copy.main.operation.regions[0].blocks[0])


def outside(module: IrModule) -> int:
    """Counts products with a weight on the right that stand in no stage `linear`."""
    weights, count = Weights(module), 0

    def visit(op: ir.Operation) -> ir.WalkResult:
        nonlocal count
        if op.name == "stablehlo.dot_general" and weights.name(op.operands[1]) is not None:
            around = op.operation.parent
            count += str(around.attributes["block"]) != '"linear"'
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    return count


@pytest.mark.skipif(not ORACLE.is_dir(), reason="needs the checkpoints of the oracle")
@pytest.mark.parametrize(("family", "phase"), CASES)
def test_every_product_of_a_family_is_found_and_none_is_changed(family: str, phase: str) -> None:
    checkpoint = open_checkpoint(ORACLE / family, weights=None)
    module = checkpoint.build(checkpoint.flow(checkpoint.phase_request(phase))).module
    before = outside(module)
    made = wrapped(module)
    left = outside(made)
    assert left == CASES[family, phase]
    found = [stage.path for stage in stages(made) if stage.block == "linear"]
    known = [stage.path for stage in stages(module) if stage.block == "linear"]
    assert len(found) - len(known) == before - left > 10
    assert len(set(found)) == len(found)
    assert inlined(made) == inlined(module)
    assert wrapped(made).text(debug_info=True) == made.text(debug_info=True)


def test_layers_in_a_loop_have_their_products_wrapped() -> None:
    flow = rf.ModelFlow("deep").input("x", rf.Shape([1, 4, 6]))
    for i in range(3):
        name = f"layers.{i}"
        keys = [f"{name}.mlp.{key}" for key in ("gate_proj", "up_proj", "down_proj")]
        flow = flow.layer(name, lambda layer, keys=keys: layer.swiglu(*keys, 5))
    built = flow.with_profile(rf.CompileProfile(layers="loop")).build()
    made = wrapped(built.module)
    found = [stage for stage in stages(made) if stage.block == "linear"]
    assert [stage.name for stage in found] == ["up_proj", "gate_proj", "down_proj"]
    params = [str(stage.op.attributes["params"]) for stage in found]
    assert ["in_dim = 5" in text and "out_dim = 6" in text for text in params] == [
        False,
        False,
        True,
    ]


def test_a_module_without_marks_has_its_float_arguments_as_weights() -> None:
    module = IrModule.parse("""
func.func public @main(%x: tensor<4x8xi32>, %w: tensor<6x8xf32>) -> tensor<4x6xf32> {
  %0 = stablehlo.convert %x : (tensor<4x8xi32>) -> tensor<4x8xf32>
  %1 = stablehlo.dot_general %0, %w, contracting_dims = [1] x [1]
      : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32>
  return %1 : tensor<4x6xf32>
}""")
    assert [stage.name for stage in stages(wrapped(module))] == ["linear_0"]

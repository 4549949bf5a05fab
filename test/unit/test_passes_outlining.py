"""Which bodies share a function."""

import importlib
import pkgutil
from dataclasses import fields, is_dataclass

import pytest

from rlxflow import blocks
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import matches, stages
from rlxflow.ir.summary import summary
from rlxflow.passes.inline_stages import InlineStages
from rlxflow.passes.lower_stage_modes import LowerStageModes
from rlxflow.passes.outline_stages import OutlineStages


def layer(i: int, inner: str = "norm") -> str:
    return f"""
  %y{i} = "rlx.stage"(%y{i - 1}, %w{i}) ({{
  ^bb0(%a: tensor<4x7xf32>, %b: tensor<7x7xf32>):
    %n = "rlx.stage"(%a) ({{
    ^bb0(%c: tensor<4x7xf32>):
      %e = stablehlo.exponential %c : tensor<4x7xf32> loc("op of layer {i}")
      "rlx.yield"(%e) : (tensor<4x7xf32>) -> ()
    }}) {{block = "norm", mode = #rlx.mode<auto>, name = "{inner}"}}
       : (tensor<4x7xf32>) -> tensor<4x7xf32>
    %d = stablehlo.dot_general %n, %b, contracting_dims = [1] x [0]
        : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32>
    "rlx.yield"(%d) : (tensor<4x7xf32>) -> ()
  }}) {{block = "mlp", mode = #rlx.mode<auto>, name = "layers.{i}"}}
     : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32>"""


def model(layers: list[str]) -> IrModule:
    count = len(layers)
    weights = ", ".join(f'%w{i}: tensor<7x7xf32> {{rlx.param = "w{i}"}}' for i in range(count))
    body = "".join(layers)
    return IrModule.parse(
        f"""
func.func public @main(%y-1: tensor<4x7xf32>, {weights}) -> tensor<4x7xf32> {{{body}
  return %y{count - 1} : tensor<4x7xf32>
}}""".replace("%y-1", "%y")
    )


def functions(module: IrModule) -> list[str]:
    return [op.name.value for op in module.module.body.operations]


@pytest.mark.parametrize("passed", [OutlineStages(), LowerStageModes("skip")])
def test_equal_layers_share_one_function_for_each_block(passed):
    module = model([layer(i) for i in range(80)])
    passed.run(module)
    module.verify()
    assert functions(module) == ["main", "norm", "mlp"]


def test_the_name_of_an_inner_stage_belongs_to_a_body():
    module = model([layer(0), layer(1, "other"), layer(2)])
    OutlineStages().run(module)
    assert functions(module) == ["main", "norm", "mlp", "mlp_1"]


@pytest.mark.parametrize("passed", [OutlineStages(), LowerStageModes("skip"), InlineStages()])
def test_a_second_run_changes_nothing(passed):
    module = model([layer(0), layer(1)])
    passed.run(module)
    once = module.text(debug_info=True)
    passed.run(module)
    assert module.text(debug_info=True) == once


def test_composites_give_the_same_summary_as_stages():
    module = model([layer(0), layer(1)])
    before = summary(module)
    OutlineStages().run(module)
    assert summary(module) == before
    assert len(before.splitlines()) == 4


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("layers.*", ["layers.0", "layers.1"]),
        ("layers.?", ["layers.0", "layers.1"]),
        ("layers.1", ["layers.1"]),
        ("layers-1", []),
        ("*/norm", ["layers.0/norm", "layers.1/norm"]),
        ("norm", []),
        ("**/norm", ["layers.0/norm", "layers.1/norm"]),
        ("**/layers.0", ["layers.0"]),
        ("**", ["layers.0", "layers.0/norm", "layers.1", "layers.1/norm"]),
        ("block:m*", ["layers.0", "layers.1"]),
        ("block:layers.0", []),
    ],
)
def test_patterns_name_stages_by_path_or_block(pattern, expected):
    found = stages(model([layer(0), layer(1)]))
    assert [stage.path for stage in found if matches(pattern, stage)] == expected


def test_no_block_has_a_number_named_as_composites_name_their_own() -> None:
    found = 0
    for part in pkgutil.iter_modules(blocks.__path__, f"{blocks.__name__}."):
        for kind in vars(importlib.import_module(part.name)).values():
            if is_dataclass(kind) and hasattr(kind, "emit"):
                found += 1
                assert not {field.name for field in fields(kind)} & {"stage", "mode", "origin"}
    assert found > 40

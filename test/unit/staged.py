"""Text of a small module with stages in stages, whose parts a test can change one by one."""

from __future__ import annotations

PARTS = {
    "scale": "0.5",
    "eps": "0.03125",
    "act": "stablehlo.cosine",
    "third": "%mixed",
    "loose": "stablehlo.subtract %second, %scaled",
}
TYPE = "tensor<3x5xf32>"
WEIGHT = "tensor<5x5xf32>"


def staged(**changes: str) -> str:
    """Returns the module: a scale, `first`, `second` with `norm` and `act` inside, `third`."""
    parts = PARTS | changes
    return f"""
func.func @main(%x: {TYPE} {{rlx.input = "x"}}, %w: {WEIGHT} {{rlx.param = "w"}})
    -> ({TYPE} {{rlx.output = "y"}}) {{
  %half = stablehlo.constant dense<{parts["scale"]}> : {TYPE}
  %scaled = stablehlo.multiply %x, %half : {TYPE}
  %first = "rlx.stage"(%scaled, %w) ({{
  ^bb0(%a: {TYPE}, %b: {WEIGHT}):
    %dot = stablehlo.dot_general %a, %b, contracting_dims = [1] x [1]
        : ({TYPE}, {WEIGHT}) -> {TYPE}
    "rlx.yield"(%dot) : ({TYPE}) -> ()
  }}) {{block = "linear", name = "first"}} : ({TYPE}, {WEIGHT}) -> {TYPE}
  %second = "rlx.stage"(%first) ({{
  ^bb0(%a: {TYPE}):
    %norm = "rlx.stage"(%a) ({{
    ^bb0(%b: {TYPE}):
      %eps = stablehlo.constant dense<{parts["eps"]}> : {TYPE}
      %square = stablehlo.multiply %b, %b : {TYPE}
      %sum = stablehlo.add %square, %eps : {TYPE}
      %root = stablehlo.rsqrt %sum : {TYPE}
      "rlx.yield"(%root) : ({TYPE}) -> ()
    }}) {{block = "norm", name = "norm"}} : ({TYPE}) -> {TYPE}
    %act = "rlx.stage"(%norm) ({{
    ^bb0(%b: {TYPE}):
      %made = {parts["act"]} %b : {TYPE}
      "rlx.yield"(%made) : ({TYPE}) -> ()
    }}) {{block = "act", name = "act"}} : ({TYPE}) -> {TYPE}
    "rlx.yield"(%act) : ({TYPE}) -> ()
  }}) {{block = "layer", name = "second"}} : ({TYPE}) -> {TYPE}
  %mixed = {parts["loose"]} : {TYPE}
  %third = "rlx.stage"({parts["third"]}) ({{
  ^bb0(%a: {TYPE}):
    %made = stablehlo.sine %a : {TYPE}
    "rlx.yield"(%made) : ({TYPE}) -> ()
  }}) {{block = "wave", name = "third"}} : ({TYPE}) -> {TYPE}
  return %third : {TYPE}
}}
"""

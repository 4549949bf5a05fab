// Property: the summary has one line per stage with path, block, mode, types without weights, number
// of weights and counts of operations, and composites give the same lines as the stages did.

// RUN: rlxflow-opt %s --emit=summary | %filecheck --match-full-lines
// RUN: rlxflow-opt %s --rlx-outline-stages --emit=summary | %filecheck --match-full-lines
// RUN: rlxflow-opt %s --rlx-inline-stages --emit=summary | %filecheck --match-full-lines --check-prefix=MAIN

//      CHECK:layers.0         mlp           f32[4, 7] -> f32[4]     weights=1  dot_general=1 reduce=1 ops=4
// CHECK-NEXT:  layers.0/up    linear  keep  f32[4, 7] -> f32[4, 3]  weights=1  dot_general=1 ops=1
// MAIN:main  f32[4, 7] -> f32[4]  weights=1  dot_general=1 reduce=1 ops=4
func.func public @main(%x: tensor<4x7xf32> {rlx.input = "x"},
    %w: tensor<3x7xf32> {rlx.param = "layers.0.up.weight"}) -> tensor<4xf32> {
  %0 = "rlx.stage"(%x, %w) ({
  ^bb0(%a: tensor<4x7xf32>, %b: tensor<3x7xf32>):
    %1 = "rlx.stage"(%b, %a) ({
    ^bb0(%c: tensor<3x7xf32>, %d: tensor<4x7xf32>):
      %2 = stablehlo.dot_general %d, %c, contracting_dims = [1] x [1]
          : (tensor<4x7xf32>, tensor<3x7xf32>) -> tensor<4x3xf32>
      "rlx.yield"(%2) : (tensor<4x3xf32>) -> ()
    }) {block = "linear", mode = #rlx.mode<keep>, name = "up"}
       : (tensor<3x7xf32>, tensor<4x7xf32>) -> tensor<4x3xf32>
    %zero = stablehlo.constant dense<0.0> : tensor<f32>
    %3 = stablehlo.reduce(%1 init: %zero) applies stablehlo.add across dimensions = [1]
        : (tensor<4x3xf32>, tensor<f32>) -> tensor<4xf32>
    %4 = stablehlo.negate %3 : tensor<4xf32>
    "rlx.yield"(%4) : (tensor<4xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "layers.0"}
     : (tensor<4x7xf32>, tensor<3x7xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

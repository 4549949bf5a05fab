func.func public @main(%x: tensor<4x7xf32> {rlx.input = "x"},
    %w0: tensor<7x7xf32> {rlx.param = "layers.0.w"}, %w1: tensor<7x7xf32> {rlx.param = "layers.1.w"})
    -> (tensor<4x7xf32> {rlx.output = "y"}) {
  %0 = "rlx.stage"(%x, %w0) ({
  ^bb0(%a: tensor<4x7xf32>, %w: tensor<7x7xf32>):
    %2 = "rlx.stage"(%a, %w) ({
    ^bb0(%b: tensor<4x7xf32>, %v: tensor<7x7xf32>):
      %3 = stablehlo.dot_general %b, %v, contracting_dims = [1] x [1] : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32>
      "rlx.yield"(%3) : (tensor<4x7xf32>) -> ()
    }) {block = "linear", mode = #rlx.mode<auto>, name = "up"} : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32>
    "rlx.yield"(%2) : (tensor<4x7xf32>) -> ()
  }) {block = "layer", mode = #rlx.mode<auto>, name = "layers.0"} : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32>
  %1 = "rlx.stage"(%0, %w1) ({
  ^bb0(%a: tensor<4x7xf32>, %w: tensor<7x7xf32>):
    %2 = "rlx.stage"(%a, %w) ({
    ^bb0(%b: tensor<4x7xf32>, %v: tensor<7x7xf32>):
      %3 = stablehlo.dot_general %b, %v, contracting_dims = [1] x [1] : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32>
      "rlx.yield"(%3) : (tensor<4x7xf32>) -> ()
    }) {block = "linear", mode = #rlx.mode<auto>, name = "up"} : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32>
    "rlx.yield"(%2) : (tensor<4x7xf32>) -> ()
  }) {block = "layer", mode = #rlx.mode<auto>, name = "layers.1"} : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32>
  return %1 : tensor<4x7xf32>
}

func.func @main(%x: tensor<4xf32> {rlx.input = "x"}) -> (tensor<4xf32> {rlx.output = "y"}) {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4xf32>):
    %1 = stablehlo.exponential %a : tensor<4xf32> loc("exp")
    "rlx.yield"(%1) : (tensor<4xf32>) -> ()
  }) {block = "softmax", mode = #rlx.mode<auto>, name = "probs"} : (tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

func.func public @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = stablehlo.negate %x : tensor<4xf32>
  %1 = "rlx.stage"(%0) ({
  ^bb0(%a: tensor<4xf32>):
    %2 = stablehlo.exponential %a : tensor<4xf32> loc("exp")
    "rlx.yield"(%2) : (tensor<4xf32>) -> ()
  }) {block = "softmax", mode = #rlx.mode<auto>, name = "probs"} : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

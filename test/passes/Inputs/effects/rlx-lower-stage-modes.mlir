func.func public @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    %1 = stablehlo.tanh %a : tensor<4x7xf32>
    "rlx.yield"(%1) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<fence>, name = "ffn"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

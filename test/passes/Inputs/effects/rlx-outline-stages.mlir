func.func public @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    %1 = stablehlo.negate %a : tensor<4x7xf32>
    "rlx.yield"(%1) : (tensor<4x7xf32>) -> ()
  }) {block = "rms_norm", mode = #rlx.mode<auto>, name = "norm", params = {eps = 5.0e-01 : f64}} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

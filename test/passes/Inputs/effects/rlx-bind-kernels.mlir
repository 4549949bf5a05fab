func.func @main(%x: tensor<1x64xf32>, %w: tensor<32x64xf32> {rlx.param = "w", rlx.storage = "q8_0"}) -> tensor<1x32xf32> {
  %0 = "rlx.stage"(%x, %w) ({
  ^bb0(%a: tensor<1x64xf32>, %b: tensor<32x64xf32>):
    %1 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [1] : (tensor<1x64xf32>, tensor<32x64xf32>) -> tensor<1x32xf32>
    "rlx.yield"(%1) : (tensor<1x32xf32>) -> ()
  }) {block = "linear", mode = #rlx.mode<auto>, name = "proj", params = {out_features = 32 : i64, transposed = false}} : (tensor<1x64xf32>, tensor<32x64xf32>) -> tensor<1x32xf32>
  return %0 : tensor<1x32xf32>
}

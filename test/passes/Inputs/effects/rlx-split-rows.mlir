func.func public @main(%x: tensor<1x8xf32> {rlx.input = "x"}, %w: tensor<6x8xbf16> {rlx.param = "q.weight"}) -> tensor<1x6xf32> {
  %0 = stablehlo.convert %w : (tensor<6x8xbf16>) -> tensor<6x8xf32>
  %1 = stablehlo.dot_general %x, %0, contracting_dims = [1] x [1] : (tensor<1x8xf32>, tensor<6x8xf32>) -> tensor<1x6xf32>
  return %1 : tensor<1x6xf32>
}

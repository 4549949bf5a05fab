func.func public @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = stablehlo.composite "rlx.rms_norm" %x {composite_attributes = {eps = 5.0e-01 : f64}, decomposition = @rms_norm} : (tensor<4x7xf32>) -> tensor<4x7xf32> loc("norm")
  return %0 : tensor<4x7xf32>
}
func.func private @rms_norm(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = stablehlo.negate %x : tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

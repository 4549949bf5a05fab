// A module with a misspelt operation in line 3.
func.func @main(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = stablehlo.ad %x, %x : tensor<2xf32>
  return %y : tensor<2xf32>
}

func.func public @main(%x: tensor<4x8xf32>, %weight: tensor<8xf32>) -> tensor<4x8xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %size = stablehlo.constant dense<8.0> : tensor<4xf32>
  %eps = stablehlo.constant dense<0.5> : tensor<4xf32>
  %0 = stablehlo.multiply %x, %x : tensor<4x8xf32> loc("layers_0/norm/multiply")
  %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [1] : (tensor<4x8xf32>, tensor<f32>) -> tensor<4xf32>
  %2 = stablehlo.divide %1, %size : tensor<4xf32> loc("layers_0/norm/divide")
  %7 = stablehlo.add %2, %eps : tensor<4xf32> loc("layers_0/norm/add")
  %8 = stablehlo.rsqrt %7 : tensor<4xf32> loc("layers_0/norm/rsqrt")
  %9 = stablehlo.broadcast_in_dim %8, dims = [0] : (tensor<4xf32>) -> tensor<4x8xf32> loc("layers_0/norm/broadcast_in_dim")
  %10 = stablehlo.multiply %x, %9 : tensor<4x8xf32> loc("layers_0/norm/multiply")
  %11 = stablehlo.broadcast_in_dim %weight, dims = [1] : (tensor<8xf32>) -> tensor<4x8xf32> loc("layers_0/norm/broadcast_in_dim")
  %12 = stablehlo.multiply %10, %11 : tensor<4x8xf32> loc("layers_0/norm/mul")
  return %12 : tensor<4x8xf32>
}

// A hand-written module runs; its arguments are called arg0, arg1 and its results out0, out1.
// RUN: %python -c "import numpy as n; n.save(r'%t.x.npy', n.arange(3, dtype='f4')); n.save(r'%t.y.npy', n.full(3, 2, 'f4'))"
// RUN: rlxflow run %s --input arg0=%t.x.npy --input arg1=%t.y.npy | %filecheck

// CHECK: out0: f32[3] min -2 max 0 mean -1 [-2, -1, 0]
// CHECK: out1: f32[3] min 0 max 4 mean 2 [0, 2, 4]
func.func @main(%x: tensor<3xf32>, %y: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
  %difference = stablehlo.subtract %x, %y : tensor<3xf32>
  %product = stablehlo.multiply %x, %y : tensor<3xf32>
  return %difference, %product : tensor<3xf32>, tensor<3xf32>
}

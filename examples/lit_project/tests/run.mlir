// Property: what XLA computes is right, and the same as StableHLO's reference interpreter says
// for other numbers.

// RUN: rlxflow-run %s --fill iota | %filecheck
// RUN: rlxflow-run %s --fill random:7 --witness interpreter --tolerance 1e-5 | %filecheck --check-prefix=WITNESS

// CHECK:   sums: f32[3] {{.*}} {{\[}}0.5, 1.83333, 3.16667]
// CHECK:   squares: f32[3] {{.*}} {{\[}}0.25, 3.36111, 10.0278]
// WITNESS: sums: max error
// WITNESS: squares: max error
func.func @main(%x: tensor<3x4xf32>) -> (tensor<3xf32> {rlx.output = "sums"}, tensor<3xf32> {rlx.output = "squares"}) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %sums = stablehlo.reduce(%x init: %zero) applies stablehlo.add across dimensions = [1]
        : (tensor<3x4xf32>, tensor<f32>) -> tensor<3xf32>
  %squares = stablehlo.multiply %sums, %sums : tensor<3xf32>
  return %sums, %squares : tensor<3xf32>, tensor<3xf32>
}

// Property: composites are opened into the functions that hold their bodies.

// RUN: rlxflow-opt %s --rlx-composite-to-call | %filecheck

func.func @main(%x: tensor<5x7xf32>) -> tensor<5x7xf32> {
  %0 = stablehlo.composite "rlx.squash" %x {decomposition = @squash}
     : (tensor<5x7xf32>) -> tensor<5x7xf32>
  return %0 : tensor<5x7xf32>
}

func.func private @squash(%a: tensor<5x7xf32>) -> tensor<5x7xf32> {
  %0 = stablehlo.multiply %a, %a : tensor<5x7xf32>
  %1 = stablehlo.tanh %0 : tensor<5x7xf32>
  return %1 : tensor<5x7xf32>
}

// NOTE: made by rlxflow-update-checks from what the RUN lines print; run it again to change it.
// CHECK-LABEL:   func.func @main(
// CHECK-SAME:     %[[ARG:[^:]+]]: tensor<5x7xf32>) -> tensor<5x7xf32> {
// CHECK:          %[[SQUASH:.+]] = call @squash(%[[ARG]]) : (tensor<5x7xf32>) -> tensor<5x7xf32>
// CHECK:          return %[[SQUASH]] : tensor<5x7xf32>
// CHECK-LABEL:   func.func private @squash(
// CHECK-SAME:     %[[ARG:[^:]+]]: tensor<5x7xf32>) -> tensor<5x7xf32> {
// CHECK:          %[[SQUARE:.+]] = stablehlo.multiply %[[ARG]], %[[ARG]] : tensor<5x7xf32>
// CHECK:          %[[TANH:.+]] = stablehlo.tanh %[[SQUARE]] : tensor<5x7xf32>
// CHECK:          return %[[TANH]] : tensor<5x7xf32>

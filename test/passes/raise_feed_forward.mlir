// Property: activations are told by their values, products by the weight, and both by their order make a
// feed-forward that holds them; a gate without a product behind it is a `glu`.

// RUN: rlxflow-opt %s --split-input-file | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages | %filecheck
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages --rlx-raise-stages | %filecheck
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages=report=- 2>&1 | %filecheck --check-prefix=WHY

// BEFORE-COUNT-8: stablehlo.dot_general
// BEFORE-NOT: "rlx.stage"

// SwiGLU with a silu as x / (1 + exp(-x)), weights [out, in] and [in, out], a bias behind the last.
// CHECK-LABEL: @swiglu
// CHECK-SAME:  (%[[X:[^:]+]]: tensor<5x4xf32>, %[[G:[^:]+]]: tensor<6x4xf32>, %[[U:[^:]+]]: tensor<6x4xf32>, %[[D:[^:]+]]: tensor<6x4xf32>, %[[B:[^:]+]]: tensor<4xf32>)
// CHECK-NEXT:  %[[Y:.+]] = "rlx.stage"(%[[X]], %[[G]], %[[U]], %[[D]], %[[B]]) ({
// CHECK-NEXT:    ^bb0(%[[XI:.+]]: tensor<5x4xf32>, %[[GI:.+]]: tensor<6x4xf32>, %[[UI:.+]]: tensor<6x4xf32>, %[[DI:.+]]: tensor<6x4xf32>, %[[BI:.+]]: tensor<4xf32>):
// CHECK-NEXT:    %[[GATE:.+]] = "rlx.stage"(%[[XI]], %[[GI]])
// CHECK:         block = "linear", mode = #rlx.mode<auto>, name = "linear", params = {in_dim = 4 : i64, out_dim = 6 : i64, transposed = false}
// CHECK-NEXT:    %[[ACT:.+]] = "rlx.stage"(%[[GATE]])
// CHECK:         block = "silu", mode = #rlx.mode<auto>, name = "silu"
// CHECK-NEXT:    %[[UP:.+]] = "rlx.stage"(%[[XI]], %[[UI]])
// CHECK:         block = "linear"
// CHECK-NEXT:    %[[GATED:.+]] = stablehlo.multiply %[[ACT]], %[[UP]]
// CHECK-NEXT:    %[[DOWN:.+]] = "rlx.stage"(%[[GATED]], %[[DI]], %[[BI]])
// CHECK:         params = {in_dim = 6 : i64, out_dim = 4 : i64, transposed = true}
// CHECK-NEXT:    "rlx.yield"(%[[DOWN]])
// CHECK-NEXT:  block = "mlp", mode = #rlx.mode<auto>, name = "mlp_0", params = {activation = "silu", bias = true, intermediate_size = 6 : i64, transposed = true}
// CHECK-NEXT:  return %[[Y]]
module {
func.func @swiglu(%x: tensor<5x4xf32>, %g: tensor<6x4xf32>, %u: tensor<6x4xf32>,
    %d: tensor<6x4xf32>, %b: tensor<4xf32>) -> tensor<5x4xf32> {
  %one = stablehlo.constant dense<1.0> : tensor<5x6xf32>
  %0 = stablehlo.transpose %g, dims = [1, 0] : (tensor<6x4xf32>) -> tensor<4x6xf32>
  %1 = stablehlo.dot_general %x, %0, contracting_dims = [1] x [0]
      : (tensor<5x4xf32>, tensor<4x6xf32>) -> tensor<5x6xf32>
  %2 = stablehlo.negate %1 : tensor<5x6xf32>
  %3 = stablehlo.exponential %2 : tensor<5x6xf32>
  %4 = stablehlo.add %3, %one : tensor<5x6xf32>
  %5 = stablehlo.divide %1, %4 : tensor<5x6xf32>
  %6 = stablehlo.dot_general %x, %u, contracting_dims = [1] x [1]
      : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %7 = stablehlo.multiply %5, %6 : tensor<5x6xf32>
  %8 = stablehlo.dot_general %7, %d, contracting_dims = [1] x [0]
      : (tensor<5x6xf32>, tensor<6x4xf32>) -> tensor<5x4xf32>
  %9 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<4xf32>) -> tensor<5x4xf32>
  %10 = stablehlo.add %8, %9 : tensor<5x4xf32>
  return %10 : tensor<5x4xf32>
}
}

// -----

// Halves of one product for gate and up; the erf GELU by erfc.
// CHECK-LABEL: @halves
// CHECK:       block = "linear"
// CHECK:       block = "gelu"
// CHECK:       block = "linear"
// CHECK:       block = "mlp", mode = #rlx.mode<auto>, name = "mlp_0", params = {activation = "gelu", bias = false, intermediate_size = 3 : i64, transposed = false}
module {
func.func @halves(%x: tensor<5x4xf32>, %w: tensor<6x4xf32>, %d: tensor<4x3xf32>)
    -> tensor<5x4xf32> {
  %half = stablehlo.constant dense<0.5> : tensor<5x3xf32>
  %root = stablehlo.constant dense<0.707106769> : tensor<5x3xf32>
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [1]
      : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %1 = stablehlo.slice %0 [0:5, 0:3] : (tensor<5x6xf32>) -> tensor<5x3xf32>
  %2 = stablehlo.slice %0 [0:5, 3:6] : (tensor<5x6xf32>) -> tensor<5x3xf32>
  %3 = stablehlo.negate %1 : tensor<5x3xf32>
  %4 = stablehlo.multiply %3, %root : tensor<5x3xf32>
  %5 = chlo.erfc %4 : tensor<5x3xf32> -> tensor<5x3xf32>
  %6 = stablehlo.multiply %half, %1 : tensor<5x3xf32>
  %7 = stablehlo.multiply %6, %5 : tensor<5x3xf32>
  %8 = stablehlo.multiply %2, %7 : tensor<5x3xf32>
  %9 = stablehlo.dot_general %8, %d, contracting_dims = [1] x [1]
      : (tensor<5x3xf32>, tensor<4x3xf32>) -> tensor<5x4xf32>
  return %9 : tensor<5x4xf32>
}
}

// -----

// CHECK-LABEL: @glu
// CHECK:       %[[ACT:.+]] = "rlx.stage"(%[[GATE:.+]]) ({
// CHECK:       block = "glu", mode = #rlx.mode<auto>, name = "glu_0", params = {activation = "quick_gelu"}
module {
func.func @glu(%x: tensor<5x4xf32>, %g: tensor<6x4xf32>, %u: tensor<6x4xf32>) -> tensor<5x6xf32> {
  %a = stablehlo.constant dense<1.702> : tensor<5x6xf32>
  %0 = stablehlo.dot_general %x, %g, contracting_dims = [1] x [1]
      : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %1 = stablehlo.dot_general %x, %u, contracting_dims = [1] x [1]
      : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %2 = stablehlo.multiply %0, %a : tensor<5x6xf32>
  %3 = stablehlo.logistic %2 : tensor<5x6xf32>
  %4 = stablehlo.multiply %3, %0 : tensor<5x6xf32>
  %5 = stablehlo.multiply %4, %1 : tensor<5x6xf32>
  return %5 : tensor<5x6xf32>
}
}

// -----

// x tanh(x) is none of the activations.
// WHY: activation {{.+}}: a function of one value with `tanh` is none of the known activations
// CHECK-LABEL: @others
// CHECK:     block = "linear"
// CHECK-NOT: "rlx.stage"
module {
func.func @others(%x: tensor<5x4xf32>, %g: tensor<6x4xf32>) -> tensor<5x6xf32> {
  %0 = stablehlo.dot_general %x, %g, contracting_dims = [1] x [1]
      : (tensor<5x4xf32>, tensor<6x4xf32>) -> tensor<5x6xf32>
  %1 = stablehlo.tanh %0 : tensor<5x6xf32>
  %2 = stablehlo.multiply %1, %0 : tensor<5x6xf32>
  return %2 : tensor<5x6xf32>
}
}

// Property: scores, softmax and the mean of values become one stage that takes queries, keys, values and
// the mask or bias; heads that are repeated or grouped are taken as they were; what only looks so stays.

// RUN: rlxflow-opt %s --split-input-file | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages=blocks=attention | %filecheck
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages=blocks=attention --rlx-raise-stages=blocks=attention | %filecheck
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages='blocks=attention report=-' 2>&1 | %filecheck --check-prefix=WHY

// BEFORE-COUNT-5: stablehlo.exponential
// BEFORE-NOT: "rlx.stage"

// Keys and values are repeated for 3 queries' heads each; scores are scaled, capped and masked.
// CHECK-LABEL: @repeated_heads
// CHECK-SAME:  (%[[V:[^:]+]]: tensor<2x5x2x4xf32>, %[[M:[^:]+]]: tensor<7x5xi1>, %[[K:[^:]+]]: tensor<2x5x2x4xf32>, %[[Q:[^:]+]]: tensor<2x7x6x4xf32>)
// CHECK:       %[[MB:.+]] = stablehlo.broadcast_in_dim %[[M]], dims = [2, 3]
// CHECK-NEXT:  %[[Y:.+]] = "rlx.stage"(%[[Q]], %[[K]], %[[V]], %[[MB]]) ({
// CHECK:         "rlx.yield"(%{{.+}}) : (tensor<2x7x6x4xf32>)
// CHECK-NEXT:  block = "attention", mode = #rlx.mode<auto>, name = "attention_0", params = {head_dim = 4 : i64, layout = "bthe,bshe,bshe->bthe", num_attention_heads = 6 : i64, num_key_value_heads = 2 : i64, scale = 2.500000e-01 : f64, softcap = 3.000000e+00 : f64}
// CHECK-NEXT:  return %[[Y]]
module {
func.func @repeated_heads(%v: tensor<2x5x2x4xf32>, %mask: tensor<7x5xi1>, %k: tensor<2x5x2x4xf32>,
    %q: tensor<2x7x6x4xf32>) -> tensor<2x7x6x4xf32> {
  %low = stablehlo.constant dense<-1.0e9> : tensor<2x6x7x5xf32>
  %cap = stablehlo.constant dense<3.0> : tensor<2x6x7x5xf32>
  %inf = stablehlo.constant dense<0xFF800000> : tensor<f32>
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %four = stablehlo.constant dense<4.0> : tensor<2x7x6x4xf32>
  %0 = stablehlo.broadcast_in_dim %k, dims = [0, 1, 2, 4] : (tensor<2x5x2x4xf32>) -> tensor<2x5x2x3x4xf32>
  %1 = stablehlo.reshape %0 : (tensor<2x5x2x3x4xf32>) -> tensor<2x5x6x4xf32>
  %2 = stablehlo.broadcast_in_dim %v, dims = [0, 1, 2, 4] : (tensor<2x5x2x4xf32>) -> tensor<2x5x2x3x4xf32>
  %3 = stablehlo.reshape %2 : (tensor<2x5x2x3x4xf32>) -> tensor<2x5x6x4xf32>
  %4 = stablehlo.divide %q, %four : tensor<2x7x6x4xf32>
  %5 = stablehlo.dot_general %4, %1, batching_dims = [0, 2] x [0, 2], contracting_dims = [3] x [3]
      : (tensor<2x7x6x4xf32>, tensor<2x5x6x4xf32>) -> tensor<2x6x7x5xf32>
  %6 = stablehlo.divide %5, %cap : tensor<2x6x7x5xf32>
  %7 = stablehlo.tanh %6 : tensor<2x6x7x5xf32>
  %8 = stablehlo.multiply %7, %cap : tensor<2x6x7x5xf32>
  %9 = stablehlo.broadcast_in_dim %mask, dims = [2, 3] : (tensor<7x5xi1>) -> tensor<2x6x7x5xi1>
  %10 = stablehlo.select %9, %8, %low : tensor<2x6x7x5xi1>, tensor<2x6x7x5xf32>
  %11 = stablehlo.reduce(%10 init: %inf) applies stablehlo.maximum across dimensions = [3]
      : (tensor<2x6x7x5xf32>, tensor<f32>) -> tensor<2x6x7xf32>
  %12 = stablehlo.broadcast_in_dim %11, dims = [0, 1, 2] : (tensor<2x6x7xf32>) -> tensor<2x6x7x5xf32>
  %13 = stablehlo.subtract %10, %12 : tensor<2x6x7x5xf32>
  %14 = stablehlo.exponential %13 : tensor<2x6x7x5xf32>
  %15 = stablehlo.reduce(%14 init: %zero) applies stablehlo.add across dimensions = [3]
      : (tensor<2x6x7x5xf32>, tensor<f32>) -> tensor<2x6x7xf32>
  %16 = stablehlo.broadcast_in_dim %15, dims = [0, 1, 2] : (tensor<2x6x7xf32>) -> tensor<2x6x7x5xf32>
  %17 = stablehlo.divide %14, %16 : tensor<2x6x7x5xf32>
  %18 = stablehlo.dot_general %17, %3, batching_dims = [0, 1] x [0, 2], contracting_dims = [3] x [1]
      : (tensor<2x6x7x5xf32>, tensor<2x5x6x4xf32>) -> tensor<2x6x7x4xf32>
  %19 = stablehlo.transpose %18, dims = [0, 2, 1, 3] : (tensor<2x6x7x4xf32>) -> tensor<2x7x6x4xf32>
  return %19 : tensor<2x7x6x4xf32>
}
}

// -----

// Values stand on the left, a bias is added, no maximum is taken off, keys are transposed.
// CHECK-LABEL: @other_order
// CHECK-SAME:  (%[[Q:[^:]+]]: tensor<3x7x4xf32>, %[[K:[^:]+]]: tensor<3x5x4xf32>, %[[V:[^:]+]]: tensor<3x5x4xf32>, %[[B:[^:]+]]: tensor<3x7x5xf32>)
// CHECK:       %[[Y:.+]] = "rlx.stage"(%[[Q]], %[[K]], %[[V]], %[[B]]) ({
// CHECK:       layout = "hte,hse,hse->hte", num_attention_heads = 3 : i64, num_key_value_heads = 3 : i64, scale = 1.000000e+00 : f64}
// CHECK-NEXT:  return %[[Y]]
module {
func.func @other_order(%q: tensor<3x7x4xf32>, %k: tensor<3x5x4xf32>, %v: tensor<3x5x4xf32>,
    %bias: tensor<3x7x5xf32>) -> tensor<3x7x4xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %0 = stablehlo.transpose %k, dims = [0, 2, 1] : (tensor<3x5x4xf32>) -> tensor<3x4x5xf32>
  %1 = stablehlo.dot_general %q, %0, batching_dims = [0] x [0], contracting_dims = [2] x [1]
      : (tensor<3x7x4xf32>, tensor<3x4x5xf32>) -> tensor<3x7x5xf32>
  %2 = stablehlo.add %bias, %1 : tensor<3x7x5xf32>
  %3 = stablehlo.exponential %2 : tensor<3x7x5xf32>
  %4 = stablehlo.reduce(%3 init: %zero) applies stablehlo.add across dimensions = [2]
      : (tensor<3x7x5xf32>, tensor<f32>) -> tensor<3x7xf32>
  %5 = stablehlo.broadcast_in_dim %4, dims = [0, 1] : (tensor<3x7xf32>) -> tensor<3x7x5xf32>
  %6 = stablehlo.divide %3, %5 : tensor<3x7x5xf32>
  %7 = stablehlo.dot_general %v, %6, batching_dims = [0] x [0], contracting_dims = [1] x [2]
      : (tensor<3x5x4xf32>, tensor<3x7x5xf32>) -> tensor<3x4x7xf32>
  %8 = stablehlo.transpose %7, dims = [0, 2, 1] : (tensor<3x4x7xf32>) -> tensor<3x7x4xf32>
  return %8 : tensor<3x7x4xf32>
}
}

// -----

// The softmax adds up to 1 over the queries.
// WHY: attention {{.+}}: the softmax is over another axis than the values are summed over
// CHECK-LABEL: @wrong_axis
// CHECK-NOT: "rlx.stage"
module {
func.func @wrong_axis(%q: tensor<3x7x4xf32>, %k: tensor<3x7x4xf32>, %v: tensor<3x7x4xf32>)
    -> tensor<3x7x4xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %1 = stablehlo.dot_general %q, %k, batching_dims = [0] x [0], contracting_dims = [2] x [2]
      : (tensor<3x7x4xf32>, tensor<3x7x4xf32>) -> tensor<3x7x7xf32>
  %3 = stablehlo.exponential %1 : tensor<3x7x7xf32>
  %4 = stablehlo.reduce(%3 init: %zero) applies stablehlo.add across dimensions = [1]
      : (tensor<3x7x7xf32>, tensor<f32>) -> tensor<3x7xf32>
  %5 = stablehlo.broadcast_in_dim %4, dims = [0, 2] : (tensor<3x7xf32>) -> tensor<3x7x7xf32>
  %6 = stablehlo.divide %3, %5 : tensor<3x7x7xf32>
  %7 = stablehlo.dot_general %6, %v, batching_dims = [0] x [0], contracting_dims = [2] x [1]
      : (tensor<3x7x7xf32>, tensor<3x7x4xf32>) -> tensor<3x7x4xf32>
  return %7 : tensor<3x7x4xf32>
}
}

// -----

// Scores are scaled after a bias was added, which the scale of an attention does not do.
// WHY: attention {{.+}}: scores are scaled after they were masked or capped
// CHECK-LABEL: @late_scale
// CHECK-NOT: "rlx.stage"
module {
func.func @late_scale(%q: tensor<3x7x4xf32>, %k: tensor<3x5x4xf32>, %v: tensor<3x5x4xf32>,
    %bias: tensor<3x7x5xf32>) -> tensor<3x7x4xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %half = stablehlo.constant dense<0.5> : tensor<3x7x5xf32>
  %1 = stablehlo.dot_general %q, %k, batching_dims = [0] x [0], contracting_dims = [2] x [2]
      : (tensor<3x7x4xf32>, tensor<3x5x4xf32>) -> tensor<3x7x5xf32>
  %2 = stablehlo.add %1, %bias : tensor<3x7x5xf32>
  %s = stablehlo.multiply %2, %half : tensor<3x7x5xf32>
  %3 = stablehlo.exponential %s : tensor<3x7x5xf32>
  %4 = stablehlo.reduce(%3 init: %zero) applies stablehlo.add across dimensions = [2]
      : (tensor<3x7x5xf32>, tensor<f32>) -> tensor<3x7xf32>
  %5 = stablehlo.broadcast_in_dim %4, dims = [0, 1] : (tensor<3x7xf32>) -> tensor<3x7x5xf32>
  %6 = stablehlo.divide %3, %5 : tensor<3x7x5xf32>
  %7 = stablehlo.dot_general %6, %v, batching_dims = [0] x [0], contracting_dims = [2] x [1]
      : (tensor<3x7x5xf32>, tensor<3x5x4xf32>) -> tensor<3x7x4xf32>
  return %7 : tensor<3x7x4xf32>
}
}

// -----

// The weights of the mean are a result, too.
// WHY: attention {{.+}}: the result of `divide` inside is used outside as well
// CHECK-LABEL: @shown_weights
// CHECK-NOT: "rlx.stage"
module {
func.func @shown_weights(%q: tensor<3x7x4xf32>, %k: tensor<3x5x4xf32>, %v: tensor<3x5x4xf32>)
    -> (tensor<3x7x4xf32>, tensor<3x7x5xf32>) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %1 = stablehlo.dot_general %q, %k, batching_dims = [0] x [0], contracting_dims = [2] x [2]
      : (tensor<3x7x4xf32>, tensor<3x5x4xf32>) -> tensor<3x7x5xf32>
  %3 = stablehlo.exponential %1 : tensor<3x7x5xf32>
  %4 = stablehlo.reduce(%3 init: %zero) applies stablehlo.add across dimensions = [2]
      : (tensor<3x7x5xf32>, tensor<f32>) -> tensor<3x7xf32>
  %5 = stablehlo.broadcast_in_dim %4, dims = [0, 1] : (tensor<3x7xf32>) -> tensor<3x7x5xf32>
  %6 = stablehlo.divide %3, %5 : tensor<3x7x5xf32>
  %7 = stablehlo.dot_general %6, %v, batching_dims = [0] x [0], contracting_dims = [2] x [1]
      : (tensor<3x7x5xf32>, tensor<3x5x4xf32>) -> tensor<3x7x4xf32>
  return %7, %6 : tensor<3x7x4xf32>, tensor<3x7x5xf32>
}
}

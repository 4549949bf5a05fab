// Property: an RMSNorm or LayerNorm over the last axis, with a weight, becomes a stage that takes x,
// weight and bias and holds the operations as they were; norms that are none of the two stay.

// RUN: rlxflow-opt %s --split-input-file | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages | %filecheck
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages --rlx-raise-stages | %filecheck
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages='blocks=rope,mlp' | %filecheck --check-prefix=NONE
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages=report=- 2>&1 | %filecheck --check-prefix=WHY

// BEFORE-COUNT-9: stablehlo.{{rsqrt|sqrt|power}}
// BEFORE-NOT: "rlx.stage"
// NONE-COUNT-9: stablehlo.{{rsqrt|sqrt|power}}
// NONE-NOT: "rlx.stage"

// A product with the reciprocal root; the weight plus an offset.
// WHY: raised 1 stages
// WHY-NEXT: rms_norm 1 rms_norm_0
// CHECK-LABEL: @rms_norm
// CHECK-SAME:  (%[[W:[^:]+]]: tensor<7xf32>, %[[X:[^:]+]]: tensor<3x7xf32>)
// CHECK-NEXT:  %[[Y:.+]] = "rlx.stage"(%[[X]], %[[W]]) ({
// CHECK-NEXT:    ^bb0(%[[XI:.+]]: tensor<3x7xf32>, %[[WI:.+]]: tensor<7xf32>):
// CHECK:         %[[SQUARE:.+]] = stablehlo.multiply %[[XI]], %[[XI]]
// CHECK:         %[[SUM:.+]] = stablehlo.reduce(%[[SQUARE]] init: %{{.+}}) applies stablehlo.add across dimensions = [1]
// CHECK:         %[[MEAN:.+]] = stablehlo.divide %[[SUM]],
// CHECK:         %[[SHIFTED:.+]] = stablehlo.add %[[MEAN]],
// CHECK:         %[[R:.+]] = stablehlo.rsqrt %[[SHIFTED]]
// CHECK:         %[[RB:.+]] = stablehlo.broadcast_in_dim %[[R]], dims = [0]
// CHECK:         %[[N:.+]] = stablehlo.multiply %[[XI]], %[[RB]]
// CHECK:         %[[WO:.+]] = stablehlo.add %[[WI]],
// CHECK:         %[[WB:.+]] = stablehlo.broadcast_in_dim %[[WO]], dims = [1]
// CHECK:         %[[OUT:.+]] = stablehlo.multiply %[[N]], %[[WB]]
// CHECK-NEXT:    "rlx.yield"(%[[OUT]])
// CHECK-NEXT:  block = "rms_norm", mode = #rlx.mode<auto>, name = "rms_norm_0", params = {eps = 5.000000e-01 : f64, offset = 1.000000e+00 : f64}
// CHECK-NEXT:  return %[[Y]]
module {
func.func @rms_norm(%w: tensor<7xf32>, %x: tensor<3x7xf32>) -> tensor<3x7xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %n = stablehlo.constant dense<7.0> : tensor<3xf32>
  %eps = stablehlo.constant dense<0.5> : tensor<3xf32>
  %one = stablehlo.constant dense<1.0> : tensor<7xf32>
  %0 = stablehlo.multiply %x, %x : tensor<3x7xf32>
  %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [1]
      : (tensor<3x7xf32>, tensor<f32>) -> tensor<3xf32>
  %2 = stablehlo.divide %1, %n : tensor<3xf32>
  %3 = stablehlo.add %2, %eps : tensor<3xf32>
  %4 = stablehlo.rsqrt %3 : tensor<3xf32>
  %5 = stablehlo.broadcast_in_dim %4, dims = [0] : (tensor<3xf32>) -> tensor<3x7xf32>
  %6 = stablehlo.multiply %x, %5 : tensor<3x7xf32>
  %7 = stablehlo.add %w, %one : tensor<7xf32>
  %8 = stablehlo.broadcast_in_dim %7, dims = [1] : (tensor<7xf32>) -> tensor<3x7xf32>
  %9 = stablehlo.multiply %6, %8 : tensor<3x7xf32>
  return %9 : tensor<3x7xf32>
}
}

// -----

// A quotient by the root, a mean by a product, the weight as a factor of the root (flax), conversions
// inside, and a constant that something else uses.
// CHECK-LABEL: @layer_norm
// CHECK-SAME:  (%[[X:[^:]+]]: tensor<3x7xbf16>, %[[W:[^:]+]]: tensor<7xf32>, %[[B:[^:]+]]: tensor<7xf32>)
// CHECK:       %[[Y:.+]] = "rlx.stage"(%[[X]], %[[W]], %[[B]]) ({
// CHECK:         "rlx.yield"(%[[OUT:.+]]) : (tensor<3x7xbf16>)
// CHECK-NEXT:  block = "layer_norm", mode = #rlx.mode<auto>, name = "layer_norm_0", params = {eps = 2.500000e-01 : f64}
// CHECK:       return %[[Y]], %{{.+}} : tensor<3x7xbf16>, tensor<f32>
module {
func.func @layer_norm(%x: tensor<3x7xbf16>, %w: tensor<7xf32>, %b: tensor<7xf32>)
    -> (tensor<3x7xbf16>, tensor<f32>) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %inverse = stablehlo.constant dense<0.142857149> : tensor<3x1xf32>
  %eps = stablehlo.constant dense<0.25> : tensor<3x1xf32>
  %half = stablehlo.constant dense<-0.5> : tensor<3x1xf32>
  %f = stablehlo.convert %x : (tensor<3x7xbf16>) -> tensor<3x7xf32>
  %1 = stablehlo.reduce(%f init: %zero) applies stablehlo.add across dimensions = [1]
      : (tensor<3x7xf32>, tensor<f32>) -> tensor<3xf32>
  %2 = stablehlo.reshape %1 : (tensor<3xf32>) -> tensor<3x1xf32>
  %3 = stablehlo.multiply %inverse, %2 : tensor<3x1xf32>
  %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1] : (tensor<3x1xf32>) -> tensor<3x7xf32>
  %5 = stablehlo.subtract %f, %4 : tensor<3x7xf32>
  %6 = stablehlo.multiply %5, %5 : tensor<3x7xf32>
  %7 = stablehlo.reduce(%6 init: %zero) applies stablehlo.add across dimensions = [1]
      : (tensor<3x7xf32>, tensor<f32>) -> tensor<3xf32>
  %8 = stablehlo.reshape %7 : (tensor<3xf32>) -> tensor<3x1xf32>
  %9 = stablehlo.multiply %8, %inverse : tensor<3x1xf32>
  %10 = stablehlo.add %eps, %9 : tensor<3x1xf32>
  %11 = stablehlo.power %10, %half : tensor<3x1xf32>
  %12 = stablehlo.broadcast_in_dim %11, dims = [0, 1] : (tensor<3x1xf32>) -> tensor<3x7xf32>
  %13 = stablehlo.broadcast_in_dim %w, dims = [1] : (tensor<7xf32>) -> tensor<3x7xf32>
  %14 = stablehlo.multiply %13, %12 : tensor<3x7xf32>
  %15 = stablehlo.multiply %14, %5 : tensor<3x7xf32>
  %16 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<7xf32>) -> tensor<3x7xf32>
  %17 = stablehlo.add %16, %15 : tensor<3x7xf32>
  %18 = stablehlo.convert %17 : (tensor<3x7xf32>) -> tensor<3x7xbf16>
  return %18, %zero : tensor<3x7xbf16>, tensor<f32>
}
}

// -----

// WHY: norm {{.+}}: the mean is taken over axes (0,), not over the last alone
// CHECK-LABEL: @wrong_axis
// CHECK-NOT: "rlx.stage"
module {
func.func @wrong_axis(%x: tensor<7x7xf32>, %w: tensor<7xf32>) -> tensor<7x7xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %n = stablehlo.constant dense<7.0> : tensor<7xf32>
  %0 = stablehlo.multiply %x, %x : tensor<7x7xf32>
  %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [0]
      : (tensor<7x7xf32>, tensor<f32>) -> tensor<7xf32>
  %2 = stablehlo.divide %1, %n : tensor<7xf32>
  %3 = stablehlo.rsqrt %2 : tensor<7xf32>
  %4 = stablehlo.broadcast_in_dim %3, dims = [1] : (tensor<7xf32>) -> tensor<7x7xf32>
  %5 = stablehlo.multiply %x, %4 : tensor<7x7xf32>
  %6 = stablehlo.broadcast_in_dim %w, dims = [1] : (tensor<7xf32>) -> tensor<7x7xf32>
  %7 = stablehlo.multiply %5, %6 : tensor<7x7xf32>
  return %7 : tensor<7x7xf32>
}
}

// -----

// The mean over rows is spread along columns: sizes agree, axes do not.
// WHY: norm {{.+}}: what is scaled is not what the mean of squares was taken of
// CHECK-LABEL: @wrong_spread
// CHECK-NOT: "rlx.stage"
module {
func.func @wrong_spread(%x: tensor<7x7xf32>, %w: tensor<7xf32>) -> tensor<7x7xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %n = stablehlo.constant dense<7.0> : tensor<7xf32>
  %0 = stablehlo.multiply %x, %x : tensor<7x7xf32>
  %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [1]
      : (tensor<7x7xf32>, tensor<f32>) -> tensor<7xf32>
  %2 = stablehlo.divide %1, %n : tensor<7xf32>
  %3 = stablehlo.rsqrt %2 : tensor<7xf32>
  %4 = stablehlo.broadcast_in_dim %3, dims = [1] : (tensor<7xf32>) -> tensor<7x7xf32>
  %5 = stablehlo.multiply %x, %4 : tensor<7x7xf32>
  %6 = stablehlo.broadcast_in_dim %w, dims = [1] : (tensor<7xf32>) -> tensor<7x7xf32>
  %7 = stablehlo.multiply %5, %6 : tensor<7x7xf32>
  return %7 : tensor<7x7xf32>
}
}

// -----

// WHY: norm {{.+}}: eps is added to the root, not to what the root is taken of
// CHECK-LABEL: @eps_outside
// CHECK-NOT: "rlx.stage"
module {
func.func @eps_outside(%x: tensor<3x7xf32>, %w: tensor<7xf32>) -> tensor<3x7xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %n = stablehlo.constant dense<7.0> : tensor<3xf32>
  %eps = stablehlo.constant dense<0.5> : tensor<3xf32>
  %0 = stablehlo.multiply %x, %x : tensor<3x7xf32>
  %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [1]
      : (tensor<3x7xf32>, tensor<f32>) -> tensor<3xf32>
  %2 = stablehlo.divide %1, %n : tensor<3xf32>
  %3 = stablehlo.sqrt %2 : tensor<3xf32>
  %4 = stablehlo.add %3, %eps : tensor<3xf32>
  %5 = stablehlo.broadcast_in_dim %4, dims = [0] : (tensor<3xf32>) -> tensor<3x7xf32>
  %6 = stablehlo.divide %x, %5 : tensor<3x7xf32>
  %7 = stablehlo.broadcast_in_dim %w, dims = [1] : (tensor<7xf32>) -> tensor<3x7xf32>
  %8 = stablehlo.multiply %6, %7 : tensor<3x7xf32>
  return %8 : tensor<3x7xf32>
}
}

// -----

// WHY: norm {{.+}}: there is no weight of one axis
// CHECK-LABEL: @no_weight
// CHECK-NOT: "rlx.stage"
module {
func.func @no_weight(%x: tensor<3x7xf32>) -> tensor<3x7xf32> {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %n = stablehlo.constant dense<7.0> : tensor<3xf32>
  %0 = stablehlo.multiply %x, %x : tensor<3x7xf32>
  %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [1]
      : (tensor<3x7xf32>, tensor<f32>) -> tensor<3xf32>
  %2 = stablehlo.divide %1, %n : tensor<3xf32>
  %3 = stablehlo.rsqrt %2 : tensor<3xf32>
  %4 = stablehlo.broadcast_in_dim %3, dims = [0] : (tensor<3xf32>) -> tensor<3x7xf32>
  %5 = stablehlo.multiply %x, %4 : tensor<3x7xf32>
  return %5 : tensor<3x7xf32>
}
}

// -----

// A sum, not a mean; another value than that of the squares; a reciprocal that is used twice.
// WHY: norm {{.+}}: a sum of 7 terms is divided by another number, not a mean
// WHY: norm {{.+}}: what is scaled is not what the mean of squares was taken of
// WHY: norm {{.+}}: the root does not go into one product
// CHECK-LABEL: @others
// CHECK-NOT: "rlx.stage"
module {
func.func @others(%x: tensor<3x7xf32>, %y: tensor<3x7xf32>, %w: tensor<7xf32>)
    -> (tensor<3x7xf32>, tensor<3x7xf32>, tensor<3x7xf32>, tensor<3xf32>) {
  %zero = stablehlo.constant dense<0.0> : tensor<f32>
  %six = stablehlo.constant dense<6.0> : tensor<3xf32>
  %seven = stablehlo.constant dense<7.0> : tensor<3xf32>
  %0 = stablehlo.multiply %x, %x : tensor<3x7xf32>
  %1 = stablehlo.reduce(%0 init: %zero) applies stablehlo.add across dimensions = [1]
      : (tensor<3x7xf32>, tensor<f32>) -> tensor<3xf32>
  %w2 = stablehlo.broadcast_in_dim %w, dims = [1] : (tensor<7xf32>) -> tensor<3x7xf32>
  %2 = stablehlo.divide %1, %six : tensor<3xf32>
  %3 = stablehlo.rsqrt %2 : tensor<3xf32>
  %4 = stablehlo.broadcast_in_dim %3, dims = [0] : (tensor<3xf32>) -> tensor<3x7xf32>
  %5 = stablehlo.multiply %x, %4 : tensor<3x7xf32>
  %6 = stablehlo.multiply %5, %w2 : tensor<3x7xf32>
  %7 = stablehlo.divide %1, %seven : tensor<3xf32>
  %8 = stablehlo.rsqrt %7 : tensor<3xf32>
  %9 = stablehlo.broadcast_in_dim %8, dims = [0] : (tensor<3xf32>) -> tensor<3x7xf32>
  %10 = stablehlo.multiply %y, %9 : tensor<3x7xf32>
  %11 = stablehlo.multiply %10, %w2 : tensor<3x7xf32>
  %12 = stablehlo.rsqrt %7 : tensor<3xf32>
  %13 = stablehlo.broadcast_in_dim %12, dims = [0] : (tensor<3xf32>) -> tensor<3x7xf32>
  %14 = stablehlo.multiply %x, %13 : tensor<3x7xf32>
  %15 = stablehlo.multiply %14, %w2 : tensor<3x7xf32>
  return %6, %11, %15, %12 : tensor<3x7xf32>, tensor<3x7xf32>, tensor<3x7xf32>, tensor<3xf32>
}
}

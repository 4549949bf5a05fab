// Property: a few rows of f32 by bf16 weights become rows of bf16, three for each, and one row of bf16
// gets a second one; more rows, weights of f32 or f16, and weights that are paired off stay.

// RUN: rlxflow-opt %s --split-input-file --rlx-split-rows | %filecheck
// RUN: rlxflow-opt %s --split-input-file --rlx-split-rows --rlx-split-rows | %filecheck
// RUN: rlxflow-opt %s --split-input-file --rlx-split-rows="rows=1" | %filecheck --check-prefix=ONE

// The pieces are rounded by an operation that XLA keeps; the smallest sums are added first.
// CHECK-LABEL: @three_rows_of_f32
// CHECK-SAME:  %[[X:.+]]: tensor<1x3x8xf32>, %[[W:.+]]: tensor<8x6xbf16>
// CHECK-NEXT:  %[[FLAT:.+]] = stablehlo.reshape %[[X]] : (tensor<1x3x8xf32>) -> tensor<3x8xf32>
// CHECK-NEXT:  %[[HIGH:.+]] = stablehlo.reduce_precision %[[FLAT]], format = e8m7
// CHECK:       %[[FINITE:.+]] = stablehlo.is_finite %[[HIGH]]
// CHECK-NEXT:  %[[LEFT:.+]] = stablehlo.subtract %[[FLAT]], %[[HIGH]]
// CHECK-NEXT:  %[[REST:.+]] = stablehlo.select %[[FINITE]], %[[LEFT]]
// CHECK-NEXT:  %[[MIDDLE:.+]] = stablehlo.reduce_precision %[[REST]], format = e8m7
// CHECK-NEXT:  %[[LOW:.+]] = stablehlo.subtract %[[REST]], %[[MIDDLE]]
// CHECK-NEXT:  %[[H:.+]] = stablehlo.convert %[[HIGH]]
// CHECK-NEXT:  %[[M:.+]] = stablehlo.convert %[[MIDDLE]]
// CHECK-NEXT:  %[[L:.+]] = stablehlo.convert %[[LOW]]
// CHECK-NEXT:  %[[ROWS:.+]] = stablehlo.concatenate %[[H]], %[[M]], %[[L]], dim = 0 : {{.+}} -> tensor<9x8xbf16>
// CHECK-NEXT:  %[[DOT:.+]] = stablehlo.dot_general %[[ROWS]], %[[W]], contracting_dims = [1] x [0] : {{.+}} -> tensor<9x6xf32>
// CHECK-NEXT:  %[[YH:.+]] = stablehlo.slice %[[DOT]] [0:3, 0:6]
// CHECK-NEXT:  %[[YM:.+]] = stablehlo.slice %[[DOT]] [3:6, 0:6]
// CHECK-NEXT:  %[[YL:.+]] = stablehlo.slice %[[DOT]] [6:9, 0:6]
// CHECK-NEXT:  %[[SMALL:.+]] = stablehlo.add %[[YM]], %[[YL]]
// CHECK-NEXT:  %[[ALL:.+]] = stablehlo.add %[[YH]], %[[SMALL]]
// CHECK-NEXT:  %[[Y:.+]] = stablehlo.reshape %[[ALL]] : (tensor<3x6xf32>) -> tensor<1x3x6xf32>
// CHECK-NEXT:  return %[[Y]]
// ONE-LABEL: @three_rows_of_f32
// ONE-NOT:   reduce_precision
// ONE:       stablehlo.dot_general %{{.+}}, %{{.+}}, contracting_dims = [2] x [0] : (tensor<1x3x8xf32>, tensor<8x6xf32>)
func.func public @three_rows_of_f32(%x: tensor<1x3x8xf32>, %w: tensor<8x6xbf16>) -> tensor<1x3x6xf32> {
  %0 = stablehlo.convert %w : (tensor<8x6xbf16>) -> tensor<8x6xf32>
  %1 = stablehlo.dot_general %x, %0, contracting_dims = [2] x [0] : (tensor<1x3x8xf32>, tensor<8x6xf32>) -> tensor<1x3x6xf32>
  return %1 : tensor<1x3x6xf32>
}

// -----

// CHECK-LABEL: @one_row_of_bf16
// CHECK-SAME:  %[[X:.+]]: tensor<1x8xbf16>, %[[W:.+]]: tensor<6x8xbf16>
// CHECK-NEXT:  %[[FLAT:.+]] = stablehlo.reshape %[[X]]
// CHECK-NEXT:  %[[ZEROS:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<1x8xbf16>
// CHECK-NEXT:  %[[ROWS:.+]] = stablehlo.concatenate %[[FLAT]], %[[ZEROS]], dim = 0
// CHECK-NEXT:  %[[DOT:.+]] = stablehlo.dot_general %[[ROWS]], %[[W]], contracting_dims = [1] x [1] : (tensor<2x8xbf16>, tensor<6x8xbf16>) -> tensor<2x6xf32>
// CHECK-NEXT:  %[[FIRST:.+]] = stablehlo.slice %[[DOT]] [0:1, 0:6]
// CHECK-NEXT:  %[[SHAPED:.+]] = stablehlo.reshape %[[FIRST]]
// CHECK-NEXT:  %[[Y:.+]] = stablehlo.convert %[[SHAPED]] : (tensor<1x6xf32>) -> tensor<1x6xbf16>
// CHECK-NEXT:  return %[[Y]]
func.func public @one_row_of_bf16(%x: tensor<1x8xbf16>, %w: tensor<6x8xbf16>) -> tensor<1x6xbf16> {
  %0 = stablehlo.dot_general %x, %w, contracting_dims = [1] x [1] : (tensor<1x8xbf16>, tensor<6x8xbf16>) -> tensor<1x6xbf16>
  return %0 : tensor<1x6xbf16>
}

// -----

// CHECK-LABEL: @left_alone
// CHECK-NOT:   reduce_precision
// CHECK-NOT:   concatenate
// CHECK-COUNT-5: stablehlo.dot_general
func.func public @left_alone(%x: tensor<1x8xf32>, %two: tensor<2x8xbf16>, %many: tensor<9x8xf32>, %pairs: tensor<1x2x8xf32>,
    %f32: tensor<6x8xf32>, %bf16: tensor<6x8xbf16>, %f16: tensor<6x8xf16>, %experts: tensor<2x6x8xbf16>)
    -> (tensor<1x6xf32>, tensor<2x6xf32>, tensor<9x6xf32>, tensor<2x1x6xf32>, tensor<1x6xf32>) {
  %0 = stablehlo.convert %bf16 : (tensor<6x8xbf16>) -> tensor<6x8xf32>
  %1 = stablehlo.convert %f16 : (tensor<6x8xf16>) -> tensor<6x8xf32>
  %2 = stablehlo.convert %experts : (tensor<2x6x8xbf16>) -> tensor<2x6x8xf32>
  %3 = stablehlo.dot_general %x, %f32, contracting_dims = [1] x [1] : (tensor<1x8xf32>, tensor<6x8xf32>) -> tensor<1x6xf32>
  %4 = stablehlo.dot_general %two, %bf16, contracting_dims = [1] x [1] : (tensor<2x8xbf16>, tensor<6x8xbf16>) -> tensor<2x6xf32>
  %5 = stablehlo.dot_general %many, %0, contracting_dims = [1] x [1] : (tensor<9x8xf32>, tensor<6x8xf32>) -> tensor<9x6xf32>
  %6 = stablehlo.dot_general %pairs, %2, batching_dims = [1] x [0], contracting_dims = [2] x [2] : (tensor<1x2x8xf32>, tensor<2x6x8xf32>) -> tensor<2x1x6xf32>
  %7 = stablehlo.dot_general %x, %1, contracting_dims = [1] x [1] : (tensor<1x8xf32>, tensor<6x8xf32>) -> tensor<1x6xf32>
  return %3, %4, %5, %6, %7 : tensor<1x6xf32>, tensor<2x6xf32>, tensor<9x6xf32>, tensor<2x1x6xf32>, tensor<1x6xf32>
}

// Property: stripping leaves no stage and no attribute of the dialect, and nothing else is touched.

// RUN: rlxflow-opt %s | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --rlx-strip | %filecheck
// RUN: rlxflow-opt %s --rlx-strip --rlx-strip | %filecheck

// BEFORE: rlx.note
// BEFORE: rlx.below
// BEFORE: rlx.input
// BEFORE: rlx.output
// BEFORE: rlx.mark
// BEFORE-COUNT-2: "rlx.stage"
// CHECK-NOT: rlx.

module attributes {rlx.note = "gone", kept.note = "stays"} {
  // CHECK: module attributes {kept.note = "stays"}
  // CHECK-LABEL: func.func public @main
  // CHECK-SAME:    (%[[IDS:.+]]: tensor<4xi32> {tf.name = "ids"}, %[[W:.+]]: tensor<7x3xf32>)
  // CHECK-SAME:    -> (tensor<4x3xf32> {kept.result = 1 : i64}) {
  func.func public @main(%ids: tensor<4xi32> {rlx.below = 7 : i64, rlx.input = "ids", tf.name = "ids"},
                         %w: tensor<7x3xf32> {rlx.param = "table"})
      -> (tensor<4x3xf32> {rlx.output = "rows", kept.result = 1 : i64}) {
    // CHECK-NEXT:  %[[ONE:.+]] = stablehlo.constant dense<2.500000e-01> : tensor<4x3xf32>
    // CHECK-NEXT:  %[[EXP:.+]] = stablehlo.exponential %[[ONE]]
    // CHECK-NEXT:  %[[NEG:.+]] = stablehlo.negate %[[EXP]]
    // CHECK-NEXT:  return %[[NEG]]
    %0 = stablehlo.constant {rlx.mark} dense<2.500000e-01> : tensor<4x3xf32>
    %1 = "rlx.stage"(%0) ({
    ^bb0(%a: tensor<4x3xf32>):
      %2 = "rlx.stage"(%a) ({
      ^bb0(%b: tensor<4x3xf32>):
        %3 = stablehlo.exponential %b : tensor<4x3xf32>
        "rlx.yield"(%3) : (tensor<4x3xf32>) -> ()
      }) {block = "exp", mode = #rlx.mode<keep>, name = "inner"} : (tensor<4x3xf32>) -> tensor<4x3xf32>
      %4 = stablehlo.negate %2 : tensor<4x3xf32>
      "rlx.yield"(%4) : (tensor<4x3xf32>) -> ()
    }) {block = "outer", mode = #rlx.mode<fence>, name = "outer"} : (tensor<4x3xf32>) -> tensor<4x3xf32>
    return %1 : tensor<4x3xf32>
  }
}

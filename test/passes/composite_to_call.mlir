// Property: composites made of stages become calls of their decompositions with the same location;
// composites with another prefix are left alone.

// RUN: rlxflow-opt %s | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --rlx-composite-to-call | %filecheck --check-prefixes=CHECK,DEFAULT
// RUN: rlxflow-opt %s --rlx-composite-to-call --rlx-composite-to-call | %filecheck --check-prefixes=CHECK,DEFAULT
// RUN: rlxflow-opt %s --rlx-composite-to-call='prefix=odml.' | %filecheck --check-prefixes=CHECK,OTHER
// RUN: rlxflow-opt %s --rlx-composite-to-call --mlir-print-debuginfo | %filecheck --check-prefix=LOC

// BEFORE-COUNT-3: stablehlo.composite

// CHECK-LABEL: func.func public @composites_become_calls
// CHECK-SAME:    (%[[X:.+]]: tensor<4x7xf32>)
func.func public @composites_become_calls(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // DEFAULT-NEXT: %[[A:.+]] = call @first(%[[X]])
  // DEFAULT-NEXT: %[[B:.+]] = stablehlo.composite "odml.second" %[[A]]
  // OTHER-NEXT:   %[[A:.+]] = stablehlo.composite "rlx.first" %[[X]]
  // OTHER-NEXT:   %[[B:.+]] = call @second(%[[A]])
  // CHECK-NEXT:   return %[[B]]
  // LOC: call @first({{.*}} loc(#[[FIRST:.+]])
  %0 = stablehlo.composite "rlx.first" %x {composite_attributes = {stage = "norm"},
      decomposition = @first} : (tensor<4x7xf32>) -> tensor<4x7xf32> loc("norm")
  %1 = stablehlo.composite "odml.second" %0 {decomposition = @second}
      : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %1 : tensor<4x7xf32>
}

// A decomposition may hold composites itself.
// CHECK-LABEL: func.func private @first
// CHECK-SAME:    (%[[X:.+]]: tensor<4x7xf32>)
func.func private @first(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // DEFAULT-NEXT: %[[Y:.+]] = call @second(%[[X]])
  // OTHER-NEXT:   %[[Y:.+]] = stablehlo.composite "rlx.second" %[[X]]
  // CHECK-NEXT:   return %[[Y]]
  %0 = stablehlo.composite "rlx.second" %x {decomposition = @second}
      : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// CHECK-LABEL: func.func private @second
func.func private @second(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // CHECK-NEXT: stablehlo.negate
  %0 = stablehlo.negate %x : tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// LOC: #[[FIRST]] = loc("norm")

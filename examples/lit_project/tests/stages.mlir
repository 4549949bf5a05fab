// Property: a stage becomes a composite of its name, and no operation of its body is left outside.

// RUN: rlxflow-opt %s --rlx-outline-stages | %filecheck

// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%[[X:.+]]: tensor<5x7xf32>)
// CHECK-NEXT:  %[[Y:.+]] = stablehlo.composite "rlx.squash" %[[X]]
// CHECK-SAME:    decomposition = @[[BODY:[a-z_]+]]
// CHECK-NEXT:  return %[[Y]]
func.func @main(%x: tensor<5x7xf32>) -> tensor<5x7xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<5x7xf32>):
    %1 = stablehlo.tanh %a : tensor<5x7xf32>
    "rlx.yield"(%1) : (tensor<5x7xf32>) -> ()
  }) {block = "squash", mode = #rlx.mode<auto>, name = "layers.0"} : (tensor<5x7xf32>) -> tensor<5x7xf32>
  return %0 : tensor<5x7xf32>
}

// CHECK:       func.func private @[[BODY]](%[[A:.+]]: tensor<5x7xf32>)
// CHECK-NEXT:    %[[B:.+]] = stablehlo.tanh %[[A]]
// CHECK-NEXT:    return %[[B]]

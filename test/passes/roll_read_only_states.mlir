// Property: states that layers only read are stacked too, go through the loop unchanged, and are
// given back as one.

// RUN: rlxflow-opt %s | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --rlx-roll-layers | %filecheck

// BEFORE-COUNT-2: "rlx.stage"

// CHECK-LABEL: func.func public @main
// CHECK-SAME:    (%[[X:.+]]: tensor<4x7xf32> {rlx.input = "x"},
// CHECK-SAME:    %[[K:.+]]: tensor<2x4x7xf32> {rlx.parts = ["layers.0.k", "layers.1.k"], rlx.state = "layers.{0,1}.k"})
// CHECK-SAME:    -> (tensor<4x7xf32> {rlx.output = "y"}, tensor<2x4x7xf32> {rlx.output = "layers.{0,1}.k"})
// CHECK-NEXT:  %[[LOOP:.+]] = "rlx.stage"(%[[X]], %[[K]]) ({
// CHECK-NEXT:  ^bb0(%[[X0:.+]]: tensor<4x7xf32>, %[[KS:.+]]: tensor<2x4x7xf32>):
// CHECK:         %[[WHILE:.+]]:2 = stablehlo.while(%[[PASS:.+]] = %{{.+}}, %[[XI:.+]] = %[[X0]])
// CHECK:         %[[KCUT:.+]] = stablehlo.dynamic_slice %[[KS]], %[[PASS]]
// CHECK:         %[[KT:.+]] = stablehlo.reshape %[[KCUT]]
// CHECK:         %[[SUM:.+]] = stablehlo.add %[[XI]], %[[KT]]
// CHECK-NOT:     stablehlo.dynamic_update_slice
// CHECK:         stablehlo.return %{{.+}}, %[[SUM]]
// CHECK:         "rlx.yield"(%[[WHILE]]#1)
// CHECK:       return %[[LOOP]], %[[K]]
func.func public @main(%x: tensor<4x7xf32> {rlx.input = "x"},
    %k0: tensor<4x7xf32> {rlx.state = "layers.0.k"}, %k1: tensor<4x7xf32> {rlx.state = "layers.1.k"})
    -> (tensor<4x7xf32> {rlx.output = "y"},
        tensor<4x7xf32> {rlx.output = "layers.0.k"}, tensor<4x7xf32> {rlx.output = "layers.1.k"}) {
  %0 = "rlx.stage"(%x, %k0) ({
  ^bb0(%a: tensor<4x7xf32>, %k: tensor<4x7xf32>):
    %n = stablehlo.add %a, %k : tensor<4x7xf32>
    "rlx.yield"(%n) : (tensor<4x7xf32>) -> ()
  }) {block = "layer", mode = #rlx.mode<auto>, name = "layers.0"}
     : (tensor<4x7xf32>, tensor<4x7xf32>) -> tensor<4x7xf32>
  %1 = "rlx.stage"(%0, %k1) ({
  ^bb0(%a: tensor<4x7xf32>, %k: tensor<4x7xf32>):
    %n = stablehlo.add %a, %k : tensor<4x7xf32>
    "rlx.yield"(%n) : (tensor<4x7xf32>) -> ()
  }) {block = "layer", mode = #rlx.mode<auto>, name = "layers.1"}
     : (tensor<4x7xf32>, tensor<4x7xf32>) -> tensor<4x7xf32>
  return %1, %k0, %k1 : tensor<4x7xf32>, tensor<4x7xf32>, tensor<4x7xf32>
}

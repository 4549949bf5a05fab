// Property: layers that repeat become one `stablehlo.while` over the slices of stacked weights and
// states; a state is written into its slice, and what is wanted of single layers is sliced behind.

// RUN: rlxflow-opt %s | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --rlx-roll-layers | %filecheck
// RUN: rlxflow-opt %s --rlx-roll-layers --rlx-roll-layers | %filecheck
// RUN: rlxflow-opt %s --rlx-roll-layers --rlx-lower-stage-modes --mlir-print-debuginfo | %filecheck --check-prefix=NAMES
// RUN: rlxflow-opt %s --rlx-roll-layers=modes=layers.1=fence | %filecheck --check-prefix=RULE

// BEFORE-NOT: stablehlo.while
// BEFORE-COUNT-6: "rlx.stage"

// CHECK-LABEL: func.func public @main
// CHECK-SAME:    (%[[X:.+]]: tensor<4x7xf32> {rlx.input = "x"},
// CHECK-SAME:    %[[W:.+]]: tensor<3x7x7xf32> {rlx.param = "layers.{0..2}.w", rlx.parts = ["layers.0.w", "layers.1.w", "layers.2.w"]},
// CHECK-SAME:    %[[K:.+]]: tensor<3x4x7xf32> {rlx.parts = ["layers.0.k", "layers.1.k", "layers.2.k"], rlx.state = "layers.{0..2}.k"})
// CHECK-SAME:    -> (tensor<4x7xf32> {rlx.output = "y"}, tensor<3x4x7xf32> {rlx.output = "layers.{0..2}.k"}, tensor<4x7xf32> {rlx.output = "tap"})
// CHECK-NEXT:  %[[LOOP:.+]]:3 = "rlx.stage"(%[[X]], %[[W]], %[[K]]) ({
// CHECK-NEXT:  ^bb0(%[[X0:.+]]: tensor<4x7xf32>, %[[WS:.+]]: tensor<3x7x7xf32>, %[[KS:.+]]: tensor<3x4x7xf32>):
// CHECK-NEXT:    %[[FIRST:.+]] = stablehlo.constant dense<0> : tensor<i32>
// CHECK-NEXT:    %[[EMPTY:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<3x4x7xf32>
// CHECK-NEXT:    %[[WHILE:.+]]:4 = stablehlo.while(%[[PASS:.+]] = %[[FIRST]], %[[XI:.+]] = %[[X0]], %[[KI:.+]] = %[[KS]], %[[TI:.+]] = %[[EMPTY]])
// CHECK:         %[[THREE:.+]] = stablehlo.constant dense<3> : tensor<i32>
// CHECK-NEXT:    %[[MORE:.+]] = stablehlo.compare LT, %[[PASS]], %[[THREE]]
// CHECK-NEXT:    stablehlo.return %[[MORE]]
// CHECK:         %[[ZERO:.+]] = stablehlo.constant dense<0> : tensor<i32>
// CHECK-NEXT:    %[[ONE:.+]] = stablehlo.constant dense<1> : tensor<i32>
// CHECK-NEXT:    %[[NEXT:.+]] = stablehlo.add %[[PASS]], %[[ONE]]
// CHECK-NEXT:    %[[WCUT:.+]] = stablehlo.dynamic_slice %[[WS]], %[[PASS]], %[[ZERO]], %[[ZERO]], sizes = [1, 7, 7]
// CHECK-NEXT:    %[[WT:.+]] = stablehlo.reshape %[[WCUT]]
// CHECK-NEXT:    %[[KCUT:.+]] = stablehlo.dynamic_slice %[[KI]], %[[PASS]], %[[ZERO]], %[[ZERO]], sizes = [1, 4, 7]
// CHECK-NEXT:    %[[KT:.+]] = stablehlo.reshape %[[KCUT]]
// CHECK-NEXT:    %[[DOT:.+]] = stablehlo.dot_general %[[XI]], %[[WT]], contracting_dims = [1] x [1]
// CHECK-NEXT:    %[[ACT:.+]] = "rlx.stage"(%[[DOT]])
// CHECK:           stablehlo.sine
// CHECK:         name = "act_{0..2}"
// CHECK-NEXT:    %[[KN:.+]] = stablehlo.add %[[KT]], %[[ACT]]
// CHECK-NEXT:    %[[KROW:.+]] = stablehlo.reshape %[[KN]]
// CHECK-NEXT:    %[[KPUT:.+]] = stablehlo.dynamic_update_slice %[[KI]], %[[KROW]], %[[PASS]], %[[ZERO]], %[[ZERO]]
// CHECK-NEXT:    %[[TROW:.+]] = stablehlo.reshape %[[ACT]]
// CHECK-NEXT:    %[[TPUT:.+]] = stablehlo.dynamic_update_slice %[[TI]], %[[TROW]], %[[PASS]], %[[ZERO]], %[[ZERO]]
// CHECK-NEXT:    stablehlo.return %[[NEXT]], %[[ACT]], %[[KPUT]], %[[TPUT]]
// CHECK:         "rlx.yield"(%[[WHILE]]#1, %[[WHILE]]#2, %[[WHILE]]#3)
// CHECK-NEXT:  block = "layer_loop", mode = #rlx.mode<auto>, name = "layers", origin = ["layers.0", "layers.1", "layers.2"], params = {layers = 3 : i64, passes = 3 : i64}
// CHECK-NEXT:  %[[CUT:.+]] = stablehlo.slice %[[LOOP]]#2 [1:2, 0:4, 0:7]
// CHECK-NEXT:  %[[TAP:.+]] = stablehlo.reshape %[[CUT]]
// CHECK-NEXT:  return %[[LOOP]]#0, %[[LOOP]]#1, %[[TAP]]

// NAMES: stablehlo.sine {{.*}} loc(#[[WAVE:.+]])
// NAMES: #[[WAVE]] = loc("layers/act_{0..2}/wave")

// A layer that is lowered otherwise is another layer, and the two around it no neighbours.
// RULE-NOT: stablehlo.while
// RULE: mode = #rlx.mode<fence>, name = "layers.1"
func.func public @main(%x: tensor<4x7xf32> {rlx.input = "x"},
    %w0: tensor<7x7xf32> {rlx.param = "layers.0.w"}, %k0: tensor<4x7xf32> {rlx.state = "layers.0.k"},
    %w1: tensor<7x7xf32> {rlx.param = "layers.1.w"}, %k1: tensor<4x7xf32> {rlx.state = "layers.1.k"},
    %w2: tensor<7x7xf32> {rlx.param = "layers.2.w"}, %k2: tensor<4x7xf32> {rlx.state = "layers.2.k"})
    -> (tensor<4x7xf32> {rlx.output = "y"},
        tensor<4x7xf32> {rlx.output = "layers.0.k"}, tensor<4x7xf32> {rlx.output = "layers.1.k"},
        tensor<4x7xf32> {rlx.output = "layers.2.k"}, tensor<4x7xf32> {rlx.output = "tap"}) {
  %0:2 = "rlx.stage"(%x, %w0, %k0) ({
  ^bb0(%a: tensor<4x7xf32> loc("x"), %w: tensor<7x7xf32> loc("w"), %k: tensor<4x7xf32> loc("key")):
    %r = stablehlo.dot_general %a, %w, contracting_dims = [1] x [1]
       : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32> loc("weight")
    %s = "rlx.stage"(%r) ({
    ^bb0(%b: tensor<4x7xf32>):
      %t = stablehlo.sine %b : tensor<4x7xf32> loc("wave")
      "rlx.yield"(%t) : (tensor<4x7xf32>) -> ()
    }) {block = "wave", mode = #rlx.mode<auto>, name = "act_0"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
    %n = stablehlo.add %k, %s : tensor<4x7xf32>
    "rlx.yield"(%s, %n) : (tensor<4x7xf32>, tensor<4x7xf32>) -> ()
  }) {block = "layer", mode = #rlx.mode<auto>, name = "layers.0"}
     : (tensor<4x7xf32>, tensor<7x7xf32>, tensor<4x7xf32>) -> (tensor<4x7xf32>, tensor<4x7xf32>)
  %1:2 = "rlx.stage"(%0#0, %w1, %k1) ({
  ^bb0(%a: tensor<4x7xf32> loc("x"), %w: tensor<7x7xf32> loc("w"), %k: tensor<4x7xf32> loc("key")):
    %r = stablehlo.dot_general %a, %w, contracting_dims = [1] x [1]
       : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32> loc("weight")
    %s = "rlx.stage"(%r) ({
    ^bb0(%b: tensor<4x7xf32>):
      %t = stablehlo.sine %b : tensor<4x7xf32> loc("wave")
      "rlx.yield"(%t) : (tensor<4x7xf32>) -> ()
    }) {block = "wave", mode = #rlx.mode<auto>, name = "act_1"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
    %n = stablehlo.add %k, %s : tensor<4x7xf32>
    "rlx.yield"(%s, %n) : (tensor<4x7xf32>, tensor<4x7xf32>) -> ()
  }) {block = "layer", mode = #rlx.mode<auto>, name = "layers.1"}
     : (tensor<4x7xf32>, tensor<7x7xf32>, tensor<4x7xf32>) -> (tensor<4x7xf32>, tensor<4x7xf32>)
  %2:2 = "rlx.stage"(%1#0, %w2, %k2) ({
  ^bb0(%a: tensor<4x7xf32> loc("x"), %w: tensor<7x7xf32> loc("w"), %k: tensor<4x7xf32> loc("key")):
    %r = stablehlo.dot_general %a, %w, contracting_dims = [1] x [1]
       : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32> loc("weight")
    %s = "rlx.stage"(%r) ({
    ^bb0(%b: tensor<4x7xf32>):
      %t = stablehlo.sine %b : tensor<4x7xf32> loc("wave")
      "rlx.yield"(%t) : (tensor<4x7xf32>) -> ()
    }) {block = "wave", mode = #rlx.mode<auto>, name = "act_2"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
    %n = stablehlo.add %k, %s : tensor<4x7xf32>
    "rlx.yield"(%s, %n) : (tensor<4x7xf32>, tensor<4x7xf32>) -> ()
  }) {block = "layer", mode = #rlx.mode<auto>, name = "layers.2"}
     : (tensor<4x7xf32>, tensor<7x7xf32>, tensor<4x7xf32>) -> (tensor<4x7xf32>, tensor<4x7xf32>)
  return %2#0, %0#1, %1#1, %2#1, %1#0
     : tensor<4x7xf32>, tensor<4x7xf32>, tensor<4x7xf32>, tensor<4x7xf32>, tensor<4x7xf32>
}

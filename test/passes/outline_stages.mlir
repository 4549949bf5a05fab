// Property: every stage becomes a composite that carries its block, name, numbers, mode and origin;
// stages with equal bodies share one private decomposition, and other bodies get their own.

// RUN: rlxflow-opt %s | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --rlx-outline-stages | %filecheck
// RUN: rlxflow-opt %s --rlx-outline-stages --rlx-outline-stages | %filecheck
// RUN: rlxflow-opt %s --rlx-outline-stages --mlir-print-debuginfo | %filecheck --check-prefix=LOC

// BEFORE-COUNT-9: "rlx.stage"
// CHECK-NOT: "rlx.stage"

// CHECK-LABEL: func.func public @equal_bodies_share_a_function
// CHECK-SAME:    (%[[X:.+]]: tensor<4x7xf32>)
func.func public @equal_bodies_share_a_function(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // CHECK-NEXT:  %[[A:.+]] = stablehlo.composite "rlx.scale" %[[X]]
  // CHECK-SAME:    {composite_attributes = {factor = 5.000000e-01 : f64, stage = "a"}, decomposition = @scale}
  // CHECK-NEXT:  %[[B:.+]] = stablehlo.composite "rlx.scale" %[[A]]
  // CHECK-SAME:    {composite_attributes = {stage = "b"}, decomposition = @scale}
  // CHECK-NEXT:  return %[[B]]
  // LOC: "rlx.scale" {{.*}} loc(#[[A:.+]])
  // LOC: "rlx.scale" {{.*}} loc(#[[B:.+]])
  %0 = "rlx.stage"(%x) ({
  ^bb0(%arg: tensor<4x7xf32>):
    %half = stablehlo.constant dense<5.000000e-01> : tensor<4x7xf32>
    %1 = stablehlo.multiply %arg, %half : tensor<4x7xf32> loc("one name")
    "rlx.yield"(%1) : (tensor<4x7xf32>) -> ()
  }) {block = "scale", mode = #rlx.mode<auto>, name = "a", params = {factor = 5.000000e-01 : f64}}
     : (tensor<4x7xf32>) -> tensor<4x7xf32> loc("a")
  %2 = "rlx.stage"(%0) ({
  ^bb0(%arg: tensor<4x7xf32>):
    %half = stablehlo.constant dense<5.000000e-01> : tensor<4x7xf32>
    %3 = stablehlo.multiply %arg, %half : tensor<4x7xf32> loc("another name")
    "rlx.yield"(%3) : (tensor<4x7xf32>) -> ()
  }) {block = "scale", mode = #rlx.mode<auto>, name = "b"}
     : (tensor<4x7xf32>) -> tensor<4x7xf32> loc("b")
  return %2 : tensor<4x7xf32>
}

// A constant, the order of operands and the type each make a body another one.
// CHECK-LABEL: func.func public @other_bodies_get_their_own
func.func public @other_bodies_get_their_own(
    %x: tensor<4x7xf32>, %y: tensor<4x7xf32>, %z: tensor<7xf32>)
    -> (tensor<4x7xf32>, tensor<4x7xf32>, tensor<4x7xf32>, tensor<7xf32>) {
  // CHECK:  decomposition = @scale_1
  // CHECK:  decomposition = @minus
  // CHECK:  decomposition = @minus_1
  // CHECK:  decomposition = @minus_2
  %0 = "rlx.stage"(%x) ({
  ^bb0(%arg: tensor<4x7xf32>):
    %quarter = stablehlo.constant dense<2.500000e-01> : tensor<4x7xf32>
    %1 = stablehlo.multiply %arg, %quarter : tensor<4x7xf32>
    "rlx.yield"(%1) : (tensor<4x7xf32>) -> ()
  }) {block = "scale", mode = #rlx.mode<auto>, name = "constant"}
     : (tensor<4x7xf32>) -> tensor<4x7xf32>
  %2 = "rlx.stage"(%x, %y) ({
  ^bb0(%a: tensor<4x7xf32>, %b: tensor<4x7xf32>):
    %3 = stablehlo.subtract %a, %b : tensor<4x7xf32>
    "rlx.yield"(%3) : (tensor<4x7xf32>) -> ()
  }) {block = "minus", mode = #rlx.mode<auto>, name = "order"}
     : (tensor<4x7xf32>, tensor<4x7xf32>) -> tensor<4x7xf32>
  %4 = "rlx.stage"(%x, %y) ({
  ^bb0(%a: tensor<4x7xf32>, %b: tensor<4x7xf32>):
    %5 = stablehlo.subtract %b, %a : tensor<4x7xf32>
    "rlx.yield"(%5) : (tensor<4x7xf32>) -> ()
  }) {block = "minus", mode = #rlx.mode<auto>, name = "reverse"}
     : (tensor<4x7xf32>, tensor<4x7xf32>) -> tensor<4x7xf32>
  %6 = "rlx.stage"(%z, %z) ({
  ^bb0(%a: tensor<7xf32>, %b: tensor<7xf32>):
    %7 = stablehlo.subtract %a, %b : tensor<7xf32>
    "rlx.yield"(%7) : (tensor<7xf32>) -> ()
  }) {block = "minus", mode = #rlx.mode<auto>, name = "type"}
     : (tensor<7xf32>, tensor<7xf32>) -> tensor<7xf32>
  return %0, %2, %4, %6 : tensor<4x7xf32>, tensor<4x7xf32>, tensor<4x7xf32>, tensor<7xf32>
}

// CHECK-LABEL: func.func public @mode_and_origin_are_kept
func.func public @mode_and_origin_are_kept(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  // CHECK:       stablehlo.composite "rlx.pair"
  // CHECK-SAME:    mode = "fence"
  // CHECK-SAME:    origin = ["up", "down"]
  // CHECK-SAME:    stage = "both"
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<3x2xf32>):
    %1 = stablehlo.cosine %a : tensor<3x2xf32>
    "rlx.yield"(%1) : (tensor<3x2xf32>) -> ()
  }) {block = "pair", mode = #rlx.mode<fence>, name = "both", origin = ["up", "down"]}
     : (tensor<3x2xf32>) -> tensor<3x2xf32>
  return %0 : tensor<3x2xf32>
}

// The name `taken` belongs to a function of the input, which is no body of a stage.
// CHECK-LABEL: func.func public @inner_stages_come_first
// CHECK-SAME:    (%[[X:.+]]: tensor<5xf32>)
func.func public @inner_stages_come_first(%x: tensor<5xf32>) -> tensor<5xf32> {
  // CHECK-NEXT:  %[[Y:.+]] = stablehlo.composite "rlx.outer" %[[X]]
  // CHECK-SAME:    decomposition = @outer
  // CHECK-NEXT:  return %[[Y]]
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<5xf32>):
    %1 = "rlx.stage"(%a) ({
    ^bb0(%b: tensor<5xf32>):
      %2 = stablehlo.sine %b : tensor<5xf32>
      "rlx.yield"(%2) : (tensor<5xf32>) -> ()
    }) {block = "taken", mode = #rlx.mode<auto>, name = "inner"} : (tensor<5xf32>) -> tensor<5xf32>
    "rlx.yield"(%1) : (tensor<5xf32>) -> ()
  }) {block = "outer", mode = #rlx.mode<auto>, name = "outer"} : (tensor<5xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// CHECK-LABEL: func.func public @taken
func.func public @taken(%x: tensor<6xf32>) -> tensor<6xf32> {
  return %x : tensor<6xf32>
}

// CHECK-LABEL: func.func private @scale(
// CHECK-SAME:    %[[X:.+]]: tensor<4x7xf32>) -> tensor<4x7xf32>
// CHECK-NEXT:  %[[HALF:.+]] = stablehlo.constant dense<5.000000e-01>
// CHECK-NEXT:  %[[Y:.+]] = stablehlo.multiply %[[X]], %[[HALF]]
// CHECK-NEXT:  return %[[Y]]
// CHECK-LABEL: func.func private @scale_1(
// CHECK-LABEL: func.func private @minus(
// CHECK-LABEL: func.func private @minus_1(
// CHECK-LABEL: func.func private @minus_2(
// CHECK-LABEL: func.func private @pair(
// CHECK-LABEL: func.func private @taken_1(
// CHECK-LABEL: func.func private @outer(
// CHECK-SAME:    %[[X:.+]]: tensor<5xf32>) -> tensor<5xf32>
// CHECK-NEXT:  %[[Y:.+]] = stablehlo.composite "rlx.taken" %[[X]]
// CHECK-SAME:    composite_attributes = {stage = "inner"}, decomposition = @taken_1
// CHECK-NEXT:  return %[[Y]]
// CHECK-NOT:   func.func

// LOC-DAG: #[[A]] = loc("a")
// LOC-DAG: #[[B]] = loc("b")

// Property: inlining puts each body, at any depth, in the place of its stage, binds arguments to
// operands and results to yields, and gives every operation the path of its stage as location.

// RUN: rlxflow-opt %s | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --rlx-inline-stages | %filecheck
// RUN: rlxflow-opt %s --rlx-inline-stages --rlx-inline-stages | %filecheck
// RUN: rlxflow-opt %s --rlx-inline-stages --mlir-print-debuginfo | %filecheck --check-prefix=LOC

// BEFORE-COUNT-4: "rlx.stage"
// CHECK-NOT: rlx.

// CHECK-LABEL: func.func public @nested_bodies_take_the_place_of_their_stages
// CHECK-SAME:    (%[[X:.+]]: tensor<4x7xf32>, %[[W:.+]]: tensor<3x7xf32>)
func.func public @nested_bodies_take_the_place_of_their_stages(
    %x: tensor<4x7xf32>, %w: tensor<3x7xf32>) -> tensor<4x3xf32> {
  // CHECK-NEXT:  %[[EXP:.+]] = stablehlo.exponential %[[X]]
  // CHECK-NEXT:  %[[NEG:.+]] = stablehlo.negate %[[EXP]]
  // CHECK-NEXT:  %[[DOT:.+]] = stablehlo.dot_general %[[NEG]], %[[W]]
  // CHECK-NEXT:  %[[Y:.+]] = stablehlo.tanh %[[DOT]]
  // CHECK-NEXT:  return %[[Y]]
  // LOC: stablehlo.exponential {{.*}} loc(#[[EXP:.+]])
  // LOC: stablehlo.negate {{.*}} loc(#[[NEG:.+]])
  // LOC: stablehlo.dot_general {{.*}} loc(#[[DOT:.+]])
  // LOC: stablehlo.tanh {{.*}} loc(#[[TANH:.+]])
  %0 = "rlx.stage"(%w, %x) ({
  ^bb0(%a: tensor<3x7xf32>, %b: tensor<4x7xf32>):
    %1 = stablehlo.exponential %b : tensor<4x7xf32> loc("exp")
    %2 = "rlx.stage"(%1) ({
    ^bb0(%c: tensor<4x7xf32>):
      %3 = stablehlo.negate %c : tensor<4x7xf32> loc("neg")
      "rlx.yield"(%3) : (tensor<4x7xf32>) -> ()
    }) {block = "sign", mode = #rlx.mode<keep>, name = "inner"}
       : (tensor<4x7xf32>) -> tensor<4x7xf32>
    %4 = stablehlo.dot_general %2, %a, contracting_dims = [1] x [1]
        : (tensor<4x7xf32>, tensor<3x7xf32>) -> tensor<4x3xf32> loc("dot")
    "rlx.yield"(%4) : (tensor<4x3xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<fence>, name = "layers.0"}
     : (tensor<3x7xf32>, tensor<4x7xf32>) -> tensor<4x3xf32>
  %5 = stablehlo.tanh %0 : tensor<4x3xf32> loc("outside")
  return %5 : tensor<4x3xf32>
}

// CHECK-LABEL: func.func public @a_stage_may_hand_through_and_swap_its_inputs
// CHECK-SAME:    (%[[X:.+]]: tensor<2x5xf32>, %[[Y:.+]]: tensor<6xi32>)
func.func public @a_stage_may_hand_through_and_swap_its_inputs(
    %x: tensor<2x5xf32>, %y: tensor<6xi32>) -> (tensor<6xi32>, tensor<2x5xf32>) {
  // CHECK-NEXT:  return %[[Y]], %[[X]]
  %0:2 = "rlx.stage"(%x, %y) ({
  ^bb0(%a: tensor<2x5xf32>, %b: tensor<6xi32>):
    "rlx.yield"(%b, %a) : (tensor<6xi32>, tensor<2x5xf32>) -> ()
  }) {block = "swap", mode = #rlx.mode<auto>, name = "swap"}
     : (tensor<2x5xf32>, tensor<6xi32>) -> (tensor<6xi32>, tensor<2x5xf32>)
  return %0#0, %0#1 : tensor<6xi32>, tensor<2x5xf32>
}

// The operations inside a reduction belong to the stage too.
// CHECK-LABEL: func.func public @a_stage_inside_a_loop_is_inlined_there
func.func public @a_stage_inside_a_loop_is_inlined_there(
    %x: tensor<5xf32>, %more: tensor<i1>) -> tensor<5xf32> {
  // CHECK:       stablehlo.while
  // CHECK:       do {
  // CHECK-NEXT:    %[[COSINE:.+]] = stablehlo.cosine
  // CHECK-NEXT:    stablehlo.return %[[COSINE]]
  // LOC: stablehlo.cosine {{.*}} loc(#[[COSINE:.+]])
  %0 = stablehlo.while(%state = %x) : tensor<5xf32>
  cond {
    stablehlo.return %more : tensor<i1>
  } do {
    %1 = "rlx.stage"(%state) ({
    ^bb0(%a: tensor<5xf32>):
      %2 = stablehlo.cosine %a : tensor<5xf32> loc("cos")
      "rlx.yield"(%2) : (tensor<5xf32>) -> ()
    }) {block = "step", mode = #rlx.mode<auto>, name = "step"} : (tensor<5xf32>) -> tensor<5xf32>
    stablehlo.return %1 : tensor<5xf32>
  }
  return %0 : tensor<5xf32>
}

// CHECK-LABEL: func.func public @without_stages_nothing_changes
// CHECK-SAME:    (%[[X:.+]]: tensor<3x2xf32>)
func.func public @without_stages_nothing_changes(%x: tensor<3x2xf32>) -> tensor<3x2xf32> {
  // CHECK-NEXT:  %[[SINE:.+]] = stablehlo.sine %[[X]]
  // CHECK-NEXT:  return %[[SINE]]
  // LOC: stablehlo.sine {{.*}} loc(#[[SINE:.+]])
  %0 = stablehlo.sine %x : tensor<3x2xf32> loc("sine")
  return %0 : tensor<3x2xf32>
}

// LOC-DAG: #[[EXP]] = loc("layers.0/exp")
// LOC-DAG: #[[NEG]] = loc("layers.0/inner/neg")
// LOC-DAG: #[[DOT]] = loc("layers.0/dot")
// LOC-DAG: #[[TANH]] = loc("outside")
// LOC-DAG: #[[COSINE]] = loc("step/cos")
// LOC-DAG: #[[SINE]] = loc("sine")

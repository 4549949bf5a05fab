// Property: what the constraints allow is accepted: nesting, no inputs, no results, every mode, the
// mode left out, one name as input and as weight, names in several functions.

// RUN: rlxflow-opt %s --rlx-verify | %filecheck

// CHECK-LABEL: func.func @main
// CHECK-COUNT-6: "rlx.stage"
func.func @main(%x: tensor<4x7xf32> {rlx.input = "x"}, %w: tensor<3xf32> {rlx.param = "x"},
                %s: tensor<2xf32> {rlx.state = "x"}, %n: tensor<i32>)
    -> (tensor<4x7xf32> {rlx.output = "x"}) {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    %1 = "rlx.stage"() ({
      %2 = stablehlo.constant dense<0.5> : tensor<4x7xf32>
      "rlx.yield"(%2) : (tensor<4x7xf32>) -> ()
    }) {block = "half", mode = #rlx.mode<fuse>, name = "n"} : () -> tensor<4x7xf32>
    %3 = stablehlo.add %a, %1 : tensor<4x7xf32>
    "rlx.yield"(%3) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n", origin = ["a", "b/c"],
      params = {eps = 0.5, heads = [2, 3]}} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  "rlx.stage"(%w) ({
  ^bb0(%a: tensor<3xf32>):
    "rlx.yield"() : () -> ()
  }) {block = "a0_b", mode = #rlx.mode<kernel>, name = "layers.0 (copy)"} : (tensor<3xf32>) -> ()
  "rlx.stage"() ({
    "rlx.yield"() : () -> ()
  }) {block = "a", mode = #rlx.mode<fence>, name = "o", origin = []} : () -> ()
  "rlx.stage"() ({
    "rlx.yield"() : () -> ()
  }) {block = "a", name = "p"} : () -> ()
  "rlx.stage"() <{block = "a", mode = #rlx.mode<keep>, name = "q"}> ({
    "rlx.yield"() : () -> ()
  }) : () -> ()
  return %0 : tensor<4x7xf32>
}

// CHECK-LABEL: func.func private @again
func.func private @again(%x: tensor<4xf32> {rlx.input = "x"}) {
  return
}

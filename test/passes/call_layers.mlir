// Property: fused layers that are equal become calls of one function, each at the place and under the
// name of its layer; one that differs in its body, or in how a stage inside it is lowered, does not.

// RUN: rlxflow-opt %s --rlx-lower-stage-modes=layers=call | %filecheck --check-prefixes=CHECK,CALL
// RUN: rlxflow-opt %s --rlx-lower-stage-modes=layers=call --mlir-print-debuginfo | %filecheck --check-prefix=NAMES
// RUN: rlxflow-opt %s --rlx-lower-stage-modes='layers=call modes=layers.2/act=fence' | %filecheck --check-prefix=RULE
// RUN: rlxflow-opt %s --rlx-lower-stage-modes='layers=call policy=skip' | %filecheck --check-prefix=SKIP
// RUN: rlxflow-opt %s --rlx-lower-stage-modes=layers=auto | %filecheck --check-prefixes=CHECK,UNROLL
// RUN: rlxflow-opt %s --rlx-lower-stage-modes | %filecheck --check-prefixes=CHECK,UNROLL

// CHECK-NOT: rlx.stage
// UNROLL-NOT: call @
// CHECK: func.func public @main
// CHECK-NOT: rlx.stage
// UNROLL-NOT: call @
// UNROLL: stablehlo.sine
// UNROLL: stablehlo.cosine
// UNROLL-COUNT-2: stablehlo.sine
// UNROLL-NOT: call @

// CALL-SAME:    (%[[X:.+]]: tensor<4x7xf32>, %[[W0:.+]]: tensor<7x7xf32>, %[[W1:.+]]: tensor<7x7xf32>, %[[W2:.+]]: tensor<7x7xf32>, %[[W3:.+]]: tensor<7x7xf32>)
// CALL-NEXT:  %[[A:.+]] = call @layer(%[[X]], %[[W0]]) : (
// CALL-NEXT:  %[[B:.+]] = stablehlo.dot_general %[[A]], %[[W1]]
// CALL-NEXT:  %[[C:.+]] = stablehlo.cosine %[[B]]
// CALL-NEXT:  %[[D:.+]] = call @layer(%[[C]], %[[W2]]) : (
// CALL-NEXT:  %[[E:.+]] = call @layer(%[[D]], %[[W3]]) : (
// CALL-NEXT:  return %[[E]]

// CALL-LABEL: func.func private @layer
// CALL-SAME:    (%[[X:.+]]: tensor<4x7xf32>, %[[W:.+]]: tensor<7x7xf32>)
// CALL-NEXT:  %[[A:.+]] = stablehlo.dot_general %[[X]], %[[W]], contracting_dims = [1] x [1]
// CALL-NEXT:  %[[B:.+]] = stablehlo.sine %[[A]]
// CALL-NEXT:  return %[[B]]
// CALL-NOT: func.func

// NAMES: call @layer({{.*}} loc(#[[FIRST:.+]])
// NAMES: call @layer({{.*}} loc(#[[THIRD:.+]])
// NAMES: stablehlo.sine {{.*}} loc(#[[WAVE:.+]])
// NAMES-DAG: #[[FIRST]] = loc("layers.0")
// NAMES-DAG: #[[THIRD]] = loc("layers.2")
// NAMES-DAG: #[[WAVE]] = loc("act/wave")

// RULE: call @layer({{.*}}) : (
// RULE: stablehlo.cosine
// RULE: stablehlo.dot_general
// RULE-NEXT: call @wave({{.*}}inlineable = "false"
// RULE-NEXT: call @layer({{.*}}) : (
// RULE-NEXT: return
// SKIP-COUNT-4: call @layer{{.*}}inlineable = "false"
func.func public @main(%x: tensor<4x7xf32>, %w0: tensor<7x7xf32>, %w1: tensor<7x7xf32>,
                       %w2: tensor<7x7xf32>, %w3: tensor<7x7xf32>) -> tensor<4x7xf32> {
  %0 = "rlx.stage"(%x, %w0) ({
  ^bb0(%a: tensor<4x7xf32>, %w: tensor<7x7xf32>):
    %r = stablehlo.dot_general %a, %w, contracting_dims = [1] x [1]
       : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32> loc("weight")
    %s = "rlx.stage"(%r) ({
    ^bb0(%b: tensor<4x7xf32>):
      %t = stablehlo.sine %b : tensor<4x7xf32> loc("wave")
      "rlx.yield"(%t) : (tensor<4x7xf32>) -> ()
    }) {block = "wave", mode = #rlx.mode<auto>, name = "act"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
    "rlx.yield"(%s) : (tensor<4x7xf32>) -> ()
  }) {block = "layer", mode = #rlx.mode<auto>, name = "layers.0"}
     : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32> loc("layers.0")
  %1 = "rlx.stage"(%0, %w1) ({
  ^bb0(%a: tensor<4x7xf32>, %w: tensor<7x7xf32>):
    %r = stablehlo.dot_general %a, %w, contracting_dims = [1] x [1]
       : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32> loc("weight")
    %s = "rlx.stage"(%r) ({
    ^bb0(%b: tensor<4x7xf32>):
      %t = stablehlo.cosine %b : tensor<4x7xf32> loc("wave")
      "rlx.yield"(%t) : (tensor<4x7xf32>) -> ()
    }) {block = "wave", mode = #rlx.mode<auto>, name = "act"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
    "rlx.yield"(%s) : (tensor<4x7xf32>) -> ()
  }) {block = "layer", mode = #rlx.mode<auto>, name = "layers.1"}
     : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32> loc("layers.1")
  %2 = "rlx.stage"(%1, %w2) ({
  ^bb0(%a: tensor<4x7xf32>, %w: tensor<7x7xf32>):
    %r = stablehlo.dot_general %a, %w, contracting_dims = [1] x [1]
       : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32> loc("weight")
    %s = "rlx.stage"(%r) ({
    ^bb0(%b: tensor<4x7xf32>):
      %t = stablehlo.sine %b : tensor<4x7xf32> loc("wave")
      "rlx.yield"(%t) : (tensor<4x7xf32>) -> ()
    }) {block = "wave", mode = #rlx.mode<auto>, name = "act"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
    "rlx.yield"(%s) : (tensor<4x7xf32>) -> ()
  }) {block = "layer", mode = #rlx.mode<auto>, name = "layers.2"}
     : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32> loc("layers.2")
  %3 = "rlx.stage"(%2, %w3) ({
  ^bb0(%a: tensor<4x7xf32>, %w: tensor<7x7xf32>):
    %r = stablehlo.dot_general %a, %w, contracting_dims = [1] x [1]
       : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32> loc("weight")
    %s = "rlx.stage"(%r) ({
    ^bb0(%b: tensor<4x7xf32>):
      %t = stablehlo.sine %b : tensor<4x7xf32> loc("wave")
      "rlx.yield"(%t) : (tensor<4x7xf32>) -> ()
    }) {block = "wave", mode = #rlx.mode<auto>, name = "act"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
    "rlx.yield"(%s) : (tensor<4x7xf32>) -> ()
  }) {block = "layer", mode = #rlx.mode<auto>, name = "layers.3"}
     : (tensor<4x7xf32>, tensor<7x7xf32>) -> tensor<4x7xf32> loc("layers.3")
  return %3 : tensor<4x7xf32>
}

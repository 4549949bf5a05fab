// Property: each stage is lowered by its mode, a rule overrides the mode, and the policy decides
// what `auto` becomes; bodies behind a fence or a composite are shared.

// RUN: rlxflow-opt %s | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --rlx-lower-stage-modes | %filecheck --check-prefixes=CHECK,FUSE
// RUN: rlxflow-opt %s --rlx-lower-stage-modes --rlx-lower-stage-modes | %filecheck --check-prefixes=CHECK,FUSE
// RUN: rlxflow-opt %s --rlx-lower-stage-modes=policy=fusable | %filecheck --check-prefixes=CHECK,FUSE
// RUN: rlxflow-opt %s --rlx-lower-stage-modes=policy=skip | %filecheck --check-prefixes=CHECK,SKIP
// RUN: rlxflow-opt %s --rlx-lower-stage-modes='modes=**=fence,layers.*/inner=fuse' | %filecheck --check-prefix=RULES
// RUN: rlxflow-opt %s --rlx-lower-stage-modes=modes=block:cosine=keep | %filecheck --check-prefix=BLOCKS

// BEFORE-COUNT-5: "rlx.stage"
// CHECK-NOT: rlx.stage

// CHECK-LABEL: func.func public @each_by_its_mode
// CHECK-SAME:    (%[[X:.+]]: tensor<4x7xf32>)
func.func public @each_by_its_mode(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // FUSE-NEXT:   %[[A:.+]] = stablehlo.cosine %[[X]]
  // SKIP-NEXT:   %[[A:.+]] = call @cosine(%[[X]]) {mhlo.frontend_attributes = {inlineable = "false"}}
  // CHECK-NEXT:  %[[B:.+]] = stablehlo.tanh %[[A]]
  // CHECK-NEXT:  %[[C:.+]] = call @sine(%[[B]]) {mhlo.frontend_attributes = {inlineable = "false"}}
  // CHECK-NEXT:  %[[D:.+]] = stablehlo.composite "rlx.sine" %[[C]]
  // CHECK-SAME:    {composite_attributes = {stage = "keeps", width = 7 : i64}, decomposition = @sine}
  // CHECK-NEXT:  return %[[D]]
  // RULES-COUNT-4: call @{{.*}}inlineable = "false"
  // BLOCKS: composite "rlx.cosine" {{.*}} decomposition = @cosine
  // BLOCKS: stablehlo.tanh
  // BLOCKS: call @sine({{.*}}inlineable = "false"
  // BLOCKS: composite "rlx.sine"
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    %1 = stablehlo.cosine %a : tensor<4x7xf32>
    "rlx.yield"(%1) : (tensor<4x7xf32>) -> ()
  }) {block = "cosine", mode = #rlx.mode<auto>, name = "decided"}
     : (tensor<4x7xf32>) -> tensor<4x7xf32>
  %2 = "rlx.stage"(%0) ({
  ^bb0(%a: tensor<4x7xf32>):
    %3 = stablehlo.tanh %a : tensor<4x7xf32>
    "rlx.yield"(%3) : (tensor<4x7xf32>) -> ()
  }) {block = "tanh", mode = #rlx.mode<fuse>, name = "fuses"}
     : (tensor<4x7xf32>) -> tensor<4x7xf32>
  %4 = "rlx.stage"(%2) ({
  ^bb0(%a: tensor<4x7xf32>):
    %5 = stablehlo.sine %a : tensor<4x7xf32>
    "rlx.yield"(%5) : (tensor<4x7xf32>) -> ()
  }) {block = "sine", mode = #rlx.mode<fence>, name = "fences"}
     : (tensor<4x7xf32>) -> tensor<4x7xf32>
  %6 = "rlx.stage"(%4) ({
  ^bb0(%a: tensor<4x7xf32>):
    %7 = stablehlo.sine %a : tensor<4x7xf32>
    "rlx.yield"(%7) : (tensor<4x7xf32>) -> ()
  }) {block = "sine", mode = #rlx.mode<keep>, name = "keeps", params = {width = 7}}
     : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %6 : tensor<4x7xf32>
}

// The last rule that matches wins, so the inner stage is fused into the function of its fence.
// RULES-LABEL: func.func public @a_rule_names_a_path
// RULES-SAME:    (%[[X:.+]]: tensor<5xf32>)
// RULES-NEXT:  %[[Y:.+]] = call @mlp(%[[X]]) {mhlo.frontend_attributes = {inlineable = "false"}}
// RULES-NEXT:  return %[[Y]]
// CHECK-LABEL: func.func public @a_rule_names_a_path
func.func public @a_rule_names_a_path(%x: tensor<5xf32>) -> tensor<5xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<5xf32>):
    %1 = stablehlo.abs %a : tensor<5xf32>
    %2 = "rlx.stage"(%1) ({
    ^bb0(%b: tensor<5xf32>):
      %3 = stablehlo.sqrt %b : tensor<5xf32>
      "rlx.yield"(%3) : (tensor<5xf32>) -> ()
    }) {block = "root", mode = #rlx.mode<auto>, name = "inner"} : (tensor<5xf32>) -> tensor<5xf32>
    "rlx.yield"(%2) : (tensor<5xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "layers.3"} : (tensor<5xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// RULES-LABEL: func.func private @mlp
// RULES-SAME:    (%[[X:.+]]: tensor<5xf32>)
// RULES-NEXT:  %[[ABS:.+]] = stablehlo.abs %[[X]]
// RULES-NEXT:  %[[ROOT:.+]] = stablehlo.sqrt %[[ABS]]
// RULES-NEXT:  return %[[ROOT]]

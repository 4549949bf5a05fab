// Property: a stage of mode `kernel` that calls a kernel of ours becomes that call; one that calls
// somebody else's is refused.

// RUN: rlxflow-opt %s | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --rlx-lower-stage-modes | %filecheck
// RUN: sed s/rlxflow.linear.v1/somebody.elses/ %s > %t.mlir
// RUN: not rlxflow-opt %t.mlir --rlx-lower-stage-modes 2>&1 | %filecheck --check-prefix=OTHER

// BEFORE: "rlx.stage"
// OTHER: stage `q_proj`: expected a kernel for block `linear`, found no call of one

// CHECK-LABEL: func.func public @main
// CHECK-SAME:    (%[[X:.+]]: tensor<3x8xf32>, %[[W:.+]]: tensor<512xui8>)
// CHECK-NEXT:  %[[Y:.+]] = stablehlo.custom_call @rlxflow.linear.v1(%[[X]], %[[W]])
// CHECK-SAME:    in_dim = 8 : i64
// CHECK-NEXT:  return %[[Y]]
func.func public @main(%x: tensor<3x8xf32>, %w: tensor<512xui8>) -> tensor<3x16xf32> {
  %0 = "rlx.stage"(%x, %w) ({
  ^bb0(%a: tensor<3x8xf32>, %b: tensor<512xui8>):
    %1 = stablehlo.custom_call @rlxflow.linear.v1(%a, %b)
       {api_version = 4 : i32, backend_config = {in_dim = 8 : i64}}
       : (tensor<3x8xf32>, tensor<512xui8>) -> tensor<3x16xf32>
    "rlx.yield"(%1) : (tensor<3x16xf32>) -> ()
  }) {block = "linear", mode = #rlx.mode<kernel>, name = "q_proj"}
     : (tensor<3x8xf32>, tensor<512xui8>) -> tensor<3x16xf32>
  return %0 : tensor<3x16xf32>
}

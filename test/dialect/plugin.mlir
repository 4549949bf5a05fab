// Property: a stock mlir-opt of the same release loads dialect and passes.

// REQUIRES: rlx-plugin
// RUN: mlir-opt --load-dialect-plugin=%rlx_plugin --load-pass-plugin=%rlx_plugin --pass-pipeline='builtin.module(rlx-inline-stages)' %s | %filecheck

// CHECK-LABEL: func.func @main
// CHECK-SAME:    (%[[X:.+]]: f32)
// CHECK-NEXT:  %[[Y:.+]] = arith.negf %[[X]]
// CHECK-NEXT:  return %[[Y]]
func.func @main(%x: f32) -> f32 {
  %0 = rlx.stage "a" block("negate") (%a = %x : f32) -> (f32) {
    %1 = arith.negf %a : f32
    rlx.yield %1 : f32
  }
  return %0 : f32
}

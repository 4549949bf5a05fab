// Property: the custom form of a stage holds all of it; the generic form, bytecode and the custom
// form read each other.

// REQUIRES: rlx-opt
// RUN: rlx-opt %s | %filecheck
// RUN: rlx-opt %s | rlx-opt | %filecheck
// RUN: rlx-opt %s --mlir-print-op-generic | rlx-opt | %filecheck
// RUN: rlx-opt %s --emit-bytecode -o %t.mlirbc
// RUN: rlx-opt %t.mlirbc | %filecheck
// RUN: rlx-opt %s --mlir-print-op-generic | %filecheck --check-prefix=GENERIC

// CHECK-LABEL: func.func @everything
// CHECK-SAME:    (%[[X:.+]]: i32, %[[W:.+]]: f32)
// CHECK:       %[[R:.+]]:2 = rlx.stage "layers.0" block("mlp") mode(fence) (%[[A:.+]] = %[[X]] : i32, %[[B:.+]] = %[[W]] : f32) -> (f32, i32) {
// CHECK:         %[[S:.+]] = rlx.stage "inner" block("copy") mode(auto) (%[[C:.+]] = %[[B]] : f32) -> f32 {
// CHECK:           rlx.yield %[[C]] : f32
// CHECK:         rlx.yield %[[S]], %[[A]] : f32, i32
// CHECK:       } attributes {origin = ["a", "b/c"], params = {eps = 5.000000e-01 : f64}}
// CHECK:       rlx.stage "nothing" block("none") mode(keep) () {
// CHECK-NEXT:  }
// CHECK-NEXT:  return %[[R]]#0

// GENERIC: "rlx.stage"(%{{.+}}, %{{.+}}) <{block = "mlp", mode = #rlx.mode<fence>, name = "layers.0", origin = ["a", "b/c"], params = {eps = 5.000000e-01 : f64}}>
func.func @everything(%x: i32, %w: f32) -> f32 {
  %0:2 = rlx.stage "layers.0" block("mlp") mode(fence) (%a = %x : i32, %b = %w : f32) -> (f32, i32) {
    %1 = rlx.stage "inner" block("copy") (%c = %b : f32) -> (f32) {
      rlx.yield %c : f32
    }
    rlx.yield %1, %a : f32, i32
  } attributes {origin = ["a", "b/c"], params = {eps = 0.5}}
  rlx.stage "nothing" block("none") mode(keep) () {
  }
  return %0#0 : f32
}

// Property: --verify-diagnostics fails when an expected error is missing, when an unexpected one is
// there, and when one is on another line; it says where, counting lines in the whole file.

// RUN: not rlxflow-opt %s --split-input-file --verify-diagnostics 2>&1 | %filecheck
// RUN: not rlxflow-opt %s --split-input-file 2>&1 | %filecheck --check-prefix=PLAIN

// CHECK: diagnostics.mlir:18: error: expected error "no such thing" at line 19 was not produced
// CHECK: diagnostics.mlir:26:3: error: unexpected error: 'rlx.yield' op expects parent op 'rlx.stage'
// CHECK: diagnostics.mlir:36:3: error: unexpected error: 'rlx.yield' op expects parent
// CHECK: diagnostics.mlir:34: error: expected error "expects parent op" at line 35 was not produced
// CHECK-NOT: error:

// PLAIN: diagnostics.mlir:26:3: error: 'rlx.yield' op expects parent op 'rlx.stage'
// PLAIN: diagnostics.mlir:36:3: error: 'rlx.yield' op
// PLAIN: diagnostics.mlir:45:9: error: use of undeclared SSA value name

// A missing error: the module is fine.
// expected-error@+1 {{no such thing}}
func.func @missing() {
  return
}

// -----

func.func @unexpected() {
  "rlx.yield"() : () -> ()
  return
}

// -----

// The error is two lines below, not one.
func.func @wrong_line() {
  // expected-error@+1 {{expects parent op}}
  // nothing is wrong here
  "rlx.yield"() : () -> ()
  return
}

// -----

// Errors of MLIR's own parser are compared too; `below` skips lines that expect something.
func.func @syntax() {
  // expected-error@below {{undeclared SSA value}}
  "a.b"(%missing) : (f32) -> ()
  return
}

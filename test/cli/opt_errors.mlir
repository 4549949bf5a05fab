// Property: an error says file, line and column, shows the line with a caret below the column, and
// makes the exit code 1, wherever it comes from: parser, verifier, dialects nobody knows, a pass.

// RUN: not rlxflow-opt %s --split-input-file 2>&1 | %filecheck
// RUN: not rlxflow-opt %s --split-input-file --allow-unregistered-dialect 2>&1 | %filecheck --check-prefix=ALLOWED
// RUN: not rlxflow-opt - < %s 2>&1 | %filecheck --check-prefix=STDIN

// CHECK:      opt_errors.mlir:{{[0-9]+}}:34: error: 
// CHECK-NEXT: {{^}}func.func @syntax(%x: tensor<4x7xf33>) {
// CHECK-NEXT: {{^                                 \^$}}
// STDIN:      <stdin>:{{[0-9]+}}:34: error: 
func.func @syntax(%x: tensor<4x7xf33>) {
  return
}

// -----

// CHECK:      opt_errors.mlir:{{[0-9]+}}:8: error: 'stablehlo.negate' op requires compatible types
// CHECK-NEXT: {{^}}  %[[Y:.+]] = "stablehlo.negate"(%x)
// CHECK-NEXT: {{^       \^$}}
func.func @types(%x: tensor<4x7xf32>) {
  %0 = "stablehlo.negate"(%x) : (tensor<4x7xf32>) -> tensor<7x4xf32>
  return
}

// -----

// CHECK:      opt_errors.mlir:{{[0-9]+}}:8: error: 'rlx.stage' op (C1) name
// CHECK-NEXT: {{^}}  %[[Y:.+]] = "rlx.stage"(%x) ({
// CHECK-NEXT: {{^       \^$}}
func.func @stage(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "copy", mode = #rlx.mode<auto>, name = "a/b"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// CHECK:       opt_errors.mlir:{{[0-9]+}}:3: error: 'zoo.lion' op is of an unknown dialect; allow it with --allow-unregistered-dialect
// ALLOWED-NOT: zoo.lion
func.func @unknown() {
  "zoo.lion"() : () -> ()
  return
}

// -----

// An operation that the dialect itself does not have is an error in any case.
// CHECK:       opt_errors.mlir:{{[0-9]+}}:3: error: unregistered operation 'rlx.lion' found in dialect ('rlx')
// ALLOWED:     opt_errors.mlir:{{[0-9]+}}:3: error: unregistered operation 'rlx.lion' found in dialect ('rlx')
func.func @unregistered() {
  "rlx.lion"() : () -> ()
  return
}

// -----

// A place that is named, not a line, stands in front as it is.
// CHECK: {{^}}here/or/there: error: 'rlx.stage' op (C1) name
func.func @named(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "copy", mode = #rlx.mode<auto>, name = "c/d"} : (tensor<4x7xf32>) -> tensor<4x7xf32> loc("here/or/there")
  return %0 : tensor<4x7xf32>
}

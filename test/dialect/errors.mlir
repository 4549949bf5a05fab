// Property: what the custom form cannot mean is refused where it stands.

// REQUIRES: rlx-opt
// RUN: rlx-opt %s --split-input-file --verify-diagnostics

func.func @a_mode_that_is_none() {
  // expected-error@+1 {{(C3) expects mode to be one of: auto, fuse, fence, kernel, keep; found merge}}
  rlx.stage "a" block("b") mode(merge) () {
  }
  return
}

// -----

func.func @an_operand_of_another_type(%x: f32) { // expected-note {{prior use here}}
  // expected-error@+1 {{use of value '%x' expects different type than prior uses: 'i32' vs 'f32'}}
  rlx.stage "a" block("b") (%y = %x : i32) {
  }
  return
}

// -----

func.func @results_without_a_yield(%x: f32) -> f32 {
  // expected-error@+1 {{(C6) number of yielded values must match the number of results: 0 != 1}}
  %0 = rlx.stage "a" block("b") (%y = %x : f32) -> (f32) {
  }
  return %0 : f32
}

// -----

func.func @a_value_from_outside(%x: f32) -> f32 {
  %0 = rlx.stage "a" block("b") () -> (f32) {
    // expected-error@+1 {{use of undeclared SSA value name}}
    rlx.yield %x : f32
  }
  return %0 : f32
}

// Property: canonical stages take and give only what is used, and a stage that holds nothing but
// another stage is that stage, with both paths as origin.

// REQUIRES: rlx-opt
// RUN: rlx-opt %s | %filecheck --check-prefix=BEFORE
// RUN: rlx-opt %s --canonicalize | %filecheck
// RUN: rlx-opt %s --canonicalize --canonicalize | %filecheck

// BEFORE-COUNT-9: rlx.stage
func.func private @use(f32) -> f32

// CHECK-LABEL: func.func @what_is_not_used_goes
// CHECK-SAME:    (%[[X:.+]]: f32, %{{.+}}: f32)
func.func @what_is_not_used_goes(%x: f32, %y: f32) -> f32 {
  // CHECK-NEXT:  %[[R:.+]] = rlx.stage "a" block("pair") mode(fence) (%[[A:.+]] = %[[X]] : f32) -> f32 {
  // CHECK-NEXT:    %[[C:.+]] = func.call @use(%[[A]])
  // CHECK-NEXT:    rlx.yield %[[C]] : f32
  // CHECK-NEXT:  }
  // CHECK-NEXT:  return %[[R]]
  %0:2 = rlx.stage "a" block("pair") mode(fence) (%a = %x : f32, %b = %y : f32) -> (f32, f32) {
    %1 = func.call @use(%a) : (f32) -> f32
    rlx.yield %b, %1 : f32, f32
  }
  return %0#1 : f32
}

// CHECK-LABEL: func.func @an_operand_given_twice_comes_in_once
func.func @an_operand_given_twice_comes_in_once(%x: f32) -> (f32, f32) {
  // CHECK-NEXT:  rlx.stage "a" block("two") mode(auto) (%[[A:.+]] = %{{.+}} : f32) -> (f32, f32) {
  // CHECK-NEXT:    %[[C:.+]] = func.call @use(%[[A]])
  // CHECK-NEXT:    %[[D:.+]] = func.call @use(%[[A]])
  %0:2 = rlx.stage "a" block("two") (%a = %x : f32, %b = %x : f32) -> (f32, f32) {
    %1 = func.call @use(%a) : (f32) -> f32
    %2 = func.call @use(%b) : (f32) -> f32
    rlx.yield %1, %2 : f32, f32
  }
  return %0#0, %0#1 : f32, f32
}

// CHECK-LABEL: func.func @one_inside_another_is_one
// CHECK-SAME:    (%[[X:.+]]: f32)
func.func @one_inside_another_is_one(%x: f32) -> f32 {
  // CHECK-NEXT:  %[[R:.+]] = rlx.stage "outer" block("inner_block") mode(keep) (%[[A:.+]] = %[[X]] : f32) -> f32 {
  // CHECK-NEXT:    func.call @use(%[[A]])
  // CHECK:       } attributes {origin = ["outer", "outer/inner"], params = {eps = 2.500000e-01 : f64}}
  %0 = rlx.stage "outer" block("outer_block") mode(keep) (%a = %x : f32) -> (f32) {
    %1 = rlx.stage "inner" block("inner_block") (%b = %a : f32) -> (f32) {
      %2 = func.call @use(%b) : (f32) -> f32
      rlx.yield %2 : f32
    } attributes {params = {eps = 0.25}}
    rlx.yield %1 : f32
  }
  return %0 : f32
}

// CHECK-LABEL: func.func @modes_that_differ_stay_apart
func.func @modes_that_differ_stay_apart(%x: f32) -> f32 {
  // CHECK-COUNT-2: rlx.stage
  %0 = rlx.stage "outer" block("o") mode(keep) (%a = %x : f32) -> (f32) {
    %1 = rlx.stage "inner" block("i") mode(fence) (%b = %a : f32) -> (f32) {
      %2 = func.call @use(%b) : (f32) -> f32
      rlx.yield %2 : f32
    }
    rlx.yield %1 : f32
  }
  return %0 : f32
}

// CHECK-LABEL: func.func @more_than_a_stage_inside
func.func @more_than_a_stage_inside(%x: f32) -> f32 {
  // CHECK-COUNT-2: rlx.stage
  // CHECK:         return
  %0 = rlx.stage "outer" block("o") (%a = %x : f32) -> (f32) {
    %1 = rlx.stage "inner" block("i") (%b = %a : f32) -> (f32) {
      %2 = func.call @use(%b) : (f32) -> f32
      rlx.yield %2 : f32
    }
    %3 = func.call @use(%1) : (f32) -> f32
    rlx.yield %3 : f32
  }
  return %0 : f32
}

// CHECK-LABEL: func.func @nothing_used_at_all
func.func @nothing_used_at_all(%x: f32) {
  // CHECK-NEXT:  return
  %0 = rlx.stage "a" block("b") (%a = %x : f32) -> (f32) {
    rlx.yield %a : f32
  }
  return
}

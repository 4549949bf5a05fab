// Property: each constraint (F1) to (F5) on the names of arguments and results is found.

// RUN: rlxflow-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{'func.func' op (F1) 'rlx.param' of argument #1 must be a string: 3 : i64}}
func.func @main(%x: tensor<4xf32> {rlx.input = "x"}, %w: tensor<5xf32> {rlx.param = 3 : i64}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op (F1) argument #0 must carry at most one name: 'rlx.input' and 'rlx.state'}}
func.func @main(%x: tensor<4xf32> {rlx.input = "x", rlx.state = "x"}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op (F2) 'rlx.param' of arguments #0 and #2 must differ: "w"}}
func.func @main(%w: tensor<4xf32> {rlx.param = "w"}, %x: tensor<3xf32> {rlx.input = "w"},
                %v: tensor<5xf32> {rlx.param = "w"}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op (F3) 'rlx.output' of result #0 must be a string: unit}}
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32> {rlx.output}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error@+1 {{'func.func' op (F3) 'rlx.output' of results #0 and #1 must differ: "y"}}
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32> {rlx.output = "y"},
                                       tensor<4xf32> {rlx.output = "y"}) {
  return %x, %x : tensor<4xf32>, tensor<4xf32>
}

// -----

// expected-error@+1 {{'func.func' op (F4) 'rlx.parts' of argument #1 must be an array of strings: ["a", 7]}}
func.func @main(%x: tensor<4xf32>, %w: tensor<2x5xf32> {rlx.param = "w", rlx.parts = ["a", 7]}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op (F4) 'rlx.parts' of argument #0 must be an array of strings: "a"}}
func.func @main(%w: tensor<1x5xf32> {rlx.parts = "a", rlx.state = "w"}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op (F4) 'rlx.parts' of argument #0 must stand on a weight or a state}}
func.func @main(%x: tensor<2x5xf32> {rlx.input = "w", rlx.parts = ["a", "b"]}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op (F4) 'rlx.parts' of argument #0 must name each slice of its first axis: 2 names for 'tensor<3x2xf32>'}}
func.func @main(%w: tensor<3x2xf32> {rlx.param = "w", rlx.parts = ["a", "b"]}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op (F4) 'rlx.parts' of argument #0 must name each slice of its first axis: 1 names for 'tensor<f32>'}}
func.func @main(%w: tensor<f32> {rlx.param = "w", rlx.parts = ["a"]}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op (F4) 'rlx.parts' of argument #0 must hold no name twice: "b"}}
func.func @main(%w: tensor<4x2xf32> {rlx.param = "w", rlx.parts = ["a", "b", "c", "b"]}) {
  return
}

// -----

// expected-error@+1 {{'func.func' op (F5) 'rlx.below' of argument #1 must be an i64: 50 : i32}}
func.func @main(%x: tensor<4xf32> {rlx.below = 50 : i64, rlx.input = "x"},
                %y: tensor<4xi32> {rlx.below = 50 : i32, rlx.input = "y"}) {
  return
}

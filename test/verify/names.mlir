// Property: each constraint (F1), (F2), (F3) on the names of arguments and results is found.

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

// Property: each constraint (C1)...(C10) of a stage is found, with MLIR's words where MLIR checks it
// by itself in the native tools, and with its label elsewhere.

// RUN: rlxflow-opt %s --split-input-file --verify-diagnostics

// (C1) a stage has a name
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op requires attribute 'name'}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C1) the name is a string
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op attribute 'name' failed to satisfy constraint: string attribute}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = 3 : i64} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C1) the name is not empty
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op (C1) name must not be empty or hold "/": ""}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = ""} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C1) a slash divides the names of a path
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op (C1) name must not be empty or hold "/": "layers.0/mlp"}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "layers.0/mlp"}
     : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C2) a stage has a block
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op requires attribute 'block'}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {mode = #rlx.mode<auto>, name = "n"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C2) the block is in snake case
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op (C2) block must match [a-z][a-z0-9_]*: "RmsNorm"}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "RmsNorm", mode = #rlx.mode<auto>, name = "n"}
     : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C3) there are five modes
func.func @main() {
  // expected-error@+1 {{to be one of: auto, fuse, fence, kernel, keep}}
  "rlx.stage"() ({ "rlx.yield"() : () -> () }) {block = "a", mode = #rlx.mode<merge>, name = "n"} : () -> ()
  return
}

// -----

// (C3) a mode is no string
func.func @main() {
  // expected-error@+1 {{'rlx.stage' op attribute 'mode' failed to satisfy constraint: What the compiler makes of a stage}}
  "rlx.stage"() ({ "rlx.yield"() : () -> () }) {block = "a", mode = "fence", name = "n"} : () -> ()
  return
}

// -----

// (C4) the body is not missing
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op region #0 ('body') failed to verify constraint: region with 1 blocks}}
  %0 = "rlx.stage"(%x) ({
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C4) the body ends in a yield
func.func @main(%x: tensor<4x7xf32>) {
  // expected-error@+1 {{'rlx.stage' op expects regions to end with 'rlx.yield', found 'stablehlo.negate'}}
  "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    %0 = stablehlo.negate %a : tensor<4x7xf32>
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n"} : (tensor<4x7xf32>) -> ()
  return
}

// -----

// (C4) the body is one block
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op expects region #0 to have 0 or 1 blocks}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  ^bb1(%b: tensor<4x7xf32>):
    "rlx.yield"(%b) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C5) number of arguments
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op (C5) number of block arguments must match the number of operands: 2 != 1}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>, %b: tensor<3xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C5) types of arguments
func.func @main(%x: tensor<4x7xf32>, %y: tensor<3xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op (C5) type of block argument #1 must match the type of operand #1: 'tensor<2xf32>' != 'tensor<3xf32>'}}
  %0 = "rlx.stage"(%x, %y) ({
  ^bb0(%a: tensor<4x7xf32>, %b: tensor<2xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n"}
     : (tensor<4x7xf32>, tensor<3xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C6) number of results
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op (C6) number of yielded values must match the number of results: 2 != 1}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a, %a) : (tensor<4x7xf32>, tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C6) types of results
func.func @main(%x: tensor<4x7xf32>) -> tensor<7x4xf32> {
  // expected-error@+1 {{'rlx.stage' op (C6) type of yielded value #0 must match the type of result #0: 'tensor<4x7xf32>' != 'tensor<7x4xf32>'}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n"} : (tensor<4x7xf32>) -> tensor<7x4xf32>
  return %0 : tensor<7x4xf32>
}

// -----

// (C7) a body uses no value of the function around it
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    // expected-error@+1 {{'stablehlo.add' op using value defined outside the region}}
    %1 = stablehlo.add %a, %x : tensor<4x7xf32>
    "rlx.yield"(%1) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C7) nor of the stage around it
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    %1 = "rlx.stage"(%a) ({
    ^bb0(%b: tensor<4x7xf32>):
      // expected-error@+1 {{'rlx.yield' op using value defined outside the region}}
      "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
    }) {block = "mlp", mode = #rlx.mode<auto>, name = "m"}
       : (tensor<4x7xf32>) -> tensor<4x7xf32>
    "rlx.yield"(%1) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C8) a yield belongs to a stage
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = stablehlo.while(%a = %x) : tensor<4x7xf32>
  cond {
    %more = stablehlo.constant dense<false> : tensor<i1>
    stablehlo.return %more : tensor<i1>
  } do {
    // expected-error@+1 {{'rlx.yield' op expects parent op 'rlx.stage'}}
    "rlx.yield"() : () -> ()
    stablehlo.return %a : tensor<4x7xf32>
  }
  return %0 : tensor<4x7xf32>
}

// -----

// (C8) and ends it
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    // expected-error@+1 {{'rlx.yield' op must be the last operation in the parent block}}
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C9) origin is an array of strings
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op attribute 'origin' failed to satisfy constraint: string array attribute}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n", origin = ["q_proj", 3]}
     : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C9) none of them empty
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op (C9) origin must hold no empty string: ["q_proj", ""]}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n", origin = ["q_proj", ""]}
     : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

// -----

// (C10) params is a dictionary
func.func @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  // expected-error@+1 {{'rlx.stage' op attribute 'params' failed to satisfy constraint: dictionary of named attribute values}}
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    "rlx.yield"(%a) : (tensor<4x7xf32>) -> ()
  }) {block = "mlp", mode = #rlx.mode<auto>, name = "n", params = [0.5]}
     : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

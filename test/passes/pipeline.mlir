// Property: our passes and jaxlib's run in the order given, as flags or as a pipeline in MLIR's
// syntax: `cse` merges what becomes equal once the stages are gone, and nothing before.

// RUN: rlxflow-opt %s | %filecheck --check-prefix=TWICE
// RUN: rlxflow-opt %s --cse --rlx-inline-stages | %filecheck --check-prefix=TWICE
// RUN: rlxflow-opt %s --rlx-inline-stages --cse | %filecheck --check-prefix=ONCE
// RUN: rlxflow-opt %s --pass-pipeline='builtin.module(cse,rlx-inline-stages)' | %filecheck --check-prefix=TWICE
// RUN: rlxflow-opt %s --pass-pipeline='builtin.module(rlx-inline-stages,func.func(cse))' | %filecheck --check-prefix=ONCE
// RUN: rlxflow-opt %s | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --rlx-inline-stages --chlo-legalize-to-stablehlo | %filecheck --check-prefix=FUNCTION
// RUN: not rlxflow-opt %s --rlx-inline-stage 2>&1 | %filecheck --check-prefix=UNKNOWN
// RUN: not rlxflow-opt %s --pass-pipeline='builtin.module(czse)' 2>&1 | %filecheck --check-prefix=NAME
// RUN: not rlxflow-opt %s --pass-pipeline='builtin.module(func.func(rlx-verify))' 2>&1 | %filecheck --check-prefix=NESTED

// TWICE-COUNT-2: stablehlo.negate
// ONCE: stablehlo.negate
// ONCE-NOT: stablehlo.negate
// BEFORE: chlo.square
// FUNCTION-NOT: chlo.square
// FUNCTION: stablehlo.multiply
// UNKNOWN: error: unknown flag `--rlx-inline-stage`; did you mean `--rlx-inline-stages`
// NAME: error: unknown pass `czse`; did you mean `cse`?
// NESTED: error: pipeline `func.func(rlx-verify)`: expected `rlx-verify` directly in `builtin.module(...)`
func.func public @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = stablehlo.negate %x : tensor<4x7xf32>
  %1 = "rlx.stage"(%x, %0) ({
  ^bb0(%a: tensor<4x7xf32>, %b: tensor<4x7xf32>):
    %2 = stablehlo.negate %a : tensor<4x7xf32>
    %3 = chlo.square %2 : tensor<4x7xf32> -> tensor<4x7xf32>
    %4 = stablehlo.add %3, %b : tensor<4x7xf32>
    "rlx.yield"(%4) : (tensor<4x7xf32>) -> ()
  }) {block = "square", mode = #rlx.mode<auto>, name = "square"}
     : (tensor<4x7xf32>, tensor<4x7xf32>) -> tensor<4x7xf32>
  return %1 : tensor<4x7xf32>
}

// Property: a mode that cannot be lowered and a rule that names no stage are errors with a cure.

// RUN: not rlxflow-opt %s --rlx-lower-stage-modes 2>&1 | %filecheck --check-prefix=KERNEL
// RUN: not rlxflow-opt %s --rlx-lower-stage-modes=modes=attn=fence 2>&1 | %filecheck --check-prefix=NONE
// RUN: not rlxflow-opt %s --rlx-lower-stage-modes=modes=attention=fenc 2>&1 | %filecheck --check-prefix=MODE
// RUN: not rlxflow-opt %s --rlx-lower-stage-modes='modes=**=keep' 2>&1 | %filecheck --check-prefix=KEY
// RUN: not rlxflow-opt %s --rlx-lower-stage-modes=polcy=skip 2>&1 | %filecheck --check-prefix=OPTION

// KERNEL: error: pass `rlx-lower-stage-modes`: stage `attention`: expected a kernel for block `gqa`
// KERNEL-SAME: give the stage the mode `fuse` or `fence`
// NONE: error: pass `rlx-lower-stage-modes`: rule `attn=fence`: expected a pattern that names a stage
// NONE-SAME: `attention`
// MODE: error: rule `attention=fenc`: expected a mode out of auto, fuse, fence, kernel, keep
// MODE-SAME: did you mean `fence`?
// KEY: error: pass `rlx-lower-stage-modes`: stage `attention`: expected `params` without the keys
// KEY-SAME: found `mode`
// OPTION: error: pass `rlx-lower-stage-modes`: expected one of the options policy, modes, layers, composites, found `polcy`
func.func public @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    %1 = stablehlo.cosine %a : tensor<4x7xf32>
    "rlx.yield"(%1) : (tensor<4x7xf32>) -> ()
  }) {block = "gqa", mode = #rlx.mode<kernel>, name = "attention", params = {mode = "full"}}
     : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}

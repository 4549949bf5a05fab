// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes over stages. The Python passes of the same names give the same modules.

#ifndef RLX_PASSES_TD
#define RLX_PASSES_TD

include "mlir/Pass/PassBase.td"

def OutlineStages : Pass<"rlx-outline-stages", "::mlir::ModuleOp"> {
  let summary = "Make a stablehlo.composite of every stage";
  let description = [{
    Every stage becomes a composite whose decomposition is its body; equal bodies share one private
    function, so that 80 equal layers print once. `params`, the name, a mode other than `auto` and
    the origin of a stage are kept as attributes of the composite. No stage is left.

    ```mlir
    %1 = rlx.stage "norm" block("rms_norm") mode(auto) (%x = %0 : tensor<4xf32>) -> tensor<4xf32> {...}
    // becomes
    %1 = stablehlo.composite "rlx.rms_norm" %0 {
        composite_attributes = {stage = "norm"}, decomposition = @rms_norm} : ...
    ```
  }];
}

def InlineStages : Pass<"rlx-inline-stages", "::mlir::ModuleOp"> {
  let summary = "Put the body of every stage in its place";
  let description = [{
    Locations of the operations get the path of their stage in front: `loc("norm/multiply")`. Modes
    are not looked at. No stage is left.
  }];
}

def LowerStageModes : Pass<"rlx-lower-stage-modes", "::mlir::ModuleOp"> {
  let summary = "Lower each stage by its mode: fuse, fence or keep";
  let description = [{
    The mode of a stage is its own, unless a rule of `modes` names it (the last such rule wins);
    `auto` is then decided by `policy`. `fuse` inlines, `fence` makes a call that XLA does not
    inline, `keep` makes a composite; `kernel` inlines a stage that calls a kernel of rlxflow and is an
    error for any other. Fused
    layers that are equal become calls of one function, which XLA inlines, if `layers` is `call`, or
    `auto` and there are at least 8 of them. No stage is left.
  }];
  let options = [
    Option<"policy", "policy", "std::string", /*default=*/"\"direct\"",
           "what `auto` becomes: direct | fusable | skip">,
    ListOption<"modes", "modes", "std::string",
               "rules `pattern=mode`; the last that matches wins">,
    Option<"layers", "layers", "std::string", /*default=*/"\"unroll\"",
           "how equal layers are made: unroll | call | auto">
  ];
}

def Strip : Pass<"rlx-strip", "::mlir::ModuleOp"> {
  let summary = "Remove every trace of the dialect";
  let description = [{
    Inlines all stages and removes all attributes `rlx.*`, so that tools without the dialect read
    the module. The numbers do not change; names of inputs, weights and outputs are lost.
  }];
}

def PrintStageSummary : Pass<"rlx-print-stage-summary", "::mlir::ModuleOp"> {
  let summary = "Print one line for each stage instead of the module";
  let description = [{
    Path, block, mode, types, number of weights and of operations, to standard output, as
    `rlxflow-opt --summary` does. Run it with `-o /dev/null` to see nothing else.
  }];
}

#endif  // RLX_PASSES_TD

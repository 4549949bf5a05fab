// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The dialect itself and its attributes. Operations are in RlxOps.td.

#ifndef RLX_BASE_TD
#define RLX_BASE_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/EnumAttr.td"

def Rlx_Dialect : Dialect {
  let name = "rlx";
  let cppNamespace = "::rlx";

  let summary = "Stages of a model as regions";

  let description = [{
    `rlx` marks which operations of a module belong to which stage of a model. A stage is the
    unit of fusion, naming, cost, sharding and kernels. The dialect says nothing about what a
    stage computes: its body holds operations of other dialects, as a rule StableHLO.

    These files are the norm. The C++ and the Python operation classes are generated from them;
    verifiers in both languages implement the labelled constraints with equal messages.

    **Function attributes.** The arguments and results of a function carry the names by which a
    caller knows them. All of them are discardable: removing them changes no number.

    | attribute   | on       | value                                                      |
    |-------------|----------|------------------------------------------------------------|
    | `rlx.input` | argument | the name of an input that the caller hands over each call  |
    | `rlx.param` | argument | the key of a weight                                        |
    | `rlx.state` | argument | the name of a cache that is read and, as a rule, handed on |
    | `rlx.below` | argument | an i64 that every id of an input must stay under           |
    | `rlx.parts` | argument | the names of the weights or states stacked in it, in order |
    | `rlx.output`| result   | the name of an output                                      |

    The flow emitter creates them; no pass has to remove them, since XLA accepts them.

    **Constraints**
    - (F1) `rlx.input`, `rlx.param` and `rlx.state` are strings; an argument carries at most one
      of the three.
    - (F2) Within a function no two arguments carry the same one of these attributes with the
      same string.
    - (F3) `rlx.output` is a string; no two results of a function carry the same one.
    - (F4) `rlx.parts` is an array of strings, none twice, on a weight or a state: a name for each
      slice of its first axis.
    - (F5) `rlx.below` is an i64.

    **Example**
    ```mlir
    func.func public @main(
        %arg0: tensor<1x16xi32> {rlx.input = "input_ids"},
        %arg1: tensor<128x64xf32> {rlx.param = "model.embed_tokens.weight"},
        %arg2: tensor<1x2x32x16xf32> {rlx.state = "layers.0.key"})
        -> (tensor<1x16x128xf32> {rlx.output = "logits"}) {
      ...
    }
    ```
  }];

  let useDefaultAttributePrinterParser = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
}

class Rlx_Op<string mnemonic, list<Trait> traits = []>
    : Op<Rlx_Dialect, mnemonic, traits>;

//===----------------------------------------------------------------------===//
// Mode
//===----------------------------------------------------------------------===//

def Rlx_Mode : I32EnumAttr<"Mode", "What the compiler makes of a stage", [
  I32EnumAttrCase<"Auto", 0, "auto">,
  I32EnumAttrCase<"Fuse", 1, "fuse">,
  I32EnumAttrCase<"Fence", 2, "fence">,
  I32EnumAttrCase<"Kernel", 3, "kernel">,
  I32EnumAttrCase<"Keep", 4, "keep">
]> {
  let cppNamespace = "::rlx";
  let genSpecializedAttr = 0;
}

def Rlx_ModeAttr : EnumAttr<Rlx_Dialect, Rlx_Mode, "mode"> {
  let summary = "What the compiler makes of a stage";
  let description = [{
    - `auto`: the profile decides; none is left after the pass `lower-stage-modes`.
    - `fuse`: the body is inlined, so that XLA may fuse across the border of the stage.
    - `fence`: the body becomes a call that XLA does not inline.
    - `kernel`: the body becomes a custom call; the body stays as fallback and as reference.
    - `keep`: the stage becomes a `stablehlo.composite` in the final module.

    It prints as `#rlx.mode<auto>`.
  }];
  let assemblyFormat = "`<` $value `>`";
}

#endif  // RLX_BASE_TD

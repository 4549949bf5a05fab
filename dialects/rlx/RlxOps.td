// Part of rlxflow, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE in the root of the project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The operations of the dialect `rlx`: a stage and its terminator.

#ifndef RLX_OPS_TD
#define RLX_OPS_TD

include "RlxBase.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

//===----------------------------------------------------------------------===//
// rlx.stage
//===----------------------------------------------------------------------===//

def Rlx_StageOp : Rlx_Op<"stage", [
    IsolatedFromAbove, SingleBlockImplicitTerminator<"YieldOp">, RecursiveMemoryEffects,
    RecursivelySpeculatable]> {
  let summary = "A named stage of a model";

  let description = [{
    Runs its body once, with the block arguments bound to `inputs`, and returns what the body
    yields. A module means the same with every stage inlined. Stages nest; the path of a stage
    is the names of the stages around it and its own, joined by `/`.

    - `name`: the name of the stage within the stage around it, such as `layers.0.attention`.
    - `block`: the kind of block that emitted the body, in snake case.
    - `mode`: what the compiler makes of the stage.
    - `origin`: the paths of the stages that a pass merged into this one.
    - `params`: the numbers of the block, for a kernel to read.

    **Lifespan.** The flow emitter creates stages, one for each stage of the flow, and the pass
    `outline-stages` turns them into composites. The pass `lower-stage-modes` replaces every
    `auto` and lowers each stage by its mode; `inline-stages` removes all of them at once. None
    may be left in a module that is handed to XLA.

    **Constraints**
    - (C1) `name` is not empty and holds no "/" (a path is the names of the nested stages joined
      by "/").
    - (C2) `block` matches `[a-z][a-z0-9_]*`.
    - (C3) `mode` is one of `auto`, `fuse`, `fence`, `kernel`, `keep`.
    - (C4) The body is one block that ends in `rlx.yield`.
    - (C5) Block arguments have the number and types of the operands.
    - (C6) `rlx.yield` has the number and types of the results.
    - (C7) Operations in the body use only values defined in the body.
    - (C8) `rlx.yield` stands only at the end of a stage.
    - (C9) `origin` is an array of non-empty strings.
    - (C10) `params` is a dictionary.

    **Example**, in the custom form of the native tools:
    ```mlir
    %1 = rlx.stage "norm" block("rms_norm") mode(auto)
        (%x = %0 : tensor<4x8xf32>, %w = %arg1 : tensor<8xf32>) -> (tensor<4x8xf32>) {
      %2 = stablehlo.broadcast_in_dim %w, dims = [1] : (tensor<8xf32>) -> tensor<4x8xf32>
      %3 = stablehlo.multiply %x, %2 : tensor<4x8xf32>
      rlx.yield %3 : tensor<4x8xf32>
    } attributes {params = {eps = 5.000000e-01 : f64}}
    ```
    and in the generic form, which jaxlib prints and all tools read:
    ```mlir
    %1 = "rlx.stage"(%0, %arg1) ({
    ^bb0(%x: tensor<4x8xf32>, %w: tensor<8xf32>):
      %2 = stablehlo.broadcast_in_dim %w, dims = [1] : (tensor<8xf32>) -> tensor<4x8xf32>
      %3 = stablehlo.multiply %x, %2 : tensor<4x8xf32>
      "rlx.yield"(%3) : (tensor<4x8xf32>) -> ()
    }) {block = "rms_norm", mode = #rlx.mode<auto>, name = "norm",
        params = {eps = 5.000000e-01 : f64}}
       : (tensor<4x8xf32>, tensor<8xf32>) -> tensor<4x8xf32>
    ```
  }];

  let arguments = (ins
    Variadic<AnyType>:$inputs,
    StrAttr:$name,
    StrAttr:$block,
    DefaultValuedAttr<Rlx_ModeAttr, "::rlx::Mode::Auto">:$mode,
    OptionalAttr<StrArrayAttr>:$origin,
    OptionalAttr<DictionaryAttr>:$params
  );
  let results = (outs Variadic<AnyType>:$outputs);
  let regions = (region SizedRegion<1>:$body);

  let assemblyFormat = [{
    $name `block` `(` $block `)` custom<StageMode>($mode)
    custom<StageBody>($inputs, type($inputs), type($outputs), $body)
    attr-dict-with-keyword
  }];

  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let hasCanonicalizer = 1;
}

//===----------------------------------------------------------------------===//
// rlx.yield
//===----------------------------------------------------------------------===//

def Rlx_YieldOp : Rlx_Op<"yield", [
    Pure, ReturnLike, Terminator, HasParent<"StageOp">]> {
  let summary = "Ends the body of a stage and hands over its results";

  let description = [{
    Whoever creates a stage creates its `rlx.yield`; it goes with its stage. The constraints
    (C4), (C6) and (C8) of `rlx.stage` speak of it.

    **Example**
    ```mlir
    "rlx.yield"(%3) : (tensor<4x8xf32>) -> ()
    ```
  }];

  let arguments = (ins Variadic<AnyType>:$values);
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange()); }]>];

  let assemblyFormat = "attr-dict ($values^ `:` type($values))?";
}

#endif  // RLX_OPS_TD

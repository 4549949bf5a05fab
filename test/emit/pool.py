# RUN: %python %s | %filecheck
# Property: pooling reduces over the tokens and leaves pads out, each kind in its own way; a vector
# is scaled to length 1 by a norm that cannot fall below the floor.

import rlxflow as rf
from rlxflow.blocks.pool import ClsTokenPool, Normalize, Pool


def show(case: str, pooling: str) -> None:
    flow = (
        rf.ModelFlow(case)
        .input("x", rf.Shape([2, 4, 6]))
        .input("keep", rf.Shape([2, 4], "i1"))
        .attn_mask_from_input("keep")
        .stage("pool", Pool(pooling=pooling))
    )
    print(flow.build().mlir("flow"))


show("mean_of_the_tokens_kept", "mean")
# CHECK-LABEL: module @mean_of_the_tokens_kept
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[KEEP_ARG:[^:]+]]: tensor<2x4xi1> {rlx.input = "keep"}
# CHECK-SAME:   tensor<2x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[KEEP_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<2x4x6xf32>, %[[KEEP:[^:]+]]: tensor<2x4xi1>)
# CHECK:      %[[WEIGHTS:.+]] = stablehlo.convert %[[KEEP]] : (tensor<2x4xi1>) -> tensor<2x4xf32>
# CHECK:      %[[REPEATED:.+]] = stablehlo.broadcast_in_dim %[[WEIGHTS]], dims = [0, 1] :
# CHECK:      %[[WEIGHTED:.+]] = stablehlo.multiply %[[X]], %[[REPEATED]] : tensor<2x4x6xf32>
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[TOTAL:.+]] = stablehlo.reduce(%[[WEIGHTED]] init: %[[ZERO]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [1] :
# CHECK:      %[[ZERO_AGAIN:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[COUNT:.+]] = stablehlo.reduce(%[[WEIGHTS]] init: %[[ZERO_AGAIN]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [1] :
# CHECK:      %[[TINY:.+]] = stablehlo.constant dense<9.99999971E-10> : tensor<2xf32>
# CHECK:      %[[SAFE:.+]] = stablehlo.maximum %[[COUNT]], %[[TINY]] : tensor<2xf32>
# CHECK:      %[[COUNTS:.+]] = stablehlo.broadcast_in_dim %[[SAFE]], dims = [0] :
# CHECK:      %[[MEAN:.+]] = stablehlo.divide %[[TOTAL]], %[[COUNTS]] : tensor<2x6xf32>
# CHECK:      "rlx.yield"(%[[MEAN]]) :
# CHECK:      }) {block = "pool"
# CHECK-SAME:   name = "pool"
# CHECK-SAME:   pooling = "mean"
# CHECK:      return %[[Y]] :

show("last_token_kept", "last")
# CHECK-LABEL: module @last_token_kept
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[KEEP_ARG:[^:]+]]: tensor<2x4xi1> {rlx.input = "keep"}
# CHECK-SAME:   tensor<2x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[KEEP_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<2x4x6xf32>, %[[KEEP:[^:]+]]: tensor<2x4xi1>)
# CHECK:      %[[COUNT_UP:.+]] = stablehlo.iota dim = 0 : tensor<4xi32>
# CHECK:      %[[POSITION:.+]] = stablehlo.broadcast_in_dim %[[COUNT_UP]], dims = [1] :
# CHECK:      %[[NONE:.+]] = stablehlo.constant dense<-1> : tensor<2x4xi32>
# CHECK:      %[[PLACED:.+]] = stablehlo.select %[[KEEP]], %[[POSITION]], %[[NONE]] :
# CHECK:      %[[LEAST:.+]] = stablehlo.constant dense<-2147483648> : tensor<i32>
# CHECK:      %[[LAST:.+]] = stablehlo.reduce(%[[PLACED]] init: %[[LEAST]])
# CHECK-SAME:   applies stablehlo.maximum across dimensions = [1] :
# CHECK:      %[[LASTS:.+]] = stablehlo.broadcast_in_dim %[[LAST]], dims = [0] :
# CHECK:      %[[CHOSEN:.+]] = stablehlo.compare EQ, %[[POSITION]], %[[LASTS]] :
# CHECK:      %[[WEIGHTS:.+]] = stablehlo.convert %[[CHOSEN]] : (tensor<2x4xi1>) -> tensor<2x4xf32>
# CHECK:      %[[REPEATED:.+]] = stablehlo.broadcast_in_dim %[[WEIGHTS]], dims = [0, 1] :
# CHECK:      %[[WEIGHTED:.+]] = stablehlo.multiply %[[X]], %[[REPEATED]] : tensor<2x4x6xf32>
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[TOTAL:.+]] = stablehlo.reduce(%[[WEIGHTED]] init: %[[ZERO]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [1] :
# CHECK:      %[[ZERO_AGAIN:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[COUNT:.+]] = stablehlo.reduce(%[[WEIGHTS]] init: %[[ZERO_AGAIN]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [1] :
# CHECK:      %[[TINY:.+]] = stablehlo.constant dense<9.99999971E-10> : tensor<2xf32>
# CHECK:      %[[SAFE:.+]] = stablehlo.maximum %[[COUNT]], %[[TINY]] : tensor<2xf32>
# CHECK:      %[[COUNTS:.+]] = stablehlo.broadcast_in_dim %[[SAFE]], dims = [0] :
# CHECK:      %[[ROW:.+]] = stablehlo.divide %[[TOTAL]], %[[COUNTS]] : tensor<2x6xf32>
# CHECK:      "rlx.yield"(%[[ROW]]) :
# CHECK:      }) {block = "pool"
# CHECK-SAME:   name = "pool"
# CHECK-SAME:   pooling = "last"
# CHECK:      return %[[Y]] :

show("largest_of_the_tokens_kept", "max")
# CHECK-LABEL: module @largest_of_the_tokens_kept
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[KEEP_ARG:[^:]+]]: tensor<2x4xi1> {rlx.input = "keep"}
# CHECK-SAME:   tensor<2x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[KEEP_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<2x4x6xf32>, %[[KEEP:[^:]+]]: tensor<2x4xi1>)
# CHECK:      %[[KEPT:.+]] = stablehlo.broadcast_in_dim %[[KEEP]], dims = [0, 1] :
# CHECK:      %[[LOWEST:.+]] = stablehlo.constant dense<0xFF800000> : tensor<2x4x6xf32>
# CHECK:      %[[SHOWN:.+]] = stablehlo.select %[[KEPT]], %[[X]], %[[LOWEST]] :
# CHECK:      %[[LEAST:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[LARGEST:.+]] = stablehlo.reduce(%[[SHOWN]] init: %[[LEAST]])
# CHECK-SAME:   applies stablehlo.maximum across dimensions = [1] :
# CHECK:      "rlx.yield"(%[[LARGEST]]) :
# CHECK:      }) {block = "pool"
# CHECK-SAME:   name = "pool"
# CHECK-SAME:   pooling = "max"
# CHECK:      return %[[Y]] :

show("first_token", "cls")
# CHECK-LABEL: module @first_token
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[KEEP_ARG:[^:]+]]: tensor<2x4xi1> {rlx.input = "keep"}
# CHECK-SAME:   tensor<2x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<2x4x6xf32>)
# CHECK:      %[[FIRST:.+]] = stablehlo.slice
# CHECK-SAME:   %[[X]] [0:2, 0:1, 0:6] : (tensor<2x4x6xf32>) -> tensor<2x1x6xf32>
# CHECK:      %[[ROW:.+]] = stablehlo.reshape %[[FIRST]] : (tensor<2x1x6xf32>) -> tensor<2x6xf32>
# CHECK:      "rlx.yield"(%[[ROW]]) :
# CHECK:      }) {block = "pool"
# CHECK-SAME:   name = "pool"
# CHECK-SAME:   pooling = "cls"
# CHECK:      return %[[Y]] :

cls = rf.ModelFlow("cls_token_in_its_dtype").input("x", rf.Shape([2, 4, 6], "bf16"))
print(cls.stage("cls", ClsTokenPool()).build().mlir("flow"))
# CHECK-LABEL: module @cls_token_in_its_dtype
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xbf16> {rlx.input = "x"}
# CHECK-SAME:   tensor<2x6xbf16> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<2x4x6xbf16>)
# CHECK:      %[[FIRST:.+]] = stablehlo.slice
# CHECK-SAME:   %[[X]] [0:2, 0:1, 0:6] : (tensor<2x4x6xbf16>) -> tensor<2x1x6xbf16>
# CHECK:      %[[ROW:.+]] = stablehlo.reshape %[[FIRST]] : (tensor<2x1x6xbf16>) -> tensor<2x6xbf16>
# CHECK:      "rlx.yield"(%[[ROW]]) :
# CHECK:      }) {block = "cls_token_pool"
# CHECK-SAME:   name = "cls"
# CHECK:      return %[[Y]] :

vectors = rf.ModelFlow("length_one").input("x", rf.Shape([2, 6], axes="b d"))
print(vectors.stage("unit", Normalize(floor=0.25)).build().mlir("flow"))
# CHECK-LABEL: module @length_one
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x6xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<2x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<2x6xf32>)
# CHECK:      %[[SQUARE:.+]] = stablehlo.multiply %[[X]], %[[X]] : tensor<2x6xf32>
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[SQUARE]] init: %[[ZERO]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [1] :
# CHECK:      %[[NORM:.+]] = stablehlo.sqrt %[[SUM]] : tensor<2xf32>
# CHECK:      %[[FLOOR:.+]] = stablehlo.constant dense<2.500000e-01> : tensor<2xf32>
# CHECK:      %[[SAFE:.+]] = stablehlo.maximum %[[NORM]], %[[FLOOR]] : tensor<2xf32>
# CHECK:      %[[LENGTHS:.+]] = stablehlo.broadcast_in_dim %[[SAFE]], dims = [0] :
# CHECK:      %[[UNIT:.+]] = stablehlo.divide %[[X]], %[[LENGTHS]] : tensor<2x6xf32>
# CHECK:      "rlx.yield"(%[[UNIT]]) :
# CHECK:      }) {block = "normalize"
# CHECK-SAME:   name = "unit"
# CHECK-SAME:   floor = 2.500000e-01 : f64
# CHECK:      return %[[Y]] :

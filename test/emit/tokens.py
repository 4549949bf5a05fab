# RUN: %python %s | %filecheck
# Property: positions count from 0 or from a row's own start and never pass its last token; tokens
# behind a row's end are masked; the last token of a row stands at its length minus 1.

import rlxflow as rf
from rlxflow.blocks.tokens import GatherLastToken, Lengths, Positions, TokenMask


def show(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
    emit.publish_side_output("positions", emit.named("positions"))
    return x


prompt = (
    rf.ModelFlow("prompt")
    .input("ids", rf.Shape([2, 4], "i32"))
    .input("lengths", rf.Shape([2], "i32"))
    .stage("lengths", Lengths())
    .stage("positions", Positions(lengths=True))
    .stage("mask", TokenMask())
    .stage("last", GatherLastToken(input="lengths", minus=1))
    .custom(show, name="show", reads=("positions",))
    .custom(
        lambda emit, x: emit.publish_side_output("mask", emit.named("token_mask")) or x,
        name="show_mask",
        reads=("token_mask",),
    )
)
print(prompt.build().mlir("flow"))
# CHECK-LABEL: module @prompt
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[IDS_ARG:[^:]+]]: tensor<2x4xi32> {rlx.input = "ids"}
# CHECK-SAME:   %[[LENGTHS_ARG:[^:]+]]: tensor<2xi32> {rlx.input = "lengths"}
# CHECK-SAME:   tensor<2x1xi32> {rlx.output = "output"}
# CHECK-SAME:   tensor<2x4xi32> {rlx.output = "positions"}
# CHECK-SAME:   tensor<2x4xi1> {rlx.output = "mask"}
# CHECK:      %[[POSITIONS:.+]] = "rlx.stage"(%[[LENGTHS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[LENGTHS:[^:]+]]: tensor<2xi32>)
# CHECK:      %[[STEP:.+]] = stablehlo.iota dim = 0 : tensor<4xi32>
# CHECK:      %[[STEPS:.+]] = stablehlo.broadcast_in_dim %[[STEP]], dims = [1]
# CHECK-SAME:   : (tensor<4xi32>) -> tensor<2x4xi32>
# CHECK:      %[[ONE:.+]] = stablehlo.constant dense<1> : tensor<2xi32>
# CHECK:      %[[END:.+]] = stablehlo.subtract %[[LENGTHS]], %[[ONE]] : tensor<2xi32>
# CHECK:      %[[LIMIT:.+]] = stablehlo.broadcast_in_dim %[[END]], dims = [0]
# CHECK-SAME:   : (tensor<2xi32>) -> tensor<2x4xi32>
# CHECK:      %[[PLACE:.+]] = stablehlo.minimum %[[STEPS]], %[[LIMIT]] : tensor<2x4xi32>
# CHECK:      "rlx.yield"(%[[PLACE]]) :
# CHECK:      }) {block = "positions"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "positions"
# CHECK:      %[[MASK:.+]] = "rlx.stage"(%[[LENGTHS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[LENGTHS:[^:]+]]: tensor<2xi32>)
# CHECK:      %[[STEP:.+]] = stablehlo.iota dim = 0 : tensor<4xi32>
# CHECK:      %[[STEPS:.+]] = stablehlo.broadcast_in_dim %[[STEP]], dims = [1]
# CHECK-SAME:   : (tensor<4xi32>) -> tensor<2x4xi32>
# CHECK:      %[[LIMIT:.+]] = stablehlo.broadcast_in_dim %[[LENGTHS]], dims = [0]
# CHECK-SAME:   : (tensor<2xi32>) -> tensor<2x4xi32>
# CHECK:      %[[INSIDE:.+]] = stablehlo.compare LT, %[[STEPS]], %[[LIMIT]]
# CHECK-SAME:   : (tensor<2x4xi32>, tensor<2x4xi32>) -> tensor<2x4xi1>
# CHECK:      "rlx.yield"(%[[INSIDE]]) :
# CHECK:      }) {block = "token_mask"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "mask"
# CHECK:      %[[LAST:.+]] = "rlx.stage"(%[[IDS_ARG]], %[[LENGTHS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[IDS:[^:]+]]: tensor<2x4xi32>,
# CHECK-SAME:   %[[LENGTHS:[^:]+]]: tensor<2xi32>)
# CHECK:      %[[ONE:.+]] = stablehlo.constant dense<1> : tensor<2xi32>
# CHECK:      %[[END:.+]] = stablehlo.subtract %[[LENGTHS]], %[[ONE]] : tensor<2xi32>
# CHECK:      %[[PICKED:.+]] = "stablehlo.gather"(%[[IDS]],
# CHECK-SAME:   %[[END]]) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [1],
# CHECK-SAME:   operand_batching_dims = [0], start_indices_batching_dims = [0],
# CHECK-SAME:   start_index_map = [1], index_vector_dim = 1>, slice_sizes = array<i64: 1, 1>}>
# CHECK-SAME:   : (tensor<2x4xi32>, tensor<2xi32>) -> tensor<2xi32>
# CHECK:      %[[COLUMN:.+]] = stablehlo.reshape %[[PICKED]] : (tensor<2xi32>) -> tensor<2x1xi32>
# CHECK:      "rlx.yield"(%[[COLUMN]]) :
# CHECK:      }) {block = "gather_last_token"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "last"
# CHECK:      return %[[LAST]], %[[POSITIONS]], %[[MASK]] :

step = (
    rf.ModelFlow("step_from_each_rows_start")
    .input("ids", rf.Shape([2, 4], "i32"))
    .input("first", rf.Shape([2], "i32"))
    .stage("positions", Positions(input="first"))
    .custom(show, name="show", reads=("positions",))
)
print(step.build().mlir("flow"))
# CHECK-LABEL: module @step_from_each_rows_start
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[IDS_ARG:[^:]+]]: tensor<2x4xi32> {rlx.input = "ids"}
# CHECK-SAME:   %[[FIRST_ARG:[^:]+]]: tensor<2xi32> {rlx.input = "first"}
# CHECK-SAME:   tensor<2x4xi32> {rlx.output = "output"}
# CHECK-SAME:   tensor<2x4xi32> {rlx.output = "positions"}
# CHECK:      %[[POSITIONS:.+]] = "rlx.stage"(%[[FIRST_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[FIRST:[^:]+]]: tensor<2xi32>)
# CHECK:      %[[STEP:.+]] = stablehlo.iota dim = 0 : tensor<4xi32>
# CHECK:      %[[STEPS:.+]] = stablehlo.broadcast_in_dim %[[STEP]], dims = [1]
# CHECK-SAME:   : (tensor<4xi32>) -> tensor<2x4xi32>
# CHECK:      %[[FIRSTS:.+]] = stablehlo.broadcast_in_dim %[[FIRST]], dims = [0]
# CHECK-SAME:   : (tensor<2xi32>) -> tensor<2x4xi32>
# CHECK:      %[[PLACE:.+]] = stablehlo.add %[[STEPS]], %[[FIRSTS]] : tensor<2x4xi32>
# CHECK:      "rlx.yield"(%[[PLACE]]) :
# CHECK:      }) {block = "positions"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "positions"
# CHECK:      return %[[IDS_ARG]], %[[POSITIONS]] :

# RUN: %python %s | %filecheck
# Property: ids choose whole rows of a table, along its first axis; positions take the rows from
# `offset` on, one for each token, and repeat them over the batch.

import rlxflow as rf
from rlxflow.blocks.embedding import Embed, GatherAdd, GatherFromInput, LearnedPositions

words = (
    rf.ModelFlow("rows_of_ids")
    .input("ids", rf.Shape([2, 4], "i32"))
    .stage("words", Embed(key="e.words", vocab_size=9, hidden_size=6))
)
print(words.build().mlir("flow"))
# CHECK-LABEL: module @rows_of_ids
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[IDS_ARG:[^:]+]]: tensor<2x4xi32> {rlx.input = "ids"}
# CHECK-SAME:   %[[TABLE_ARG:[^:]+]]: tensor<9x6xf32> {rlx.param = "e.words"}
# CHECK-SAME:   tensor<2x4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[IDS_ARG]], %[[TABLE_ARG]]) ({
# CHECK:      ^bb0(%[[IDS:[^:]+]]: tensor<2x4xi32>, %[[TABLE:[^:]+]]: tensor<9x6xf32>)
# CHECK:      %[[ROWS:.+]] = "stablehlo.gather"(%[[TABLE]], %[[IDS]])
# CHECK-SAME:   offset_dims = [2], collapsed_slice_dims = [0],
# CHECK-SAME:   start_index_map = [0], index_vector_dim = 2
# CHECK-SAME:   slice_sizes = array<i64: 1, 6>}>
# CHECK-SAME:   : (tensor<9x6xf32>, tensor<2x4xi32>) -> tensor<2x4x6xf32>
# CHECK:      "rlx.yield"(%[[ROWS]]) :
# CHECK:      }) {block = "embed"
# CHECK-SAME:   name = "words"
# CHECK-SAME:   hidden_size = 6 : i64
# CHECK-SAME:   vocab_size = 9 : i64
# CHECK:      return %[[Y]] :

# The value of the flow is dropped: the other input is what counts.
other = (
    rf.ModelFlow("rows_of_another_input")
    .input("ids", rf.Shape([2, 4], "i32"))
    .input("kinds", rf.Shape([2, 5], "i32"))
    .stage("kinds", GatherFromInput(input="kinds", key="e.kinds", rows=3, hidden_size=6))
)
print(other.build().mlir("flow"))
# CHECK-LABEL: module @rows_of_another_input
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[IDS_ARG:[^:]+]]: tensor<2x4xi32> {rlx.input = "ids"}
# CHECK-SAME:   %[[KINDS_ARG:[^:]+]]: tensor<2x5xi32> {rlx.input = "kinds"}
# CHECK-SAME:   %[[TABLE_ARG:[^:]+]]: tensor<3x6xf32> {rlx.param = "e.kinds"}
# CHECK-SAME:   tensor<2x5x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[TABLE_ARG]], %[[KINDS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[TABLE:[^:]+]]: tensor<3x6xf32>,
# CHECK-SAME:   %[[KINDS:[^:]+]]: tensor<2x5xi32>)
# CHECK:      %[[ROWS:.+]] = "stablehlo.gather"(%[[TABLE]], %[[KINDS]])
# CHECK-SAME:   offset_dims = [2], collapsed_slice_dims = [0],
# CHECK-SAME:   start_index_map = [0], index_vector_dim = 2
# CHECK-SAME:   slice_sizes = array<i64: 1, 6>}>
# CHECK-SAME:   : (tensor<3x6xf32>, tensor<2x5xi32>) -> tensor<2x5x6xf32>
# CHECK:      "rlx.yield"(%[[ROWS]]) :
# CHECK:      }) {block = "gather_from_input"
# CHECK-SAME:   name = "kinds"
# CHECK-SAME:   hidden_size = 6 : i64
# CHECK-SAME:   input = "kinds"
# CHECK-SAME:   rows = 3 : i64
# CHECK:      return %[[Y]] :

added = (
    rf.ModelFlow("rows_added")
    .input("x", rf.Shape([2, 4, 6]))
    .input("kinds", rf.Shape([2, 4], "i32"))
    .stage("kinds", GatherAdd(input="kinds", key="e.kinds", rows=3))
)
print(added.build().mlir("flow"))
# CHECK-LABEL: module @rows_added
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[KINDS_ARG:[^:]+]]: tensor<2x4xi32> {rlx.input = "kinds"}
# CHECK-SAME:   %[[TABLE_ARG:[^:]+]]: tensor<3x6xf32> {rlx.param = "e.kinds"}
# CHECK-SAME:   tensor<2x4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[TABLE_ARG]], %[[KINDS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x6xf32>,
# CHECK-SAME:   %[[TABLE:[^:]+]]: tensor<3x6xf32>,
# CHECK-SAME:   %[[KINDS:[^:]+]]: tensor<2x4xi32>)
# CHECK:      %[[ROWS:.+]] = "stablehlo.gather"(%[[TABLE]], %[[KINDS]])
# CHECK-SAME:   offset_dims = [2], collapsed_slice_dims = [0],
# CHECK-SAME:   start_index_map = [0], index_vector_dim = 2
# CHECK-SAME:   slice_sizes = array<i64: 1, 6>}>
# CHECK-SAME:   : (tensor<3x6xf32>, tensor<2x4xi32>) -> tensor<2x4x6xf32>
# CHECK:      %[[SUM:.+]] = stablehlo.add %[[X]], %[[ROWS]] : tensor<2x4x6xf32>
# CHECK:      "rlx.yield"(%[[SUM]]) :
# CHECK:      }) {block = "gather_add"
# CHECK-SAME:   name = "kinds"
# CHECK-SAME:   input = "kinds"
# CHECK-SAME:   rows = 3 : i64
# CHECK:      return %[[Y]] :

positions = (
    rf.ModelFlow("positions_from_an_offset")
    .input("x", rf.Shape([2, 4, 6]))
    .stage("positions", LearnedPositions(key="e.positions", positions=11, offset=2))
)
print(positions.build().mlir("flow"))
# CHECK-LABEL: module @positions_from_an_offset
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[TABLE_ARG:[^:]+]]: tensor<11x6xf32> {rlx.param = "e.positions"}
# CHECK-SAME:   tensor<2x4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[TABLE_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<2x4x6xf32>, %[[TABLE:[^:]+]]: tensor<11x6xf32>)
# CHECK:      %[[ROWS:.+]] = stablehlo.slice
# CHECK-SAME:   %[[TABLE]] [2:6, 0:6] : (tensor<11x6xf32>) -> tensor<4x6xf32>
# CHECK:      %[[REPEATED:.+]] = stablehlo.broadcast_in_dim %[[ROWS]], dims = [1, 2] :
# CHECK:      %[[SUM:.+]] = stablehlo.add %[[X]], %[[REPEATED]] : tensor<2x4x6xf32>
# CHECK:      "rlx.yield"(%[[SUM]]) :
# CHECK:      }) {block = "learned_positions"
# CHECK-SAME:   name = "positions"
# CHECK-SAME:   offset = 2 : i64
# CHECK-SAME:   positions = 11 : i64
# CHECK:      return %[[Y]] :

# RUN: %python %s | %filecheck
# Property: masks are true where a key is visible: padding by what is not 0, causality by distance,
# a window of W by distances below W, and both together by `and` over the axes of either.

import rlxflow as rf
from rlxflow.blocks.base import Emit
from rlxflow.blocks.mask import both, positions_mask


def show_positions(case: str, *, causal: bool, window: int | None, queries: int = 4) -> None:
    def mask(emit: Emit, x: rf.Value | None) -> rf.Value | None:
        return positions_mask(
            emit.flow_input("q"), emit.flow_input("k"), causal=causal, window=window
        )

    flow = (
        rf.ModelFlow(case)
        .input("q", rf.Shape([queries, 3], axes="t e"))
        .input("k", rf.Shape([7, 3], axes="s e"))
    )
    print(flow.custom(mask, name="mask").build().mlir("flow"))


show_positions("last_query_sees_last_key", causal=True, window=None)
# CHECK-LABEL: module @last_query_sees_last_key
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[Q_ARG:[^:]+]]: tensor<4x3xf32> {rlx.input = "q"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<7x3xf32> {rlx.input = "k"}
# CHECK-SAME:   tensor<4x7xi1> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"() ({
# CHECK:      %[[ROW_NUMBER:.+]] = stablehlo.iota dim = 0 : tensor<4xi32>
# CHECK:      %[[SHIFT:.+]] = stablehlo.constant dense<3> : tensor<4xi32>
# CHECK:      %[[POSITION:.+]] = stablehlo.add %[[ROW_NUMBER]], %[[SHIFT]] : tensor<4xi32>
# CHECK:      %[[ROWS:.+]] = stablehlo.broadcast_in_dim %[[POSITION]], dims = [0] :
# CHECK:      %[[COLUMN_NUMBER:.+]] = stablehlo.iota dim = 0 : tensor<7xi32>
# CHECK:      %[[COLUMNS:.+]] = stablehlo.broadcast_in_dim %[[COLUMN_NUMBER]], dims = [1] :
# CHECK:      %[[DISTANCE:.+]] = stablehlo.subtract %[[ROWS]], %[[COLUMNS]] : tensor<4x7xi32>
# CHECK:      %[[NEAREST:.+]] = stablehlo.constant dense<0> : tensor<4x7xi32>
# CHECK:      %[[PAST:.+]] = stablehlo.compare GE, %[[DISTANCE]], %[[NEAREST]] :
# CHECK:      "rlx.yield"(%[[PAST]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "mask"
# CHECK:      return %[[Y]] :

show_positions("window_of_three_keys", causal=True, window=3)
# CHECK-LABEL: module @window_of_three_keys
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[Q_ARG:[^:]+]]: tensor<4x3xf32> {rlx.input = "q"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<7x3xf32> {rlx.input = "k"}
# CHECK-SAME:   tensor<4x7xi1> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"() ({
# CHECK:      %[[ROW_NUMBER:.+]] = stablehlo.iota dim = 0 : tensor<4xi32>
# CHECK:      %[[SHIFT:.+]] = stablehlo.constant dense<3> : tensor<4xi32>
# CHECK:      %[[POSITION:.+]] = stablehlo.add %[[ROW_NUMBER]], %[[SHIFT]] : tensor<4xi32>
# CHECK:      %[[ROWS:.+]] = stablehlo.broadcast_in_dim %[[POSITION]], dims = [0] :
# CHECK:      %[[COLUMN_NUMBER:.+]] = stablehlo.iota dim = 0 : tensor<7xi32>
# CHECK:      %[[COLUMNS:.+]] = stablehlo.broadcast_in_dim %[[COLUMN_NUMBER]], dims = [1] :
# CHECK:      %[[DISTANCE:.+]] = stablehlo.subtract %[[ROWS]], %[[COLUMNS]] : tensor<4x7xi32>
# CHECK:      %[[NEAREST:.+]] = stablehlo.constant dense<0> : tensor<4x7xi32>
# CHECK:      %[[PAST:.+]] = stablehlo.compare GE, %[[DISTANCE]], %[[NEAREST]] :
# CHECK:      %[[WINDOW:.+]] = stablehlo.constant dense<3> : tensor<4x7xi32>
# CHECK:      %[[NEAR:.+]] = stablehlo.compare LT, %[[DISTANCE]], %[[WINDOW]] :
# CHECK:      %[[BOTH:.+]] = stablehlo.and %[[PAST]], %[[NEAR]] : tensor<4x7xi1>
# CHECK:      "rlx.yield"(%[[BOTH]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "mask"
# CHECK:      return %[[Y]] :

show_positions("window_on_either_side", causal=False, window=2)
# CHECK-LABEL: module @window_on_either_side
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[Q_ARG:[^:]+]]: tensor<4x3xf32> {rlx.input = "q"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<7x3xf32> {rlx.input = "k"}
# CHECK-SAME:   tensor<4x7xi1> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"() ({
# CHECK:      %[[ROW_NUMBER:.+]] = stablehlo.iota dim = 0 : tensor<4xi32>
# CHECK:      %[[SHIFT:.+]] = stablehlo.constant dense<3> : tensor<4xi32>
# CHECK:      %[[POSITION:.+]] = stablehlo.add %[[ROW_NUMBER]], %[[SHIFT]] : tensor<4xi32>
# CHECK:      %[[ROWS:.+]] = stablehlo.broadcast_in_dim %[[POSITION]], dims = [0] :
# CHECK:      %[[COLUMN_NUMBER:.+]] = stablehlo.iota dim = 0 : tensor<7xi32>
# CHECK:      %[[COLUMNS:.+]] = stablehlo.broadcast_in_dim %[[COLUMN_NUMBER]], dims = [1] :
# CHECK:      %[[DISTANCE:.+]] = stablehlo.subtract %[[ROWS]], %[[COLUMNS]] : tensor<4x7xi32>
# CHECK:      %[[APART:.+]] = stablehlo.abs %[[DISTANCE]] : tensor<4x7xi32>
# CHECK:      %[[WINDOW:.+]] = stablehlo.constant dense<2> : tensor<4x7xi32>
# CHECK:      %[[NEAR:.+]] = stablehlo.compare LT, %[[APART]], %[[WINDOW]] :
# CHECK:      "rlx.yield"(%[[NEAR]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "mask"
# CHECK:      return %[[Y]] :

given = (
    rf.ModelFlow("padding_is_not_zero")
    .input("x", rf.Shape([2, 4, 6]))
    .input("pads", rf.Shape([2, 4], "i32"))
    .attn_mask_from_input("pads")
    .custom(lambda emit, x: emit.named("attn_mask"), name="show", reads=["attn_mask"])
)
print(given.build().mlir("flow"))
# CHECK-LABEL: module @padding_is_not_zero
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[PADS_ARG:[^:]+]]: tensor<2x4xi32> {rlx.input = "pads"}
# CHECK-SAME:   tensor<2x4xi1> {rlx.output = "output"}
# CHECK:      %[[MASK:.+]] = "rlx.stage"(%[[PADS_ARG]]) ({
# CHECK:      ^bb0(%[[PADS:[^:]+]]: tensor<2x4xi32>)
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0> : tensor<2x4xi32>
# CHECK:      %[[KEEP:.+]] = stablehlo.compare NE, %[[PADS]], %[[ZERO]] :
# CHECK:      "rlx.yield"(%[[KEEP]]) :
# CHECK:      }) {block = "attn_mask_from_input"
# CHECK-SAME:   name = "attn_mask_from_input"
# CHECK-SAME:   input = "pads"
# CHECK:      return %[[MASK]] :

# A mask of booleans is published as it is; the stage is gone.
booleans = (
    rf.ModelFlow("booleans_as_they_are")
    .input("x", rf.Shape([2, 4, 6]))
    .input("keep", rf.Shape([2, 4], "i1"))
    .attn_mask_from_input("keep")
    .custom(lambda emit, x: emit.named("attn_mask"), name="show", reads=["attn_mask"])
)
print(booleans.build().mlir("flow"))
# CHECK-LABEL: module @booleans_as_they_are
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[KEEP_ARG:[^:]+]]: tensor<2x4xi1> {rlx.input = "keep"}
# CHECK-SAME:   tensor<2x4xi1> {rlx.output = "output"}
# CHECK:      return %[[KEEP_ARG]] :

ones = (
    rf.ModelFlow("ones_show_everything")
    .input("x", rf.Shape([2, 4, 6]))
    .attn_mask_ones(2, 4)
    .custom(lambda emit, x: emit.named("attn_mask"), name="show", reads=["attn_mask"])
)
print(ones.build().mlir("flow"))
# CHECK-LABEL: module @ones_show_everything
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<2x4xi1> {rlx.output = "output"}
# CHECK:      %[[MASK:.+]] = "rlx.stage"() ({
# CHECK:      %[[KEEP:.+]] = stablehlo.constant dense<true> : tensor<2x4xi1>
# CHECK:      "rlx.yield"(%[[KEEP]]) :
# CHECK:      }) {block = "attn_mask_ones"
# CHECK-SAME:   name = "attn_mask_ones"
# CHECK-SAME:   batch = 2 : i64
# CHECK-SAME:   seq = 4 : i64
# CHECK:      return %[[MASK]] :

joined = (
    rf.ModelFlow("both_over_all_axes")
    .input("padding", rf.Shape([2, 5], "i1", axes="b s"))
    .input("grid", rf.Shape([4, 5], "i1", axes="t s"))
    .custom(lambda emit, x: both(x, emit.flow_input("grid")), name="join")
)
print(joined.build().mlir("flow"))
# CHECK-LABEL: module @both_over_all_axes
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[PADDING_ARG:[^:]+]]: tensor<2x5xi1> {rlx.input = "padding"}
# CHECK-SAME:   %[[GRID_ARG:[^:]+]]: tensor<4x5xi1> {rlx.input = "grid"}
# CHECK-SAME:   tensor<2x5x4xi1> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[PADDING_ARG]], %[[GRID_ARG]]) ({
# CHECK:      ^bb0(%[[PADDING:[^:]+]]: tensor<2x5xi1>, %[[GRID:[^:]+]]: tensor<4x5xi1>)
# CHECK:      %[[PADDINGS:.+]] = stablehlo.broadcast_in_dim %[[PADDING]], dims = [0, 1] :
# CHECK:      %[[GRIDS:.+]] = stablehlo.broadcast_in_dim %[[GRID]], dims = [2, 1] :
# CHECK:      %[[AND:.+]] = stablehlo.and %[[PADDINGS]], %[[GRIDS]] : tensor<2x5x4xi1>
# CHECK:      "rlx.yield"(%[[AND]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "join"
# CHECK:      return %[[Y]] :

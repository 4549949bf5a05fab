# RUN: %python %s | %filecheck
# Property: streams are put one after the other in the order that is asked for, and the first tokens
# can be left out of the whole again.

import rlxflow as rf
from rlxflow.blocks.token_spans import DropTokens, JoinStreams

flow = (
    rf.ModelFlow("joined")
    .input("image", rf.Shape([2, 5, 3]))
    .input("text", rf.Shape([2, 4, 3]))
    .bind_inputs_to_streams([("image", "img"), ("text", "txt")])
    .stage("join", JoinStreams(streams=("txt", "img")))
    .stage("drop", DropTokens(count=4))
)
print(flow.build().mlir("flow"))
# CHECK-LABEL: module @joined
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[IMAGE_ARG:[^:]+]]: tensor<2x5x3xf32> {rlx.input = "image"}
# CHECK-SAME:   %[[TEXT_ARG:[^:]+]]: tensor<2x4x3xf32> {rlx.input = "text"}
# CHECK-SAME:   tensor<2x5x3xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_JOIN:.+]] = "rlx.stage"(%[[IMAGE_ARG]], %[[TEXT_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x5x3xf32>,
# CHECK-SAME:   %[[TEXT:[^:]+]]: tensor<2x4x3xf32>)
# CHECK:      %[[JOINED:.+]] = stablehlo.concatenate %[[TEXT]], %[[X]], dim = 1
# CHECK-SAME:   : (tensor<2x4x3xf32>, tensor<2x5x3xf32>) -> tensor<2x9x3xf32>
# CHECK:      "rlx.yield"(%[[JOINED]]) :
# CHECK:      }) {block = "join_streams"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "join"
# CHECK:      %[[STAGE_DROP:.+]] = "rlx.stage"(%[[STAGE_JOIN]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X2:[^:]+]]: tensor<2x9x3xf32>)
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[X2]] [0:2, 4:9, 0:3] : (tensor<2x9x3xf32>)
# CHECK-SAME:   -> tensor<2x5x3xf32>
# CHECK:      "rlx.yield"(%[[SLICE]]) :
# CHECK:      }) {block = "drop_tokens"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "drop"
# CHECK:      return %[[STAGE_DROP]] :

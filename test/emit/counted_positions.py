# RUN: %python %s | %filecheck
# Property: positions count the ids that are not the pad's, from the one behind the pad's id; pads
# stand at the pad's id.

import rlxflow as rf
from rlxflow.blocks.counted_positions import CountedPositions

flow = (
    rf.ModelFlow("counted")
    .input("ids", rf.Shape([2, 4], "i32"))
    .stage("positions", CountedPositions(pad_id=3))
    .custom(
        lambda emit, x: emit.publish_side_output("shown", emit.named("positions")) or x,
        name="show",
        reads=("positions",),
    )
)
print(flow.build().mlir("flow"))
# CHECK-LABEL: module @counted
# CHECK:      func.func public @main(%[[IDS_ARG:[^:]+]]: tensor<2x4xi32> {rlx.input = "ids"})
# CHECK-SAME:   tensor<2x4xi32> {rlx.output = "shown"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[IDS_ARG]]) ({
# CHECK:      ^bb0(%[[IDS:[^:]+]]: tensor<2x4xi32>)
# CHECK:      %[[PAD:.+]] = stablehlo.constant dense<3> : tensor<2x4xi32>
# CHECK:      %[[TOKENS:.+]] = stablehlo.compare NE, %[[IDS]], %[[PAD]]
# CHECK:      %[[REAL:.+]] = stablehlo.convert %[[TOKENS]]
# CHECK-SAME:   : (tensor<2x4xi1>) -> tensor<2x4xi32>
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[COUNT:.+]] = "stablehlo.reduce_window"(%[[REAL]], %[[ZERO]])
# CHECK-SAME{LITERAL}: padding = dense<[[0, 0], [3, 0]]>
# CHECK-SAME:   window_dimensions = array<i64: 1, 4>
# CHECK:      stablehlo.add
# CHECK:      %[[OWN:.+]] = stablehlo.multiply %[[COUNT]], %[[REAL]] : tensor<2x4xi32>
# CHECK:      %[[START:.+]] = stablehlo.constant dense<3> : tensor<2x4xi32>
# CHECK:      %[[POSITIONS:.+]] = stablehlo.add %[[OWN]], %[[START]] : tensor<2x4xi32>
# CHECK:      "rlx.yield"(%[[POSITIONS]]) :
# CHECK:      }) {block = "counted_positions"
# CHECK-SAME:   name = "positions"
# CHECK:      return %[[IDS_ARG]], %[[Y]] :

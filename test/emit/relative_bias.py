# RUN: %python %s | %filecheck
# Property: the bias of query t and key s is the row of the table that the bucket of s - t chooses;
# the buckets of all distances stand in the module, the table is read once for each.

import rlxflow as rf
from rlxflow.blocks.relative_bias import RelativeBias

bias = RelativeBias(key="table", num_attention_heads=5, num_buckets=8, max_distance=5, rows=9)
flow = (
    rf.ModelFlow("bias_by_distance")
    .input("ids", rf.Shape([2, 7], "i32"))
    .stage("bias", bias)
    .custom(
        lambda emit, x: emit.publish_side_output("shown", emit.named("relative_bias")) or x,
        name="show",
        reads=("relative_bias",),
    )
)
print(flow.build().mlir("flow"))
# CHECK-LABEL: module @bias_by_distance
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[IDS_ARG:[^:]+]]: tensor<2x7xi32> {rlx.input = "ids"}
# CHECK-SAME:   %[[TABLE_ARG:[^:]+]]: tensor<9x5xf32> {rlx.param = "table"}
# CHECK-SAME:   tensor<5x7x7xf32> {rlx.output = "shown"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[TABLE_ARG]]) ({
# CHECK:      ^bb0(%[[TABLE:[^:]+]]: tensor<9x5xf32>)
# CHECK:      %[[BUCKETS:.+]] = stablehlo.constant
# CHECK-SAME:   dense<[3, 3, 3, 2, 2, 1, 0, 5, 6, 6, 7, 7, 7]> : tensor<13xi32>
# CHECK:      %[[ROWS:.+]] = "stablehlo.gather"(%[[TABLE]], %[[BUCKETS]])
# CHECK-SAME:   slice_sizes = array<i64: 1, 5>
# CHECK:      %[[T:.+]] = stablehlo.iota dim = 0 : tensor<7xi32>
# CHECK:      %[[QUERY:.+]] = stablehlo.broadcast_in_dim %[[T]], dims = [0] :
# CHECK:      %[[S:.+]] = stablehlo.iota dim = 0 : tensor<7xi32>
# CHECK:      %[[KEY:.+]] = stablehlo.broadcast_in_dim %[[S]], dims = [1] :
# CHECK:      %[[DISTANCE:.+]] = stablehlo.subtract %[[KEY]], %[[QUERY]] : tensor<7x7xi32>
# CHECK:      %[[MOST:.+]] = stablehlo.constant dense<6> : tensor<7x7xi32>
# CHECK:      %[[AT:.+]] = stablehlo.add %[[DISTANCE]], %[[MOST]] : tensor<7x7xi32>
# CHECK:      %[[CHOSEN:.+]] = "stablehlo.gather"(%[[ROWS]], %[[AT]])
# CHECK-SAME:   start_index_map = [0], index_vector_dim = 2
# CHECK:      %[[BIAS:.+]] = stablehlo.transpose %[[CHOSEN]], dims = [2, 0, 1]
# CHECK-SAME:   : (tensor<7x7x5xf32>) -> tensor<5x7x7xf32>
# CHECK:      "rlx.yield"(%[[BIAS]]) :
# CHECK:      }) {block = "relative_bias"
# CHECK-SAME:   name = "bias"
# CHECK:      return %[[IDS_ARG]], %[[Y]] :

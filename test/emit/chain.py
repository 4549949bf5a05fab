# RUN: %python %s | %filecheck
# Property: a chain is a region around the regions of its stages; a branch and a tap give a named
# output beside the flow, which goes on with the value from before.

import rlxflow as rf
from rlxflow.blocks.chain import Stage
from rlxflow.blocks.linear import Linear
from rlxflow.ir import ops

layered = (
    rf.ModelFlow("regions_in_regions")
    .input("x", rf.Shape([4, 6], axes="t d"))
    .layer(
        "layer0",
        lambda layer: layer.stage("up", Linear(weight_key="up", out_features=10), "fence").stage(
            "down", Linear(weight_key="down", out_features=6)
        ),
        kind="two_products",
    )
)
print(layered.build().mlir("flow"))
# CHECK-LABEL: module @regions_in_regions
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[UP_W_ARG:[^:]+]]: tensor<10x6xf32> {rlx.param = "up"}
# CHECK-SAME:   %[[DOWN_W_ARG:[^:]+]]: tensor<6x10xf32> {rlx.param = "down"}
# CHECK-SAME:   tensor<4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[UP_W_ARG]], %[[DOWN_W_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<4x6xf32>,
# CHECK-SAME:   %[[UP_W:[^:]+]]: tensor<10x6xf32>,
# CHECK-SAME:   %[[DOWN_W:[^:]+]]: tensor<6x10xf32>)
# CHECK:      %[[UP:.+]] = "rlx.stage"(%[[X]], %[[UP_W]]) ({
# CHECK:      ^bb0(%[[X_IN:[^:]+]]: tensor<4x6xf32>, %[[UP_W_IN:[^:]+]]: tensor<10x6xf32>)
# CHECK:      %[[WIDE:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[X_IN]], %[[UP_W_IN]], contracting_dims = [1] x [1] :
# CHECK:      "rlx.yield"(%[[WIDE]]) :
# CHECK:      }) {block = "linear", mode = #rlx.mode<fence>
# CHECK-SAME:   name = "up"
# CHECK-SAME:   out_features = 10 : i64
# CHECK:      %[[DOWN:.+]] = "rlx.stage"(%[[UP]], %[[DOWN_W]]) ({
# CHECK:      ^bb0(%[[WIDE_IN:[^:]+]]: tensor<4x10xf32>, %[[DOWN_W_IN:[^:]+]]: tensor<6x10xf32>)
# CHECK:      %[[NARROW:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[WIDE_IN]], %[[DOWN_W_IN]], contracting_dims = [1] x [1] :
# CHECK:      "rlx.yield"(%[[NARROW]]) :
# CHECK:      }) {block = "linear"
# CHECK-SAME:   name = "down"
# CHECK-SAME:   out_features = 6 : i64
# CHECK:      "rlx.yield"(%[[DOWN]]) :
# CHECK:      }) {block = "two_products"
# CHECK-SAME:   name = "layer0"
# CHECK:      return %[[Y]] :

beside = (
    rf.ModelFlow("outputs_beside_the_flow")
    .input("x", rf.Shape([4, 6], axes="t d"))
    .custom(lambda emit, x: ops.tanh(x), name="tanh")
    .tap("early")
    .branch("scores", Stage("scores", Linear(weight_key="scores", out_features=3)))
    .custom(lambda emit, x: ops.negate(x), name="negate")
    .output("late")
)
print(beside.build().mlir("flow"))
# CHECK-LABEL: module @outputs_beside_the_flow
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[W_ARG:[^:]+]]: tensor<3x6xf32> {rlx.param = "scores"}
# CHECK-SAME:   tensor<4x6xf32> {rlx.output = "late"}
# CHECK-SAME:   tensor<4x6xf32> {rlx.output = "early"}
# CHECK-SAME:   tensor<4x3xf32> {rlx.output = "scores"}
# CHECK:      %[[EARLY:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[TANH:.+]] = stablehlo.tanh %[[X]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[TANH]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "tanh"
# CHECK:      %[[SCORES:.+]] = "rlx.stage"(%[[EARLY]], %[[W_ARG]]) ({
# CHECK:      ^bb0(%[[T:[^:]+]]: tensor<4x6xf32>, %[[W:[^:]+]]: tensor<3x6xf32>)
# CHECK:      %[[LINEAR:.+]] = "rlx.stage"(%[[T]], %[[W]]) ({
# CHECK:      ^bb0(%[[T_IN:[^:]+]]: tensor<4x6xf32>, %[[W_IN:[^:]+]]: tensor<3x6xf32>)
# CHECK:      %[[PRODUCT:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[T_IN]], %[[W_IN]], contracting_dims = [1] x [1] :
# CHECK:      "rlx.yield"(%[[PRODUCT]]) :
# CHECK:      }) {block = "linear"
# CHECK-SAME:   name = "scores"
# CHECK-SAME:   out_features = 3 : i64
# CHECK:      "rlx.yield"(%[[LINEAR]]) :
# CHECK:      }) {block = "branch"
# CHECK-SAME:   name = "scores"
# CHECK:      %[[LATE:.+]] = "rlx.stage"(%[[EARLY]]) ({
# CHECK:      ^bb0(%[[T_AGAIN:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[NEGATED:.+]] = stablehlo.negate %[[T_AGAIN]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[NEGATED]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "negate"
# CHECK:      return %[[LATE]], %[[EARLY]], %[[SCORES]] :

slots = (
    rf.ModelFlow("slots_between_stages")
    .input("x", rf.Shape([4, 6], axes="t d"))
    .custom(
        lambda emit, x: emit.set_named("total", ops.sum(x, over="t")),
        name="publish",
        writes=["total"],
    )
    .custom(lambda emit, x: emit.flow_input("x") - emit.named("total"), name="use", reads=["total"])
)
print(slots.build().mlir("flow"))
# CHECK-LABEL: module @slots_between_stages
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<4x6xf32> {rlx.output = "output"}
# CHECK:      %[[TOTAL:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[X]] init: %[[ZERO]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [0] :
# CHECK:      "rlx.yield"(%[[SUM]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "publish"
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[TOTAL]], %[[X_ARG]]) ({
# CHECK:      ^bb0(%[[TOTALS:[^:]+]]: tensor<6xf32>, %[[X_AGAIN:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[REPEATED:.+]] = stablehlo.broadcast_in_dim %[[TOTALS]], dims = [1] :
# CHECK:      %[[DIFFERENCE:.+]] = stablehlo.subtract %[[X_AGAIN]], %[[REPEATED]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[DIFFERENCE]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "use"
# CHECK:      return %[[Y]] :

# RUN: %python %s | %filecheck
# Property: a stream is the value that was stored, costs no operation, and leaves a region only when
# somebody reads it; two streams are changed in one region, and the flow's own value passes by.

import rlxflow as rf
from rlxflow.ir import ops

stored = (
    rf.ModelFlow("stored_and_loaded")
    .input("x", rf.Shape([2, 3], axes="t d"))
    .input("y", rf.Shape([4, 3], axes="t d"))
    .bind_inputs_to_streams([("y", "txt")])
    .custom(lambda emit, x: ops.tanh(x), name="first")
    .store_stream("img")
    .custom(lambda emit, x: ops.negate(x), name="second")
    .load_stream("img")
    .custom(lambda emit, x: ops.exponential(x), name="third")
)
print(stored.build().mlir("flow"))
# CHECK-LABEL: module @stored_and_loaded
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x3xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[Y_ARG:[^:]+]]: tensor<4x3xf32> {rlx.input = "y"}
# CHECK-SAME:   tensor<2x3xf32> {rlx.output = "output"}
# CHECK:      %[[FIRST:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_0:[^:]+]]: tensor<2x3xf32>)
# CHECK:      %[[TANH:.+]] = stablehlo.tanh %[[X_0]] : tensor<2x3xf32>
# CHECK:      "rlx.yield"(%[[TANH]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "first"
# CHECK:      %[[SECOND:.+]] = "rlx.stage"(%[[FIRST]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_0_2:[^:]+]]: tensor<2x3xf32>)
# CHECK:      %[[NEGATE:.+]] = stablehlo.negate %[[X_0_2]] : tensor<2x3xf32>
# CHECK:      "rlx.yield"(%[[NEGATE]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "second"
# CHECK:      %[[THIRD:.+]] = "rlx.stage"(%[[FIRST]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_0_3:[^:]+]]: tensor<2x3xf32>)
# CHECK:      %[[EXPONENTIAL:.+]] = stablehlo.exponential %[[X_0_3]] : tensor<2x3xf32>
# CHECK:      "rlx.yield"(%[[EXPONENTIAL]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "third"
# CHECK:      return %[[THIRD]] :


def cross(emit, a, b):
    return a + ops.max(b, over="t"), b - ops.min(a, over="t")


pair = (
    rf.ModelFlow("two_at_once")
    .input("x", rf.Shape([2, 3], axes="t d"))
    .input("y", rf.Shape([4, 3], axes="t d"))
    .bind_inputs_to_streams([("x", "img"), ("y", "txt")])
    .dual_stream("mix", "img", "txt", cross, mode="fence")
    .custom(lambda emit, x: ops.tanh(x), name="own")
    .load_stream("txt")
)
print(pair.build().mlir("flow"))
# CHECK-LABEL: module @two_at_once
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x3xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[Y_ARG:[^:]+]]: tensor<4x3xf32> {rlx.input = "y"}
# CHECK-SAME:   tensor<4x3xf32> {rlx.output = "output"}
# CHECK:      %[[MIX:.+]]:2 = "rlx.stage"(%[[X_ARG]], %[[Y_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_0:[^:]+]]: tensor<2x3xf32>,
# CHECK-SAME:   %[[Y_1:[^:]+]]: tensor<4x3xf32>)
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[REDUCE:.+]] = stablehlo.reduce(%[[Y_1]] init: %[[CONSTANT]])
# CHECK-SAME:   applies stablehlo.maximum across dimensions = [0]
# CHECK-SAME:   : (tensor<4x3xf32>, tensor<f32>) -> tensor<3xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[REDUCE]], dims = [1]
# CHECK-SAME:   : (tensor<3xf32>) -> tensor<2x3xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[X_0]], %[[BROADCAST_IN_DIM]] : tensor<2x3xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<0x7F800000> : tensor<f32>
# CHECK:      %[[REDUCE_2:.+]] = stablehlo.reduce(%[[X_0]] init: %[[CONSTANT_2]])
# CHECK-SAME:   applies stablehlo.minimum across dimensions = [0]
# CHECK-SAME:   : (tensor<2x3xf32>, tensor<f32>) -> tensor<3xf32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[REDUCE_2]], dims = [1]
# CHECK-SAME:   : (tensor<3xf32>) -> tensor<4x3xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[Y_1]], %[[BROADCAST_IN_DIM_2]]
# CHECK-SAME:   : tensor<4x3xf32>
# CHECK:      "rlx.yield"(%[[ADD]], %[[SUBTRACT]]) :
# CHECK:      }) {block = "dual_stream"
# CHECK-SAME:   mode = #rlx.mode<fence>
# CHECK-SAME:   name = "mix"
# CHECK:      %[[OWN:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_0_2:[^:]+]]: tensor<2x3xf32>)
# CHECK:      %[[TANH:.+]] = stablehlo.tanh %[[X_0_2]] : tensor<2x3xf32>
# CHECK:      "rlx.yield"(%[[TANH]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "own"
# CHECK:      return %[[MIX]]#1 :

# RUN: %python %s | %filecheck
# Property: a step forgets, corrects and answers, with queries divided by the root of the state's
# size; the state is an argument and a result of one name.

import numpy as np

import rlxflow as rf


def publish(emit, x):
    rows = emit.constant_array(np.arange(2, dtype=np.float32).reshape(1, 1, 1, 2), "b t h i")
    for name in ("q", "k", "v"):
        emit.set_named(f"gdn.{name}", rows * float(ord(name)))
    for name in ("g", "beta"):
        emit.set_named(
            f"gdn.{name}", emit.constant(float(len(name)), {"b": 1, "t": 1, "h": 1}, "f32")
        )
    return x


writes = [f"gdn.{name}" for name in ("q", "k", "v", "g", "beta")]
scan = (
    rf.ModelFlow("one_step")
    .input("x", rf.Shape([1, 1, 2]))
    .custom(publish, name="publish", writes=writes)
    .gdn_scan(rf.GdnScan.prefill(2, (1, 1, 2)).with_carry("own"))
)
print(scan.build().mlir("flow"))
# CHECK-LABEL: module @one_step
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<1x1x2xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[OWN_ARG:[^:]+]]: tensor<1x1x2x2xf32> {rlx.state = "own"}
# CHECK-SAME:   tensor<1x1x2xf32> {rlx.output = "output"}
# CHECK-SAME:   tensor<1x1x2x2xf32> {rlx.output = "own"}
# CHECK:      %[[PUBLISH:.+]]:5 = "rlx.stage"() ({
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant
# CHECK-SAME:   dense<{{\[\[\[\[}}0.000000e+00, 1.000000e+00{{\]\]\]\]}}>
# CHECK-SAME:   : tensor<1x1x1x2xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<1.130000e+02> : tensor<1x1x1x2xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[CONSTANT]], %[[CONSTANT_2]]
# CHECK-SAME:   : tensor<1x1x1x2xf32>
# CHECK:      %[[CONSTANT_3:.+]] = stablehlo.constant dense<1.070000e+02> : tensor<1x1x1x2xf32>
# CHECK:      %[[MULTIPLY_2:.+]] = stablehlo.multiply %[[CONSTANT]], %[[CONSTANT_3]]
# CHECK-SAME:   : tensor<1x1x1x2xf32>
# CHECK:      %[[CONSTANT_4:.+]] = stablehlo.constant dense<1.180000e+02> : tensor<1x1x1x2xf32>
# CHECK:      %[[MULTIPLY_3:.+]] = stablehlo.multiply %[[CONSTANT]], %[[CONSTANT_4]]
# CHECK-SAME:   : tensor<1x1x1x2xf32>
# CHECK:      %[[CONSTANT_5:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<1x1x1xf32>
# CHECK:      %[[CONSTANT_6:.+]] = stablehlo.constant dense<4.000000e+00> : tensor<1x1x1xf32>
# CHECK:      "rlx.yield"(%[[MULTIPLY]], %[[MULTIPLY_2]], %[[MULTIPLY_3]], %[[CONSTANT_5]],
# CHECK-SAME:   %[[CONSTANT_6]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "publish"
# CHECK:      %[[GDN_SCAN:.+]]:2 = "rlx.stage"(%[[PUBLISH]]#0, %[[PUBLISH]]#2, %[[PUBLISH]]#3,
# CHECK-SAME:   %[[PUBLISH]]#4, %[[OWN_ARG]], %[[PUBLISH]]#1) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[PUBLISH_0:[^:]+]]: tensor<1x1x1x2xf32>,
# CHECK-SAME:   %[[PUBLISH_1:[^:]+]]: tensor<1x1x1x2xf32>,
# CHECK-SAME:   %[[PUBLISH_2:[^:]+]]: tensor<1x1x1xf32>,
# CHECK-SAME:   %[[PUBLISH_3:[^:]+]]: tensor<1x1x1xf32>,
# CHECK-SAME:   %[[OWN_4:[^:]+]]: tensor<1x1x2x2xf32>,
# CHECK-SAME:   %[[PUBLISH_5:[^:]+]]: tensor<1x1x1x2xf32>)
# CHECK:      %[[CONSTANT_7:.+]] = stablehlo.constant dense<0.707106769> : tensor<1x1x1x2xf32>
# CHECK:      %[[MULTIPLY_4:.+]] = stablehlo.multiply %[[PUBLISH_0]], %[[CONSTANT_7]]
# CHECK-SAME:   : tensor<1x1x1x2xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[PUBLISH_1]]
# CHECK-SAME:   : (tensor<1x1x1x2xf32>) -> tensor<1x1x1x1x2xf32>
# CHECK:      %[[RESHAPE_2:.+]] = stablehlo.reshape %[[PUBLISH_2]]
# CHECK-SAME:   : (tensor<1x1x1xf32>) -> tensor<1x1x1x1xf32>
# CHECK:      %[[RESHAPE_3:.+]] = stablehlo.reshape %[[PUBLISH_3]]
# CHECK-SAME:   : (tensor<1x1x1xf32>) -> tensor<1x1x1x1xf32>
# CHECK:      %[[RESHAPE_4:.+]] = stablehlo.reshape %[[OWN_4]]
# CHECK-SAME:   : (tensor<1x1x2x2xf32>) -> tensor<1x1x1x2x2xf32>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[MULTIPLY_4]] [0:1, 0:1, 0:1, 0:2]
# CHECK-SAME:   : (tensor<1x1x1x2xf32>) -> tensor<1x1x1x2xf32>
# CHECK:      %[[RESHAPE_5:.+]] = stablehlo.reshape %[[SLICE]]
# CHECK-SAME:   : (tensor<1x1x1x2xf32>) -> tensor<1x1x2xf32>
# CHECK:      %[[SLICE_2:.+]] = stablehlo.slice %[[PUBLISH_5]] [0:1, 0:1, 0:1, 0:2]
# CHECK-SAME:   : (tensor<1x1x1x2xf32>) -> tensor<1x1x1x2xf32>
# CHECK:      %[[RESHAPE_6:.+]] = stablehlo.reshape %[[SLICE_2]]
# CHECK-SAME:   : (tensor<1x1x1x2xf32>) -> tensor<1x1x2xf32>
# CHECK:      %[[SLICE_3:.+]] = stablehlo.slice %[[RESHAPE]] [0:1, 0:1, 0:1, 0:1, 0:2]
# CHECK-SAME:   : (tensor<1x1x1x1x2xf32>) -> tensor<1x1x1x1x2xf32>
# CHECK:      %[[RESHAPE_7:.+]] = stablehlo.reshape %[[SLICE_3]]
# CHECK-SAME:   : (tensor<1x1x1x1x2xf32>) -> tensor<1x1x1x2xf32>
# CHECK:      %[[SLICE_4:.+]] = stablehlo.slice %[[RESHAPE_2]] [0:1, 0:1, 0:1, 0:1]
# CHECK-SAME:   : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
# CHECK:      %[[RESHAPE_8:.+]] = stablehlo.reshape %[[SLICE_4]]
# CHECK-SAME:   : (tensor<1x1x1x1xf32>) -> tensor<1x1x1xf32>
# CHECK:      %[[SLICE_5:.+]] = stablehlo.slice %[[RESHAPE_3]] [0:1, 0:1, 0:1, 0:1]
# CHECK-SAME:   : (tensor<1x1x1x1xf32>) -> tensor<1x1x1x1xf32>
# CHECK:      %[[RESHAPE_9:.+]] = stablehlo.reshape %[[SLICE_5]]
# CHECK-SAME:   : (tensor<1x1x1x1xf32>) -> tensor<1x1x1xf32>
# CHECK:      %[[EXPONENTIAL:.+]] = stablehlo.exponential %[[RESHAPE_8]] : tensor<1x1x1xf32>
# CHECK:      %[[DOT_GENERAL:.+]] = stablehlo.dot_general %[[RESHAPE_4]], %[[RESHAPE_6]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2]
# CHECK-SAME:   : (tensor<1x1x1x2x2xf32>, tensor<1x1x2xf32>) -> tensor<1x1x1x2xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[EXPONENTIAL]], dims = [0,
# CHECK-SAME:   1, 2]
# CHECK-SAME:   : (tensor<1x1x1xf32>) -> tensor<1x1x1x2xf32>
# CHECK:      %[[MULTIPLY_5:.+]] = stablehlo.multiply %[[DOT_GENERAL]], %[[BROADCAST_IN_DIM]]
# CHECK-SAME:   : tensor<1x1x1x2xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[RESHAPE_7]], %[[MULTIPLY_5]]
# CHECK-SAME:   : tensor<1x1x1x2xf32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE_9]], dims = [0,
# CHECK-SAME:   1, 2]
# CHECK-SAME:   : (tensor<1x1x1xf32>) -> tensor<1x1x1x2xf32>
# CHECK:      %[[MULTIPLY_6:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[BROADCAST_IN_DIM_2]]
# CHECK-SAME:   : tensor<1x1x1x2xf32>
# CHECK:      %[[BROADCAST_IN_DIM_3:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE_6]], dims = [0,
# CHECK-SAME:   1, 3]
# CHECK-SAME:   : (tensor<1x1x2xf32>) -> tensor<1x1x1x2x2xf32>
# CHECK:      %[[BROADCAST_IN_DIM_4:.+]] = stablehlo.broadcast_in_dim %[[MULTIPLY_6]], dims = [0,
# CHECK-SAME:   1, 2, 4]
# CHECK-SAME:   : (tensor<1x1x1x2xf32>) -> tensor<1x1x1x2x2xf32>
# CHECK:      %[[MULTIPLY_7:.+]] = stablehlo.multiply %[[BROADCAST_IN_DIM_3]],
# CHECK-SAME:   %[[BROADCAST_IN_DIM_4]]
# CHECK-SAME:   : tensor<1x1x1x2x2xf32>
# CHECK:      %[[BROADCAST_IN_DIM_5:.+]] = stablehlo.broadcast_in_dim %[[EXPONENTIAL]], dims = [0,
# CHECK-SAME:   1, 2]
# CHECK-SAME:   : (tensor<1x1x1xf32>) -> tensor<1x1x1x2x2xf32>
# CHECK:      %[[MULTIPLY_8:.+]] = stablehlo.multiply %[[RESHAPE_4]], %[[BROADCAST_IN_DIM_5]]
# CHECK-SAME:   : tensor<1x1x1x2x2xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[MULTIPLY_8]], %[[MULTIPLY_7]] : tensor<1x1x1x2x2xf32>
# CHECK:      %[[DOT_GENERAL_2:.+]] = stablehlo.dot_general %[[ADD]], %[[RESHAPE_5]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 1], contracting_dims = [3] x [2]
# CHECK-SAME:   : (tensor<1x1x1x2x2xf32>, tensor<1x1x2xf32>) -> tensor<1x1x1x2xf32>
# CHECK:      %[[RESHAPE_10:.+]] = stablehlo.reshape %[[DOT_GENERAL_2]]
# CHECK-SAME:   : (tensor<1x1x1x2xf32>) -> tensor<1x1x1x1x2xf32>
# CHECK:      %[[RESHAPE_11:.+]] = stablehlo.reshape %[[ADD]]
# CHECK-SAME:   : (tensor<1x1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
# CHECK:      %[[RESHAPE_12:.+]] = stablehlo.reshape %[[RESHAPE_10]]
# CHECK-SAME:   : (tensor<1x1x1x1x2xf32>) -> tensor<1x1x1x2xf32>
# CHECK:      %[[RESHAPE_13:.+]] = stablehlo.reshape %[[RESHAPE_12]]
# CHECK-SAME:   : (tensor<1x1x1x2xf32>) -> tensor<1x1x2xf32>
# CHECK:      "rlx.yield"(%[[RESHAPE_11]], %[[RESHAPE_13]]) :
# CHECK:      }) {block = "gdn_scan"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "gdn_scan"
# CHECK:      return %[[GDN_SCAN]]#1, %[[GDN_SCAN]]#0 :

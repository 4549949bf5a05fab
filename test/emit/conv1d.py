# RUN: %python %s | %filecheck
# Property: a convolution pads, cuts one slice a tap at its stride, and is one product over channels
# and taps with the weight as it is stored, then bias and activation; time may stand last.

import rlxflow as rf
from rlxflow.blocks.conv1d import Conv1d

strided = Conv1d(
    prefix="c.conv", out_channels=6, kernel_size=3, stride=2, padding=1, activation="relu"
)
last = rf.ModelFlow("time_last").input("x", rf.Shape([2, 5, 9], axes="b d t"))
print(last.stage("conv", strided).build().mlir("flow"))
# CHECK-LABEL: module @time_last
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x5x9xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[C_CONV_ARG:[^:]+]]: tensor<6x5x3xf32> {rlx.param = "c.conv.weight"}
# CHECK-SAME:   %[[C_CONV_BIAS_ARG:[^:]+]]: tensor<6xf32> {rlx.param = "c.conv.bias"}
# CHECK-SAME:   tensor<2x5x6xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_CONV:.+]] = "rlx.stage"(%[[X_ARG]], %[[C_CONV_ARG]], %[[C_CONV_BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x5x9xf32>,
# CHECK-SAME:   %[[CONV_W:[^:]+]]: tensor<6x5x3xf32>,
# CHECK-SAME:   %[[CONV_BIAS:[^:]+]]: tensor<6xf32>)
# CHECK:      %[[C:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[PAD:.+]] = stablehlo.pad %[[X]], %[[C]],
# CHECK-SAME:   low = [0, 0, 1], high = [0, 0, 1], interior = [0, 0, 0]
# CHECK-SAME:   : (tensor<2x5x9xf32>, tensor<f32>) -> tensor<2x5x11xf32>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[PAD]] [0:2, 0:5, 0:9:2] : (tensor<2x5x11xf32>)
# CHECK-SAME:   -> tensor<2x5x5xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]] : (tensor<2x5x5xf32>)
# CHECK-SAME:   -> tensor<2x5x5x1xf32>
# CHECK:      %[[SLICE2:.+]] = stablehlo.slice %[[PAD]] [0:2, 0:5, 1:10:2] : (tensor<2x5x11xf32>)
# CHECK-SAME:   -> tensor<2x5x5xf32>
# CHECK:      %[[RESHAPE2:.+]] = stablehlo.reshape %[[SLICE2]] : (tensor<2x5x5xf32>)
# CHECK-SAME:   -> tensor<2x5x5x1xf32>
# CHECK:      %[[SLICE3:.+]] = stablehlo.slice %[[PAD]] [0:2, 0:5, 2:11:2] : (tensor<2x5x11xf32>)
# CHECK-SAME:   -> tensor<2x5x5xf32>
# CHECK:      %[[RESHAPE3:.+]] = stablehlo.reshape %[[SLICE3]] : (tensor<2x5x5xf32>)
# CHECK-SAME:   -> tensor<2x5x5x1xf32>
# CHECK:      %[[JOINED:.+]] = stablehlo.concatenate %[[RESHAPE]], %[[RESHAPE2]], %[[RESHAPE3]], dim
# CHECK-SAME:   = 3 : (tensor<2x5x5x1xf32>, tensor<2x5x5x1xf32>, tensor<2x5x5x1xf32>)
# CHECK-SAME:   -> tensor<2x5x5x3xf32>
# CHECK:      %[[DOT:.+]] = stablehlo.dot_general %[[JOINED]], %[[CONV_W]],
# CHECK-SAME:   contracting_dims = [1, 3] x [1, 2] : (tensor<2x5x5x3xf32>, tensor<6x5x3xf32>)
# CHECK-SAME:   -> tensor<2x5x6xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[CONV_BIAS]], dims = [2] : (tensor<6xf32>)
# CHECK-SAME:   -> tensor<2x5x6xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DOT]], %[[WIDE]] : tensor<2x5x6xf32>
# CHECK:      %[[C2:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2x5x6xf32>
# CHECK:      %[[MAXIMUM:.+]] = stablehlo.maximum %[[ADD]], %[[C2]] : tensor<2x5x6xf32>
# CHECK:      "rlx.yield"(%[[MAXIMUM]]) :
# CHECK:      }) {block = "conv1d"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "conv"
# CHECK:      return %[[STAGE_CONV]] :

bare = Conv1d(prefix="c.conv", out_channels=4, kernel_size=2)
plain = rf.ModelFlow("time_first").input("x", rf.Shape([2, 7, 5])).stage("conv", bare)
print(plain.build().mlir("flow"))
# CHECK-LABEL: module @time_first
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x7x5xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[C_CONV_ARG:[^:]+]]: tensor<4x5x2xf32> {rlx.param = "c.conv.weight"}
# CHECK-SAME:   %[[C_CONV_BIAS_ARG:[^:]+]]: tensor<4xf32> {rlx.param = "c.conv.bias"}
# CHECK-SAME:   tensor<2x6x4xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_CONV:.+]] = "rlx.stage"(%[[X_ARG]], %[[C_CONV_ARG]], %[[C_CONV_BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x7x5xf32>,
# CHECK-SAME:   %[[CONV_W:[^:]+]]: tensor<4x5x2xf32>,
# CHECK-SAME:   %[[CONV_BIAS:[^:]+]]: tensor<4xf32>)
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[X]] [0:2, 0:6, 0:5] : (tensor<2x7x5xf32>)
# CHECK-SAME:   -> tensor<2x6x5xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]] : (tensor<2x6x5xf32>)
# CHECK-SAME:   -> tensor<2x6x5x1xf32>
# CHECK:      %[[SLICE2:.+]] = stablehlo.slice %[[X]] [0:2, 1:7, 0:5] : (tensor<2x7x5xf32>)
# CHECK-SAME:   -> tensor<2x6x5xf32>
# CHECK:      %[[RESHAPE2:.+]] = stablehlo.reshape %[[SLICE2]] : (tensor<2x6x5xf32>)
# CHECK-SAME:   -> tensor<2x6x5x1xf32>
# CHECK:      %[[JOINED:.+]] = stablehlo.concatenate %[[RESHAPE]], %[[RESHAPE2]], dim = 3
# CHECK-SAME:   : (tensor<2x6x5x1xf32>, tensor<2x6x5x1xf32>) -> tensor<2x6x5x2xf32>
# CHECK:      %[[DOT:.+]] = stablehlo.dot_general %[[JOINED]], %[[CONV_W]],
# CHECK-SAME:   contracting_dims = [2, 3] x [1, 2] : (tensor<2x6x5x2xf32>, tensor<4x5x2xf32>)
# CHECK-SAME:   -> tensor<2x6x4xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[CONV_BIAS]], dims = [2] : (tensor<4xf32>)
# CHECK-SAME:   -> tensor<2x6x4xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DOT]], %[[WIDE]] : tensor<2x6x4xf32>
# CHECK:      "rlx.yield"(%[[ADD]]) :
# CHECK:      }) {block = "conv1d"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "conv"
# CHECK:      return %[[STAGE_CONV]] :

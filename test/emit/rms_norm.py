# RUN: %python %s | %filecheck
# Property: an RMS norm divides by the root of the mean square plus eps, in f32, and applies the
# weight, to which the offset is added where weights are stored as differences from 1.

import rlxflow as rf
from rlxflow.blocks.norm import RmsNorm

offset = (
    rf.ModelFlow("offset_and_narrow")
    .input("x", rf.Shape([2, 4, 6], "bf16"))
    .stage("norm", RmsNorm(weight_key="n.weight", eps=0.5, offset=1.0))
)
print(offset.build(dtype="bf16").mlir("flow"))
# CHECK-LABEL: module @offset_and_narrow
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xbf16> {rlx.input = "x"}
# CHECK-SAME:   %[[WEIGHT_ARG:[^:]+]]: tensor<6xbf16> {rlx.param = "n.weight"}
# CHECK-SAME:   tensor<2x4x6xbf16> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[WEIGHT_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x6xbf16>,
# CHECK-SAME:   %[[WEIGHT:[^:]+]]: tensor<6xbf16>)
# CHECK:      %[[WIDE:.+]] = stablehlo.convert %[[X]] : (tensor<2x4x6xbf16>) -> tensor<2x4x6xf32>
# CHECK:      %[[SQUARE:.+]] = stablehlo.multiply %[[WIDE]], %[[WIDE]] : tensor<2x4x6xf32>
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[SQUARE]] init: %[[ZERO]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [2] : (tensor<2x4x6xf32>, tensor<f32>) -> tensor<2x4xf32>
# CHECK:      %[[COUNT:.+]] = stablehlo.constant dense<6.000000e+00> : tensor<2x4xf32>
# CHECK:      %[[MEAN:.+]] = stablehlo.divide %[[SUM]], %[[COUNT]] : tensor<2x4xf32>
# CHECK:      %[[EPS:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<2x4xf32>
# CHECK:      %[[SAFE:.+]] = stablehlo.add %[[MEAN]], %[[EPS]] : tensor<2x4xf32>
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[SAFE]] : tensor<2x4xf32>
# CHECK:      %[[SCALES:.+]] = stablehlo.broadcast_in_dim %[[RSQRT]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x4xf32>) -> tensor<2x4x6xf32>
# CHECK:      %[[NORMED:.+]] = stablehlo.multiply %[[WIDE]], %[[SCALES]] : tensor<2x4x6xf32>
# CHECK:      %[[WIDE_WEIGHT:.+]] = stablehlo.convert %[[WEIGHT]]
# CHECK-SAME:   : (tensor<6xbf16>) -> tensor<6xf32>
# CHECK:      %[[ONE:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<6xf32>
# CHECK:      %[[FACTOR:.+]] = stablehlo.add %[[WIDE_WEIGHT]], %[[ONE]] : tensor<6xf32>
# CHECK:      %[[FACTORS:.+]] = stablehlo.broadcast_in_dim %[[FACTOR]], dims = [2]
# CHECK-SAME:   : (tensor<6xf32>) -> tensor<2x4x6xf32>
# CHECK:      %[[SCALED:.+]] = stablehlo.multiply %[[NORMED]], %[[FACTORS]] : tensor<2x4x6xf32>
# CHECK:      %[[NARROW:.+]] = stablehlo.convert %[[SCALED]]
# CHECK-SAME:   : (tensor<2x4x6xf32>) -> tensor<2x4x6xbf16>
# CHECK:      "rlx.yield"(%[[NARROW]]) :
# CHECK:      }) {block = "rms_norm"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "norm"
# CHECK:      return %[[Y]] :

plain = (
    rf.ModelFlow("weight_alone")
    .input("x", rf.Shape([2, 4, 6]))
    .stage("norm", RmsNorm(weight_key="n.weight", eps=0.25))
)
print(plain.build().mlir("flow"))
# CHECK-LABEL: module @weight_alone
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[WEIGHT_ARG:[^:]+]]: tensor<6xf32> {rlx.param = "n.weight"}
# CHECK-SAME:   tensor<2x4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[WEIGHT_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x6xf32>,
# CHECK-SAME:   %[[WEIGHT:[^:]+]]: tensor<6xf32>)
# CHECK:      %[[SQUARE:.+]] = stablehlo.multiply %[[X]], %[[X]] : tensor<2x4x6xf32>
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[SQUARE]] init: %[[ZERO]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [2] : (tensor<2x4x6xf32>, tensor<f32>) -> tensor<2x4xf32>
# CHECK:      %[[COUNT:.+]] = stablehlo.constant dense<6.000000e+00> : tensor<2x4xf32>
# CHECK:      %[[MEAN:.+]] = stablehlo.divide %[[SUM]], %[[COUNT]] : tensor<2x4xf32>
# CHECK:      %[[EPS:.+]] = stablehlo.constant dense<2.500000e-01> : tensor<2x4xf32>
# CHECK:      %[[SAFE:.+]] = stablehlo.add %[[MEAN]], %[[EPS]] : tensor<2x4xf32>
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[SAFE]] : tensor<2x4xf32>
# CHECK:      %[[SCALES:.+]] = stablehlo.broadcast_in_dim %[[RSQRT]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x4xf32>) -> tensor<2x4x6xf32>
# CHECK:      %[[NORMED:.+]] = stablehlo.multiply %[[X]], %[[SCALES]] : tensor<2x4x6xf32>
# CHECK:      %[[WEIGHTS:.+]] = stablehlo.broadcast_in_dim %[[WEIGHT]], dims = [2]
# CHECK-SAME:   : (tensor<6xf32>) -> tensor<2x4x6xf32>
# CHECK:      %[[SCALED:.+]] = stablehlo.multiply %[[NORMED]], %[[WEIGHTS]] : tensor<2x4x6xf32>
# CHECK:      "rlx.yield"(%[[SCALED]]) :
# CHECK:      }) {block = "rms_norm"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "norm"
# CHECK:      return %[[Y]] :

# RUN: %python %s | %filecheck
# Property: a layer norm takes the mean off first, then divides by the root of the variance of what
# is left plus eps, then applies weight and bias; narrow tensors are normalised in f32.

import rlxflow as rf
from rlxflow.blocks.norm import LayerNorm

normed = (
    rf.ModelFlow("two_passes")
    .input("x", rf.Shape([2, 4, 6]))
    .stage("norm", LayerNorm(weight_key="ln.weight", bias_key="ln.bias", eps=0.5))
)
print(normed.build().mlir("flow"))
# CHECK-LABEL: module @two_passes
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[WEIGHT_ARG:[^:]+]]: tensor<6xf32> {rlx.param = "ln.weight"}
# CHECK-SAME:   %[[BIAS_ARG:[^:]+]]: tensor<6xf32> {rlx.param = "ln.bias"}
# CHECK-SAME:   tensor<2x4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[WEIGHT_ARG]], %[[BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x6xf32>,
# CHECK-SAME:   %[[WEIGHT:[^:]+]]: tensor<6xf32>,
# CHECK-SAME:   %[[BIAS:[^:]+]]: tensor<6xf32>)
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[X]] init: %[[ZERO]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [2] :
# CHECK:      %[[COUNT:.+]] = stablehlo.constant dense<6.000000e+00> : tensor<2x4xf32>
# CHECK:      %[[MEAN:.+]] = stablehlo.divide %[[SUM]], %[[COUNT]] : tensor<2x4xf32>
# CHECK:      %[[MEANS:.+]] = stablehlo.broadcast_in_dim %[[MEAN]], dims = [0, 1] :
# CHECK:      %[[CENTRED:.+]] = stablehlo.subtract %[[X]], %[[MEANS]] : tensor<2x4x6xf32>
# CHECK:      %[[SQUARE:.+]] = stablehlo.multiply %[[CENTRED]], %[[CENTRED]] : tensor<2x4x6xf32>
# CHECK:      %[[ZERO_AGAIN:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SQUARES:.+]] = stablehlo.reduce(%[[SQUARE]] init: %[[ZERO_AGAIN]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [2] :
# CHECK:      %[[COUNT_AGAIN:.+]] = stablehlo.constant dense<6.000000e+00> : tensor<2x4xf32>
# CHECK:      %[[VARIANCE:.+]] = stablehlo.divide %[[SQUARES]], %[[COUNT_AGAIN]] : tensor<2x4xf32>
# CHECK:      %[[EPS:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<2x4xf32>
# CHECK:      %[[SAFE:.+]] = stablehlo.add %[[VARIANCE]], %[[EPS]] : tensor<2x4xf32>
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[SAFE]] : tensor<2x4xf32>
# CHECK:      %[[SCALES:.+]] = stablehlo.broadcast_in_dim %[[RSQRT]], dims = [0, 1] :
# CHECK:      %[[NORMED:.+]] = stablehlo.multiply %[[CENTRED]], %[[SCALES]] : tensor<2x4x6xf32>
# CHECK:      %[[WEIGHTS:.+]] = stablehlo.broadcast_in_dim %[[WEIGHT]], dims = [2] :
# CHECK:      %[[SCALED:.+]] = stablehlo.multiply %[[NORMED]], %[[WEIGHTS]] : tensor<2x4x6xf32>
# CHECK:      %[[BIASES:.+]] = stablehlo.broadcast_in_dim %[[BIAS]], dims = [2] :
# CHECK:      %[[SHIFTED:.+]] = stablehlo.add %[[SCALED]], %[[BIASES]] : tensor<2x4x6xf32>
# CHECK:      "rlx.yield"(%[[SHIFTED]]) :
# CHECK:      }) {block = "layer_norm"
# CHECK-SAME:   name = "norm"
# CHECK-SAME:   eps = 5.000000e-01 : f64
# CHECK:      return %[[Y]] :

narrow = (
    rf.ModelFlow("narrow_without_bias")
    .input("x", rf.Shape([2, 4, 6], "bf16"))
    .stage("norm", LayerNorm(weight_key="ln.weight", eps=0.25))
)
print(narrow.build(dtype="bf16").mlir("flow"))
# CHECK-LABEL: module @narrow_without_bias
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xbf16> {rlx.input = "x"}
# CHECK-SAME:   %[[WEIGHT_ARG:[^:]+]]: tensor<6xbf16> {rlx.param = "ln.weight"}
# CHECK-SAME:   tensor<2x4x6xbf16> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[WEIGHT_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<2x4x6xbf16>, %[[WEIGHT:[^:]+]]: tensor<6xbf16>)
# CHECK:      %[[WIDE:.+]] = stablehlo.convert %[[X]] : (tensor<2x4x6xbf16>) -> tensor<2x4x6xf32>
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[WIDE]] init: %[[ZERO]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [2] :
# CHECK:      %[[COUNT:.+]] = stablehlo.constant dense<6.000000e+00> : tensor<2x4xf32>
# CHECK:      %[[MEAN:.+]] = stablehlo.divide %[[SUM]], %[[COUNT]] : tensor<2x4xf32>
# CHECK:      %[[MEANS:.+]] = stablehlo.broadcast_in_dim %[[MEAN]], dims = [0, 1] :
# CHECK:      %[[CENTRED:.+]] = stablehlo.subtract %[[WIDE]], %[[MEANS]] : tensor<2x4x6xf32>
# CHECK:      %[[SQUARE:.+]] = stablehlo.multiply %[[CENTRED]], %[[CENTRED]] : tensor<2x4x6xf32>
# CHECK:      %[[ZERO_AGAIN:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SQUARES:.+]] = stablehlo.reduce(%[[SQUARE]] init: %[[ZERO_AGAIN]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [2] :
# CHECK:      %[[COUNT_AGAIN:.+]] = stablehlo.constant dense<6.000000e+00> : tensor<2x4xf32>
# CHECK:      %[[VARIANCE:.+]] = stablehlo.divide %[[SQUARES]], %[[COUNT_AGAIN]] : tensor<2x4xf32>
# CHECK:      %[[EPS:.+]] = stablehlo.constant dense<2.500000e-01> : tensor<2x4xf32>
# CHECK:      %[[SAFE:.+]] = stablehlo.add %[[VARIANCE]], %[[EPS]] : tensor<2x4xf32>
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[SAFE]] : tensor<2x4xf32>
# CHECK:      %[[SCALES:.+]] = stablehlo.broadcast_in_dim %[[RSQRT]], dims = [0, 1] :
# CHECK:      %[[NORMED:.+]] = stablehlo.multiply %[[CENTRED]], %[[SCALES]] : tensor<2x4x6xf32>
# CHECK:      %[[WIDE_WEIGHT:.+]] = stablehlo.convert
# CHECK-SAME:   %[[WEIGHT]] : (tensor<6xbf16>) -> tensor<6xf32>
# CHECK:      %[[WEIGHTS:.+]] = stablehlo.broadcast_in_dim %[[WIDE_WEIGHT]], dims = [2] :
# CHECK:      %[[SCALED:.+]] = stablehlo.multiply %[[NORMED]], %[[WEIGHTS]] : tensor<2x4x6xf32>
# CHECK:      %[[NARROW:.+]] = stablehlo.convert
# CHECK-SAME:   %[[SCALED]] : (tensor<2x4x6xf32>) -> tensor<2x4x6xbf16>
# CHECK:      "rlx.yield"(%[[NARROW]]) :
# CHECK:      }) {block = "layer_norm"
# CHECK-SAME:   name = "norm"
# CHECK-SAME:   eps = 2.500000e-01 : f64
# CHECK:      return %[[Y]] :

# RUN: %python %s | %filecheck
# Property: a layer scale multiplies each feature; the gated feed-forward of EVA-02 normalises what
# its gate lets through; the last token, and the first beside the mean of the patches.

import rlxflow as rf
from rlxflow.blocks.layer_scale import LayerScale
from rlxflow.blocks.pool import ClsAndMean, LastTokenPool
from rlxflow.blocks.swiglu_norm import VisionSwiGluFfn


def built(name: str, block: rf.Block) -> str:
    flow = rf.ModelFlow(name).input("x", rf.Shape([2, 5, 4], "bf16"))
    return flow.stage("part", block).build(dtype="bf16").mlir("flow")


print(built("layer_scale", LayerScale(key="gamma")))
# CHECK-LABEL: module @layer_scale
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x5x4xbf16> {rlx.input = "x"}
# CHECK-SAME:   %[[GAMMA_ARG:[^:]+]]: tensor<4xbf16> {rlx.param = "gamma"}
# CHECK-SAME:   tensor<2x5x4xbf16> {rlx.output = "output"}
# CHECK:      %[[PART:.+]] = "rlx.stage"(%[[X_ARG]], %[[GAMMA_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<2x5x4xbf16>
# CHECK-SAME:   %[[GAMMA_2:[^:]+]]: tensor<4xbf16>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[GAMMA_2]], dims = [2]
# CHECK-SAME:   : (tensor<4xbf16>) -> tensor<2x5x4xbf16>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[X_2]], %[[BROADCAST_IN_DIM]]
# CHECK-SAME:   : tensor<2x5x4xbf16>
# CHECK:      "rlx.yield"(%[[MULTIPLY]]) :
# CHECK:      }) {block = "layer_scale"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "part"
# CHECK:      return %[[PART]] :

print(built("gated", VisionSwiGluFfn(prefix="m", eps=0.25, intermediate_size=3)))
# CHECK-LABEL: module @gated
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x5x4xbf16> {rlx.input = "x"}
# CHECK-SAME:   %[[M_FC11_WEIGHT_ARG:[^:]+]]: tensor<3x4xbf16> {rlx.param = "m.fc11.weight"}
# CHECK-SAME:   %[[M_FC11_BIAS_ARG:[^:]+]]: tensor<3xbf16> {rlx.param = "m.fc11.bias"}
# CHECK-SAME:   %[[M_FC12_WEIGHT_ARG:[^:]+]]: tensor<3x4xbf16> {rlx.param = "m.fc12.weight"}
# CHECK-SAME:   %[[M_FC12_BIAS_ARG:[^:]+]]: tensor<3xbf16> {rlx.param = "m.fc12.bias"}
# CHECK-SAME:   %[[M_NORM_WEIGHT_ARG:[^:]+]]: tensor<3xbf16> {rlx.param = "m.norm.weight"}
# CHECK-SAME:   %[[M_NORM_BIAS_ARG:[^:]+]]: tensor<3xbf16> {rlx.param = "m.norm.bias"}
# CHECK-SAME:   %[[M_FC2_WEIGHT_ARG:[^:]+]]: tensor<4x3xbf16> {rlx.param = "m.fc2.weight"}
# CHECK-SAME:   %[[M_FC2_BIAS_ARG:[^:]+]]: tensor<4xbf16> {rlx.param = "m.fc2.bias"}
# CHECK-SAME:   tensor<2x5x4xbf16> {rlx.output = "output"}
# CHECK:      %[[PART:.+]] = "rlx.stage"(%[[X_ARG]], %[[M_FC11_WEIGHT_ARG]],
# CHECK-SAME:   %[[M_FC11_BIAS_ARG]], %[[M_FC12_WEIGHT_ARG]], %[[M_FC12_BIAS_ARG]],
# CHECK-SAME:   %[[M_NORM_WEIGHT_ARG]], %[[M_NORM_BIAS_ARG]], %[[M_FC2_WEIGHT_ARG]],
# CHECK-SAME:   %[[M_FC2_BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<2x5x4xbf16>
# CHECK-SAME:   %[[FC11_WEIGHT:[^:]+]]: tensor<3x4xbf16>
# CHECK-SAME:   %[[FC11_BIAS:[^:]+]]: tensor<3xbf16>
# CHECK-SAME:   %[[FC12_WEIGHT:[^:]+]]: tensor<3x4xbf16>
# CHECK-SAME:   %[[FC12_BIAS:[^:]+]]: tensor<3xbf16>
# CHECK-SAME:   %[[NORM_WEIGHT:[^:]+]]: tensor<3xbf16>
# CHECK-SAME:   %[[NORM_BIAS:[^:]+]]: tensor<3xbf16>
# CHECK-SAME:   %[[FC2_WEIGHT:[^:]+]]: tensor<4x3xbf16>
# CHECK-SAME:   %[[FC2_BIAS:[^:]+]]: tensor<4xbf16>
# CHECK:      %[[FC11:.+]] = stablehlo.dot_general %[[X_2]], %[[FC11_WEIGHT]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x5x4xbf16>, tensor<3x4xbf16>) -> tensor<2x5x3xbf16>
# CHECK:      %[[FC11_2:.+]] = stablehlo.broadcast_in_dim %[[FC11_BIAS]], dims = [2]
# CHECK-SAME:   : (tensor<3xbf16>) -> tensor<2x5x3xbf16>
# CHECK:      %[[FC11_3:.+]] = stablehlo.add %[[FC11]], %[[FC11_2]] : tensor<2x5x3xbf16>
# CHECK:      %[[FC12:.+]] = stablehlo.dot_general %[[X_2]], %[[FC12_WEIGHT]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x5x4xbf16>, tensor<3x4xbf16>) -> tensor<2x5x3xbf16>
# CHECK:      %[[FC12_2:.+]] = stablehlo.broadcast_in_dim %[[FC12_BIAS]], dims = [2]
# CHECK-SAME:   : (tensor<3xbf16>) -> tensor<2x5x3xbf16>
# CHECK:      %[[FC12_3:.+]] = stablehlo.add %[[FC12]], %[[FC12_2]] : tensor<2x5x3xbf16>
# CHECK:      %[[SILU:.+]] = stablehlo.convert %[[FC12_3]]
# CHECK-SAME:   : (tensor<2x5x3xbf16>) -> tensor<2x5x3xf32>
# CHECK:      %[[SILU_2:.+]] = stablehlo.logistic %[[SILU]] : tensor<2x5x3xf32>
# CHECK:      %[[SILU_3:.+]] = stablehlo.multiply %[[SILU]], %[[SILU_2]] : tensor<2x5x3xf32>
# CHECK:      %[[SILU_4:.+]] = stablehlo.convert %[[SILU_3]]
# CHECK-SAME:   : (tensor<2x5x3xf32>) -> tensor<2x5x3xbf16>
# CHECK:      %[[SILU_5:.+]] = stablehlo.multiply %[[FC11_3]], %[[SILU_4]] : tensor<2x5x3xbf16>
# CHECK:      %[[CONVERT:.+]] = stablehlo.convert %[[SILU_5]]
# CHECK-SAME:   : (tensor<2x5x3xbf16>) -> tensor<2x5x3xf32>
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[REDUCE:.+]] = stablehlo.reduce(%[[CONVERT]] init: %[[CONSTANT]]) applies
# CHECK-SAME:   stablehlo.add across dimensions = [2]
# CHECK-SAME:   : (tensor<2x5x3xf32>, tensor<f32>) -> tensor<2x5xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<3.000000e+00> : tensor<2x5xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[REDUCE]], %[[CONSTANT_2]] : tensor<2x5xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[DIVIDE]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x5xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[CONVERT]], %[[BROADCAST_IN_DIM]]
# CHECK-SAME:   : tensor<2x5x3xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[SUBTRACT]]
# CHECK-SAME:   : tensor<2x5x3xf32>
# CHECK:      %[[CONSTANT_3:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[REDUCE_2:.+]] = stablehlo.reduce(%[[MULTIPLY]] init: %[[CONSTANT_3]]) applies
# CHECK-SAME:   stablehlo.add across dimensions = [2]
# CHECK-SAME:   : (tensor<2x5x3xf32>, tensor<f32>) -> tensor<2x5xf32>
# CHECK:      %[[CONSTANT_4:.+]] = stablehlo.constant dense<3.000000e+00> : tensor<2x5xf32>
# CHECK:      %[[DIVIDE_2:.+]] = stablehlo.divide %[[REDUCE_2]], %[[CONSTANT_4]] : tensor<2x5xf32>
# CHECK:      %[[CONSTANT_5:.+]] = stablehlo.constant dense<2.500000e-01> : tensor<2x5xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DIVIDE_2]], %[[CONSTANT_5]] : tensor<2x5xf32>
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[ADD]] : tensor<2x5xf32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[RSQRT]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x5xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[MULTIPLY_2:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[BROADCAST_IN_DIM_2]]
# CHECK-SAME:   : tensor<2x5x3xf32>
# CHECK:      %[[CONVERT_2:.+]] = stablehlo.convert %[[NORM_WEIGHT]]
# CHECK-SAME:   : (tensor<3xbf16>) -> tensor<3xf32>
# CHECK:      %[[BROADCAST_IN_DIM_3:.+]] = stablehlo.broadcast_in_dim %[[CONVERT_2]], dims = [2]
# CHECK-SAME:   : (tensor<3xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[MULTIPLY_3:.+]] = stablehlo.multiply %[[MULTIPLY_2]], %[[BROADCAST_IN_DIM_3]]
# CHECK-SAME:   : tensor<2x5x3xf32>
# CHECK:      %[[CONVERT_3:.+]] = stablehlo.convert %[[NORM_BIAS]]
# CHECK-SAME:   : (tensor<3xbf16>) -> tensor<3xf32>
# CHECK:      %[[BROADCAST_IN_DIM_4:.+]] = stablehlo.broadcast_in_dim %[[CONVERT_3]], dims = [2]
# CHECK-SAME:   : (tensor<3xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[ADD_2:.+]] = stablehlo.add %[[MULTIPLY_3]], %[[BROADCAST_IN_DIM_4]]
# CHECK-SAME:   : tensor<2x5x3xf32>
# CHECK:      %[[CONVERT_4:.+]] = stablehlo.convert %[[ADD_2]]
# CHECK-SAME:   : (tensor<2x5x3xf32>) -> tensor<2x5x3xbf16>
# CHECK:      %[[FC2:.+]] = stablehlo.dot_general %[[CONVERT_4]], %[[FC2_WEIGHT]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x5x3xbf16>, tensor<4x3xbf16>) -> tensor<2x5x4xbf16>
# CHECK:      %[[FC2_2:.+]] = stablehlo.broadcast_in_dim %[[FC2_BIAS]], dims = [2]
# CHECK-SAME:   : (tensor<4xbf16>) -> tensor<2x5x4xbf16>
# CHECK:      %[[FC2_3:.+]] = stablehlo.add %[[FC2]], %[[FC2_2]] : tensor<2x5x4xbf16>
# CHECK:      "rlx.yield"(%[[FC2_3]]) :
# CHECK:      }) {block = "vision_swiglu_ffn"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "part"
# CHECK:      return %[[PART]] :

print(built("cls_and_mean", ClsAndMean(skip=1)))
# CHECK-LABEL: module @cls_and_mean
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x5x4xbf16> {rlx.input = "x"}
# CHECK-SAME:   tensor<2x8xbf16> {rlx.output = "output"}
# CHECK:      %[[PART:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<2x5x4xbf16>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[X_2]] [0:2, 2:5, 0:4]
# CHECK-SAME:   : (tensor<2x5x4xbf16>) -> tensor<2x3x4xbf16>
# CHECK:      %[[CONVERT:.+]] = stablehlo.convert %[[SLICE]]
# CHECK-SAME:   : (tensor<2x3x4xbf16>) -> tensor<2x3x4xf32>
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[REDUCE:.+]] = stablehlo.reduce(%[[CONVERT]] init: %[[CONSTANT]]) applies
# CHECK-SAME:   stablehlo.add across dimensions = [1]
# CHECK-SAME:   : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<2x4xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<3.000000e+00> : tensor<2x4xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[REDUCE]], %[[CONSTANT_2]] : tensor<2x4xf32>
# CHECK:      %[[CONVERT_2:.+]] = stablehlo.convert %[[DIVIDE]]
# CHECK-SAME:   : (tensor<2x4xf32>) -> tensor<2x4xbf16>
# CHECK:      %[[SLICE_2:.+]] = stablehlo.slice %[[X_2]] [0:2, 0:1, 0:4]
# CHECK-SAME:   : (tensor<2x5x4xbf16>) -> tensor<2x1x4xbf16>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE_2]]
# CHECK-SAME:   : (tensor<2x1x4xbf16>) -> tensor<2x4xbf16>
# CHECK:      %[[CONCATENATE:.+]] = stablehlo.concatenate %[[RESHAPE]], %[[CONVERT_2]], dim = 1
# CHECK-SAME:   : (tensor<2x4xbf16>, tensor<2x4xbf16>) -> tensor<2x8xbf16>
# CHECK:      "rlx.yield"(%[[CONCATENATE]]) :
# CHECK:      }) {block = "cls_and_mean"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "part"
# CHECK:      return %[[PART]] :

print(built("last", LastTokenPool()))
# CHECK-LABEL: module @last
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x5x4xbf16> {rlx.input = "x"}
# CHECK-SAME:   tensor<2x4xbf16> {rlx.output = "output"}
# CHECK:      %[[PART:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<2x5x4xbf16>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[X_2]] [0:2, 4:5, 0:4]
# CHECK-SAME:   : (tensor<2x5x4xbf16>) -> tensor<2x1x4xbf16>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]]
# CHECK-SAME:   : (tensor<2x1x4xbf16>) -> tensor<2x4xbf16>
# CHECK:      "rlx.yield"(%[[RESHAPE]]) :
# CHECK:      }) {block = "last_token_pool"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "part"
# CHECK:      return %[[PART]] :

# RUN: %python %s | %filecheck
# Property: attention and the widened value stand side by side, attention first, and one product
# takes both; where one product makes all, its rows are queries, keys, values, gate and value.

import rlxflow as rf
from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.parallel_attention import FusedParallelAttention, ParallelAttention

HEADS = {"num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 4}
attention = SelfAttention(query_key="q", key_key="k", value_key="v", padding=False, **HEADS)
apart = ParallelAttention(
    attention=attention, up_key="up", output_key="out", intermediate_size=5, activation="relu"
)
flow = rf.ModelFlow("apart").input("x", rf.Shape([1, 3, 7]))
print(flow.stage("layer", apart).build().mlir("flow"))
# CHECK-LABEL: module @apart
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<1x3x7xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[Q_ARG:[^:]+]]: tensor<8x7xf32> {rlx.param = "q.weight"}
# CHECK-SAME:   %[[Q_BIAS_ARG:[^:]+]]: tensor<8xf32> {rlx.param = "q.bias"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<8x7xf32> {rlx.param = "k.weight"}
# CHECK-SAME:   %[[K_BIAS_ARG:[^:]+]]: tensor<8xf32> {rlx.param = "k.bias"}
# CHECK-SAME:   %[[V_ARG:[^:]+]]: tensor<8x7xf32> {rlx.param = "v.weight"}
# CHECK-SAME:   %[[V_BIAS_ARG:[^:]+]]: tensor<8xf32> {rlx.param = "v.bias"}
# CHECK-SAME:   %[[UP_ARG:[^:]+]]: tensor<5x7xf32> {rlx.param = "up.weight"}
# CHECK-SAME:   %[[UP_BIAS_ARG:[^:]+]]: tensor<5xf32> {rlx.param = "up.bias"}
# CHECK-SAME:   %[[OUT_ARG:[^:]+]]: tensor<7x13xf32> {rlx.param = "out.weight"}
# CHECK-SAME:   %[[OUT_BIAS_ARG:[^:]+]]: tensor<7xf32> {rlx.param = "out.bias"}
# CHECK-SAME:   tensor<1x3x7xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_LAYER:.+]] = "rlx.stage"(%[[X_ARG]], %[[Q_ARG]], %[[Q_BIAS_ARG]], %[[K_ARG]],
# CHECK-SAME:   %[[K_BIAS_ARG]], %[[V_ARG]], %[[V_BIAS_ARG]], %[[UP_ARG]], %[[UP_BIAS_ARG]],
# CHECK-SAME:   %[[OUT_ARG]], %[[OUT_BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<1x3x7xf32>,
# CHECK-SAME:   %[[Q_W:[^:]+]]: tensor<8x7xf32>,
# CHECK-SAME:   %[[Q_BIAS:[^:]+]]: tensor<8xf32>,
# CHECK-SAME:   %[[K_W:[^:]+]]: tensor<8x7xf32>,
# CHECK-SAME:   %[[K_BIAS:[^:]+]]: tensor<8xf32>,
# CHECK-SAME:   %[[V_W:[^:]+]]: tensor<8x7xf32>,
# CHECK-SAME:   %[[V_BIAS:[^:]+]]: tensor<8xf32>,
# CHECK-SAME:   %[[UP_W:[^:]+]]: tensor<5x7xf32>,
# CHECK-SAME:   %[[UP_BIAS:[^:]+]]: tensor<5xf32>,
# CHECK-SAME:   %[[OUT_W:[^:]+]]: tensor<7x13xf32>,
# CHECK-SAME:   %[[OUT_BIAS:[^:]+]]: tensor<7xf32>)
# CHECK:      %[[STAGE_ATTN:.+]] = "rlx.stage"(%[[X]], %[[Q_W]], %[[Q_BIAS]], %[[K_W]], %[[K_BIAS]],
# CHECK-SAME:   %[[V_W]], %[[V_BIAS]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X2:[^:]+]]: tensor<1x3x7xf32>,
# CHECK-SAME:   %[[Q_W2:[^:]+]]: tensor<8x7xf32>,
# CHECK-SAME:   %[[Q_BIAS2:[^:]+]]: tensor<8xf32>,
# CHECK-SAME:   %[[K_W2:[^:]+]]: tensor<8x7xf32>,
# CHECK-SAME:   %[[K_BIAS2:[^:]+]]: tensor<8xf32>,
# CHECK-SAME:   %[[V_W2:[^:]+]]: tensor<8x7xf32>,
# CHECK-SAME:   %[[V_BIAS2:[^:]+]]: tensor<8xf32>)
# CHECK:      %[[DOT:.+]] = stablehlo.dot_general %[[X2]], %[[Q_W2]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<1x3x7xf32>, tensor<8x7xf32>) -> tensor<1x3x8xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[Q_BIAS2]], dims = [2] : (tensor<8xf32>)
# CHECK-SAME:   -> tensor<1x3x8xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DOT]], %[[WIDE]] : tensor<1x3x8xf32>
# CHECK:      %[[DOT2:.+]] = stablehlo.dot_general %[[X2]], %[[K_W2]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<1x3x7xf32>, tensor<8x7xf32>) -> tensor<1x3x8xf32>
# CHECK:      %[[WIDE2:.+]] = stablehlo.broadcast_in_dim %[[K_BIAS2]], dims = [2] : (tensor<8xf32>)
# CHECK-SAME:   -> tensor<1x3x8xf32>
# CHECK:      %[[ADD2:.+]] = stablehlo.add %[[DOT2]], %[[WIDE2]] : tensor<1x3x8xf32>
# CHECK:      %[[DOT3:.+]] = stablehlo.dot_general %[[X2]], %[[V_W2]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<1x3x7xf32>, tensor<8x7xf32>) -> tensor<1x3x8xf32>
# CHECK:      %[[WIDE3:.+]] = stablehlo.broadcast_in_dim %[[V_BIAS2]], dims = [2] : (tensor<8xf32>)
# CHECK-SAME:   -> tensor<1x3x8xf32>
# CHECK:      %[[ADD3:.+]] = stablehlo.add %[[DOT3]], %[[WIDE3]] : tensor<1x3x8xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[ADD]] : (tensor<1x3x8xf32>)
# CHECK-SAME:   -> tensor<1x3x2x1x4xf32>
# CHECK:      %[[RESHAPE2:.+]] = stablehlo.reshape %[[ADD2]] : (tensor<1x3x8xf32>)
# CHECK-SAME:   -> tensor<1x3x2x4xf32>
# CHECK:      %[[RESHAPE3:.+]] = stablehlo.reshape %[[ADD3]] : (tensor<1x3x8xf32>)
# CHECK-SAME:   -> tensor<1x3x2x4xf32>
# CHECK:      %[[DOT4:.+]] = stablehlo.dot_general %[[RESHAPE]], %[[RESHAPE2]],
# CHECK-SAME:   batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3]
# CHECK-SAME:   : (tensor<1x3x2x1x4xf32>, tensor<1x3x2x4xf32>) -> tensor<1x2x3x1x3xf32>
# CHECK:      %[[C:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<1x2x3x1x3xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[DOT4]], %[[C]] : tensor<1x2x3x1x3xf32>
# CHECK:      %[[C2:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[MAX:.+]] = stablehlo.reduce(%[[MULTIPLY]] init: %[[C2]]) applies stablehlo.maximum
# CHECK-SAME:   across dimensions = [4] : (tensor<1x2x3x1x3xf32>, tensor<f32>)
# CHECK-SAME:   -> tensor<1x2x3x1xf32>
# CHECK:      %[[WIDE4:.+]] = stablehlo.broadcast_in_dim %[[MAX]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<1x2x3x1xf32>) -> tensor<1x2x3x1x3xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[MULTIPLY]], %[[WIDE4]]
# CHECK-SAME:   : tensor<1x2x3x1x3xf32>
# CHECK:      %[[EXPONENTIAL:.+]] = stablehlo.exponential %[[SUBTRACT]] : tensor<1x2x3x1x3xf32>
# CHECK:      %[[C3:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[EXPONENTIAL]] init: %[[C3]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [4] : (tensor<1x2x3x1x3xf32>, tensor<f32>)
# CHECK-SAME:   -> tensor<1x2x3x1xf32>
# CHECK:      %[[WIDE5:.+]] = stablehlo.broadcast_in_dim %[[SUM]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<1x2x3x1xf32>) -> tensor<1x2x3x1x3xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[EXPONENTIAL]], %[[WIDE5]] : tensor<1x2x3x1x3xf32>
# CHECK:      %[[DOT5:.+]] = stablehlo.dot_general %[[DIVIDE]], %[[RESHAPE3]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 2], contracting_dims = [4] x [1]
# CHECK-SAME:   : (tensor<1x2x3x1x3xf32>, tensor<1x3x2x4xf32>) -> tensor<1x2x3x1x4xf32>
# CHECK:      %[[TRANSPOSE:.+]] = stablehlo.transpose %[[DOT5]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<1x2x3x1x4xf32>) -> tensor<1x3x2x1x4xf32>
# CHECK:      %[[RESHAPE4:.+]] = stablehlo.reshape %[[TRANSPOSE]] : (tensor<1x3x2x1x4xf32>)
# CHECK-SAME:   -> tensor<1x3x8xf32>
# CHECK:      "rlx.yield"(%[[RESHAPE4]]) :
# CHECK:      }) {block = "self_attention"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "attn"
# CHECK:      %[[DOT6:.+]] = stablehlo.dot_general %[[X]], %[[UP_W]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<1x3x7xf32>, tensor<5x7xf32>) -> tensor<1x3x5xf32>
# CHECK:      %[[WIDE6:.+]] = stablehlo.broadcast_in_dim %[[UP_BIAS]], dims = [2] : (tensor<5xf32>)
# CHECK-SAME:   -> tensor<1x3x5xf32>
# CHECK:      %[[ADD4:.+]] = stablehlo.add %[[DOT6]], %[[WIDE6]] : tensor<1x3x5xf32>
# CHECK:      %[[C4:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<1x3x5xf32>
# CHECK:      %[[MAXIMUM:.+]] = stablehlo.maximum %[[ADD4]], %[[C4]] : tensor<1x3x5xf32>
# CHECK:      %[[JOINED:.+]] = stablehlo.concatenate %[[STAGE_ATTN]], %[[MAXIMUM]], dim = 2
# CHECK-SAME:   : (tensor<1x3x8xf32>, tensor<1x3x5xf32>) -> tensor<1x3x13xf32>
# CHECK:      %[[DOT7:.+]] = stablehlo.dot_general %[[JOINED]], %[[OUT_W]],
# CHECK-SAME:   contracting_dims = [2] x [1] : (tensor<1x3x13xf32>, tensor<7x13xf32>)
# CHECK-SAME:   -> tensor<1x3x7xf32>
# CHECK:      %[[WIDE7:.+]] = stablehlo.broadcast_in_dim %[[OUT_BIAS]], dims = [2] : (tensor<7xf32>)
# CHECK-SAME:   -> tensor<1x3x7xf32>
# CHECK:      %[[ADD5:.+]] = stablehlo.add %[[DOT7]], %[[WIDE7]] : tensor<1x3x7xf32>
# CHECK:      "rlx.yield"(%[[ADD5]]) :
# CHECK:      }) {block = "parallel_attention"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "layer"
# CHECK:      return %[[STAGE_LAYER]] :

numbers = SelfAttention(qkv_key="in", padding=False, **HEADS)
fused = FusedParallelAttention(
    attention=numbers, output_key="out", intermediate_size=5, activation="relu"
)
flow = rf.ModelFlow("fused").input("x", rf.Shape([1, 3, 7]))
print(flow.stage("layer", fused).build().mlir("flow"))
# CHECK-LABEL: module @fused
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<1x3x7xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[IN_ARG:[^:]+]]: tensor<34x7xf32> {rlx.param = "in.weight"}
# CHECK-SAME:   %[[OUT_ARG:[^:]+]]: tensor<7x13xf32> {rlx.param = "out.weight"}
# CHECK-SAME:   tensor<1x3x7xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_LAYER:.+]] = "rlx.stage"(%[[X_ARG]], %[[IN_ARG]], %[[OUT_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<1x3x7xf32>,
# CHECK-SAME:   %[[IN_W:[^:]+]]: tensor<34x7xf32>,
# CHECK-SAME:   %[[OUT_W:[^:]+]]: tensor<7x13xf32>)
# CHECK:      %[[DOT:.+]] = stablehlo.dot_general %[[X]], %[[IN_W]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<1x3x7xf32>, tensor<34x7xf32>) -> tensor<1x3x34xf32>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[DOT]] [0:1, 0:3, 0:8] : (tensor<1x3x34xf32>)
# CHECK-SAME:   -> tensor<1x3x8xf32>
# CHECK:      %[[SLICE2:.+]] = stablehlo.slice %[[DOT]] [0:1, 0:3, 8:16] : (tensor<1x3x34xf32>)
# CHECK-SAME:   -> tensor<1x3x8xf32>
# CHECK:      %[[SLICE3:.+]] = stablehlo.slice %[[DOT]] [0:1, 0:3, 16:24] : (tensor<1x3x34xf32>)
# CHECK-SAME:   -> tensor<1x3x8xf32>
# CHECK:      %[[SLICE4:.+]] = stablehlo.slice %[[DOT]] [0:1, 0:3, 24:29] : (tensor<1x3x34xf32>)
# CHECK-SAME:   -> tensor<1x3x5xf32>
# CHECK:      %[[SLICE5:.+]] = stablehlo.slice %[[DOT]] [0:1, 0:3, 29:34] : (tensor<1x3x34xf32>)
# CHECK-SAME:   -> tensor<1x3x5xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]] : (tensor<1x3x8xf32>)
# CHECK-SAME:   -> tensor<1x3x2x1x4xf32>
# CHECK:      %[[RESHAPE2:.+]] = stablehlo.reshape %[[SLICE2]] : (tensor<1x3x8xf32>)
# CHECK-SAME:   -> tensor<1x3x2x4xf32>
# CHECK:      %[[RESHAPE3:.+]] = stablehlo.reshape %[[SLICE3]] : (tensor<1x3x8xf32>)
# CHECK-SAME:   -> tensor<1x3x2x4xf32>
# CHECK:      %[[DOT2:.+]] = stablehlo.dot_general %[[RESHAPE]], %[[RESHAPE2]],
# CHECK-SAME:   batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3]
# CHECK-SAME:   : (tensor<1x3x2x1x4xf32>, tensor<1x3x2x4xf32>) -> tensor<1x2x3x1x3xf32>
# CHECK:      %[[C:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<1x2x3x1x3xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[DOT2]], %[[C]] : tensor<1x2x3x1x3xf32>
# CHECK:      %[[C2:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[MAX:.+]] = stablehlo.reduce(%[[MULTIPLY]] init: %[[C2]]) applies stablehlo.maximum
# CHECK-SAME:   across dimensions = [4] : (tensor<1x2x3x1x3xf32>, tensor<f32>)
# CHECK-SAME:   -> tensor<1x2x3x1xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[MAX]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<1x2x3x1xf32>) -> tensor<1x2x3x1x3xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[MULTIPLY]], %[[WIDE]] : tensor<1x2x3x1x3xf32>
# CHECK:      %[[EXPONENTIAL:.+]] = stablehlo.exponential %[[SUBTRACT]] : tensor<1x2x3x1x3xf32>
# CHECK:      %[[C3:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[EXPONENTIAL]] init: %[[C3]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [4] : (tensor<1x2x3x1x3xf32>, tensor<f32>)
# CHECK-SAME:   -> tensor<1x2x3x1xf32>
# CHECK:      %[[WIDE2:.+]] = stablehlo.broadcast_in_dim %[[SUM]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<1x2x3x1xf32>) -> tensor<1x2x3x1x3xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[EXPONENTIAL]], %[[WIDE2]] : tensor<1x2x3x1x3xf32>
# CHECK:      %[[DOT3:.+]] = stablehlo.dot_general %[[DIVIDE]], %[[RESHAPE3]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 2], contracting_dims = [4] x [1]
# CHECK-SAME:   : (tensor<1x2x3x1x3xf32>, tensor<1x3x2x4xf32>) -> tensor<1x2x3x1x4xf32>
# CHECK:      %[[TRANSPOSE:.+]] = stablehlo.transpose %[[DOT3]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<1x2x3x1x4xf32>) -> tensor<1x3x2x1x4xf32>
# CHECK:      %[[C4:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<1x3x5xf32>
# CHECK:      %[[MAXIMUM:.+]] = stablehlo.maximum %[[SLICE4]], %[[C4]] : tensor<1x3x5xf32>
# CHECK:      %[[MULTIPLY2:.+]] = stablehlo.multiply %[[MAXIMUM]], %[[SLICE5]] : tensor<1x3x5xf32>
# CHECK:      %[[RESHAPE4:.+]] = stablehlo.reshape %[[TRANSPOSE]] : (tensor<1x3x2x1x4xf32>)
# CHECK-SAME:   -> tensor<1x3x8xf32>
# CHECK:      %[[JOINED:.+]] = stablehlo.concatenate %[[RESHAPE4]], %[[MULTIPLY2]], dim = 2
# CHECK-SAME:   : (tensor<1x3x8xf32>, tensor<1x3x5xf32>) -> tensor<1x3x13xf32>
# CHECK:      %[[DOT4:.+]] = stablehlo.dot_general %[[JOINED]], %[[OUT_W]],
# CHECK-SAME:   contracting_dims = [2] x [1] : (tensor<1x3x13xf32>, tensor<7x13xf32>)
# CHECK-SAME:   -> tensor<1x3x7xf32>
# CHECK:      "rlx.yield"(%[[DOT4]]) :
# CHECK:      }) {block = "fused_parallel_attention"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "layer"
# CHECK:      return %[[STAGE_LAYER]] :

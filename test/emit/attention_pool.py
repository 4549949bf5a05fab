# RUN: %python %s | %filecheck
# Property: one learned query attends to all tokens that the mask shows, with the three products in
# one weight or apart; a feed-forward branch follows behind a norm.

import rlxflow as rf
from rlxflow.blocks.attention_pool import AttentionPool
from rlxflow.blocks.mlp import Mlp

mlp = Mlp(up_key="up", down_key="down", intermediate_size=5, activation="relu")
x = rf.Shape([2, 3, 4])

fused = AttentionPool(
    probe_key="probe",
    qkv_key="in",
    output_key="out",
    norm_key="ln",
    num_attention_heads=2,
    mlp=mlp,
    eps=0.25,
    masked=True,
)
flow = rf.ModelFlow("fused").input("x", x).attn_mask_ones(2, 3).stage("head", fused)
print(flow.build().mlir("flow"))
# CHECK-LABEL: module @fused
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x3x4xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[PROBE_ARG:[^:]+]]: tensor<1x1x4xf32> {rlx.param = "probe"}
# CHECK-SAME:   %[[IN_WEIGHT_ARG:[^:]+]]: tensor<12x4xf32> {rlx.param = "in_weight"}
# CHECK-SAME:   %[[IN_BIAS_ARG:[^:]+]]: tensor<12xf32> {rlx.param = "in_bias"}
# CHECK-SAME:   %[[OUT_WEIGHT_ARG:[^:]+]]: tensor<4x4xf32> {rlx.param = "out.weight"}
# CHECK-SAME:   %[[OUT_BIAS_ARG:[^:]+]]: tensor<4xf32> {rlx.param = "out.bias"}
# CHECK-SAME:   %[[LN_WEIGHT_ARG:[^:]+]]: tensor<4xf32> {rlx.param = "ln.weight"}
# CHECK-SAME:   %[[LN_BIAS_ARG:[^:]+]]: tensor<4xf32> {rlx.param = "ln.bias"}
# CHECK-SAME:   %[[UP_WEIGHT_ARG:[^:]+]]: tensor<5x4xf32> {rlx.param = "up.weight"}
# CHECK-SAME:   %[[UP_BIAS_ARG:[^:]+]]: tensor<5xf32> {rlx.param = "up.bias"}
# CHECK-SAME:   %[[DOWN_WEIGHT_ARG:[^:]+]]: tensor<4x5xf32> {rlx.param = "down.weight"}
# CHECK-SAME:   %[[DOWN_BIAS_ARG:[^:]+]]: tensor<4xf32> {rlx.param = "down.bias"}
# CHECK-SAME:   tensor<2x4xf32> {rlx.output = "output"}
# CHECK:      %[[ATTN_MASK_ONES:.+]] = "rlx.stage"() ({
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<true> : tensor<2x3xi1>
# CHECK:      "rlx.yield"(%[[CONSTANT]]) :
# CHECK:      }) {block = "attn_mask_ones"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "attn_mask_ones"
# CHECK:      %[[HEAD:.+]] = "rlx.stage"(%[[X_ARG]], %[[PROBE_ARG]], %[[IN_WEIGHT_ARG]],
# CHECK-SAME:   %[[IN_BIAS_ARG]], %[[ATTN_MASK_ONES]], %[[OUT_WEIGHT_ARG]], %[[OUT_BIAS_ARG]],
# CHECK-SAME:   %[[LN_WEIGHT_ARG]], %[[LN_BIAS_ARG]], %[[UP_WEIGHT_ARG]], %[[UP_BIAS_ARG]],
# CHECK-SAME:   %[[DOWN_WEIGHT_ARG]], %[[DOWN_BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<2x3x4xf32>
# CHECK-SAME:   %[[PROBE_2:[^:]+]]: tensor<1x1x4xf32>
# CHECK-SAME:   %[[IN_WEIGHT_2:[^:]+]]: tensor<12x4xf32>
# CHECK-SAME:   %[[IN_BIAS_2:[^:]+]]: tensor<12xf32>
# CHECK-SAME:   %[[ATTN_MASK_ONES_2:[^:]+]]: tensor<2x3xi1>
# CHECK-SAME:   %[[OUT_WEIGHT_2:[^:]+]]: tensor<4x4xf32>
# CHECK-SAME:   %[[OUT_BIAS_2:[^:]+]]: tensor<4xf32>
# CHECK-SAME:   %[[LN_WEIGHT_2:[^:]+]]: tensor<4xf32>
# CHECK-SAME:   %[[LN_BIAS_2:[^:]+]]: tensor<4xf32>
# CHECK-SAME:   %[[UP_WEIGHT_2:[^:]+]]: tensor<5x4xf32>
# CHECK-SAME:   %[[UP_BIAS_2:[^:]+]]: tensor<5xf32>
# CHECK-SAME:   %[[DOWN_WEIGHT_2:[^:]+]]: tensor<4x5xf32>
# CHECK-SAME:   %[[DOWN_BIAS_2:[^:]+]]: tensor<4xf32>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[PROBE_2]] [0:1, 0:1, 0:4]
# CHECK-SAME:   : (tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]]
# CHECK-SAME:   : (tensor<1x1x4xf32>) -> tensor<1x4xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE]], dims = [1, 2]
# CHECK-SAME:   : (tensor<1x4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[QUERY:.+]] = stablehlo.slice %[[IN_WEIGHT_2]] [0:4, 0:4]
# CHECK-SAME:   : (tensor<12x4xf32>) -> tensor<4x4xf32>
# CHECK:      %[[QUERY_2:.+]] = stablehlo.dot_general %[[BROADCAST_IN_DIM]], %[[QUERY]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x4xf32>, tensor<4x4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[QUERY_3:.+]] = stablehlo.slice %[[IN_BIAS_2]] [0:4]
# CHECK-SAME:   : (tensor<12xf32>) -> tensor<4xf32>
# CHECK:      %[[QUERY_4:.+]] = stablehlo.broadcast_in_dim %[[QUERY_3]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[QUERY_5:.+]] = stablehlo.add %[[QUERY_2]], %[[QUERY_4]] : tensor<2x1x4xf32>
# CHECK:      %[[KEY:.+]] = stablehlo.slice %[[IN_WEIGHT_2]] [4:8, 0:4]
# CHECK-SAME:   : (tensor<12x4xf32>) -> tensor<4x4xf32>
# CHECK:      %[[KEY_2:.+]] = stablehlo.dot_general %[[X_2]], %[[KEY]], contracting_dims = [2]
# CHECK-SAME:   x [1]
# CHECK-SAME:   : (tensor<2x3x4xf32>, tensor<4x4xf32>) -> tensor<2x3x4xf32>
# CHECK:      %[[KEY_3:.+]] = stablehlo.slice %[[IN_BIAS_2]] [4:8]
# CHECK-SAME:   : (tensor<12xf32>) -> tensor<4xf32>
# CHECK:      %[[KEY_4:.+]] = stablehlo.broadcast_in_dim %[[KEY_3]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x3x4xf32>
# CHECK:      %[[KEY_5:.+]] = stablehlo.add %[[KEY_2]], %[[KEY_4]] : tensor<2x3x4xf32>
# CHECK:      %[[VALUE:.+]] = stablehlo.slice %[[IN_WEIGHT_2]] [8:12, 0:4]
# CHECK-SAME:   : (tensor<12x4xf32>) -> tensor<4x4xf32>
# CHECK:      %[[VALUE_2:.+]] = stablehlo.dot_general %[[X_2]], %[[VALUE]], contracting_dims =
# CHECK-SAME:   [2] x [1]
# CHECK-SAME:   : (tensor<2x3x4xf32>, tensor<4x4xf32>) -> tensor<2x3x4xf32>
# CHECK:      %[[VALUE_3:.+]] = stablehlo.slice %[[IN_BIAS_2]] [8:12]
# CHECK-SAME:   : (tensor<12xf32>) -> tensor<4xf32>
# CHECK:      %[[VALUE_4:.+]] = stablehlo.broadcast_in_dim %[[VALUE_3]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x3x4xf32>
# CHECK:      %[[VALUE_5:.+]] = stablehlo.add %[[VALUE_2]], %[[VALUE_4]] : tensor<2x3x4xf32>
# CHECK:      %[[RESHAPE_2:.+]] = stablehlo.reshape %[[QUERY_5]]
# CHECK-SAME:   : (tensor<2x1x4xf32>) -> tensor<2x1x2x2xf32>
# CHECK:      %[[RESHAPE_3:.+]] = stablehlo.reshape %[[KEY_5]]
# CHECK-SAME:   : (tensor<2x3x4xf32>) -> tensor<2x3x2x2xf32>
# CHECK:      %[[RESHAPE_4:.+]] = stablehlo.reshape %[[VALUE_5]]
# CHECK-SAME:   : (tensor<2x3x4xf32>) -> tensor<2x3x2x2xf32>
# CHECK:      %[[ATTEND:.+]] = stablehlo.reshape %[[RESHAPE_2]]
# CHECK-SAME:   : (tensor<2x1x2x2xf32>) -> tensor<2x1x2x1x2xf32>
# CHECK:      %[[ATTEND_2:.+]] = stablehlo.dot_general %[[ATTEND]], %[[RESHAPE_3]],
# CHECK-SAME:   batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3]
# CHECK-SAME:   : (tensor<2x1x2x1x2xf32>, tensor<2x3x2x2xf32>) -> tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_3:.+]] = stablehlo.constant dense<0.707106769> : tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_4:.+]] = stablehlo.multiply %[[ATTEND_2]], %[[ATTEND_3]]
# CHECK-SAME:   : tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_5:.+]] = stablehlo.broadcast_in_dim %[[ATTN_MASK_ONES_2]], dims = [0, 4]
# CHECK-SAME:   : (tensor<2x3xi1>) -> tensor<2x2x1x1x3xi1>
# CHECK:      %[[ATTEND_6:.+]] = stablehlo.constant dense<-3.40282347E+38> : tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_7:.+]] = stablehlo.select %[[ATTEND_5]], %[[ATTEND_4]], %[[ATTEND_6]]
# CHECK-SAME:   : tensor<2x2x1x1x3xi1>, tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_8:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[ATTEND_9:.+]] = stablehlo.reduce(%[[ATTEND_7]] init: %[[ATTEND_8]]) applies
# CHECK-SAME:   stablehlo.maximum across dimensions = [4]
# CHECK-SAME:   : (tensor<2x2x1x1x3xf32>, tensor<f32>) -> tensor<2x2x1x1xf32>
# CHECK:      %[[ATTEND_10:.+]] = stablehlo.broadcast_in_dim %[[ATTEND_9]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<2x2x1x1xf32>) -> tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_11:.+]] = stablehlo.subtract %[[ATTEND_7]], %[[ATTEND_10]]
# CHECK-SAME:   : tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_12:.+]] = stablehlo.exponential %[[ATTEND_11]] : tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_13:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[ATTEND_14:.+]] = stablehlo.reduce(%[[ATTEND_12]] init: %[[ATTEND_13]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [4]
# CHECK-SAME:   : (tensor<2x2x1x1x3xf32>, tensor<f32>) -> tensor<2x2x1x1xf32>
# CHECK:      %[[ATTEND_15:.+]] = stablehlo.broadcast_in_dim %[[ATTEND_14]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<2x2x1x1xf32>) -> tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_16:.+]] = stablehlo.divide %[[ATTEND_12]], %[[ATTEND_15]]
# CHECK-SAME:   : tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_17:.+]] = stablehlo.dot_general %[[ATTEND_16]], %[[RESHAPE_4]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 2], contracting_dims = [4] x [1]
# CHECK-SAME:   : (tensor<2x2x1x1x3xf32>, tensor<2x3x2x2xf32>) -> tensor<2x2x1x1x2xf32>
# CHECK:      %[[ATTEND_18:.+]] = stablehlo.transpose %[[ATTEND_17]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<2x2x1x1x2xf32>) -> tensor<2x1x2x1x2xf32>
# CHECK:      %[[RESHAPE_5:.+]] = stablehlo.reshape %[[ATTEND_18]]
# CHECK-SAME:   : (tensor<2x1x2x1x2xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[OUT:.+]] = stablehlo.dot_general %[[RESHAPE_5]], %[[OUT_WEIGHT_2]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x4xf32>, tensor<4x4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[OUT_2:.+]] = stablehlo.broadcast_in_dim %[[OUT_BIAS_2]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[OUT_3:.+]] = stablehlo.add %[[OUT]], %[[OUT_2]] : tensor<2x1x4xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[REDUCE:.+]] = stablehlo.reduce(%[[OUT_3]] init: %[[CONSTANT_2]]) applies
# CHECK-SAME:   stablehlo.add across dimensions = [2]
# CHECK-SAME:   : (tensor<2x1x4xf32>, tensor<f32>) -> tensor<2x1xf32>
# CHECK:      %[[CONSTANT_3:.+]] = stablehlo.constant dense<4.000000e+00> : tensor<2x1xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[REDUCE]], %[[CONSTANT_3]] : tensor<2x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[DIVIDE]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x1xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[OUT_3]], %[[BROADCAST_IN_DIM_2]]
# CHECK-SAME:   : tensor<2x1x4xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[SUBTRACT]]
# CHECK-SAME:   : tensor<2x1x4xf32>
# CHECK:      %[[CONSTANT_4:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[REDUCE_2:.+]] = stablehlo.reduce(%[[MULTIPLY]] init: %[[CONSTANT_4]]) applies
# CHECK-SAME:   stablehlo.add across dimensions = [2]
# CHECK-SAME:   : (tensor<2x1x4xf32>, tensor<f32>) -> tensor<2x1xf32>
# CHECK:      %[[CONSTANT_5:.+]] = stablehlo.constant dense<4.000000e+00> : tensor<2x1xf32>
# CHECK:      %[[DIVIDE_2:.+]] = stablehlo.divide %[[REDUCE_2]], %[[CONSTANT_5]] : tensor<2x1xf32>
# CHECK:      %[[CONSTANT_6:.+]] = stablehlo.constant dense<2.500000e-01> : tensor<2x1xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DIVIDE_2]], %[[CONSTANT_6]] : tensor<2x1xf32>
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[ADD]] : tensor<2x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM_3:.+]] = stablehlo.broadcast_in_dim %[[RSQRT]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x1xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[MULTIPLY_2:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[BROADCAST_IN_DIM_3]]
# CHECK-SAME:   : tensor<2x1x4xf32>
# CHECK:      %[[BROADCAST_IN_DIM_4:.+]] = stablehlo.broadcast_in_dim %[[LN_WEIGHT_2]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[MULTIPLY_3:.+]] = stablehlo.multiply %[[MULTIPLY_2]], %[[BROADCAST_IN_DIM_4]]
# CHECK-SAME:   : tensor<2x1x4xf32>
# CHECK:      %[[BROADCAST_IN_DIM_5:.+]] = stablehlo.broadcast_in_dim %[[LN_BIAS_2]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[ADD_2:.+]] = stablehlo.add %[[MULTIPLY_3]], %[[BROADCAST_IN_DIM_5]]
# CHECK-SAME:   : tensor<2x1x4xf32>
# CHECK:      %[[MLP:.+]] = "rlx.stage"(%[[ADD_2]], %[[UP_WEIGHT_2]], %[[UP_BIAS_2]],
# CHECK-SAME:   %[[DOWN_WEIGHT_2]], %[[DOWN_BIAS_2]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_3:[^:]+]]: tensor<2x1x4xf32>
# CHECK-SAME:   %[[UP_WEIGHT_3:[^:]+]]: tensor<5x4xf32>
# CHECK-SAME:   %[[UP_BIAS_3:[^:]+]]: tensor<5xf32>
# CHECK-SAME:   %[[DOWN_WEIGHT_3:[^:]+]]: tensor<4x5xf32>
# CHECK-SAME:   %[[DOWN_BIAS_3:[^:]+]]: tensor<4xf32>
# CHECK:      %[[UP:.+]] = stablehlo.dot_general %[[X_3]], %[[UP_WEIGHT_3]], contracting_dims
# CHECK-SAME:   = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x4xf32>, tensor<5x4xf32>) -> tensor<2x1x5xf32>
# CHECK:      %[[UP_2:.+]] = stablehlo.broadcast_in_dim %[[UP_BIAS_3]], dims = [2]
# CHECK-SAME:   : (tensor<5xf32>) -> tensor<2x1x5xf32>
# CHECK:      %[[UP_3:.+]] = stablehlo.add %[[UP]], %[[UP_2]] : tensor<2x1x5xf32>
# CHECK:      %[[RELU:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2x1x5xf32>
# CHECK:      %[[RELU_2:.+]] = stablehlo.maximum %[[UP_3]], %[[RELU]] : tensor<2x1x5xf32>
# CHECK:      %[[DOWN:.+]] = stablehlo.dot_general %[[RELU_2]], %[[DOWN_WEIGHT_3]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x5xf32>, tensor<4x5xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[DOWN_2:.+]] = stablehlo.broadcast_in_dim %[[DOWN_BIAS_3]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[DOWN_3:.+]] = stablehlo.add %[[DOWN]], %[[DOWN_2]] : tensor<2x1x4xf32>
# CHECK:      "rlx.yield"(%[[DOWN_3]]) :
# CHECK:      }) {block = "mlp"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "mlp"
# CHECK:      %[[ADD_3:.+]] = stablehlo.add %[[OUT_3]], %[[MLP]] : tensor<2x1x4xf32>
# CHECK:      %[[SLICE_2:.+]] = stablehlo.slice %[[ADD_3]] [0:2, 0:1, 0:4]
# CHECK-SAME:   : (tensor<2x1x4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[RESHAPE_6:.+]] = stablehlo.reshape %[[SLICE_2]]
# CHECK-SAME:   : (tensor<2x1x4xf32>) -> tensor<2x4xf32>
# CHECK:      "rlx.yield"(%[[RESHAPE_6]]) :
# CHECK:      }) {block = "attention_pool"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "head"
# CHECK:      return %[[HEAD]] :

apart = AttentionPool(
    probe_key="probe",
    query_key="q",
    key_value_key="kv",
    output_key="out",
    norm_key="ln",
    num_attention_heads=2,
    mlp=mlp,
    eps=0.25,
)
print(rf.ModelFlow("apart").input("x", x).stage("head", apart).build().mlir("flow"))
# CHECK-LABEL: module @apart
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x3x4xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[PROBE_ARG:[^:]+]]: tensor<1x1x4xf32> {rlx.param = "probe"}
# CHECK-SAME:   %[[Q_WEIGHT_ARG:[^:]+]]: tensor<4x4xf32> {rlx.param = "q.weight"}
# CHECK-SAME:   %[[Q_BIAS_ARG:[^:]+]]: tensor<4xf32> {rlx.param = "q.bias"}
# CHECK-SAME:   %[[KV_WEIGHT_ARG:[^:]+]]: tensor<8x4xf32> {rlx.param = "kv.weight"}
# CHECK-SAME:   %[[KV_BIAS_ARG:[^:]+]]: tensor<8xf32> {rlx.param = "kv.bias"}
# CHECK-SAME:   %[[OUT_WEIGHT_ARG:[^:]+]]: tensor<4x4xf32> {rlx.param = "out.weight"}
# CHECK-SAME:   %[[OUT_BIAS_ARG:[^:]+]]: tensor<4xf32> {rlx.param = "out.bias"}
# CHECK-SAME:   %[[LN_WEIGHT_ARG:[^:]+]]: tensor<4xf32> {rlx.param = "ln.weight"}
# CHECK-SAME:   %[[LN_BIAS_ARG:[^:]+]]: tensor<4xf32> {rlx.param = "ln.bias"}
# CHECK-SAME:   %[[UP_WEIGHT_ARG:[^:]+]]: tensor<5x4xf32> {rlx.param = "up.weight"}
# CHECK-SAME:   %[[UP_BIAS_ARG:[^:]+]]: tensor<5xf32> {rlx.param = "up.bias"}
# CHECK-SAME:   %[[DOWN_WEIGHT_ARG:[^:]+]]: tensor<4x5xf32> {rlx.param = "down.weight"}
# CHECK-SAME:   %[[DOWN_BIAS_ARG:[^:]+]]: tensor<4xf32> {rlx.param = "down.bias"}
# CHECK-SAME:   tensor<2x4xf32> {rlx.output = "output"}
# CHECK:      %[[HEAD:.+]] = "rlx.stage"(%[[X_ARG]], %[[PROBE_ARG]], %[[Q_WEIGHT_ARG]],
# CHECK-SAME:   %[[Q_BIAS_ARG]], %[[KV_WEIGHT_ARG]], %[[KV_BIAS_ARG]], %[[OUT_WEIGHT_ARG]],
# CHECK-SAME:   %[[OUT_BIAS_ARG]], %[[LN_WEIGHT_ARG]], %[[LN_BIAS_ARG]], %[[UP_WEIGHT_ARG]],
# CHECK-SAME:   %[[UP_BIAS_ARG]], %[[DOWN_WEIGHT_ARG]], %[[DOWN_BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<2x3x4xf32>
# CHECK-SAME:   %[[PROBE_2:[^:]+]]: tensor<1x1x4xf32>
# CHECK-SAME:   %[[Q_WEIGHT_2:[^:]+]]: tensor<4x4xf32>
# CHECK-SAME:   %[[Q_BIAS_2:[^:]+]]: tensor<4xf32>
# CHECK-SAME:   %[[KV_WEIGHT_2:[^:]+]]: tensor<8x4xf32>
# CHECK-SAME:   %[[KV_BIAS_2:[^:]+]]: tensor<8xf32>
# CHECK-SAME:   %[[OUT_WEIGHT_2:[^:]+]]: tensor<4x4xf32>
# CHECK-SAME:   %[[OUT_BIAS_2:[^:]+]]: tensor<4xf32>
# CHECK-SAME:   %[[LN_WEIGHT_2:[^:]+]]: tensor<4xf32>
# CHECK-SAME:   %[[LN_BIAS_2:[^:]+]]: tensor<4xf32>
# CHECK-SAME:   %[[UP_WEIGHT_2:[^:]+]]: tensor<5x4xf32>
# CHECK-SAME:   %[[UP_BIAS_2:[^:]+]]: tensor<5xf32>
# CHECK-SAME:   %[[DOWN_WEIGHT_2:[^:]+]]: tensor<4x5xf32>
# CHECK-SAME:   %[[DOWN_BIAS_2:[^:]+]]: tensor<4xf32>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[PROBE_2]] [0:1, 0:1, 0:4]
# CHECK-SAME:   : (tensor<1x1x4xf32>) -> tensor<1x1x4xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]]
# CHECK-SAME:   : (tensor<1x1x4xf32>) -> tensor<1x4xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE]], dims = [1, 2]
# CHECK-SAME:   : (tensor<1x4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[Q:.+]] = stablehlo.dot_general %[[BROADCAST_IN_DIM]], %[[Q_WEIGHT_2]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x4xf32>, tensor<4x4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[Q_2:.+]] = stablehlo.broadcast_in_dim %[[Q_BIAS_2]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[Q_3:.+]] = stablehlo.add %[[Q]], %[[Q_2]] : tensor<2x1x4xf32>
# CHECK:      %[[KV:.+]] = stablehlo.dot_general %[[X_2]], %[[KV_WEIGHT_2]], contracting_dims
# CHECK-SAME:   = [2] x [1]
# CHECK-SAME:   : (tensor<2x3x4xf32>, tensor<8x4xf32>) -> tensor<2x3x8xf32>
# CHECK:      %[[KV_2:.+]] = stablehlo.broadcast_in_dim %[[KV_BIAS_2]], dims = [2]
# CHECK-SAME:   : (tensor<8xf32>) -> tensor<2x3x8xf32>
# CHECK:      %[[KV_3:.+]] = stablehlo.add %[[KV]], %[[KV_2]] : tensor<2x3x8xf32>
# CHECK:      %[[SLICE_2:.+]] = stablehlo.slice %[[KV_3]] [0:2, 0:3, 0:4]
# CHECK-SAME:   : (tensor<2x3x8xf32>) -> tensor<2x3x4xf32>
# CHECK:      %[[SLICE_3:.+]] = stablehlo.slice %[[KV_3]] [0:2, 0:3, 4:8]
# CHECK-SAME:   : (tensor<2x3x8xf32>) -> tensor<2x3x4xf32>
# CHECK:      %[[RESHAPE_2:.+]] = stablehlo.reshape %[[Q_3]]
# CHECK-SAME:   : (tensor<2x1x4xf32>) -> tensor<2x1x2x2xf32>
# CHECK:      %[[RESHAPE_3:.+]] = stablehlo.reshape %[[SLICE_2]]
# CHECK-SAME:   : (tensor<2x3x4xf32>) -> tensor<2x3x2x2xf32>
# CHECK:      %[[RESHAPE_4:.+]] = stablehlo.reshape %[[SLICE_3]]
# CHECK-SAME:   : (tensor<2x3x4xf32>) -> tensor<2x3x2x2xf32>
# CHECK:      %[[ATTEND:.+]] = stablehlo.reshape %[[RESHAPE_2]]
# CHECK-SAME:   : (tensor<2x1x2x2xf32>) -> tensor<2x1x2x1x2xf32>
# CHECK:      %[[ATTEND_2:.+]] = stablehlo.dot_general %[[ATTEND]], %[[RESHAPE_3]],
# CHECK-SAME:   batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3]
# CHECK-SAME:   : (tensor<2x1x2x1x2xf32>, tensor<2x3x2x2xf32>) -> tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_3:.+]] = stablehlo.constant dense<0.707106769> : tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_4:.+]] = stablehlo.multiply %[[ATTEND_2]], %[[ATTEND_3]]
# CHECK-SAME:   : tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_5:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[ATTEND_6:.+]] = stablehlo.reduce(%[[ATTEND_4]] init: %[[ATTEND_5]]) applies
# CHECK-SAME:   stablehlo.maximum across dimensions = [4]
# CHECK-SAME:   : (tensor<2x2x1x1x3xf32>, tensor<f32>) -> tensor<2x2x1x1xf32>
# CHECK:      %[[ATTEND_7:.+]] = stablehlo.broadcast_in_dim %[[ATTEND_6]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<2x2x1x1xf32>) -> tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_8:.+]] = stablehlo.subtract %[[ATTEND_4]], %[[ATTEND_7]]
# CHECK-SAME:   : tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_9:.+]] = stablehlo.exponential %[[ATTEND_8]] : tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_10:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[ATTEND_11:.+]] = stablehlo.reduce(%[[ATTEND_9]] init: %[[ATTEND_10]]) applies
# CHECK-SAME:   stablehlo.add across dimensions = [4]
# CHECK-SAME:   : (tensor<2x2x1x1x3xf32>, tensor<f32>) -> tensor<2x2x1x1xf32>
# CHECK:      %[[ATTEND_12:.+]] = stablehlo.broadcast_in_dim %[[ATTEND_11]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<2x2x1x1xf32>) -> tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_13:.+]] = stablehlo.divide %[[ATTEND_9]], %[[ATTEND_12]]
# CHECK-SAME:   : tensor<2x2x1x1x3xf32>
# CHECK:      %[[ATTEND_14:.+]] = stablehlo.dot_general %[[ATTEND_13]], %[[RESHAPE_4]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 2], contracting_dims = [4] x [1]
# CHECK-SAME:   : (tensor<2x2x1x1x3xf32>, tensor<2x3x2x2xf32>) -> tensor<2x2x1x1x2xf32>
# CHECK:      %[[ATTEND_15:.+]] = stablehlo.transpose %[[ATTEND_14]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<2x2x1x1x2xf32>) -> tensor<2x1x2x1x2xf32>
# CHECK:      %[[RESHAPE_5:.+]] = stablehlo.reshape %[[ATTEND_15]]
# CHECK-SAME:   : (tensor<2x1x2x1x2xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[OUT:.+]] = stablehlo.dot_general %[[RESHAPE_5]], %[[OUT_WEIGHT_2]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x4xf32>, tensor<4x4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[OUT_2:.+]] = stablehlo.broadcast_in_dim %[[OUT_BIAS_2]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[OUT_3:.+]] = stablehlo.add %[[OUT]], %[[OUT_2]] : tensor<2x1x4xf32>
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[REDUCE:.+]] = stablehlo.reduce(%[[OUT_3]] init: %[[CONSTANT]]) applies
# CHECK-SAME:   stablehlo.add across dimensions = [2]
# CHECK-SAME:   : (tensor<2x1x4xf32>, tensor<f32>) -> tensor<2x1xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<4.000000e+00> : tensor<2x1xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[REDUCE]], %[[CONSTANT_2]] : tensor<2x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[DIVIDE]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x1xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[OUT_3]], %[[BROADCAST_IN_DIM_2]]
# CHECK-SAME:   : tensor<2x1x4xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[SUBTRACT]]
# CHECK-SAME:   : tensor<2x1x4xf32>
# CHECK:      %[[CONSTANT_3:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[REDUCE_2:.+]] = stablehlo.reduce(%[[MULTIPLY]] init: %[[CONSTANT_3]]) applies
# CHECK-SAME:   stablehlo.add across dimensions = [2]
# CHECK-SAME:   : (tensor<2x1x4xf32>, tensor<f32>) -> tensor<2x1xf32>
# CHECK:      %[[CONSTANT_4:.+]] = stablehlo.constant dense<4.000000e+00> : tensor<2x1xf32>
# CHECK:      %[[DIVIDE_2:.+]] = stablehlo.divide %[[REDUCE_2]], %[[CONSTANT_4]] : tensor<2x1xf32>
# CHECK:      %[[CONSTANT_5:.+]] = stablehlo.constant dense<2.500000e-01> : tensor<2x1xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DIVIDE_2]], %[[CONSTANT_5]] : tensor<2x1xf32>
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[ADD]] : tensor<2x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM_3:.+]] = stablehlo.broadcast_in_dim %[[RSQRT]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x1xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[MULTIPLY_2:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[BROADCAST_IN_DIM_3]]
# CHECK-SAME:   : tensor<2x1x4xf32>
# CHECK:      %[[BROADCAST_IN_DIM_4:.+]] = stablehlo.broadcast_in_dim %[[LN_WEIGHT_2]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[MULTIPLY_3:.+]] = stablehlo.multiply %[[MULTIPLY_2]], %[[BROADCAST_IN_DIM_4]]
# CHECK-SAME:   : tensor<2x1x4xf32>
# CHECK:      %[[BROADCAST_IN_DIM_5:.+]] = stablehlo.broadcast_in_dim %[[LN_BIAS_2]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[ADD_2:.+]] = stablehlo.add %[[MULTIPLY_3]], %[[BROADCAST_IN_DIM_5]]
# CHECK-SAME:   : tensor<2x1x4xf32>
# CHECK:      %[[MLP:.+]] = "rlx.stage"(%[[ADD_2]], %[[UP_WEIGHT_2]], %[[UP_BIAS_2]],
# CHECK-SAME:   %[[DOWN_WEIGHT_2]], %[[DOWN_BIAS_2]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_3:[^:]+]]: tensor<2x1x4xf32>
# CHECK-SAME:   %[[UP_WEIGHT_3:[^:]+]]: tensor<5x4xf32>
# CHECK-SAME:   %[[UP_BIAS_3:[^:]+]]: tensor<5xf32>
# CHECK-SAME:   %[[DOWN_WEIGHT_3:[^:]+]]: tensor<4x5xf32>
# CHECK-SAME:   %[[DOWN_BIAS_3:[^:]+]]: tensor<4xf32>
# CHECK:      %[[UP:.+]] = stablehlo.dot_general %[[X_3]], %[[UP_WEIGHT_3]], contracting_dims
# CHECK-SAME:   = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x4xf32>, tensor<5x4xf32>) -> tensor<2x1x5xf32>
# CHECK:      %[[UP_2:.+]] = stablehlo.broadcast_in_dim %[[UP_BIAS_3]], dims = [2]
# CHECK-SAME:   : (tensor<5xf32>) -> tensor<2x1x5xf32>
# CHECK:      %[[UP_3:.+]] = stablehlo.add %[[UP]], %[[UP_2]] : tensor<2x1x5xf32>
# CHECK:      %[[RELU:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2x1x5xf32>
# CHECK:      %[[RELU_2:.+]] = stablehlo.maximum %[[UP_3]], %[[RELU]] : tensor<2x1x5xf32>
# CHECK:      %[[DOWN:.+]] = stablehlo.dot_general %[[RELU_2]], %[[DOWN_WEIGHT_3]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x5xf32>, tensor<4x5xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[DOWN_2:.+]] = stablehlo.broadcast_in_dim %[[DOWN_BIAS_3]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[DOWN_3:.+]] = stablehlo.add %[[DOWN]], %[[DOWN_2]] : tensor<2x1x4xf32>
# CHECK:      "rlx.yield"(%[[DOWN_3]]) :
# CHECK:      }) {block = "mlp"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "mlp"
# CHECK:      %[[ADD_3:.+]] = stablehlo.add %[[OUT_3]], %[[MLP]] : tensor<2x1x4xf32>
# CHECK:      %[[SLICE_4:.+]] = stablehlo.slice %[[ADD_3]] [0:2, 0:1, 0:4]
# CHECK-SAME:   : (tensor<2x1x4xf32>) -> tensor<2x1x4xf32>
# CHECK:      %[[RESHAPE_6:.+]] = stablehlo.reshape %[[SLICE_4]]
# CHECK-SAME:   : (tensor<2x1x4xf32>) -> tensor<2x4xf32>
# CHECK:      "rlx.yield"(%[[RESHAPE_6]]) :
# CHECK:      }) {block = "attention_pool"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "head"
# CHECK:      return %[[HEAD]] :

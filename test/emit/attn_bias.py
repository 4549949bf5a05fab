# RUN: %python %s | %filecheck
# Property: a bias [b, h, t, s] is split into the heads that share keys and added to the scores
# after their limit and before the mask; attention without an output product gives the joined heads.

import rlxflow as rf

spec = rf.SelfAttnPrefillSpec(
    q_key="q.weight",
    k_key="k.weight",
    v_key="v.weight",
    num_heads=4,
    head_dim=1,
    num_kv_heads=2,
    mask=rf.MaskKind.BIAS & rf.MaskKind.CUSTOM,
    score_scale=0.5,
    attn_logit_softcap=8.0,
    rope_table="",
)
flow = (
    rf.ModelFlow("biased")
    .input("x", rf.Shape([1, 3, 5]))
    .input("bias", rf.Shape([1, 4, 3, 3], "bf16"))
    .input("keep", rf.Shape([1, 3], "i32"))
    .attn_bias_from_input("bias")
    .attn_mask_from_input("keep")
    .self_attn_prefill(spec)
)
print(flow.build().mlir("flow"))
# CHECK-LABEL: module @biased
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<1x3x5xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[BIAS_ARG:[^:]+]]: tensor<1x4x3x3xbf16> {rlx.input = "bias"}
# CHECK-SAME:   %[[KEEP_ARG:[^:]+]]: tensor<1x3xi32> {rlx.input = "keep"}
# CHECK-SAME:   %[[Q_ARG:[^:]+]]: tensor<4x5xf32> {rlx.param = "q.weight"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<2x5xf32> {rlx.param = "k.weight"}
# CHECK-SAME:   %[[V_ARG:[^:]+]]: tensor<2x5xf32> {rlx.param = "v.weight"}
# CHECK-SAME:   tensor<1x3x4xf32> {rlx.output = "output"}
# CHECK:      %[[ATTN_BIAS_FROM_INPUT:.+]] = "rlx.stage"(%[[BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[BIAS_0:[^:]+]]: tensor<1x4x3x3xbf16>)
# CHECK:      %[[CONVERT:.+]] = stablehlo.convert %[[BIAS_0]]
# CHECK-SAME:   : (tensor<1x4x3x3xbf16>) -> tensor<1x4x3x3xf32>
# CHECK:      "rlx.yield"(%[[CONVERT]]) :
# CHECK:      }) {block = "attn_bias_from_input"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "attn_bias_from_input"
# CHECK:      %[[ATTN_MASK_FROM_INPUT:.+]] = "rlx.stage"(%[[KEEP_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[KEEP_0:[^:]+]]: tensor<1x3xi32>)
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<0> : tensor<1x3xi32>
# CHECK:      %[[COMPARE:.+]] = stablehlo.compare NE, %[[KEEP_0]], %[[CONSTANT]]
# CHECK-SAME:   : (tensor<1x3xi32>, tensor<1x3xi32>) -> tensor<1x3xi1>
# CHECK:      "rlx.yield"(%[[COMPARE]]) :
# CHECK:      }) {block = "attn_mask_from_input"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "attn_mask_from_input"
# CHECK:      %[[SELF_ATTENTION:.+]] = "rlx.stage"(%[[X_ARG]], %[[Q_ARG]], %[[K_ARG]], %[[V_ARG]],
# CHECK-SAME:   %[[ATTN_BIAS_FROM_INPUT]], %[[ATTN_MASK_FROM_INPUT]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_0:[^:]+]]: tensor<1x3x5xf32>,
# CHECK-SAME:   %[[Q_WEIGHT_1:[^:]+]]: tensor<4x5xf32>,
# CHECK-SAME:   %[[K_WEIGHT_2:[^:]+]]: tensor<2x5xf32>,
# CHECK-SAME:   %[[V_WEIGHT_3:[^:]+]]: tensor<2x5xf32>,
# CHECK-SAME:   %[[ATTN_BIAS_FROM_INPUT_4:[^:]+]]: tensor<1x4x3x3xf32>,
# CHECK-SAME:   %[[ATTN_MASK_FROM_INPUT_5:[^:]+]]: tensor<1x3xi1>)
# CHECK:      %[[DOT_GENERAL:.+]] = stablehlo.dot_general %[[X_0]], %[[Q_WEIGHT_1]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<1x3x5xf32>, tensor<4x5xf32>) -> tensor<1x3x4xf32>
# CHECK:      %[[DOT_GENERAL_2:.+]] = stablehlo.dot_general %[[X_0]], %[[K_WEIGHT_2]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<1x3x5xf32>, tensor<2x5xf32>) -> tensor<1x3x2xf32>
# CHECK:      %[[DOT_GENERAL_3:.+]] = stablehlo.dot_general %[[X_0]], %[[V_WEIGHT_3]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<1x3x5xf32>, tensor<2x5xf32>) -> tensor<1x3x2xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[DOT_GENERAL]]
# CHECK-SAME:   : (tensor<1x3x4xf32>) -> tensor<1x3x2x2x1xf32>
# CHECK:      %[[RESHAPE_2:.+]] = stablehlo.reshape %[[DOT_GENERAL_2]]
# CHECK-SAME:   : (tensor<1x3x2xf32>) -> tensor<1x3x2x1xf32>
# CHECK:      %[[RESHAPE_3:.+]] = stablehlo.reshape %[[DOT_GENERAL_3]]
# CHECK-SAME:   : (tensor<1x3x2xf32>) -> tensor<1x3x2x1xf32>
# CHECK:      %[[RESHAPE_4:.+]] = stablehlo.reshape %[[ATTN_BIAS_FROM_INPUT_4]]
# CHECK-SAME:   : (tensor<1x4x3x3xf32>) -> tensor<1x2x2x3x3xf32>
# CHECK:      %[[DOT_GENERAL_4:.+]] = stablehlo.dot_general %[[RESHAPE]], %[[RESHAPE_2]],
# CHECK-SAME:   batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3]
# CHECK-SAME:   : (tensor<1x3x2x2x1xf32>, tensor<1x3x2x1xf32>) -> tensor<1x2x3x2x3xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<1x2x3x2x3xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[DOT_GENERAL_4]], %[[CONSTANT_2]]
# CHECK-SAME:   : tensor<1x2x3x2x3xf32>
# CHECK:      %[[CONSTANT_3:.+]] = stablehlo.constant dense<8.000000e+00> : tensor<1x2x3x2x3xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[MULTIPLY]], %[[CONSTANT_3]]
# CHECK-SAME:   : tensor<1x2x3x2x3xf32>
# CHECK:      %[[TANH:.+]] = stablehlo.tanh %[[DIVIDE]] : tensor<1x2x3x2x3xf32>
# CHECK:      %[[CONSTANT_4:.+]] = stablehlo.constant dense<8.000000e+00> : tensor<1x2x3x2x3xf32>
# CHECK:      %[[MULTIPLY_2:.+]] = stablehlo.multiply %[[TANH]], %[[CONSTANT_4]]
# CHECK-SAME:   : tensor<1x2x3x2x3xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE_4]], dims = [0, 1,
# CHECK-SAME:   3, 2, 4]
# CHECK-SAME:   : (tensor<1x2x2x3x3xf32>) -> tensor<1x2x3x2x3xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[MULTIPLY_2]], %[[BROADCAST_IN_DIM]]
# CHECK-SAME:   : tensor<1x2x3x2x3xf32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[ATTN_MASK_FROM_INPUT_5]],
# CHECK-SAME:   dims = [0, 4]
# CHECK-SAME:   : (tensor<1x3xi1>) -> tensor<1x2x3x2x3xi1>
# CHECK:      %[[CONSTANT_5:.+]] = stablehlo.constant dense<-3.40282347E+38> : tensor<1x2x3x2x3xf32>
# CHECK:      %[[SELECT:.+]] = stablehlo.select %[[BROADCAST_IN_DIM_2]], %[[ADD]], %[[CONSTANT_5]]
# CHECK-SAME:   : tensor<1x2x3x2x3xi1>, tensor<1x2x3x2x3xf32>
# CHECK:      %[[CONSTANT_6:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[REDUCE:.+]] = stablehlo.reduce(%[[SELECT]] init: %[[CONSTANT_6]])
# CHECK-SAME:   applies stablehlo.maximum across dimensions = [4]
# CHECK-SAME:   : (tensor<1x2x3x2x3xf32>, tensor<f32>) -> tensor<1x2x3x2xf32>
# CHECK:      %[[BROADCAST_IN_DIM_3:.+]] = stablehlo.broadcast_in_dim %[[REDUCE]], dims = [0, 1,
# CHECK-SAME:   2, 3]
# CHECK-SAME:   : (tensor<1x2x3x2xf32>) -> tensor<1x2x3x2x3xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[SELECT]], %[[BROADCAST_IN_DIM_3]]
# CHECK-SAME:   : tensor<1x2x3x2x3xf32>
# CHECK:      %[[EXPONENTIAL:.+]] = stablehlo.exponential %[[SUBTRACT]] : tensor<1x2x3x2x3xf32>
# CHECK:      %[[CONSTANT_7:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[REDUCE_2:.+]] = stablehlo.reduce(%[[EXPONENTIAL]] init: %[[CONSTANT_7]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [4]
# CHECK-SAME:   : (tensor<1x2x3x2x3xf32>, tensor<f32>) -> tensor<1x2x3x2xf32>
# CHECK:      %[[BROADCAST_IN_DIM_4:.+]] = stablehlo.broadcast_in_dim %[[REDUCE_2]], dims = [0, 1,
# CHECK-SAME:   2, 3]
# CHECK-SAME:   : (tensor<1x2x3x2xf32>) -> tensor<1x2x3x2x3xf32>
# CHECK:      %[[DIVIDE_2:.+]] = stablehlo.divide %[[EXPONENTIAL]], %[[BROADCAST_IN_DIM_4]]
# CHECK-SAME:   : tensor<1x2x3x2x3xf32>
# CHECK:      %[[DOT_GENERAL_5:.+]] = stablehlo.dot_general %[[DIVIDE_2]], %[[RESHAPE_3]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 2], contracting_dims = [4] x [1]
# CHECK-SAME:   : (tensor<1x2x3x2x3xf32>, tensor<1x3x2x1xf32>) -> tensor<1x2x3x2x1xf32>
# CHECK:      %[[TRANSPOSE:.+]] = stablehlo.transpose %[[DOT_GENERAL_5]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<1x2x3x2x1xf32>) -> tensor<1x3x2x2x1xf32>
# CHECK:      %[[RESHAPE_5:.+]] = stablehlo.reshape %[[TRANSPOSE]]
# CHECK-SAME:   : (tensor<1x3x2x2x1xf32>) -> tensor<1x3x4xf32>
# CHECK:      "rlx.yield"(%[[RESHAPE_5]]) :
# CHECK:      }) {block = "self_attention"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "self_attention"
# CHECK:      return %[[SELF_ATTENTION]] :

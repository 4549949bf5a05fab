# RUN: %python %s | %filecheck
# Property: a decode step puts bound keys and values before its own, hides keys by the bound mask,
# and turns its token by the rows that were bound; a row of constants is a row for every token.

import rlxflow as rf
from rlxflow.blocks.attention import SelfAttention

step = SelfAttention(
    query_key="q",
    key_key="k",
    value_key="v",
    num_attention_heads=1,
    num_key_value_heads=1,
    head_dim=2,
    bias=False,
    past_slot="decode.0",
    export_key="present.0",
)


def rows(emit, x):
    turned = x * emit.named("decode.rope.cos") + emit.named("decode.rope.sin")
    return turned.rename(r="d")


bound = (
    rf.ModelFlow("bound")
    .input("x", rf.Shape([2, 1, 2]))
    .input("past_k_0", rf.Shape([2, 3, 2]))
    .input("past_v_0", rf.Shape([2, 3, 2]))
    .input("mask", rf.Shape([2, 4], "i32"))
    .input("rope_cos", rf.Shape([2, 2]))
    .input("rope_sin", rf.Shape([1, 2]))
    .bind_decode_inputs(1, custom_mask=True)
    .custom(lambda emit, x: x.rename(d="r"), name="axes")
    .custom(
        rows,
        name="rows",
        reads=["decode.rope.cos", "decode.rope.sin"],
    )
    .stage("attention", step)
)
print(bound.build().mlir("flow"))
# CHECK-LABEL: module @bound
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x1x2xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[PAST_K_0_ARG:[^:]+]]: tensor<2x3x2xf32> {rlx.input = "past_k_0"}
# CHECK-SAME:   %[[PAST_V_0_ARG:[^:]+]]: tensor<2x3x2xf32> {rlx.input = "past_v_0"}
# CHECK-SAME:   %[[MASK_ARG:[^:]+]]: tensor<2x4xi32> {rlx.input = "mask"}
# CHECK-SAME:   %[[ROPE_COS_ARG:[^:]+]]: tensor<2x2xf32> {rlx.input = "rope_cos"}
# CHECK-SAME:   %[[ROPE_SIN_ARG:[^:]+]]: tensor<1x2xf32> {rlx.input = "rope_sin"}
# CHECK-SAME:   %[[Q_ARG:[^:]+]]: tensor<2x2xf32> {rlx.param = "q.weight"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<2x2xf32> {rlx.param = "k.weight"}
# CHECK-SAME:   %[[V_ARG:[^:]+]]: tensor<2x2xf32> {rlx.param = "v.weight"}
# CHECK-SAME:   tensor<2x1x2xf32> {rlx.output = "output"}
# CHECK-SAME:   tensor<2x4x2xf32> {rlx.output = "present.0.key"}
# CHECK-SAME:   tensor<2x4x2xf32> {rlx.output = "present.0.value"}
# CHECK:      %[[BIND_DECODE_INPUTS:.+]]:2 = "rlx.stage"(%[[ROPE_SIN_ARG]], %[[MASK_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[ROPE_SIN_0:[^:]+]]: tensor<1x2xf32>,
# CHECK-SAME:   %[[MASK_1:[^:]+]]: tensor<2x4xi32>)
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[ROPE_SIN_0]] [0:1, 0:2]
# CHECK-SAME:   : (tensor<1x2xf32>) -> tensor<1x2xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]] : (tensor<1x2xf32>) -> tensor<2xf32>
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<0> : tensor<2x4xi32>
# CHECK:      %[[COMPARE:.+]] = stablehlo.compare NE, %[[MASK_1]], %[[CONSTANT]]
# CHECK-SAME:   : (tensor<2x4xi32>, tensor<2x4xi32>) -> tensor<2x4xi1>
# CHECK:      "rlx.yield"(%[[RESHAPE]], %[[COMPARE]]) :
# CHECK:      }) {block = "bind_decode_inputs"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "bind_decode_inputs"
# CHECK:      %[[ROWS:.+]] = "rlx.stage"(%[[X_ARG]], %[[ROPE_COS_ARG]],
# CHECK-SAME:   %[[BIND_DECODE_INPUTS]]#0) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_0:[^:]+]]: tensor<2x1x2xf32>,
# CHECK-SAME:   %[[ROPE_COS_1:[^:]+]]: tensor<2x2xf32>,
# CHECK-SAME:   %[[BIND_DECODE_INPUTS_2:[^:]+]]: tensor<2xf32>)
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[ROPE_COS_1]], dims = [0, 2]
# CHECK-SAME:   : (tensor<2x2xf32>) -> tensor<2x1x2xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[X_0]], %[[BROADCAST_IN_DIM]]
# CHECK-SAME:   : tensor<2x1x2xf32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[BIND_DECODE_INPUTS_2]],
# CHECK-SAME:   dims = [2]
# CHECK-SAME:   : (tensor<2xf32>) -> tensor<2x1x2xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[MULTIPLY]], %[[BROADCAST_IN_DIM_2]] : tensor<2x1x2xf32>
# CHECK:      "rlx.yield"(%[[ADD]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "rows"
# CHECK:      %[[ATTENTION:.+]]:3 = "rlx.stage"(%[[ROWS]], %[[Q_ARG]], %[[K_ARG]], %[[V_ARG]],
# CHECK-SAME:   %[[PAST_K_0_ARG]], %[[PAST_V_0_ARG]], %[[BIND_DECODE_INPUTS]]#1) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_0_2:[^:]+]]: tensor<2x1x2xf32>,
# CHECK-SAME:   %[[Q_WEIGHT_1:[^:]+]]: tensor<2x2xf32>,
# CHECK-SAME:   %[[K_WEIGHT_2:[^:]+]]: tensor<2x2xf32>,
# CHECK-SAME:   %[[V_WEIGHT_3:[^:]+]]: tensor<2x2xf32>,
# CHECK-SAME:   %[[PAST_K_0_4:[^:]+]]: tensor<2x3x2xf32>,
# CHECK-SAME:   %[[PAST_V_0_5:[^:]+]]: tensor<2x3x2xf32>,
# CHECK-SAME:   %[[BIND_DECODE_INPUTS_6:[^:]+]]: tensor<2x4xi1>)
# CHECK:      %[[DOT_GENERAL:.+]] = stablehlo.dot_general %[[X_0_2]], %[[Q_WEIGHT_1]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x2xf32>, tensor<2x2xf32>) -> tensor<2x1x2xf32>
# CHECK:      %[[DOT_GENERAL_2:.+]] = stablehlo.dot_general %[[X_0_2]], %[[K_WEIGHT_2]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x2xf32>, tensor<2x2xf32>) -> tensor<2x1x2xf32>
# CHECK:      %[[DOT_GENERAL_3:.+]] = stablehlo.dot_general %[[X_0_2]], %[[V_WEIGHT_3]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x2xf32>, tensor<2x2xf32>) -> tensor<2x1x2xf32>
# CHECK:      %[[RESHAPE_2:.+]] = stablehlo.reshape %[[DOT_GENERAL]]
# CHECK-SAME:   : (tensor<2x1x2xf32>) -> tensor<2x1x1x1x2xf32>
# CHECK:      %[[RESHAPE_3:.+]] = stablehlo.reshape %[[DOT_GENERAL_2]]
# CHECK-SAME:   : (tensor<2x1x2xf32>) -> tensor<2x1x1x2xf32>
# CHECK:      %[[RESHAPE_4:.+]] = stablehlo.reshape %[[DOT_GENERAL_3]]
# CHECK-SAME:   : (tensor<2x1x2xf32>) -> tensor<2x1x1x2xf32>
# CHECK:      %[[RESHAPE_5:.+]] = stablehlo.reshape %[[PAST_K_0_4]]
# CHECK-SAME:   : (tensor<2x3x2xf32>) -> tensor<2x3x1x2xf32>
# CHECK:      %[[RESHAPE_6:.+]] = stablehlo.reshape %[[PAST_V_0_5]]
# CHECK-SAME:   : (tensor<2x3x2xf32>) -> tensor<2x3x1x2xf32>
# CHECK:      %[[CONCATENATE:.+]] = stablehlo.concatenate %[[RESHAPE_5]], %[[RESHAPE_3]], dim = 1
# CHECK-SAME:   : (tensor<2x3x1x2xf32>, tensor<2x1x1x2xf32>) -> tensor<2x4x1x2xf32>
# CHECK:      %[[CONCATENATE_2:.+]] = stablehlo.concatenate %[[RESHAPE_6]], %[[RESHAPE_4]], dim = 1
# CHECK-SAME:   : (tensor<2x3x1x2xf32>, tensor<2x1x1x2xf32>) -> tensor<2x4x1x2xf32>
# CHECK:      %[[RESHAPE_7:.+]] = stablehlo.reshape %[[CONCATENATE]]
# CHECK-SAME:   : (tensor<2x4x1x2xf32>) -> tensor<2x4x2xf32>
# CHECK:      %[[RESHAPE_8:.+]] = stablehlo.reshape %[[CONCATENATE_2]]
# CHECK-SAME:   : (tensor<2x4x1x2xf32>) -> tensor<2x4x2xf32>
# CHECK:      %[[DOT_GENERAL_4:.+]] = stablehlo.dot_general %[[RESHAPE_2]], %[[CONCATENATE]],
# CHECK-SAME:   batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3]
# CHECK-SAME:   : (tensor<2x1x1x1x2xf32>, tensor<2x4x1x2xf32>) -> tensor<2x1x1x1x4xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<0.707106769> : tensor<2x1x1x1x4xf32>
# CHECK:      %[[MULTIPLY_2:.+]] = stablehlo.multiply %[[DOT_GENERAL_4]], %[[CONSTANT_2]]
# CHECK-SAME:   : tensor<2x1x1x1x4xf32>
# CHECK:      %[[BROADCAST_IN_DIM_3:.+]] = stablehlo.broadcast_in_dim %[[BIND_DECODE_INPUTS_6]],
# CHECK-SAME:   dims = [0, 4]
# CHECK-SAME:   : (tensor<2x4xi1>) -> tensor<2x1x1x1x4xi1>
# CHECK:      %[[CONSTANT_3:.+]] = stablehlo.constant dense<-3.40282347E+38> : tensor<2x1x1x1x4xf32>
# CHECK:      %[[SELECT:.+]] = stablehlo.select %[[BROADCAST_IN_DIM_3]], %[[MULTIPLY_2]],
# CHECK-SAME:   %[[CONSTANT_3]]
# CHECK-SAME:   : tensor<2x1x1x1x4xi1>, tensor<2x1x1x1x4xf32>
# CHECK:      %[[CONSTANT_4:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[REDUCE:.+]] = stablehlo.reduce(%[[SELECT]] init: %[[CONSTANT_4]])
# CHECK-SAME:   applies stablehlo.maximum across dimensions = [4]
# CHECK-SAME:   : (tensor<2x1x1x1x4xf32>, tensor<f32>) -> tensor<2x1x1x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM_4:.+]] = stablehlo.broadcast_in_dim %[[REDUCE]], dims = [0, 1,
# CHECK-SAME:   2, 3]
# CHECK-SAME:   : (tensor<2x1x1x1xf32>) -> tensor<2x1x1x1x4xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[SELECT]], %[[BROADCAST_IN_DIM_4]]
# CHECK-SAME:   : tensor<2x1x1x1x4xf32>
# CHECK:      %[[EXPONENTIAL:.+]] = stablehlo.exponential %[[SUBTRACT]] : tensor<2x1x1x1x4xf32>
# CHECK:      %[[CONSTANT_5:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[REDUCE_2:.+]] = stablehlo.reduce(%[[EXPONENTIAL]] init: %[[CONSTANT_5]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [4]
# CHECK-SAME:   : (tensor<2x1x1x1x4xf32>, tensor<f32>) -> tensor<2x1x1x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM_5:.+]] = stablehlo.broadcast_in_dim %[[REDUCE_2]], dims = [0, 1,
# CHECK-SAME:   2, 3]
# CHECK-SAME:   : (tensor<2x1x1x1xf32>) -> tensor<2x1x1x1x4xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[EXPONENTIAL]], %[[BROADCAST_IN_DIM_5]]
# CHECK-SAME:   : tensor<2x1x1x1x4xf32>
# CHECK:      %[[DOT_GENERAL_5:.+]] = stablehlo.dot_general %[[DIVIDE]], %[[CONCATENATE_2]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 2], contracting_dims = [4] x [1]
# CHECK-SAME:   : (tensor<2x1x1x1x4xf32>, tensor<2x4x1x2xf32>) -> tensor<2x1x1x1x2xf32>
# CHECK:      %[[TRANSPOSE:.+]] = stablehlo.transpose %[[DOT_GENERAL_5]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<2x1x1x1x2xf32>) -> tensor<2x1x1x1x2xf32>
# CHECK:      %[[RESHAPE_9:.+]] = stablehlo.reshape %[[TRANSPOSE]]
# CHECK-SAME:   : (tensor<2x1x1x1x2xf32>) -> tensor<2x1x2xf32>
# CHECK:      "rlx.yield"(%[[RESHAPE_7]], %[[RESHAPE_8]], %[[RESHAPE_9]]) :
# CHECK:      }) {block = "self_attention"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "attention"
# CHECK:      return %[[ATTENTION]]#2, %[[ATTENTION]]#0, %[[ATTENTION]]#1 :

row = (
    rf.ModelFlow("constants")
    .input("x", rf.Shape([2, 3, 4]))
    .decode_rope(rf.DecodeRopeParams.new([0.5, 0.25], [1.0, 2.0], 2))
    .custom(
        lambda emit, x: x.split("d", two=2, r=2) * emit.named("rope.cos") - emit.named("rope.sin"),
        name="use",
        reads=["rope.cos", "rope.sin"],
    )
)
print(row.build().mlir("flow"))
# CHECK-LABEL: module @constants
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x3x4xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<2x3x2x2xf32> {rlx.output = "output"}
# CHECK:      %[[ROPE:.+]]:2 = "rlx.stage"() ({
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<[5.000000e-01, 2.500000e-01]>
# CHECK-SAME:   : tensor<2xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<[1.000000e+00, 2.000000e+00]>
# CHECK-SAME:   : tensor<2xf32>
# CHECK:      "rlx.yield"(%[[CONSTANT]], %[[CONSTANT_2]]) :
# CHECK:      }) {block = "decode_rope_params"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "rope"
# CHECK:      %[[USE:.+]] = "rlx.stage"(%[[X_ARG]], %[[ROPE]]#0, %[[ROPE]]#1) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_0:[^:]+]]: tensor<2x3x4xf32>,
# CHECK-SAME:   %[[ROPE_1:[^:]+]]: tensor<2xf32>,
# CHECK-SAME:   %[[ROPE_2:[^:]+]]: tensor<2xf32>)
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[X_0]]
# CHECK-SAME:   : (tensor<2x3x4xf32>) -> tensor<2x3x2x2xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[ROPE_1]], dims = [3]
# CHECK-SAME:   : (tensor<2xf32>) -> tensor<2x3x2x2xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[RESHAPE]], %[[BROADCAST_IN_DIM]]
# CHECK-SAME:   : tensor<2x3x2x2xf32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[ROPE_2]], dims = [3]
# CHECK-SAME:   : (tensor<2xf32>) -> tensor<2x3x2x2xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[MULTIPLY]], %[[BROADCAST_IN_DIM_2]]
# CHECK-SAME:   : tensor<2x3x2x2xf32>
# CHECK:      "rlx.yield"(%[[SUBTRACT]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "use"
# CHECK:      return %[[USE]] :

# RUN: %python %s | %filecheck
# Property: scores are products of queries and keys times the scale, then softcapped, then masked,
# then a softmax over the keys; query head i uses key/value head i // (h / k).

import rlxflow as rf
from rlxflow.blocks.attention import SelfAttention

KEYS = {"query_key": "a.q", "key_key": "a.k", "value_key": "a.v", "output_key": "a.o"}

bidirectional = (
    rf.ModelFlow("bidirectional_with_padding")
    .input("x", rf.Shape([2, 5, 7]))
    .input("keep", rf.Shape([2, 5], "i1"))
    .attn_mask_from_input("keep")
    .stage(
        "attention",
        SelfAttention(**KEYS, num_attention_heads=3, num_key_value_heads=3, head_dim=4, bias=True),
    )
)
print(bidirectional.build().mlir("flow"))
# CHECK-LABEL: module @bidirectional_with_padding
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x5x7xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[KEEP_ARG:[^:]+]]: tensor<2x5xi1> {rlx.input = "keep"}
# CHECK-SAME:   %[[Q_W_ARG:[^:]+]]: tensor<12x7xf32> {rlx.param = "a.q.weight"}
# CHECK-SAME:   %[[Q_B_ARG:[^:]+]]: tensor<12xf32> {rlx.param = "a.q.bias"}
# CHECK-SAME:   %[[K_W_ARG:[^:]+]]: tensor<12x7xf32> {rlx.param = "a.k.weight"}
# CHECK-SAME:   %[[K_B_ARG:[^:]+]]: tensor<12xf32> {rlx.param = "a.k.bias"}
# CHECK-SAME:   %[[V_W_ARG:[^:]+]]: tensor<12x7xf32> {rlx.param = "a.v.weight"}
# CHECK-SAME:   %[[V_B_ARG:[^:]+]]: tensor<12xf32> {rlx.param = "a.v.bias"}
# CHECK-SAME:   %[[O_W_ARG:[^:]+]]: tensor<7x12xf32> {rlx.param = "a.o.weight"}
# CHECK-SAME:   %[[O_B_ARG:[^:]+]]: tensor<7xf32> {rlx.param = "a.o.bias"}
# CHECK-SAME:   tensor<2x5x7xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(
# CHECK-SAME:   %[[X_ARG]], %[[Q_W_ARG]], %[[Q_B_ARG]], %[[K_W_ARG]], %[[K_B_ARG]], %[[V_W_ARG]],
# CHECK-SAME:   %[[V_B_ARG]], %[[KEEP_ARG]], %[[O_W_ARG]], %[[O_B_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x5x7xf32>,
# CHECK-SAME:   %[[Q_W:[^:]+]]: tensor<12x7xf32>,
# CHECK-SAME:   %[[Q_B:[^:]+]]: tensor<12xf32>,
# CHECK-SAME:   %[[K_W:[^:]+]]: tensor<12x7xf32>,
# CHECK-SAME:   %[[K_B:[^:]+]]: tensor<12xf32>,
# CHECK-SAME:   %[[V_W:[^:]+]]: tensor<12x7xf32>,
# CHECK-SAME:   %[[V_B:[^:]+]]: tensor<12xf32>,
# CHECK-SAME:   %[[KEEP:[^:]+]]: tensor<2x5xi1>,
# CHECK-SAME:   %[[O_W:[^:]+]]: tensor<7x12xf32>,
# CHECK-SAME:   %[[O_B:[^:]+]]: tensor<7xf32>)
# CHECK:      %[[QUERY:.+]] = stablehlo.dot_general %[[X]], %[[Q_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[QUERY_BS:.+]] = stablehlo.broadcast_in_dim %[[Q_B]], dims = [2] :
# CHECK:      %[[Q_FLAT:.+]] = stablehlo.add %[[QUERY]], %[[QUERY_BS]] : tensor<2x5x12xf32>
# CHECK:      %[[KEY:.+]] = stablehlo.dot_general %[[X]], %[[K_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[KEY_BS:.+]] = stablehlo.broadcast_in_dim %[[K_B]], dims = [2] :
# CHECK:      %[[K_FLAT:.+]] = stablehlo.add %[[KEY]], %[[KEY_BS]] : tensor<2x5x12xf32>
# CHECK:      %[[VALUE:.+]] = stablehlo.dot_general %[[X]], %[[V_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[VALUE_BS:.+]] = stablehlo.broadcast_in_dim %[[V_B]], dims = [2] :
# CHECK:      %[[V_FLAT:.+]] = stablehlo.add %[[VALUE]], %[[VALUE_BS]] : tensor<2x5x12xf32>
# CHECK:      %[[Q:.+]] = stablehlo.reshape
# CHECK-SAME:   %[[Q_FLAT]] : (tensor<2x5x12xf32>) -> tensor<2x5x3x1x4xf32>
# CHECK:      %[[K:.+]] = stablehlo.reshape
# CHECK-SAME:   %[[K_FLAT]] : (tensor<2x5x12xf32>) -> tensor<2x5x3x4xf32>
# CHECK:      %[[V:.+]] = stablehlo.reshape
# CHECK-SAME:   %[[V_FLAT]] : (tensor<2x5x12xf32>) -> tensor<2x5x3x4xf32>
# CHECK:      %[[PRODUCTS:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[Q]], %[[K]], batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3] :
# CHECK:      %[[SCALE:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<2x3x5x1x5xf32>
# CHECK:      %[[SCORES:.+]] = stablehlo.multiply %[[PRODUCTS]], %[[SCALE]] : tensor<2x3x5x1x5xf32>
# CHECK:      %[[SHOWN:.+]] = stablehlo.broadcast_in_dim %[[KEEP]], dims = [0, 4] :
# CHECK:      %[[LOWEST:.+]] = stablehlo.constant dense<-3.40282347E+38> : tensor<2x3x5x1x5xf32>
# CHECK:      %[[MASKED:.+]] = stablehlo.select %[[SHOWN]], %[[SCORES]], %[[LOWEST]] :
# CHECK:      %[[LEAST:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[TOP:.+]] = stablehlo.reduce(%[[MASKED]] init: %[[LEAST]])
# CHECK-SAME:   applies stablehlo.maximum across dimensions = [4] :
# CHECK:      %[[TOPS:.+]] = stablehlo.broadcast_in_dim %[[TOP]], dims = [0, 1, 2, 3] :
# CHECK:      %[[BELOW:.+]] = stablehlo.subtract %[[MASKED]], %[[TOPS]] : tensor<2x3x5x1x5xf32>
# CHECK:      %[[EXPS:.+]] = stablehlo.exponential %[[BELOW]] : tensor<2x3x5x1x5xf32>
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[TOTAL:.+]] = stablehlo.reduce(%[[EXPS]] init: %[[ZERO]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [4] :
# CHECK:      %[[TOTALS:.+]] = stablehlo.broadcast_in_dim %[[TOTAL]], dims = [0, 1, 2, 3] :
# CHECK:      %[[WEIGHTS:.+]] = stablehlo.divide %[[EXPS]], %[[TOTALS]] : tensor<2x3x5x1x5xf32>
# CHECK:      %[[MIXED:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[WEIGHTS]], %[[V]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 2], contracting_dims = [4] x [1] :
# CHECK:      %[[ORDERED:.+]] = stablehlo.transpose
# CHECK-SAME:   %[[MIXED]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<2x3x5x1x4xf32>) -> tensor<2x5x3x1x4xf32>
# CHECK:      %[[JOINED:.+]] = stablehlo.reshape
# CHECK-SAME:   %[[ORDERED]] : (tensor<2x5x3x1x4xf32>) -> tensor<2x5x12xf32>
# CHECK:      %[[OUT:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[JOINED]], %[[O_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[OUT_BS:.+]] = stablehlo.broadcast_in_dim %[[O_B]], dims = [2] :
# CHECK:      %[[SUM:.+]] = stablehlo.add %[[OUT]], %[[OUT_BS]] : tensor<2x5x7xf32>
# CHECK:      "rlx.yield"(%[[SUM]]) :
# CHECK:      }) {block = "self_attention"
# CHECK-SAME:   name = "attention"
# CHECK-SAME:   bias = true
# CHECK-SAME:   causal = false
# CHECK-SAME:   head_dim = 4 : i64
# CHECK-SAME:   num_attention_heads = 3 : i64
# CHECK-SAME:   num_key_value_heads = 3 : i64
# CHECK-SAME:   padding = true
# CHECK:      return %[[Y]] :

grouped = (
    rf.ModelFlow("grouped_causal_window_softcap")
    .input("x", rf.Shape([2, 5, 7], "bf16"))
    .stage(
        "attention",
        SelfAttention(
            **KEYS,
            num_attention_heads=12,
            num_key_value_heads=3,
            head_dim=6,
            scale=0.25,
            softcap=50.0,
            causal=True,
            window=3,
            padding=False,
            bias=False,
        ),
    )
)
print(grouped.build(dtype="bf16").mlir("flow"))
# CHECK-LABEL: module @grouped_causal_window_softcap
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x5x7xbf16> {rlx.input = "x"}
# CHECK-SAME:   %[[Q_W_ARG:[^:]+]]: tensor<72x7xbf16> {rlx.param = "a.q.weight"}
# CHECK-SAME:   %[[K_W_ARG:[^:]+]]: tensor<18x7xbf16> {rlx.param = "a.k.weight"}
# CHECK-SAME:   %[[V_W_ARG:[^:]+]]: tensor<18x7xbf16> {rlx.param = "a.v.weight"}
# CHECK-SAME:   %[[O_W_ARG:[^:]+]]: tensor<7x72xbf16> {rlx.param = "a.o.weight"}
# CHECK-SAME:   tensor<2x5x7xbf16> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(
# CHECK-SAME:   %[[X_ARG]], %[[Q_W_ARG]], %[[K_W_ARG]], %[[V_W_ARG]], %[[O_W_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x5x7xbf16>,
# CHECK-SAME:   %[[Q_W:[^:]+]]: tensor<72x7xbf16>,
# CHECK-SAME:   %[[K_W:[^:]+]]: tensor<18x7xbf16>,
# CHECK-SAME:   %[[V_W:[^:]+]]: tensor<18x7xbf16>,
# CHECK-SAME:   %[[O_W:[^:]+]]: tensor<7x72xbf16>)
# CHECK:      %[[Q_FLAT:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[X]], %[[Q_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[K_FLAT:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[X]], %[[K_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[V_FLAT:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[X]], %[[V_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[Q:.+]] = stablehlo.reshape
# CHECK-SAME:   %[[Q_FLAT]] : (tensor<2x5x72xbf16>) -> tensor<2x5x3x4x6xbf16>
# CHECK:      %[[K:.+]] = stablehlo.reshape
# CHECK-SAME:   %[[K_FLAT]] : (tensor<2x5x18xbf16>) -> tensor<2x5x3x6xbf16>
# CHECK:      %[[V:.+]] = stablehlo.reshape
# CHECK-SAME:   %[[V_FLAT]] : (tensor<2x5x18xbf16>) -> tensor<2x5x3x6xbf16>
# CHECK:      %[[ROW_NUMBER:.+]] = stablehlo.iota dim = 0 : tensor<5xi32>
# CHECK:      %[[SHIFT:.+]] = stablehlo.constant dense<0> : tensor<5xi32>
# CHECK:      %[[POSITION:.+]] = stablehlo.add %[[ROW_NUMBER]], %[[SHIFT]] : tensor<5xi32>
# CHECK:      %[[ROWS:.+]] = stablehlo.broadcast_in_dim %[[POSITION]], dims = [0] :
# CHECK:      %[[COLUMN_NUMBER:.+]] = stablehlo.iota dim = 0 : tensor<5xi32>
# CHECK:      %[[COLUMNS:.+]] = stablehlo.broadcast_in_dim %[[COLUMN_NUMBER]], dims = [1] :
# CHECK:      %[[DISTANCE:.+]] = stablehlo.subtract %[[ROWS]], %[[COLUMNS]] : tensor<5x5xi32>
# CHECK:      %[[NEAREST:.+]] = stablehlo.constant dense<0> : tensor<5x5xi32>
# CHECK:      %[[PAST:.+]] = stablehlo.compare GE, %[[DISTANCE]], %[[NEAREST]] :
# CHECK:      %[[WINDOW:.+]] = stablehlo.constant dense<3> : tensor<5x5xi32>
# CHECK:      %[[NEAR:.+]] = stablehlo.compare LT, %[[DISTANCE]], %[[WINDOW]] :
# CHECK:      %[[BOTH:.+]] = stablehlo.and %[[PAST]], %[[NEAR]] : tensor<5x5xi1>
# CHECK:      %[[PRODUCTS:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[Q]], %[[K]], batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3] :
# CHECK:      %[[SCALE:.+]] = stablehlo.constant dense<2.500000e-01> : tensor<2x3x5x4x5xf32>
# CHECK:      %[[SCORES:.+]] = stablehlo.multiply %[[PRODUCTS]], %[[SCALE]] : tensor<2x3x5x4x5xf32>
# CHECK:      %[[CAP:.+]] = stablehlo.constant dense<5.000000e+01> : tensor<2x3x5x4x5xf32>
# CHECK:      %[[SHRUNK:.+]] = stablehlo.divide %[[SCORES]], %[[CAP]] : tensor<2x3x5x4x5xf32>
# CHECK:      %[[TANH:.+]] = stablehlo.tanh %[[SHRUNK]] : tensor<2x3x5x4x5xf32>
# CHECK:      %[[CAP_AGAIN:.+]] = stablehlo.constant dense<5.000000e+01> : tensor<2x3x5x4x5xf32>
# CHECK:      %[[CAPPED:.+]] = stablehlo.multiply %[[TANH]], %[[CAP_AGAIN]] : tensor<2x3x5x4x5xf32>
# CHECK:      %[[SHOWN:.+]] = stablehlo.broadcast_in_dim %[[BOTH]], dims = [2, 4] :
# CHECK:      %[[LOWEST:.+]] = stablehlo.constant dense<-3.40282347E+38> : tensor<2x3x5x4x5xf32>
# CHECK:      %[[MASKED:.+]] = stablehlo.select %[[SHOWN]], %[[CAPPED]], %[[LOWEST]] :
# CHECK:      %[[LEAST:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[TOP:.+]] = stablehlo.reduce(%[[MASKED]] init: %[[LEAST]])
# CHECK-SAME:   applies stablehlo.maximum across dimensions = [4] :
# CHECK:      %[[TOPS:.+]] = stablehlo.broadcast_in_dim %[[TOP]], dims = [0, 1, 2, 3] :
# CHECK:      %[[BELOW:.+]] = stablehlo.subtract %[[MASKED]], %[[TOPS]] : tensor<2x3x5x4x5xf32>
# CHECK:      %[[EXPS:.+]] = stablehlo.exponential %[[BELOW]] : tensor<2x3x5x4x5xf32>
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[TOTAL:.+]] = stablehlo.reduce(%[[EXPS]] init: %[[ZERO]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [4] :
# CHECK:      %[[TOTALS:.+]] = stablehlo.broadcast_in_dim %[[TOTAL]], dims = [0, 1, 2, 3] :
# CHECK:      %[[WEIGHTS:.+]] = stablehlo.divide %[[EXPS]], %[[TOTALS]] : tensor<2x3x5x4x5xf32>
# CHECK:      %[[NARROW:.+]] = stablehlo.convert
# CHECK-SAME:   %[[WEIGHTS]] : (tensor<2x3x5x4x5xf32>) -> tensor<2x3x5x4x5xbf16>
# CHECK:      %[[MIXED:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[NARROW]], %[[V]], batching_dims = [0, 1] x [0, 2], contracting_dims = [4] x [1] :
# CHECK:      %[[ORDERED:.+]] = stablehlo.transpose
# CHECK-SAME:   %[[MIXED]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<2x3x5x4x6xbf16>) -> tensor<2x5x3x4x6xbf16>
# CHECK:      %[[JOINED:.+]] = stablehlo.reshape
# CHECK-SAME:   %[[ORDERED]] : (tensor<2x5x3x4x6xbf16>) -> tensor<2x5x72xbf16>
# CHECK:      %[[OUT:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[JOINED]], %[[O_W]], contracting_dims = [2] x [1] :
# CHECK:      "rlx.yield"(%[[OUT]]) :
# CHECK:      }) {block = "self_attention"
# CHECK-SAME:   name = "attention"
# CHECK-SAME:   bias = false
# CHECK-SAME:   causal = true
# CHECK-SAME:   head_dim = 6 : i64
# CHECK-SAME:   num_attention_heads = 12 : i64
# CHECK-SAME:   num_key_value_heads = 3 : i64
# CHECK-SAME:   padding = false
# CHECK-SAME:   scale = 2.500000e-01 : f64
# CHECK-SAME:   softcap = 5.000000e+01 : f64
# CHECK-SAME:   window = 3 : i64
# CHECK:      return %[[Y]] :

# RUN: %python %s | %filecheck
# Property: queries come from the value, keys and values from a stream, and all keys are visible; a
# prefill puts keys [b, k, e, s] and values [b, k, s, e] in the cache, and a step reads them there
# and gives the states back as they came, with no product for keys or values.

import rlxflow as rf
from rlxflow.blocks.cross_attention import CrossAttention

KEYS = {"query_key": "q", "key_key": "k", "value_key": "v", "output_key": "o"}
KEYS |= {"states_slot": "stream.c"}
CACHE = {"cache_key": "l", "cache_slots": 5}


def flow(name: str) -> rf.ModelFlow:
    made = rf.ModelFlow(name).input("x", rf.Shape([2, 3, 7])).input("c", rf.Shape([2, 5, 11]))
    return made.bind_inputs_to_streams([("c", "c")])


plain = CrossAttention(**KEYS, num_attention_heads=2, head_dim=4, key_bias=False)
print(flow("plain").stage("attention", plain).build().mlir("flow"))
# CHECK-LABEL: module @plain
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x3x7xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[C_ARG:[^:]+]]: tensor<2x5x11xf32> {rlx.input = "c"}
# CHECK-SAME:   %[[Q_ARG:[^:]+]]: tensor<8x7xf32> {rlx.param = "q.weight"}
# CHECK-SAME:   %[[Q_BIAS_ARG:[^:]+]]: tensor<8xf32> {rlx.param = "q.bias"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<8x11xf32> {rlx.param = "k.weight"}
# CHECK-SAME:   %[[V_ARG:[^:]+]]: tensor<8x11xf32> {rlx.param = "v.weight"}
# CHECK-SAME:   %[[V_BIAS_ARG:[^:]+]]: tensor<8xf32> {rlx.param = "v.bias"}
# CHECK-SAME:   %[[O_ARG:[^:]+]]: tensor<7x8xf32> {rlx.param = "o.weight"}
# CHECK-SAME:   %[[O_BIAS_ARG:[^:]+]]: tensor<7xf32> {rlx.param = "o.bias"}
# CHECK-SAME:   tensor<2x3x7xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_ATTENTION:.+]] = "rlx.stage"(%[[X_ARG]], %[[Q_ARG]], %[[Q_BIAS_ARG]],
# CHECK-SAME:   %[[C_ARG]], %[[K_ARG]], %[[V_ARG]], %[[V_BIAS_ARG]], %[[O_ARG]], %[[O_BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x3x7xf32>,
# CHECK-SAME:   %[[Q_W:[^:]+]]: tensor<8x7xf32>,
# CHECK-SAME:   %[[Q_BIAS:[^:]+]]: tensor<8xf32>,
# CHECK-SAME:   %[[C:[^:]+]]: tensor<2x5x11xf32>,
# CHECK-SAME:   %[[K_W:[^:]+]]: tensor<8x11xf32>,
# CHECK-SAME:   %[[V_W:[^:]+]]: tensor<8x11xf32>,
# CHECK-SAME:   %[[V_BIAS:[^:]+]]: tensor<8xf32>,
# CHECK-SAME:   %[[O_W:[^:]+]]: tensor<7x8xf32>,
# CHECK-SAME:   %[[O_BIAS:[^:]+]]: tensor<7xf32>)
# CHECK:      %[[DOT:.+]] = stablehlo.dot_general %[[X]], %[[Q_W]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x3x7xf32>, tensor<8x7xf32>) -> tensor<2x3x8xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[Q_BIAS]], dims = [2] : (tensor<8xf32>)
# CHECK-SAME:   -> tensor<2x3x8xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DOT]], %[[WIDE]] : tensor<2x3x8xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[ADD]] : (tensor<2x3x8xf32>)
# CHECK-SAME:   -> tensor<2x3x2x1x4xf32>
# CHECK:      %[[DOT2:.+]] = stablehlo.dot_general %[[C]], %[[K_W]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x5x11xf32>, tensor<8x11xf32>) -> tensor<2x5x8xf32>
# CHECK:      %[[DOT3:.+]] = stablehlo.dot_general %[[C]], %[[V_W]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x5x11xf32>, tensor<8x11xf32>) -> tensor<2x5x8xf32>
# CHECK:      %[[WIDE2:.+]] = stablehlo.broadcast_in_dim %[[V_BIAS]], dims = [2] : (tensor<8xf32>)
# CHECK-SAME:   -> tensor<2x5x8xf32>
# CHECK:      %[[ADD2:.+]] = stablehlo.add %[[DOT3]], %[[WIDE2]] : tensor<2x5x8xf32>
# CHECK:      %[[RESHAPE2:.+]] = stablehlo.reshape %[[DOT2]] : (tensor<2x5x8xf32>)
# CHECK-SAME:   -> tensor<2x5x2x4xf32>
# CHECK:      %[[RESHAPE3:.+]] = stablehlo.reshape %[[ADD2]] : (tensor<2x5x8xf32>)
# CHECK-SAME:   -> tensor<2x5x2x4xf32>
# CHECK:      %[[DOT4:.+]] = stablehlo.dot_general %[[RESHAPE]], %[[RESHAPE2]],
# CHECK-SAME:   batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3]
# CHECK-SAME:   : (tensor<2x3x2x1x4xf32>, tensor<2x5x2x4xf32>) -> tensor<2x2x3x1x5xf32>
# CHECK:      %[[C2:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<2x2x3x1x5xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[DOT4]], %[[C2]] : tensor<2x2x3x1x5xf32>
# CHECK:      %[[C3:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[MAX:.+]] = stablehlo.reduce(%[[MULTIPLY]] init: %[[C3]]) applies stablehlo.maximum
# CHECK-SAME:   across dimensions = [4] : (tensor<2x2x3x1x5xf32>, tensor<f32>)
# CHECK-SAME:   -> tensor<2x2x3x1xf32>
# CHECK:      %[[WIDE3:.+]] = stablehlo.broadcast_in_dim %[[MAX]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<2x2x3x1xf32>) -> tensor<2x2x3x1x5xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[MULTIPLY]], %[[WIDE3]]
# CHECK-SAME:   : tensor<2x2x3x1x5xf32>
# CHECK:      %[[EXPONENTIAL:.+]] = stablehlo.exponential %[[SUBTRACT]] : tensor<2x2x3x1x5xf32>
# CHECK:      %[[C4:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[EXPONENTIAL]] init: %[[C4]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [4] : (tensor<2x2x3x1x5xf32>, tensor<f32>)
# CHECK-SAME:   -> tensor<2x2x3x1xf32>
# CHECK:      %[[WIDE4:.+]] = stablehlo.broadcast_in_dim %[[SUM]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<2x2x3x1xf32>) -> tensor<2x2x3x1x5xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[EXPONENTIAL]], %[[WIDE4]] : tensor<2x2x3x1x5xf32>
# CHECK:      %[[DOT5:.+]] = stablehlo.dot_general %[[DIVIDE]], %[[RESHAPE3]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 2], contracting_dims = [4] x [1]
# CHECK-SAME:   : (tensor<2x2x3x1x5xf32>, tensor<2x5x2x4xf32>) -> tensor<2x2x3x1x4xf32>
# CHECK:      %[[TRANSPOSE:.+]] = stablehlo.transpose %[[DOT5]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<2x2x3x1x4xf32>) -> tensor<2x3x2x1x4xf32>
# CHECK:      %[[RESHAPE4:.+]] = stablehlo.reshape %[[TRANSPOSE]] : (tensor<2x3x2x1x4xf32>)
# CHECK-SAME:   -> tensor<2x3x8xf32>
# CHECK:      %[[DOT6:.+]] = stablehlo.dot_general %[[RESHAPE4]], %[[O_W]],
# CHECK-SAME:   contracting_dims = [2] x [1] : (tensor<2x3x8xf32>, tensor<7x8xf32>)
# CHECK-SAME:   -> tensor<2x3x7xf32>
# CHECK:      %[[WIDE5:.+]] = stablehlo.broadcast_in_dim %[[O_BIAS]], dims = [2] : (tensor<7xf32>)
# CHECK-SAME:   -> tensor<2x3x7xf32>
# CHECK:      %[[ADD3:.+]] = stablehlo.add %[[DOT6]], %[[WIDE5]] : tensor<2x3x7xf32>
# CHECK:      "rlx.yield"(%[[ADD3]]) :
# CHECK:      }) {block = "cross_attention"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "attention"
# CHECK:      return %[[STAGE_ATTENTION]] :

fill = CrossAttention(
    **KEYS, **CACHE, num_attention_heads=2, head_dim=4, bias=False, scale=0.25, phase="prefill"
)
print(flow("fill").stage("attention", fill).build().mlir("flow"))
# CHECK-LABEL: module @fill
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x3x7xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[C_ARG:[^:]+]]: tensor<2x5x11xf32> {rlx.input = "c"}
# CHECK-SAME:   %[[Q_ARG:[^:]+]]: tensor<8x7xf32> {rlx.param = "q.weight"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<8x11xf32> {rlx.param = "k.weight"}
# CHECK-SAME:   %[[V_ARG:[^:]+]]: tensor<8x11xf32> {rlx.param = "v.weight"}
# CHECK-SAME:   %[[L_KEY_ARG:[^:]+]]: tensor<2x2x4x5xf32> {rlx.state = "l.key"}
# CHECK-SAME:   %[[L_VALUE_ARG:[^:]+]]: tensor<2x2x5x4xf32> {rlx.state = "l.value"}
# CHECK-SAME:   %[[O_ARG:[^:]+]]: tensor<7x8xf32> {rlx.param = "o.weight"}
# CHECK-SAME:   tensor<2x3x7xf32> {rlx.output = "output"}
# CHECK-SAME:   tensor<2x2x4x5xf32> {rlx.output = "l.key"}
# CHECK-SAME:   tensor<2x2x5x4xf32> {rlx.output = "l.value"}
# CHECK:      %[[STAGE_ATTENTION:.+]]:3 = "rlx.stage"(%[[X_ARG]], %[[Q_ARG]], %[[C_ARG]],
# CHECK-SAME:   %[[K_ARG]], %[[V_ARG]], %[[O_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x3x7xf32>,
# CHECK-SAME:   %[[Q_W:[^:]+]]: tensor<8x7xf32>,
# CHECK-SAME:   %[[C:[^:]+]]: tensor<2x5x11xf32>,
# CHECK-SAME:   %[[K_W:[^:]+]]: tensor<8x11xf32>,
# CHECK-SAME:   %[[V_W:[^:]+]]: tensor<8x11xf32>,
# CHECK-SAME:   %[[O_W:[^:]+]]: tensor<7x8xf32>)
# CHECK:      %[[DOT:.+]] = stablehlo.dot_general %[[X]], %[[Q_W]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x3x7xf32>, tensor<8x7xf32>) -> tensor<2x3x8xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[DOT]] : (tensor<2x3x8xf32>)
# CHECK-SAME:   -> tensor<2x3x2x1x4xf32>
# CHECK:      %[[DOT2:.+]] = stablehlo.dot_general %[[C]], %[[K_W]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x5x11xf32>, tensor<8x11xf32>) -> tensor<2x5x8xf32>
# CHECK:      %[[DOT3:.+]] = stablehlo.dot_general %[[C]], %[[V_W]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x5x11xf32>, tensor<8x11xf32>) -> tensor<2x5x8xf32>
# CHECK:      %[[RESHAPE2:.+]] = stablehlo.reshape %[[DOT2]] : (tensor<2x5x8xf32>)
# CHECK-SAME:   -> tensor<2x5x2x4xf32>
# CHECK:      %[[RESHAPE3:.+]] = stablehlo.reshape %[[DOT3]] : (tensor<2x5x8xf32>)
# CHECK-SAME:   -> tensor<2x5x2x4xf32>
# CHECK:      %[[TRANSPOSE:.+]] = stablehlo.transpose %[[RESHAPE2]], dims = [0, 2, 3, 1]
# CHECK-SAME:   : (tensor<2x5x2x4xf32>) -> tensor<2x2x4x5xf32>
# CHECK:      %[[TRANSPOSE2:.+]] = stablehlo.transpose %[[RESHAPE3]], dims = [0, 2, 1, 3]
# CHECK-SAME:   : (tensor<2x5x2x4xf32>) -> tensor<2x2x5x4xf32>
# CHECK:      %[[DOT4:.+]] = stablehlo.dot_general %[[RESHAPE]], %[[RESHAPE2]],
# CHECK-SAME:   batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3]
# CHECK-SAME:   : (tensor<2x3x2x1x4xf32>, tensor<2x5x2x4xf32>) -> tensor<2x2x3x1x5xf32>
# CHECK:      %[[C2:.+]] = stablehlo.constant dense<2.500000e-01> : tensor<2x2x3x1x5xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[DOT4]], %[[C2]] : tensor<2x2x3x1x5xf32>
# CHECK:      %[[C3:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[MAX:.+]] = stablehlo.reduce(%[[MULTIPLY]] init: %[[C3]]) applies stablehlo.maximum
# CHECK-SAME:   across dimensions = [4] : (tensor<2x2x3x1x5xf32>, tensor<f32>)
# CHECK-SAME:   -> tensor<2x2x3x1xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[MAX]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<2x2x3x1xf32>) -> tensor<2x2x3x1x5xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[MULTIPLY]], %[[WIDE]] : tensor<2x2x3x1x5xf32>
# CHECK:      %[[EXPONENTIAL:.+]] = stablehlo.exponential %[[SUBTRACT]] : tensor<2x2x3x1x5xf32>
# CHECK:      %[[C4:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[EXPONENTIAL]] init: %[[C4]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [4] : (tensor<2x2x3x1x5xf32>, tensor<f32>)
# CHECK-SAME:   -> tensor<2x2x3x1xf32>
# CHECK:      %[[WIDE2:.+]] = stablehlo.broadcast_in_dim %[[SUM]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<2x2x3x1xf32>) -> tensor<2x2x3x1x5xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[EXPONENTIAL]], %[[WIDE2]] : tensor<2x2x3x1x5xf32>
# CHECK:      %[[DOT5:.+]] = stablehlo.dot_general %[[DIVIDE]], %[[RESHAPE3]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 2], contracting_dims = [4] x [1]
# CHECK-SAME:   : (tensor<2x2x3x1x5xf32>, tensor<2x5x2x4xf32>) -> tensor<2x2x3x1x4xf32>
# CHECK:      %[[TRANSPOSE3:.+]] = stablehlo.transpose %[[DOT5]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<2x2x3x1x4xf32>) -> tensor<2x3x2x1x4xf32>
# CHECK:      %[[RESHAPE4:.+]] = stablehlo.reshape %[[TRANSPOSE3]] : (tensor<2x3x2x1x4xf32>)
# CHECK-SAME:   -> tensor<2x3x8xf32>
# CHECK:      %[[DOT6:.+]] = stablehlo.dot_general %[[RESHAPE4]], %[[O_W]],
# CHECK-SAME:   contracting_dims = [2] x [1] : (tensor<2x3x8xf32>, tensor<7x8xf32>)
# CHECK-SAME:   -> tensor<2x3x7xf32>
# CHECK:      "rlx.yield"(%[[TRANSPOSE]], %[[TRANSPOSE2]], %[[DOT6]]) :
# CHECK:      }) {block = "cross_attention"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "attention"
# CHECK:      return %[[STAGE_ATTENTION]]#2, %[[STAGE_ATTENTION]]#0, %[[STAGE_ATTENTION]]#1 :

step = CrossAttention(**KEYS, **CACHE, num_attention_heads=2, head_dim=4, phase="decode")
only = rf.ModelFlow("step").input("x", rf.Shape([2, 1, 7])).stage("attention", step)
print(only.build().mlir("flow"))
# CHECK-LABEL: module @step
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x1x7xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[Q_ARG:[^:]+]]: tensor<8x7xf32> {rlx.param = "q.weight"}
# CHECK-SAME:   %[[Q_BIAS_ARG:[^:]+]]: tensor<8xf32> {rlx.param = "q.bias"}
# CHECK-SAME:   %[[L_KEY_ARG:[^:]+]]: tensor<2x2x4x5xf32> {rlx.state = "l.key"}
# CHECK-SAME:   %[[L_VALUE_ARG:[^:]+]]: tensor<2x2x5x4xf32> {rlx.state = "l.value"}
# CHECK-SAME:   %[[O_ARG:[^:]+]]: tensor<7x8xf32> {rlx.param = "o.weight"}
# CHECK-SAME:   %[[O_BIAS_ARG:[^:]+]]: tensor<7xf32> {rlx.param = "o.bias"}
# CHECK-SAME:   tensor<2x1x7xf32> {rlx.output = "output"}
# CHECK-SAME:   tensor<2x2x4x5xf32> {rlx.output = "l.key"}
# CHECK-SAME:   tensor<2x2x5x4xf32> {rlx.output = "l.value"}
# CHECK:      %[[STAGE_ATTENTION:.+]] = "rlx.stage"(%[[X_ARG]], %[[Q_ARG]], %[[Q_BIAS_ARG]],
# CHECK-SAME:   %[[L_KEY_ARG]], %[[L_VALUE_ARG]], %[[O_ARG]], %[[O_BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x1x7xf32>,
# CHECK-SAME:   %[[Q_W:[^:]+]]: tensor<8x7xf32>,
# CHECK-SAME:   %[[Q_BIAS:[^:]+]]: tensor<8xf32>,
# CHECK-SAME:   %[[KEY:[^:]+]]: tensor<2x2x4x5xf32>,
# CHECK-SAME:   %[[VALUE:[^:]+]]: tensor<2x2x5x4xf32>,
# CHECK-SAME:   %[[O_W:[^:]+]]: tensor<7x8xf32>,
# CHECK-SAME:   %[[O_BIAS:[^:]+]]: tensor<7xf32>)
# CHECK:      %[[DOT:.+]] = stablehlo.dot_general %[[X]], %[[Q_W]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x7xf32>, tensor<8x7xf32>) -> tensor<2x1x8xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[Q_BIAS]], dims = [2] : (tensor<8xf32>)
# CHECK-SAME:   -> tensor<2x1x8xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DOT]], %[[WIDE]] : tensor<2x1x8xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[ADD]] : (tensor<2x1x8xf32>)
# CHECK-SAME:   -> tensor<2x1x2x1x4xf32>
# CHECK:      %[[DOT2:.+]] = stablehlo.dot_general %[[RESHAPE]], %[[KEY]],
# CHECK-SAME:   batching_dims = [0, 2] x [0, 1], contracting_dims = [4] x [2]
# CHECK-SAME:   : (tensor<2x1x2x1x4xf32>, tensor<2x2x4x5xf32>) -> tensor<2x2x1x1x5xf32>
# CHECK:      %[[C:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<2x2x1x1x5xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[DOT2]], %[[C]] : tensor<2x2x1x1x5xf32>
# CHECK:      %[[C2:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[MAX:.+]] = stablehlo.reduce(%[[MULTIPLY]] init: %[[C2]]) applies stablehlo.maximum
# CHECK-SAME:   across dimensions = [4] : (tensor<2x2x1x1x5xf32>, tensor<f32>)
# CHECK-SAME:   -> tensor<2x2x1x1xf32>
# CHECK:      %[[WIDE2:.+]] = stablehlo.broadcast_in_dim %[[MAX]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<2x2x1x1xf32>) -> tensor<2x2x1x1x5xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[MULTIPLY]], %[[WIDE2]]
# CHECK-SAME:   : tensor<2x2x1x1x5xf32>
# CHECK:      %[[EXPONENTIAL:.+]] = stablehlo.exponential %[[SUBTRACT]] : tensor<2x2x1x1x5xf32>
# CHECK:      %[[C3:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[EXPONENTIAL]] init: %[[C3]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [4] : (tensor<2x2x1x1x5xf32>, tensor<f32>)
# CHECK-SAME:   -> tensor<2x2x1x1xf32>
# CHECK:      %[[WIDE3:.+]] = stablehlo.broadcast_in_dim %[[SUM]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<2x2x1x1xf32>) -> tensor<2x2x1x1x5xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[EXPONENTIAL]], %[[WIDE3]] : tensor<2x2x1x1x5xf32>
# CHECK:      %[[DOT3:.+]] = stablehlo.dot_general %[[DIVIDE]], %[[VALUE]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 1], contracting_dims = [4] x [2]
# CHECK-SAME:   : (tensor<2x2x1x1x5xf32>, tensor<2x2x5x4xf32>) -> tensor<2x2x1x1x4xf32>
# CHECK:      %[[TRANSPOSE:.+]] = stablehlo.transpose %[[DOT3]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<2x2x1x1x4xf32>) -> tensor<2x1x2x1x4xf32>
# CHECK:      %[[RESHAPE2:.+]] = stablehlo.reshape %[[TRANSPOSE]] : (tensor<2x1x2x1x4xf32>)
# CHECK-SAME:   -> tensor<2x1x8xf32>
# CHECK:      %[[DOT4:.+]] = stablehlo.dot_general %[[RESHAPE2]], %[[O_W]],
# CHECK-SAME:   contracting_dims = [2] x [1] : (tensor<2x1x8xf32>, tensor<7x8xf32>)
# CHECK-SAME:   -> tensor<2x1x7xf32>
# CHECK:      %[[WIDE4:.+]] = stablehlo.broadcast_in_dim %[[O_BIAS]], dims = [2] : (tensor<7xf32>)
# CHECK-SAME:   -> tensor<2x1x7xf32>
# CHECK:      %[[ADD2:.+]] = stablehlo.add %[[DOT4]], %[[WIDE4]] : tensor<2x1x7xf32>
# CHECK:      "rlx.yield"(%[[ADD2]]) :
# CHECK:      }) {block = "cross_attention"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "attention"
# CHECK:      return %[[STAGE_ATTENTION]], %[[L_KEY_ARG]], %[[L_VALUE_ARG]] :

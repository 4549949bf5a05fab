# RUN: %python %s | %filecheck
# Property: each stream has its modulated norm and its own products; the tokens of the second stream
# come first in queries, keys and values; each part of what is mixed goes through the output product
# of its stream, is gated and added to it.

from dataclasses import replace

import rlxflow as rf
from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.joint_attention import JointAttention

own = SelfAttention(
    query_key="a.q",
    key_key="a.k",
    value_key="a.v",
    output_key="a.o",
    num_attention_heads=2,
    num_key_value_heads=2,
    head_dim=4,
    bias=False,
    padding=False,
)
other = replace(own, query_key="b.q", key_key="b.k", value_key="b.v", output_key="b.o")
joint = JointAttention(own=own, other=other, slots=("stream.m", "stream.n"), eps=0.5)
flow = rf.ModelFlow("joint")
for name, shape, axes in (
    ("a", [1, 5, 3], "b t d"),
    ("b", [1, 2, 3], "b t d"),
    ("m", [1, 6, 3], "b n d"),
    ("n", [1, 6, 3], "b n d"),
):
    flow = flow.input(name, rf.Shape(shape, axes=axes))
flow = (
    flow.bind_inputs_to_streams([(name, name) for name in "abmn"])
    .dual_stream("attn", "a", "b", joint)
    .load_stream("a")
    .tap("a")
    .load_stream("b")
    .outputs(["b_out", "a_out"])
)
print(flow.build().mlir("flow"))
# CHECK-LABEL: module @joint
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[A_ARG:[^:]+]]: tensor<1x5x3xf32> {rlx.input = "a"}
# CHECK-SAME:   %[[B_ARG:[^:]+]]: tensor<1x2x3xf32> {rlx.input = "b"}
# CHECK-SAME:   %[[M_ARG:[^:]+]]: tensor<1x6x3xf32> {rlx.input = "m"}
# CHECK-SAME:   %[[N_ARG:[^:]+]]: tensor<1x6x3xf32> {rlx.input = "n"}
# CHECK-SAME:   %[[B_Q_ARG:[^:]+]]: tensor<8x3xf32> {rlx.param = "b.q.weight"}
# CHECK-SAME:   %[[B_K_ARG:[^:]+]]: tensor<8x3xf32> {rlx.param = "b.k.weight"}
# CHECK-SAME:   %[[B_V_ARG:[^:]+]]: tensor<8x3xf32> {rlx.param = "b.v.weight"}
# CHECK-SAME:   %[[A_Q_ARG:[^:]+]]: tensor<8x3xf32> {rlx.param = "a.q.weight"}
# CHECK-SAME:   %[[A_K_ARG:[^:]+]]: tensor<8x3xf32> {rlx.param = "a.k.weight"}
# CHECK-SAME:   %[[A_V_ARG:[^:]+]]: tensor<8x3xf32> {rlx.param = "a.v.weight"}
# CHECK-SAME:   %[[B_O_ARG:[^:]+]]: tensor<3x8xf32> {rlx.param = "b.o.weight"}
# CHECK-SAME:   %[[A_O_ARG:[^:]+]]: tensor<3x8xf32> {rlx.param = "a.o.weight"}
# CHECK-SAME:   tensor<1x2x3xf32> {rlx.output = "b_out"}
# CHECK-SAME:   tensor<1x5x3xf32> {rlx.output = "a_out"}
# CHECK:      %[[STAGE_ATTN:.+]]:2 = "rlx.stage"(%[[A_ARG]], %[[N_ARG]], %[[B_ARG]], %[[B_Q_ARG]],
# CHECK-SAME:   %[[B_K_ARG]], %[[B_V_ARG]], %[[M_ARG]], %[[A_Q_ARG]], %[[A_K_ARG]], %[[A_V_ARG]],
# CHECK-SAME:   %[[B_O_ARG]], %[[A_O_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<1x5x3xf32>,
# CHECK-SAME:   %[[N:[^:]+]]: tensor<1x6x3xf32>,
# CHECK-SAME:   %[[B:[^:]+]]: tensor<1x2x3xf32>,
# CHECK-SAME:   %[[Q_W:[^:]+]]: tensor<8x3xf32>,
# CHECK-SAME:   %[[K_W:[^:]+]]: tensor<8x3xf32>,
# CHECK-SAME:   %[[V_W:[^:]+]]: tensor<8x3xf32>,
# CHECK-SAME:   %[[M:[^:]+]]: tensor<1x6x3xf32>,
# CHECK-SAME:   %[[Q_W2:[^:]+]]: tensor<8x3xf32>,
# CHECK-SAME:   %[[K_W2:[^:]+]]: tensor<8x3xf32>,
# CHECK-SAME:   %[[V_W2:[^:]+]]: tensor<8x3xf32>,
# CHECK-SAME:   %[[O_W:[^:]+]]: tensor<3x8xf32>,
# CHECK-SAME:   %[[O_W2:[^:]+]]: tensor<3x8xf32>)
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[N]] [0:1, 1:2, 0:3] : (tensor<1x6x3xf32>)
# CHECK-SAME:   -> tensor<1x1x3xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]] : (tensor<1x1x3xf32>)
# CHECK-SAME:   -> tensor<1x3xf32>
# CHECK:      %[[SLICE2:.+]] = stablehlo.slice %[[N]] [0:1, 0:1, 0:3] : (tensor<1x6x3xf32>)
# CHECK-SAME:   -> tensor<1x1x3xf32>
# CHECK:      %[[RESHAPE2:.+]] = stablehlo.reshape %[[SLICE2]] : (tensor<1x1x3xf32>)
# CHECK-SAME:   -> tensor<1x3xf32>
# CHECK:      %[[C:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[B]] init: %[[C]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [2] : (tensor<1x2x3xf32>, tensor<f32>) -> tensor<1x2xf32>
# CHECK:      %[[C2:.+]] = stablehlo.constant dense<3.000000e+00> : tensor<1x2xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[SUM]], %[[C2]] : tensor<1x2xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[DIVIDE]], dims = [0, 1]
# CHECK-SAME:   : (tensor<1x2xf32>) -> tensor<1x2x3xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[B]], %[[WIDE]] : tensor<1x2x3xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[SUBTRACT]] : tensor<1x2x3xf32>
# CHECK:      %[[C3:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM2:.+]] = stablehlo.reduce(%[[MULTIPLY]] init: %[[C3]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [2] : (tensor<1x2x3xf32>, tensor<f32>) -> tensor<1x2xf32>
# CHECK:      %[[C4:.+]] = stablehlo.constant dense<3.000000e+00> : tensor<1x2xf32>
# CHECK:      %[[DIVIDE2:.+]] = stablehlo.divide %[[SUM2]], %[[C4]] : tensor<1x2xf32>
# CHECK:      %[[C5:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<1x2xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DIVIDE2]], %[[C5]] : tensor<1x2xf32>
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[ADD]] : tensor<1x2xf32>
# CHECK:      %[[WIDE2:.+]] = stablehlo.broadcast_in_dim %[[RSQRT]], dims = [0, 1]
# CHECK-SAME:   : (tensor<1x2xf32>) -> tensor<1x2x3xf32>
# CHECK:      %[[MULTIPLY2:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[WIDE2]] : tensor<1x2x3xf32>
# CHECK:      %[[C6:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<1x3xf32>
# CHECK:      %[[ADD2:.+]] = stablehlo.add %[[RESHAPE]], %[[C6]] : tensor<1x3xf32>
# CHECK:      %[[WIDE3:.+]] = stablehlo.broadcast_in_dim %[[ADD2]], dims = [0, 2]
# CHECK-SAME:   : (tensor<1x3xf32>) -> tensor<1x2x3xf32>
# CHECK:      %[[MULTIPLY3:.+]] = stablehlo.multiply %[[MULTIPLY2]], %[[WIDE3]] : tensor<1x2x3xf32>
# CHECK:      %[[WIDE4:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE2]], dims = [0, 2]
# CHECK-SAME:   : (tensor<1x3xf32>) -> tensor<1x2x3xf32>
# CHECK:      %[[ADD3:.+]] = stablehlo.add %[[MULTIPLY3]], %[[WIDE4]] : tensor<1x2x3xf32>
# CHECK:      %[[DOT:.+]] = stablehlo.dot_general %[[ADD3]], %[[Q_W]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<1x2x3xf32>, tensor<8x3xf32>) -> tensor<1x2x8xf32>
# CHECK:      %[[DOT2:.+]] = stablehlo.dot_general %[[ADD3]], %[[K_W]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<1x2x3xf32>, tensor<8x3xf32>) -> tensor<1x2x8xf32>
# CHECK:      %[[DOT3:.+]] = stablehlo.dot_general %[[ADD3]], %[[V_W]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<1x2x3xf32>, tensor<8x3xf32>) -> tensor<1x2x8xf32>
# CHECK:      %[[RESHAPE3:.+]] = stablehlo.reshape %[[DOT]] : (tensor<1x2x8xf32>)
# CHECK-SAME:   -> tensor<1x2x2x1x4xf32>
# CHECK:      %[[RESHAPE4:.+]] = stablehlo.reshape %[[DOT2]] : (tensor<1x2x8xf32>)
# CHECK-SAME:   -> tensor<1x2x2x4xf32>
# CHECK:      %[[RESHAPE5:.+]] = stablehlo.reshape %[[DOT3]] : (tensor<1x2x8xf32>)
# CHECK-SAME:   -> tensor<1x2x2x4xf32>
# CHECK:      %[[SLICE3:.+]] = stablehlo.slice %[[M]] [0:1, 1:2, 0:3] : (tensor<1x6x3xf32>)
# CHECK-SAME:   -> tensor<1x1x3xf32>
# CHECK:      %[[RESHAPE6:.+]] = stablehlo.reshape %[[SLICE3]] : (tensor<1x1x3xf32>)
# CHECK-SAME:   -> tensor<1x3xf32>
# CHECK:      %[[SLICE4:.+]] = stablehlo.slice %[[M]] [0:1, 0:1, 0:3] : (tensor<1x6x3xf32>)
# CHECK-SAME:   -> tensor<1x1x3xf32>
# CHECK:      %[[RESHAPE7:.+]] = stablehlo.reshape %[[SLICE4]] : (tensor<1x1x3xf32>)
# CHECK-SAME:   -> tensor<1x3xf32>
# CHECK:      %[[C7:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM3:.+]] = stablehlo.reduce(%[[X]] init: %[[C7]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [2] : (tensor<1x5x3xf32>, tensor<f32>) -> tensor<1x5xf32>
# CHECK:      %[[C8:.+]] = stablehlo.constant dense<3.000000e+00> : tensor<1x5xf32>
# CHECK:      %[[DIVIDE3:.+]] = stablehlo.divide %[[SUM3]], %[[C8]] : tensor<1x5xf32>
# CHECK:      %[[WIDE5:.+]] = stablehlo.broadcast_in_dim %[[DIVIDE3]], dims = [0, 1]
# CHECK-SAME:   : (tensor<1x5xf32>) -> tensor<1x5x3xf32>
# CHECK:      %[[SUBTRACT2:.+]] = stablehlo.subtract %[[X]], %[[WIDE5]] : tensor<1x5x3xf32>
# CHECK:      %[[MULTIPLY4:.+]] = stablehlo.multiply %[[SUBTRACT2]], %[[SUBTRACT2]]
# CHECK-SAME:   : tensor<1x5x3xf32>
# CHECK:      %[[C9:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM4:.+]] = stablehlo.reduce(%[[MULTIPLY4]] init: %[[C9]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [2] : (tensor<1x5x3xf32>, tensor<f32>) -> tensor<1x5xf32>
# CHECK:      %[[C10:.+]] = stablehlo.constant dense<3.000000e+00> : tensor<1x5xf32>
# CHECK:      %[[DIVIDE4:.+]] = stablehlo.divide %[[SUM4]], %[[C10]] : tensor<1x5xf32>
# CHECK:      %[[C11:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<1x5xf32>
# CHECK:      %[[ADD4:.+]] = stablehlo.add %[[DIVIDE4]], %[[C11]] : tensor<1x5xf32>
# CHECK:      %[[RSQRT2:.+]] = stablehlo.rsqrt %[[ADD4]] : tensor<1x5xf32>
# CHECK:      %[[WIDE6:.+]] = stablehlo.broadcast_in_dim %[[RSQRT2]], dims = [0, 1]
# CHECK-SAME:   : (tensor<1x5xf32>) -> tensor<1x5x3xf32>
# CHECK:      %[[MULTIPLY5:.+]] = stablehlo.multiply %[[SUBTRACT2]], %[[WIDE6]] : tensor<1x5x3xf32>
# CHECK:      %[[C12:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<1x3xf32>
# CHECK:      %[[ADD5:.+]] = stablehlo.add %[[RESHAPE6]], %[[C12]] : tensor<1x3xf32>
# CHECK:      %[[WIDE7:.+]] = stablehlo.broadcast_in_dim %[[ADD5]], dims = [0, 2]
# CHECK-SAME:   : (tensor<1x3xf32>) -> tensor<1x5x3xf32>
# CHECK:      %[[MULTIPLY6:.+]] = stablehlo.multiply %[[MULTIPLY5]], %[[WIDE7]] : tensor<1x5x3xf32>
# CHECK:      %[[WIDE8:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE7]], dims = [0, 2]
# CHECK-SAME:   : (tensor<1x3xf32>) -> tensor<1x5x3xf32>
# CHECK:      %[[ADD6:.+]] = stablehlo.add %[[MULTIPLY6]], %[[WIDE8]] : tensor<1x5x3xf32>
# CHECK:      %[[DOT4:.+]] = stablehlo.dot_general %[[ADD6]], %[[Q_W2]],
# CHECK-SAME:   contracting_dims = [2] x [1] : (tensor<1x5x3xf32>, tensor<8x3xf32>)
# CHECK-SAME:   -> tensor<1x5x8xf32>
# CHECK:      %[[DOT5:.+]] = stablehlo.dot_general %[[ADD6]], %[[K_W2]],
# CHECK-SAME:   contracting_dims = [2] x [1] : (tensor<1x5x3xf32>, tensor<8x3xf32>)
# CHECK-SAME:   -> tensor<1x5x8xf32>
# CHECK:      %[[DOT6:.+]] = stablehlo.dot_general %[[ADD6]], %[[V_W2]],
# CHECK-SAME:   contracting_dims = [2] x [1] : (tensor<1x5x3xf32>, tensor<8x3xf32>)
# CHECK-SAME:   -> tensor<1x5x8xf32>
# CHECK:      %[[RESHAPE8:.+]] = stablehlo.reshape %[[DOT4]] : (tensor<1x5x8xf32>)
# CHECK-SAME:   -> tensor<1x5x2x1x4xf32>
# CHECK:      %[[RESHAPE9:.+]] = stablehlo.reshape %[[DOT5]] : (tensor<1x5x8xf32>)
# CHECK-SAME:   -> tensor<1x5x2x4xf32>
# CHECK:      %[[RESHAPE10:.+]] = stablehlo.reshape %[[DOT6]] : (tensor<1x5x8xf32>)
# CHECK-SAME:   -> tensor<1x5x2x4xf32>
# CHECK:      %[[JOINED:.+]] = stablehlo.concatenate %[[RESHAPE3]], %[[RESHAPE8]], dim = 1
# CHECK-SAME:   : (tensor<1x2x2x1x4xf32>, tensor<1x5x2x1x4xf32>) -> tensor<1x7x2x1x4xf32>
# CHECK:      %[[JOINED2:.+]] = stablehlo.concatenate %[[RESHAPE4]], %[[RESHAPE9]], dim = 1
# CHECK-SAME:   : (tensor<1x2x2x4xf32>, tensor<1x5x2x4xf32>) -> tensor<1x7x2x4xf32>
# CHECK:      %[[JOINED3:.+]] = stablehlo.concatenate %[[RESHAPE5]], %[[RESHAPE10]], dim = 1
# CHECK-SAME:   : (tensor<1x2x2x4xf32>, tensor<1x5x2x4xf32>) -> tensor<1x7x2x4xf32>
# CHECK:      %[[DOT7:.+]] = stablehlo.dot_general %[[JOINED]], %[[JOINED2]],
# CHECK-SAME:   batching_dims = [0, 2] x [0, 2], contracting_dims = [4] x [3]
# CHECK-SAME:   : (tensor<1x7x2x1x4xf32>, tensor<1x7x2x4xf32>) -> tensor<1x2x7x1x7xf32>
# CHECK:      %[[C13:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<1x2x7x1x7xf32>
# CHECK:      %[[MULTIPLY7:.+]] = stablehlo.multiply %[[DOT7]], %[[C13]] : tensor<1x2x7x1x7xf32>
# CHECK:      %[[C14:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[MAX:.+]] = stablehlo.reduce(%[[MULTIPLY7]] init: %[[C14]])
# CHECK-SAME:   applies stablehlo.maximum across dimensions = [4]
# CHECK-SAME:   : (tensor<1x2x7x1x7xf32>, tensor<f32>) -> tensor<1x2x7x1xf32>
# CHECK:      %[[WIDE9:.+]] = stablehlo.broadcast_in_dim %[[MAX]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<1x2x7x1xf32>) -> tensor<1x2x7x1x7xf32>
# CHECK:      %[[SUBTRACT3:.+]] = stablehlo.subtract %[[MULTIPLY7]], %[[WIDE9]]
# CHECK-SAME:   : tensor<1x2x7x1x7xf32>
# CHECK:      %[[EXPONENTIAL:.+]] = stablehlo.exponential %[[SUBTRACT3]] : tensor<1x2x7x1x7xf32>
# CHECK:      %[[C15:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM5:.+]] = stablehlo.reduce(%[[EXPONENTIAL]] init: %[[C15]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [4] : (tensor<1x2x7x1x7xf32>, tensor<f32>)
# CHECK-SAME:   -> tensor<1x2x7x1xf32>
# CHECK:      %[[WIDE10:.+]] = stablehlo.broadcast_in_dim %[[SUM5]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<1x2x7x1xf32>) -> tensor<1x2x7x1x7xf32>
# CHECK:      %[[DIVIDE5:.+]] = stablehlo.divide %[[EXPONENTIAL]], %[[WIDE10]]
# CHECK-SAME:   : tensor<1x2x7x1x7xf32>
# CHECK:      %[[DOT8:.+]] = stablehlo.dot_general %[[DIVIDE5]], %[[JOINED3]],
# CHECK-SAME:   batching_dims = [0, 1] x [0, 2], contracting_dims = [4] x [1]
# CHECK-SAME:   : (tensor<1x2x7x1x7xf32>, tensor<1x7x2x4xf32>) -> tensor<1x2x7x1x4xf32>
# CHECK:      %[[TRANSPOSE:.+]] = stablehlo.transpose %[[DOT8]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<1x2x7x1x4xf32>) -> tensor<1x7x2x1x4xf32>
# CHECK:      %[[SLICE5:.+]] = stablehlo.slice %[[TRANSPOSE]] [0:1, 0:2, 0:2, 0:1, 0:4]
# CHECK-SAME:   : (tensor<1x7x2x1x4xf32>) -> tensor<1x2x2x1x4xf32>
# CHECK:      %[[RESHAPE11:.+]] = stablehlo.reshape %[[SLICE5]] : (tensor<1x2x2x1x4xf32>)
# CHECK-SAME:   -> tensor<1x2x8xf32>
# CHECK:      %[[DOT9:.+]] = stablehlo.dot_general %[[RESHAPE11]], %[[O_W]],
# CHECK-SAME:   contracting_dims = [2] x [1] : (tensor<1x2x8xf32>, tensor<3x8xf32>)
# CHECK-SAME:   -> tensor<1x2x3xf32>
# CHECK:      %[[SLICE6:.+]] = stablehlo.slice %[[N]] [0:1, 2:3, 0:3] : (tensor<1x6x3xf32>)
# CHECK-SAME:   -> tensor<1x1x3xf32>
# CHECK:      %[[RESHAPE12:.+]] = stablehlo.reshape %[[SLICE6]] : (tensor<1x1x3xf32>)
# CHECK-SAME:   -> tensor<1x3xf32>
# CHECK:      %[[WIDE11:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE12]], dims = [0, 2]
# CHECK-SAME:   : (tensor<1x3xf32>) -> tensor<1x2x3xf32>
# CHECK:      %[[MULTIPLY8:.+]] = stablehlo.multiply %[[DOT9]], %[[WIDE11]] : tensor<1x2x3xf32>
# CHECK:      %[[ADD7:.+]] = stablehlo.add %[[B]], %[[MULTIPLY8]] : tensor<1x2x3xf32>
# CHECK:      %[[SLICE7:.+]] = stablehlo.slice %[[TRANSPOSE]] [0:1, 2:7, 0:2, 0:1, 0:4]
# CHECK-SAME:   : (tensor<1x7x2x1x4xf32>) -> tensor<1x5x2x1x4xf32>
# CHECK:      %[[RESHAPE13:.+]] = stablehlo.reshape %[[SLICE7]] : (tensor<1x5x2x1x4xf32>)
# CHECK-SAME:   -> tensor<1x5x8xf32>
# CHECK:      %[[DOT10:.+]] = stablehlo.dot_general %[[RESHAPE13]], %[[O_W2]],
# CHECK-SAME:   contracting_dims = [2] x [1] : (tensor<1x5x8xf32>, tensor<3x8xf32>)
# CHECK-SAME:   -> tensor<1x5x3xf32>
# CHECK:      %[[SLICE8:.+]] = stablehlo.slice %[[M]] [0:1, 2:3, 0:3] : (tensor<1x6x3xf32>)
# CHECK-SAME:   -> tensor<1x1x3xf32>
# CHECK:      %[[RESHAPE14:.+]] = stablehlo.reshape %[[SLICE8]] : (tensor<1x1x3xf32>)
# CHECK-SAME:   -> tensor<1x3xf32>
# CHECK:      %[[WIDE12:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE14]], dims = [0, 2]
# CHECK-SAME:   : (tensor<1x3xf32>) -> tensor<1x5x3xf32>
# CHECK:      %[[MULTIPLY9:.+]] = stablehlo.multiply %[[DOT10]], %[[WIDE12]] : tensor<1x5x3xf32>
# CHECK:      %[[ADD8:.+]] = stablehlo.add %[[X]], %[[MULTIPLY9]] : tensor<1x5x3xf32>
# CHECK:      "rlx.yield"(%[[ADD8]], %[[ADD7]]) :
# CHECK:      }) {block = "joint_attention"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "attn"
# CHECK:      return %[[STAGE_ATTN]]#1, %[[STAGE_ATTN]]#0 :

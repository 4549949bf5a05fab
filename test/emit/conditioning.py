# RUN: %python %s | %filecheck
# Property: a number times its scale becomes cosines, then sines, of f32 angles; numbers and vectors
# each go through two products with a silu between, and the sum is what the next stage reads.

import rlxflow as rf
from rlxflow.blocks.conditioning import Conditioning

told = Conditioning(
    prefix="e",
    scalars=(("when", "time"),),
    vectors=(("what", "text"),),
    channels=4,
    scale=8.0,
    hidden_size=3,
    slot="told",
)
flow = (
    rf.ModelFlow("time_and_text")
    .input("when", rf.Shape([2]))
    .input("what", rf.Shape([2, 5], axes="b d"))
    .stage("embed", told)
    .custom(lambda emit, x: emit.named("told"), name="use", reads=("told",))
)
print(flow.build().mlir("flow"))
# CHECK-LABEL: module @time_and_text
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[WHEN_ARG:[^:]+]]: tensor<2xf32> {rlx.input = "when"}
# CHECK-SAME:   %[[WHAT_ARG:[^:]+]]: tensor<2x5xf32> {rlx.input = "what"}
# CHECK-SAME:   %[[E_TIME_LINEAR_1_ARG:[^:]+]]: tensor<3x4xf32> {rlx.param =
# CHECK-SAME:   "e.time.linear_1.weight"}
# CHECK-SAME:   %[[E_TIME_LINEAR_1_BIAS_ARG:[^:]+]]: tensor<3xf32> {rlx.param =
# CHECK-SAME:   "e.time.linear_1.bias"}
# CHECK-SAME:   %[[E_TIME_LINEAR_2_ARG:[^:]+]]: tensor<3x3xf32> {rlx.param =
# CHECK-SAME:   "e.time.linear_2.weight"}
# CHECK-SAME:   %[[E_TIME_LINEAR_2_BIAS_ARG:[^:]+]]: tensor<3xf32> {rlx.param =
# CHECK-SAME:   "e.time.linear_2.bias"}
# CHECK-SAME:   %[[E_TEXT_LINEAR_1_ARG:[^:]+]]: tensor<3x5xf32> {rlx.param =
# CHECK-SAME:   "e.text.linear_1.weight"}
# CHECK-SAME:   %[[E_TEXT_LINEAR_1_BIAS_ARG:[^:]+]]: tensor<3xf32> {rlx.param =
# CHECK-SAME:   "e.text.linear_1.bias"}
# CHECK-SAME:   %[[E_TEXT_LINEAR_2_ARG:[^:]+]]: tensor<3x3xf32> {rlx.param =
# CHECK-SAME:   "e.text.linear_2.weight"}
# CHECK-SAME:   %[[E_TEXT_LINEAR_2_BIAS_ARG:[^:]+]]: tensor<3xf32> {rlx.param =
# CHECK-SAME:   "e.text.linear_2.bias"}
# CHECK-SAME:   tensor<2x3xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_EMBED:.+]] = "rlx.stage"(%[[WHEN_ARG]], %[[E_TIME_LINEAR_1_ARG]],
# CHECK-SAME:   %[[E_TIME_LINEAR_1_BIAS_ARG]], %[[E_TIME_LINEAR_2_ARG]],
# CHECK-SAME:   %[[E_TIME_LINEAR_2_BIAS_ARG]], %[[WHAT_ARG]], %[[E_TEXT_LINEAR_1_ARG]],
# CHECK-SAME:   %[[E_TEXT_LINEAR_1_BIAS_ARG]], %[[E_TEXT_LINEAR_2_ARG]],
# CHECK-SAME:   %[[E_TEXT_LINEAR_2_BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2xf32>,
# CHECK-SAME:   %[[LINEAR_1_W:[^:]+]]: tensor<3x4xf32>,
# CHECK-SAME:   %[[LINEAR_1_BIAS:[^:]+]]: tensor<3xf32>,
# CHECK-SAME:   %[[LINEAR_2_W:[^:]+]]: tensor<3x3xf32>,
# CHECK-SAME:   %[[LINEAR_2_BIAS:[^:]+]]: tensor<3xf32>,
# CHECK-SAME:   %[[WHAT:[^:]+]]: tensor<2x5xf32>,
# CHECK-SAME:   %[[LINEAR_1_W2:[^:]+]]: tensor<3x5xf32>,
# CHECK-SAME:   %[[LINEAR_1_BIAS2:[^:]+]]: tensor<3xf32>,
# CHECK-SAME:   %[[LINEAR_2_W2:[^:]+]]: tensor<3x3xf32>,
# CHECK-SAME:   %[[LINEAR_2_BIAS2:[^:]+]]: tensor<3xf32>)
# CHECK:      %[[C:.+]] = stablehlo.constant dense<8.000000e+00> : tensor<2xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[X]], %[[C]] : tensor<2xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[MULTIPLY]], dims = [0] : (tensor<2xf32>)
# CHECK-SAME:   -> tensor<2x2xf32>
# CHECK:      %[[C2:.+]] = stablehlo.constant dense<[1.000000e+00, {{0.01|0.00999.*}}]>
# CHECK-SAME:   : tensor<2xf32>
# CHECK:      %[[WIDE2:.+]] = stablehlo.broadcast_in_dim %[[C2]], dims = [1] : (tensor<2xf32>)
# CHECK-SAME:   -> tensor<2x2xf32>
# CHECK:      %[[MULTIPLY2:.+]] = stablehlo.multiply %[[WIDE]], %[[WIDE2]] : tensor<2x2xf32>
# CHECK:      %[[COSINE:.+]] = stablehlo.cosine %[[MULTIPLY2]] : tensor<2x2xf32>
# CHECK:      %[[SINE:.+]] = stablehlo.sine %[[MULTIPLY2]] : tensor<2x2xf32>
# CHECK:      %[[JOINED:.+]] = stablehlo.concatenate %[[COSINE]], %[[SINE]], dim = 1
# CHECK-SAME:   : (tensor<2x2xf32>, tensor<2x2xf32>) -> tensor<2x4xf32>
# CHECK:      %[[DOT:.+]] = stablehlo.dot_general %[[JOINED]], %[[LINEAR_1_W]],
# CHECK-SAME:   contracting_dims = [1] x [1] : (tensor<2x4xf32>, tensor<3x4xf32>) -> tensor<2x3xf32>
# CHECK:      %[[WIDE3:.+]] = stablehlo.broadcast_in_dim %[[LINEAR_1_BIAS]], dims = [1]
# CHECK-SAME:   : (tensor<3xf32>) -> tensor<2x3xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DOT]], %[[WIDE3]] : tensor<2x3xf32>
# CHECK:      %[[LOGISTIC:.+]] = stablehlo.logistic %[[ADD]] : tensor<2x3xf32>
# CHECK:      %[[MULTIPLY3:.+]] = stablehlo.multiply %[[ADD]], %[[LOGISTIC]] : tensor<2x3xf32>
# CHECK:      %[[DOT2:.+]] = stablehlo.dot_general %[[MULTIPLY3]], %[[LINEAR_2_W]],
# CHECK-SAME:   contracting_dims = [1] x [1] : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
# CHECK:      %[[WIDE4:.+]] = stablehlo.broadcast_in_dim %[[LINEAR_2_BIAS]], dims = [1]
# CHECK-SAME:   : (tensor<3xf32>) -> tensor<2x3xf32>
# CHECK:      %[[ADD2:.+]] = stablehlo.add %[[DOT2]], %[[WIDE4]] : tensor<2x3xf32>
# CHECK:      %[[DOT3:.+]] = stablehlo.dot_general %[[WHAT]], %[[LINEAR_1_W2]],
# CHECK-SAME:   contracting_dims = [1] x [1] : (tensor<2x5xf32>, tensor<3x5xf32>) -> tensor<2x3xf32>
# CHECK:      %[[WIDE5:.+]] = stablehlo.broadcast_in_dim %[[LINEAR_1_BIAS2]], dims = [1]
# CHECK-SAME:   : (tensor<3xf32>) -> tensor<2x3xf32>
# CHECK:      %[[ADD3:.+]] = stablehlo.add %[[DOT3]], %[[WIDE5]] : tensor<2x3xf32>
# CHECK:      %[[LOGISTIC2:.+]] = stablehlo.logistic %[[ADD3]] : tensor<2x3xf32>
# CHECK:      %[[MULTIPLY4:.+]] = stablehlo.multiply %[[ADD3]], %[[LOGISTIC2]] : tensor<2x3xf32>
# CHECK:      %[[DOT4:.+]] = stablehlo.dot_general %[[MULTIPLY4]], %[[LINEAR_2_W2]],
# CHECK-SAME:   contracting_dims = [1] x [1] : (tensor<2x3xf32>, tensor<3x3xf32>) -> tensor<2x3xf32>
# CHECK:      %[[WIDE6:.+]] = stablehlo.broadcast_in_dim %[[LINEAR_2_BIAS2]], dims = [1]
# CHECK-SAME:   : (tensor<3xf32>) -> tensor<2x3xf32>
# CHECK:      %[[ADD4:.+]] = stablehlo.add %[[DOT4]], %[[WIDE6]] : tensor<2x3xf32>
# CHECK:      %[[ADD5:.+]] = stablehlo.add %[[ADD2]], %[[ADD4]] : tensor<2x3xf32>
# CHECK:      "rlx.yield"(%[[ADD5]]) :
# CHECK:      }) {block = "conditioning"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "embed"
# CHECK:      return %[[STAGE_EMBED]] :

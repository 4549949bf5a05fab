# RUN: %python %s | %filecheck
# Property: the conditioning's silu goes through one product into n vectors a row; a norm without
# weights is multiplied by one plus its scale and moved by its shift, per row; a branch is gated by
# the vector after them and added to the value as it was before the norm.

import rlxflow as rf
from rlxflow.blocks.linear import Linear
from rlxflow.blocks.modulation import ModulatedBranch, ModulatedNorm, Modulation

start = rf.ModelFlow("vectors").input("c", rf.Shape([2, 3], axes="b d"))
made = Modulation(prefix="m.linear", source="stream.c", slot="m", count=6)
vectors = (
    start.bind_inputs_to_streams([("c", "c")])
    .stage("m", made)
    .custom(lambda emit, x: emit.named("m"), name="use", reads=("m",))
)
print(vectors.build().mlir("flow"))
# CHECK-LABEL: module @vectors
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[C_ARG:[^:]+]]: tensor<2x3xf32> {rlx.input = "c"}
# CHECK-SAME:   %[[M_LINEAR_ARG:[^:]+]]: tensor<18x3xf32> {rlx.param = "m.linear.weight"}
# CHECK-SAME:   %[[M_LINEAR_BIAS_ARG:[^:]+]]: tensor<18xf32> {rlx.param = "m.linear.bias"}
# CHECK-SAME:   tensor<2x6x3xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_M:.+]] = "rlx.stage"(%[[C_ARG]], %[[M_LINEAR_ARG]], %[[M_LINEAR_BIAS_ARG]])
# CHECK-SAME:   ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x3xf32>,
# CHECK-SAME:   %[[LINEAR_W:[^:]+]]: tensor<18x3xf32>,
# CHECK-SAME:   %[[LINEAR_BIAS:[^:]+]]: tensor<18xf32>)
# CHECK:      %[[LOGISTIC:.+]] = stablehlo.logistic %[[X]] : tensor<2x3xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[X]], %[[LOGISTIC]] : tensor<2x3xf32>
# CHECK:      %[[DOT:.+]] = stablehlo.dot_general %[[MULTIPLY]], %[[LINEAR_W]],
# CHECK-SAME:   contracting_dims = [1] x [1] : (tensor<2x3xf32>, tensor<18x3xf32>)
# CHECK-SAME:   -> tensor<2x18xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[LINEAR_BIAS]], dims = [1]
# CHECK-SAME:   : (tensor<18xf32>) -> tensor<2x18xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DOT]], %[[WIDE]] : tensor<2x18xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[ADD]] : (tensor<2x18xf32>) -> tensor<2x6x3xf32>
# CHECK:      "rlx.yield"(%[[RESHAPE]]) :
# CHECK:      }) {block = "modulation"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "m"
# CHECK:      return %[[STAGE_M]] :


def over(name: str, count: int) -> rf.ModelFlow:
    flow = rf.ModelFlow(name).input("x", rf.Shape([2, 5, 3]))
    flow = flow.input("m", rf.Shape([2, count, 3], axes="b n d"))
    return flow.bind_inputs_to_streams([("m", "m")])


norm = ModulatedNorm(slot="stream.m", scale=0, shift=1, eps=0.5)
print(over("norm", 2).stage("norm", norm).build().mlir("flow"))
# CHECK-LABEL: module @norm
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x5x3xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[M_ARG:[^:]+]]: tensor<2x2x3xf32> {rlx.input = "m"}
# CHECK-SAME:   tensor<2x5x3xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_NORM:.+]] = "rlx.stage"(%[[X_ARG]], %[[M_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x5x3xf32>,
# CHECK-SAME:   %[[M:[^:]+]]: tensor<2x2x3xf32>)
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[M]] [0:2, 0:1, 0:3] : (tensor<2x2x3xf32>)
# CHECK-SAME:   -> tensor<2x1x3xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]] : (tensor<2x1x3xf32>)
# CHECK-SAME:   -> tensor<2x3xf32>
# CHECK:      %[[SLICE2:.+]] = stablehlo.slice %[[M]] [0:2, 1:2, 0:3] : (tensor<2x2x3xf32>)
# CHECK-SAME:   -> tensor<2x1x3xf32>
# CHECK:      %[[RESHAPE2:.+]] = stablehlo.reshape %[[SLICE2]] : (tensor<2x1x3xf32>)
# CHECK-SAME:   -> tensor<2x3xf32>
# CHECK:      %[[C:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[X]] init: %[[C]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [2] : (tensor<2x5x3xf32>, tensor<f32>) -> tensor<2x5xf32>
# CHECK:      %[[C2:.+]] = stablehlo.constant dense<3.000000e+00> : tensor<2x5xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[SUM]], %[[C2]] : tensor<2x5xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[DIVIDE]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x5xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[X]], %[[WIDE]] : tensor<2x5x3xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[SUBTRACT]] : tensor<2x5x3xf32>
# CHECK:      %[[C3:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM2:.+]] = stablehlo.reduce(%[[MULTIPLY]] init: %[[C3]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [2] : (tensor<2x5x3xf32>, tensor<f32>) -> tensor<2x5xf32>
# CHECK:      %[[C4:.+]] = stablehlo.constant dense<3.000000e+00> : tensor<2x5xf32>
# CHECK:      %[[DIVIDE2:.+]] = stablehlo.divide %[[SUM2]], %[[C4]] : tensor<2x5xf32>
# CHECK:      %[[C5:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<2x5xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DIVIDE2]], %[[C5]] : tensor<2x5xf32>
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[ADD]] : tensor<2x5xf32>
# CHECK:      %[[WIDE2:.+]] = stablehlo.broadcast_in_dim %[[RSQRT]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x5xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[MULTIPLY2:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[WIDE2]] : tensor<2x5x3xf32>
# CHECK:      %[[C6:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<2x3xf32>
# CHECK:      %[[ADD2:.+]] = stablehlo.add %[[RESHAPE]], %[[C6]] : tensor<2x3xf32>
# CHECK:      %[[WIDE3:.+]] = stablehlo.broadcast_in_dim %[[ADD2]], dims = [0, 2]
# CHECK-SAME:   : (tensor<2x3xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[MULTIPLY3:.+]] = stablehlo.multiply %[[MULTIPLY2]], %[[WIDE3]] : tensor<2x5x3xf32>
# CHECK:      %[[WIDE4:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE2]], dims = [0, 2]
# CHECK-SAME:   : (tensor<2x3xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[ADD3:.+]] = stablehlo.add %[[MULTIPLY3]], %[[WIDE4]] : tensor<2x5x3xf32>
# CHECK:      "rlx.yield"(%[[ADD3]]) :
# CHECK:      }) {block = "modulated_norm"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "norm"
# CHECK:      return %[[STAGE_NORM]] :

inner = Linear(weight_key="w", out_features=3)
branch = ModulatedBranch(slot="stream.m", at=3, eps=0.25, inner=inner, name="inner")
print(over("branch", 6).stage("branch", branch).build().mlir("flow"))
# CHECK-LABEL: module @branch
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x5x3xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[M_ARG:[^:]+]]: tensor<2x6x3xf32> {rlx.input = "m"}
# CHECK-SAME:   %[[W_ARG:[^:]+]]: tensor<3x3xf32> {rlx.param = "w"}
# CHECK-SAME:   tensor<2x5x3xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_BRANCH:.+]] = "rlx.stage"(%[[X_ARG]], %[[M_ARG]], %[[W_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x5x3xf32>,
# CHECK-SAME:   %[[M:[^:]+]]: tensor<2x6x3xf32>,
# CHECK-SAME:   %[[W:[^:]+]]: tensor<3x3xf32>)
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[M]] [0:2, 4:5, 0:3] : (tensor<2x6x3xf32>)
# CHECK-SAME:   -> tensor<2x1x3xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]] : (tensor<2x1x3xf32>)
# CHECK-SAME:   -> tensor<2x3xf32>
# CHECK:      %[[SLICE2:.+]] = stablehlo.slice %[[M]] [0:2, 3:4, 0:3] : (tensor<2x6x3xf32>)
# CHECK-SAME:   -> tensor<2x1x3xf32>
# CHECK:      %[[RESHAPE2:.+]] = stablehlo.reshape %[[SLICE2]] : (tensor<2x1x3xf32>)
# CHECK-SAME:   -> tensor<2x3xf32>
# CHECK:      %[[C:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[X]] init: %[[C]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [2] : (tensor<2x5x3xf32>, tensor<f32>) -> tensor<2x5xf32>
# CHECK:      %[[C2:.+]] = stablehlo.constant dense<3.000000e+00> : tensor<2x5xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[SUM]], %[[C2]] : tensor<2x5xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[DIVIDE]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x5xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[X]], %[[WIDE]] : tensor<2x5x3xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[SUBTRACT]] : tensor<2x5x3xf32>
# CHECK:      %[[C3:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM2:.+]] = stablehlo.reduce(%[[MULTIPLY]] init: %[[C3]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [2] : (tensor<2x5x3xf32>, tensor<f32>) -> tensor<2x5xf32>
# CHECK:      %[[C4:.+]] = stablehlo.constant dense<3.000000e+00> : tensor<2x5xf32>
# CHECK:      %[[DIVIDE2:.+]] = stablehlo.divide %[[SUM2]], %[[C4]] : tensor<2x5xf32>
# CHECK:      %[[C5:.+]] = stablehlo.constant dense<2.500000e-01> : tensor<2x5xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DIVIDE2]], %[[C5]] : tensor<2x5xf32>
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[ADD]] : tensor<2x5xf32>
# CHECK:      %[[WIDE2:.+]] = stablehlo.broadcast_in_dim %[[RSQRT]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x5xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[MULTIPLY2:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[WIDE2]] : tensor<2x5x3xf32>
# CHECK:      %[[C6:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<2x3xf32>
# CHECK:      %[[ADD2:.+]] = stablehlo.add %[[RESHAPE]], %[[C6]] : tensor<2x3xf32>
# CHECK:      %[[WIDE3:.+]] = stablehlo.broadcast_in_dim %[[ADD2]], dims = [0, 2]
# CHECK-SAME:   : (tensor<2x3xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[MULTIPLY3:.+]] = stablehlo.multiply %[[MULTIPLY2]], %[[WIDE3]] : tensor<2x5x3xf32>
# CHECK:      %[[WIDE4:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE2]], dims = [0, 2]
# CHECK-SAME:   : (tensor<2x3xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[ADD3:.+]] = stablehlo.add %[[MULTIPLY3]], %[[WIDE4]] : tensor<2x5x3xf32>
# CHECK:      %[[STAGE_INNER:.+]] = "rlx.stage"(%[[ADD3]], %[[W]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X2:[^:]+]]: tensor<2x5x3xf32>,
# CHECK-SAME:   %[[W2:[^:]+]]: tensor<3x3xf32>)
# CHECK:      %[[DOT:.+]] = stablehlo.dot_general %[[X2]], %[[W2]], contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x5x3xf32>, tensor<3x3xf32>) -> tensor<2x5x3xf32>
# CHECK:      "rlx.yield"(%[[DOT]]) :
# CHECK:      }) {block = "linear"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "inner"
# CHECK:      %[[SLICE3:.+]] = stablehlo.slice %[[M]] [0:2, 5:6, 0:3] : (tensor<2x6x3xf32>)
# CHECK-SAME:   -> tensor<2x1x3xf32>
# CHECK:      %[[RESHAPE3:.+]] = stablehlo.reshape %[[SLICE3]] : (tensor<2x1x3xf32>)
# CHECK-SAME:   -> tensor<2x3xf32>
# CHECK:      %[[WIDE5:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE3]], dims = [0, 2]
# CHECK-SAME:   : (tensor<2x3xf32>) -> tensor<2x5x3xf32>
# CHECK:      %[[MULTIPLY4:.+]] = stablehlo.multiply %[[STAGE_INNER]], %[[WIDE5]]
# CHECK-SAME:   : tensor<2x5x3xf32>
# CHECK:      %[[ADD4:.+]] = stablehlo.add %[[X]], %[[MULTIPLY4]] : tensor<2x5x3xf32>
# CHECK:      "rlx.yield"(%[[ADD4]]) :
# CHECK:      }) {block = "modulated_branch"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "branch"
# CHECK:      return %[[STAGE_BRANCH]] :

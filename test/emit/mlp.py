# RUN: %python %s | %filecheck
# Property: a feed-forward block widens, activates and narrows; with a gate the activated half is
# the gate and the other half is multiplied as it is.

import rlxflow as rf
from rlxflow.blocks.mlp import Mlp

plain = (
    rf.ModelFlow("plain")
    .input("x", rf.Shape([2, 4, 6]))
    .stage("mlp", Mlp(up_key="m.up", down_key="m.down", intermediate_size=10, activation="relu"))
)
print(plain.build().mlir("flow"))
# CHECK-LABEL: module @plain
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[UP_W_ARG:[^:]+]]: tensor<10x6xf32> {rlx.param = "m.up.weight"}
# CHECK-SAME:   %[[UP_B_ARG:[^:]+]]: tensor<10xf32> {rlx.param = "m.up.bias"}
# CHECK-SAME:   %[[DOWN_W_ARG:[^:]+]]: tensor<6x10xf32> {rlx.param = "m.down.weight"}
# CHECK-SAME:   %[[DOWN_B_ARG:[^:]+]]: tensor<6xf32> {rlx.param = "m.down.bias"}
# CHECK-SAME:   tensor<2x4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(
# CHECK-SAME:   %[[X_ARG]], %[[UP_W_ARG]], %[[UP_B_ARG]], %[[DOWN_W_ARG]], %[[DOWN_B_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x6xf32>,
# CHECK-SAME:   %[[UP_W:[^:]+]]: tensor<10x6xf32>,
# CHECK-SAME:   %[[UP_B:[^:]+]]: tensor<10xf32>,
# CHECK-SAME:   %[[DOWN_W:[^:]+]]: tensor<6x10xf32>,
# CHECK-SAME:   %[[DOWN_B:[^:]+]]: tensor<6xf32>)
# CHECK:      %[[UP:.+]] = stablehlo.dot_general %[[X]], %[[UP_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[UP_BS:.+]] = stablehlo.broadcast_in_dim %[[UP_B]], dims = [2] :
# CHECK:      %[[WIDE:.+]] = stablehlo.add %[[UP]], %[[UP_BS]] : tensor<2x4x10xf32>
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2x4x10xf32>
# CHECK:      %[[CUT:.+]] = stablehlo.maximum %[[WIDE]], %[[ZERO]] : tensor<2x4x10xf32>
# CHECK:      %[[DOWN:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[CUT]], %[[DOWN_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[DOWN_BS:.+]] = stablehlo.broadcast_in_dim %[[DOWN_B]], dims = [2] :
# CHECK:      %[[SUM:.+]] = stablehlo.add %[[DOWN]], %[[DOWN_BS]] : tensor<2x4x6xf32>
# CHECK:      "rlx.yield"(%[[SUM]]) :
# CHECK:      }) {block = "mlp"
# CHECK-SAME:   name = "mlp"
# CHECK-SAME:   activation = "relu"
# CHECK-SAME:   bias = true
# CHECK-SAME:   intermediate_size = 10 : i64
# CHECK-SAME:   transposed = false
# CHECK:      return %[[Y]] :

gated = (
    rf.ModelFlow("gated_without_bias")
    .input("x", rf.Shape([2, 4, 6]))
    .stage(
        "mlp",
        Mlp(
            up_key="m.up",
            down_key="m.down",
            gate_key="m.gate",
            intermediate_size=10,
            activation="silu",
            bias=False,
        ),
    )
)
print(gated.build().mlir("flow"))
# CHECK-LABEL: module @gated_without_bias
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[UP_W_ARG:[^:]+]]: tensor<10x6xf32> {rlx.param = "m.up.weight"}
# CHECK-SAME:   %[[GATE_W_ARG:[^:]+]]: tensor<10x6xf32> {rlx.param = "m.gate.weight"}
# CHECK-SAME:   %[[DOWN_W_ARG:[^:]+]]: tensor<6x10xf32> {rlx.param = "m.down.weight"}
# CHECK-SAME:   tensor<2x4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(
# CHECK-SAME:   %[[X_ARG]], %[[UP_W_ARG]], %[[GATE_W_ARG]], %[[DOWN_W_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x6xf32>,
# CHECK-SAME:   %[[UP_W:[^:]+]]: tensor<10x6xf32>,
# CHECK-SAME:   %[[GATE_W:[^:]+]]: tensor<10x6xf32>,
# CHECK-SAME:   %[[DOWN_W:[^:]+]]: tensor<6x10xf32>)
# CHECK:      %[[UP:.+]] = stablehlo.dot_general %[[X]], %[[UP_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[GATE:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[X]], %[[GATE_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[SIGMOID:.+]] = stablehlo.logistic %[[GATE]] : tensor<2x4x10xf32>
# CHECK:      %[[ACTIVE:.+]] = stablehlo.multiply %[[GATE]], %[[SIGMOID]] : tensor<2x4x10xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.multiply %[[ACTIVE]], %[[UP]] : tensor<2x4x10xf32>
# CHECK:      %[[DOWN:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[WIDE]], %[[DOWN_W]], contracting_dims = [2] x [1] :
# CHECK:      "rlx.yield"(%[[DOWN]]) :
# CHECK:      }) {block = "mlp"
# CHECK-SAME:   name = "mlp"
# CHECK-SAME:   activation = "silu"
# CHECK-SAME:   bias = false
# CHECK-SAME:   intermediate_size = 10 : i64
# CHECK-SAME:   transposed = false
# CHECK:      return %[[Y]] :

# RUN: %python %s | %filecheck
# Property: a linear layer contracts the second axis of its weight as it is stored, without a
# transpose, adds the bias along the new axis, and takes weights in the dtype of the activations.

import rlxflow as rf
from rlxflow.blocks.linear import Linear

biased = (
    rf.ModelFlow("with_bias")
    .input("x", rf.Shape([2, 4, 6]))
    .stage("proj", Linear(weight_key="p.weight", bias_key="p.bias", out_features=5))
)
print(biased.build().mlir("flow"))
# CHECK-LABEL: module @with_bias
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[WEIGHT_ARG:[^:]+]]: tensor<5x6xf32> {rlx.param = "p.weight"}
# CHECK-SAME:   %[[BIAS_ARG:[^:]+]]: tensor<5xf32> {rlx.param = "p.bias"}
# CHECK-SAME:   tensor<2x4x5xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[WEIGHT_ARG]], %[[BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x6xf32>,
# CHECK-SAME:   %[[WEIGHT:[^:]+]]: tensor<5x6xf32>,
# CHECK-SAME:   %[[BIAS:[^:]+]]: tensor<5xf32>)
# CHECK:      %[[PRODUCT:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[X]], %[[WEIGHT]], contracting_dims = [2] x [1] :
# CHECK:      %[[BIASES:.+]] = stablehlo.broadcast_in_dim %[[BIAS]], dims = [2] :
# CHECK:      %[[SUM:.+]] = stablehlo.add %[[PRODUCT]], %[[BIASES]] : tensor<2x4x5xf32>
# CHECK:      "rlx.yield"(%[[SUM]]) :
# CHECK:      }) {block = "linear"
# CHECK-SAME:   name = "proj"
# CHECK-SAME:   out_features = 5 : i64
# CHECK:      return %[[Y]] :

# A square weight shows whether rows and columns are told apart.
square = (
    rf.ModelFlow("square_without_bias")
    .input("x", rf.Shape([2, 4, 6]))
    .stage("proj", Linear(weight_key="p.weight", out_features=6))
)
print(square.build().mlir("flow"))
# CHECK-LABEL: module @square_without_bias
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[WEIGHT_ARG:[^:]+]]: tensor<6x6xf32> {rlx.param = "p.weight"}
# CHECK-SAME:   tensor<2x4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[WEIGHT_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<2x4x6xf32>, %[[WEIGHT:[^:]+]]: tensor<6x6xf32>)
# CHECK:      %[[PRODUCT:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[X]], %[[WEIGHT]], contracting_dims = [2] x [1] :
# CHECK:      "rlx.yield"(%[[PRODUCT]]) :
# CHECK:      }) {block = "linear"
# CHECK-SAME:   name = "proj"
# CHECK-SAME:   out_features = 6 : i64
# CHECK:      return %[[Y]] :

wide = (
    rf.ModelFlow("narrow_weights")
    .input("x", rf.Shape([2, 4, 6]))
    .stage("proj", Linear(weight_key="p.weight", bias_key="p.bias", out_features=5))
)
print(wide.build(dtype="bf16").mlir("flow"))
# CHECK-LABEL: module @narrow_weights
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[WEIGHT_ARG:[^:]+]]: tensor<5x6xbf16> {rlx.param = "p.weight"}
# CHECK-SAME:   %[[BIAS_ARG:[^:]+]]: tensor<5xbf16> {rlx.param = "p.bias"}
# CHECK-SAME:   tensor<2x4x5xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[WEIGHT_ARG]], %[[BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x6xf32>,
# CHECK-SAME:   %[[WEIGHT:[^:]+]]: tensor<5x6xbf16>,
# CHECK-SAME:   %[[BIAS:[^:]+]]: tensor<5xbf16>)
# CHECK:      %[[WIDE_WEIGHT:.+]] = stablehlo.convert
# CHECK-SAME:   %[[WEIGHT]] : (tensor<5x6xbf16>) -> tensor<5x6xf32>
# CHECK:      %[[PRODUCT:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[X]], %[[WIDE_WEIGHT]], contracting_dims = [2] x [1] :
# CHECK:      %[[WIDE_BIAS:.+]] = stablehlo.convert %[[BIAS]] : (tensor<5xbf16>) -> tensor<5xf32>
# CHECK:      %[[BIASES:.+]] = stablehlo.broadcast_in_dim %[[WIDE_BIAS]], dims = [2] :
# CHECK:      %[[SUM:.+]] = stablehlo.add %[[PRODUCT]], %[[BIASES]] : tensor<2x4x5xf32>
# CHECK:      "rlx.yield"(%[[SUM]]) :
# CHECK:      }) {block = "linear"
# CHECK-SAME:   name = "proj"
# CHECK-SAME:   out_features = 5 : i64
# CHECK:      return %[[Y]] :

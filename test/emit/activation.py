# RUN: %python %s | %filecheck
# Property: each activation is its formula, on the value and not on a part of it, in f32.

import rlxflow as rf
from rlxflow.blocks.activation import activate


def show(case: str, activation: str, dtype: str = "f32") -> None:
    flow = rf.ModelFlow(case).input("x", rf.Shape([4, 6], dtype))
    print(flow.custom(lambda emit, x: activate(activation, x), name="act").build().mlir("flow"))


show("gelu_with_erf", "gelu")
# CHECK-LABEL: module @gelu_with_erf
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[HALF:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<4x6xf32>
# CHECK:      %[[HALVED:.+]] = stablehlo.multiply %[[X]], %[[HALF]] : tensor<4x6xf32>
# CHECK:      %[[ROOT:.+]] = stablehlo.constant dense<0.707106769> : tensor<4x6xf32>
# CHECK:      %[[SHRUNK:.+]] = stablehlo.multiply %[[X]], %[[ROOT]] : tensor<4x6xf32>
# CHECK:      %[[ERF:.+]] = chlo.erf %[[SHRUNK]] : tensor<4x6xf32> -> tensor<4x6xf32>
# CHECK:      %[[ONE:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<4x6xf32>
# CHECK:      %[[SHIFTED:.+]] = stablehlo.add %[[ERF]], %[[ONE]] : tensor<4x6xf32>
# CHECK:      %[[PRODUCT:.+]] = stablehlo.multiply %[[HALVED]], %[[SHIFTED]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[PRODUCT]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "act"
# CHECK:      return %[[Y]] :

show("gelu_with_tanh", "gelu_pytorch_tanh")
# CHECK-LABEL: module @gelu_with_tanh
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[SQUARE:.+]] = stablehlo.multiply %[[X]], %[[X]] : tensor<4x6xf32>
# CHECK:      %[[CUBE:.+]] = stablehlo.multiply %[[SQUARE]], %[[X]] : tensor<4x6xf32>
# CHECK:      %[[FACTOR:.+]] = stablehlo.constant dense<4.471500e-02> : tensor<4x6xf32>
# CHECK:      %[[CUBIC:.+]] = stablehlo.multiply %[[CUBE]], %[[FACTOR]] : tensor<4x6xf32>
# CHECK:      %[[POLYNOMIAL:.+]] = stablehlo.add %[[X]], %[[CUBIC]] : tensor<4x6xf32>
# CHECK:      %[[ROOT:.+]] = stablehlo.constant dense<0.797884583> : tensor<4x6xf32>
# CHECK:      %[[INNER:.+]] = stablehlo.multiply %[[POLYNOMIAL]], %[[ROOT]] : tensor<4x6xf32>
# CHECK:      %[[HALF:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<4x6xf32>
# CHECK:      %[[HALVED:.+]] = stablehlo.multiply %[[X]], %[[HALF]] : tensor<4x6xf32>
# CHECK:      %[[TANH:.+]] = stablehlo.tanh %[[INNER]] : tensor<4x6xf32>
# CHECK:      %[[ONE:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<4x6xf32>
# CHECK:      %[[SHIFTED:.+]] = stablehlo.add %[[TANH]], %[[ONE]] : tensor<4x6xf32>
# CHECK:      %[[PRODUCT:.+]] = stablehlo.multiply %[[HALVED]], %[[SHIFTED]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[PRODUCT]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "act"
# CHECK:      return %[[Y]] :

show("quick_gelu_is_steep", "quick_gelu")
# CHECK-LABEL: module @quick_gelu_is_steep
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[FACTOR:.+]] = stablehlo.constant dense<1.702000e+00> : tensor<4x6xf32>
# CHECK:      %[[STEEP:.+]] = stablehlo.multiply %[[X]], %[[FACTOR]] : tensor<4x6xf32>
# CHECK:      %[[SIGMOID:.+]] = stablehlo.logistic %[[STEEP]] : tensor<4x6xf32>
# CHECK:      %[[PRODUCT:.+]] = stablehlo.multiply %[[X]], %[[SIGMOID]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[PRODUCT]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "act"
# CHECK:      return %[[Y]] :

show("relu_cuts_below_zero", "relu")
# CHECK-LABEL: module @relu_cuts_below_zero
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<4x6xf32>
# CHECK:      %[[CUT:.+]] = stablehlo.maximum %[[X]], %[[ZERO]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[CUT]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "act"
# CHECK:      return %[[Y]] :

show("silu_gates_itself", "silu")
# CHECK-LABEL: module @silu_gates_itself
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[SIGMOID:.+]] = stablehlo.logistic %[[X]] : tensor<4x6xf32>
# CHECK:      %[[PRODUCT:.+]] = stablehlo.multiply %[[X]], %[[SIGMOID]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[PRODUCT]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "act"
# CHECK:      return %[[Y]] :

show("tanh_as_it_is", "tanh")
# CHECK-LABEL: module @tanh_as_it_is
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<4x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[TANH:.+]] = stablehlo.tanh %[[X]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[TANH]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "act"
# CHECK:      return %[[Y]] :

show("narrow_tensors_in_f32", "silu", "bf16")
# CHECK-LABEL: module @narrow_tensors_in_f32
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<4x6xbf16> {rlx.input = "x"}
# CHECK-SAME:   tensor<4x6xbf16> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<4x6xbf16>)
# CHECK:      %[[WIDE:.+]] = stablehlo.convert %[[X]] : (tensor<4x6xbf16>) -> tensor<4x6xf32>
# CHECK:      %[[SIGMOID:.+]] = stablehlo.logistic %[[WIDE]] : tensor<4x6xf32>
# CHECK:      %[[PRODUCT:.+]] = stablehlo.multiply %[[WIDE]], %[[SIGMOID]] : tensor<4x6xf32>
# CHECK:      %[[NARROW:.+]] = stablehlo.convert
# CHECK-SAME:   %[[PRODUCT]] : (tensor<4x6xf32>) -> tensor<4x6xbf16>
# CHECK:      "rlx.yield"(%[[NARROW]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "act"
# CHECK:      return %[[Y]] :

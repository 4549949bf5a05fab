# RUN: %python %s | %filecheck
# Property: scores are products with a table [v, d], summed in f32 also where both are narrow, plus
# the bias, times the scale, and last of all limited.

import rlxflow as rf
from rlxflow.blocks.head import LmHead

head = LmHead(weight_key="words", bias_key="bias", vocab_size=9, scale=0.5, softcap=30.0)
narrow = rf.ModelFlow("scaled_and_limited").input("x", rf.Shape([2, 4, 6], "bf16"))
print(narrow.stage("head", head).build(dtype="bf16").mlir("flow"))
# CHECK-LABEL: module @scaled_and_limited
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xbf16> {rlx.input = "x"}
# CHECK-SAME:   %[[TABLE_ARG:[^:]+]]: tensor<9x6xbf16> {rlx.param = "words"}
# CHECK-SAME:   %[[BIAS_ARG:[^:]+]]: tensor<9xbf16> {rlx.param = "bias"}
# CHECK-SAME:   tensor<2x4x9xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[TABLE_ARG]], %[[BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x6xbf16>,
# CHECK-SAME:   %[[TABLE:[^:]+]]: tensor<9x6xbf16>,
# CHECK-SAME:   %[[BIAS:[^:]+]]: tensor<9xbf16>)
# CHECK:      %[[PRODUCTS:.+]] = stablehlo.dot_general %[[X]], %[[TABLE]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x4x6xbf16>, tensor<9x6xbf16>) -> tensor<2x4x9xf32>
# CHECK:      %[[WIDE_BIAS:.+]] = stablehlo.convert %[[BIAS]] : (tensor<9xbf16>) -> tensor<9xf32>
# CHECK:      %[[BIASES:.+]] = stablehlo.broadcast_in_dim %[[WIDE_BIAS]], dims = [2]
# CHECK-SAME:   : (tensor<9xf32>) -> tensor<2x4x9xf32>
# CHECK:      %[[SUM:.+]] = stablehlo.add %[[PRODUCTS]], %[[BIASES]] : tensor<2x4x9xf32>
# CHECK:      %[[SCALE:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<2x4x9xf32>
# CHECK:      %[[SCORES:.+]] = stablehlo.multiply %[[SUM]], %[[SCALE]] : tensor<2x4x9xf32>
# CHECK:      %[[CAP:.+]] = stablehlo.constant dense<3.000000e+01> : tensor<2x4x9xf32>
# CHECK:      %[[SHRUNK:.+]] = stablehlo.divide %[[SCORES]], %[[CAP]] : tensor<2x4x9xf32>
# CHECK:      %[[TANH:.+]] = stablehlo.tanh %[[SHRUNK]] : tensor<2x4x9xf32>
# CHECK:      %[[CAP_AGAIN:.+]] = stablehlo.constant dense<3.000000e+01> : tensor<2x4x9xf32>
# CHECK:      %[[CAPPED:.+]] = stablehlo.multiply %[[TANH]], %[[CAP_AGAIN]] : tensor<2x4x9xf32>
# CHECK:      "rlx.yield"(%[[CAPPED]]) :
# CHECK:      }) {block = "lm_head"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "head"
# CHECK:      return %[[Y]] :

plain = rf.ModelFlow("product_alone").input("x", rf.Shape([2, 4, 6]))
print(plain.stage("head", LmHead(weight_key="words", vocab_size=9)).build().mlir("flow"))
# CHECK-LABEL: module @product_alone
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[TABLE_ARG:[^:]+]]: tensor<9x6xf32> {rlx.param = "words"}
# CHECK-SAME:   tensor<2x4x9xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[TABLE_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x6xf32>,
# CHECK-SAME:   %[[TABLE:[^:]+]]: tensor<9x6xf32>)
# CHECK:      %[[PRODUCTS:.+]] = stablehlo.dot_general %[[X]], %[[TABLE]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x4x6xf32>, tensor<9x6xf32>) -> tensor<2x4x9xf32>
# CHECK:      "rlx.yield"(%[[PRODUCTS]]) :
# CHECK:      }) {block = "lm_head"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "head"
# CHECK:      return %[[Y]] :

# RUN: %python %s | %filecheck
# Property: patches are cut from images in rows and multiplied with a weight [d, c, p, q] as it is
# stored; tokens are put in at their place, the same in every row.

import rlxflow as rf
from rlxflow.blocks.patches import InsertTokens, PatchEmbed, PatchLinear

pixels = rf.Shape([2, 3, 5, 9], axes="b c y x")

embed = PatchEmbed(weight_key="w", bias_key="b", hidden_size=6, patch_size=(2, 4))
flow = rf.ModelFlow("patches").input("pixel_values", pixels).stage("patches", embed)
print(flow.build(dtype="bf16").mlir("flow"))
# CHECK-LABEL: module @patches
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[PIXEL_VALUES_ARG:[^:]+]]: tensor<2x3x5x9xf32> {rlx.input = "pixel_values"}
# CHECK-SAME:   %[[W_ARG:[^:]+]]: tensor<6x3x2x4xbf16> {rlx.param = "w"}
# CHECK-SAME:   %[[B_ARG:[^:]+]]: tensor<6xbf16> {rlx.param = "b"}
# CHECK-SAME:   tensor<2x4x6xbf16> {rlx.output = "output"}
# CHECK:      %[[PATCHES:.+]] = "rlx.stage"(%[[PIXEL_VALUES_ARG]], %[[W_ARG]], %[[B_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x3x5x9xf32>
# CHECK-SAME:   %[[W_2:[^:]+]]: tensor<6x3x2x4xbf16>
# CHECK-SAME:   %[[B_2:[^:]+]]: tensor<6xbf16>
# CHECK:      %[[CONVERT:.+]] = stablehlo.convert %[[X]]
# CHECK-SAME:   : (tensor<2x3x5x9xf32>) -> tensor<2x3x5x9xbf16>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[CONVERT]] [0:2, 0:3, 0:4, 0:9]
# CHECK-SAME:   : (tensor<2x3x5x9xbf16>) -> tensor<2x3x4x9xbf16>
# CHECK:      %[[SLICE_2:.+]] = stablehlo.slice %[[SLICE]] [0:2, 0:3, 0:4, 0:8]
# CHECK-SAME:   : (tensor<2x3x4x9xbf16>) -> tensor<2x3x4x8xbf16>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE_2]]
# CHECK-SAME:   : (tensor<2x3x4x8xbf16>) -> tensor<2x3x2x2x8xbf16>
# CHECK:      %[[RESHAPE_2:.+]] = stablehlo.reshape %[[RESHAPE]]
# CHECK-SAME:   : (tensor<2x3x2x2x8xbf16>) -> tensor<2x3x2x2x2x4xbf16>
# CHECK:      %[[DOT_GENERAL:.+]] = stablehlo.dot_general %[[RESHAPE_2]], %[[W_2]],
# CHECK-SAME:   contracting_dims = [1, 3, 5] x [1, 2, 3]
# CHECK-SAME:   : (tensor<2x3x2x2x2x4xbf16>, tensor<6x3x2x4xbf16>) -> tensor<2x2x2x6xbf16>
# CHECK:      %[[RESHAPE_3:.+]] = stablehlo.reshape %[[DOT_GENERAL]]
# CHECK-SAME:   : (tensor<2x2x2x6xbf16>) -> tensor<2x4x6xbf16>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[B_2]], dims = [2]
# CHECK-SAME:   : (tensor<6xbf16>) -> tensor<2x4x6xbf16>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[RESHAPE_3]], %[[BROADCAST_IN_DIM]]
# CHECK-SAME:   : tensor<2x4x6xbf16>
# CHECK:      "rlx.yield"(%[[ADD]]) :
# CHECK:      }) {block = "patch_embed"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "patches"
# CHECK:      return %[[PATCHES]] :

flat = PatchLinear(prefix="p", hidden_size=6)
flow = rf.ModelFlow("flat_patches").input("pixel_values", rf.Shape([2, 4, 7]))
print(flow.stage("patches", flat).build(dtype="bf16").mlir("flow"))
# CHECK-LABEL: module @flat_patches
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[PIXEL_VALUES_ARG:[^:]+]]: tensor<2x4x7xf32> {rlx.input = "pixel_values"}
# CHECK-SAME:   %[[P_WEIGHT_ARG:[^:]+]]: tensor<6x7xbf16> {rlx.param = "p.weight"}
# CHECK-SAME:   %[[P_BIAS_ARG:[^:]+]]: tensor<6xbf16> {rlx.param = "p.bias"}
# CHECK-SAME:   tensor<2x4x6xbf16> {rlx.output = "output"}
# CHECK:      %[[PATCHES:.+]] = "rlx.stage"(%[[PIXEL_VALUES_ARG]], %[[P_WEIGHT_ARG]],
# CHECK-SAME:   %[[P_BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x7xf32>
# CHECK-SAME:   %[[P_WEIGHT_2:[^:]+]]: tensor<6x7xbf16>
# CHECK-SAME:   %[[P_BIAS_2:[^:]+]]: tensor<6xbf16>
# CHECK:      %[[CONVERT:.+]] = stablehlo.convert %[[X]]
# CHECK-SAME:   : (tensor<2x4x7xf32>) -> tensor<2x4x7xbf16>
# CHECK:      %[[P:.+]] = stablehlo.dot_general %[[CONVERT]], %[[P_WEIGHT_2]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x4x7xbf16>, tensor<6x7xbf16>) -> tensor<2x4x6xbf16>
# CHECK:      %[[P_2:.+]] = stablehlo.broadcast_in_dim %[[P_BIAS_2]], dims = [2]
# CHECK-SAME:   : (tensor<6xbf16>) -> tensor<2x4x6xbf16>
# CHECK:      %[[P_3:.+]] = stablehlo.add %[[P]], %[[P_2]] : tensor<2x4x6xbf16>
# CHECK:      "rlx.yield"(%[[P_3]]) :
# CHECK:      }) {block = "patch_linear"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "patches"
# CHECK:      return %[[PATCHES]] :

registers = InsertTokens(key="k", count=2, at=1)
flow = rf.ModelFlow("registers").input("x", rf.Shape([3, 4, 6]))
print(flow.stage("registers", registers).build(dtype="bf16").mlir("flow"))
# CHECK-LABEL: module @registers
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<3x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<1x2x6xbf16> {rlx.param = "k"}
# CHECK-SAME:   tensor<3x6x6xf32> {rlx.output = "output"}
# CHECK:      %[[REGISTERS:.+]] = "rlx.stage"(%[[X_ARG]], %[[K_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<3x4x6xf32>
# CHECK-SAME:   %[[K_2:[^:]+]]: tensor<1x2x6xbf16>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[K_2]] [0:1, 0:2, 0:6]
# CHECK-SAME:   : (tensor<1x2x6xbf16>) -> tensor<1x2x6xbf16>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]]
# CHECK-SAME:   : (tensor<1x2x6xbf16>) -> tensor<2x6xbf16>
# CHECK:      %[[CONVERT:.+]] = stablehlo.convert %[[RESHAPE]]
# CHECK-SAME:   : (tensor<2x6xbf16>) -> tensor<2x6xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[CONVERT]], dims = [1, 2]
# CHECK-SAME:   : (tensor<2x6xf32>) -> tensor<3x2x6xf32>
# CHECK:      %[[SLICE_2:.+]] = stablehlo.slice %[[X_2]] [0:3, 0:1, 0:6]
# CHECK-SAME:   : (tensor<3x4x6xf32>) -> tensor<3x1x6xf32>
# CHECK:      %[[SLICE_3:.+]] = stablehlo.slice %[[X_2]] [0:3, 1:4, 0:6]
# CHECK-SAME:   : (tensor<3x4x6xf32>) -> tensor<3x3x6xf32>
# CHECK:      %[[CONCATENATE:.+]] = stablehlo.concatenate %[[SLICE_2]], %[[BROADCAST_IN_DIM]],
# CHECK-SAME:   %[[SLICE_3]], dim = 1
# CHECK-SAME:   : (tensor<3x1x6xf32>, tensor<3x2x6xf32>, tensor<3x3x6xf32>) -> tensor<3x6x6xf32>
# CHECK:      "rlx.yield"(%[[CONCATENATE]]) :
# CHECK:      }) {block = "insert_tokens"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "registers"
# CHECK:      return %[[REGISTERS]] :

token = InsertTokens(key="k", flat=True)
flow = rf.ModelFlow("class_token").input("x", rf.Shape([3, 4, 6]))
print(flow.stage("class", token).build().mlir("flow"))
# CHECK-LABEL: module @class_token
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<3x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<6xf32> {rlx.param = "k"}
# CHECK-SAME:   tensor<3x5x6xf32> {rlx.output = "output"}
# CHECK:      %[[CLASS:.+]] = "rlx.stage"(%[[X_ARG]], %[[K_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<3x4x6xf32>
# CHECK-SAME:   %[[K_2:[^:]+]]: tensor<6xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[K_2]] : (tensor<6xf32>) -> tensor<1x6xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE]], dims = [1, 2]
# CHECK-SAME:   : (tensor<1x6xf32>) -> tensor<3x1x6xf32>
# CHECK:      %[[CONCATENATE:.+]] = stablehlo.concatenate %[[BROADCAST_IN_DIM]], %[[X_2]], dim = 1
# CHECK-SAME:   : (tensor<3x1x6xf32>, tensor<3x4x6xf32>) -> tensor<3x5x6xf32>
# CHECK:      "rlx.yield"(%[[CONCATENATE]]) :
# CHECK:      }) {block = "insert_tokens"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "class"
# CHECK:      return %[[CLASS]] :

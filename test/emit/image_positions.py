# RUN: %python %s | %filecheck
# Property: learned positions are resized by two products, rows and then columns, with the numbers
# that torch's bicubic has; tokens before the patches keep theirs. Where each row of the batch tells
# its own grid, the weights are computed from that.

import rlxflow as rf
from rlxflow.blocks.image_positions import GridPositions, ImagePositions

x = rf.Shape([2, 7, 5])

resized = ImagePositions(key="k", grid=(2, 3), target=(3, 2), prefix=1, batched=True)
flow = rf.ModelFlow("resized").input("x", x).stage("positions", resized)
print(flow.build(dtype="bf16").mlir("flow"))
# CHECK-LABEL: module @resized
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x7x5xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<1x7x5xbf16> {rlx.param = "k"}
# CHECK-SAME:   tensor<2x7x5xf32> {rlx.output = "output"}
# CHECK:      %[[POSITIONS:.+]] = "rlx.stage"(%[[X_ARG]], %[[K_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<2x7x5xf32>
# CHECK-SAME:   %[[K_2:[^:]+]]: tensor<1x7x5xbf16>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[K_2]] [0:1, 0:7, 0:5]
# CHECK-SAME:   : (tensor<1x7x5xbf16>) -> tensor<1x7x5xbf16>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]]
# CHECK-SAME:   : (tensor<1x7x5xbf16>) -> tensor<7x5xbf16>
# CHECK:      %[[CONVERT:.+]] = stablehlo.convert %[[RESHAPE]]
# CHECK-SAME:   : (tensor<7x5xbf16>) -> tensor<7x5xf32>
# CHECK:      %[[SLICE_2:.+]] = stablehlo.slice %[[CONVERT]] [1:7, 0:5]
# CHECK-SAME:   : (tensor<7x5xf32>) -> tensor<6x5xf32>
# CHECK:      %[[RESHAPE_2:.+]] = stablehlo.reshape %[[SLICE_2]]
# CHECK-SAME:   : (tensor<6x5xf32>) -> tensor<2x3x5xf32>
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<{{\[\[}}1.08680558, -0.0868055522],
# CHECK-SAME:   [5.000000e-01, 5.000000e-01], [-0.0868055522, 1.08680558]]>
# CHECK-SAME:   : tensor<3x2xf32>
# CHECK:      %[[DOT_GENERAL:.+]] = stablehlo.dot_general %[[CONSTANT]], %[[RESHAPE_2]],
# CHECK-SAME:   contracting_dims = [1] x [0]
# CHECK-SAME:   : (tensor<3x2xf32>, tensor<2x3x5xf32>) -> tensor<3x3x5xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<{{\[\[}}0.7734375, 0.26171875,
# CHECK-SAME:   -0.03515625], [-0.03515625, 0.26171875, 0.7734375]]>
# CHECK-SAME:   : tensor<2x3xf32>
# CHECK:      %[[DOT_GENERAL_2:.+]] = stablehlo.dot_general %[[CONSTANT_2]], %[[DOT_GENERAL]],
# CHECK-SAME:   contracting_dims = [1] x [1]
# CHECK-SAME:   : (tensor<2x3xf32>, tensor<3x3x5xf32>) -> tensor<2x3x5xf32>
# CHECK:      %[[TRANSPOSE:.+]] = stablehlo.transpose %[[DOT_GENERAL_2]], dims = [1, 0, 2]
# CHECK-SAME:   : (tensor<2x3x5xf32>) -> tensor<3x2x5xf32>
# CHECK:      %[[RESHAPE_3:.+]] = stablehlo.reshape %[[TRANSPOSE]]
# CHECK-SAME:   : (tensor<3x2x5xf32>) -> tensor<6x5xf32>
# CHECK:      %[[SLICE_3:.+]] = stablehlo.slice %[[CONVERT]] [0:1, 0:5]
# CHECK-SAME:   : (tensor<7x5xf32>) -> tensor<1x5xf32>
# CHECK:      %[[CONCATENATE:.+]] = stablehlo.concatenate %[[SLICE_3]], %[[RESHAPE_3]], dim = 0
# CHECK-SAME:   : (tensor<1x5xf32>, tensor<6x5xf32>) -> tensor<7x5xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[CONCATENATE]], dims =
# CHECK-SAME:   [1, 2]
# CHECK-SAME:   : (tensor<7x5xf32>) -> tensor<2x7x5xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[X_2]], %[[BROADCAST_IN_DIM]] : tensor<2x7x5xf32>
# CHECK:      "rlx.yield"(%[[ADD]]) :
# CHECK:      }) {block = "image_positions"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "positions"
# CHECK:      return %[[POSITIONS]] :

same = ImagePositions(key="k", grid=(1, 7), target=(1, 7))
print(rf.ModelFlow("same_grid").input("x", x).stage("positions", same).build().mlir("flow"))
# CHECK-LABEL: module @same_grid
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x7x5xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<7x5xf32> {rlx.param = "k"}
# CHECK-SAME:   tensor<2x7x5xf32> {rlx.output = "output"}
# CHECK:      %[[POSITIONS:.+]] = "rlx.stage"(%[[X_ARG]], %[[K_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<2x7x5xf32>
# CHECK-SAME:   %[[K_2:[^:]+]]: tensor<7x5xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[K_2]], dims = [1, 2]
# CHECK-SAME:   : (tensor<7x5xf32>) -> tensor<2x7x5xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[X_2]], %[[BROADCAST_IN_DIM]] : tensor<2x7x5xf32>
# CHECK:      "rlx.yield"(%[[ADD]]) :
# CHECK:      }) {block = "image_positions"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "positions"
# CHECK:      return %[[POSITIONS]] :

smooth = ImagePositions(key="k", grid=(2, 4), target=(2, 3), method="bicubic_antialias")
flow = rf.ModelFlow("antialias").input("x", rf.Shape([2, 6, 5])).stage("positions", smooth)
print(flow.build().mlir("flow"))
# CHECK-LABEL: module @antialias
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x6x5xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<8x5xf32> {rlx.param = "k"}
# CHECK-SAME:   tensor<2x6x5xf32> {rlx.output = "output"}
# CHECK:      %[[POSITIONS:.+]] = "rlx.stage"(%[[X_ARG]], %[[K_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<2x6x5xf32>
# CHECK-SAME:   %[[K_2:[^:]+]]: tensor<8x5xf32>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[K_2]] [0:8, 0:5]
# CHECK-SAME:   : (tensor<8x5xf32>) -> tensor<8x5xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]]
# CHECK-SAME:   : (tensor<8x5xf32>) -> tensor<2x4x5xf32>
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<{{\[\[}}1.000000e+00,
# CHECK-SAME:   -0.000000e+00], [-0.000000e+00, 1.000000e+00]]>
# CHECK-SAME:   : tensor<2x2xf32>
# CHECK:      %[[DOT_GENERAL:.+]] = stablehlo.dot_general %[[CONSTANT]], %[[RESHAPE]],
# CHECK-SAME:   contracting_dims = [1] x [0]
# CHECK-SAME:   : (tensor<2x2xf32>, tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<{{\[\[}}0.752860427, 0.304347813,
# CHECK-SAME:   -0.0572082363, 0.000000e+00], [-0.0352011509, 0.535201132, 0.535201132,
# CHECK-SAME:   -0.0352011509], [0.000000e+00, -0.0572082363, 0.304347813, 0.752860427]]>
# CHECK-SAME:   : tensor<3x4xf32>
# CHECK:      %[[DOT_GENERAL_2:.+]] = stablehlo.dot_general %[[CONSTANT_2]], %[[DOT_GENERAL]],
# CHECK-SAME:   contracting_dims = [1] x [1]
# CHECK-SAME:   : (tensor<3x4xf32>, tensor<2x4x5xf32>) -> tensor<3x2x5xf32>
# CHECK:      %[[TRANSPOSE:.+]] = stablehlo.transpose %[[DOT_GENERAL_2]], dims = [1, 0, 2]
# CHECK-SAME:   : (tensor<3x2x5xf32>) -> tensor<2x3x5xf32>
# CHECK:      %[[RESHAPE_2:.+]] = stablehlo.reshape %[[TRANSPOSE]]
# CHECK-SAME:   : (tensor<2x3x5xf32>) -> tensor<6x5xf32>
# CHECK:      %[[CONCATENATE:.+]] = stablehlo.concatenate %[[RESHAPE_2]], dim = 0
# CHECK-SAME:   : (tensor<6x5xf32>) -> tensor<6x5xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[CONCATENATE]], dims =
# CHECK-SAME:   [1, 2]
# CHECK-SAME:   : (tensor<6x5xf32>) -> tensor<2x6x5xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[X_2]], %[[BROADCAST_IN_DIM]] : tensor<2x6x5xf32>
# CHECK:      "rlx.yield"(%[[ADD]]) :
# CHECK:      }) {block = "image_positions"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "positions"
# CHECK:      return %[[POSITIONS]] :

flow = (
    rf.ModelFlow("grids_of_rows")
    .input("x", x)
    .input("spatial_shapes", rf.Shape([2, 2], "i32", axes="b n"), below=8)
    .stage("positions", GridPositions(key="k", grid=(3, 4)))
)
print(flow.build().mlir("flow"))
# CHECK-LABEL: module @grids_of_rows
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x7x5xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[SPATIAL_SHAPES_ARG:[^:]+]]: tensor<2x2xi32>
# CHECK-SAME:   {rlx.below = 8 : i64, rlx.input = "spatial_shapes"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<12x5xf32> {rlx.param = "k"}
# CHECK-SAME:   tensor<2x7x5xf32> {rlx.output = "output"}
# CHECK:      %[[POSITIONS:.+]] = "rlx.stage"(%[[X_ARG]], %[[SPATIAL_SHAPES_ARG]], %[[K_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<2x7x5xf32>
# CHECK-SAME:   %[[SPATIAL_SHAPES_2:[^:]+]]: tensor<2x2xi32>
# CHECK-SAME:   %[[K_2:[^:]+]]: tensor<12x5xf32>
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<1> : tensor<2x2xi32>
# CHECK:      %[[MAXIMUM:.+]] = stablehlo.maximum %[[SPATIAL_SHAPES_2]], %[[CONSTANT]]
# CHECK-SAME:   : tensor<2x2xi32>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[MAXIMUM]] [0:2, 0:1]
# CHECK-SAME:   : (tensor<2x2xi32>) -> tensor<2x1xi32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]] : (tensor<2x1xi32>) -> tensor<2xi32>
# CHECK:      %[[SLICE_2:.+]] = stablehlo.slice %[[MAXIMUM]] [0:2, 1:2]
# CHECK-SAME:   : (tensor<2x2xi32>) -> tensor<2x1xi32>
# CHECK:      %[[RESHAPE_2:.+]] = stablehlo.reshape %[[SLICE_2]]
# CHECK-SAME:   : (tensor<2x1xi32>) -> tensor<2xi32>
# CHECK:      %[[IOTA:.+]] = stablehlo.iota dim = 0 : tensor<7xi32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[IOTA]], dims = [1]
# CHECK-SAME:   : (tensor<7xi32>) -> tensor<2x7xi32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[RESHAPE]], %[[RESHAPE_2]] : tensor<2xi32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[MULTIPLY]], dims = [0]
# CHECK-SAME:   : (tensor<2xi32>) -> tensor<2x7xi32>
# CHECK:      %[[COMPARE:.+]] = stablehlo.compare LT, %[[BROADCAST_IN_DIM]],
# CHECK-SAME:   %[[BROADCAST_IN_DIM_2]]
# CHECK-SAME:   : (tensor<2x7xi32>, tensor<2x7xi32>) -> tensor<2x7xi1>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<0> : tensor<2x7xi32>
# CHECK:      %[[SELECT:.+]] = stablehlo.select %[[COMPARE]], %[[BROADCAST_IN_DIM]],
# CHECK-SAME:   %[[CONSTANT_2]]
# CHECK-SAME:   : tensor<2x7xi1>, tensor<2x7xi32>
# CHECK:      %[[BROADCAST_IN_DIM_3:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE_2]], dims = [0]
# CHECK-SAME:   : (tensor<2xi32>) -> tensor<2x7xi32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[SELECT]], %[[BROADCAST_IN_DIM_3]]
# CHECK-SAME:   : tensor<2x7xi32>
# CHECK:      %[[CONVERT:.+]] = stablehlo.convert %[[RESHAPE]] : (tensor<2xi32>) -> tensor<2xf32>
# CHECK:      %[[CONSTANT_3:.+]] = stablehlo.constant dense<3.000000e+00> : tensor<2xf32>
# CHECK:      %[[DIVIDE_2:.+]] = stablehlo.divide %[[CONSTANT_3]], %[[CONVERT]] : tensor<2xf32>
# CHECK:      %[[CONVERT_2:.+]] = stablehlo.convert %[[DIVIDE]]
# CHECK-SAME:   : (tensor<2x7xi32>) -> tensor<2x7xf32>
# CHECK:      %[[CONSTANT_4:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<2x7xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[CONVERT_2]], %[[CONSTANT_4]] : tensor<2x7xf32>
# CHECK:      %[[BROADCAST_IN_DIM_4:.+]] = stablehlo.broadcast_in_dim %[[DIVIDE_2]], dims = [0]
# CHECK-SAME:   : (tensor<2xf32>) -> tensor<2x7xf32>
# CHECK:      %[[MULTIPLY_2:.+]] = stablehlo.multiply %[[ADD]], %[[BROADCAST_IN_DIM_4]]
# CHECK-SAME:   : tensor<2x7xf32>
# CHECK:      %[[IOTA_2:.+]] = stablehlo.iota dim = 0 : tensor<3xi32>
# CHECK:      %[[CONVERT_3:.+]] = stablehlo.convert %[[IOTA_2]] : (tensor<3xi32>) -> tensor<3xf32>
# CHECK:      %[[CONSTANT_5:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<3xf32>
# CHECK:      %[[ADD_2:.+]] = stablehlo.add %[[CONVERT_3]], %[[CONSTANT_5]] : tensor<3xf32>
# CHECK:      %[[BROADCAST_IN_DIM_5:.+]] = stablehlo.broadcast_in_dim %[[ADD_2]], dims = [2]
# CHECK-SAME:   : (tensor<3xf32>) -> tensor<2x7x3xf32>
# CHECK:      %[[BROADCAST_IN_DIM_6:.+]] = stablehlo.broadcast_in_dim %[[MULTIPLY_2]], dims =
# CHECK-SAME:   [0, 1]
# CHECK-SAME:   : (tensor<2x7xf32>) -> tensor<2x7x3xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[BROADCAST_IN_DIM_5]],
# CHECK-SAME:   %[[BROADCAST_IN_DIM_6]]
# CHECK-SAME:   : tensor<2x7x3xf32>
# CHECK:      %[[CONSTANT_6:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<2xf32>
# CHECK:      %[[MAXIMUM_2:.+]] = stablehlo.maximum %[[DIVIDE_2]], %[[CONSTANT_6]] : tensor<2xf32>
# CHECK:      %[[BROADCAST_IN_DIM_7:.+]] = stablehlo.broadcast_in_dim %[[MAXIMUM_2]], dims = [0]
# CHECK-SAME:   : (tensor<2xf32>) -> tensor<2x7x3xf32>
# CHECK:      %[[DIVIDE_3:.+]] = stablehlo.divide %[[SUBTRACT]], %[[BROADCAST_IN_DIM_7]]
# CHECK-SAME:   : tensor<2x7x3xf32>
# CHECK:      %[[ABS:.+]] = stablehlo.abs %[[DIVIDE_3]] : tensor<2x7x3xf32>
# CHECK:      %[[CONSTANT_7:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<2x7x3xf32>
# CHECK:      %[[SUBTRACT_2:.+]] = stablehlo.subtract %[[CONSTANT_7]], %[[ABS]]
# CHECK-SAME:   : tensor<2x7x3xf32>
# CHECK:      %[[CONSTANT_8:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2x7x3xf32>
# CHECK:      %[[MAXIMUM_3:.+]] = stablehlo.maximum %[[SUBTRACT_2]], %[[CONSTANT_8]]
# CHECK-SAME:   : tensor<2x7x3xf32>
# CHECK:      %[[CONSTANT_9:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[REDUCE:.+]] = stablehlo.reduce(%[[MAXIMUM_3]] init: %[[CONSTANT_9]]) applies
# CHECK-SAME:   stablehlo.add across dimensions = [2]
# CHECK-SAME:   : (tensor<2x7x3xf32>, tensor<f32>) -> tensor<2x7xf32>
# CHECK:      %[[BROADCAST_IN_DIM_8:.+]] = stablehlo.broadcast_in_dim %[[REDUCE]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x7xf32>) -> tensor<2x7x3xf32>
# CHECK:      %[[DIVIDE_4:.+]] = stablehlo.divide %[[MAXIMUM_3]], %[[BROADCAST_IN_DIM_8]]
# CHECK-SAME:   : tensor<2x7x3xf32>
# CHECK:      %[[BROADCAST_IN_DIM_9:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE_2]], dims = [0]
# CHECK-SAME:   : (tensor<2xi32>) -> tensor<2x7xi32>
# CHECK:      %[[REMAINDER:.+]] = stablehlo.remainder %[[SELECT]], %[[BROADCAST_IN_DIM_9]]
# CHECK-SAME:   : tensor<2x7xi32>
# CHECK:      %[[CONVERT_4:.+]] = stablehlo.convert %[[RESHAPE_2]]
# CHECK-SAME:   : (tensor<2xi32>) -> tensor<2xf32>
# CHECK:      %[[CONSTANT_10:.+]] = stablehlo.constant dense<4.000000e+00> : tensor<2xf32>
# CHECK:      %[[DIVIDE_5:.+]] = stablehlo.divide %[[CONSTANT_10]], %[[CONVERT_4]] : tensor<2xf32>
# CHECK:      %[[CONVERT_5:.+]] = stablehlo.convert %[[REMAINDER]]
# CHECK-SAME:   : (tensor<2x7xi32>) -> tensor<2x7xf32>
# CHECK:      %[[CONSTANT_11:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<2x7xf32>
# CHECK:      %[[ADD_3:.+]] = stablehlo.add %[[CONVERT_5]], %[[CONSTANT_11]] : tensor<2x7xf32>
# CHECK:      %[[BROADCAST_IN_DIM_10:.+]] = stablehlo.broadcast_in_dim %[[DIVIDE_5]], dims = [0]
# CHECK-SAME:   : (tensor<2xf32>) -> tensor<2x7xf32>
# CHECK:      %[[MULTIPLY_3:.+]] = stablehlo.multiply %[[ADD_3]], %[[BROADCAST_IN_DIM_10]]
# CHECK-SAME:   : tensor<2x7xf32>
# CHECK:      %[[IOTA_3:.+]] = stablehlo.iota dim = 0 : tensor<4xi32>
# CHECK:      %[[CONVERT_6:.+]] = stablehlo.convert %[[IOTA_3]] : (tensor<4xi32>) -> tensor<4xf32>
# CHECK:      %[[CONSTANT_12:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<4xf32>
# CHECK:      %[[ADD_4:.+]] = stablehlo.add %[[CONVERT_6]], %[[CONSTANT_12]] : tensor<4xf32>
# CHECK:      %[[BROADCAST_IN_DIM_11:.+]] = stablehlo.broadcast_in_dim %[[ADD_4]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x7x4xf32>
# CHECK:      %[[BROADCAST_IN_DIM_12:.+]] = stablehlo.broadcast_in_dim %[[MULTIPLY_3]], dims =
# CHECK-SAME:   [0, 1]
# CHECK-SAME:   : (tensor<2x7xf32>) -> tensor<2x7x4xf32>
# CHECK:      %[[SUBTRACT_3:.+]] = stablehlo.subtract %[[BROADCAST_IN_DIM_11]],
# CHECK-SAME:   %[[BROADCAST_IN_DIM_12]]
# CHECK-SAME:   : tensor<2x7x4xf32>
# CHECK:      %[[CONSTANT_13:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<2xf32>
# CHECK:      %[[MAXIMUM_4:.+]] = stablehlo.maximum %[[DIVIDE_5]], %[[CONSTANT_13]]
# CHECK-SAME:   : tensor<2xf32>
# CHECK:      %[[BROADCAST_IN_DIM_13:.+]] = stablehlo.broadcast_in_dim %[[MAXIMUM_4]], dims = [0]
# CHECK-SAME:   : (tensor<2xf32>) -> tensor<2x7x4xf32>
# CHECK:      %[[DIVIDE_6:.+]] = stablehlo.divide %[[SUBTRACT_3]], %[[BROADCAST_IN_DIM_13]]
# CHECK-SAME:   : tensor<2x7x4xf32>
# CHECK:      %[[ABS_2:.+]] = stablehlo.abs %[[DIVIDE_6]] : tensor<2x7x4xf32>
# CHECK:      %[[CONSTANT_14:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<2x7x4xf32>
# CHECK:      %[[SUBTRACT_4:.+]] = stablehlo.subtract %[[CONSTANT_14]], %[[ABS_2]]
# CHECK-SAME:   : tensor<2x7x4xf32>
# CHECK:      %[[CONSTANT_15:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2x7x4xf32>
# CHECK:      %[[MAXIMUM_5:.+]] = stablehlo.maximum %[[SUBTRACT_4]], %[[CONSTANT_15]]
# CHECK-SAME:   : tensor<2x7x4xf32>
# CHECK:      %[[CONSTANT_16:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[REDUCE_2:.+]] = stablehlo.reduce(%[[MAXIMUM_5]] init: %[[CONSTANT_16]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [2]
# CHECK-SAME:   : (tensor<2x7x4xf32>, tensor<f32>) -> tensor<2x7xf32>
# CHECK:      %[[BROADCAST_IN_DIM_14:.+]] = stablehlo.broadcast_in_dim %[[REDUCE_2]], dims =
# CHECK-SAME:   [0, 1]
# CHECK-SAME:   : (tensor<2x7xf32>) -> tensor<2x7x4xf32>
# CHECK:      %[[DIVIDE_7:.+]] = stablehlo.divide %[[MAXIMUM_5]], %[[BROADCAST_IN_DIM_14]]
# CHECK-SAME:   : tensor<2x7x4xf32>
# CHECK:      %[[BROADCAST_IN_DIM_15:.+]] = stablehlo.broadcast_in_dim %[[DIVIDE_4]], dims =
# CHECK-SAME:   [0, 1, 2]
# CHECK-SAME:   : (tensor<2x7x3xf32>) -> tensor<2x7x3x4xf32>
# CHECK:      %[[BROADCAST_IN_DIM_16:.+]] = stablehlo.broadcast_in_dim %[[DIVIDE_7]], dims =
# CHECK-SAME:   [0, 1, 3]
# CHECK-SAME:   : (tensor<2x7x4xf32>) -> tensor<2x7x3x4xf32>
# CHECK:      %[[MULTIPLY_4:.+]] = stablehlo.multiply %[[BROADCAST_IN_DIM_15]],
# CHECK-SAME:   %[[BROADCAST_IN_DIM_16]]
# CHECK-SAME:   : tensor<2x7x3x4xf32>
# CHECK:      %[[RESHAPE_3:.+]] = stablehlo.reshape %[[MULTIPLY_4]]
# CHECK-SAME:   : (tensor<2x7x3x4xf32>) -> tensor<2x7x12xf32>
# CHECK:      %[[DOT_GENERAL:.+]] = stablehlo.dot_general %[[RESHAPE_3]], %[[K_2]],
# CHECK-SAME:   contracting_dims = [2] x [0]
# CHECK-SAME:   : (tensor<2x7x12xf32>, tensor<12x5xf32>) -> tensor<2x7x5xf32>
# CHECK:      %[[ADD_5:.+]] = stablehlo.add %[[X_2]], %[[DOT_GENERAL]] : tensor<2x7x5xf32>
# CHECK:      "rlx.yield"(%[[ADD_5]]) :
# CHECK:      }) {block = "grid_positions"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "positions"
# CHECK:      return %[[POSITIONS]] :

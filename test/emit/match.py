# RUN: %python %s | %filecheck
# Property: scores are cosines times e^scale plus a bias, in f32, image by image and text by text;
# a text ends at its first end token, or at its largest id.

import rlxflow as rf
from rlxflow.blocks.match import EosToken, MatchScores


def pair(name: str) -> rf.ModelFlow:
    flow = rf.ModelFlow(name).input("image", rf.Shape([3, 6], "bf16", axes="b d"))
    flow = flow.input("text", rf.Shape([2, 6], "bf16", axes="b d"))
    return flow.bind_inputs_to_streams([("text", "text")])


def ending(name: str, block: EosToken) -> str:
    flow = rf.ModelFlow(name).input("x", rf.Shape([2, 5, 3])).input("ids", rf.Shape([2, 5], "i32"))
    return flow.stage("end", block).build().mlir("flow")


scores = MatchScores(scale_key="s", bias_key="b")
print(pair("shifted").stage("scores", scores).build(dtype="bf16").mlir("flow"))
# CHECK-LABEL: module @shifted
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[IMAGE_ARG:[^:]+]]: tensor<3x6xbf16> {rlx.input = "image"}
# CHECK-SAME:   %[[TEXT_ARG:[^:]+]]: tensor<2x6xbf16> {rlx.input = "text"}
# CHECK-SAME:   %[[S_ARG:[^:]+]]: tensor<1xbf16> {rlx.param = "s"}
# CHECK-SAME:   %[[B_ARG:[^:]+]]: tensor<1xbf16> {rlx.param = "b"}
# CHECK-SAME:   tensor<3x2xf32> {rlx.output = "output"}
# CHECK-SAME:   tensor<2x3xf32> {rlx.output = "logits_per_text"}
# CHECK:      %[[SCORES:.+]]:2 = "rlx.stage"(%[[IMAGE_ARG]], %[[TEXT_ARG]], %[[S_ARG]],
# CHECK-SAME:   %[[B_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<3x6xbf16>
# CHECK-SAME:   %[[TEXT_2:[^:]+]]: tensor<2x6xbf16>
# CHECK-SAME:   %[[S_2:[^:]+]]: tensor<1xbf16>
# CHECK-SAME:   %[[B_2:[^:]+]]: tensor<1xbf16>
# CHECK:      %[[CONVERT:.+]] = stablehlo.convert %[[X]] : (tensor<3x6xbf16>) -> tensor<3x6xf32>
# CHECK:      %[[CONVERT_2:.+]] = stablehlo.convert %[[TEXT_2]]
# CHECK-SAME:   : (tensor<2x6xbf16>) -> tensor<2x6xf32>
# CHECK:      %[[DOT_GENERAL:.+]] = stablehlo.dot_general %[[CONVERT]], %[[CONVERT_2]],
# CHECK-SAME:   contracting_dims = [1] x [1]
# CHECK-SAME:   : (tensor<3x6xf32>, tensor<2x6xf32>) -> tensor<3x2xf32>
# CHECK:      %[[CONVERT_3:.+]] = stablehlo.convert %[[S_2]] : (tensor<1xbf16>) -> tensor<1xf32>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[CONVERT_3]] [0:1]
# CHECK-SAME:   : (tensor<1xf32>) -> tensor<1xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]] : (tensor<1xf32>) -> tensor<f32>
# CHECK:      %[[EXPONENTIAL:.+]] = stablehlo.exponential %[[RESHAPE]] : tensor<f32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[EXPONENTIAL]], dims = []
# CHECK-SAME:   : (tensor<f32>) -> tensor<3x2xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[DOT_GENERAL]], %[[BROADCAST_IN_DIM]]
# CHECK-SAME:   : tensor<3x2xf32>
# CHECK:      %[[CONVERT_4:.+]] = stablehlo.convert %[[B_2]] : (tensor<1xbf16>) -> tensor<1xf32>
# CHECK:      %[[SLICE_2:.+]] = stablehlo.slice %[[CONVERT_4]] [0:1]
# CHECK-SAME:   : (tensor<1xf32>) -> tensor<1xf32>
# CHECK:      %[[RESHAPE_2:.+]] = stablehlo.reshape %[[SLICE_2]] : (tensor<1xf32>) -> tensor<f32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE_2]], dims = []
# CHECK-SAME:   : (tensor<f32>) -> tensor<3x2xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[MULTIPLY]], %[[BROADCAST_IN_DIM_2]] : tensor<3x2xf32>
# CHECK:      %[[TRANSPOSE:.+]] = stablehlo.transpose %[[ADD]], dims = [1, 0]
# CHECK-SAME:   : (tensor<3x2xf32>) -> tensor<2x3xf32>
# CHECK:      "rlx.yield"(%[[TRANSPOSE]], %[[ADD]]) :
# CHECK:      }) {block = "match_scores"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "scores"
# CHECK:      return %[[SCORES]]#1, %[[SCORES]]#0 :

plain = MatchScores(scale_key="s", scalar=True)
print(pair("scalar").stage("scores", plain).build().mlir("flow"))
# CHECK-LABEL: module @scalar
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[IMAGE_ARG:[^:]+]]: tensor<3x6xbf16> {rlx.input = "image"}
# CHECK-SAME:   %[[TEXT_ARG:[^:]+]]: tensor<2x6xbf16> {rlx.input = "text"}
# CHECK-SAME:   %[[S_ARG:[^:]+]]: tensor<f32> {rlx.param = "s"}
# CHECK-SAME:   tensor<3x2xf32> {rlx.output = "output"}
# CHECK-SAME:   tensor<2x3xf32> {rlx.output = "logits_per_text"}
# CHECK:      %[[SCORES:.+]]:2 = "rlx.stage"(%[[IMAGE_ARG]], %[[TEXT_ARG]], %[[S_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<3x6xbf16>
# CHECK-SAME:   %[[TEXT_2:[^:]+]]: tensor<2x6xbf16>
# CHECK-SAME:   %[[S_2:[^:]+]]: tensor<f32>
# CHECK:      %[[CONVERT:.+]] = stablehlo.convert %[[X]] : (tensor<3x6xbf16>) -> tensor<3x6xf32>
# CHECK:      %[[CONVERT_2:.+]] = stablehlo.convert %[[TEXT_2]]
# CHECK-SAME:   : (tensor<2x6xbf16>) -> tensor<2x6xf32>
# CHECK:      %[[DOT_GENERAL:.+]] = stablehlo.dot_general %[[CONVERT]], %[[CONVERT_2]],
# CHECK-SAME:   contracting_dims = [1] x [1]
# CHECK-SAME:   : (tensor<3x6xf32>, tensor<2x6xf32>) -> tensor<3x2xf32>
# CHECK:      %[[EXPONENTIAL:.+]] = stablehlo.exponential %[[S_2]] : tensor<f32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[EXPONENTIAL]], dims = []
# CHECK-SAME:   : (tensor<f32>) -> tensor<3x2xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[DOT_GENERAL]], %[[BROADCAST_IN_DIM]]
# CHECK-SAME:   : tensor<3x2xf32>
# CHECK:      %[[TRANSPOSE:.+]] = stablehlo.transpose %[[MULTIPLY]], dims = [1, 0]
# CHECK-SAME:   : (tensor<3x2xf32>) -> tensor<2x3xf32>
# CHECK:      "rlx.yield"(%[[TRANSPOSE]], %[[MULTIPLY]]) :
# CHECK:      }) {block = "match_scores"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "scores"
# CHECK:      return %[[SCORES]]#1, %[[SCORES]]#0 :

print(ending("first_of_an_id", EosToken(input="ids", eos_token_id=9)))
# CHECK-LABEL: module @first_of_an_id
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x5x3xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[IDS_ARG:[^:]+]]: tensor<2x5xi32> {rlx.input = "ids"}
# CHECK-SAME:   tensor<2x3xf32> {rlx.output = "output"}
# CHECK:      %[[END:.+]] = "rlx.stage"(%[[X_ARG]], %[[IDS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<2x5x3xf32>
# CHECK-SAME:   %[[IDS_2:[^:]+]]: tensor<2x5xi32>
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<9> : tensor<2x5xi32>
# CHECK:      %[[COMPARE:.+]] = stablehlo.compare EQ, %[[IDS_2]], %[[CONSTANT]]
# CHECK-SAME:   : (tensor<2x5xi32>, tensor<2x5xi32>) -> tensor<2x5xi1>
# CHECK:      %[[CONVERT:.+]] = stablehlo.convert %[[COMPARE]]
# CHECK-SAME:   : (tensor<2x5xi1>) -> tensor<2x5xi32>
# CHECK:      %[[IOTA:.+]] = stablehlo.iota dim = 0 : tensor<5xi32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[IOTA]], dims = [1]
# CHECK-SAME:   : (tensor<5xi32>) -> tensor<2x5xi32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<-2147483648> : tensor<i32>
# CHECK:      %[[REDUCE:.+]] = stablehlo.reduce(%[[CONVERT]] init: %[[CONSTANT_2]]) applies
# CHECK-SAME:   stablehlo.maximum across dimensions = [1]
# CHECK-SAME:   : (tensor<2x5xi32>, tensor<i32>) -> tensor<2xi32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[REDUCE]], dims = [0]
# CHECK-SAME:   : (tensor<2xi32>) -> tensor<2x5xi32>
# CHECK:      %[[COMPARE_2:.+]] = stablehlo.compare EQ, %[[CONVERT]], %[[BROADCAST_IN_DIM_2]]
# CHECK-SAME:   : (tensor<2x5xi32>, tensor<2x5xi32>) -> tensor<2x5xi1>
# CHECK:      %[[CONSTANT_3:.+]] = stablehlo.constant dense<5> : tensor<2x5xi32>
# CHECK:      %[[SELECT:.+]] = stablehlo.select %[[COMPARE_2]], %[[BROADCAST_IN_DIM]],
# CHECK-SAME:   %[[CONSTANT_3]]
# CHECK-SAME:   : tensor<2x5xi1>, tensor<2x5xi32>
# CHECK:      %[[CONSTANT_4:.+]] = stablehlo.constant dense<2147483647> : tensor<i32>
# CHECK:      %[[REDUCE_2:.+]] = stablehlo.reduce(%[[SELECT]] init: %[[CONSTANT_4]]) applies
# CHECK-SAME:   stablehlo.minimum across dimensions = [1]
# CHECK-SAME:   : (tensor<2x5xi32>, tensor<i32>) -> tensor<2xi32>
# CHECK:      %[[GATHER:.+]] = "stablehlo.gather"(%[[X_2]], %[[REDUCE_2]]) <{dimension_numbers
# CHECK-SAME:   = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [1],
# CHECK-SAME:   operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map
# CHECK-SAME:   = [1], index_vector_dim = 1>, slice_sizes = array<i64: 1, 1, 3>}>
# CHECK-SAME:   : (tensor<2x5x3xf32>, tensor<2xi32>) -> tensor<2x3xf32>
# CHECK:      "rlx.yield"(%[[GATHER]]) :
# CHECK:      }) {block = "eos_token"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "end"
# CHECK:      return %[[END]] :

print(ending("largest_id", EosToken(input="ids")))
# CHECK-LABEL: module @largest_id
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x5x3xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[IDS_ARG:[^:]+]]: tensor<2x5xi32> {rlx.input = "ids"}
# CHECK-SAME:   tensor<2x3xf32> {rlx.output = "output"}
# CHECK:      %[[END:.+]] = "rlx.stage"(%[[X_ARG]], %[[IDS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_2:[^:]+]]: tensor<2x5x3xf32>
# CHECK-SAME:   %[[IDS_2:[^:]+]]: tensor<2x5xi32>
# CHECK:      %[[IOTA:.+]] = stablehlo.iota dim = 0 : tensor<5xi32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[IOTA]], dims = [1]
# CHECK-SAME:   : (tensor<5xi32>) -> tensor<2x5xi32>
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<-2147483648> : tensor<i32>
# CHECK:      %[[REDUCE:.+]] = stablehlo.reduce(%[[IDS_2]] init: %[[CONSTANT]]) applies
# CHECK-SAME:   stablehlo.maximum across dimensions = [1]
# CHECK-SAME:   : (tensor<2x5xi32>, tensor<i32>) -> tensor<2xi32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[REDUCE]], dims = [0]
# CHECK-SAME:   : (tensor<2xi32>) -> tensor<2x5xi32>
# CHECK:      %[[COMPARE:.+]] = stablehlo.compare EQ, %[[IDS_2]], %[[BROADCAST_IN_DIM_2]]
# CHECK-SAME:   : (tensor<2x5xi32>, tensor<2x5xi32>) -> tensor<2x5xi1>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<5> : tensor<2x5xi32>
# CHECK:      %[[SELECT:.+]] = stablehlo.select %[[COMPARE]], %[[BROADCAST_IN_DIM]],
# CHECK-SAME:   %[[CONSTANT_2]]
# CHECK-SAME:   : tensor<2x5xi1>, tensor<2x5xi32>
# CHECK:      %[[CONSTANT_3:.+]] = stablehlo.constant dense<2147483647> : tensor<i32>
# CHECK:      %[[REDUCE_2:.+]] = stablehlo.reduce(%[[SELECT]] init: %[[CONSTANT_3]]) applies
# CHECK-SAME:   stablehlo.minimum across dimensions = [1]
# CHECK-SAME:   : (tensor<2x5xi32>, tensor<i32>) -> tensor<2xi32>
# CHECK:      %[[GATHER:.+]] = "stablehlo.gather"(%[[X_2]], %[[REDUCE_2]]) <{dimension_numbers
# CHECK-SAME:   = #stablehlo.gather<offset_dims = [1], collapsed_slice_dims = [1],
# CHECK-SAME:   operand_batching_dims = [0], start_indices_batching_dims = [0], start_index_map
# CHECK-SAME:   = [1], index_vector_dim = 1>, slice_sizes = array<i64: 1, 1, 3>}>
# CHECK-SAME:   : (tensor<2x5x3xf32>, tensor<2xi32>) -> tensor<2x3xf32>
# CHECK:      "rlx.yield"(%[[GATHER]]) :
# CHECK:      }) {block = "eos_token"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "end"
# CHECK:      return %[[END]] :

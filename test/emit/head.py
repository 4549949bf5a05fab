# RUN: %python %s | %filecheck
# Property: the pooler is a dense layer with tanh on the first token; the language model head is a
# dense layer, an activation, a norm and a product with the token table, which is stored only once.

import rlxflow as rf
from rlxflow.blocks.embedding import Embed
from rlxflow.blocks.head import MlmHead, Pooler

pooler = rf.ModelFlow("pooler").input("x", rf.Shape([2, 4, 6]))
print(pooler.stage("pooler", Pooler(prefix="pool")).build().mlir("flow"))
# CHECK-LABEL: module @pooler
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[WEIGHT_ARG:[^:]+]]: tensor<6x6xf32> {rlx.param = "pool.weight"}
# CHECK-SAME:   %[[BIAS_ARG:[^:]+]]: tensor<6xf32> {rlx.param = "pool.bias"}
# CHECK-SAME:   tensor<2x6xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[WEIGHT_ARG]], %[[BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x6xf32>,
# CHECK-SAME:   %[[WEIGHT:[^:]+]]: tensor<6x6xf32>,
# CHECK-SAME:   %[[BIAS:[^:]+]]: tensor<6xf32>)
# CHECK:      %[[FIRST:.+]] = stablehlo.slice
# CHECK-SAME:   %[[X]] [0:2, 0:1, 0:6] : (tensor<2x4x6xf32>) -> tensor<2x1x6xf32>
# CHECK:      %[[ROW:.+]] = stablehlo.reshape %[[FIRST]] : (tensor<2x1x6xf32>) -> tensor<2x6xf32>
# CHECK:      %[[DENSE:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[ROW]], %[[WEIGHT]], contracting_dims = [1] x [1] :
# CHECK:      %[[BIASES:.+]] = stablehlo.broadcast_in_dim %[[BIAS]], dims = [1] :
# CHECK:      %[[SUM:.+]] = stablehlo.add %[[DENSE]], %[[BIASES]] : tensor<2x6xf32>
# CHECK:      %[[TANH:.+]] = stablehlo.tanh %[[SUM]] : tensor<2x6xf32>
# CHECK:      "rlx.yield"(%[[TANH]]) :
# CHECK:      }) {block = "pooler"
# CHECK-SAME:   name = "pooler"
# CHECK:      return %[[Y]] :

keys = {"dense_key": "mlm.transform.dense.weight", "norm_key": "mlm.transform.LayerNorm.weight"}
keys |= {key.replace("_key", "_bias_key"): f"{name[:-6]}bias" for key, name in keys.items()}
keys |= {"decoder_key": "words", "bias_key": "mlm.bias"}
head = MlmHead(**keys, vocab_size=9, activation="relu", eps=0.5)
tied = (
    rf.ModelFlow("tied_head")
    .input("ids", rf.Shape([2, 4], "i32"))
    .stage("words", Embed(key="words", vocab_size=9, hidden_size=6))
    .stage("head", head)
    .output("logits")
)
print(tied.build().mlir("flow"))
# CHECK-LABEL: module @tied_head
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[IDS_ARG:[^:]+]]: tensor<2x4xi32> {rlx.input = "ids"}
# CHECK-SAME:   %[[TABLE_ARG:[^:]+]]: tensor<9x6xf32> {rlx.param = "words"}
# CHECK-SAME:   %[[DENSE_W_ARG:[^:]+]]: tensor<6x6xf32> {rlx.param = "mlm.transform.dense.weight"}
# CHECK-SAME:   %[[DENSE_B_ARG:[^:]+]]: tensor<6xf32> {rlx.param = "mlm.transform.dense.bias"}
# CHECK-SAME:   %[[NORM_W_ARG:[^:]+]]: tensor<6xf32> {rlx.param = "mlm.transform.LayerNorm.weight"}
# CHECK-SAME:   %[[NORM_B_ARG:[^:]+]]: tensor<6xf32> {rlx.param = "mlm.transform.LayerNorm.bias"}
# CHECK-SAME:   %[[BIAS_ARG:[^:]+]]: tensor<9xf32> {rlx.param = "mlm.bias"}
# CHECK-SAME:   tensor<2x4x9xf32> {rlx.output = "logits"}
# CHECK:      %[[HIDDEN:.+]] = "rlx.stage"(%[[IDS_ARG]], %[[TABLE_ARG]]) ({
# CHECK:      ^bb0(%[[IDS:[^:]+]]: tensor<2x4xi32>, %[[TABLE:[^:]+]]: tensor<9x6xf32>)
# CHECK:      %[[ROWS:.+]] = "stablehlo.gather"(%[[TABLE]], %[[IDS]])
# CHECK-SAME:   offset_dims = [2], collapsed_slice_dims = [0],
# CHECK-SAME:   start_index_map = [0], index_vector_dim = 2
# CHECK-SAME:   slice_sizes = array<i64: 1, 6>}>
# CHECK-SAME:   : (tensor<9x6xf32>, tensor<2x4xi32>) -> tensor<2x4x6xf32>
# CHECK:      "rlx.yield"(%[[ROWS]]) :
# CHECK:      }) {block = "embed"
# CHECK-SAME:   name = "words"
# CHECK-SAME:   hidden_size = 6 : i64
# CHECK-SAME:   vocab_size = 9 : i64
# CHECK:      %[[Y:.+]] = "rlx.stage"(
# CHECK-SAME:   %[[HIDDEN]], %[[DENSE_W_ARG]], %[[DENSE_B_ARG]], %[[NORM_W_ARG]], %[[NORM_B_ARG]],
# CHECK-SAME:   %[[TABLE_ARG]], %[[BIAS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x6xf32>,
# CHECK-SAME:   %[[DENSE_W:[^:]+]]: tensor<6x6xf32>,
# CHECK-SAME:   %[[DENSE_B:[^:]+]]: tensor<6xf32>,
# CHECK-SAME:   %[[NORM_W:[^:]+]]: tensor<6xf32>,
# CHECK-SAME:   %[[NORM_B:[^:]+]]: tensor<6xf32>,
# CHECK-SAME:   %[[TABLE_AGAIN:[^:]+]]: tensor<9x6xf32>,
# CHECK-SAME:   %[[BIAS:[^:]+]]: tensor<9xf32>)
# CHECK:      %[[DENSE:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[X]], %[[DENSE_W]], contracting_dims = [2] x [1] :
# CHECK:      %[[DENSE_BS:.+]] = stablehlo.broadcast_in_dim %[[DENSE_B]], dims = [2] :
# CHECK:      %[[SUM:.+]] = stablehlo.add %[[DENSE]], %[[DENSE_BS]] : tensor<2x4x6xf32>
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2x4x6xf32>
# CHECK:      %[[CUT:.+]] = stablehlo.maximum %[[SUM]], %[[ZERO]] : tensor<2x4x6xf32>
# CHECK:      %[[ZERO_1:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[TOTAL:.+]] = stablehlo.reduce(%[[CUT]] init: %[[ZERO_1]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [2] :
# CHECK:      %[[SIZE:.+]] = stablehlo.constant dense<6.000000e+00> : tensor<2x4xf32>
# CHECK:      %[[MEAN:.+]] = stablehlo.divide %[[TOTAL]], %[[SIZE]] : tensor<2x4xf32>
# CHECK:      %[[MEANS:.+]] = stablehlo.broadcast_in_dim %[[MEAN]], dims = [0, 1] :
# CHECK:      %[[CENTRED:.+]] = stablehlo.subtract %[[CUT]], %[[MEANS]] : tensor<2x4x6xf32>
# CHECK:      %[[SQUARE:.+]] = stablehlo.multiply %[[CENTRED]], %[[CENTRED]] : tensor<2x4x6xf32>
# CHECK:      %[[ZERO_2:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SQUARES:.+]] = stablehlo.reduce(%[[SQUARE]] init: %[[ZERO_2]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [2] :
# CHECK:      %[[SIZE_2:.+]] = stablehlo.constant dense<6.000000e+00> : tensor<2x4xf32>
# CHECK:      %[[VARIANCE:.+]] = stablehlo.divide %[[SQUARES]], %[[SIZE_2]] : tensor<2x4xf32>
# CHECK:      %[[EPS:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<2x4xf32>
# CHECK:      %[[SAFE:.+]] = stablehlo.add %[[VARIANCE]], %[[EPS]] : tensor<2x4xf32>
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[SAFE]] : tensor<2x4xf32>
# CHECK:      %[[SCALES:.+]] = stablehlo.broadcast_in_dim %[[RSQRT]], dims = [0, 1] :
# CHECK:      %[[NORMED:.+]] = stablehlo.multiply %[[CENTRED]], %[[SCALES]] : tensor<2x4x6xf32>
# CHECK:      %[[NORM_WS:.+]] = stablehlo.broadcast_in_dim %[[NORM_W]], dims = [2] :
# CHECK:      %[[SCALED:.+]] = stablehlo.multiply %[[NORMED]], %[[NORM_WS]] : tensor<2x4x6xf32>
# CHECK:      %[[NORM_BS:.+]] = stablehlo.broadcast_in_dim %[[NORM_B]], dims = [2] :
# CHECK:      %[[SHIFTED:.+]] = stablehlo.add %[[SCALED]], %[[NORM_BS]] : tensor<2x4x6xf32>
# CHECK:      %[[SCORES:.+]] = stablehlo.dot_general
# CHECK-SAME:   %[[SHIFTED]], %[[TABLE_AGAIN]], contracting_dims = [2] x [1] :
# CHECK:      %[[BIASES:.+]] = stablehlo.broadcast_in_dim %[[BIAS]], dims = [2] :
# CHECK:      %[[LOGITS:.+]] = stablehlo.add %[[SCORES]], %[[BIASES]] : tensor<2x4x9xf32>
# CHECK:      "rlx.yield"(%[[LOGITS]]) :
# CHECK:      }) {block = "mlm_head"
# CHECK-SAME:   name = "head"
# CHECK-SAME:   activation = "relu"
# CHECK-SAME:   eps = 5.000000e-01 : f64
# CHECK-SAME:   vocab_size = 9 : i64
# CHECK:      return %[[Y]] :

narrow = rf.ModelFlow("logits_in_f32").input("x", rf.Shape([2, 4, 6], "bf16"))
print(narrow.stage("head", head).build(dtype="bf16").mlir("flow"))
# CHECK-LABEL: module @logits_in_f32
# CHECK-SAME:   {
# CHECK:      tensor<2x4x9xf32> {rlx.output = "output"}
# CHECK:      %[[Y:.+]] = "rlx.stage"
# CHECK:      %[[SCORES:.+]] = stablehlo.dot_general {{.*}} tensor<9x6xbf16>) -> tensor<2x4x9xf32>
# CHECK:      %[[LOGITS:.+]] = stablehlo.add %[[SCORES]], {{.*}} : tensor<2x4x9xf32>
# CHECK:      "rlx.yield"(%[[LOGITS]]) :
# CHECK:      return %[[Y]] :

# RUN: %python %s | %filecheck
# Property: a step writes each row's key and value into that row's slot, position mod slots, in a
# fenced stage of its own; then, in a stage `attend`, a query sees the slots whose positions are in
# its window, and reads keys [b, k, e, s] and values [b, k, s, e] from that stage; both go out under
# the states' names.

import rlxflow as rf
from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.kv_cache import write_prompt
from rlxflow.blocks.tokens import Positions

step = (
    rf.ModelFlow("step_into_a_ring")
    .input("x", rf.Shape([2, 1, 7]))
    .input("positions", rf.Shape([2, 1], "i32"))
    .stage("positions", Positions(input="positions"))
    .stage(
        "attention",
        SelfAttention(
            query_key="q",
            key_key="k",
            value_key="v",
            output_key="o",
            num_attention_heads=6,
            num_key_value_heads=3,
            head_dim=4,
            bias=False,
            causal=True,
            window=5,
            padding=False,
            phase="decode",
            cache_key="c",
            cache_slots=8,
        ),
    )
)
print(step.build().mlir("flow"))
# CHECK-LABEL: module @step_into_a_ring
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x1x7xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[POSITIONS_ARG:[^:]+]]: tensor<2x1xi32> {rlx.input = "positions"}
# CHECK-SAME:   %[[Q_ARG:[^:]+]]: tensor<24x7xf32> {rlx.param = "q.weight"}
# CHECK-SAME:   %[[K_ARG:[^:]+]]: tensor<12x7xf32> {rlx.param = "k.weight"}
# CHECK-SAME:   %[[V_ARG:[^:]+]]: tensor<12x7xf32> {rlx.param = "v.weight"}
# CHECK-SAME:   %[[KEYS_ARG:[^:]+]]: tensor<2x3x4x8xf32> {rlx.state = "c.key"}
# CHECK-SAME:   %[[VALUES_ARG:[^:]+]]: tensor<2x3x8x4xf32> {rlx.state = "c.value"}
# CHECK-SAME:   %[[O_ARG:[^:]+]]: tensor<7x24xf32> {rlx.param = "o.weight"}
# CHECK-SAME:   tensor<2x1x7xf32> {rlx.output = "output"}
# CHECK-SAME:   tensor<2x3x4x8xf32> {rlx.output = "c.key"}
# CHECK-SAME:   tensor<2x3x8x4xf32> {rlx.output = "c.value"}
# CHECK:      %[[Y:.+]]:3 = "rlx.stage"(%[[X_ARG]], %[[Q_ARG]], %[[K_ARG]], %[[V_ARG]],
# CHECK-SAME:   %[[POSITIONS_ARG]], %[[KEYS_ARG]], %[[VALUES_ARG]], %[[O_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x1x7xf32>,
# CHECK-SAME:   %[[Q_W:[^:]+]]: tensor<24x7xf32>,
# CHECK-SAME:   %[[K_W:[^:]+]]: tensor<12x7xf32>,
# CHECK-SAME:   %[[V_W:[^:]+]]: tensor<12x7xf32>,
# CHECK-SAME:   %[[POSITIONS:[^:]+]]: tensor<2x1xi32>,
# CHECK-SAME:   %[[KEYS:[^:]+]]: tensor<2x3x4x8xf32>,
# CHECK-SAME:   %[[VALUES:[^:]+]]: tensor<2x3x8x4xf32>,
# CHECK-SAME:   %[[O_W:[^:]+]]: tensor<7x24xf32>)
# CHECK:      %[[Q_FLAT:.+]] = stablehlo.dot_general %[[X]], %[[Q_W]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x7xf32>, tensor<24x7xf32>) -> tensor<2x1x24xf32>
# CHECK:      %[[K_FLAT:.+]] = stablehlo.dot_general %[[X]], %[[K_W]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x7xf32>, tensor<12x7xf32>) -> tensor<2x1x12xf32>
# CHECK:      %[[V_FLAT:.+]] = stablehlo.dot_general %[[X]], %[[V_W]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x7xf32>, tensor<12x7xf32>) -> tensor<2x1x12xf32>
# CHECK:      %[[Q:.+]] = stablehlo.reshape %[[Q_FLAT]]
# CHECK-SAME:   : (tensor<2x1x24xf32>) -> tensor<2x1x3x2x4xf32>
# CHECK:      %[[K:.+]] = stablehlo.reshape %[[K_FLAT]]
# CHECK-SAME:   : (tensor<2x1x12xf32>) -> tensor<2x1x3x4xf32>
# CHECK:      %[[V:.+]] = stablehlo.reshape %[[V_FLAT]]
# CHECK-SAME:   : (tensor<2x1x12xf32>) -> tensor<2x1x3x4xf32>
# CHECK:      %[[CACHE:.+]]:2 = "rlx.stage"(%[[POSITIONS]], %[[K]], %[[KEYS]], %[[V]],
# CHECK-SAME:   %[[VALUES]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[WHERE:[^:]+]]: tensor<2x1xi32>,
# CHECK-SAME:   %[[NEW_K:[^:]+]]: tensor<2x1x3x4xf32>,
# CHECK-SAME:   %[[OLD_K:[^:]+]]: tensor<2x3x4x8xf32>,
# CHECK-SAME:   %[[NEW_V:[^:]+]]: tensor<2x1x3x4xf32>,
# CHECK-SAME:   %[[OLD_V:[^:]+]]: tensor<2x3x8x4xf32>)
# CHECK:      %[[SLOTS:.+]] = stablehlo.constant dense<8> : tensor<2x1xi32>
# CHECK:      %[[SLOT:.+]] = stablehlo.remainder %[[WHERE]], %[[SLOTS]] : tensor<2x1xi32>
# CHECK:      %[[ROW_K:.+]] = stablehlo.transpose %[[NEW_K]], dims = [0, 2, 3, 1]
# CHECK-SAME:   : (tensor<2x1x3x4xf32>) -> tensor<2x3x4x1xf32>
# CHECK:      %[[K_OF_ROW_0:.+]] = stablehlo.slice %[[ROW_K]] [0:1, 0:3, 0:4, 0:1]
# CHECK-SAME:   : (tensor<2x3x4x1xf32>) -> tensor<1x3x4x1xf32>
# CHECK:      %[[K_0:.+]] = stablehlo.slice %[[K_OF_ROW_0]] [0:1, 0:3, 0:4, 0:1]
# CHECK-SAME:   : (tensor<1x3x4x1xf32>) -> tensor<1x3x4x1xf32>
# CHECK:      %[[SLOT_OF_ROW_0:.+]] = stablehlo.slice %[[SLOT]] [0:1, 0:1]
# CHECK-SAME:   : (tensor<2x1xi32>) -> tensor<1x1xi32>
# CHECK:      %[[SLOT_0_FLAT:.+]] = stablehlo.reshape %[[SLOT_OF_ROW_0]]
# CHECK-SAME:   : (tensor<1x1xi32>) -> tensor<1xi32>
# CHECK:      %[[SLOT_0_ONE:.+]] = stablehlo.slice %[[SLOT_0_FLAT]] [0:1]
# CHECK-SAME:   : (tensor<1xi32>) -> tensor<1xi32>
# CHECK:      %[[SLOT_0:.+]] = stablehlo.reshape %[[SLOT_0_ONE]] : (tensor<1xi32>) -> tensor<i32>
# CHECK:      %[[ROW_0:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[HEAD_0:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[ELEMENT_0:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[KEYS_1:.+]] = stablehlo.dynamic_update_slice %[[OLD_K]], %[[K_0]], %[[ROW_0]],
# CHECK-SAME:   %[[HEAD_0]], %[[ELEMENT_0]], %[[SLOT_0]]
# CHECK-SAME:   : (tensor<2x3x4x8xf32>, tensor<1x3x4x1xf32>, tensor<i32>, tensor<i32>, tensor<i32>,
# CHECK-SAME:   tensor<i32>) -> tensor<2x3x4x8xf32>
# CHECK:      %[[K_OF_ROW_1:.+]] = stablehlo.slice %[[ROW_K]] [1:2, 0:3, 0:4, 0:1]
# CHECK-SAME:   : (tensor<2x3x4x1xf32>) -> tensor<1x3x4x1xf32>
# CHECK:      %[[K_1:.+]] = stablehlo.slice %[[K_OF_ROW_1]] [0:1, 0:3, 0:4, 0:1]
# CHECK-SAME:   : (tensor<1x3x4x1xf32>) -> tensor<1x3x4x1xf32>
# CHECK:      %[[SLOT_OF_ROW_1:.+]] = stablehlo.slice %[[SLOT]] [1:2, 0:1]
# CHECK-SAME:   : (tensor<2x1xi32>) -> tensor<1x1xi32>
# CHECK:      %[[SLOT_1_FLAT:.+]] = stablehlo.reshape %[[SLOT_OF_ROW_1]]
# CHECK-SAME:   : (tensor<1x1xi32>) -> tensor<1xi32>
# CHECK:      %[[SLOT_1_ONE:.+]] = stablehlo.slice %[[SLOT_1_FLAT]] [0:1]
# CHECK-SAME:   : (tensor<1xi32>) -> tensor<1xi32>
# CHECK:      %[[SLOT_1:.+]] = stablehlo.reshape %[[SLOT_1_ONE]] : (tensor<1xi32>) -> tensor<i32>
# CHECK:      %[[ROW_1:.+]] = stablehlo.constant dense<1> : tensor<i32>
# CHECK:      %[[HEAD_1:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[ELEMENT_1:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[KEYS_2:.+]] = stablehlo.dynamic_update_slice %[[KEYS_1]], %[[K_1]], %[[ROW_1]],
# CHECK-SAME:   %[[HEAD_1]], %[[ELEMENT_1]], %[[SLOT_1]]
# CHECK-SAME:   : (tensor<2x3x4x8xf32>, tensor<1x3x4x1xf32>, tensor<i32>, tensor<i32>, tensor<i32>,
# CHECK-SAME:   tensor<i32>) -> tensor<2x3x4x8xf32>
# CHECK:      %[[V_SLOTS:.+]] = stablehlo.constant dense<8> : tensor<2x1xi32>
# CHECK:      %[[V_SLOT:.+]] = stablehlo.remainder %[[WHERE]], %[[V_SLOTS]] : tensor<2x1xi32>
# CHECK:      %[[ROW_V:.+]] = stablehlo.transpose %[[NEW_V]], dims = [0, 2, 1, 3]
# CHECK-SAME:   : (tensor<2x1x3x4xf32>) -> tensor<2x3x1x4xf32>
# CHECK:      %[[V_OF_ROW_0:.+]] = stablehlo.slice %[[ROW_V]] [0:1, 0:3, 0:1, 0:4]
# CHECK-SAME:   : (tensor<2x3x1x4xf32>) -> tensor<1x3x1x4xf32>
# CHECK:      %[[V_0:.+]] = stablehlo.slice %[[V_OF_ROW_0]] [0:1, 0:3, 0:1, 0:4]
# CHECK-SAME:   : (tensor<1x3x1x4xf32>) -> tensor<1x3x1x4xf32>
# CHECK:      %[[V_SLOT_OF_ROW_0:.+]] = stablehlo.slice %[[V_SLOT]] [0:1, 0:1]
# CHECK-SAME:   : (tensor<2x1xi32>) -> tensor<1x1xi32>
# CHECK:      %[[V_SLOT_0_FLAT:.+]] = stablehlo.reshape %[[V_SLOT_OF_ROW_0]]
# CHECK-SAME:   : (tensor<1x1xi32>) -> tensor<1xi32>
# CHECK:      %[[V_SLOT_0_ONE:.+]] = stablehlo.slice %[[V_SLOT_0_FLAT]] [0:1]
# CHECK-SAME:   : (tensor<1xi32>) -> tensor<1xi32>
# CHECK:      %[[V_SLOT_0:.+]] = stablehlo.reshape %[[V_SLOT_0_ONE]]
# CHECK-SAME:   : (tensor<1xi32>) -> tensor<i32>
# CHECK:      %[[V_ROW_0:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[V_HEAD_0:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[V_ELEMENT_0:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[VALUES_1:.+]] = stablehlo.dynamic_update_slice %[[OLD_V]], %[[V_0]], %[[V_ROW_0]],
# CHECK-SAME:   %[[V_HEAD_0]], %[[V_SLOT_0]], %[[V_ELEMENT_0]]
# CHECK-SAME:   : (tensor<2x3x8x4xf32>, tensor<1x3x1x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>,
# CHECK-SAME:   tensor<i32>) -> tensor<2x3x8x4xf32>
# CHECK:      %[[V_OF_ROW_1:.+]] = stablehlo.slice %[[ROW_V]] [1:2, 0:3, 0:1, 0:4]
# CHECK-SAME:   : (tensor<2x3x1x4xf32>) -> tensor<1x3x1x4xf32>
# CHECK:      %[[V_1:.+]] = stablehlo.slice %[[V_OF_ROW_1]] [0:1, 0:3, 0:1, 0:4]
# CHECK-SAME:   : (tensor<1x3x1x4xf32>) -> tensor<1x3x1x4xf32>
# CHECK:      %[[V_SLOT_OF_ROW_1:.+]] = stablehlo.slice %[[V_SLOT]] [1:2, 0:1]
# CHECK-SAME:   : (tensor<2x1xi32>) -> tensor<1x1xi32>
# CHECK:      %[[V_SLOT_1_FLAT:.+]] = stablehlo.reshape %[[V_SLOT_OF_ROW_1]]
# CHECK-SAME:   : (tensor<1x1xi32>) -> tensor<1xi32>
# CHECK:      %[[V_SLOT_1_ONE:.+]] = stablehlo.slice %[[V_SLOT_1_FLAT]] [0:1]
# CHECK-SAME:   : (tensor<1xi32>) -> tensor<1xi32>
# CHECK:      %[[V_SLOT_1:.+]] = stablehlo.reshape %[[V_SLOT_1_ONE]]
# CHECK-SAME:   : (tensor<1xi32>) -> tensor<i32>
# CHECK:      %[[V_ROW_1:.+]] = stablehlo.constant dense<1> : tensor<i32>
# CHECK:      %[[V_HEAD_1:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[V_ELEMENT_1:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[VALUES_2:.+]] = stablehlo.dynamic_update_slice %[[VALUES_1]], %[[V_1]],
# CHECK-SAME:   %[[V_ROW_1]], %[[V_HEAD_1]], %[[V_SLOT_1]], %[[V_ELEMENT_1]]
# CHECK-SAME:   : (tensor<2x3x8x4xf32>, tensor<1x3x1x4xf32>, tensor<i32>, tensor<i32>, tensor<i32>,
# CHECK-SAME:   tensor<i32>) -> tensor<2x3x8x4xf32>
# CHECK:      "rlx.yield"(%[[KEYS_2]], %[[VALUES_2]]) :
# CHECK:      }) {block = "kv_cache_write"
# CHECK-SAME:   mode = #rlx.mode<fence>
# CHECK-SAME:   name = "cache"
# CHECK:      %[[ATTEND:.+]] = "rlx.stage"(%[[POSITIONS]], %[[Q]], %[[CACHE]]#0, %[[CACHE]]#1) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[AT:[^:]+]]: tensor<2x1xi32>,
# CHECK-SAME:   %[[Q_IN:[^:]+]]: tensor<2x1x3x2x4xf32>,
# CHECK-SAME:   %[[K_IN:[^:]+]]: tensor<2x3x4x8xf32>,
# CHECK-SAME:   %[[V_IN:[^:]+]]: tensor<2x3x8x4xf32>)
# CHECK:      %[[LAST_COLUMN:.+]] = stablehlo.slice %[[AT]] [0:2, 0:1]
# CHECK-SAME:   : (tensor<2x1xi32>) -> tensor<2x1xi32>
# CHECK:      %[[LAST:.+]] = stablehlo.reshape %[[LAST_COLUMN]] : (tensor<2x1xi32>) -> tensor<2xi32>
# CHECK:      %[[LASTS:.+]] = stablehlo.broadcast_in_dim %[[LAST]], dims = [0]
# CHECK-SAME:   : (tensor<2xi32>) -> tensor<2x8xi32>
# CHECK:      %[[SLOT_NUMBER:.+]] = stablehlo.iota dim = 0 : tensor<8xi32>
# CHECK:      %[[SLOT_NUMBERS:.+]] = stablehlo.broadcast_in_dim %[[SLOT_NUMBER]], dims = [1]
# CHECK-SAME:   : (tensor<8xi32>) -> tensor<2x8xi32>
# CHECK:      %[[BEHIND:.+]] = stablehlo.subtract %[[LASTS]], %[[SLOT_NUMBERS]] : tensor<2x8xi32>
# CHECK:      %[[LASTS_AGAIN:.+]] = stablehlo.broadcast_in_dim %[[LAST]], dims = [0]
# CHECK-SAME:   : (tensor<2xi32>) -> tensor<2x8xi32>
# CHECK:      %[[COUNT:.+]] = stablehlo.constant dense<8> : tensor<2x8xi32>
# CHECK:      %[[AHEAD:.+]] = stablehlo.add %[[BEHIND]], %[[COUNT]] : tensor<2x8xi32>
# CHECK:      %[[COUNT_AGAIN:.+]] = stablehlo.constant dense<8> : tensor<2x8xi32>
# CHECK:      %[[AGE:.+]] = stablehlo.remainder %[[AHEAD]], %[[COUNT_AGAIN]] : tensor<2x8xi32>
# CHECK:      %[[HELD_ROW:.+]] = stablehlo.subtract %[[LASTS_AGAIN]], %[[AGE]] : tensor<2x8xi32>
# CHECK:      %[[HELD:.+]] = stablehlo.broadcast_in_dim %[[HELD_ROW]], dims = [0, 2]
# CHECK-SAME:   : (tensor<2x8xi32>) -> tensor<2x1x8xi32>
# CHECK:      %[[QUERY:.+]] = stablehlo.broadcast_in_dim %[[AT]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x1xi32>) -> tensor<2x1x8xi32>
# CHECK:      %[[FIRST:.+]] = stablehlo.constant dense<0> : tensor<2x1x8xi32>
# CHECK:      %[[THERE:.+]] = stablehlo.compare GE, %[[HELD]], %[[FIRST]]
# CHECK-SAME:   : (tensor<2x1x8xi32>, tensor<2x1x8xi32>) -> tensor<2x1x8xi1>
# CHECK:      %[[NOT_LATER:.+]] = stablehlo.compare LE, %[[HELD]], %[[QUERY]]
# CHECK-SAME:   : (tensor<2x1x8xi32>, tensor<2x1x8xi32>) -> tensor<2x1x8xi1>
# CHECK:      %[[PAST:.+]] = stablehlo.and %[[THERE]], %[[NOT_LATER]] : tensor<2x1x8xi1>
# CHECK:      %[[WINDOW:.+]] = stablehlo.constant dense<5> : tensor<2x1x8xi32>
# CHECK:      %[[UNTIL:.+]] = stablehlo.add %[[HELD]], %[[WINDOW]] : tensor<2x1x8xi32>
# CHECK:      %[[NEAR:.+]] = stablehlo.compare GT, %[[UNTIL]], %[[QUERY]]
# CHECK-SAME:   : (tensor<2x1x8xi32>, tensor<2x1x8xi32>) -> tensor<2x1x8xi1>
# CHECK:      %[[SEEN:.+]] = stablehlo.and %[[PAST]], %[[NEAR]] : tensor<2x1x8xi1>
# CHECK:      %[[PRODUCTS:.+]] = stablehlo.dot_general %[[Q_IN]], %[[K_IN]], batching_dims = [0,
# CHECK-SAME:   2] x [0, 1], contracting_dims = [4] x [2]
# CHECK-SAME:   : (tensor<2x1x3x2x4xf32>, tensor<2x3x4x8xf32>) -> tensor<2x3x1x2x8xf32>
# CHECK:      %[[SCALE:.+]] = stablehlo.constant dense<5.000000e-01> : tensor<2x3x1x2x8xf32>
# CHECK:      %[[SCORES:.+]] = stablehlo.multiply %[[PRODUCTS]], %[[SCALE]] : tensor<2x3x1x2x8xf32>
# CHECK:      %[[SHOWN:.+]] = stablehlo.broadcast_in_dim %[[SEEN]], dims = [0, 2, 4]
# CHECK-SAME:   : (tensor<2x1x8xi1>) -> tensor<2x3x1x2x8xi1>
# CHECK:      %[[LOWEST:.+]] = stablehlo.constant dense<-3.40282347E+38> : tensor<2x3x1x2x8xf32>
# CHECK:      %[[MASKED:.+]] = stablehlo.select %[[SHOWN]], %[[SCORES]],
# CHECK-SAME:   %[[LOWEST]] : tensor<2x3x1x2x8xi1>, tensor<2x3x1x2x8xf32>
# CHECK:      %[[LEAST:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[TOP:.+]] = stablehlo.reduce(%[[MASKED]] init: %[[LEAST]]) applies
# CHECK-SAME:   stablehlo.maximum across dimensions = [4]
# CHECK-SAME:   : (tensor<2x3x1x2x8xf32>, tensor<f32>) -> tensor<2x3x1x2xf32>
# CHECK:      %[[TOPS:.+]] = stablehlo.broadcast_in_dim %[[TOP]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<2x3x1x2xf32>) -> tensor<2x3x1x2x8xf32>
# CHECK:      %[[BELOW:.+]] = stablehlo.subtract %[[MASKED]], %[[TOPS]] : tensor<2x3x1x2x8xf32>
# CHECK:      %[[EXPS:.+]] = stablehlo.exponential %[[BELOW]] : tensor<2x3x1x2x8xf32>
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[TOTAL:.+]] = stablehlo.reduce(%[[EXPS]] init: %[[ZERO]]) applies stablehlo.add
# CHECK-SAME:   across dimensions = [4]
# CHECK-SAME:   : (tensor<2x3x1x2x8xf32>, tensor<f32>) -> tensor<2x3x1x2xf32>
# CHECK:      %[[TOTALS:.+]] = stablehlo.broadcast_in_dim %[[TOTAL]], dims = [0, 1, 2, 3]
# CHECK-SAME:   : (tensor<2x3x1x2xf32>) -> tensor<2x3x1x2x8xf32>
# CHECK:      %[[WEIGHTS:.+]] = stablehlo.divide %[[EXPS]], %[[TOTALS]] : tensor<2x3x1x2x8xf32>
# CHECK:      %[[MIXED:.+]] = stablehlo.dot_general %[[WEIGHTS]], %[[V_IN]], batching_dims = [0,
# CHECK-SAME:   1] x [0, 1], contracting_dims = [4] x [2]
# CHECK-SAME:   : (tensor<2x3x1x2x8xf32>, tensor<2x3x8x4xf32>) -> tensor<2x3x1x2x4xf32>
# CHECK:      %[[ORDERED:.+]] = stablehlo.transpose %[[MIXED]], dims = [0, 2, 1, 3, 4]
# CHECK-SAME:   : (tensor<2x3x1x2x4xf32>) -> tensor<2x1x3x2x4xf32>
# CHECK:      "rlx.yield"(%[[ORDERED]]) :
# CHECK:      }) {block = "attend"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "attend"
# CHECK-SAME:   params = {causal = true, masked = false, phase = "decode",
# CHECK-SAME:   scale = 5.000000e-01 : f64, window = 5 : i64}
# CHECK:      %[[JOINED:.+]] = stablehlo.reshape %[[ATTEND]]
# CHECK-SAME:   : (tensor<2x1x3x2x4xf32>) -> tensor<2x1x24xf32>
# CHECK:      %[[OUT:.+]] = stablehlo.dot_general %[[JOINED]], %[[O_W]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x1x24xf32>, tensor<7x24xf32>) -> tensor<2x1x7xf32>
# CHECK:      "rlx.yield"(%[[CACHE]]#0, %[[CACHE]]#1, %[[OUT]]) :
# CHECK:      }) {block = "self_attention"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "attention"
# CHECK:      return %[[Y]]#2, %[[Y]]#0, %[[Y]]#1 :


def write(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
    assert x is not None
    lengths = emit.flow_input("lengths")
    cache = emit.state("c.key", {"b": 2, "k": 3, "e": 5, "s": 4}, "f32")
    emit.set_state("c.key", write_prompt(cache, x, lengths))
    return x


prompt = (
    rf.ModelFlow("prompt_longer_than_the_ring")
    .input("x", rf.Shape([2, 6, 3, 5], axes=("b", "t", "k", "e")))
    .input("lengths", rf.Shape([2], "i32"))
    .custom(write, name="write")
)
print(prompt.build().mlir("flow"))
# CHECK-LABEL: module @prompt_longer_than_the_ring
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x6x3x5xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[LENGTHS_ARG:[^:]+]]: tensor<2xi32> {rlx.input = "lengths"}
# CHECK-SAME:   %[[KEYS_ARG:[^:]+]]: tensor<2x3x5x4xf32> {rlx.state = "c.key"}
# CHECK-SAME:   tensor<2x6x3x5xf32> {rlx.output = "output"}
# CHECK-SAME:   tensor<2x3x5x4xf32> {rlx.output = "c.key"}
# CHECK:      %[[CACHE:.+]] = "rlx.stage"(%[[X_ARG]], %[[LENGTHS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x6x3x5xf32>,
# CHECK-SAME:   %[[LENGTHS:[^:]+]]: tensor<2xi32>)
# CHECK:      %[[SLOT:.+]] = stablehlo.iota dim = 0 : tensor<4xi32>
# CHECK:      %[[SLOTS:.+]] = stablehlo.broadcast_in_dim %[[SLOT]], dims = [1]
# CHECK-SAME:   : (tensor<4xi32>) -> tensor<2x4xi32>
# CHECK:      %[[ONE:.+]] = stablehlo.constant dense<1> : tensor<2xi32>
# CHECK:      %[[END:.+]] = stablehlo.subtract %[[LENGTHS]], %[[ONE]] : tensor<2xi32>
# CHECK:      %[[LAST:.+]] = stablehlo.broadcast_in_dim %[[END]], dims = [0]
# CHECK-SAME:   : (tensor<2xi32>) -> tensor<2x4xi32>
# CHECK:      %[[BEHIND:.+]] = stablehlo.subtract %[[LAST]], %[[SLOTS]] : tensor<2x4xi32>
# CHECK:      %[[COUNT:.+]] = stablehlo.constant dense<4> : tensor<2x4xi32>
# CHECK:      %[[AHEAD:.+]] = stablehlo.add %[[BEHIND]], %[[COUNT]] : tensor<2x4xi32>
# CHECK:      %[[COUNT_AGAIN:.+]] = stablehlo.constant dense<4> : tensor<2x4xi32>
# CHECK:      %[[AGE:.+]] = stablehlo.remainder %[[AHEAD]], %[[COUNT_AGAIN]] : tensor<2x4xi32>
# CHECK:      %[[PLACE:.+]] = stablehlo.subtract %[[LAST]], %[[AGE]] : tensor<2x4xi32>
# CHECK:      %[[FIRST:.+]] = stablehlo.constant dense<0> : tensor<2x4xi32>
# CHECK:      %[[SOURCE:.+]] = stablehlo.maximum %[[PLACE]], %[[FIRST]] : tensor<2x4xi32>
# CHECK:      %[[TAKEN:.+]] = "stablehlo.gather"(%[[X]],
# CHECK-SAME:   %[[SOURCE]]) <{dimension_numbers = #stablehlo.gather<offset_dims = [2, 3],
# CHECK-SAME:   collapsed_slice_dims = [1], operand_batching_dims = [0],
# CHECK-SAME:   start_indices_batching_dims = [0], start_index_map = [1], index_vector_dim = 2>,
# CHECK-SAME:   slice_sizes = array<i64: 1, 1, 3, 5>}>
# CHECK-SAME:   : (tensor<2x6x3x5xf32>, tensor<2x4xi32>) -> tensor<2x4x3x5xf32>
# CHECK:      %[[ORDERED:.+]] = stablehlo.transpose %[[TAKEN]], dims = [0, 2, 3, 1]
# CHECK-SAME:   : (tensor<2x4x3x5xf32>) -> tensor<2x3x5x4xf32>
# CHECK:      "rlx.yield"(%[[ORDERED]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "write"
# CHECK:      return %[[X_ARG]], %[[CACHE]] :

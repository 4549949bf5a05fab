# RUN: %python %s | %filecheck
# Property: a mixture of experts weighs the k best experts by a softmax over all of them; `dense`
# runs every expert on every token, `gathered` cuts one expert after the other out in a loop, and
# `grouped` sorts tokens by expert and lets each expert take some of its own in each round. What
# follows the routing is a stage of its own, which takes tokens, choices, shares and weights.

from typing import Any

import rlxflow as rf
from rlxflow.blocks.moe import MoeMlp

numbers: dict[str, Any] = {
    "router_key": "m.gate",
    "gate_key": "m.gates",
    "up_key": "m.ups",
    "down_key": "m.downs",
    "num_experts": 5,
    "num_experts_per_tok": 2,
    "norm_topk_prob": True,
    "moe_intermediate_size": 7,
}


def show(form: Any, tokens: int) -> None:
    flow = rf.ModelFlow(form).input("x", rf.Shape([1, tokens, 4]))
    print(flow.stage("mlp", MoeMlp(**numbers, form=form)).build().mlir("flow"))


show("dense", tokens=3)
# CHECK-LABEL: module @dense
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<1x3x4xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[ROUTER_ARG:[^:]+]]: tensor<5x4xf32> {rlx.param = "m.gate"}
# CHECK-SAME:   %[[GATES_ARG:[^:]+]]: tensor<5x7x4xf32> {rlx.param = "m.gates"}
# CHECK-SAME:   %[[UPS_ARG:[^:]+]]: tensor<5x7x4xf32> {rlx.param = "m.ups"}
# CHECK-SAME:   %[[DOWNS_ARG:[^:]+]]: tensor<5x4x7xf32> {rlx.param = "m.downs"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(
# CHECK-SAME:   %[[X_ARG]], %[[ROUTER_ARG]], %[[GATES_ARG]], %[[UPS_ARG]], %[[DOWNS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<1x3x4xf32>,
# CHECK-SAME:   %[[ROUTER:[^:]+]]: tensor<5x4xf32>,
# CHECK-SAME:   %[[GATES:[^:]+]]: tensor<5x7x4xf32>,
# CHECK-SAME:   %[[UPS:[^:]+]]: tensor<5x7x4xf32>,
# CHECK-SAME:   %[[DOWNS:[^:]+]]: tensor<5x4x7xf32>)
# CHECK:      %[[TOKENS:.+]] = stablehlo.reshape %[[X]] : {{.*}} -> tensor<3x4xf32>
# CHECK:      %[[LOGITS:.+]] = stablehlo.dot_general %[[TOKENS]],
# CHECK-SAME:   %[[ROUTER]], contracting_dims = [1] x [1] :
# CHECK:      %[[LOW:.+]] = stablehlo.constant dense<0xFF800000> : tensor<f32>
# CHECK:      %[[BEST:.+]] = stablehlo.reduce(%[[LOGITS]] init:
# CHECK-SAME:   %[[LOW]]) applies stablehlo.maximum across dimensions = [1] :
# CHECK:      %[[BESTS:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[BEST]], dims = [0] : {{.*}} -> tensor<3x5xf32>
# CHECK:      %[[SHIFTED:.+]] = stablehlo.subtract %[[LOGITS]], %[[BESTS]] :
# CHECK:      %[[EXPS:.+]] = stablehlo.exponential %[[SHIFTED]] :
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SUM:.+]] = stablehlo.reduce(%[[EXPS]] init:
# CHECK-SAME:   %[[ZERO]]) applies stablehlo.add across dimensions = [1] :
# CHECK:      %[[SUMS:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[SUM]], dims = [0] : {{.*}} -> tensor<3x5xf32>
# CHECK:      %[[SHARES:.+]] = stablehlo.divide %[[EXPS]], %[[SUMS]] :
# CHECK:      %[[TOP:.+]], %[[IDS:.+]] = chlo.top_k(%[[SHARES]], k = 2) :
# CHECK:      %[[ZERO2:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[TOTAL:.+]] = stablehlo.reduce(%[[TOP]] init:
# CHECK-SAME:   %[[ZERO2]]) applies stablehlo.add across dimensions = [1] :
# CHECK:      %[[TOTALS:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[TOTAL]], dims = [0] : {{.*}} -> tensor<3x2xf32>
# CHECK:      %[[WEIGHTS:.+]] = stablehlo.divide %[[TOP]], %[[TOTALS]] :
# CHECK:      %[[EXPERTS:.+]] = "rlx.stage"(
# CHECK-SAME:   %[[TOKENS]], %[[IDS]], %[[WEIGHTS]],
# CHECK-SAME:   %[[GATES]], %[[UPS]], %[[DOWNS]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[TOKENS:[^:]+]]: tensor<3x4xf32>,
# CHECK-SAME:   %[[IDS:[^:]+]]: tensor<3x2xi32>,
# CHECK-SAME:   %[[WEIGHTS:[^:]+]]: tensor<3x2xf32>,
# CHECK-SAME:   %[[GATES:[^:]+]]: tensor<5x7x4xf32>,
# CHECK-SAME:   %[[UPS:[^:]+]]: tensor<5x7x4xf32>,
# CHECK-SAME:   %[[DOWNS:[^:]+]]: tensor<5x4x7xf32>)
# CHECK:      %[[NUMBERS:.+]] = stablehlo.iota dim = 0 : tensor<5xi32>
# CHECK:      %[[NUMBERS_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[NUMBERS]], dims = [2] : {{.*}} -> tensor<3x2x5xi32>
# CHECK:      %[[IDS_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[IDS]], dims = [0, 1] : {{.*}} -> tensor<3x2x5xi32>
# CHECK:      %[[CHOSEN:.+]] = stablehlo.compare EQ, %[[NUMBERS_ALL]], %[[IDS_ALL]] :
# CHECK:      %[[NONE:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<3x2xf32>
# CHECK:      %[[WEIGHTS_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[WEIGHTS]], dims = [0, 1] : {{.*}} -> tensor<3x2x5xf32>
# CHECK:      %[[NONE_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[NONE]], dims = [0, 1] : {{.*}} -> tensor<3x2x5xf32>
# CHECK:      %[[SPREAD:.+]] = stablehlo.select %[[CHOSEN]], %[[WEIGHTS_ALL]], %[[NONE_ALL]] :
# CHECK:      %[[ZERO3:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[SHARE:.+]] = stablehlo.reduce(%[[SPREAD]] init:
# CHECK-SAME:   %[[ZERO3]]) applies stablehlo.add across dimensions = [1] :
# CHECK:      %[[GATE:.+]] = stablehlo.dot_general %[[GATES]],
# CHECK-SAME:   %[[TOKENS]], contracting_dims = [2] x [1] :
# CHECK:      %[[SIGMOID:.+]] = stablehlo.logistic %[[GATE]] :
# CHECK:      %[[ACTIVE:.+]] = stablehlo.multiply %[[GATE]], %[[SIGMOID]] :
# CHECK:      %[[UP:.+]] = stablehlo.dot_general %[[UPS]],
# CHECK-SAME:   %[[TOKENS]], contracting_dims = [2] x [1] :
# CHECK:      %[[WIDE:.+]] = stablehlo.multiply %[[ACTIVE]], %[[UP]] :
# CHECK:      %[[DOWN:.+]] = stablehlo.dot_general %[[DOWNS]],
# CHECK-SAME:   %[[WIDE]], batching_dims = [0] x [0], contracting_dims = [2] x [1] :
# CHECK:      %[[SHARE_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[SHARE]], dims = [2, 0] : {{.*}} -> tensor<5x4x3xf32>
# CHECK:      %[[WEIGHTED:.+]] = stablehlo.multiply %[[DOWN]], %[[SHARE_ALL]] :
# CHECK:      %[[ZERO4:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[MIXED:.+]] = stablehlo.reduce(%[[WEIGHTED]] init:
# CHECK-SAME:   %[[ZERO4]]) applies stablehlo.add across dimensions = [0] :
# CHECK:      %[[MIXED_T:.+]] = stablehlo.transpose %[[MIXED]], dims = [1, 0] :
# CHECK:      "rlx.yield"(%[[MIXED_T]]) :
# CHECK:      }) {block = "experts"
# CHECK-SAME:   params = {activation = "silu", form = "dense"}}
# CHECK:      %[[OUT:.+]] = stablehlo.reshape %[[EXPERTS]] : {{.*}} -> tensor<1x3x4xf32>
# CHECK:      "rlx.yield"(%[[OUT]]) :
# CHECK:      }) {block = "moe_mlp"
# CHECK-SAME:   form = "dense"
# CHECK:      return %[[Y]] :

show("gathered", tokens=3)
# CHECK-LABEL: module @gathered
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<1x3x4xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[ROUTER_ARG:[^:]+]]: tensor<5x4xf32> {rlx.param = "m.gate"}
# CHECK-SAME:   %[[GATES_ARG:[^:]+]]: tensor<5x7x4xf32> {rlx.param = "m.gates"}
# CHECK-SAME:   %[[UPS_ARG:[^:]+]]: tensor<5x7x4xf32> {rlx.param = "m.ups"}
# CHECK-SAME:   %[[DOWNS_ARG:[^:]+]]: tensor<5x4x7xf32> {rlx.param = "m.downs"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(
# CHECK-SAME:   %[[X_ARG]], %[[ROUTER_ARG]], %[[GATES_ARG]], %[[UPS_ARG]], %[[DOWNS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<1x3x4xf32>,
# CHECK-SAME:   %[[ROUTER:[^:]+]]: tensor<5x4xf32>,
# CHECK-SAME:   %[[GATES:[^:]+]]: tensor<5x7x4xf32>,
# CHECK-SAME:   %[[UPS:[^:]+]]: tensor<5x7x4xf32>,
# CHECK-SAME:   %[[DOWNS:[^:]+]]: tensor<5x4x7xf32>)
# CHECK:      %[[TOKENS:.+]] = stablehlo.reshape %[[X]] : {{.*}} -> tensor<3x4xf32>
# CHECK:      %[[TOP:.+]], %[[IDS:.+]] = chlo.top_k(%{{[^ ,)]+}}, k = 2) :
# CHECK:      %[[WEIGHTS:.+]] = stablehlo.divide %[[TOP]], %{{[^ ,)]+}} :
# CHECK:      %[[EXPERTS:.+]] = "rlx.stage"(
# CHECK-SAME:   %[[TOKENS]], %[[IDS]], %[[GATES]],
# CHECK-SAME:   %[[UPS]], %[[DOWNS]], %[[WEIGHTS]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[TOKENS:[^:]+]]: tensor<3x4xf32>,
# CHECK-SAME:   %[[IDS:[^:]+]]: tensor<3x2xi32>,
# CHECK-SAME:   %[[GATES:[^:]+]]: tensor<5x7x4xf32>,
# CHECK-SAME:   %[[UPS:[^:]+]]: tensor<5x7x4xf32>,
# CHECK-SAME:   %[[DOWNS:[^:]+]]: tensor<5x4x7xf32>,
# CHECK-SAME:   %[[WEIGHTS:[^:]+]]: tensor<3x2xf32>)
# CHECK:      %[[ROWS_IDS:.+]] = stablehlo.reshape %[[IDS]] : {{.*}} -> tensor<6xi32>
# CHECK:      %[[EMPTY:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<6x4xf32>
# CHECK:      %[[START:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[LOOP:.+]]:2 = stablehlo.while(%[[STEP:[^ ]+]] = %[[START]], %[[MADE:[^ ]+]] =
# CHECK-SAME:   %[[EMPTY]]) :
# CHECK:      cond {
# CHECK:      %[[COUNT:.+]] = stablehlo.constant dense<6> : tensor<i32>
# CHECK:      %[[MORE:.+]] = stablehlo.compare LT, %[[STEP]], %[[COUNT]] :
# CHECK:      stablehlo.return %[[MORE]] :
# CHECK:      } do {
# CHECK:      %[[ONE:.+]] = stablehlo.constant dense<1> : tensor<i32>
# CHECK:      %[[NEXT:.+]] = stablehlo.add %[[STEP]], %[[ONE]] :
# CHECK:      %[[ID_1:.+]] = stablehlo.dynamic_slice %[[ROWS_IDS]], %[[STEP]], sizes = [1] :
# CHECK:      %[[ID_S:.+]] = stablehlo.slice %[[ID_1]] [0:1] :
# CHECK:      %[[ID:.+]] = stablehlo.reshape %[[ID_S]] : {{.*}} -> tensor<i32>
# CHECK:      %[[K:.+]] = stablehlo.constant dense<2> : tensor<i32>
# CHECK:      %[[ROW:.+]] = stablehlo.divide %[[STEP]], %[[K]] :
# CHECK:      %[[X_1:.+]] = stablehlo.dynamic_slice %[[TOKENS]], %[[ROW]],
# CHECK-SAME:   %{{[^ ,)]+}}, sizes = [1, 4] :
# CHECK:      %[[X_S:.+]] = stablehlo.slice %[[X_1]] [0:1, 0:4] :
# CHECK:      %[[X_ROW:.+]] = stablehlo.reshape %[[X_S]] : {{.*}} -> tensor<4xf32>
# CHECK:      %[[GATE_W_1:.+]] = stablehlo.dynamic_slice %[[GATES]], %[[ID]], %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, sizes = [1, 7, 4] :
# CHECK:      %[[GATE_W_S:.+]] = stablehlo.slice %[[GATE_W_1]] [0:1, 0:7, 0:4] :
# CHECK:      %[[GATE_W:.+]] = stablehlo.reshape %[[GATE_W_S]] : {{.*}} -> tensor<7x4xf32>
# CHECK:      %[[UP_W_1:.+]] = stablehlo.dynamic_slice %[[UPS]], %[[ID]], %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, sizes = [1, 7, 4] :
# CHECK:      %[[UP_W_S:.+]] = stablehlo.slice %[[UP_W_1]] [0:1, 0:7, 0:4] :
# CHECK:      %[[UP_W:.+]] = stablehlo.reshape %[[UP_W_S]] : {{.*}} -> tensor<7x4xf32>
# CHECK:      %[[DOWN_W_1:.+]] = stablehlo.dynamic_slice %[[DOWNS]], %[[ID]], %{{[^ ,)]+}},
# CHECK-SAME:   %{{[^ ,)]+}}, sizes = [1, 4, 7] :
# CHECK:      %[[DOWN_W_S:.+]] = stablehlo.slice %[[DOWN_W_1]] [0:1, 0:4, 0:7] :
# CHECK:      %[[DOWN_W:.+]] = stablehlo.reshape %[[DOWN_W_S]] : {{.*}} -> tensor<4x7xf32>
# CHECK:      %[[GATE:.+]] = stablehlo.dot_general %[[GATE_W]],
# CHECK-SAME:   %[[X_ROW]], contracting_dims = [1] x [0] :
# CHECK:      %[[SIGMOID:.+]] = stablehlo.logistic %[[GATE]] :
# CHECK:      %[[ACTIVE:.+]] = stablehlo.multiply %[[GATE]], %[[SIGMOID]] :
# CHECK:      %[[UP:.+]] = stablehlo.dot_general %[[UP_W]],
# CHECK-SAME:   %[[X_ROW]], contracting_dims = [1] x [0] :
# CHECK:      %[[WIDE:.+]] = stablehlo.multiply %[[ACTIVE]], %[[UP]] :
# CHECK:      %[[DOWN:.+]] = stablehlo.dot_general %[[DOWN_W]],
# CHECK-SAME:   %[[WIDE]], contracting_dims = [1] x [0] :
# CHECK:      %[[ANSWER:.+]] = stablehlo.reshape %[[DOWN]] : {{.*}} -> tensor<1x4xf32>
# CHECK:      %[[ADDED:.+]] = stablehlo.dynamic_update_slice %[[MADE]], %[[ANSWER]], %[[STEP]],
# CHECK-SAME:   %{{[^ ,)]+}} :
# CHECK:      stablehlo.return %[[NEXT]], %[[ADDED]] :
# CHECK:      %[[ANSWERS:.+]] = stablehlo.reshape %[[LOOP]]#1 : {{.*}} -> tensor<3x2x4xf32>
# CHECK:      %[[WEIGHTS_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[WEIGHTS]], dims = [0, 1] : {{.*}} -> tensor<3x2x4xf32>
# CHECK:      %[[WEIGHTED:.+]] = stablehlo.multiply %[[ANSWERS]], %[[WEIGHTS_ALL]] :
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[MIXED:.+]] = stablehlo.reduce(%[[WEIGHTED]] init:
# CHECK-SAME:   %[[ZERO]]) applies stablehlo.add across dimensions = [1] :
# CHECK:      "rlx.yield"(%[[MIXED]]) :
# CHECK:      }) {block = "experts"
# CHECK-SAME:   params = {activation = "silu", form = "gathered"}}
# CHECK:      %[[OUT:.+]] = stablehlo.reshape %[[EXPERTS]] : {{.*}} -> tensor<1x3x4xf32>
# CHECK:      "rlx.yield"(%[[OUT]]) :
# CHECK:      }) {block = "moe_mlp"
# CHECK-SAME:   form = "gathered"
# CHECK:      return %[[Y]] :

show("grouped", tokens=20)
# CHECK-LABEL: module @grouped
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<1x20x4xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[ROUTER_ARG:[^:]+]]: tensor<5x4xf32> {rlx.param = "m.gate"}
# CHECK-SAME:   %[[GATES_ARG:[^:]+]]: tensor<5x7x4xf32> {rlx.param = "m.gates"}
# CHECK-SAME:   %[[UPS_ARG:[^:]+]]: tensor<5x7x4xf32> {rlx.param = "m.ups"}
# CHECK-SAME:   %[[DOWNS_ARG:[^:]+]]: tensor<5x4x7xf32> {rlx.param = "m.downs"}
# CHECK:      %[[Y:.+]] = "rlx.stage"(
# CHECK-SAME:   %[[X_ARG]], %[[ROUTER_ARG]], %[[GATES_ARG]], %[[UPS_ARG]], %[[DOWNS_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<1x20x4xf32>,
# CHECK-SAME:   %[[ROUTER:[^:]+]]: tensor<5x4xf32>,
# CHECK-SAME:   %[[GATES:[^:]+]]: tensor<5x7x4xf32>,
# CHECK-SAME:   %[[UPS:[^:]+]]: tensor<5x7x4xf32>,
# CHECK-SAME:   %[[DOWNS:[^:]+]]: tensor<5x4x7xf32>)
# CHECK:      %[[TOKENS:.+]] = stablehlo.reshape %[[X]] : {{.*}} -> tensor<20x4xf32>
# CHECK:      %[[TOP:.+]], %[[IDS:.+]] = chlo.top_k(%{{[^ ,)]+}}, k = 2) :
# CHECK:      %[[WEIGHTS:.+]] = stablehlo.divide %[[TOP]], %{{[^ ,)]+}} :
# CHECK:      %[[EXPERTS:.+]] = "rlx.stage"(
# CHECK-SAME:   %[[TOKENS]], %[[IDS]], %[[GATES]],
# CHECK-SAME:   %[[UPS]], %[[DOWNS]], %[[WEIGHTS]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[TOKENS:[^:]+]]: tensor<20x4xf32>,
# CHECK-SAME:   %[[IDS:[^:]+]]: tensor<20x2xi32>,
# CHECK-SAME:   %[[GATES:[^:]+]]: tensor<5x7x4xf32>,
# CHECK-SAME:   %[[UPS:[^:]+]]: tensor<5x7x4xf32>,
# CHECK-SAME:   %[[DOWNS:[^:]+]]: tensor<5x4x7xf32>,
# CHECK-SAME:   %[[WEIGHTS:[^:]+]]: tensor<20x2xf32>)
# CHECK:      %[[ROWS:.+]] = stablehlo.iota dim = 0 : tensor<40xi32>
# CHECK:      %[[IDS_FLAT:.+]] = stablehlo.reshape %[[IDS]] : {{.*}} -> tensor<40xi32>
# CHECK:      %[[ORDER:.+]]:2 = "stablehlo.sort"(%[[IDS_FLAT]],
# CHECK-SAME:   %[[ROWS]]) <{dimension = 0 : i64, is_stable = true}> ({
# CHECK:      ^bb0(%[[A1:[^:]+]]: tensor<i32>, %[[B1:[^:]+]]: tensor<i32>,
# CHECK-SAME:   %[[A2:[^:]+]]: tensor<i32>, %[[B2:[^:]+]]: tensor<i32>):
# CHECK:      %[[LESS:.+]] = stablehlo.compare LT, %[[A1]], %[[B1]] :
# CHECK:      stablehlo.return %[[LESS]] :
# CHECK:      %[[PLACES:.+]]:2 = "stablehlo.sort"(%[[ORDER]]#1,
# CHECK-SAME:   %[[ROWS]]) <{dimension = 0 : i64, is_stable = true}> ({
# CHECK:      ^bb0(%[[C1:[^:]+]]: tensor<i32>, %[[D1:[^:]+]]: tensor<i32>,
# CHECK-SAME:   %[[C2:[^:]+]]: tensor<i32>, %[[D2:[^:]+]]: tensor<i32>):
# CHECK:      %[[LESS2:.+]] = stablehlo.compare LT, %[[C1]], %[[D1]] :
# CHECK:      stablehlo.return %[[LESS2]] :
# CHECK:      %[[NUMBERS:.+]] = stablehlo.iota dim = 0 : tensor<5xi32>
# CHECK:      %[[NUMBERS_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[NUMBERS]], dims = [2] : {{.*}} -> tensor<20x2x5xi32>
# CHECK:      %[[IDS_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[IDS]], dims = [0, 1] : {{.*}} -> tensor<20x2x5xi32>
# CHECK:      %[[CHOSEN:.+]] = stablehlo.compare EQ, %[[NUMBERS_ALL]], %[[IDS_ALL]] :
# CHECK:      %[[ONES:.+]] = stablehlo.convert %[[CHOSEN]] : {{.*}} -> tensor<20x2x5xi32>
# CHECK:      %[[ZERO_I:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[SIZES:.+]] = stablehlo.reduce(%[[ONES]] init:
# CHECK-SAME:   %[[ZERO_I]]) applies stablehlo.add across dimensions = [0, 1] :
# CHECK:      %[[ZERO_J:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[ENDS:.+]] = "stablehlo.reduce_window"(%[[SIZES]], %[[ZERO_J]])
# CHECK-SAME:   padding = dense<{{\[\[}}4, 0]]>
# CHECK-SAME:   window_dimensions = array<i64: 5>
# CHECK:      ^bb0(%[[E1:[^:]+]]: tensor<i32>, %[[E2:[^:]+]]: tensor<i32>):
# CHECK:      %[[ENDS_ADD:.+]] = stablehlo.add %[[E1]], %[[E2]] :
# CHECK:      stablehlo.return %[[ENDS_ADD]] :
# CHECK:      %[[STARTS:.+]] = stablehlo.subtract %[[ENDS]], %[[SIZES]] :
# CHECK:      %[[PLACE:.+]] = stablehlo.reshape %[[PLACES]]#1 : {{.*}} -> tensor<20x2xi32>
# CHECK:      %[[START_OF:.+]] = "stablehlo.gather"(%[[STARTS]], %[[IDS]])
# CHECK:      %[[RANKS:.+]] = stablehlo.subtract %[[PLACE]], %[[START_OF]] :
# CHECK:      %[[K:.+]] = stablehlo.constant dense<2> : tensor<40xi32>
# CHECK:      %[[SOURCES:.+]] = stablehlo.divide %[[ORDER]]#1, %[[K]] :
# CHECK:      %[[LOWEST:.+]] = stablehlo.constant dense<-2147483648> : tensor<i32>
# CHECK:      %[[FULLEST:.+]] = stablehlo.reduce(%[[SIZES]] init:
# CHECK-SAME:   %[[LOWEST]]) applies stablehlo.maximum across dimensions = [0] :
# CHECK:      %[[MORE2:.+]] = stablehlo.constant dense<15> : tensor<i32>
# CHECK:      %[[PADDED:.+]] = stablehlo.add %[[FULLEST]], %[[MORE2]] :
# CHECK:      %[[ROOM:.+]] = stablehlo.constant dense<16> : tensor<i32>
# CHECK:      %[[ROUNDS:.+]] = stablehlo.divide %[[PADDED]], %[[ROOM]] :
# CHECK:      %[[ROOM2:.+]] = stablehlo.constant dense<16> : tensor<20x2xi32>
# CHECK:      %[[RANK_IN:.+]] = stablehlo.remainder %[[RANKS]], %[[ROOM2]] :
# CHECK:      %[[ROOM3:.+]] = stablehlo.constant dense<16> : tensor<20x2xi32>
# CHECK:      %[[BASE:.+]] = stablehlo.multiply %[[IDS]], %[[ROOM3]] :
# CHECK:      %[[SLOT_OF:.+]] = stablehlo.add %[[RANK_IN]], %[[BASE]] :
# CHECK:      %[[EMPTY:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<20x4xf32>
# CHECK:      %[[ZERO_S:.+]] = stablehlo.constant dense<0> : tensor<i32>
# CHECK:      %[[LOOP:.+]]:2 = stablehlo.while(%[[STEP:[^ ]+]] = %[[ZERO_S]], %[[MADE:[^ ]+]] =
# CHECK-SAME:   %[[EMPTY]]) :
# CHECK:      cond {
# CHECK:      %[[MORE:.+]] = stablehlo.compare LT, %[[STEP]], %[[ROUNDS]] :
# CHECK:      stablehlo.return %[[MORE]] :
# CHECK:      } do {
# CHECK:      %[[ONE:.+]] = stablehlo.constant dense<1> : tensor<i32>
# CHECK:      %[[NEXT:.+]] = stablehlo.add %[[STEP]], %[[ONE]] :
# CHECK:      %[[ROOM4:.+]] = stablehlo.constant dense<16> : tensor<i32>
# CHECK:      %[[SKIP:.+]] = stablehlo.multiply %[[STEP]], %[[ROOM4]] :
# CHECK:      %[[SKIPS:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[SKIP]], dims = [] : {{.*}} -> tensor<5xi32>
# CHECK:      %[[FIRST:.+]] = stablehlo.add %[[STARTS]], %[[SKIPS]] :
# CHECK:      %[[FIRSTS:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[FIRST]], dims = [0] : {{.*}} -> tensor<5x16xi32>
# CHECK:      %[[SLOTS:.+]] = stablehlo.iota dim = 0 : tensor<16xi32>
# CHECK:      %[[SLOTS_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[SLOTS]], dims = [1] : {{.*}} -> tensor<5x16xi32>
# CHECK:      %[[TAKEN:.+]] = stablehlo.add %[[FIRSTS]], %[[SLOTS_ALL]] :
# CHECK:      %[[TOKEN_OF:.+]] = "stablehlo.gather"(%[[SOURCES]], %[[TAKEN]])
# CHECK:      %[[INPUTS:.+]] = "stablehlo.gather"(%[[TOKENS]], %[[TOKEN_OF]])
# CHECK:      %[[GATE:.+]] = stablehlo.dot_general %[[GATES]],
# CHECK-SAME:   %[[INPUTS]], batching_dims = [0] x [0], contracting_dims = [2] x [2] :
# CHECK:      %[[SIGMOID:.+]] = stablehlo.logistic %[[GATE]] :
# CHECK:      %[[ACTIVE:.+]] = stablehlo.multiply %[[GATE]], %[[SIGMOID]] :
# CHECK:      %[[UP:.+]] = stablehlo.dot_general %[[UPS]],
# CHECK-SAME:   %[[INPUTS]], batching_dims = [0] x [0], contracting_dims = [2] x [2] :
# CHECK:      %[[WIDE:.+]] = stablehlo.multiply %[[ACTIVE]], %[[UP]] :
# CHECK:      %[[DOWN:.+]] = stablehlo.dot_general %[[DOWNS]],
# CHECK-SAME:   %[[WIDE]], batching_dims = [0] x [0], contracting_dims = [2] x [1] :
# CHECK:      %[[BACK:.+]] = stablehlo.transpose %[[DOWN]], dims = [0, 2, 1] :
# CHECK:      %[[FLAT:.+]] = stablehlo.reshape %[[BACK]] : {{.*}} -> tensor<80x4xf32>
# CHECK:      %[[MINE:.+]] = "stablehlo.gather"(%[[FLAT]], %[[SLOT_OF]])
# CHECK:      %[[WEIGHTS_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[WEIGHTS]], dims = [0, 1] : {{.*}} -> tensor<20x2x4xf32>
# CHECK:      %[[WEIGHTED:.+]] = stablehlo.multiply %[[MINE]], %[[WEIGHTS_ALL]] :
# CHECK:      %[[ROOM5:.+]] = stablehlo.constant dense<16> : tensor<20x2xi32>
# CHECK:      %[[ROUND_OF:.+]] = stablehlo.divide %[[RANKS]], %[[ROOM5]] :
# CHECK:      %[[STEP_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[STEP]], dims = [] : {{.*}} -> tensor<20x2xi32>
# CHECK:      %[[NOW:.+]] = stablehlo.compare EQ, %[[ROUND_OF]], %[[STEP_ALL]] :
# CHECK:      %[[NONE:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<20x2x4xf32>
# CHECK:      %[[NOW_ALL:.+]] = stablehlo.broadcast_in_dim
# CHECK-SAME:   %[[NOW]], dims = [0, 1] : {{.*}} -> tensor<20x2x4xi1>
# CHECK:      %[[KEPT:.+]] = stablehlo.select %[[NOW_ALL]], %[[WEIGHTED]], %[[NONE]] :
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[MIXED:.+]] = stablehlo.reduce(%[[KEPT]] init:
# CHECK-SAME:   %[[ZERO]]) applies stablehlo.add across dimensions = [1] :
# CHECK:      %[[SUM:.+]] = stablehlo.add %[[MADE]], %[[MIXED]] :
# CHECK:      stablehlo.return %[[NEXT]], %[[SUM]] :
# CHECK:      "rlx.yield"(%[[LOOP]]#1) :
# CHECK:      }) {block = "experts"
# CHECK-SAME:   params = {activation = "silu", form = "grouped"}}
# CHECK:      %[[OUT:.+]] = stablehlo.reshape %[[EXPERTS]] : {{.*}} -> tensor<1x20x4xf32>
# CHECK:      "rlx.yield"(%[[OUT]]) :
# CHECK:      }) {block = "moe_mlp"
# CHECK-SAME:   form = "grouped"
# CHECK:      return %[[Y]] :

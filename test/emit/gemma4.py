# RUN: %python %s | %filecheck
# Property: a layer's values are normalised without a weight and come from the product of keys where
# that is said; another layer takes both from slots and has products of queries alone; a layer's own
# input is projected, normed, added to the tokens' and gates a branch; one factor scales a layer.

import rlxflow as rf
from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.layer_scale import ScalarScale
from rlxflow.blocks.per_layer import PerLayerBranch, PerLayerInputs

numbers = {"num_attention_heads": 6, "num_key_value_heads": 3, "head_dim": 4, "bias": False}
lender = SelfAttention(
    query_key="a.q",
    key_key="a.k",
    output_key="a.o",
    k_eq_v=True,
    value_norm=True,
    norm_eps=0.5,
    qk_norm="head",
    query_norm_key="a.qn",
    key_norm_key="a.kn",
    kv_to="kv",
    padding=False,
    **numbers,
)
borrower = SelfAttention(
    query_key="b.q", output_key="b.o", kv_from="kv", value_norm=True, padding=False, **numbers
)
flow = rf.ModelFlow("shared").input("x", rf.Shape([2, 5, 7]))
print(flow.stage("lender", lender).stage("borrower", borrower).build().mlir("flow"))
# CHECK-LABEL: module @shared
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x5x7xf32> {rlx.input = "x"}
# CHECK-SAME:   {rlx.param = "a.q.weight"}
# CHECK-SAME:   {rlx.param = "a.k.weight"}
# CHECK-SAME:   {rlx.param = "a.qn"}
# CHECK-SAME:   {rlx.param = "a.kn"}
# CHECK-SAME:   {rlx.param = "a.o.weight"}
# CHECK-SAME:   {rlx.param = "b.q.weight"}
# CHECK-SAME:   {rlx.param = "b.o.weight"}
# CHECK-NOT:    rlx.param
# CHECK:      %[[A:.+]]:3 = "rlx.stage"(
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x5x7xf32>, %[[QW:[^:]+]]: tensor<24x7xf32>,
# CHECK-SAME:   %[[KW:[^:]+]]: tensor<12x7xf32>, %[[QN:[^:]+]]: tensor<4xf32>,
# CHECK-SAME:   %[[KN:[^:]+]]: tensor<4xf32>, %[[OW:[^:]+]]: tensor<7x24xf32>)
# CHECK:      %[[Q_FLAT:.+]] = stablehlo.dot_general %[[X]], %[[QW]], contracting_dims = [2] x [1] :
# CHECK:      %[[K_FLAT:.+]] = stablehlo.dot_general %[[X]], %[[KW]], contracting_dims = [2] x [1] :
# CHECK:      stablehlo.reshape %[[Q_FLAT]] : {{.*}} -> tensor<2x5x3x2x4xf32>
# CHECK:      %[[K_RAW:.+]] = stablehlo.reshape %[[K_FLAT]] : {{.*}} -> tensor<2x5x3x4xf32>
# CHECK:      %[[V_RAW:.+]] = stablehlo.reshape %[[K_FLAT]] : {{.*}} -> tensor<2x5x3x4xf32>
# CHECK:      %[[KN_ALL:.+]] = stablehlo.broadcast_in_dim %[[KN]], dims = [3] :
# CHECK:      %[[K:.+]] = stablehlo.multiply %{{.+}}, %[[KN_ALL]] : tensor<2x5x3x4xf32>
# CHECK:      %[[V_SQ:.+]] = stablehlo.multiply %[[V_RAW]], %[[V_RAW]] :
# CHECK:      %[[V_SUM:.+]] = stablehlo.reduce(%[[V_SQ]] init: {{.*}} across dimensions = [3] :
# CHECK:      %[[V_MEAN:.+]] = stablehlo.divide %[[V_SUM]], %{{.+}} :
# CHECK:      %[[EPS:.+]] = stablehlo.constant dense<5.000000e-01>
# CHECK:      %[[V_EPS:.+]] = stablehlo.add %[[V_MEAN]], %[[EPS]] :
# CHECK:      %[[V_ROOT:.+]] = stablehlo.rsqrt %[[V_EPS]] :
# CHECK:      %[[V_ROOTS:.+]] = stablehlo.broadcast_in_dim %[[V_ROOT]], dims = [0, 1, 2] :
# CHECK:      %[[V:.+]] = stablehlo.multiply %[[V_RAW]], %[[V_ROOTS]] :
# CHECK:      stablehlo.dot_general %{{.+}}, %[[K]], batching_dims = [0, 2] x [0, 2],
# CHECK:      stablehlo.dot_general %{{.+}}, %[[V]], batching_dims = [0, 1] x [0, 2],
# CHECK:      %[[A_OUT:.+]] = stablehlo.dot_general %{{.+}}, %[[OW]], contracting_dims = [2] x [1] :
# CHECK:      "rlx.yield"(%[[K]], %[[V]], %[[A_OUT]]) :
# CHECK:      }) {block = "self_attention"
# CHECK-SAME:   k_eq_v = true
# CHECK:      "rlx.stage"(%[[A]]#2, %{{[^,]+}}, %[[A]]#0, %[[A]]#1,
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X2:[^:]+]]: tensor<2x5x7xf32>, %[[QW2:[^:]+]]: tensor<24x7xf32>,
# CHECK-SAME:   %[[K2:[^:]+]]: tensor<2x5x3x4xf32>, %[[V2:[^:]+]]: tensor<2x5x3x4xf32>,
# CHECK:      stablehlo.dot_general %[[X2]], %[[QW2]],
# CHECK:      stablehlo.dot_general %{{.+}}, %[[K2]], batching_dims = [0, 2] x [0, 2],
# CHECK:      stablehlo.dot_general %{{.+}}, %[[V2]], batching_dims = [0, 1] x [0, 2],

inputs = PerLayerInputs(
    table_key="table",
    projection_key="proj",
    norm_key="norm",
    layers=3,
    size=4,
    vocab_size=11,
    eps=0.5,
)
branch = PerLayerBranch(gate_key="gate", projection_key="down", layer=2, size=4, activation="relu")
flow = rf.ModelFlow("per_layer").input("input_ids", rf.Shape([2, 5], "i32")).embed("emb", 11, 9)
flow = flow.stage("inputs", inputs).stage("branch", branch)
print(flow.stage("scale", ScalarScale(key="scalar")).build().mlir("flow"))
# CHECK-LABEL: module @per_layer
# CHECK:      name = "embed"
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x5x9xf32>, %[[W:[^:]+]]: tensor<12x9xf32>,
# CHECK-SAME:   %[[N:[^:]+]]: tensor<4xf32>, %[[TABLE:[^:]+]]: tensor<11x12xf32>,
# CHECK-SAME:   %[[IDS:[^:]+]]: tensor<2x5xi32>)
# CHECK:      %[[ROWS:.+]] = stablehlo.dot_general %[[X]], %[[W]], contracting_dims = [2] x [1] :
# CHECK:      %[[THIRD:.+]] = stablehlo.constant dense<0.333333343>
# CHECK:      %[[SCALED:.+]] = stablehlo.multiply %[[ROWS]], %[[THIRD]] :
# CHECK:      %[[PARTS:.+]] = stablehlo.reshape %[[SCALED]] : {{.*}} -> tensor<2x5x3x4xf32>
# CHECK:      stablehlo.multiply %[[PARTS]], %[[PARTS]] :
# CHECK:      %[[NORM_ALL:.+]] = stablehlo.broadcast_in_dim %[[N]], dims = [3] :
# CHECK:      %[[NORMED:.+]] = stablehlo.multiply %{{.+}}, %[[NORM_ALL]] :
# CHECK:      %[[TOKENS:.+]] = "stablehlo.gather"(%[[TABLE]], %[[IDS]])
# CHECK:      %[[TWO:.+]] = stablehlo.constant dense<2.000000e+00>
# CHECK:      %[[TIMES:.+]] = stablehlo.multiply %[[TOKENS]], %[[TWO]] :
# CHECK:      %[[SPLIT:.+]] = stablehlo.reshape %[[TIMES]] : {{.*}} -> tensor<2x5x3x4xf32>
# CHECK:      %[[SUM:.+]] = stablehlo.add %[[NORMED]], %[[SPLIT]] :
# CHECK:      %[[ROOT:.+]] = stablehlo.constant dense<0.707106769>
# CHECK:      %[[OWN:.+]] = stablehlo.multiply %[[SUM]], %[[ROOT]] :
# CHECK:      "rlx.yield"(%[[OWN]]
# CHECK:      name = "inputs"
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x5x9xf32>, %[[ALL:[^:]+]]: tensor<2x5x3x4xf32>,
# CHECK-SAME:   %[[GW:[^:]+]]: tensor<4x9xf32>, %[[DW:[^:]+]]: tensor<9x4xf32>)
# CHECK:      %[[CUT:.+]] = stablehlo.slice %[[ALL]] [0:2, 0:5, 2:3, 0:4] :
# CHECK:      %[[MINE:.+]] = stablehlo.reshape %[[CUT]] : {{.*}} -> tensor<2x5x4xf32>
# CHECK:      %[[GATE:.+]] = stablehlo.dot_general %[[X]], %[[GW]], contracting_dims = [2] x [1] :
# CHECK:      %[[ACTIVE:.+]] = stablehlo.maximum %[[GATE]],
# CHECK:      %[[MIXED:.+]] = stablehlo.multiply %[[ACTIVE]], %[[MINE]] :
# CHECK:      stablehlo.dot_general %[[MIXED]], %[[DW]], contracting_dims = [2] x [1] :
# CHECK:      name = "branch"
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<2x5x9xf32>, %[[S:[^:]+]]: tensor<1xf32>)
# CHECK:      %[[PICK:.+]] = stablehlo.slice %[[S]] [0:1] :
# CHECK:      %[[ONE:.+]] = stablehlo.reshape %[[PICK]] : {{.*}} -> tensor<f32>
# CHECK:      %[[EACH:.+]] = stablehlo.broadcast_in_dim %[[ONE]], dims = [] :
# CHECK:      stablehlo.multiply %[[X]], %[[EACH]] :
# CHECK:      name = "scale"

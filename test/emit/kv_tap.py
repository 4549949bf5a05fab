# RUN: %python %s | %filecheck
# Property: a tap computes norm and both projections again, turns the keys alone, and lets the value
# pass.

import rlxflow as rf

tables = rf.RopeTables(max_pos=8, head_dim=2)
flow = rf.ModelFlow("tapped").input("x", rf.Shape([2, 3, 4])).rope_tables(tables)
tapped = flow.gemma_kv_tap(0, 2, 0.25, rf.SideOutputs("kv"), num_kv_heads=3)
print(tapped.build().mlir("flow"))
# CHECK-LABEL: module @tapped
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x3x4xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[MODEL_ARG:[^:]+]]: tensor<4xf32>
# CHECK-SAME:   {rlx.param = "model.layers.0.input_layernorm.weight"}
# CHECK-SAME:   %[[MODEL_ARG_2:[^:]+]]: tensor<6x4xf32>
# CHECK-SAME:   {rlx.param = "model.layers.0.self_attn.k_proj.weight"}
# CHECK-SAME:   %[[MODEL_ARG_3:[^:]+]]: tensor<6x4xf32>
# CHECK-SAME:   {rlx.param = "model.layers.0.self_attn.v_proj.weight"}
# CHECK-SAME:   tensor<2x3x4xf32> {rlx.output = "output"}
# CHECK-SAME:   tensor<2x3x6xf32> {rlx.output = "kv.0.key"}
# CHECK-SAME:   tensor<2x3x6xf32> {rlx.output = "kv.0.value"}
# CHECK:      %[[ROPE:.+]]:2 = "rlx.stage"() ({
# CHECK:      %[[IOTA:.+]] = stablehlo.iota dim = 0 : tensor<3xi32>
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<1xf32>
# CHECK:      %[[CONVERT:.+]] = stablehlo.convert %[[IOTA]] : (tensor<3xi32>) -> tensor<3xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[CONVERT]], dims = [0]
# CHECK-SAME:   : (tensor<3xf32>) -> tensor<3x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[CONSTANT]], dims = [1]
# CHECK-SAME:   : (tensor<1xf32>) -> tensor<3x1xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[BROADCAST_IN_DIM]], %[[BROADCAST_IN_DIM_2]]
# CHECK-SAME:   : tensor<3x1xf32>
# CHECK:      %[[COSINE:.+]] = stablehlo.cosine %[[MULTIPLY]] : tensor<3x1xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<3x1xf32>
# CHECK:      %[[MULTIPLY_2:.+]] = stablehlo.multiply %[[COSINE]], %[[CONSTANT_2]] : tensor<3x1xf32>
# CHECK:      %[[SINE:.+]] = stablehlo.sine %[[MULTIPLY]] : tensor<3x1xf32>
# CHECK:      %[[CONSTANT_3:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<3x1xf32>
# CHECK:      %[[MULTIPLY_3:.+]] = stablehlo.multiply %[[SINE]], %[[CONSTANT_3]] : tensor<3x1xf32>
# CHECK:      "rlx.yield"(%[[MULTIPLY_2]], %[[MULTIPLY_3]]) :
# CHECK:      }) {block = "rope_tables"
# CHECK-SAME:   mode = #rlx.mode<fence>
# CHECK-SAME:   name = "rope"
# CHECK:      %[[KV_TAP_0:.+]]:2 = "rlx.stage"(%[[X_ARG]], %[[MODEL_ARG]], %[[MODEL_ARG_2]],
# CHECK-SAME:   %[[ROPE]]#0, %[[ROPE]]#1, %[[MODEL_ARG_3]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X_0:[^:]+]]: tensor<2x3x4xf32>,
# CHECK-SAME:   %[[INPUT_LAYERNORM_WEIGHT:[^:]+]]: tensor<4xf32>,
# CHECK-SAME:   %[[K_PROJ_WEIGHT:[^:]+]]: tensor<6x4xf32>,
# CHECK-SAME:   %[[ROPE_1:[^:]+]]: tensor<3x1xf32>,
# CHECK-SAME:   %[[ROPE_2:[^:]+]]: tensor<3x1xf32>,
# CHECK-SAME:   %[[V_PROJ_WEIGHT:[^:]+]]: tensor<6x4xf32>)
# CHECK:      %[[MULTIPLY_4:.+]] = stablehlo.multiply %[[X_0]], %[[X_0]] : tensor<2x3x4xf32>
# CHECK:      %[[CONSTANT_4:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[REDUCE:.+]] = stablehlo.reduce(%[[MULTIPLY_4]] init: %[[CONSTANT_4]])
# CHECK-SAME:   applies stablehlo.add across dimensions = [2]
# CHECK-SAME:   : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<2x3xf32>
# CHECK:      %[[CONSTANT_5:.+]] = stablehlo.constant dense<4.000000e+00> : tensor<2x3xf32>
# CHECK:      %[[DIVIDE:.+]] = stablehlo.divide %[[REDUCE]], %[[CONSTANT_5]] : tensor<2x3xf32>
# CHECK:      %[[CONSTANT_6:.+]] = stablehlo.constant dense<2.500000e-01> : tensor<2x3xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[DIVIDE]], %[[CONSTANT_6]] : tensor<2x3xf32>
# CHECK:      %[[RSQRT:.+]] = stablehlo.rsqrt %[[ADD]] : tensor<2x3xf32>
# CHECK:      %[[BROADCAST_IN_DIM_3:.+]] = stablehlo.broadcast_in_dim %[[RSQRT]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x3xf32>) -> tensor<2x3x4xf32>
# CHECK:      %[[MULTIPLY_5:.+]] = stablehlo.multiply %[[X_0]], %[[BROADCAST_IN_DIM_3]]
# CHECK-SAME:   : tensor<2x3x4xf32>
# CHECK:      %[[CONSTANT_7:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<4xf32>
# CHECK:      %[[ADD_2:.+]] = stablehlo.add %[[INPUT_LAYERNORM_WEIGHT]], %[[CONSTANT_7]]
# CHECK-SAME:   : tensor<4xf32>
# CHECK:      %[[BROADCAST_IN_DIM_4:.+]] = stablehlo.broadcast_in_dim %[[ADD_2]], dims = [2]
# CHECK-SAME:   : (tensor<4xf32>) -> tensor<2x3x4xf32>
# CHECK:      %[[MULTIPLY_6:.+]] = stablehlo.multiply %[[MULTIPLY_5]], %[[BROADCAST_IN_DIM_4]]
# CHECK-SAME:   : tensor<2x3x4xf32>
# CHECK:      %[[DOT_GENERAL:.+]] = stablehlo.dot_general %[[MULTIPLY_6]], %[[K_PROJ_WEIGHT]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x3x4xf32>, tensor<6x4xf32>) -> tensor<2x3x6xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[DOT_GENERAL]]
# CHECK-SAME:   : (tensor<2x3x6xf32>) -> tensor<2x3x3x2xf32>
# CHECK:      %[[RESHAPE_2:.+]] = stablehlo.reshape %[[RESHAPE]]
# CHECK-SAME:   : (tensor<2x3x3x2xf32>) -> tensor<2x3x3x2x1xf32>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[RESHAPE_2]] [0:2, 0:3, 0:3, 0:1, 0:1]
# CHECK-SAME:   : (tensor<2x3x3x2x1xf32>) -> tensor<2x3x3x1x1xf32>
# CHECK:      %[[RESHAPE_3:.+]] = stablehlo.reshape %[[SLICE]]
# CHECK-SAME:   : (tensor<2x3x3x1x1xf32>) -> tensor<2x3x3x1xf32>
# CHECK:      %[[SLICE_2:.+]] = stablehlo.slice %[[RESHAPE_2]] [0:2, 0:3, 0:3, 1:2, 0:1]
# CHECK-SAME:   : (tensor<2x3x3x2x1xf32>) -> tensor<2x3x3x1x1xf32>
# CHECK:      %[[RESHAPE_4:.+]] = stablehlo.reshape %[[SLICE_2]]
# CHECK-SAME:   : (tensor<2x3x3x1x1xf32>) -> tensor<2x3x3x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM_5:.+]] = stablehlo.broadcast_in_dim %[[ROPE_1]], dims = [1, 3]
# CHECK-SAME:   : (tensor<3x1xf32>) -> tensor<2x3x3x1xf32>
# CHECK:      %[[MULTIPLY_7:.+]] = stablehlo.multiply %[[RESHAPE_3]], %[[BROADCAST_IN_DIM_5]]
# CHECK-SAME:   : tensor<2x3x3x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM_6:.+]] = stablehlo.broadcast_in_dim %[[ROPE_2]], dims = [1, 3]
# CHECK-SAME:   : (tensor<3x1xf32>) -> tensor<2x3x3x1xf32>
# CHECK:      %[[MULTIPLY_8:.+]] = stablehlo.multiply %[[RESHAPE_4]], %[[BROADCAST_IN_DIM_6]]
# CHECK-SAME:   : tensor<2x3x3x1xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[MULTIPLY_7]], %[[MULTIPLY_8]]
# CHECK-SAME:   : tensor<2x3x3x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM_7:.+]] = stablehlo.broadcast_in_dim %[[ROPE_1]], dims = [1, 3]
# CHECK-SAME:   : (tensor<3x1xf32>) -> tensor<2x3x3x1xf32>
# CHECK:      %[[MULTIPLY_9:.+]] = stablehlo.multiply %[[RESHAPE_4]], %[[BROADCAST_IN_DIM_7]]
# CHECK-SAME:   : tensor<2x3x3x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM_8:.+]] = stablehlo.broadcast_in_dim %[[ROPE_2]], dims = [1, 3]
# CHECK-SAME:   : (tensor<3x1xf32>) -> tensor<2x3x3x1xf32>
# CHECK:      %[[MULTIPLY_10:.+]] = stablehlo.multiply %[[RESHAPE_3]], %[[BROADCAST_IN_DIM_8]]
# CHECK-SAME:   : tensor<2x3x3x1xf32>
# CHECK:      %[[ADD_3:.+]] = stablehlo.add %[[MULTIPLY_9]], %[[MULTIPLY_10]] : tensor<2x3x3x1xf32>
# CHECK:      %[[CONCATENATE:.+]] = stablehlo.concatenate %[[SUBTRACT]], %[[ADD_3]], dim = 3
# CHECK-SAME:   : (tensor<2x3x3x1xf32>, tensor<2x3x3x1xf32>) -> tensor<2x3x3x2xf32>
# CHECK:      %[[RESHAPE_5:.+]] = stablehlo.reshape %[[CONCATENATE]]
# CHECK-SAME:   : (tensor<2x3x3x2xf32>) -> tensor<2x3x6xf32>
# CHECK:      %[[DOT_GENERAL_2:.+]] = stablehlo.dot_general %[[MULTIPLY_6]], %[[V_PROJ_WEIGHT]],
# CHECK-SAME:   contracting_dims = [2] x [1]
# CHECK-SAME:   : (tensor<2x3x4xf32>, tensor<6x4xf32>) -> tensor<2x3x6xf32>
# CHECK:      "rlx.yield"(%[[RESHAPE_5]], %[[DOT_GENERAL_2]]) :
# CHECK:      }) {block = "llama_kv_tap"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "kv_tap.0"
# CHECK:      return %[[X_ARG]], %[[KV_TAP_0]]#0, %[[KV_TAP_0]]#1 :

# RUN: %python %s | %filecheck
# Property: half of the angles count rows and half columns, scaled by place and step; tokens before
# the patches have angle 0.

import rlxflow as rf
from rlxflow import ops
from rlxflow.blocks.grid_rope import GridRope


def use(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
    return ops.concatenate([emit.named("rope.cos"), emit.named("rope.sin")], "r")


def built(name: str, rope: GridRope) -> str:
    flow = rf.ModelFlow(name).input("x", rf.Shape([1])).grid_rope(rope)
    return flow.custom(use, name="use", reads=("rope.cos", "rope.sin")).build().mlir("flow")


print(built("centred", GridRope.centred((2, 3), 8, 100.0, prefix=1)))
# CHECK-LABEL: module @centred
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<1xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<7x8xf32> {rlx.output = "output"}
# CHECK:      %[[ROPE:.+]]:2 = "rlx.stage"() ({
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<{{\[\[}}-3.14159274, -0.314159274],
# CHECK-SAME:   [3.14159274, 0.314159274]]>
# CHECK-SAME:   : tensor<2x2xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[CONSTANT]], dims = [0, 2]
# CHECK-SAME:   : (tensor<2x2xf32>) -> tensor<2x3x2xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<{{\[\[}}-4.18879032,
# CHECK-SAME:   -0.418879032], [-8.88178419E-16, -8.88178432E-17], [4.18879032, 0.418879032]]>
# CHECK-SAME:   : tensor<3x2xf32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[CONSTANT_2]], dims =
# CHECK-SAME:   [1, 2]
# CHECK-SAME:   : (tensor<3x2xf32>) -> tensor<2x3x2xf32>
# CHECK:      %[[CONCATENATE:.+]] = stablehlo.concatenate %[[BROADCAST_IN_DIM]],
# CHECK-SAME:   %[[BROADCAST_IN_DIM_2]], dim = 2
# CHECK-SAME:   : (tensor<2x3x2xf32>, tensor<2x3x2xf32>) -> tensor<2x3x4xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[CONCATENATE]]
# CHECK-SAME:   : (tensor<2x3x4xf32>) -> tensor<6x4xf32>
# CHECK:      %[[CONSTANT_3:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<f32>
# CHECK:      %[[PAD:.+]] = stablehlo.pad %[[RESHAPE]], %[[CONSTANT_3]], low = [1, 0], high =
# CHECK-SAME:   [0, 0], interior = [0, 0]
# CHECK-SAME:   : (tensor<6x4xf32>, tensor<f32>) -> tensor<7x4xf32>
# CHECK:      %[[COSINE:.+]] = stablehlo.cosine %[[PAD]] : tensor<7x4xf32>
# CHECK:      %[[SINE:.+]] = stablehlo.sine %[[PAD]] : tensor<7x4xf32>
# CHECK:      "rlx.yield"(%[[COSINE]], %[[SINE]]) :
# CHECK:      }) {block = "grid_rope"
# CHECK-SAME:   mode = #rlx.mode<fence>
# CHECK-SAME:   name = "rope"
# CHECK:      %[[USE:.+]] = "rlx.stage"(%[[ROPE]]#0, %[[ROPE]]#1) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[ROPE_2:[^:]+]]: tensor<7x4xf32>
# CHECK-SAME:   %[[ROPE_3:[^:]+]]: tensor<7x4xf32>
# CHECK:      %[[CONCATENATE_2:.+]] = stablehlo.concatenate %[[ROPE_2]], %[[ROPE_3]], dim = 1
# CHECK-SAME:   : (tensor<7x4xf32>, tensor<7x4xf32>) -> tensor<7x8xf32>
# CHECK:      "rlx.yield"(%[[CONCATENATE_2]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "use"
# CHECK:      return %[[USE]] :

print(built("counted", GridRope.counted((2, 3), 4, 100.0, prefix=0, trained=(4, 6))))
# CHECK-LABEL: module @counted
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<1xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<6x4xf32> {rlx.output = "output"}
# CHECK:      %[[ROPE:.+]]:2 = "rlx.stage"() ({
# CHECK:      %[[CONSTANT:.+]] = stablehlo.constant dense<{{\[\[}}0.000000e+00], [2.000000e+00]]>
# CHECK-SAME:   : tensor<2x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM:.+]] = stablehlo.broadcast_in_dim %[[CONSTANT]], dims = [0, 2]
# CHECK-SAME:   : (tensor<2x1xf32>) -> tensor<2x3x1xf32>
# CHECK:      %[[CONSTANT_2:.+]] = stablehlo.constant dense<{{\[\[}}0.000000e+00],
# CHECK-SAME:   [2.000000e+00], [4.000000e+00]]>
# CHECK-SAME:   : tensor<3x1xf32>
# CHECK:      %[[BROADCAST_IN_DIM_2:.+]] = stablehlo.broadcast_in_dim %[[CONSTANT_2]], dims =
# CHECK-SAME:   [1, 2]
# CHECK-SAME:   : (tensor<3x1xf32>) -> tensor<2x3x1xf32>
# CHECK:      %[[CONCATENATE:.+]] = stablehlo.concatenate %[[BROADCAST_IN_DIM]],
# CHECK-SAME:   %[[BROADCAST_IN_DIM_2]], dim = 2
# CHECK-SAME:   : (tensor<2x3x1xf32>, tensor<2x3x1xf32>) -> tensor<2x3x2xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[CONCATENATE]]
# CHECK-SAME:   : (tensor<2x3x2xf32>) -> tensor<6x2xf32>
# CHECK:      %[[COSINE:.+]] = stablehlo.cosine %[[RESHAPE]] : tensor<6x2xf32>
# CHECK:      %[[SINE:.+]] = stablehlo.sine %[[RESHAPE]] : tensor<6x2xf32>
# CHECK:      "rlx.yield"(%[[COSINE]], %[[SINE]]) :
# CHECK:      }) {block = "grid_rope"
# CHECK-SAME:   mode = #rlx.mode<fence>
# CHECK-SAME:   name = "rope"
# CHECK:      %[[USE:.+]] = "rlx.stage"(%[[ROPE]]#0, %[[ROPE]]#1) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[ROPE_2:[^:]+]]: tensor<6x2xf32>
# CHECK-SAME:   %[[ROPE_3:[^:]+]]: tensor<6x2xf32>
# CHECK:      %[[CONCATENATE_2:.+]] = stablehlo.concatenate %[[ROPE_2]], %[[ROPE_3]], dim = 1
# CHECK-SAME:   : (tensor<6x2xf32>, tensor<6x2xf32>) -> tensor<6x4xf32>
# CHECK:      "rlx.yield"(%[[CONCATENATE_2]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "use"
# CHECK:      return %[[USE]] :

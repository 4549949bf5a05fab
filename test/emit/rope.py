# RUN: %python %s | %filecheck
# Property: angles are explicit positions times frequencies, each row's its own; the first 6 of 10
# elements turn in pairs (i, i + 3), or (2i, 2i + 1) if interleaved; the rest passes through.

import rlxflow as rf
from rlxflow.blocks.rope import RopeTables, rotate
from rlxflow.blocks.tokens import Positions


def flow(name: str, *, interleaved: bool) -> rf.ModelFlow:
    def turn(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
        assert x is not None
        cos, sin = emit.named("rope.cos"), emit.named("rope.sin")
        return rotate(x, cos, sin, interleaved=interleaved)

    tables = RopeTables(
        max_pos=9, head_dim=10, rotary_dim=6, theta=64.0, positions_slot="positions"
    )
    return (
        rf.ModelFlow(name)
        .input("x", rf.Shape([2, 4, 5, 10], axes=("b", "t", "k", "e")))
        .input("where", rf.Shape([2, 4], "i32"))
        .stage("positions", Positions(input="where"))
        .stage("rope", tables)
        .custom(turn, name="turn", reads=("rope.cos", "rope.sin"))
    )


print(flow("halves", interleaved=False).build().mlir("flow"))
# CHECK-LABEL: module @halves
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x5x10xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[WHERE_ARG:[^:]+]]: tensor<2x4xi32> {rlx.input = "where"}
# CHECK-SAME:   tensor<2x4x5x10xf32> {rlx.output = "output"}
# CHECK:      %[[ROPE:.+]]:2 = "rlx.stage"(%[[WHERE_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[WHERE:[^:]+]]: tensor<2x4xi32>)
# CHECK:      %[[FREQUENCIES:.+]] = stablehlo.constant dense<{{\[}}1.000000e+00, 2.500000e-01,
# CHECK-SAME:   6.250000e-02{{\]}}> : tensor<3xf32>
# CHECK:      %[[POSITION:.+]] = stablehlo.convert %[[WHERE]] : (tensor<2x4xi32>) -> tensor<2x4xf32>
# CHECK:      %[[POSITIONS:.+]] = stablehlo.broadcast_in_dim %[[POSITION]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x4xf32>) -> tensor<2x4x3xf32>
# CHECK:      %[[SPREAD:.+]] = stablehlo.broadcast_in_dim %[[FREQUENCIES]], dims = [2]
# CHECK-SAME:   : (tensor<3xf32>) -> tensor<2x4x3xf32>
# CHECK:      %[[ANGLES:.+]] = stablehlo.multiply %[[POSITIONS]], %[[SPREAD]] : tensor<2x4x3xf32>
# CHECK:      %[[COSINE:.+]] = stablehlo.cosine %[[ANGLES]] : tensor<2x4x3xf32>
# CHECK:      %[[ATTENTION:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<2x4x3xf32>
# CHECK:      %[[COSINES:.+]] = stablehlo.multiply %[[COSINE]], %[[ATTENTION]] : tensor<2x4x3xf32>
# CHECK:      %[[SINE:.+]] = stablehlo.sine %[[ANGLES]] : tensor<2x4x3xf32>
# CHECK:      %[[ATTENTION_AGAIN:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<2x4x3xf32>
# CHECK:      %[[SINES:.+]] = stablehlo.multiply %[[SINE]], %[[ATTENTION_AGAIN]] : tensor<2x4x3xf32>
# CHECK:      "rlx.yield"(%[[COSINES]], %[[SINES]]) :
# CHECK:      }) {block = "rope_tables"
# CHECK-SAME:   mode = #rlx.mode<fence>
# CHECK-SAME:   name = "rope"
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[ROPE]]#0, %[[ROPE]]#1) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x5x10xf32>,
# CHECK-SAME:   %[[COS:[^:]+]]: tensor<2x4x3xf32>,
# CHECK-SAME:   %[[SIN:[^:]+]]: tensor<2x4x3xf32>)
# CHECK:      %[[TURNED:.+]] = stablehlo.slice %[[X]] [0:2, 0:4, 0:5, 0:6]
# CHECK-SAME:   : (tensor<2x4x5x10xf32>) -> tensor<2x4x5x6xf32>
# CHECK:      %[[PAIRS:.+]] = stablehlo.reshape %[[TURNED]]
# CHECK-SAME:   : (tensor<2x4x5x6xf32>) -> tensor<2x4x5x2x3xf32>
# CHECK:      %[[FIRST_PART:.+]] = stablehlo.slice %[[PAIRS]] [0:2, 0:4, 0:5, 0:1, 0:3]
# CHECK-SAME:   : (tensor<2x4x5x2x3xf32>) -> tensor<2x4x5x1x3xf32>
# CHECK:      %[[FIRST:.+]] = stablehlo.reshape %[[FIRST_PART]]
# CHECK-SAME:   : (tensor<2x4x5x1x3xf32>) -> tensor<2x4x5x3xf32>
# CHECK:      %[[SECOND_PART:.+]] = stablehlo.slice %[[PAIRS]] [0:2, 0:4, 0:5, 1:2, 0:3]
# CHECK-SAME:   : (tensor<2x4x5x2x3xf32>) -> tensor<2x4x5x1x3xf32>
# CHECK:      %[[SECOND:.+]] = stablehlo.reshape %[[SECOND_PART]]
# CHECK-SAME:   : (tensor<2x4x5x1x3xf32>) -> tensor<2x4x5x3xf32>
# CHECK:      %[[COS_1:.+]] = stablehlo.broadcast_in_dim %[[COS]], dims = [0, 1, 3]
# CHECK-SAME:   : (tensor<2x4x3xf32>) -> tensor<2x4x5x3xf32>
# CHECK:      %[[FIRST_COS:.+]] = stablehlo.multiply %[[FIRST]], %[[COS_1]] : tensor<2x4x5x3xf32>
# CHECK:      %[[SIN_1:.+]] = stablehlo.broadcast_in_dim %[[SIN]], dims = [0, 1, 3]
# CHECK-SAME:   : (tensor<2x4x3xf32>) -> tensor<2x4x5x3xf32>
# CHECK:      %[[SECOND_SIN:.+]] = stablehlo.multiply %[[SECOND]], %[[SIN_1]] : tensor<2x4x5x3xf32>
# CHECK:      %[[Y_FIRST:.+]] = stablehlo.subtract %[[FIRST_COS]],
# CHECK-SAME:   %[[SECOND_SIN]] : tensor<2x4x5x3xf32>
# CHECK:      %[[COS_2:.+]] = stablehlo.broadcast_in_dim %[[COS]], dims = [0, 1, 3]
# CHECK-SAME:   : (tensor<2x4x3xf32>) -> tensor<2x4x5x3xf32>
# CHECK:      %[[SECOND_COS:.+]] = stablehlo.multiply %[[SECOND]], %[[COS_2]] : tensor<2x4x5x3xf32>
# CHECK:      %[[SIN_2:.+]] = stablehlo.broadcast_in_dim %[[SIN]], dims = [0, 1, 3]
# CHECK-SAME:   : (tensor<2x4x3xf32>) -> tensor<2x4x5x3xf32>
# CHECK:      %[[FIRST_SIN:.+]] = stablehlo.multiply %[[FIRST]], %[[SIN_2]] : tensor<2x4x5x3xf32>
# CHECK:      %[[Y_SECOND:.+]] = stablehlo.add %[[SECOND_COS]], %[[FIRST_SIN]] : tensor<2x4x5x3xf32>
# CHECK:      %[[HALVES:.+]] = stablehlo.concatenate %[[Y_FIRST]], %[[Y_SECOND]], dim = 3
# CHECK-SAME:   : (tensor<2x4x5x3xf32>, tensor<2x4x5x3xf32>) -> tensor<2x4x5x6xf32>
# CHECK:      %[[REST:.+]] = stablehlo.slice %[[X]] [0:2, 0:4, 0:5, 6:10]
# CHECK-SAME:   : (tensor<2x4x5x10xf32>) -> tensor<2x4x5x4xf32>
# CHECK:      %[[ALL:.+]] = stablehlo.concatenate %[[HALVES]], %[[REST]], dim = 3
# CHECK-SAME:   : (tensor<2x4x5x6xf32>, tensor<2x4x5x4xf32>) -> tensor<2x4x5x10xf32>
# CHECK:      "rlx.yield"(%[[ALL]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "turn"
# CHECK:      return %[[Y]] :

print(flow("neighbours", interleaved=True).build().mlir("flow"))
# CHECK-LABEL: module @neighbours
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<2x4x5x10xf32> {rlx.input = "x"}
# CHECK-SAME:   %[[WHERE_ARG:[^:]+]]: tensor<2x4xi32> {rlx.input = "where"}
# CHECK-SAME:   tensor<2x4x5x10xf32> {rlx.output = "output"}
# CHECK:      %[[ROPE:.+]]:2 = "rlx.stage"(%[[WHERE_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[WHERE:[^:]+]]: tensor<2x4xi32>)
# CHECK:      %[[FREQUENCIES:.+]] = stablehlo.constant dense<{{\[}}1.000000e+00, 2.500000e-01,
# CHECK-SAME:   6.250000e-02{{\]}}> : tensor<3xf32>
# CHECK:      %[[POSITION:.+]] = stablehlo.convert %[[WHERE]] : (tensor<2x4xi32>) -> tensor<2x4xf32>
# CHECK:      %[[POSITIONS:.+]] = stablehlo.broadcast_in_dim %[[POSITION]], dims = [0, 1]
# CHECK-SAME:   : (tensor<2x4xf32>) -> tensor<2x4x3xf32>
# CHECK:      %[[SPREAD:.+]] = stablehlo.broadcast_in_dim %[[FREQUENCIES]], dims = [2]
# CHECK-SAME:   : (tensor<3xf32>) -> tensor<2x4x3xf32>
# CHECK:      %[[ANGLES:.+]] = stablehlo.multiply %[[POSITIONS]], %[[SPREAD]] : tensor<2x4x3xf32>
# CHECK:      %[[COSINE:.+]] = stablehlo.cosine %[[ANGLES]] : tensor<2x4x3xf32>
# CHECK:      %[[ATTENTION:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<2x4x3xf32>
# CHECK:      %[[COSINES:.+]] = stablehlo.multiply %[[COSINE]], %[[ATTENTION]] : tensor<2x4x3xf32>
# CHECK:      %[[SINE:.+]] = stablehlo.sine %[[ANGLES]] : tensor<2x4x3xf32>
# CHECK:      %[[ATTENTION_AGAIN:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<2x4x3xf32>
# CHECK:      %[[SINES:.+]] = stablehlo.multiply %[[SINE]], %[[ATTENTION_AGAIN]] : tensor<2x4x3xf32>
# CHECK:      "rlx.yield"(%[[COSINES]], %[[SINES]]) :
# CHECK:      }) {block = "rope_tables"
# CHECK-SAME:   mode = #rlx.mode<fence>
# CHECK-SAME:   name = "rope"
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[X_ARG]], %[[ROPE]]#0, %[[ROPE]]#1) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x5x10xf32>,
# CHECK-SAME:   %[[COS:[^:]+]]: tensor<2x4x3xf32>,
# CHECK-SAME:   %[[SIN:[^:]+]]: tensor<2x4x3xf32>)
# CHECK:      %[[TURNED:.+]] = stablehlo.slice %[[X]] [0:2, 0:4, 0:5, 0:6]
# CHECK-SAME:   : (tensor<2x4x5x10xf32>) -> tensor<2x4x5x6xf32>
# CHECK:      %[[PAIRS:.+]] = stablehlo.reshape %[[TURNED]]
# CHECK-SAME:   : (tensor<2x4x5x6xf32>) -> tensor<2x4x5x3x2xf32>
# CHECK:      %[[FIRST_PART:.+]] = stablehlo.slice %[[PAIRS]] [0:2, 0:4, 0:5, 0:3, 0:1]
# CHECK-SAME:   : (tensor<2x4x5x3x2xf32>) -> tensor<2x4x5x3x1xf32>
# CHECK:      %[[FIRST:.+]] = stablehlo.reshape %[[FIRST_PART]]
# CHECK-SAME:   : (tensor<2x4x5x3x1xf32>) -> tensor<2x4x5x3xf32>
# CHECK:      %[[SECOND_PART:.+]] = stablehlo.slice %[[PAIRS]] [0:2, 0:4, 0:5, 0:3, 1:2]
# CHECK-SAME:   : (tensor<2x4x5x3x2xf32>) -> tensor<2x4x5x3x1xf32>
# CHECK:      %[[SECOND:.+]] = stablehlo.reshape %[[SECOND_PART]]
# CHECK-SAME:   : (tensor<2x4x5x3x1xf32>) -> tensor<2x4x5x3xf32>
# CHECK:      %[[COS_1:.+]] = stablehlo.broadcast_in_dim %[[COS]], dims = [0, 1, 3]
# CHECK-SAME:   : (tensor<2x4x3xf32>) -> tensor<2x4x5x3xf32>
# CHECK:      %[[FIRST_COS:.+]] = stablehlo.multiply %[[FIRST]], %[[COS_1]] : tensor<2x4x5x3xf32>
# CHECK:      %[[SIN_1:.+]] = stablehlo.broadcast_in_dim %[[SIN]], dims = [0, 1, 3]
# CHECK-SAME:   : (tensor<2x4x3xf32>) -> tensor<2x4x5x3xf32>
# CHECK:      %[[SECOND_SIN:.+]] = stablehlo.multiply %[[SECOND]], %[[SIN_1]] : tensor<2x4x5x3xf32>
# CHECK:      %[[Y_FIRST:.+]] = stablehlo.subtract %[[FIRST_COS]],
# CHECK-SAME:   %[[SECOND_SIN]] : tensor<2x4x5x3xf32>
# CHECK:      %[[COS_2:.+]] = stablehlo.broadcast_in_dim %[[COS]], dims = [0, 1, 3]
# CHECK-SAME:   : (tensor<2x4x3xf32>) -> tensor<2x4x5x3xf32>
# CHECK:      %[[SECOND_COS:.+]] = stablehlo.multiply %[[SECOND]], %[[COS_2]] : tensor<2x4x5x3xf32>
# CHECK:      %[[SIN_2:.+]] = stablehlo.broadcast_in_dim %[[SIN]], dims = [0, 1, 3]
# CHECK-SAME:   : (tensor<2x4x3xf32>) -> tensor<2x4x5x3xf32>
# CHECK:      %[[FIRST_SIN:.+]] = stablehlo.multiply %[[FIRST]], %[[SIN_2]] : tensor<2x4x5x3xf32>
# CHECK:      %[[Y_SECOND:.+]] = stablehlo.add %[[SECOND_COS]], %[[FIRST_SIN]] : tensor<2x4x5x3xf32>
# CHECK:      %[[Y_EVEN:.+]] = stablehlo.reshape %[[Y_FIRST]]
# CHECK-SAME:   : (tensor<2x4x5x3xf32>) -> tensor<2x4x5x3x1xf32>
# CHECK:      %[[Y_ODD:.+]] = stablehlo.reshape %[[Y_SECOND]]
# CHECK-SAME:   : (tensor<2x4x5x3xf32>) -> tensor<2x4x5x3x1xf32>
# CHECK:      %[[HALVES:.+]] = stablehlo.concatenate %[[Y_EVEN]], %[[Y_ODD]], dim = 4
# CHECK-SAME:   : (tensor<2x4x5x3x1xf32>, tensor<2x4x5x3x1xf32>) -> tensor<2x4x5x3x2xf32>
# CHECK:      %[[JOINED:.+]] = stablehlo.reshape %[[HALVES]]
# CHECK-SAME:   : (tensor<2x4x5x3x2xf32>) -> tensor<2x4x5x6xf32>
# CHECK:      %[[REST:.+]] = stablehlo.slice %[[X]] [0:2, 0:4, 0:5, 6:10]
# CHECK-SAME:   : (tensor<2x4x5x10xf32>) -> tensor<2x4x5x4xf32>
# CHECK:      %[[ALL:.+]] = stablehlo.concatenate %[[JOINED]], %[[REST]], dim = 3
# CHECK-SAME:   : (tensor<2x4x5x6xf32>, tensor<2x4x5x4xf32>) -> tensor<2x4x5x10xf32>
# CHECK:      "rlx.yield"(%[[ALL]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "turn"
# CHECK:      return %[[Y]] :

# RUN: %python %s | %filecheck
# Property: the ids of both inputs stand one after the other; each axis turns its own pairs, in
# order; the angle is the sum of a coarse and a fine one, combined by the addition theorem;
# all cosines and sines are taken in one fenced stage.

import rlxflow as rf
from rlxflow.blocks.axes_rope import AxesRope

rope = AxesRope(inputs=("text", "image"), dims=(4, 2), theta=16.0, slot="r")
flow = (
    rf.ModelFlow("two_axes")
    .input("image", rf.Shape([3, 2], axes="t n"))
    .input("text", rf.Shape([5, 2], axes="t n"))
    .stage("rope", rope)
    .custom(
        lambda emit, x: emit.named("r.cos") - emit.named("r.sin"),
        name="use",
        reads=("r.cos", "r.sin"),
    )
)
print(flow.build().mlir("flow"))
# CHECK-LABEL: module @two_axes
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[IMAGE_ARG:[^:]+]]: tensor<3x2xf32> {rlx.input = "image"}
# CHECK-SAME:   %[[TEXT_ARG:[^:]+]]: tensor<5x2xf32> {rlx.input = "text"}
# CHECK-SAME:   tensor<8x3xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_ROPE:.+]]:2 = "rlx.stage"(%[[IMAGE_ARG]], %[[TEXT_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<3x2xf32>,
# CHECK-SAME:   %[[TEXT:[^:]+]]: tensor<5x2xf32>)
# CHECK:      %[[JOINED:.+]] = stablehlo.concatenate %[[TEXT]], %[[X]], dim = 0
# CHECK-SAME:   : (tensor<5x2xf32>, tensor<3x2xf32>) -> tensor<8x2xf32>
# CHECK:      %[[C:.+]] = stablehlo.constant dense<[1.000000e+00, 2.500000e-01]> : tensor<2xf32>
# CHECK:      %[[SLICE:.+]] = stablehlo.slice %[[JOINED]] [0:8, 0:1] : (tensor<8x2xf32>)
# CHECK-SAME:   -> tensor<8x1xf32>
# CHECK:      %[[RESHAPE:.+]] = stablehlo.reshape %[[SLICE]] : (tensor<8x1xf32>) -> tensor<8xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE]], dims = [0] : (tensor<8xf32>)
# CHECK-SAME:   -> tensor<8x2xf32>
# CHECK:      %[[WIDE2:.+]] = stablehlo.broadcast_in_dim %[[C]], dims = [1] : (tensor<2xf32>)
# CHECK-SAME:   -> tensor<8x2xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[WIDE]], %[[WIDE2]] : tensor<8x2xf32>
# CHECK:      %[[C2:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<1xf32>
# CHECK:      %[[SLICE2:.+]] = stablehlo.slice %[[JOINED]] [0:8, 1:2] : (tensor<8x2xf32>)
# CHECK-SAME:   -> tensor<8x1xf32>
# CHECK:      %[[RESHAPE2:.+]] = stablehlo.reshape %[[SLICE2]] : (tensor<8x1xf32>) -> tensor<8xf32>
# CHECK:      %[[WIDE3:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE2]], dims = [0] : (tensor<8xf32>)
# CHECK-SAME:   -> tensor<8x1xf32>
# CHECK:      %[[WIDE4:.+]] = stablehlo.broadcast_in_dim %[[C2]], dims = [1] : (tensor<1xf32>)
# CHECK-SAME:   -> tensor<8x1xf32>
# CHECK:      %[[MULTIPLY2:.+]] = stablehlo.multiply %[[WIDE3]], %[[WIDE4]] : tensor<8x1xf32>
# CHECK:      %[[JOINED2:.+]] = stablehlo.concatenate %[[MULTIPLY]], %[[MULTIPLY2]], dim = 1
# CHECK-SAME:   : (tensor<8x2xf32>, tensor<8x1xf32>) -> tensor<8x3xf32>
# CHECK:      %[[C3:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2xf32>
# CHECK:      %[[SLICE3:.+]] = stablehlo.slice %[[JOINED]] [0:8, 0:1] : (tensor<8x2xf32>)
# CHECK-SAME:   -> tensor<8x1xf32>
# CHECK:      %[[RESHAPE3:.+]] = stablehlo.reshape %[[SLICE3]] : (tensor<8x1xf32>) -> tensor<8xf32>
# CHECK:      %[[WIDE5:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE3]], dims = [0] : (tensor<8xf32>)
# CHECK-SAME:   -> tensor<8x2xf32>
# CHECK:      %[[WIDE6:.+]] = stablehlo.broadcast_in_dim %[[C3]], dims = [1] : (tensor<2xf32>)
# CHECK-SAME:   -> tensor<8x2xf32>
# CHECK:      %[[MULTIPLY3:.+]] = stablehlo.multiply %[[WIDE5]], %[[WIDE6]] : tensor<8x2xf32>
# CHECK:      %[[C4:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<1xf32>
# CHECK:      %[[SLICE4:.+]] = stablehlo.slice %[[JOINED]] [0:8, 1:2] : (tensor<8x2xf32>)
# CHECK-SAME:   -> tensor<8x1xf32>
# CHECK:      %[[RESHAPE4:.+]] = stablehlo.reshape %[[SLICE4]] : (tensor<8x1xf32>) -> tensor<8xf32>
# CHECK:      %[[WIDE7:.+]] = stablehlo.broadcast_in_dim %[[RESHAPE4]], dims = [0] : (tensor<8xf32>)
# CHECK-SAME:   -> tensor<8x1xf32>
# CHECK:      %[[WIDE8:.+]] = stablehlo.broadcast_in_dim %[[C4]], dims = [1] : (tensor<1xf32>)
# CHECK-SAME:   -> tensor<8x1xf32>
# CHECK:      %[[MULTIPLY4:.+]] = stablehlo.multiply %[[WIDE7]], %[[WIDE8]] : tensor<8x1xf32>
# CHECK:      %[[JOINED3:.+]] = stablehlo.concatenate %[[MULTIPLY3]], %[[MULTIPLY4]], dim = 1
# CHECK-SAME:   : (tensor<8x2xf32>, tensor<8x1xf32>) -> tensor<8x3xf32>
# CHECK:      %[[JOINED4:.+]] = stablehlo.concatenate %[[JOINED2]], %[[JOINED3]], dim = 1
# CHECK-SAME:   : (tensor<8x3xf32>, tensor<8x3xf32>) -> tensor<8x6xf32>
# CHECK:      %[[STAGE_TURNS:.+]] = "rlx.stage"(%[[JOINED4]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X2:[^:]+]]: tensor<8x6xf32>)
# CHECK:      %[[COSINE:.+]] = stablehlo.cosine %[[X2]] : tensor<8x6xf32>
# CHECK:      %[[SINE:.+]] = stablehlo.sine %[[X2]] : tensor<8x6xf32>
# CHECK:      %[[JOINED5:.+]] = stablehlo.concatenate %[[COSINE]], %[[SINE]], dim = 1
# CHECK-SAME:   : (tensor<8x6xf32>, tensor<8x6xf32>) -> tensor<8x12xf32>
# CHECK:      "rlx.yield"(%[[JOINED5]]) :
# CHECK:      }) {block = "turns"
# CHECK-SAME:   mode = #rlx.mode<fence>
# CHECK-SAME:   name = "turns"
# CHECK:      %[[SLICE5:.+]] = stablehlo.slice %[[STAGE_TURNS]] [0:8, 0:3] : (tensor<8x12xf32>)
# CHECK-SAME:   -> tensor<8x3xf32>
# CHECK:      %[[SLICE6:.+]] = stablehlo.slice %[[STAGE_TURNS]] [0:8, 3:6] : (tensor<8x12xf32>)
# CHECK-SAME:   -> tensor<8x3xf32>
# CHECK:      %[[SLICE7:.+]] = stablehlo.slice %[[STAGE_TURNS]] [0:8, 6:9] : (tensor<8x12xf32>)
# CHECK-SAME:   -> tensor<8x3xf32>
# CHECK:      %[[SLICE8:.+]] = stablehlo.slice %[[STAGE_TURNS]] [0:8, 9:12] : (tensor<8x12xf32>)
# CHECK-SAME:   -> tensor<8x3xf32>
# CHECK:      %[[MULTIPLY5:.+]] = stablehlo.multiply %[[SLICE5]], %[[SLICE6]] : tensor<8x3xf32>
# CHECK:      %[[MULTIPLY6:.+]] = stablehlo.multiply %[[SLICE7]], %[[SLICE8]] : tensor<8x3xf32>
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[MULTIPLY5]], %[[MULTIPLY6]] : tensor<8x3xf32>
# CHECK:      %[[MULTIPLY7:.+]] = stablehlo.multiply %[[SLICE7]], %[[SLICE6]] : tensor<8x3xf32>
# CHECK:      %[[MULTIPLY8:.+]] = stablehlo.multiply %[[SLICE5]], %[[SLICE8]] : tensor<8x3xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[MULTIPLY7]], %[[MULTIPLY8]] : tensor<8x3xf32>
# CHECK:      "rlx.yield"(%[[SUBTRACT]], %[[ADD]]) :
# CHECK:      }) {block = "axes_rope"
# CHECK-SAME:   mode = #rlx.mode<fence>
# CHECK-SAME:   name = "rope"
# CHECK:      %[[STAGE_USE:.+]] = "rlx.stage"(%[[STAGE_ROPE]]#0, %[[STAGE_ROPE]]#1) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[ROPE:[^:]+]]: tensor<8x3xf32>,
# CHECK-SAME:   %[[ROPE2:[^:]+]]: tensor<8x3xf32>)
# CHECK:      %[[SUBTRACT2:.+]] = stablehlo.subtract %[[ROPE]], %[[ROPE2]] : tensor<8x3xf32>
# CHECK:      "rlx.yield"(%[[SUBTRACT2]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "use"
# CHECK:      return %[[STAGE_USE]] :

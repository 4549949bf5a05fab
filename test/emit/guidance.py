# RUN: %python %s | %filecheck
# Property: the way from the negative to the positive stream is scaled and added to the former,
# by one number, or by one for each row.

import rlxflow as rf

flow = (
    rf.ModelFlow("number").input("with", rf.Shape([2, 4, 3])).input("without", rf.Shape([2, 4, 3]))
)
flow = flow.bind_inputs_to_streams([("with", "pos"), ("without", "neg")])
print(flow.cfg_combine(2.5).build().mlir("flow"))
# CHECK-LABEL: module @number
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[WITH_ARG:[^:]+]]: tensor<2x4x3xf32> {rlx.input = "with"}
# CHECK-SAME:   %[[WITHOUT_ARG:[^:]+]]: tensor<2x4x3xf32> {rlx.input = "without"}
# CHECK-SAME:   tensor<2x4x3xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_CFG_COMBINE:.+]] = "rlx.stage"(%[[WITH_ARG]], %[[WITHOUT_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x3xf32>,
# CHECK-SAME:   %[[WITHOUT:[^:]+]]: tensor<2x4x3xf32>)
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[X]], %[[WITHOUT]] : tensor<2x4x3xf32>
# CHECK:      %[[C:.+]] = stablehlo.constant dense<2.500000e+00> : tensor<2x4x3xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[C]] : tensor<2x4x3xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[WITHOUT]], %[[MULTIPLY]] : tensor<2x4x3xf32>
# CHECK:      "rlx.yield"(%[[ADD]]) :
# CHECK:      }) {block = "cfg_combine"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "cfg_combine"
# CHECK:      return %[[STAGE_CFG_COMBINE]] :

rows = rf.ModelFlow("rows").input("with", rf.Shape([2, 4, 3])).input("without", rf.Shape([2, 4, 3]))
rows = rows.input("scale", rf.Shape([2])).bind_inputs_to_streams([("with", "a"), ("without", "b")])
print(rows.cfg_combine(positive="a", negative="b", input="scale").build().mlir("flow"))
# CHECK-LABEL: module @rows
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[WITH_ARG:[^:]+]]: tensor<2x4x3xf32> {rlx.input = "with"}
# CHECK-SAME:   %[[WITHOUT_ARG:[^:]+]]: tensor<2x4x3xf32> {rlx.input = "without"}
# CHECK-SAME:   %[[SCALE_ARG:[^:]+]]: tensor<2xf32> {rlx.input = "scale"}
# CHECK-SAME:   tensor<2x4x3xf32> {rlx.output = "output"}
# CHECK:      %[[STAGE_CFG_COMBINE:.+]] = "rlx.stage"(%[[WITH_ARG]], %[[WITHOUT_ARG]],
# CHECK-SAME:   %[[SCALE_ARG]]) ({
# CHECK:      ^bb0(
# CHECK-SAME:   %[[X:[^:]+]]: tensor<2x4x3xf32>,
# CHECK-SAME:   %[[WITHOUT:[^:]+]]: tensor<2x4x3xf32>,
# CHECK-SAME:   %[[SCALE:[^:]+]]: tensor<2xf32>)
# CHECK:      %[[SUBTRACT:.+]] = stablehlo.subtract %[[X]], %[[WITHOUT]] : tensor<2x4x3xf32>
# CHECK:      %[[WIDE:.+]] = stablehlo.broadcast_in_dim %[[SCALE]], dims = [0] : (tensor<2xf32>)
# CHECK-SAME:   -> tensor<2x4x3xf32>
# CHECK:      %[[MULTIPLY:.+]] = stablehlo.multiply %[[SUBTRACT]], %[[WIDE]] : tensor<2x4x3xf32>
# CHECK:      %[[ADD:.+]] = stablehlo.add %[[WITHOUT]], %[[MULTIPLY]] : tensor<2x4x3xf32>
# CHECK:      "rlx.yield"(%[[ADD]]) :
# CHECK:      }) {block = "cfg_combine"
# CHECK-SAME:   mode = #rlx.mode<auto>
# CHECK-SAME:   name = "cfg_combine"
# CHECK:      return %[[STAGE_CFG_COMBINE]] :

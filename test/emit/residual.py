# RUN: %python %s | %filecheck
# Property: saving a residual costs no operation and no region; adding takes the value saved last,
# so that pairs may nest, and a layer around them yields only what is used after it.

import rlxflow as rf
from rlxflow.ir import ops

nested = (
    rf.ModelFlow("inner_pair_first")
    .input("x", rf.Shape([4, 6]))
    .residual_save()
    .custom(lambda emit, x: ops.tanh(x), name="outer")
    .residual_save()
    .custom(lambda emit, x: ops.negate(x), name="inner")
    .residual_add()
    .residual_add()
)
print(nested.build().mlir("flow"))
# CHECK-LABEL: module @inner_pair_first
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<4x6xf32> {rlx.output = "output"}
# CHECK:      %[[OUTER:.+]] = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[TANH:.+]] = stablehlo.tanh %[[X]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[TANH]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "outer"
# CHECK:      %[[INNER:.+]] = "rlx.stage"(%[[OUTER]]) ({
# CHECK:      ^bb0(%[[T:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[NEGATED:.+]] = stablehlo.negate %[[T]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[NEGATED]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "inner"
# CHECK:      %[[ADDED:.+]] = "rlx.stage"(%[[INNER]], %[[OUTER]]) ({
# CHECK:      ^bb0(%[[N:[^:]+]]: tensor<4x6xf32>, %[[O:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[INNER_SUM:.+]] = stablehlo.add %[[N]], %[[O]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[INNER_SUM]]) :
# CHECK:      }) {block = "residual_add"
# CHECK-SAME:   name = "residual_add"
# CHECK:      %[[TOTAL:.+]] = "rlx.stage"(%[[ADDED]], %[[X_ARG]]) ({
# CHECK:      ^bb0(%[[S:[^:]+]]: tensor<4x6xf32>, %[[I:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[OUTER_SUM:.+]] = stablehlo.add %[[S]], %[[I]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[OUTER_SUM]]) :
# CHECK:      }) {block = "residual_add"
# CHECK-SAME:   name = "residual_add_1"
# CHECK:      return %[[TOTAL]] :

# The pair is opened inside one layer and closed in the next one.
across = (
    rf.ModelFlow("across_layers")
    .input("x", rf.Shape([4, 6]))
    .layer(
        "first",
        lambda layer: (
            layer.custom(lambda emit, x: ops.exponential(x), name="exp")
            .residual_save()
            .custom(lambda emit, x: ops.negate(x), name="neg")
        ),
    )
    .residual_add()
)
print(across.build().mlir("flow"))
# CHECK-LABEL: module @across_layers
# CHECK:      func.func public @main(
# CHECK-SAME:   %[[X_ARG:[^:]+]]: tensor<4x6xf32> {rlx.input = "x"}
# CHECK-SAME:   tensor<4x6xf32> {rlx.output = "output"}
# CHECK:      %[[FIRST:.+]]:2 = "rlx.stage"(%[[X_ARG]]) ({
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[EXP:.+]] = "rlx.stage"(%[[X]]) ({
# CHECK:      ^bb0(%[[E:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[RAISED:.+]] = stablehlo.exponential %[[E]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[RAISED]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "exp"
# CHECK:      %[[NEG:.+]] = "rlx.stage"(%[[EXP]]) ({
# CHECK:      ^bb0(%[[R:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[NEGATED:.+]] = stablehlo.negate %[[R]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[NEGATED]]) :
# CHECK:      }) {block = "custom"
# CHECK-SAME:   name = "neg"
# CHECK:      "rlx.yield"(%[[EXP]], %[[NEG]]) :
# CHECK:      }) {block = "layer"
# CHECK-SAME:   name = "first"
# CHECK:      %[[Y:.+]] = "rlx.stage"(%[[FIRST]]#1, %[[FIRST]]#0) ({
# CHECK:      ^bb0(%[[LATER:[^:]+]]: tensor<4x6xf32>, %[[EARLIER:[^:]+]]: tensor<4x6xf32>)
# CHECK:      %[[SUM:.+]] = stablehlo.add %[[LATER]], %[[EARLIER]] : tensor<4x6xf32>
# CHECK:      "rlx.yield"(%[[SUM]]) :
# CHECK:      }) {block = "residual_add"
# CHECK-SAME:   name = "residual_add"
# CHECK:      return %[[Y]] :

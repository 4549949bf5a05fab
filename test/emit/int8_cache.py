# RUN: %python %s | %filecheck
# Property: a head of a token is kept as the nearest integers of 127 times its share of the largest
# magnitude, and that magnitude over 127; where it is zero or not finite, as ones. What is kept is
# multiplied by its scale: scores by that of the key, weights by that of the value.

import rlxflow as rf
from rlxflow.blocks.attention_core import attend
from rlxflow.blocks.kv_cache import keep


def keys(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
    assert x is not None
    made = keep(x, "i8")
    assert made.scale is not None
    emit.publish_side_output("rows", made.rows)
    emit.publish_side_output("scale", made.scale)
    return x


rows = rf.ModelFlow("rows").input("x", rf.Shape([2, 3, 4, 5], axes=("b", "t", "k", "e")))
print(rows.custom(keys, name="keep").build().mlir("flow"))
# CHECK-LABEL: module @rows
# CHECK:      ^bb0(%[[X:[^:]+]]: tensor<2x3x4x5xf32>):
# CHECK:      %[[SIZES:.+]] = stablehlo.abs %[[X]] : tensor<2x3x4x5xf32>
# CHECK:      %[[MOST:.+]] = stablehlo.reduce(%[[SIZES]] init: {{.*}} applies stablehlo.maximum
# CHECK-SAME:   across dimensions = [3]
# CHECK:      %[[ZERO:.+]] = stablehlo.constant dense<0.000000e+00> : tensor<2x3x4xf32>
# CHECK:      %[[SOME:.+]] = stablehlo.compare GT, %[[MOST]], %[[ZERO]]
# CHECK:      %[[INF:.+]] = stablehlo.constant dense<0x7F800000> : tensor<2x3x4xf32>
# CHECK:      %[[FINITE:.+]] = stablehlo.compare LT, %[[MOST]], %[[INF]]
# CHECK:      %[[USABLE:.+]] = stablehlo.and %[[SOME]], %[[FINITE]] : tensor<2x3x4xi1>
# CHECK:      %[[ALL:.+]] = stablehlo.broadcast_in_dim %[[MOST]], dims = [0, 1, 2]
# CHECK:      %[[SHARE:.+]] = stablehlo.divide %[[X]], %[[ALL]] : tensor<2x3x4x5xf32>
# CHECK:      %[[STEPS:.+]] = stablehlo.constant dense<1.270000e+02> : tensor<2x3x4x5xf32>
# CHECK:      %[[REAL:.+]] = stablehlo.multiply %[[SHARE]], %[[STEPS]] : tensor<2x3x4x5xf32>
# CHECK:      %[[WHOLE:.+]] = stablehlo.round_nearest_even %[[REAL]] : tensor<2x3x4x5xf32>
# CHECK-DAG:  %[[USED:.+]] = stablehlo.broadcast_in_dim %[[USABLE]], dims = [0, 1, 2]
# CHECK-DAG:  %[[ONES:.+]] = stablehlo.constant dense<1.000000e+00> : tensor<2x3x4x5xf32>
# CHECK:      %[[SAFE:.+]] = stablehlo.select %[[USED]], %[[WHOLE]], %[[ONES]]
# CHECK:      %[[ROWS:.+]] = stablehlo.convert %[[SAFE]] : {{.*}} -> tensor<2x3x4x5xi8>
# CHECK:      %[[PART:.+]] = stablehlo.constant dense<0.00787401571> : tensor<2x3x4xf32>
# CHECK:      %[[SCALE:.+]] = stablehlo.multiply %[[MOST]], %[[PART]] : tensor<2x3x4xf32>
# CHECK:      "rlx.yield"({{.*}}%[[ROWS]], %[[SCALE]])


def mix(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
    assert x is not None
    scales = [emit.flow_input(name) for name in ("of_keys", "of_values")]
    return attend(x, emit.flow_input("k"), emit.flow_input("v"), scale=0.25, scales=scales)


flow = rf.ModelFlow("scaled").input("q", rf.Shape([2, 3, 4, 1, 5], axes=tuple("btkge")))
flow = flow.input("k", rf.Shape([2, 7, 4, 5], axes=tuple("bske")))
flow = flow.input("v", rf.Shape([2, 7, 4, 5], axes=tuple("bske")))
for name in ("of_keys", "of_values"):
    flow = flow.input(name, rf.Shape([2, 4, 7], axes=tuple("bks")))
print(flow.custom(mix, name="mix").build().mlir("flow"))
# CHECK-LABEL: module @scaled
# CHECK:      ^bb0(
# CHECK-SAME:   %[[OF_K:of_keys[^:]*]]: tensor<2x4x7xf32>,
# CHECK-SAME:   %[[OF_V:of_values[^:]*]]: tensor<2x4x7xf32>
# CHECK:      %[[DOT:.+]] = stablehlo.dot_general
# CHECK:      %[[K_ALL:.+]] = stablehlo.broadcast_in_dim %[[OF_K]], dims = [0, 1, 4]
# CHECK:      %[[SCORES:.+]] = stablehlo.multiply %[[DOT]], %[[K_ALL]] : tensor<2x4x3x1x7xf32>
# CHECK:      %[[BY:.+]] = stablehlo.constant dense<2.500000e-01> : tensor<2x4x3x1x7xf32>
# CHECK:      stablehlo.multiply %[[SCORES]], %[[BY]] : tensor<2x4x3x1x7xf32>
# CHECK:      %[[SOFTMAX:.+]] = stablehlo.divide
# CHECK:      %[[V_ALL:.+]] = stablehlo.broadcast_in_dim %[[OF_V]], dims = [0, 1, 4]
# CHECK:      %[[WEIGHTS:.+]] = stablehlo.multiply %[[SOFTMAX]], %[[V_ALL]] : tensor<2x4x3x1x7xf32>
# CHECK:      stablehlo.dot_general %[[WEIGHTS]],

# RUN: %python %s | %filecheck
# Property: at flow level an operation is named within its stage; once stages are gone it carries
# the whole path, so that a compiled program says which stage each of its operations is from.

import rlxflow as rf
from rlxflow.blocks.attention import SelfAttention

attention = SelfAttention(
    query_key="l.query",
    key_key="l.key",
    value_key="l.value",
    output_key="l.output",
    num_attention_heads=2,
    num_key_value_heads=2,
    head_dim=3,
    padding=False,
    bias=False,
)
built = (
    rf.ModelFlow("two_levels")
    .input("x", rf.Shape([2, 4, 5]))
    .layer("layers.0", lambda layer: layer.stage("attention", attention))
    .build()
)
print("TEST: flow level")
print(built.mlir("flow", debug_info=True))
# CHECK-LABEL: TEST: flow level
# CHECK:      "rlx.stage"
# CHECK:      "rlx.stage"
# CHECK-SAME:   ({
# CHECK:      stablehlo.dot_general {{.*}} loc(#[[QUERY:.+]])
# CHECK:      stablehlo.dot_general {{.*}} loc(#[[KEY:.+]])
# CHECK:      stablehlo.dot_general {{.*}} loc(#[[VALUE:.+]])
# CHECK:      stablehlo.exponential {{.*}} loc(#[[ATTEND:.+]])
# CHECK:      stablehlo.dot_general
# CHECK:      stablehlo.dot_general {{.*}} loc(#[[OUTPUT:.+]])
# CHECK:      }) {block = "self_attention"
# CHECK-SAME:   loc(#[[INNER:.+]])
# CHECK:      }) {block = "layer"
# CHECK-SAME:   loc(#[[OUTER:.+]])
# CHECK:      return {{.*}} loc(#[[RETURN:.+]])
# CHECK:      #[[OUTER]] = loc("layers.0")
# CHECK:      #[[INNER]] = loc("attention")
# CHECK:      #[[QUERY]] = loc("query")
# CHECK:      #[[KEY]] = loc("key")
# CHECK:      #[[VALUE]] = loc("value")
# CHECK:      #[[ATTEND]] = loc("attend")
# CHECK:      #[[OUTPUT]] = loc("output")
# CHECK:      #[[RETURN]] = loc("return")

print("TEST: stablehlo level")
print(built.mlir("stablehlo", debug_info=True))
# CHECK-LABEL: TEST: stablehlo level
# CHECK:      stablehlo.dot_general {{.*}} loc(#[[QUERY:.+]])
# CHECK:      stablehlo.dot_general {{.*}} loc(#[[KEY:.+]])
# CHECK:      stablehlo.dot_general {{.*}} loc(#[[VALUE:.+]])
# CHECK:      stablehlo.exponential {{.*}} loc(#[[ATTEND:.+]])
# CHECK:      stablehlo.dot_general
# CHECK:      stablehlo.dot_general {{.*}} loc(#[[OUTPUT:.+]])
# CHECK:      return {{.*}} loc(#[[RETURN:.+]])
# CHECK:      #[[QUERY]] = loc("layers.0/attention/query")
# CHECK:      #[[KEY]] = loc("layers.0/attention/key")
# CHECK:      #[[VALUE]] = loc("layers.0/attention/value")
# CHECK:      #[[ATTEND]] = loc("layers.0/attention/attend")
# CHECK:      #[[OUTPUT]] = loc("layers.0/attention/output")
# CHECK:      #[[RETURN]] = loc("return")

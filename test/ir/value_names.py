# RUN: %python %s | %filecheck
# Property: values are called after what makes them: arguments after inputs and weights, results
# after their stages, operations inside after the weight they use or what they are.

import rlxflow as rf
from rlxflow.blocks.linear import Linear
from rlxflow.ir import ops

flow = (
    rf.ModelFlow("named")
    .input("hidden", rf.Shape([2, 4, 6]))
    .stage("up_proj", Linear(weight_key="model.layers.3.mlp.up.weight", out_features=5))
    .custom(lambda emit, x: ops.tanh(x), name="squash")
)
print(flow.build().mlir("flow"))
# CHECK:      @main(%hidden: {{.*}}, %model.layers.3.mlp.up.weight: {{.*}})
# CHECK:      %up_proj = "rlx.stage"(%hidden, %model.layers.3.mlp.up.weight)
# CHECK-NEXT: ^bb0(%x: {{.*}}, %up.weight: {{.*}})
# CHECK-NEXT: %up = stablehlo.dot_general %x, %up.weight,
# CHECK-NEXT: "rlx.yield"(%up)
# CHECK:      %squash = "rlx.stage"(%up_proj)
# CHECK-NEXT: ^bb0(%x: {{.*}})
# CHECK-NEXT: %tanh = stablehlo.tanh %x
# CHECK-NEXT: "rlx.yield"(%tanh)
# CHECK:      return %squash

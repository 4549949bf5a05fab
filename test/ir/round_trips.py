# RUN: %python %s | %filecheck
# Property: bytecode and text keep a module at any level, names of values included; a portable
# artifact keeps one at `vhlo` level. Reading them back and writing them again changes nothing.

import rlxflow as rf
from rlxflow.blocks.mlp import Mlp
from rlxflow.ir.module import IrModule

block = Mlp(up_key="m.up", down_key="m.down", intermediate_size=10, activation="gelu")
flow = rf.ModelFlow("kept").input("x", rf.Shape([2, 4, 6])).stage("mlp", block)
built = flow.build()


def same(title: str, one: str, other: str) -> None:
    print(f"{title}: {'same' if one == other else other}")


for level in ("flow", "composite", "stablehlo", "vhlo"):
    module = built.lowered(level)
    for debug_info in (False, True):
        text = module.text(debug_info=debug_info)
        again = IrModule.parse(module.bytecode()).text(debug_info=debug_info)
        same(f"{level}, {'locations' if debug_info else 'names'}, bytecode", text, again)
    text = module.text(debug_info=True)
    same(f"{level}, text", text, IrModule.parse(text).text(debug_info=True))

# CHECK:      flow, names, bytecode: same
# CHECK-NEXT: flow, locations, bytecode: same
# CHECK-NEXT: flow, text: same
# CHECK-NEXT: composite, names, bytecode: same
# CHECK-NEXT: composite, locations, bytecode: same
# CHECK-NEXT: composite, text: same
# CHECK-NEXT: stablehlo, names, bytecode: same
# CHECK-NEXT: stablehlo, locations, bytecode: same
# CHECK-NEXT: stablehlo, text: same
# CHECK-NEXT: vhlo, names, bytecode: same
# CHECK-NEXT: vhlo, locations, bytecode: same
# CHECK-NEXT: vhlo, text: same

module = built.lowered("vhlo")
artifact = module.portable()
read = IrModule.parse(artifact)
same("artifact, text", module.text(debug_info=True), read.text(debug_info=True))
same("artifact, ports", str(module.arguments()), str(read.arguments()))
same("artifact, bytes", artifact.hex(), read.portable().hex())
# CHECK-NEXT: artifact, text: same
# CHECK-NEXT: artifact, ports: same
# CHECK-NEXT: artifact, bytes: same

# What is left of the names of stages and weights, and that the artifact holds no CHLO operation.
print(read.text(debug_info=True))
# CHECK:      {rlx.param = "m.up.weight"} loc("m.up.weight")
# CHECK:      stablehlo.dot_general {{.*}} loc(#[[UP:.+]])
# CHECK-NOT:  chlo.
# CHECK:      return
# CHECK:      #[[UP]] = loc("mlp/up")

try:
    built.lowered("flow").portable()
except rf.FlowError as error:
    print("refused:", error)
# CHECK:      refused: {{.*}}portable artifact for StableHLO
# CHECK-SAME:   found `rlx.stage`; run rlx-lower-stage-modes or rlx-outline-stages first

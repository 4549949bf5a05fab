// Property: each form of --emit holds the module: the text forms show it, the binary ones give the
// same text when they are read again, and a form that cannot hold stages names the first one.

// RUN: rlxflow-opt %s --emit=mlir | %filecheck --check-prefix=TEXT
// RUN: rlxflow-opt %s --emit=generic | %filecheck --check-prefix=GENERIC
// RUN: rlxflow-opt %s --emit=summary | %filecheck --check-prefix=SUMMARY
// RUN: rlxflow-opt %s --emit=dot | %filecheck --check-prefix=DOT
// RUN: rlxflow-opt %s --emit=mlirbc -o %t.named_after_nothing
// RUN: rlxflow-opt %t.named_after_nothing | %filecheck --check-prefix=TEXT
// RUN: rlxflow-opt %s --rlx-outline-stages --chlo-legalize-to-stablehlo --emit=vhlo --target-version=1.0.0 -o %t.artifact
// RUN: rlxflow-opt %t.artifact --emit=summary | %filecheck --check-prefix=ARTIFACT
// RUN: rlxflow-opt %s --rlx-lower-stage-modes -o %t.hlo
// RUN: %filecheck --check-prefix=PROGRAM < %t.hlo
// RUN: rlxflow-opt %t.hlo | %filecheck --check-prefix=AGAIN
// RUN: not rlxflow-opt %s --emit=hlo 2>&1 | %filecheck --check-prefix=UNFIT
// RUN: not rlxflow-opt %s --emit=vhlo 2>&1 | %filecheck --check-prefix=UNPORTABLE
// RUN: not rlxflow-opt %s --rlx-outline-stages --chlo-legalize-to-stablehlo --emit=vhlo --target-version=0.9.0 2>&1 | %filecheck --check-prefix=OLD
// RUN: not rlxflow-opt %s --emit=vhlo --target-version=7.1.0 2>&1 | %filecheck --check-prefix=NEVER

// TEXT:       func.func public @main(%[[X:.+]]: tensor<4x7xf32> {rlx.input = "x"})
// TEXT:         %[[Y:.+]] = "rlx.stage"(%[[X]])
// TEXT:         return %[[Y]]
// GENERIC:    "func.func"() <{
// GENERIC:      %[[Y:.+]] = "rlx.stage"(%{{.+}})
// GENERIC:      "func.return"(%[[Y]])
// SUMMARY:    tower tower f32[4, 7] -> f32[7, 4] weights=0 ops=2
// SUMMARY:      tower/turn turn f32[4, 7] -> f32[7, 4] weights=0 ops=1
// ARTIFACT:   tower tower f32[4, 7] -> f32[7, 4] weights=0
// ARTIFACT:     tower/turn turn f32[4, 7] -> f32[7, 4] weights=0 ops=1
// DOT:        digraph
// DOT:          [[IN:in[0-9]+]] [shape=ellipse label="x"]
// DOT:          subgraph {{.*}} {
// DOT-NEXT:       label="tower"
// DOT:            [[TURN:s[0-9]+]] [label="tower/turn\nturn, weights=0, ops=1"]
// DOT:          [[IN]] -> [[TURN]] [label="f32[4, 7]"]
// DOT:          [[TURN]] -> {{out[0-9]+}} [label="f32[7, 4]"]
// PROGRAM:        HloModule
// PROGRAM:        ENTRY
// PROGRAM:          %[[X:.+]] = f32[4,7]{1,0} parameter(0)
// PROGRAM:          %[[E:.+]] = f32[4,7]{1,0} erf(%[[X]])
// PROGRAM-SAME:       op_name="tower/error"
// PROGRAM:          ROOT %{{.+}} = f32[7,4]{{.*}} transpose(%[[E]])
// PROGRAM-SAME:       op_name="tower/turn/swap"
// AGAIN:      func.func @main(%[[X:.+]]: tensor<4x7xf32>) -> tensor<7x4xf32>
// AGAIN:        %[[E:.+]] = chlo.erf %[[X]]
// AGAIN:        %[[T:.+]] = stablehlo.transpose %[[E]], dims = [1, 0]
// AGAIN:        return %[[T]]
// OLD:        error: portable artifact for StableHLO 0.9.0: expected operations that this version has, found `
// OLD-SAME:     the oldest version that has all is
// NEVER:      error: target version: expected minimum, current or {{.*}}, found `7.1.0`
// UNFIT:      opt_emit.mlir:{{[0-9]+}}:8: error: HLO: {{.*}} found `rlx.stage`; run rlx-lower-stage-modes
// UNPORTABLE: opt_emit.mlir:{{[0-9]+}}:8: error: portable artifact {{.*}} found `rlx.stage`; run rlx-lower-stage-modes or rlx-outline-stages first
func.func public @main(%x: tensor<4x7xf32> {rlx.input = "x"}) -> tensor<7x4xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    %1 = chlo.erf %a : tensor<4x7xf32> -> tensor<4x7xf32> loc("error")
    %2 = "rlx.stage"(%1) ({
    ^bb0(%b: tensor<4x7xf32>):
      %3 = stablehlo.transpose %b, dims = [1, 0] : (tensor<4x7xf32>) -> tensor<7x4xf32> loc("swap")
      "rlx.yield"(%3) : (tensor<7x4xf32>) -> ()
    }) {block = "turn", mode = #rlx.mode<auto>, name = "turn"} : (tensor<4x7xf32>) -> tensor<7x4xf32>
    "rlx.yield"(%2) : (tensor<7x4xf32>) -> ()
  }) {block = "tower", mode = #rlx.mode<auto>, name = "tower"} : (tensor<4x7xf32>) -> tensor<7x4xf32>
  return %0 : tensor<7x4xf32>
}

// Property: calls of kernels in a loop over layers take stacks of weights and caches whole, and the
// number of the layer; nothing is sliced for them, and what they write is in its place already.

// RUN: rlxflow-opt %s | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --rlx-index-stacks | %filecheck
// RUN: rlxflow-opt %s --rlx-index-stacks --rlx-index-stacks | %filecheck

// BEFORE-COUNT-4: stablehlo.dynamic_slice
// BEFORE-COUNT-2: stablehlo.dynamic_update_slice

// CHECK-LABEL: func.func @main
// CHECK-SAME:    %[[WS:[^:]+]]: tensor<3x4352xui8> {rlx.packed
// CHECK:       stablehlo.while(%[[PASS:.+]] = %{{.+}}, %[[Y:.+]] = %{{.+}}, %[[KS:.+]] = %{{.+}}, %[[VS:.+]] = %{{.+}})
// CHECK:       do {
// CHECK:         %[[NEXT:.+]] = stablehlo.add %[[PASS]]
// A bias is no weight in panels: its slice stays.
// CHECK:         stablehlo.dynamic_slice {{.*}}(tensor<3x64xf32>
// CHECK-NEXT:    %[[BIAS:.+]] = stablehlo.reshape
// CHECK-NOT:     stablehlo.dynamic_slice
// CHECK:         %[[OUT:.+]]:3 = "rlx.stage"(%[[Y]], %[[WS]], %[[BIAS]], %{{.+}}, %[[KS]], %[[VS]], %{{.+}}, %[[PASS]]) ({
// CHECK-NEXT:    ^bb0(%[[A:.+]]: tensor<1x64xf32>, %[[W:.+]]: tensor<3x4352xui8>, %[[B:.+]]: tensor<64xf32>, %{{.+}}, %[[K:.+]]: tensor<3x1x3x8x16xf32>, %[[V:.+]]: tensor<3x1x3x16x8xf32>, %[[AT:.+]]: tensor<1x1xi32>, %[[LAYER:.+]]: tensor<i32>):
// CHECK-NEXT:      %[[PROJ:.+]] = "rlx.stage"(%[[A]], %[[W]], %[[B]], %[[LAYER]]) ({
// CHECK-NEXT:      ^bb0(%[[A1:.+]]: tensor<1x64xf32>, %[[W1:.+]]: tensor<3x4352xui8>, %[[B1:.+]]: tensor<64xf32>, %[[LAYER1:.+]]: tensor<i32>):
// CHECK-NEXT:        stablehlo.custom_call @rlxflow.linear.v1(%[[A1]], %[[W1]], %[[B1]], %[[LAYER1]])
// CHECK:           stablehlo.custom_call @rlxflow.attend_decode.v1({{.*}}, %[[K]], %[[V]], %[[AT]], {{.*}}, %[[LAYER]])
// CHECK-SAME:        output_operand_aliases
// CHECK-SAME:        -> (tensor<1x1x3x5x8xf32>, tensor<3x1x3x8x16xf32>, tensor<3x1x3x16x8xf32>, tensor<2304xui8>)
// CHECK-NOT:     stablehlo.dynamic_update_slice
// CHECK:         stablehlo.return %[[NEXT]], %[[OUT]]#0, %[[OUT]]#1, %[[OUT]]#2
func.func @main(%x: tensor<1x64xf32> {rlx.input = "x"}, %q: tensor<1x1x3x5x8xf32> {rlx.input = "q"},
    %row: tensor<1x1x3x8xf32> {rlx.input = "row"}, %at: tensor<1x1xi32> {rlx.input = "at"},
    %ws: tensor<3x4352xui8> {rlx.packed = "q8_0.v1 3x64x64", rlx.param = "w", rlx.parts = ["0.w", "1.w", "2.w"]},
    %bs: tensor<3x64xf32> {rlx.param = "b", rlx.parts = ["0.b", "1.b", "2.b"]},
    %keys: tensor<3x1x3x8x16xf32> {rlx.state = "keys"}, %values: tensor<3x1x3x16x8xf32> {rlx.state = "values"})
    -> (tensor<1x64xf32> {rlx.output = "y"}, tensor<3x1x3x8x16xf32> {rlx.output = "keys"}, tensor<3x1x3x16x8xf32> {rlx.output = "values"}) {
  %first = stablehlo.constant dense<0> : tensor<i32>
  %loop:4 = stablehlo.while(%pass = %first, %y = %x, %ks = %keys, %vs = %values) : tensor<i32>, tensor<1x64xf32>, tensor<3x1x3x8x16xf32>, tensor<3x1x3x16x8xf32>
  cond {
    %passes = stablehlo.constant dense<3> : tensor<i32>
    %more = stablehlo.compare LT, %pass, %passes : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %more : tensor<i1>
  } do {
    %zero = stablehlo.constant dense<0> : tensor<i32>
    %one = stablehlo.constant dense<1> : tensor<i32>
    %next = stablehlo.add %pass, %one : tensor<i32>
    %bcut = stablehlo.dynamic_slice %bs, %pass, %zero, sizes = [1, 64] : (tensor<3x64xf32>, tensor<i32>, tensor<i32>) -> tensor<1x64xf32>
    %b = stablehlo.reshape %bcut : (tensor<1x64xf32>) -> tensor<64xf32>
    %wcut = stablehlo.dynamic_slice %ws, %pass, %zero, sizes = [1, 4352] : (tensor<3x4352xui8>, tensor<i32>, tensor<i32>) -> tensor<1x4352xui8>
    %w = stablehlo.reshape %wcut : (tensor<1x4352xui8>) -> tensor<4352xui8>
    %kcut = stablehlo.dynamic_slice %ks, %pass, %zero, %zero, %zero, %zero, sizes = [1, 1, 3, 8, 16] : (tensor<3x1x3x8x16xf32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x1x3x8x16xf32>
    %k = stablehlo.reshape %kcut : (tensor<1x1x3x8x16xf32>) -> tensor<1x3x8x16xf32>
    %vcut = stablehlo.dynamic_slice %vs, %pass, %zero, %zero, %zero, %zero, sizes = [1, 1, 3, 16, 8] : (tensor<3x1x3x16x8xf32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<1x1x3x16x8xf32>
    %v = stablehlo.reshape %vcut : (tensor<1x1x3x16x8xf32>) -> tensor<1x3x16x8xf32>
    %0:3 = "rlx.stage"(%y, %w, %b, %q, %k, %v, %at) ({
    ^bb0(%a: tensor<1x64xf32>, %wi: tensor<4352xui8>, %bi: tensor<64xf32>, %qi: tensor<1x1x3x5x8xf32>, %ki: tensor<1x3x8x16xf32>, %vi: tensor<1x3x16x8xf32>, %ati: tensor<1x1xi32>):
      %1 = "rlx.stage"(%a, %wi, %bi) ({
      ^bb0(%a1: tensor<1x64xf32>, %w1: tensor<4352xui8>, %b1: tensor<64xf32>):
        %2:2 = stablehlo.custom_call @rlxflow.linear.v1(%a1, %w1, %b1) {api_version = 4 : i32, backend_config = {formats = "q8_0", has_bias = true, has_residual = false, in_dim = 64 : i64, out_dims = array<i64: 64>}} : (tensor<1x64xf32>, tensor<4352xui8>, tensor<64xf32>) -> (tensor<1x64xf32>, tensor<224xui8>)
        "rlx.yield"(%2#0) : (tensor<1x64xf32>) -> ()
      }) {block = "linear", mode = #rlx.mode<kernel>, name = "proj"} : (tensor<1x64xf32>, tensor<4352xui8>, tensor<64xf32>) -> tensor<1x64xf32>
      %cut = stablehlo.slice %1 [0:1, 0:24] : (tensor<1x64xf32>) -> tensor<1x24xf32>
      %rows = stablehlo.reshape %cut : (tensor<1x24xf32>) -> tensor<1x1x3x8xf32>
      %3:4 = stablehlo.custom_call @rlxflow.attend_decode.v1(%qi, %ki, %vi, %ati, %rows, %rows) {api_version = 4 : i32, backend_config = {scale = 3.000000e-01 : f32, softcap = 0.000000e+00 : f32, window = 0 : i64}, output_operand_aliases = [#stablehlo.output_operand_alias<output_tuple_indices = [1], operand_index = 1, operand_tuple_indices = []>, #stablehlo.output_operand_alias<output_tuple_indices = [2], operand_index = 2, operand_tuple_indices = []>]} : (tensor<1x1x3x5x8xf32>, tensor<1x3x8x16xf32>, tensor<1x3x16x8xf32>, tensor<1x1xi32>, tensor<1x1x3x8xf32>, tensor<1x1x3x8xf32>) -> (tensor<1x1x3x5x8xf32>, tensor<1x3x8x16xf32>, tensor<1x3x16x8xf32>, tensor<2304xui8>)
      "rlx.yield"(%1, %3#1, %3#2) : (tensor<1x64xf32>, tensor<1x3x8x16xf32>, tensor<1x3x16x8xf32>) -> ()
    }) {block = "layer", mode = #rlx.mode<auto>, name = "layer"} : (tensor<1x64xf32>, tensor<4352xui8>, tensor<64xf32>, tensor<1x1x3x5x8xf32>, tensor<1x3x8x16xf32>, tensor<1x3x16x8xf32>, tensor<1x1xi32>) -> (tensor<1x64xf32>, tensor<1x3x8x16xf32>, tensor<1x3x16x8xf32>)
    %krow = stablehlo.reshape %0#1 : (tensor<1x3x8x16xf32>) -> tensor<1x1x3x8x16xf32>
    %kput = stablehlo.dynamic_update_slice %ks, %krow, %pass, %zero, %zero, %zero, %zero : (tensor<3x1x3x8x16xf32>, tensor<1x1x3x8x16xf32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<3x1x3x8x16xf32>
    %vrow = stablehlo.reshape %0#2 : (tensor<1x3x16x8xf32>) -> tensor<1x1x3x16x8xf32>
    %vput = stablehlo.dynamic_update_slice %vs, %vrow, %pass, %zero, %zero, %zero, %zero : (tensor<3x1x3x16x8xf32>, tensor<1x1x3x16x8xf32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>, tensor<i32>) -> tensor<3x1x3x16x8xf32>
    stablehlo.return %next, %0#0, %kput, %vput : tensor<i32>, tensor<1x64xf32>, tensor<3x1x3x8x16xf32>, tensor<3x1x3x16x8xf32>
  }
  return %loop#1, %loop#2, %loop#3 : tensor<1x64xf32>, tensor<3x1x3x8x16xf32>, tensor<3x1x3x16x8xf32>
}

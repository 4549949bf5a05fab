// Property: each product with a weight becomes a nested stage `linear` that takes x, the weight as it
// is stored and the bias, in this order, with its sizes; what is no such product is left alone.

// RUN: rlxflow-opt %s --split-input-file | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --split-input-file --rlx-wrap-products | %filecheck
// RUN: rlxflow-opt %s --split-input-file --rlx-wrap-products --rlx-wrap-products | %filecheck

// BEFORE-COUNT-9: stablehlo.dot_general
// BEFORE-NOT: block = "linear", mode = #rlx.mode<auto>, name = "q_proj"

// The left product has its bias and its conversion inside; that of the right one is used twice.
// CHECK-LABEL: @inside_a_stage
// CHECK:      %[[OUT:.+]]:2 = "rlx.stage"
// CHECK-NEXT: (%[[X:.+]]: tensor<4x8xf32>, %[[Q:.+]]: tensor<6x8xbf16>, %[[B:.+]]: tensor<6xf32>, %[[K:.+]]: tensor<8x5xf32>)
// CHECK-NEXT:   %[[YQ:.+]] = "rlx.stage"(%[[X]], %[[Q]], %[[B]]) ({
// CHECK-NEXT:     ^bb0(%[[XI:.+]]: tensor<4x8xf32>, %[[QI:.+]]: tensor<6x8xbf16>, %[[BI:.+]]: tensor<6xf32>)
// CHECK-NEXT:     %[[QF:.+]] = stablehlo.convert %[[QI]]
// CHECK-NEXT:     %[[DOT:.+]] = stablehlo.dot_general %[[XI]], %[[QF]], contracting_dims = [1] x [1]
// CHECK-NEXT:     %[[BB:.+]] = stablehlo.broadcast_in_dim %[[BI]], dims = [1]
// CHECK-NEXT:     %[[SUM:.+]] = stablehlo.add %[[DOT]], %[[BB]]
// CHECK-NEXT:     "rlx.yield"(%[[SUM]])
// CHECK-NEXT:   block = "linear", mode = #rlx.mode<auto>, name = "q_proj", params = {in_dim = 8 : i64, out_dim = 6 : i64, transposed = false}
// CHECK-NEXT:   %[[YK:.+]] = "rlx.stage"(%[[X]], %[[K]]) ({
// CHECK:        block = "linear", mode = #rlx.mode<auto>, name = "k", params = {in_dim = 8 : i64, out_dim = 5 : i64, transposed = true}
// CHECK-NEXT:   "rlx.yield"(%[[YQ]], %[[YK]])
module {
func.func public @inside_a_stage(%x: tensor<4x8xf32> {rlx.input = "x"},
    %q: tensor<6x8xbf16> {rlx.param = "q.weight"}, %b: tensor<6xf32> {rlx.param = "q.bias"},
    %k: tensor<8x5xf32> {rlx.param = "layers.0.k.weight"}) -> (tensor<4x6xf32>, tensor<4x5xf32>) {
  %0:2 = "rlx.stage"(%x, %q, %b, %k) ({
  ^bb0(%1: tensor<4x8xf32>, %2: tensor<6x8xbf16>, %3: tensor<6xf32>, %4: tensor<8x5xf32>):
    %5 = stablehlo.convert %2 : (tensor<6x8xbf16>) -> tensor<6x8xf32>
    %6 = stablehlo.dot_general %1, %5, contracting_dims = [1] x [1]
        : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32> loc("q_proj")
    %7 = stablehlo.broadcast_in_dim %3, dims = [1] : (tensor<6xf32>) -> tensor<4x6xf32> loc("q_proj")
    %8 = stablehlo.add %6, %7 : tensor<4x6xf32> loc("q_proj")
    %9 = stablehlo.dot_general %1, %4, contracting_dims = [1] x [0]
        : (tensor<4x8xf32>, tensor<8x5xf32>) -> tensor<4x5xf32>
    "rlx.yield"(%8, %9) : (tensor<4x6xf32>, tensor<4x5xf32>) -> ()
  }) {block = "attention", mode = #rlx.mode<auto>, name = "attention"}
     : (tensor<4x8xf32>, tensor<6x8xbf16>, tensor<6xf32>, tensor<8x5xf32>)
       -> (tensor<4x6xf32>, tensor<4x5xf32>)
  return %0#0, %0#1 : tensor<4x6xf32>, tensor<4x5xf32>
}
}

// -----

// A product that something beside the sum uses does not take the bias, and a conversion that two
// products use stays outside; names of neighbours differ.
// CHECK-LABEL: @shared
// CHECK-SAME:  (%[[X:[^:]+]]: tensor<4x8xf32>, %[[W:[^:]+]]: tensor<6x8xbf16> {{.*}}, %[[B:[^:]+]]: tensor<6xf32> {{.*}}) ->
// CHECK:       %[[F:.+]] = stablehlo.convert %[[W]]
// CHECK:       %[[P:.+]] = "rlx.stage"(%[[X]], %[[F]])
// CHECK:       name = "p"
// CHECK:       %[[P1:.+]] = "rlx.stage"(%[[X]], %[[F]])
// CHECK:       name = "p_1"
// CHECK:       stablehlo.add %[[P]],
// CHECK:       return {{.+}}, %[[P]], %[[P1]]
module {
func.func public @shared(%x: tensor<4x8xf32>, %w: tensor<6x8xbf16> {rlx.param = "a.p.weight"},
    %b: tensor<6xf32> {rlx.param = "a.p.bias"})
    -> (tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>) {
  %f = stablehlo.convert %w : (tensor<6x8xbf16>) -> tensor<6x8xf32>
  %0 = stablehlo.dot_general %x, %f, contracting_dims = [1] x [1]
      : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32>
  %1 = stablehlo.dot_general %x, %f, contracting_dims = [1] x [1]
      : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32>
  %2 = stablehlo.broadcast_in_dim %b, dims = [1] : (tensor<6xf32>) -> tensor<4x6xf32>
  %3 = stablehlo.add %0, %2 : tensor<4x6xf32>
  return %3, %0, %1 : tensor<4x6xf32>, tensor<4x6xf32>, tensor<4x6xf32>
}
}

// -----

// No weight on the right, a weight with an axis paired off, a sum over the first axis of x, a weight
// that is summed over its middle axis, and a product that is a stage `linear` already.
// CHECK-LABEL: @left_alone
// CHECK-COUNT-4: stablehlo.dot_general
// CHECK:         "rlx.stage"
// CHECK-NEXT:    ^bb0
// CHECK-NEXT:    stablehlo.dot_general
// CHECK:         block = "linear", {{.*}} name = "done"
// CHECK-NOT:     "rlx.stage"
module {
func.func public @left_alone(%x: tensor<3x4x8xf32> {rlx.input = "x"},
    %y: tensor<3x6x8xf32> {rlx.input = "y"}, %w: tensor<3x6x8xf32> {rlx.param = "experts"},
    %u: tensor<5x3xf32> {rlx.param = "u"}, %v: tensor<5x8x7xf32> {rlx.param = "v"},
    %p: tensor<9x8xf32> {rlx.param = "p"})
    -> (tensor<3x4x6xf32>, tensor<3x4x6xf32>, tensor<4x8x5xf32>, tensor<3x4x5x7xf32>,
        tensor<3x4x9xf32>) {
  %0 = stablehlo.dot_general %x, %y, batching_dims = [0] x [0], contracting_dims = [2] x [2]
      : (tensor<3x4x8xf32>, tensor<3x6x8xf32>) -> tensor<3x4x6xf32>
  %1 = stablehlo.dot_general %x, %w, batching_dims = [0] x [0], contracting_dims = [2] x [2]
      : (tensor<3x4x8xf32>, tensor<3x6x8xf32>) -> tensor<3x4x6xf32>
  %2 = stablehlo.dot_general %x, %u, contracting_dims = [0] x [1]
      : (tensor<3x4x8xf32>, tensor<5x3xf32>) -> tensor<4x8x5xf32>
  %3 = stablehlo.dot_general %x, %v, contracting_dims = [2] x [1]
      : (tensor<3x4x8xf32>, tensor<5x8x7xf32>) -> tensor<3x4x5x7xf32>
  %4 = "rlx.stage"(%x, %p) ({
  ^bb0(%a: tensor<3x4x8xf32>, %b: tensor<9x8xf32>):
    %5 = stablehlo.dot_general %a, %b, contracting_dims = [2] x [1]
        : (tensor<3x4x8xf32>, tensor<9x8xf32>) -> tensor<3x4x9xf32>
    "rlx.yield"(%5) : (tensor<3x4x9xf32>) -> ()
  }) {block = "linear", mode = #rlx.mode<auto>, name = "done"}
     : (tensor<3x4x8xf32>, tensor<9x8xf32>) -> tensor<3x4x9xf32>
  return %0, %1, %2, %3, %4 : tensor<3x4x6xf32>, tensor<3x4x6xf32>, tensor<4x8x5xf32>,
      tensor<3x4x5x7xf32>, tensor<3x4x9xf32>
}
}

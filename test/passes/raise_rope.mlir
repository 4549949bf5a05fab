// Property: a rotation of pairs of features becomes a stage that takes x and the cosines and sines from
// before they are spread along heads; `interleaved` says which features are pairs; other turns stay.

// RUN: rlxflow-opt %s --split-input-file | %filecheck --check-prefix=BEFORE
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages=blocks=rope | %filecheck
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages=blocks=rope --rlx-raise-stages=blocks=rope | %filecheck
// RUN: rlxflow-opt %s --split-input-file --rlx-raise-stages='blocks=rope report=-' 2>&1 | %filecheck --check-prefix=WHY

// BEFORE-COUNT-5: stablehlo.concatenate
// BEFORE-NOT: "rlx.stage"

// x * cos + concat(-x2, x1) * sin.
// CHECK-LABEL: @rotate_half
// CHECK-SAME:  (%[[C:[^:]+]]: tensor<5x4xf32>, %[[S:[^:]+]]: tensor<5x4xf32>, %[[X:[^:]+]]: tensor<5x3x4xf32>)
// CHECK-NEXT:  %[[Y:.+]] = "rlx.stage"(%[[X]], %[[C]], %[[S]]) ({
// CHECK-NEXT:    ^bb0(%[[XI:.+]]: tensor<5x3x4xf32>, %[[CI:.+]]: tensor<5x4xf32>, %[[SI:.+]]: tensor<5x4xf32>):
// CHECK:         %[[CB:.+]] = stablehlo.broadcast_in_dim %[[CI]], dims = [0, 2]
// CHECK:         stablehlo.multiply %[[XI]], %[[CB]]
// CHECK:         %[[SB:.+]] = stablehlo.broadcast_in_dim %[[SI]], dims = [0, 2]
// CHECK:         stablehlo.multiply %[[SB]], %{{.+}}
// CHECK:       block = "rope", mode = #rlx.mode<auto>, name = "rope_0", params = {interleaved = false, rotary_dim = 4 : i64}
// CHECK-NEXT:  return %[[Y]]
module {
func.func @rotate_half(%cos: tensor<5x4xf32>, %sin: tensor<5x4xf32>, %x: tensor<5x3x4xf32>)
    -> tensor<5x3x4xf32> {
  %0 = stablehlo.broadcast_in_dim %cos, dims = [0, 2] : (tensor<5x4xf32>) -> tensor<5x3x4xf32>
  %1 = stablehlo.multiply %x, %0 : tensor<5x3x4xf32>
  %2 = stablehlo.slice %x [0:5, 0:3, 0:2] : (tensor<5x3x4xf32>) -> tensor<5x3x2xf32>
  %3 = stablehlo.slice %x [0:5, 0:3, 2:4] : (tensor<5x3x4xf32>) -> tensor<5x3x2xf32>
  %4 = stablehlo.negate %3 : tensor<5x3x2xf32>
  %5 = stablehlo.concatenate %4, %2, dim = 2
      : (tensor<5x3x2xf32>, tensor<5x3x2xf32>) -> tensor<5x3x4xf32>
  %6 = stablehlo.broadcast_in_dim %sin, dims = [0, 2] : (tensor<5x4xf32>) -> tensor<5x3x4xf32>
  %7 = stablehlo.multiply %6, %5 : tensor<5x3x4xf32>
  %8 = stablehlo.add %1, %7 : tensor<5x3x4xf32>
  return %8 : tensor<5x3x4xf32>
}
}

// -----

// concat(x1 cos - x2 sin, x2 cos + x1 sin), halves by a reshape; cosines that are shared stay outside.
// CHECK-LABEL: @halves
// CHECK:       %[[CB:.+]] = stablehlo.broadcast_in_dim %{{.+}}, dims = [0, 2]
// CHECK:       %[[Y:.+]] = "rlx.stage"(%{{.+}}, %[[CB]], %{{.+}}) ({
// CHECK:       params = {interleaved = false, rotary_dim = 4 : i64}
// CHECK-NEXT:  return %[[Y]], %[[CB]]
module {
func.func @halves(%x: tensor<5x3x4xf32>, %cos: tensor<5x2xf32>, %sin: tensor<5x2xf32>)
    -> (tensor<5x3x4xf32>, tensor<5x3x2xf32>) {
  %c = stablehlo.broadcast_in_dim %cos, dims = [0, 2] : (tensor<5x2xf32>) -> tensor<5x3x2xf32>
  %s = stablehlo.broadcast_in_dim %sin, dims = [0, 2] : (tensor<5x2xf32>) -> tensor<5x3x2xf32>
  %0 = stablehlo.reshape %x : (tensor<5x3x4xf32>) -> tensor<5x3x2x2xf32>
  %1 = stablehlo.slice %0 [0:5, 0:3, 0:1, 0:2] : (tensor<5x3x2x2xf32>) -> tensor<5x3x1x2xf32>
  %2 = stablehlo.reshape %1 : (tensor<5x3x1x2xf32>) -> tensor<5x3x2xf32>
  %3 = stablehlo.slice %0 [0:5, 0:3, 1:2, 0:2] : (tensor<5x3x2x2xf32>) -> tensor<5x3x1x2xf32>
  %4 = stablehlo.reshape %3 : (tensor<5x3x1x2xf32>) -> tensor<5x3x2xf32>
  %5 = stablehlo.multiply %2, %c : tensor<5x3x2xf32>
  %6 = stablehlo.multiply %4, %s : tensor<5x3x2xf32>
  %7 = stablehlo.subtract %5, %6 : tensor<5x3x2xf32>
  %8 = stablehlo.multiply %4, %c : tensor<5x3x2xf32>
  %9 = stablehlo.multiply %2, %s : tensor<5x3x2xf32>
  %10 = stablehlo.add %9, %8 : tensor<5x3x2xf32>
  %11 = stablehlo.concatenate %7, %10, dim = 2
      : (tensor<5x3x2xf32>, tensor<5x3x2xf32>) -> tensor<5x3x4xf32>
  return %11, %c : tensor<5x3x4xf32>, tensor<5x3x2xf32>
}
}

// -----

// Even and odd features, stacked in pairs again.
// CHECK-LABEL: @interleaved
// CHECK:       %[[Y:.+]] = "rlx.stage"(%{{.+}}, %{{.+}}, %{{.+}}) ({
// CHECK:         "rlx.yield"(%{{.+}}) : (tensor<5x6xf32>)
// CHECK-NEXT:  block = "rope", mode = #rlx.mode<auto>, name = "rope_0", params = {interleaved = true, rotary_dim = 6 : i64}
// CHECK-NEXT:  return %[[Y]]
module {
func.func @interleaved(%x: tensor<5x6xf32>, %cos: tensor<5x3xf32>, %sin: tensor<5x3xf32>)
    -> tensor<5x6xf32> {
  %0 = stablehlo.slice %x [0:5, 0:6:2] : (tensor<5x6xf32>) -> tensor<5x3xf32>
  %1 = stablehlo.slice %x [0:5, 1:6:2] : (tensor<5x6xf32>) -> tensor<5x3xf32>
  %2 = stablehlo.multiply %0, %cos : tensor<5x3xf32>
  %3 = stablehlo.multiply %1, %sin : tensor<5x3xf32>
  %4 = stablehlo.subtract %2, %3 : tensor<5x3xf32>
  %5 = stablehlo.multiply %1, %cos : tensor<5x3xf32>
  %6 = stablehlo.multiply %0, %sin : tensor<5x3xf32>
  %7 = stablehlo.add %5, %6 : tensor<5x3xf32>
  %8 = stablehlo.reshape %4 : (tensor<5x3xf32>) -> tensor<5x3x1xf32>
  %9 = stablehlo.reshape %7 : (tensor<5x3xf32>) -> tensor<5x3x1xf32>
  %10 = stablehlo.concatenate %8, %9, dim = 2
      : (tensor<5x3x1xf32>, tensor<5x3x1xf32>) -> tensor<5x3x2xf32>
  %11 = stablehlo.reshape %10 : (tensor<5x3x2xf32>) -> tensor<5x6xf32>
  return %11 : tensor<5x6xf32>
}
}

// -----

// Pairs are taken apart as even and odd and put together as halves.
// WHY: rope {{.+}}: pairs are put together in another order than they were taken apart
// CHECK-LABEL: @mixed
// CHECK-NOT: "rlx.stage"
module {
func.func @mixed(%x: tensor<5x6xf32>, %cos: tensor<5x3xf32>, %sin: tensor<5x3xf32>)
    -> tensor<5x6xf32> {
  %0 = stablehlo.slice %x [0:5, 0:6:2] : (tensor<5x6xf32>) -> tensor<5x3xf32>
  %1 = stablehlo.slice %x [0:5, 1:6:2] : (tensor<5x6xf32>) -> tensor<5x3xf32>
  %2 = stablehlo.multiply %0, %cos : tensor<5x3xf32>
  %3 = stablehlo.multiply %1, %sin : tensor<5x3xf32>
  %4 = stablehlo.subtract %2, %3 : tensor<5x3xf32>
  %5 = stablehlo.multiply %1, %cos : tensor<5x3xf32>
  %6 = stablehlo.multiply %0, %sin : tensor<5x3xf32>
  %7 = stablehlo.add %5, %6 : tensor<5x3xf32>
  %8 = stablehlo.concatenate %4, %7, dim = 1
      : (tensor<5x3xf32>, tensor<5x3xf32>) -> tensor<5x6xf32>
  return %8 : tensor<5x6xf32>
}
}

// -----

// concat(-x1, x2) turns nothing.
// WHY: rope {{.+}}: rotate-half form with other halves than -x2, x1
// CHECK-LABEL: @wrong_half
// CHECK-NOT: "rlx.stage"
module {
func.func @wrong_half(%cos: tensor<3x4xf32>, %sin: tensor<3x4xf32>, %x: tensor<3x4xf32>)
    -> tensor<3x4xf32> {
  %1 = stablehlo.multiply %x, %cos : tensor<3x4xf32>
  %2 = stablehlo.slice %x [0:3, 0:2] : (tensor<3x4xf32>) -> tensor<3x2xf32>
  %3 = stablehlo.slice %x [0:3, 2:4] : (tensor<3x4xf32>) -> tensor<3x2xf32>
  %4 = stablehlo.negate %2 : tensor<3x2xf32>
  %5 = stablehlo.concatenate %4, %3, dim = 1
      : (tensor<3x2xf32>, tensor<3x2xf32>) -> tensor<3x4xf32>
  %7 = stablehlo.multiply %5, %sin : tensor<3x4xf32>
  %8 = stablehlo.add %1, %7 : tensor<3x4xf32>
  return %8 : tensor<3x4xf32>
}
}

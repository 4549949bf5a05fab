func.func public @main(%x: tensor<4x8xf32> {rlx.input = "x"}, %w: tensor<6x8xf32> {rlx.param = "q.weight"}) -> tensor<4x6xf32> {
  %0 = "rlx.stage"(%x, %w) ({
  ^bb0(%a: tensor<4x8xf32>, %b: tensor<6x8xf32>):
    %1 = stablehlo.dot_general %a, %b, contracting_dims = [1] x [1] : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32> loc("q_proj")
    %2 = stablehlo.tanh %1 : tensor<4x6xf32>
    "rlx.yield"(%2) : (tensor<4x6xf32>) -> ()
  }) {block = "self_attention", mode = #rlx.mode<auto>, name = "attention"} : (tensor<4x8xf32>, tensor<6x8xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

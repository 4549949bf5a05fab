func.func @main(%x: tensor<1x64xf32>, %stack: tensor<3x4352xui8> {rlx.packed = "q8_0.v1 3x64x64", rlx.param = "w"}) -> tensor<1x64xf32> {
  %first = stablehlo.constant dense<0> : tensor<i32>
  %loop:2 = stablehlo.while(%pass = %first, %y = %x) : tensor<i32>, tensor<1x64xf32>
  cond {
    %passes = stablehlo.constant dense<3> : tensor<i32>
    %more = stablehlo.compare LT, %pass, %passes : (tensor<i32>, tensor<i32>) -> tensor<i1>
    stablehlo.return %more : tensor<i1>
  } do {
    %zero = stablehlo.constant dense<0> : tensor<i32>
    %one = stablehlo.constant dense<1> : tensor<i32>
    %next = stablehlo.add %pass, %one : tensor<i32>
    %cut = stablehlo.dynamic_slice %stack, %pass, %zero, sizes = [1, 4352] : (tensor<3x4352xui8>, tensor<i32>, tensor<i32>) -> tensor<1x4352xui8>
    %w = stablehlo.reshape %cut : (tensor<1x4352xui8>) -> tensor<4352xui8>
    %0 = "rlx.stage"(%y, %w) ({
    ^bb0(%a: tensor<1x64xf32>, %b: tensor<4352xui8>):
      %1:2 = stablehlo.custom_call @rlxflow.linear.v1(%a, %b) {api_version = 4 : i32, backend_config = {formats = "q8_0", has_bias = false, has_residual = false, in_dim = 64 : i64, out_dims = array<i64: 64>}} : (tensor<1x64xf32>, tensor<4352xui8>) -> (tensor<1x64xf32>, tensor<224xui8>)
      "rlx.yield"(%1#0) : (tensor<1x64xf32>) -> ()
    }) {block = "linear", mode = #rlx.mode<kernel>, name = "proj"} : (tensor<1x64xf32>, tensor<4352xui8>) -> tensor<1x64xf32>
    stablehlo.return %next, %0 : tensor<i32>, tensor<1x64xf32>
  }
  return %loop#1 : tensor<1x64xf32>
}

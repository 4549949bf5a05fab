module @jit_func attributes {jax.uses_shape_polymorphism = false, mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<50x24xf32>, %arg1: tensor<48x24xf32>, %arg2: tensor<16x24xf32>, %arg3: tensor<16x24xf32>, %arg4: tensor<24x48xf32>, %arg5: tensor<40x24xf32>, %arg6: tensor<40x24xf32>, %arg7: tensor<24x40xf32>, %arg8: tensor<24xf32>, %arg9: tensor<24xf32>, %arg10: tensor<48x24xf32>, %arg11: tensor<16x24xf32>, %arg12: tensor<16x24xf32>, %arg13: tensor<24x48xf32>, %arg14: tensor<40x24xf32>, %arg15: tensor<40x24xf32>, %arg16: tensor<24x40xf32>, %arg17: tensor<24xf32>, %arg18: tensor<24xf32>, %arg19: tensor<48x24xf32>, %arg20: tensor<16x24xf32>, %arg21: tensor<16x24xf32>, %arg22: tensor<24x48xf32>, %arg23: tensor<40x24xf32>, %arg24: tensor<40x24xf32>, %arg25: tensor<24x40xf32>, %arg26: tensor<24xf32>, %arg27: tensor<24xf32>, %arg28: tensor<48x24xf32>, %arg29: tensor<16x24xf32>, %arg30: tensor<16x24xf32>, %arg31: tensor<24x48xf32>, %arg32: tensor<40x24xf32>, %arg33: tensor<40x24xf32>, %arg34: tensor<24x40xf32>, %arg35: tensor<24xf32>, %arg36: tensor<24xf32>, %arg37: tensor<24xf32>, %arg38: tensor<4xf32>, %arg39: tensor<2x7xi32>) -> (tensor<2x7x24xf32> {jax.result_info = "result[0]"}) {
    %c = stablehlo.constant dense<false> : tensor<i1>
    %cst = stablehlo.constant dense<0.594603539> : tensor<f32>
    %cst_0 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %cst_1 = stablehlo.constant dense<-1.000000e+00> : tensor<f32>
    %cst_2 = stablehlo.constant dense<9.99999997E-7> : tensor<f32>
    %cst_3 = stablehlo.constant dense<2.400000e+01> : tensor<f32>
    %cst_4 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %cst_5 = stablehlo.constant dense<2.000000e+00> : tensor<f32>
    %cst_6 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %c_7 = stablehlo.constant dense<true> : tensor<i1>
    %c_8 = stablehlo.constant dense<7> : tensor<i32>
    %c_9 = stablehlo.constant dense<2> : tensor<i32>
    %c_10 = stablehlo.constant dense<1> : tensor<i32>
    %c_11 = stablehlo.constant dense<0> : tensor<i32>
    %0 = call @_take(%arg0, %arg39) : (tensor<50x24xf32>, tensor<2x7xi32>) -> tensor<2x7x24xf32>
    %1 = stablehlo.iota dim = 0 : tensor<7xi32>
    %2 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %3 = stablehlo.add %1, %2 : tensor<7xi32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [1] : (tensor<7xi32>) -> tensor<1x7xi32>
    %5 = stablehlo.broadcast_in_dim %4, dims = [0, 1] : (tensor<1x7xi32>) -> tensor<2x7xi32>
    %6 = stablehlo.slice %5 [0:2, 0:1] : (tensor<2x7xi32>) -> tensor<2x1xi32>
    %7 = stablehlo.broadcast_in_dim %c_10, dims = [] : (tensor<i32>) -> tensor<2x1xi32>
    %8 = stablehlo.subtract %6, %7 : tensor<2x1xi32>
    %9 = stablehlo.concatenate %8, %5, dim = 1 : (tensor<2x1xi32>, tensor<2x7xi32>) -> tensor<2x8xi32>
    %10 = stablehlo.slice %9 [0:2, 0:7] : (tensor<2x8xi32>) -> tensor<2x7xi32>
    %11 = stablehlo.slice %9 [0:2, 1:8] : (tensor<2x8xi32>) -> tensor<2x7xi32>
    %12 = stablehlo.broadcast_in_dim %c_10, dims = [] : (tensor<i32>) -> tensor<2x7xi32>
    %13 = stablehlo.multiply %10, %12 : tensor<2x7xi32>
    %14 = stablehlo.subtract %11, %13 : tensor<2x7xi32>
    %15 = stablehlo.broadcast_in_dim %c_10, dims = [] : (tensor<i32>) -> tensor<2x7xi32>
    %16 = stablehlo.compare NE, %14, %15, SIGNED : (tensor<2x7xi32>, tensor<2x7xi32>) -> tensor<2x7xi1>
    %17 = call @cumsum(%16) : (tensor<2x7xi1>) -> tensor<2x7xi32>
    %18 = stablehlo.broadcast_in_dim %4, dims = [0, 1] : (tensor<1x7xi32>) -> tensor<2x7xi32>
    %19 = stablehlo.iota dim = 0 : tensor<2xi32>
    %20 = stablehlo.iota dim = 0 : tensor<7xi32>
    %21 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %22 = stablehlo.add %20, %21 : tensor<7xi32>
    %23 = stablehlo.iota dim = 0 : tensor<7xi32>
    %24 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %25 = stablehlo.add %23, %24 : tensor<7xi32>
    %26 = stablehlo.broadcast_in_dim %19, dims = [0] : (tensor<2xi32>) -> tensor<2x1xi32>
    %27 = stablehlo.broadcast_in_dim %26, dims = [0, 1] : (tensor<2x1xi32>) -> tensor<2x1x1xi32>
    %28 = stablehlo.broadcast_in_dim %27, dims = [0, 1, 2] : (tensor<2x1x1xi32>) -> tensor<2x1x1x1xi32>
    %29 = stablehlo.broadcast_in_dim %22, dims = [1] : (tensor<7xi32>) -> tensor<1x7xi32>
    %30 = stablehlo.broadcast_in_dim %29, dims = [0, 2] : (tensor<1x7xi32>) -> tensor<1x1x7xi32>
    %31 = stablehlo.broadcast_in_dim %30, dims = [0, 1, 2] : (tensor<1x1x7xi32>) -> tensor<1x1x7x1xi32>
    %32 = stablehlo.broadcast_in_dim %25, dims = [1] : (tensor<7xi32>) -> tensor<1x7xi32>
    %33 = stablehlo.broadcast_in_dim %32, dims = [0, 2] : (tensor<1x7xi32>) -> tensor<1x1x7xi32>
    %34 = stablehlo.broadcast_in_dim %33, dims = [0, 1, 3] : (tensor<1x1x7xi32>) -> tensor<1x1x1x7xi32>
    %35 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %36 = stablehlo.compare LT, %28, %35, SIGNED : (tensor<2x1x1x1xi32>, tensor<2x1x1x1xi32>) -> tensor<2x1x1x1xi1>
    %37 = stablehlo.broadcast_in_dim %c_9, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %38 = stablehlo.add %28, %37 : tensor<2x1x1x1xi32>
    %39 = stablehlo.select %36, %38, %28 : tensor<2x1x1x1xi1>, tensor<2x1x1x1xi32>
    %40 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<1x1x7x1xi32>
    %41 = stablehlo.compare LT, %31, %40, SIGNED : (tensor<1x1x7x1xi32>, tensor<1x1x7x1xi32>) -> tensor<1x1x7x1xi1>
    %42 = stablehlo.broadcast_in_dim %c_8, dims = [] : (tensor<i32>) -> tensor<1x1x7x1xi32>
    %43 = stablehlo.add %31, %42 : tensor<1x1x7x1xi32>
    %44 = stablehlo.select %41, %43, %31 : tensor<1x1x7x1xi1>, tensor<1x1x7x1xi32>
    %45 = stablehlo.broadcast_in_dim %39, dims = [0, 1, 2, 3] : (tensor<2x1x1x1xi32>) -> tensor<2x1x7x1xi32>
    %46 = stablehlo.broadcast_in_dim %44, dims = [0, 1, 2, 3] : (tensor<1x1x7x1xi32>) -> tensor<2x1x7x1xi32>
    %47 = stablehlo.broadcast_in_dim %45, dims = [0, 1, 2, 3] : (tensor<2x1x7x1xi32>) -> tensor<2x1x7x1x1xi32>
    %48 = stablehlo.broadcast_in_dim %46, dims = [0, 1, 2, 3] : (tensor<2x1x7x1xi32>) -> tensor<2x1x7x1x1xi32>
    %49 = stablehlo.concatenate %47, %48, dim = 4 : (tensor<2x1x7x1x1xi32>, tensor<2x1x7x1x1xi32>) -> tensor<2x1x7x1x2xi32>
    %50 = "stablehlo.gather"(%17, %49) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 4>, slice_sizes = array<i64: 1, 1>}> : (tensor<2x7xi32>, tensor<2x1x7x1x2xi32>) -> tensor<2x1x7x1xi32>
    %51 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %52 = stablehlo.compare LT, %28, %51, SIGNED : (tensor<2x1x1x1xi32>, tensor<2x1x1x1xi32>) -> tensor<2x1x1x1xi1>
    %53 = stablehlo.broadcast_in_dim %c_9, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %54 = stablehlo.add %28, %53 : tensor<2x1x1x1xi32>
    %55 = stablehlo.select %52, %54, %28 : tensor<2x1x1x1xi1>, tensor<2x1x1x1xi32>
    %56 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<1x1x1x7xi32>
    %57 = stablehlo.compare LT, %34, %56, SIGNED : (tensor<1x1x1x7xi32>, tensor<1x1x1x7xi32>) -> tensor<1x1x1x7xi1>
    %58 = stablehlo.broadcast_in_dim %c_8, dims = [] : (tensor<i32>) -> tensor<1x1x1x7xi32>
    %59 = stablehlo.add %34, %58 : tensor<1x1x1x7xi32>
    %60 = stablehlo.select %57, %59, %34 : tensor<1x1x1x7xi1>, tensor<1x1x1x7xi32>
    %61 = stablehlo.broadcast_in_dim %55, dims = [0, 1, 2, 3] : (tensor<2x1x1x1xi32>) -> tensor<2x1x1x7xi32>
    %62 = stablehlo.broadcast_in_dim %60, dims = [0, 1, 2, 3] : (tensor<1x1x1x7xi32>) -> tensor<2x1x1x7xi32>
    %63 = stablehlo.broadcast_in_dim %61, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x1x7x1xi32>
    %64 = stablehlo.broadcast_in_dim %62, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x1x7x1xi32>
    %65 = stablehlo.concatenate %63, %64, dim = 4 : (tensor<2x1x1x7x1xi32>, tensor<2x1x1x7x1xi32>) -> tensor<2x1x1x7x2xi32>
    %66 = "stablehlo.gather"(%17, %65) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 4>, slice_sizes = array<i64: 1, 1>}> : (tensor<2x7xi32>, tensor<2x1x1x7x2xi32>) -> tensor<2x1x1x7xi32>
    %67 = stablehlo.broadcast_in_dim %50, dims = [0, 1, 2, 3] : (tensor<2x1x7x1xi32>) -> tensor<2x1x7x7xi32>
    %68 = stablehlo.broadcast_in_dim %66, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x7x7xi32>
    %69 = stablehlo.compare EQ, %67, %68, SIGNED : (tensor<2x1x7x7xi32>, tensor<2x1x7x7xi32>) -> tensor<2x1x7x7xi1>
    %70 = stablehlo.broadcast_in_dim %c_7, dims = [] : (tensor<i1>) -> tensor<2x1x7x7xi1>
    %71 = stablehlo.and %70, %69 : tensor<2x1x7x7xi1>
    %72 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %73 = stablehlo.compare LT, %28, %72, SIGNED : (tensor<2x1x1x1xi32>, tensor<2x1x1x1xi32>) -> tensor<2x1x1x1xi1>
    %74 = stablehlo.broadcast_in_dim %c_9, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %75 = stablehlo.add %28, %74 : tensor<2x1x1x1xi32>
    %76 = stablehlo.select %73, %75, %28 : tensor<2x1x1x1xi1>, tensor<2x1x1x1xi32>
    %77 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<1x1x7x1xi32>
    %78 = stablehlo.compare LT, %31, %77, SIGNED : (tensor<1x1x7x1xi32>, tensor<1x1x7x1xi32>) -> tensor<1x1x7x1xi1>
    %79 = stablehlo.broadcast_in_dim %c_8, dims = [] : (tensor<i32>) -> tensor<1x1x7x1xi32>
    %80 = stablehlo.add %31, %79 : tensor<1x1x7x1xi32>
    %81 = stablehlo.select %78, %80, %31 : tensor<1x1x7x1xi1>, tensor<1x1x7x1xi32>
    %82 = stablehlo.broadcast_in_dim %76, dims = [0, 1, 2, 3] : (tensor<2x1x1x1xi32>) -> tensor<2x1x7x1xi32>
    %83 = stablehlo.broadcast_in_dim %81, dims = [0, 1, 2, 3] : (tensor<1x1x7x1xi32>) -> tensor<2x1x7x1xi32>
    %84 = stablehlo.broadcast_in_dim %82, dims = [0, 1, 2, 3] : (tensor<2x1x7x1xi32>) -> tensor<2x1x7x1x1xi32>
    %85 = stablehlo.broadcast_in_dim %83, dims = [0, 1, 2, 3] : (tensor<2x1x7x1xi32>) -> tensor<2x1x7x1x1xi32>
    %86 = stablehlo.concatenate %84, %85, dim = 4 : (tensor<2x1x7x1x1xi32>, tensor<2x1x7x1x1xi32>) -> tensor<2x1x7x1x2xi32>
    %87 = "stablehlo.gather"(%18, %86) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 4>, slice_sizes = array<i64: 1, 1>}> : (tensor<2x7xi32>, tensor<2x1x7x1x2xi32>) -> tensor<2x1x7x1xi32>
    %88 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %89 = stablehlo.compare LT, %28, %88, SIGNED : (tensor<2x1x1x1xi32>, tensor<2x1x1x1xi32>) -> tensor<2x1x1x1xi1>
    %90 = stablehlo.broadcast_in_dim %c_9, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %91 = stablehlo.add %28, %90 : tensor<2x1x1x1xi32>
    %92 = stablehlo.select %89, %91, %28 : tensor<2x1x1x1xi1>, tensor<2x1x1x1xi32>
    %93 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<1x1x1x7xi32>
    %94 = stablehlo.compare LT, %34, %93, SIGNED : (tensor<1x1x1x7xi32>, tensor<1x1x1x7xi32>) -> tensor<1x1x1x7xi1>
    %95 = stablehlo.broadcast_in_dim %c_8, dims = [] : (tensor<i32>) -> tensor<1x1x1x7xi32>
    %96 = stablehlo.add %34, %95 : tensor<1x1x1x7xi32>
    %97 = stablehlo.select %94, %96, %34 : tensor<1x1x1x7xi1>, tensor<1x1x1x7xi32>
    %98 = stablehlo.broadcast_in_dim %92, dims = [0, 1, 2, 3] : (tensor<2x1x1x1xi32>) -> tensor<2x1x1x7xi32>
    %99 = stablehlo.broadcast_in_dim %97, dims = [0, 1, 2, 3] : (tensor<1x1x1x7xi32>) -> tensor<2x1x1x7xi32>
    %100 = stablehlo.broadcast_in_dim %98, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x1x7x1xi32>
    %101 = stablehlo.broadcast_in_dim %99, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x1x7x1xi32>
    %102 = stablehlo.concatenate %100, %101, dim = 4 : (tensor<2x1x1x7x1xi32>, tensor<2x1x1x7x1xi32>) -> tensor<2x1x1x7x2xi32>
    %103 = "stablehlo.gather"(%18, %102) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 4>, slice_sizes = array<i64: 1, 1>}> : (tensor<2x7xi32>, tensor<2x1x1x7x2xi32>) -> tensor<2x1x1x7xi32>
    %104 = stablehlo.broadcast_in_dim %103, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x7x7xi32>
    %105 = stablehlo.broadcast_in_dim %87, dims = [0, 1, 2, 3] : (tensor<2x1x7x1xi32>) -> tensor<2x1x7x7xi32>
    %106 = stablehlo.compare LE, %104, %105, SIGNED : (tensor<2x1x7x7xi32>, tensor<2x1x7x7xi32>) -> tensor<2x1x7x7xi1>
    %107 = stablehlo.and %71, %106 : tensor<2x1x7x7xi1>
    %108 = stablehlo.broadcast_in_dim %4, dims = [0, 1] : (tensor<1x7xi32>) -> tensor<1x7x1xi32>
    %109 = stablehlo.convert %108 : (tensor<1x7x1xi32>) -> tensor<1x7x1xf32>
    %110 = stablehlo.broadcast_in_dim %arg38, dims = [2] : (tensor<4xf32>) -> tensor<1x1x4xf32>
    %111 = stablehlo.broadcast_in_dim %109, dims = [0, 1, 2] : (tensor<1x7x1xf32>) -> tensor<1x7x4xf32>
    %112 = stablehlo.broadcast_in_dim %110, dims = [0, 1, 2] : (tensor<1x1x4xf32>) -> tensor<1x7x4xf32>
    %113 = stablehlo.multiply %111, %112 : tensor<1x7x4xf32>
    %114 = stablehlo.concatenate %113, %113, dim = 2 : (tensor<1x7x4xf32>, tensor<1x7x4xf32>) -> tensor<1x7x8xf32>
    %115 = stablehlo.cosine %114 : tensor<1x7x8xf32>
    %116 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<1x7x8xf32>
    %117 = stablehlo.multiply %115, %116 : tensor<1x7x8xf32>
    %118 = stablehlo.sine %114 : tensor<1x7x8xf32>
    %119 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<1x7x8xf32>
    %120 = stablehlo.multiply %118, %119 : tensor<1x7x8xf32>
    %121 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %122 = stablehlo.power %0, %121 : tensor<2x7x24xf32>
    %123 = stablehlo.reduce(%122 init: %cst_4) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %124 = stablehlo.broadcast_in_dim %123, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %125 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %126 = stablehlo.divide %124, %125 : tensor<2x7x1xf32>
    %127 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %128 = stablehlo.add %126, %127 : tensor<2x7x1xf32>
    %129 = stablehlo.rsqrt %128 : tensor<2x7x1xf32>
    %130 = stablehlo.broadcast_in_dim %129, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %131 = stablehlo.multiply %0, %130 : tensor<2x7x24xf32>
    %132 = stablehlo.broadcast_in_dim %arg8, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %133 = stablehlo.broadcast_in_dim %132, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %134 = stablehlo.multiply %133, %131 : tensor<2x7x24xf32>
    %135 = stablehlo.transpose %arg1, dims = [1, 0] : (tensor<48x24xf32>) -> tensor<24x48xf32>
    %136 = stablehlo.reshape %134 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %137 = stablehlo.dot_general %136, %135, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x48xf32>) -> tensor<14x48xf32>
    %138 = stablehlo.reshape %137 : (tensor<14x48xf32>) -> tensor<2x7x48xf32>
    %139 = stablehlo.reshape %138 : (tensor<2x7x48xf32>) -> tensor<2x7x6x8xf32>
    %140 = stablehlo.transpose %139, dims = [0, 2, 1, 3] : (tensor<2x7x6x8xf32>) -> tensor<2x6x7x8xf32>
    %141 = stablehlo.transpose %arg2, dims = [1, 0] : (tensor<16x24xf32>) -> tensor<24x16xf32>
    %142 = stablehlo.reshape %134 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %143 = stablehlo.dot_general %142, %141, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x16xf32>) -> tensor<14x16xf32>
    %144 = stablehlo.reshape %143 : (tensor<14x16xf32>) -> tensor<2x7x16xf32>
    %145 = stablehlo.reshape %144 : (tensor<2x7x16xf32>) -> tensor<2x7x2x8xf32>
    %146 = stablehlo.transpose %145, dims = [0, 2, 1, 3] : (tensor<2x7x2x8xf32>) -> tensor<2x2x7x8xf32>
    %147 = stablehlo.transpose %arg3, dims = [1, 0] : (tensor<16x24xf32>) -> tensor<24x16xf32>
    %148 = stablehlo.reshape %134 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %149 = stablehlo.dot_general %148, %147, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x16xf32>) -> tensor<14x16xf32>
    %150 = stablehlo.reshape %149 : (tensor<14x16xf32>) -> tensor<2x7x16xf32>
    %151 = stablehlo.reshape %150 : (tensor<2x7x16xf32>) -> tensor<2x7x2x8xf32>
    %152 = stablehlo.transpose %151, dims = [0, 2, 1, 3] : (tensor<2x7x2x8xf32>) -> tensor<2x2x7x8xf32>
    %153 = stablehlo.broadcast_in_dim %117, dims = [0, 2, 3] : (tensor<1x7x8xf32>) -> tensor<1x1x7x8xf32>
    %154 = stablehlo.broadcast_in_dim %120, dims = [0, 2, 3] : (tensor<1x7x8xf32>) -> tensor<1x1x7x8xf32>
    %155 = stablehlo.broadcast_in_dim %153, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x6x7x8xf32>
    %156 = stablehlo.multiply %140, %155 : tensor<2x6x7x8xf32>
    %157 = stablehlo.slice %140 [0:2, 0:6, 0:7, 0:4] : (tensor<2x6x7x8xf32>) -> tensor<2x6x7x4xf32>
    %158 = stablehlo.slice %140 [0:2, 0:6, 0:7, 4:8] : (tensor<2x6x7x8xf32>) -> tensor<2x6x7x4xf32>
    %159 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x6x7x4xf32>
    %160 = stablehlo.multiply %159, %158 : tensor<2x6x7x4xf32>
    %161 = stablehlo.concatenate %160, %157, dim = 3 : (tensor<2x6x7x4xf32>, tensor<2x6x7x4xf32>) -> tensor<2x6x7x8xf32>
    %162 = stablehlo.broadcast_in_dim %154, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x6x7x8xf32>
    %163 = stablehlo.multiply %161, %162 : tensor<2x6x7x8xf32>
    %164 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x6x7x8xf32>
    %165 = stablehlo.multiply %163, %164 : tensor<2x6x7x8xf32>
    %166 = stablehlo.add %156, %165 : tensor<2x6x7x8xf32>
    %167 = stablehlo.broadcast_in_dim %153, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x2x7x8xf32>
    %168 = stablehlo.multiply %146, %167 : tensor<2x2x7x8xf32>
    %169 = stablehlo.slice %146 [0:2, 0:2, 0:7, 0:4] : (tensor<2x2x7x8xf32>) -> tensor<2x2x7x4xf32>
    %170 = stablehlo.slice %146 [0:2, 0:2, 0:7, 4:8] : (tensor<2x2x7x8xf32>) -> tensor<2x2x7x4xf32>
    %171 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x2x7x4xf32>
    %172 = stablehlo.multiply %171, %170 : tensor<2x2x7x4xf32>
    %173 = stablehlo.concatenate %172, %169, dim = 3 : (tensor<2x2x7x4xf32>, tensor<2x2x7x4xf32>) -> tensor<2x2x7x8xf32>
    %174 = stablehlo.broadcast_in_dim %154, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x2x7x8xf32>
    %175 = stablehlo.multiply %173, %174 : tensor<2x2x7x8xf32>
    %176 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x2x7x8xf32>
    %177 = stablehlo.multiply %175, %176 : tensor<2x2x7x8xf32>
    %178 = stablehlo.add %168, %177 : tensor<2x2x7x8xf32>
    %179 = stablehlo.broadcast_in_dim %178, dims = [0, 1, 3, 4] : (tensor<2x2x7x8xf32>) -> tensor<2x2x1x7x8xf32>
    %180 = stablehlo.broadcast_in_dim %179, dims = [0, 1, 2, 3, 4] : (tensor<2x2x1x7x8xf32>) -> tensor<2x2x3x7x8xf32>
    %181 = stablehlo.reshape %180 : (tensor<2x2x3x7x8xf32>) -> tensor<2x6x7x8xf32>
    %182 = stablehlo.broadcast_in_dim %152, dims = [0, 1, 3, 4] : (tensor<2x2x7x8xf32>) -> tensor<2x2x1x7x8xf32>
    %183 = stablehlo.broadcast_in_dim %182, dims = [0, 1, 2, 3, 4] : (tensor<2x2x1x7x8xf32>) -> tensor<2x2x3x7x8xf32>
    %184 = stablehlo.reshape %183 : (tensor<2x2x3x7x8xf32>) -> tensor<2x6x7x8xf32>
    %185 = call @_where_1(%107, %cst_4, %cst_0) : (tensor<2x1x7x7xi1>, tensor<f32>, tensor<f32>) -> tensor<2x1x7x7xf32>
    %186 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x6x7x8xf32>
    %187 = stablehlo.multiply %166, %186 : tensor<2x6x7x8xf32>
    %188 = stablehlo.transpose %181, dims = [0, 1, 3, 2] : (tensor<2x6x7x8xf32>) -> tensor<2x6x8x7xf32>
    %189 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x6x8x7xf32>
    %190 = stablehlo.multiply %188, %189 : tensor<2x6x8x7xf32>
    %191 = stablehlo.reshape %187 : (tensor<2x6x7x8xf32>) -> tensor<12x7x8xf32>
    %192 = stablehlo.reshape %190 : (tensor<2x6x8x7xf32>) -> tensor<12x8x7xf32>
    %193 = stablehlo.dot_general %191, %192, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<12x7x8xf32>, tensor<12x8x7xf32>) -> tensor<12x7x7xf32>
    %194 = stablehlo.reshape %193 : (tensor<12x7x7xf32>) -> tensor<2x6x7x7xf32>
    %195 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %196 = stablehlo.multiply %185, %195 : tensor<2x1x7x7xf32>
    %197 = stablehlo.broadcast_in_dim %196, dims = [0, 1, 2, 3] : (tensor<2x1x7x7xf32>) -> tensor<2x6x7x7xf32>
    %198 = stablehlo.add %194, %197 : tensor<2x6x7x7xf32>
    %199 = stablehlo.reduce(%198 init: %cst_0) applies stablehlo.maximum across dimensions = [3] : (tensor<2x6x7x7xf32>, tensor<f32>) -> tensor<2x6x7xf32>
    %200 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x6x7xf32>
    %201 = stablehlo.maximum %200, %199 : tensor<2x6x7xf32>
    %202 = stablehlo.broadcast_in_dim %201, dims = [0, 1, 2] : (tensor<2x6x7xf32>) -> tensor<2x6x7x1xf32>
    %203 = stablehlo.broadcast_in_dim %202, dims = [0, 1, 2, 3] : (tensor<2x6x7x1xf32>) -> tensor<2x6x7x7xf32>
    %204 = stablehlo.subtract %198, %203 : tensor<2x6x7x7xf32>
    %205 = stablehlo.exponential %204 : tensor<2x6x7x7xf32>
    %206 = stablehlo.reduce(%205 init: %cst_4) applies stablehlo.add across dimensions = [3] : (tensor<2x6x7x7xf32>, tensor<f32>) -> tensor<2x6x7xf32>
    %207 = stablehlo.broadcast_in_dim %206, dims = [0, 1, 2] : (tensor<2x6x7xf32>) -> tensor<2x6x7x1xf32>
    %208 = stablehlo.broadcast_in_dim %207, dims = [0, 1, 2, 3] : (tensor<2x6x7x1xf32>) -> tensor<2x6x7x7xf32>
    %209 = stablehlo.divide %205, %208 : tensor<2x6x7x7xf32>
    %210 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x6x7x7xf32>
    %211 = stablehlo.compare EQ, %198, %210, FLOAT : (tensor<2x6x7x7xf32>, tensor<2x6x7x7xf32>) -> tensor<2x6x7x7xi1>
    %212 = stablehlo.not %211 : tensor<2x6x7x7xi1>
    %213 = stablehlo.reduce(%212 init: %c) applies stablehlo.or across dimensions = [3] : (tensor<2x6x7x7xi1>, tensor<i1>) -> tensor<2x6x7xi1>
    %214 = stablehlo.broadcast_in_dim %213, dims = [0, 1, 2] : (tensor<2x6x7xi1>) -> tensor<2x6x7x1xi1>
    %215 = stablehlo.not %214 : tensor<2x6x7x1xi1>
    %216 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<2x6x7x7xf32>
    %217 = call @_where_2(%215, %216, %209) : (tensor<2x6x7x1xi1>, tensor<2x6x7x7xf32>, tensor<2x6x7x7xf32>) -> tensor<2x6x7x7xf32>
    %218 = stablehlo.reshape %217 : (tensor<2x6x7x7xf32>) -> tensor<12x7x7xf32>
    %219 = stablehlo.reshape %184 : (tensor<2x6x7x8xf32>) -> tensor<12x7x8xf32>
    %220 = stablehlo.dot_general %218, %219, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<12x7x7xf32>, tensor<12x7x8xf32>) -> tensor<12x7x8xf32>
    %221 = stablehlo.reshape %220 : (tensor<12x7x8xf32>) -> tensor<2x6x7x8xf32>
    %222 = stablehlo.transpose %221, dims = [2, 0, 1, 3] : (tensor<2x6x7x8xf32>) -> tensor<7x2x6x8xf32>
    %223 = stablehlo.transpose %222, dims = [1, 2, 0, 3] : (tensor<7x2x6x8xf32>) -> tensor<2x6x7x8xf32>
    %224 = stablehlo.transpose %223, dims = [0, 2, 1, 3] : (tensor<2x6x7x8xf32>) -> tensor<2x7x6x8xf32>
    %225 = stablehlo.reshape %224 : (tensor<2x7x6x8xf32>) -> tensor<2x7x48xf32>
    %226 = stablehlo.transpose %arg4, dims = [1, 0] : (tensor<24x48xf32>) -> tensor<48x24xf32>
    %227 = stablehlo.broadcast_in_dim %226, dims = [1, 2] : (tensor<48x24xf32>) -> tensor<2x48x24xf32>
    %228 = stablehlo.dot_general %225, %227, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x7x48xf32>, tensor<2x48x24xf32>) -> tensor<2x7x24xf32>
    %229 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %230 = stablehlo.multiply %228, %229 : tensor<2x7x24xf32>
    %231 = stablehlo.add %0, %230 : tensor<2x7x24xf32>
    %232 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %233 = stablehlo.power %231, %232 : tensor<2x7x24xf32>
    %234 = stablehlo.reduce(%233 init: %cst_4) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %235 = stablehlo.broadcast_in_dim %234, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %236 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %237 = stablehlo.divide %235, %236 : tensor<2x7x1xf32>
    %238 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %239 = stablehlo.add %237, %238 : tensor<2x7x1xf32>
    %240 = stablehlo.rsqrt %239 : tensor<2x7x1xf32>
    %241 = stablehlo.broadcast_in_dim %240, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %242 = stablehlo.multiply %231, %241 : tensor<2x7x24xf32>
    %243 = stablehlo.broadcast_in_dim %arg9, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %244 = stablehlo.broadcast_in_dim %243, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %245 = stablehlo.multiply %244, %242 : tensor<2x7x24xf32>
    %246 = stablehlo.transpose %arg5, dims = [1, 0] : (tensor<40x24xf32>) -> tensor<24x40xf32>
    %247 = stablehlo.reshape %245 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %248 = stablehlo.dot_general %247, %246, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x40xf32>) -> tensor<14x40xf32>
    %249 = stablehlo.reshape %248 : (tensor<14x40xf32>) -> tensor<2x7x40xf32>
    %250 = stablehlo.negate %249 : tensor<2x7x40xf32>
    %251 = stablehlo.exponential %250 : tensor<2x7x40xf32>
    %252 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x40xf32>
    %253 = stablehlo.add %252, %251 : tensor<2x7x40xf32>
    %254 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x40xf32>
    %255 = stablehlo.divide %254, %253 : tensor<2x7x40xf32>
    %256 = stablehlo.multiply %249, %255 : tensor<2x7x40xf32>
    %257 = stablehlo.transpose %arg6, dims = [1, 0] : (tensor<40x24xf32>) -> tensor<24x40xf32>
    %258 = stablehlo.reshape %245 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %259 = stablehlo.dot_general %258, %257, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x40xf32>) -> tensor<14x40xf32>
    %260 = stablehlo.reshape %259 : (tensor<14x40xf32>) -> tensor<2x7x40xf32>
    %261 = stablehlo.multiply %256, %260 : tensor<2x7x40xf32>
    %262 = stablehlo.transpose %arg7, dims = [1, 0] : (tensor<24x40xf32>) -> tensor<40x24xf32>
    %263 = stablehlo.reshape %261 : (tensor<2x7x40xf32>) -> tensor<14x40xf32>
    %264 = stablehlo.dot_general %263, %262, contracting_dims = [1] x [0] : (tensor<14x40xf32>, tensor<40x24xf32>) -> tensor<14x24xf32>
    %265 = stablehlo.reshape %264 : (tensor<14x24xf32>) -> tensor<2x7x24xf32>
    %266 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %267 = stablehlo.multiply %265, %266 : tensor<2x7x24xf32>
    %268 = stablehlo.add %231, %267 : tensor<2x7x24xf32>
    %269 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %270 = stablehlo.power %268, %269 : tensor<2x7x24xf32>
    %271 = stablehlo.reduce(%270 init: %cst_4) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %272 = stablehlo.broadcast_in_dim %271, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %273 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %274 = stablehlo.divide %272, %273 : tensor<2x7x1xf32>
    %275 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %276 = stablehlo.add %274, %275 : tensor<2x7x1xf32>
    %277 = stablehlo.rsqrt %276 : tensor<2x7x1xf32>
    %278 = stablehlo.broadcast_in_dim %277, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %279 = stablehlo.multiply %268, %278 : tensor<2x7x24xf32>
    %280 = stablehlo.broadcast_in_dim %arg17, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %281 = stablehlo.broadcast_in_dim %280, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %282 = stablehlo.multiply %281, %279 : tensor<2x7x24xf32>
    %283 = stablehlo.transpose %arg10, dims = [1, 0] : (tensor<48x24xf32>) -> tensor<24x48xf32>
    %284 = stablehlo.reshape %282 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %285 = stablehlo.dot_general %284, %283, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x48xf32>) -> tensor<14x48xf32>
    %286 = stablehlo.reshape %285 : (tensor<14x48xf32>) -> tensor<2x7x48xf32>
    %287 = stablehlo.reshape %286 : (tensor<2x7x48xf32>) -> tensor<2x7x6x8xf32>
    %288 = stablehlo.transpose %287, dims = [0, 2, 1, 3] : (tensor<2x7x6x8xf32>) -> tensor<2x6x7x8xf32>
    %289 = stablehlo.transpose %arg11, dims = [1, 0] : (tensor<16x24xf32>) -> tensor<24x16xf32>
    %290 = stablehlo.reshape %282 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %291 = stablehlo.dot_general %290, %289, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x16xf32>) -> tensor<14x16xf32>
    %292 = stablehlo.reshape %291 : (tensor<14x16xf32>) -> tensor<2x7x16xf32>
    %293 = stablehlo.reshape %292 : (tensor<2x7x16xf32>) -> tensor<2x7x2x8xf32>
    %294 = stablehlo.transpose %293, dims = [0, 2, 1, 3] : (tensor<2x7x2x8xf32>) -> tensor<2x2x7x8xf32>
    %295 = stablehlo.transpose %arg12, dims = [1, 0] : (tensor<16x24xf32>) -> tensor<24x16xf32>
    %296 = stablehlo.reshape %282 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %297 = stablehlo.dot_general %296, %295, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x16xf32>) -> tensor<14x16xf32>
    %298 = stablehlo.reshape %297 : (tensor<14x16xf32>) -> tensor<2x7x16xf32>
    %299 = stablehlo.reshape %298 : (tensor<2x7x16xf32>) -> tensor<2x7x2x8xf32>
    %300 = stablehlo.transpose %299, dims = [0, 2, 1, 3] : (tensor<2x7x2x8xf32>) -> tensor<2x2x7x8xf32>
    %301 = stablehlo.broadcast_in_dim %117, dims = [0, 2, 3] : (tensor<1x7x8xf32>) -> tensor<1x1x7x8xf32>
    %302 = stablehlo.broadcast_in_dim %120, dims = [0, 2, 3] : (tensor<1x7x8xf32>) -> tensor<1x1x7x8xf32>
    %303 = stablehlo.broadcast_in_dim %301, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x6x7x8xf32>
    %304 = stablehlo.multiply %288, %303 : tensor<2x6x7x8xf32>
    %305 = stablehlo.slice %288 [0:2, 0:6, 0:7, 0:4] : (tensor<2x6x7x8xf32>) -> tensor<2x6x7x4xf32>
    %306 = stablehlo.slice %288 [0:2, 0:6, 0:7, 4:8] : (tensor<2x6x7x8xf32>) -> tensor<2x6x7x4xf32>
    %307 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x6x7x4xf32>
    %308 = stablehlo.multiply %307, %306 : tensor<2x6x7x4xf32>
    %309 = stablehlo.concatenate %308, %305, dim = 3 : (tensor<2x6x7x4xf32>, tensor<2x6x7x4xf32>) -> tensor<2x6x7x8xf32>
    %310 = stablehlo.broadcast_in_dim %302, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x6x7x8xf32>
    %311 = stablehlo.multiply %309, %310 : tensor<2x6x7x8xf32>
    %312 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x6x7x8xf32>
    %313 = stablehlo.multiply %311, %312 : tensor<2x6x7x8xf32>
    %314 = stablehlo.add %304, %313 : tensor<2x6x7x8xf32>
    %315 = stablehlo.broadcast_in_dim %301, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x2x7x8xf32>
    %316 = stablehlo.multiply %294, %315 : tensor<2x2x7x8xf32>
    %317 = stablehlo.slice %294 [0:2, 0:2, 0:7, 0:4] : (tensor<2x2x7x8xf32>) -> tensor<2x2x7x4xf32>
    %318 = stablehlo.slice %294 [0:2, 0:2, 0:7, 4:8] : (tensor<2x2x7x8xf32>) -> tensor<2x2x7x4xf32>
    %319 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x2x7x4xf32>
    %320 = stablehlo.multiply %319, %318 : tensor<2x2x7x4xf32>
    %321 = stablehlo.concatenate %320, %317, dim = 3 : (tensor<2x2x7x4xf32>, tensor<2x2x7x4xf32>) -> tensor<2x2x7x8xf32>
    %322 = stablehlo.broadcast_in_dim %302, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x2x7x8xf32>
    %323 = stablehlo.multiply %321, %322 : tensor<2x2x7x8xf32>
    %324 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x2x7x8xf32>
    %325 = stablehlo.multiply %323, %324 : tensor<2x2x7x8xf32>
    %326 = stablehlo.add %316, %325 : tensor<2x2x7x8xf32>
    %327 = stablehlo.broadcast_in_dim %326, dims = [0, 1, 3, 4] : (tensor<2x2x7x8xf32>) -> tensor<2x2x1x7x8xf32>
    %328 = stablehlo.broadcast_in_dim %327, dims = [0, 1, 2, 3, 4] : (tensor<2x2x1x7x8xf32>) -> tensor<2x2x3x7x8xf32>
    %329 = stablehlo.reshape %328 : (tensor<2x2x3x7x8xf32>) -> tensor<2x6x7x8xf32>
    %330 = stablehlo.broadcast_in_dim %300, dims = [0, 1, 3, 4] : (tensor<2x2x7x8xf32>) -> tensor<2x2x1x7x8xf32>
    %331 = stablehlo.broadcast_in_dim %330, dims = [0, 1, 2, 3, 4] : (tensor<2x2x1x7x8xf32>) -> tensor<2x2x3x7x8xf32>
    %332 = stablehlo.reshape %331 : (tensor<2x2x3x7x8xf32>) -> tensor<2x6x7x8xf32>
    %333 = call @_where_1(%107, %cst_4, %cst_0) : (tensor<2x1x7x7xi1>, tensor<f32>, tensor<f32>) -> tensor<2x1x7x7xf32>
    %334 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x6x7x8xf32>
    %335 = stablehlo.multiply %314, %334 : tensor<2x6x7x8xf32>
    %336 = stablehlo.transpose %329, dims = [0, 1, 3, 2] : (tensor<2x6x7x8xf32>) -> tensor<2x6x8x7xf32>
    %337 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x6x8x7xf32>
    %338 = stablehlo.multiply %336, %337 : tensor<2x6x8x7xf32>
    %339 = stablehlo.reshape %335 : (tensor<2x6x7x8xf32>) -> tensor<12x7x8xf32>
    %340 = stablehlo.reshape %338 : (tensor<2x6x8x7xf32>) -> tensor<12x8x7xf32>
    %341 = stablehlo.dot_general %339, %340, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<12x7x8xf32>, tensor<12x8x7xf32>) -> tensor<12x7x7xf32>
    %342 = stablehlo.reshape %341 : (tensor<12x7x7xf32>) -> tensor<2x6x7x7xf32>
    %343 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %344 = stablehlo.multiply %333, %343 : tensor<2x1x7x7xf32>
    %345 = stablehlo.broadcast_in_dim %344, dims = [0, 1, 2, 3] : (tensor<2x1x7x7xf32>) -> tensor<2x6x7x7xf32>
    %346 = stablehlo.add %342, %345 : tensor<2x6x7x7xf32>
    %347 = stablehlo.reduce(%346 init: %cst_0) applies stablehlo.maximum across dimensions = [3] : (tensor<2x6x7x7xf32>, tensor<f32>) -> tensor<2x6x7xf32>
    %348 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x6x7xf32>
    %349 = stablehlo.maximum %348, %347 : tensor<2x6x7xf32>
    %350 = stablehlo.broadcast_in_dim %349, dims = [0, 1, 2] : (tensor<2x6x7xf32>) -> tensor<2x6x7x1xf32>
    %351 = stablehlo.broadcast_in_dim %350, dims = [0, 1, 2, 3] : (tensor<2x6x7x1xf32>) -> tensor<2x6x7x7xf32>
    %352 = stablehlo.subtract %346, %351 : tensor<2x6x7x7xf32>
    %353 = stablehlo.exponential %352 : tensor<2x6x7x7xf32>
    %354 = stablehlo.reduce(%353 init: %cst_4) applies stablehlo.add across dimensions = [3] : (tensor<2x6x7x7xf32>, tensor<f32>) -> tensor<2x6x7xf32>
    %355 = stablehlo.broadcast_in_dim %354, dims = [0, 1, 2] : (tensor<2x6x7xf32>) -> tensor<2x6x7x1xf32>
    %356 = stablehlo.broadcast_in_dim %355, dims = [0, 1, 2, 3] : (tensor<2x6x7x1xf32>) -> tensor<2x6x7x7xf32>
    %357 = stablehlo.divide %353, %356 : tensor<2x6x7x7xf32>
    %358 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x6x7x7xf32>
    %359 = stablehlo.compare EQ, %346, %358, FLOAT : (tensor<2x6x7x7xf32>, tensor<2x6x7x7xf32>) -> tensor<2x6x7x7xi1>
    %360 = stablehlo.not %359 : tensor<2x6x7x7xi1>
    %361 = stablehlo.reduce(%360 init: %c) applies stablehlo.or across dimensions = [3] : (tensor<2x6x7x7xi1>, tensor<i1>) -> tensor<2x6x7xi1>
    %362 = stablehlo.broadcast_in_dim %361, dims = [0, 1, 2] : (tensor<2x6x7xi1>) -> tensor<2x6x7x1xi1>
    %363 = stablehlo.not %362 : tensor<2x6x7x1xi1>
    %364 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<2x6x7x7xf32>
    %365 = call @_where_2(%363, %364, %357) : (tensor<2x6x7x1xi1>, tensor<2x6x7x7xf32>, tensor<2x6x7x7xf32>) -> tensor<2x6x7x7xf32>
    %366 = stablehlo.reshape %365 : (tensor<2x6x7x7xf32>) -> tensor<12x7x7xf32>
    %367 = stablehlo.reshape %332 : (tensor<2x6x7x8xf32>) -> tensor<12x7x8xf32>
    %368 = stablehlo.dot_general %366, %367, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<12x7x7xf32>, tensor<12x7x8xf32>) -> tensor<12x7x8xf32>
    %369 = stablehlo.reshape %368 : (tensor<12x7x8xf32>) -> tensor<2x6x7x8xf32>
    %370 = stablehlo.transpose %369, dims = [2, 0, 1, 3] : (tensor<2x6x7x8xf32>) -> tensor<7x2x6x8xf32>
    %371 = stablehlo.transpose %370, dims = [1, 2, 0, 3] : (tensor<7x2x6x8xf32>) -> tensor<2x6x7x8xf32>
    %372 = stablehlo.transpose %371, dims = [0, 2, 1, 3] : (tensor<2x6x7x8xf32>) -> tensor<2x7x6x8xf32>
    %373 = stablehlo.reshape %372 : (tensor<2x7x6x8xf32>) -> tensor<2x7x48xf32>
    %374 = stablehlo.transpose %arg13, dims = [1, 0] : (tensor<24x48xf32>) -> tensor<48x24xf32>
    %375 = stablehlo.broadcast_in_dim %374, dims = [1, 2] : (tensor<48x24xf32>) -> tensor<2x48x24xf32>
    %376 = stablehlo.dot_general %373, %375, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x7x48xf32>, tensor<2x48x24xf32>) -> tensor<2x7x24xf32>
    %377 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %378 = stablehlo.multiply %376, %377 : tensor<2x7x24xf32>
    %379 = stablehlo.add %268, %378 : tensor<2x7x24xf32>
    %380 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %381 = stablehlo.power %379, %380 : tensor<2x7x24xf32>
    %382 = stablehlo.reduce(%381 init: %cst_4) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %383 = stablehlo.broadcast_in_dim %382, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %384 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %385 = stablehlo.divide %383, %384 : tensor<2x7x1xf32>
    %386 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %387 = stablehlo.add %385, %386 : tensor<2x7x1xf32>
    %388 = stablehlo.rsqrt %387 : tensor<2x7x1xf32>
    %389 = stablehlo.broadcast_in_dim %388, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %390 = stablehlo.multiply %379, %389 : tensor<2x7x24xf32>
    %391 = stablehlo.broadcast_in_dim %arg18, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %392 = stablehlo.broadcast_in_dim %391, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %393 = stablehlo.multiply %392, %390 : tensor<2x7x24xf32>
    %394 = stablehlo.transpose %arg14, dims = [1, 0] : (tensor<40x24xf32>) -> tensor<24x40xf32>
    %395 = stablehlo.reshape %393 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %396 = stablehlo.dot_general %395, %394, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x40xf32>) -> tensor<14x40xf32>
    %397 = stablehlo.reshape %396 : (tensor<14x40xf32>) -> tensor<2x7x40xf32>
    %398 = stablehlo.negate %397 : tensor<2x7x40xf32>
    %399 = stablehlo.exponential %398 : tensor<2x7x40xf32>
    %400 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x40xf32>
    %401 = stablehlo.add %400, %399 : tensor<2x7x40xf32>
    %402 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x40xf32>
    %403 = stablehlo.divide %402, %401 : tensor<2x7x40xf32>
    %404 = stablehlo.multiply %397, %403 : tensor<2x7x40xf32>
    %405 = stablehlo.transpose %arg15, dims = [1, 0] : (tensor<40x24xf32>) -> tensor<24x40xf32>
    %406 = stablehlo.reshape %393 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %407 = stablehlo.dot_general %406, %405, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x40xf32>) -> tensor<14x40xf32>
    %408 = stablehlo.reshape %407 : (tensor<14x40xf32>) -> tensor<2x7x40xf32>
    %409 = stablehlo.multiply %404, %408 : tensor<2x7x40xf32>
    %410 = stablehlo.transpose %arg16, dims = [1, 0] : (tensor<24x40xf32>) -> tensor<40x24xf32>
    %411 = stablehlo.reshape %409 : (tensor<2x7x40xf32>) -> tensor<14x40xf32>
    %412 = stablehlo.dot_general %411, %410, contracting_dims = [1] x [0] : (tensor<14x40xf32>, tensor<40x24xf32>) -> tensor<14x24xf32>
    %413 = stablehlo.reshape %412 : (tensor<14x24xf32>) -> tensor<2x7x24xf32>
    %414 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %415 = stablehlo.multiply %413, %414 : tensor<2x7x24xf32>
    %416 = stablehlo.add %379, %415 : tensor<2x7x24xf32>
    %417 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %418 = stablehlo.power %416, %417 : tensor<2x7x24xf32>
    %419 = stablehlo.reduce(%418 init: %cst_4) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %420 = stablehlo.broadcast_in_dim %419, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %421 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %422 = stablehlo.divide %420, %421 : tensor<2x7x1xf32>
    %423 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %424 = stablehlo.add %422, %423 : tensor<2x7x1xf32>
    %425 = stablehlo.rsqrt %424 : tensor<2x7x1xf32>
    %426 = stablehlo.broadcast_in_dim %425, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %427 = stablehlo.multiply %416, %426 : tensor<2x7x24xf32>
    %428 = stablehlo.broadcast_in_dim %arg26, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %429 = stablehlo.broadcast_in_dim %428, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %430 = stablehlo.multiply %429, %427 : tensor<2x7x24xf32>
    %431 = stablehlo.transpose %arg19, dims = [1, 0] : (tensor<48x24xf32>) -> tensor<24x48xf32>
    %432 = stablehlo.reshape %430 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %433 = stablehlo.dot_general %432, %431, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x48xf32>) -> tensor<14x48xf32>
    %434 = stablehlo.reshape %433 : (tensor<14x48xf32>) -> tensor<2x7x48xf32>
    %435 = stablehlo.reshape %434 : (tensor<2x7x48xf32>) -> tensor<2x7x6x8xf32>
    %436 = stablehlo.transpose %435, dims = [0, 2, 1, 3] : (tensor<2x7x6x8xf32>) -> tensor<2x6x7x8xf32>
    %437 = stablehlo.transpose %arg20, dims = [1, 0] : (tensor<16x24xf32>) -> tensor<24x16xf32>
    %438 = stablehlo.reshape %430 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %439 = stablehlo.dot_general %438, %437, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x16xf32>) -> tensor<14x16xf32>
    %440 = stablehlo.reshape %439 : (tensor<14x16xf32>) -> tensor<2x7x16xf32>
    %441 = stablehlo.reshape %440 : (tensor<2x7x16xf32>) -> tensor<2x7x2x8xf32>
    %442 = stablehlo.transpose %441, dims = [0, 2, 1, 3] : (tensor<2x7x2x8xf32>) -> tensor<2x2x7x8xf32>
    %443 = stablehlo.transpose %arg21, dims = [1, 0] : (tensor<16x24xf32>) -> tensor<24x16xf32>
    %444 = stablehlo.reshape %430 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %445 = stablehlo.dot_general %444, %443, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x16xf32>) -> tensor<14x16xf32>
    %446 = stablehlo.reshape %445 : (tensor<14x16xf32>) -> tensor<2x7x16xf32>
    %447 = stablehlo.reshape %446 : (tensor<2x7x16xf32>) -> tensor<2x7x2x8xf32>
    %448 = stablehlo.transpose %447, dims = [0, 2, 1, 3] : (tensor<2x7x2x8xf32>) -> tensor<2x2x7x8xf32>
    %449 = stablehlo.broadcast_in_dim %117, dims = [0, 2, 3] : (tensor<1x7x8xf32>) -> tensor<1x1x7x8xf32>
    %450 = stablehlo.broadcast_in_dim %120, dims = [0, 2, 3] : (tensor<1x7x8xf32>) -> tensor<1x1x7x8xf32>
    %451 = stablehlo.broadcast_in_dim %449, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x6x7x8xf32>
    %452 = stablehlo.multiply %436, %451 : tensor<2x6x7x8xf32>
    %453 = stablehlo.slice %436 [0:2, 0:6, 0:7, 0:4] : (tensor<2x6x7x8xf32>) -> tensor<2x6x7x4xf32>
    %454 = stablehlo.slice %436 [0:2, 0:6, 0:7, 4:8] : (tensor<2x6x7x8xf32>) -> tensor<2x6x7x4xf32>
    %455 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x6x7x4xf32>
    %456 = stablehlo.multiply %455, %454 : tensor<2x6x7x4xf32>
    %457 = stablehlo.concatenate %456, %453, dim = 3 : (tensor<2x6x7x4xf32>, tensor<2x6x7x4xf32>) -> tensor<2x6x7x8xf32>
    %458 = stablehlo.broadcast_in_dim %450, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x6x7x8xf32>
    %459 = stablehlo.multiply %457, %458 : tensor<2x6x7x8xf32>
    %460 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x6x7x8xf32>
    %461 = stablehlo.multiply %459, %460 : tensor<2x6x7x8xf32>
    %462 = stablehlo.add %452, %461 : tensor<2x6x7x8xf32>
    %463 = stablehlo.broadcast_in_dim %449, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x2x7x8xf32>
    %464 = stablehlo.multiply %442, %463 : tensor<2x2x7x8xf32>
    %465 = stablehlo.slice %442 [0:2, 0:2, 0:7, 0:4] : (tensor<2x2x7x8xf32>) -> tensor<2x2x7x4xf32>
    %466 = stablehlo.slice %442 [0:2, 0:2, 0:7, 4:8] : (tensor<2x2x7x8xf32>) -> tensor<2x2x7x4xf32>
    %467 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x2x7x4xf32>
    %468 = stablehlo.multiply %467, %466 : tensor<2x2x7x4xf32>
    %469 = stablehlo.concatenate %468, %465, dim = 3 : (tensor<2x2x7x4xf32>, tensor<2x2x7x4xf32>) -> tensor<2x2x7x8xf32>
    %470 = stablehlo.broadcast_in_dim %450, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x2x7x8xf32>
    %471 = stablehlo.multiply %469, %470 : tensor<2x2x7x8xf32>
    %472 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x2x7x8xf32>
    %473 = stablehlo.multiply %471, %472 : tensor<2x2x7x8xf32>
    %474 = stablehlo.add %464, %473 : tensor<2x2x7x8xf32>
    %475 = stablehlo.broadcast_in_dim %474, dims = [0, 1, 3, 4] : (tensor<2x2x7x8xf32>) -> tensor<2x2x1x7x8xf32>
    %476 = stablehlo.broadcast_in_dim %475, dims = [0, 1, 2, 3, 4] : (tensor<2x2x1x7x8xf32>) -> tensor<2x2x3x7x8xf32>
    %477 = stablehlo.reshape %476 : (tensor<2x2x3x7x8xf32>) -> tensor<2x6x7x8xf32>
    %478 = stablehlo.broadcast_in_dim %448, dims = [0, 1, 3, 4] : (tensor<2x2x7x8xf32>) -> tensor<2x2x1x7x8xf32>
    %479 = stablehlo.broadcast_in_dim %478, dims = [0, 1, 2, 3, 4] : (tensor<2x2x1x7x8xf32>) -> tensor<2x2x3x7x8xf32>
    %480 = stablehlo.reshape %479 : (tensor<2x2x3x7x8xf32>) -> tensor<2x6x7x8xf32>
    %481 = call @_where_1(%107, %cst_4, %cst_0) : (tensor<2x1x7x7xi1>, tensor<f32>, tensor<f32>) -> tensor<2x1x7x7xf32>
    %482 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x6x7x8xf32>
    %483 = stablehlo.multiply %462, %482 : tensor<2x6x7x8xf32>
    %484 = stablehlo.transpose %477, dims = [0, 1, 3, 2] : (tensor<2x6x7x8xf32>) -> tensor<2x6x8x7xf32>
    %485 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x6x8x7xf32>
    %486 = stablehlo.multiply %484, %485 : tensor<2x6x8x7xf32>
    %487 = stablehlo.reshape %483 : (tensor<2x6x7x8xf32>) -> tensor<12x7x8xf32>
    %488 = stablehlo.reshape %486 : (tensor<2x6x8x7xf32>) -> tensor<12x8x7xf32>
    %489 = stablehlo.dot_general %487, %488, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<12x7x8xf32>, tensor<12x8x7xf32>) -> tensor<12x7x7xf32>
    %490 = stablehlo.reshape %489 : (tensor<12x7x7xf32>) -> tensor<2x6x7x7xf32>
    %491 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %492 = stablehlo.multiply %481, %491 : tensor<2x1x7x7xf32>
    %493 = stablehlo.broadcast_in_dim %492, dims = [0, 1, 2, 3] : (tensor<2x1x7x7xf32>) -> tensor<2x6x7x7xf32>
    %494 = stablehlo.add %490, %493 : tensor<2x6x7x7xf32>
    %495 = stablehlo.reduce(%494 init: %cst_0) applies stablehlo.maximum across dimensions = [3] : (tensor<2x6x7x7xf32>, tensor<f32>) -> tensor<2x6x7xf32>
    %496 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x6x7xf32>
    %497 = stablehlo.maximum %496, %495 : tensor<2x6x7xf32>
    %498 = stablehlo.broadcast_in_dim %497, dims = [0, 1, 2] : (tensor<2x6x7xf32>) -> tensor<2x6x7x1xf32>
    %499 = stablehlo.broadcast_in_dim %498, dims = [0, 1, 2, 3] : (tensor<2x6x7x1xf32>) -> tensor<2x6x7x7xf32>
    %500 = stablehlo.subtract %494, %499 : tensor<2x6x7x7xf32>
    %501 = stablehlo.exponential %500 : tensor<2x6x7x7xf32>
    %502 = stablehlo.reduce(%501 init: %cst_4) applies stablehlo.add across dimensions = [3] : (tensor<2x6x7x7xf32>, tensor<f32>) -> tensor<2x6x7xf32>
    %503 = stablehlo.broadcast_in_dim %502, dims = [0, 1, 2] : (tensor<2x6x7xf32>) -> tensor<2x6x7x1xf32>
    %504 = stablehlo.broadcast_in_dim %503, dims = [0, 1, 2, 3] : (tensor<2x6x7x1xf32>) -> tensor<2x6x7x7xf32>
    %505 = stablehlo.divide %501, %504 : tensor<2x6x7x7xf32>
    %506 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x6x7x7xf32>
    %507 = stablehlo.compare EQ, %494, %506, FLOAT : (tensor<2x6x7x7xf32>, tensor<2x6x7x7xf32>) -> tensor<2x6x7x7xi1>
    %508 = stablehlo.not %507 : tensor<2x6x7x7xi1>
    %509 = stablehlo.reduce(%508 init: %c) applies stablehlo.or across dimensions = [3] : (tensor<2x6x7x7xi1>, tensor<i1>) -> tensor<2x6x7xi1>
    %510 = stablehlo.broadcast_in_dim %509, dims = [0, 1, 2] : (tensor<2x6x7xi1>) -> tensor<2x6x7x1xi1>
    %511 = stablehlo.not %510 : tensor<2x6x7x1xi1>
    %512 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<2x6x7x7xf32>
    %513 = call @_where_2(%511, %512, %505) : (tensor<2x6x7x1xi1>, tensor<2x6x7x7xf32>, tensor<2x6x7x7xf32>) -> tensor<2x6x7x7xf32>
    %514 = stablehlo.reshape %513 : (tensor<2x6x7x7xf32>) -> tensor<12x7x7xf32>
    %515 = stablehlo.reshape %480 : (tensor<2x6x7x8xf32>) -> tensor<12x7x8xf32>
    %516 = stablehlo.dot_general %514, %515, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<12x7x7xf32>, tensor<12x7x8xf32>) -> tensor<12x7x8xf32>
    %517 = stablehlo.reshape %516 : (tensor<12x7x8xf32>) -> tensor<2x6x7x8xf32>
    %518 = stablehlo.transpose %517, dims = [2, 0, 1, 3] : (tensor<2x6x7x8xf32>) -> tensor<7x2x6x8xf32>
    %519 = stablehlo.transpose %518, dims = [1, 2, 0, 3] : (tensor<7x2x6x8xf32>) -> tensor<2x6x7x8xf32>
    %520 = stablehlo.transpose %519, dims = [0, 2, 1, 3] : (tensor<2x6x7x8xf32>) -> tensor<2x7x6x8xf32>
    %521 = stablehlo.reshape %520 : (tensor<2x7x6x8xf32>) -> tensor<2x7x48xf32>
    %522 = stablehlo.transpose %arg22, dims = [1, 0] : (tensor<24x48xf32>) -> tensor<48x24xf32>
    %523 = stablehlo.broadcast_in_dim %522, dims = [1, 2] : (tensor<48x24xf32>) -> tensor<2x48x24xf32>
    %524 = stablehlo.dot_general %521, %523, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x7x48xf32>, tensor<2x48x24xf32>) -> tensor<2x7x24xf32>
    %525 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %526 = stablehlo.multiply %524, %525 : tensor<2x7x24xf32>
    %527 = stablehlo.add %416, %526 : tensor<2x7x24xf32>
    %528 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %529 = stablehlo.power %527, %528 : tensor<2x7x24xf32>
    %530 = stablehlo.reduce(%529 init: %cst_4) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %531 = stablehlo.broadcast_in_dim %530, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %532 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %533 = stablehlo.divide %531, %532 : tensor<2x7x1xf32>
    %534 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %535 = stablehlo.add %533, %534 : tensor<2x7x1xf32>
    %536 = stablehlo.rsqrt %535 : tensor<2x7x1xf32>
    %537 = stablehlo.broadcast_in_dim %536, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %538 = stablehlo.multiply %527, %537 : tensor<2x7x24xf32>
    %539 = stablehlo.broadcast_in_dim %arg27, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %540 = stablehlo.broadcast_in_dim %539, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %541 = stablehlo.multiply %540, %538 : tensor<2x7x24xf32>
    %542 = stablehlo.transpose %arg23, dims = [1, 0] : (tensor<40x24xf32>) -> tensor<24x40xf32>
    %543 = stablehlo.reshape %541 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %544 = stablehlo.dot_general %543, %542, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x40xf32>) -> tensor<14x40xf32>
    %545 = stablehlo.reshape %544 : (tensor<14x40xf32>) -> tensor<2x7x40xf32>
    %546 = stablehlo.negate %545 : tensor<2x7x40xf32>
    %547 = stablehlo.exponential %546 : tensor<2x7x40xf32>
    %548 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x40xf32>
    %549 = stablehlo.add %548, %547 : tensor<2x7x40xf32>
    %550 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x40xf32>
    %551 = stablehlo.divide %550, %549 : tensor<2x7x40xf32>
    %552 = stablehlo.multiply %545, %551 : tensor<2x7x40xf32>
    %553 = stablehlo.transpose %arg24, dims = [1, 0] : (tensor<40x24xf32>) -> tensor<24x40xf32>
    %554 = stablehlo.reshape %541 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %555 = stablehlo.dot_general %554, %553, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x40xf32>) -> tensor<14x40xf32>
    %556 = stablehlo.reshape %555 : (tensor<14x40xf32>) -> tensor<2x7x40xf32>
    %557 = stablehlo.multiply %552, %556 : tensor<2x7x40xf32>
    %558 = stablehlo.transpose %arg25, dims = [1, 0] : (tensor<24x40xf32>) -> tensor<40x24xf32>
    %559 = stablehlo.reshape %557 : (tensor<2x7x40xf32>) -> tensor<14x40xf32>
    %560 = stablehlo.dot_general %559, %558, contracting_dims = [1] x [0] : (tensor<14x40xf32>, tensor<40x24xf32>) -> tensor<14x24xf32>
    %561 = stablehlo.reshape %560 : (tensor<14x24xf32>) -> tensor<2x7x24xf32>
    %562 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %563 = stablehlo.multiply %561, %562 : tensor<2x7x24xf32>
    %564 = stablehlo.add %527, %563 : tensor<2x7x24xf32>
    %565 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %566 = stablehlo.power %564, %565 : tensor<2x7x24xf32>
    %567 = stablehlo.reduce(%566 init: %cst_4) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %568 = stablehlo.broadcast_in_dim %567, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %569 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %570 = stablehlo.divide %568, %569 : tensor<2x7x1xf32>
    %571 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %572 = stablehlo.add %570, %571 : tensor<2x7x1xf32>
    %573 = stablehlo.rsqrt %572 : tensor<2x7x1xf32>
    %574 = stablehlo.broadcast_in_dim %573, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %575 = stablehlo.multiply %564, %574 : tensor<2x7x24xf32>
    %576 = stablehlo.broadcast_in_dim %arg35, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %577 = stablehlo.broadcast_in_dim %576, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %578 = stablehlo.multiply %577, %575 : tensor<2x7x24xf32>
    %579 = stablehlo.transpose %arg28, dims = [1, 0] : (tensor<48x24xf32>) -> tensor<24x48xf32>
    %580 = stablehlo.reshape %578 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %581 = stablehlo.dot_general %580, %579, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x48xf32>) -> tensor<14x48xf32>
    %582 = stablehlo.reshape %581 : (tensor<14x48xf32>) -> tensor<2x7x48xf32>
    %583 = stablehlo.reshape %582 : (tensor<2x7x48xf32>) -> tensor<2x7x6x8xf32>
    %584 = stablehlo.transpose %583, dims = [0, 2, 1, 3] : (tensor<2x7x6x8xf32>) -> tensor<2x6x7x8xf32>
    %585 = stablehlo.transpose %arg29, dims = [1, 0] : (tensor<16x24xf32>) -> tensor<24x16xf32>
    %586 = stablehlo.reshape %578 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %587 = stablehlo.dot_general %586, %585, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x16xf32>) -> tensor<14x16xf32>
    %588 = stablehlo.reshape %587 : (tensor<14x16xf32>) -> tensor<2x7x16xf32>
    %589 = stablehlo.reshape %588 : (tensor<2x7x16xf32>) -> tensor<2x7x2x8xf32>
    %590 = stablehlo.transpose %589, dims = [0, 2, 1, 3] : (tensor<2x7x2x8xf32>) -> tensor<2x2x7x8xf32>
    %591 = stablehlo.transpose %arg30, dims = [1, 0] : (tensor<16x24xf32>) -> tensor<24x16xf32>
    %592 = stablehlo.reshape %578 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %593 = stablehlo.dot_general %592, %591, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x16xf32>) -> tensor<14x16xf32>
    %594 = stablehlo.reshape %593 : (tensor<14x16xf32>) -> tensor<2x7x16xf32>
    %595 = stablehlo.reshape %594 : (tensor<2x7x16xf32>) -> tensor<2x7x2x8xf32>
    %596 = stablehlo.transpose %595, dims = [0, 2, 1, 3] : (tensor<2x7x2x8xf32>) -> tensor<2x2x7x8xf32>
    %597 = stablehlo.broadcast_in_dim %117, dims = [0, 2, 3] : (tensor<1x7x8xf32>) -> tensor<1x1x7x8xf32>
    %598 = stablehlo.broadcast_in_dim %120, dims = [0, 2, 3] : (tensor<1x7x8xf32>) -> tensor<1x1x7x8xf32>
    %599 = stablehlo.broadcast_in_dim %597, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x6x7x8xf32>
    %600 = stablehlo.multiply %584, %599 : tensor<2x6x7x8xf32>
    %601 = stablehlo.slice %584 [0:2, 0:6, 0:7, 0:4] : (tensor<2x6x7x8xf32>) -> tensor<2x6x7x4xf32>
    %602 = stablehlo.slice %584 [0:2, 0:6, 0:7, 4:8] : (tensor<2x6x7x8xf32>) -> tensor<2x6x7x4xf32>
    %603 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x6x7x4xf32>
    %604 = stablehlo.multiply %603, %602 : tensor<2x6x7x4xf32>
    %605 = stablehlo.concatenate %604, %601, dim = 3 : (tensor<2x6x7x4xf32>, tensor<2x6x7x4xf32>) -> tensor<2x6x7x8xf32>
    %606 = stablehlo.broadcast_in_dim %598, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x6x7x8xf32>
    %607 = stablehlo.multiply %605, %606 : tensor<2x6x7x8xf32>
    %608 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x6x7x8xf32>
    %609 = stablehlo.multiply %607, %608 : tensor<2x6x7x8xf32>
    %610 = stablehlo.add %600, %609 : tensor<2x6x7x8xf32>
    %611 = stablehlo.broadcast_in_dim %597, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x2x7x8xf32>
    %612 = stablehlo.multiply %590, %611 : tensor<2x2x7x8xf32>
    %613 = stablehlo.slice %590 [0:2, 0:2, 0:7, 0:4] : (tensor<2x2x7x8xf32>) -> tensor<2x2x7x4xf32>
    %614 = stablehlo.slice %590 [0:2, 0:2, 0:7, 4:8] : (tensor<2x2x7x8xf32>) -> tensor<2x2x7x4xf32>
    %615 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x2x7x4xf32>
    %616 = stablehlo.multiply %615, %614 : tensor<2x2x7x4xf32>
    %617 = stablehlo.concatenate %616, %613, dim = 3 : (tensor<2x2x7x4xf32>, tensor<2x2x7x4xf32>) -> tensor<2x2x7x8xf32>
    %618 = stablehlo.broadcast_in_dim %598, dims = [0, 1, 2, 3] : (tensor<1x1x7x8xf32>) -> tensor<2x2x7x8xf32>
    %619 = stablehlo.multiply %617, %618 : tensor<2x2x7x8xf32>
    %620 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x2x7x8xf32>
    %621 = stablehlo.multiply %619, %620 : tensor<2x2x7x8xf32>
    %622 = stablehlo.add %612, %621 : tensor<2x2x7x8xf32>
    %623 = stablehlo.broadcast_in_dim %622, dims = [0, 1, 3, 4] : (tensor<2x2x7x8xf32>) -> tensor<2x2x1x7x8xf32>
    %624 = stablehlo.broadcast_in_dim %623, dims = [0, 1, 2, 3, 4] : (tensor<2x2x1x7x8xf32>) -> tensor<2x2x3x7x8xf32>
    %625 = stablehlo.reshape %624 : (tensor<2x2x3x7x8xf32>) -> tensor<2x6x7x8xf32>
    %626 = stablehlo.broadcast_in_dim %596, dims = [0, 1, 3, 4] : (tensor<2x2x7x8xf32>) -> tensor<2x2x1x7x8xf32>
    %627 = stablehlo.broadcast_in_dim %626, dims = [0, 1, 2, 3, 4] : (tensor<2x2x1x7x8xf32>) -> tensor<2x2x3x7x8xf32>
    %628 = stablehlo.reshape %627 : (tensor<2x2x3x7x8xf32>) -> tensor<2x6x7x8xf32>
    %629 = call @_where_1(%107, %cst_4, %cst_0) : (tensor<2x1x7x7xi1>, tensor<f32>, tensor<f32>) -> tensor<2x1x7x7xf32>
    %630 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x6x7x8xf32>
    %631 = stablehlo.multiply %610, %630 : tensor<2x6x7x8xf32>
    %632 = stablehlo.transpose %625, dims = [0, 1, 3, 2] : (tensor<2x6x7x8xf32>) -> tensor<2x6x8x7xf32>
    %633 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x6x8x7xf32>
    %634 = stablehlo.multiply %632, %633 : tensor<2x6x8x7xf32>
    %635 = stablehlo.reshape %631 : (tensor<2x6x7x8xf32>) -> tensor<12x7x8xf32>
    %636 = stablehlo.reshape %634 : (tensor<2x6x8x7xf32>) -> tensor<12x8x7xf32>
    %637 = stablehlo.dot_general %635, %636, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<12x7x8xf32>, tensor<12x8x7xf32>) -> tensor<12x7x7xf32>
    %638 = stablehlo.reshape %637 : (tensor<12x7x7xf32>) -> tensor<2x6x7x7xf32>
    %639 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %640 = stablehlo.multiply %629, %639 : tensor<2x1x7x7xf32>
    %641 = stablehlo.broadcast_in_dim %640, dims = [0, 1, 2, 3] : (tensor<2x1x7x7xf32>) -> tensor<2x6x7x7xf32>
    %642 = stablehlo.add %638, %641 : tensor<2x6x7x7xf32>
    %643 = stablehlo.reduce(%642 init: %cst_0) applies stablehlo.maximum across dimensions = [3] : (tensor<2x6x7x7xf32>, tensor<f32>) -> tensor<2x6x7xf32>
    %644 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x6x7xf32>
    %645 = stablehlo.maximum %644, %643 : tensor<2x6x7xf32>
    %646 = stablehlo.broadcast_in_dim %645, dims = [0, 1, 2] : (tensor<2x6x7xf32>) -> tensor<2x6x7x1xf32>
    %647 = stablehlo.broadcast_in_dim %646, dims = [0, 1, 2, 3] : (tensor<2x6x7x1xf32>) -> tensor<2x6x7x7xf32>
    %648 = stablehlo.subtract %642, %647 : tensor<2x6x7x7xf32>
    %649 = stablehlo.exponential %648 : tensor<2x6x7x7xf32>
    %650 = stablehlo.reduce(%649 init: %cst_4) applies stablehlo.add across dimensions = [3] : (tensor<2x6x7x7xf32>, tensor<f32>) -> tensor<2x6x7xf32>
    %651 = stablehlo.broadcast_in_dim %650, dims = [0, 1, 2] : (tensor<2x6x7xf32>) -> tensor<2x6x7x1xf32>
    %652 = stablehlo.broadcast_in_dim %651, dims = [0, 1, 2, 3] : (tensor<2x6x7x1xf32>) -> tensor<2x6x7x7xf32>
    %653 = stablehlo.divide %649, %652 : tensor<2x6x7x7xf32>
    %654 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x6x7x7xf32>
    %655 = stablehlo.compare EQ, %642, %654, FLOAT : (tensor<2x6x7x7xf32>, tensor<2x6x7x7xf32>) -> tensor<2x6x7x7xi1>
    %656 = stablehlo.not %655 : tensor<2x6x7x7xi1>
    %657 = stablehlo.reduce(%656 init: %c) applies stablehlo.or across dimensions = [3] : (tensor<2x6x7x7xi1>, tensor<i1>) -> tensor<2x6x7xi1>
    %658 = stablehlo.broadcast_in_dim %657, dims = [0, 1, 2] : (tensor<2x6x7xi1>) -> tensor<2x6x7x1xi1>
    %659 = stablehlo.not %658 : tensor<2x6x7x1xi1>
    %660 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<2x6x7x7xf32>
    %661 = call @_where_2(%659, %660, %653) : (tensor<2x6x7x1xi1>, tensor<2x6x7x7xf32>, tensor<2x6x7x7xf32>) -> tensor<2x6x7x7xf32>
    %662 = stablehlo.reshape %661 : (tensor<2x6x7x7xf32>) -> tensor<12x7x7xf32>
    %663 = stablehlo.reshape %628 : (tensor<2x6x7x8xf32>) -> tensor<12x7x8xf32>
    %664 = stablehlo.dot_general %662, %663, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<12x7x7xf32>, tensor<12x7x8xf32>) -> tensor<12x7x8xf32>
    %665 = stablehlo.reshape %664 : (tensor<12x7x8xf32>) -> tensor<2x6x7x8xf32>
    %666 = stablehlo.transpose %665, dims = [2, 0, 1, 3] : (tensor<2x6x7x8xf32>) -> tensor<7x2x6x8xf32>
    %667 = stablehlo.transpose %666, dims = [1, 2, 0, 3] : (tensor<7x2x6x8xf32>) -> tensor<2x6x7x8xf32>
    %668 = stablehlo.transpose %667, dims = [0, 2, 1, 3] : (tensor<2x6x7x8xf32>) -> tensor<2x7x6x8xf32>
    %669 = stablehlo.reshape %668 : (tensor<2x7x6x8xf32>) -> tensor<2x7x48xf32>
    %670 = stablehlo.transpose %arg31, dims = [1, 0] : (tensor<24x48xf32>) -> tensor<48x24xf32>
    %671 = stablehlo.broadcast_in_dim %670, dims = [1, 2] : (tensor<48x24xf32>) -> tensor<2x48x24xf32>
    %672 = stablehlo.dot_general %669, %671, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x7x48xf32>, tensor<2x48x24xf32>) -> tensor<2x7x24xf32>
    %673 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %674 = stablehlo.multiply %672, %673 : tensor<2x7x24xf32>
    %675 = stablehlo.add %564, %674 : tensor<2x7x24xf32>
    %676 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %677 = stablehlo.power %675, %676 : tensor<2x7x24xf32>
    %678 = stablehlo.reduce(%677 init: %cst_4) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %679 = stablehlo.broadcast_in_dim %678, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %680 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %681 = stablehlo.divide %679, %680 : tensor<2x7x1xf32>
    %682 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %683 = stablehlo.add %681, %682 : tensor<2x7x1xf32>
    %684 = stablehlo.rsqrt %683 : tensor<2x7x1xf32>
    %685 = stablehlo.broadcast_in_dim %684, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %686 = stablehlo.multiply %675, %685 : tensor<2x7x24xf32>
    %687 = stablehlo.broadcast_in_dim %arg36, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %688 = stablehlo.broadcast_in_dim %687, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %689 = stablehlo.multiply %688, %686 : tensor<2x7x24xf32>
    %690 = stablehlo.transpose %arg32, dims = [1, 0] : (tensor<40x24xf32>) -> tensor<24x40xf32>
    %691 = stablehlo.reshape %689 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %692 = stablehlo.dot_general %691, %690, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x40xf32>) -> tensor<14x40xf32>
    %693 = stablehlo.reshape %692 : (tensor<14x40xf32>) -> tensor<2x7x40xf32>
    %694 = stablehlo.negate %693 : tensor<2x7x40xf32>
    %695 = stablehlo.exponential %694 : tensor<2x7x40xf32>
    %696 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x40xf32>
    %697 = stablehlo.add %696, %695 : tensor<2x7x40xf32>
    %698 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x40xf32>
    %699 = stablehlo.divide %698, %697 : tensor<2x7x40xf32>
    %700 = stablehlo.multiply %693, %699 : tensor<2x7x40xf32>
    %701 = stablehlo.transpose %arg33, dims = [1, 0] : (tensor<40x24xf32>) -> tensor<24x40xf32>
    %702 = stablehlo.reshape %689 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %703 = stablehlo.dot_general %702, %701, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x40xf32>) -> tensor<14x40xf32>
    %704 = stablehlo.reshape %703 : (tensor<14x40xf32>) -> tensor<2x7x40xf32>
    %705 = stablehlo.multiply %700, %704 : tensor<2x7x40xf32>
    %706 = stablehlo.transpose %arg34, dims = [1, 0] : (tensor<24x40xf32>) -> tensor<40x24xf32>
    %707 = stablehlo.reshape %705 : (tensor<2x7x40xf32>) -> tensor<14x40xf32>
    %708 = stablehlo.dot_general %707, %706, contracting_dims = [1] x [0] : (tensor<14x40xf32>, tensor<40x24xf32>) -> tensor<14x24xf32>
    %709 = stablehlo.reshape %708 : (tensor<14x24xf32>) -> tensor<2x7x24xf32>
    %710 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %711 = stablehlo.multiply %709, %710 : tensor<2x7x24xf32>
    %712 = stablehlo.add %675, %711 : tensor<2x7x24xf32>
    %713 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %714 = stablehlo.power %712, %713 : tensor<2x7x24xf32>
    %715 = stablehlo.reduce(%714 init: %cst_4) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %716 = stablehlo.broadcast_in_dim %715, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %717 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %718 = stablehlo.divide %716, %717 : tensor<2x7x1xf32>
    %719 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %720 = stablehlo.add %718, %719 : tensor<2x7x1xf32>
    %721 = stablehlo.rsqrt %720 : tensor<2x7x1xf32>
    %722 = stablehlo.broadcast_in_dim %721, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %723 = stablehlo.multiply %712, %722 : tensor<2x7x24xf32>
    %724 = stablehlo.broadcast_in_dim %arg37, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %725 = stablehlo.broadcast_in_dim %724, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %726 = stablehlo.multiply %725, %723 : tensor<2x7x24xf32>
    return %726 : tensor<2x7x24xf32>
  }
  func.func private @_take(%arg0: tensor<50x24xf32>, %arg1: tensor<2x7xi32>) -> tensor<2x7x24xf32> {
    %cst = stablehlo.constant dense<0x7FC00000> : tensor<f32>
    %c = stablehlo.constant dense<true> : tensor<i1>
    %c_0 = stablehlo.constant dense<49> : tensor<1xi32>
    %c_1 = stablehlo.constant dense<50> : tensor<i32>
    %c_2 = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.broadcast_in_dim %c_2, dims = [] : (tensor<i32>) -> tensor<2x7xi32>
    %1 = stablehlo.compare LT, %arg1, %0, SIGNED : (tensor<2x7xi32>, tensor<2x7xi32>) -> tensor<2x7xi1>
    %2 = stablehlo.broadcast_in_dim %c_1, dims = [] : (tensor<i32>) -> tensor<2x7xi32>
    %3 = stablehlo.add %arg1, %2 : tensor<2x7xi32>
    %4 = call @_where(%1, %3, %arg1) : (tensor<2x7xi1>, tensor<2x7xi32>, tensor<2x7xi32>) -> tensor<2x7xi32>
    %5 = stablehlo.broadcast_in_dim %4, dims = [0, 1] : (tensor<2x7xi32>) -> tensor<2x7x1xi32>
    %6 = stablehlo.broadcast_in_dim %c_2, dims = [] : (tensor<i32>) -> tensor<2x7x1xi32>
    %7 = stablehlo.compare GE, %5, %6, SIGNED : (tensor<2x7x1xi32>, tensor<2x7x1xi32>) -> tensor<2x7x1xi1>
    %8 = stablehlo.broadcast_in_dim %c_0, dims = [2] : (tensor<1xi32>) -> tensor<1x1x1xi32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2] : (tensor<1x1x1xi32>) -> tensor<2x7x1xi32>
    %10 = stablehlo.compare LE, %5, %9, SIGNED : (tensor<2x7x1xi32>, tensor<2x7x1xi32>) -> tensor<2x7x1xi1>
    %11 = stablehlo.and %7, %10 : tensor<2x7x1xi1>
    %12 = stablehlo.reduce(%11 init: %c) applies stablehlo.and across dimensions = [2] : (tensor<2x7x1xi1>, tensor<i1>) -> tensor<2x7xi1>
    %13 = "stablehlo.gather"(%arg0, %5) <{dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 2>, slice_sizes = array<i64: 1, 24>}> : (tensor<50x24xf32>, tensor<2x7x1xi32>) -> tensor<2x7x24xf32>
    %14 = stablehlo.broadcast_in_dim %12, dims = [0, 1] : (tensor<2x7xi1>) -> tensor<2x7x24xi1>
    %15 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %16 = stablehlo.select %14, %13, %15 : tensor<2x7x24xi1>, tensor<2x7x24xf32>
    return %16 : tensor<2x7x24xf32>
  }
  func.func private @_where(%arg0: tensor<2x7xi1>, %arg1: tensor<2x7xi32>, %arg2: tensor<2x7xi32>) -> tensor<2x7xi32> {
    %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<2x7xi1>, tensor<2x7xi32>
    return %0 : tensor<2x7xi32>
  }
  func.func private @cumsum(%arg0: tensor<2x7xi1>) -> tensor<2x7xi32> {
    %0 = stablehlo.convert %arg0 : (tensor<2x7xi1>) -> tensor<2x7xi32>
    %1 = call @cumsum_0(%0) : (tensor<2x7xi32>) -> tensor<2x7xi32>
    return %1 : tensor<2x7xi32>
  }
  func.func private @cumsum_0(%arg0: tensor<2x7xi32>) -> tensor<2x7xi32> {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i32>) -> tensor<i32>
    %1 = "stablehlo.reduce_window"(%arg0, %0) <{padding = dense<[[0, 0], [6, 0]]> : tensor<2x2xi64>, window_dimensions = array<i64: 1, 7>}> ({
    ^bb0(%arg1: tensor<i32>, %arg2: tensor<i32>):
      %2 = stablehlo.add %arg1, %arg2 : tensor<i32>
      stablehlo.return %2 : tensor<i32>
    }) : (tensor<2x7xi32>, tensor<i32>) -> tensor<2x7xi32>
    return %1 : tensor<2x7xi32>
  }
  func.func private @_where_1(%arg0: tensor<2x1x7x7xi1>, %arg1: tensor<f32>, %arg2: tensor<f32>) -> tensor<2x1x7x7xf32> {
    %0 = stablehlo.broadcast_in_dim %arg1, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %1 = stablehlo.broadcast_in_dim %arg2, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %2 = stablehlo.select %arg0, %0, %1 : tensor<2x1x7x7xi1>, tensor<2x1x7x7xf32>
    return %2 : tensor<2x1x7x7xf32>
  }
  func.func private @_where_2(%arg0: tensor<2x6x7x1xi1>, %arg1: tensor<2x6x7x7xf32>, %arg2: tensor<2x6x7x7xf32>) -> tensor<2x6x7x7xf32> {
    %0 = stablehlo.broadcast_in_dim %arg0, dims = [0, 1, 2, 3] : (tensor<2x6x7x1xi1>) -> tensor<2x6x7x7xi1>
    %1 = stablehlo.select %0, %arg1, %arg2 : tensor<2x6x7x7xi1>, tensor<2x6x7x7xf32>
    return %1 : tensor<2x6x7x7xf32>
  }
}

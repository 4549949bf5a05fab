module @jit_func attributes {jax.uses_shape_polymorphism = false, mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<50x24xf32>, %arg1: tensor<16x24xf32>, %arg2: tensor<24xf32>, %arg3: tensor<24xf32>, %arg4: tensor<24x72xf32>, %arg5: tensor<72xf32>, %arg6: tensor<24x24xf32>, %arg7: tensor<24xf32>, %arg8: tensor<24xf32>, %arg9: tensor<24xf32>, %arg10: tensor<24x96xf32>, %arg11: tensor<96xf32>, %arg12: tensor<96x24xf32>, %arg13: tensor<24xf32>, %arg14: tensor<24xf32>, %arg15: tensor<24xf32>, %arg16: tensor<24x72xf32>, %arg17: tensor<72xf32>, %arg18: tensor<24x24xf32>, %arg19: tensor<24xf32>, %arg20: tensor<24xf32>, %arg21: tensor<24xf32>, %arg22: tensor<24x96xf32>, %arg23: tensor<96xf32>, %arg24: tensor<96x24xf32>, %arg25: tensor<24xf32>, %arg26: tensor<24xf32>, %arg27: tensor<24xf32>, %arg28: tensor<24x72xf32>, %arg29: tensor<72xf32>, %arg30: tensor<24x24xf32>, %arg31: tensor<24xf32>, %arg32: tensor<24xf32>, %arg33: tensor<24xf32>, %arg34: tensor<24x96xf32>, %arg35: tensor<96xf32>, %arg36: tensor<96x24xf32>, %arg37: tensor<24xf32>, %arg38: tensor<24xf32>, %arg39: tensor<24xf32>, %arg40: tensor<24x72xf32>, %arg41: tensor<72xf32>, %arg42: tensor<24x24xf32>, %arg43: tensor<24xf32>, %arg44: tensor<24xf32>, %arg45: tensor<24xf32>, %arg46: tensor<24x96xf32>, %arg47: tensor<96xf32>, %arg48: tensor<96x24xf32>, %arg49: tensor<24xf32>, %arg50: tensor<24xf32>, %arg51: tensor<24xf32>, %arg52: tensor<2x7xi32>) -> (tensor<2x7x24xf32> {jax.result_info = "result[0]"}) {
    %cst = stablehlo.constant dense<0.797884583> : tensor<f32>
    %cst_0 = stablehlo.constant dense<4.471500e-02> : tensor<f32>
    %cst_1 = stablehlo.constant dense<3.000000e+00> : tensor<f32>
    %cst_2 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %cst_3 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %cst_4 = stablehlo.constant dense<0.353553385> : tensor<f32>
    %cst_5 = stablehlo.constant dense<9.99999974E-6> : tensor<f32>
    %cst_6 = stablehlo.constant dense<2.400000e+01> : tensor<f32>
    %cst_7 = stablehlo.constant dense<-3.40282347E+38> : tensor<f32>
    %cst_8 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %c = stablehlo.constant dense<true> : tensor<i1>
    %c_9 = stablehlo.constant dense<7> : tensor<i32>
    %c_10 = stablehlo.constant dense<2> : tensor<i32>
    %c_11 = stablehlo.constant dense<1> : tensor<i32>
    %cst_12 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %c_13 = stablehlo.constant dense<0> : tensor<i32>
    %0 = call @_take(%arg0, %arg52) : (tensor<50x24xf32>, tensor<2x7xi32>) -> tensor<2x7x24xf32>
    %1 = stablehlo.iota dim = 0 : tensor<7xi32>
    %2 = stablehlo.broadcast_in_dim %c_13, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %3 = stablehlo.add %1, %2 : tensor<7xi32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [1] : (tensor<7xi32>) -> tensor<1x7xi32>
    %5 = call @_take_0(%arg1, %4) : (tensor<16x24xf32>, tensor<1x7xi32>) -> tensor<1x7x24xf32>
    %6 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<1x7x24xf32>
    %7 = stablehlo.multiply %5, %6 : tensor<1x7x24xf32>
    %8 = stablehlo.broadcast_in_dim %7, dims = [0, 1, 2] : (tensor<1x7x24xf32>) -> tensor<2x7x24xf32>
    %9 = stablehlo.add %0, %8 : tensor<2x7x24xf32>
    %10 = stablehlo.broadcast_in_dim %4, dims = [0, 1] : (tensor<1x7xi32>) -> tensor<2x7xi32>
    %11 = stablehlo.slice %10 [0:2, 0:1] : (tensor<2x7xi32>) -> tensor<2x1xi32>
    %12 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<2x1xi32>
    %13 = stablehlo.subtract %11, %12 : tensor<2x1xi32>
    %14 = stablehlo.concatenate %13, %10, dim = 1 : (tensor<2x1xi32>, tensor<2x7xi32>) -> tensor<2x8xi32>
    %15 = stablehlo.slice %14 [0:2, 0:7] : (tensor<2x8xi32>) -> tensor<2x7xi32>
    %16 = stablehlo.slice %14 [0:2, 1:8] : (tensor<2x8xi32>) -> tensor<2x7xi32>
    %17 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<2x7xi32>
    %18 = stablehlo.multiply %15, %17 : tensor<2x7xi32>
    %19 = stablehlo.subtract %16, %18 : tensor<2x7xi32>
    %20 = stablehlo.broadcast_in_dim %c_11, dims = [] : (tensor<i32>) -> tensor<2x7xi32>
    %21 = stablehlo.compare NE, %19, %20, SIGNED : (tensor<2x7xi32>, tensor<2x7xi32>) -> tensor<2x7xi1>
    %22 = call @cumsum(%21) : (tensor<2x7xi1>) -> tensor<2x7xi32>
    %23 = stablehlo.broadcast_in_dim %4, dims = [0, 1] : (tensor<1x7xi32>) -> tensor<2x7xi32>
    %24 = stablehlo.iota dim = 0 : tensor<2xi32>
    %25 = stablehlo.iota dim = 0 : tensor<7xi32>
    %26 = stablehlo.broadcast_in_dim %c_13, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %27 = stablehlo.add %25, %26 : tensor<7xi32>
    %28 = stablehlo.iota dim = 0 : tensor<7xi32>
    %29 = stablehlo.broadcast_in_dim %c_13, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %30 = stablehlo.add %28, %29 : tensor<7xi32>
    %31 = stablehlo.broadcast_in_dim %24, dims = [0] : (tensor<2xi32>) -> tensor<2x1xi32>
    %32 = stablehlo.broadcast_in_dim %31, dims = [0, 1] : (tensor<2x1xi32>) -> tensor<2x1x1xi32>
    %33 = stablehlo.broadcast_in_dim %32, dims = [0, 1, 2] : (tensor<2x1x1xi32>) -> tensor<2x1x1x1xi32>
    %34 = stablehlo.broadcast_in_dim %27, dims = [1] : (tensor<7xi32>) -> tensor<1x7xi32>
    %35 = stablehlo.broadcast_in_dim %34, dims = [0, 2] : (tensor<1x7xi32>) -> tensor<1x1x7xi32>
    %36 = stablehlo.broadcast_in_dim %35, dims = [0, 1, 2] : (tensor<1x1x7xi32>) -> tensor<1x1x7x1xi32>
    %37 = stablehlo.broadcast_in_dim %30, dims = [1] : (tensor<7xi32>) -> tensor<1x7xi32>
    %38 = stablehlo.broadcast_in_dim %37, dims = [0, 2] : (tensor<1x7xi32>) -> tensor<1x1x7xi32>
    %39 = stablehlo.broadcast_in_dim %38, dims = [0, 1, 3] : (tensor<1x1x7xi32>) -> tensor<1x1x1x7xi32>
    %40 = stablehlo.broadcast_in_dim %c_13, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %41 = stablehlo.compare LT, %33, %40, SIGNED : (tensor<2x1x1x1xi32>, tensor<2x1x1x1xi32>) -> tensor<2x1x1x1xi1>
    %42 = stablehlo.broadcast_in_dim %c_10, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %43 = stablehlo.add %33, %42 : tensor<2x1x1x1xi32>
    %44 = stablehlo.select %41, %43, %33 : tensor<2x1x1x1xi1>, tensor<2x1x1x1xi32>
    %45 = stablehlo.broadcast_in_dim %c_13, dims = [] : (tensor<i32>) -> tensor<1x1x7x1xi32>
    %46 = stablehlo.compare LT, %36, %45, SIGNED : (tensor<1x1x7x1xi32>, tensor<1x1x7x1xi32>) -> tensor<1x1x7x1xi1>
    %47 = stablehlo.broadcast_in_dim %c_9, dims = [] : (tensor<i32>) -> tensor<1x1x7x1xi32>
    %48 = stablehlo.add %36, %47 : tensor<1x1x7x1xi32>
    %49 = stablehlo.select %46, %48, %36 : tensor<1x1x7x1xi1>, tensor<1x1x7x1xi32>
    %50 = stablehlo.broadcast_in_dim %44, dims = [0, 1, 2, 3] : (tensor<2x1x1x1xi32>) -> tensor<2x1x7x1xi32>
    %51 = stablehlo.broadcast_in_dim %49, dims = [0, 1, 2, 3] : (tensor<1x1x7x1xi32>) -> tensor<2x1x7x1xi32>
    %52 = stablehlo.broadcast_in_dim %50, dims = [0, 1, 2, 3] : (tensor<2x1x7x1xi32>) -> tensor<2x1x7x1x1xi32>
    %53 = stablehlo.broadcast_in_dim %51, dims = [0, 1, 2, 3] : (tensor<2x1x7x1xi32>) -> tensor<2x1x7x1x1xi32>
    %54 = stablehlo.concatenate %52, %53, dim = 4 : (tensor<2x1x7x1x1xi32>, tensor<2x1x7x1x1xi32>) -> tensor<2x1x7x1x2xi32>
    %55 = "stablehlo.gather"(%22, %54) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 4>, slice_sizes = array<i64: 1, 1>}> : (tensor<2x7xi32>, tensor<2x1x7x1x2xi32>) -> tensor<2x1x7x1xi32>
    %56 = stablehlo.broadcast_in_dim %c_13, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %57 = stablehlo.compare LT, %33, %56, SIGNED : (tensor<2x1x1x1xi32>, tensor<2x1x1x1xi32>) -> tensor<2x1x1x1xi1>
    %58 = stablehlo.broadcast_in_dim %c_10, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %59 = stablehlo.add %33, %58 : tensor<2x1x1x1xi32>
    %60 = stablehlo.select %57, %59, %33 : tensor<2x1x1x1xi1>, tensor<2x1x1x1xi32>
    %61 = stablehlo.broadcast_in_dim %c_13, dims = [] : (tensor<i32>) -> tensor<1x1x1x7xi32>
    %62 = stablehlo.compare LT, %39, %61, SIGNED : (tensor<1x1x1x7xi32>, tensor<1x1x1x7xi32>) -> tensor<1x1x1x7xi1>
    %63 = stablehlo.broadcast_in_dim %c_9, dims = [] : (tensor<i32>) -> tensor<1x1x1x7xi32>
    %64 = stablehlo.add %39, %63 : tensor<1x1x1x7xi32>
    %65 = stablehlo.select %62, %64, %39 : tensor<1x1x1x7xi1>, tensor<1x1x1x7xi32>
    %66 = stablehlo.broadcast_in_dim %60, dims = [0, 1, 2, 3] : (tensor<2x1x1x1xi32>) -> tensor<2x1x1x7xi32>
    %67 = stablehlo.broadcast_in_dim %65, dims = [0, 1, 2, 3] : (tensor<1x1x1x7xi32>) -> tensor<2x1x1x7xi32>
    %68 = stablehlo.broadcast_in_dim %66, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x1x7x1xi32>
    %69 = stablehlo.broadcast_in_dim %67, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x1x7x1xi32>
    %70 = stablehlo.concatenate %68, %69, dim = 4 : (tensor<2x1x1x7x1xi32>, tensor<2x1x1x7x1xi32>) -> tensor<2x1x1x7x2xi32>
    %71 = "stablehlo.gather"(%22, %70) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 4>, slice_sizes = array<i64: 1, 1>}> : (tensor<2x7xi32>, tensor<2x1x1x7x2xi32>) -> tensor<2x1x1x7xi32>
    %72 = stablehlo.broadcast_in_dim %55, dims = [0, 1, 2, 3] : (tensor<2x1x7x1xi32>) -> tensor<2x1x7x7xi32>
    %73 = stablehlo.broadcast_in_dim %71, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x7x7xi32>
    %74 = stablehlo.compare EQ, %72, %73, SIGNED : (tensor<2x1x7x7xi32>, tensor<2x1x7x7xi32>) -> tensor<2x1x7x7xi1>
    %75 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i1>) -> tensor<2x1x7x7xi1>
    %76 = stablehlo.and %75, %74 : tensor<2x1x7x7xi1>
    %77 = stablehlo.broadcast_in_dim %c_13, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %78 = stablehlo.compare LT, %33, %77, SIGNED : (tensor<2x1x1x1xi32>, tensor<2x1x1x1xi32>) -> tensor<2x1x1x1xi1>
    %79 = stablehlo.broadcast_in_dim %c_10, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %80 = stablehlo.add %33, %79 : tensor<2x1x1x1xi32>
    %81 = stablehlo.select %78, %80, %33 : tensor<2x1x1x1xi1>, tensor<2x1x1x1xi32>
    %82 = stablehlo.broadcast_in_dim %c_13, dims = [] : (tensor<i32>) -> tensor<1x1x7x1xi32>
    %83 = stablehlo.compare LT, %36, %82, SIGNED : (tensor<1x1x7x1xi32>, tensor<1x1x7x1xi32>) -> tensor<1x1x7x1xi1>
    %84 = stablehlo.broadcast_in_dim %c_9, dims = [] : (tensor<i32>) -> tensor<1x1x7x1xi32>
    %85 = stablehlo.add %36, %84 : tensor<1x1x7x1xi32>
    %86 = stablehlo.select %83, %85, %36 : tensor<1x1x7x1xi1>, tensor<1x1x7x1xi32>
    %87 = stablehlo.broadcast_in_dim %81, dims = [0, 1, 2, 3] : (tensor<2x1x1x1xi32>) -> tensor<2x1x7x1xi32>
    %88 = stablehlo.broadcast_in_dim %86, dims = [0, 1, 2, 3] : (tensor<1x1x7x1xi32>) -> tensor<2x1x7x1xi32>
    %89 = stablehlo.broadcast_in_dim %87, dims = [0, 1, 2, 3] : (tensor<2x1x7x1xi32>) -> tensor<2x1x7x1x1xi32>
    %90 = stablehlo.broadcast_in_dim %88, dims = [0, 1, 2, 3] : (tensor<2x1x7x1xi32>) -> tensor<2x1x7x1x1xi32>
    %91 = stablehlo.concatenate %89, %90, dim = 4 : (tensor<2x1x7x1x1xi32>, tensor<2x1x7x1x1xi32>) -> tensor<2x1x7x1x2xi32>
    %92 = "stablehlo.gather"(%23, %91) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 4>, slice_sizes = array<i64: 1, 1>}> : (tensor<2x7xi32>, tensor<2x1x7x1x2xi32>) -> tensor<2x1x7x1xi32>
    %93 = stablehlo.broadcast_in_dim %c_13, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %94 = stablehlo.compare LT, %33, %93, SIGNED : (tensor<2x1x1x1xi32>, tensor<2x1x1x1xi32>) -> tensor<2x1x1x1xi1>
    %95 = stablehlo.broadcast_in_dim %c_10, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %96 = stablehlo.add %33, %95 : tensor<2x1x1x1xi32>
    %97 = stablehlo.select %94, %96, %33 : tensor<2x1x1x1xi1>, tensor<2x1x1x1xi32>
    %98 = stablehlo.broadcast_in_dim %c_13, dims = [] : (tensor<i32>) -> tensor<1x1x1x7xi32>
    %99 = stablehlo.compare LT, %39, %98, SIGNED : (tensor<1x1x1x7xi32>, tensor<1x1x1x7xi32>) -> tensor<1x1x1x7xi1>
    %100 = stablehlo.broadcast_in_dim %c_9, dims = [] : (tensor<i32>) -> tensor<1x1x1x7xi32>
    %101 = stablehlo.add %39, %100 : tensor<1x1x1x7xi32>
    %102 = stablehlo.select %99, %101, %39 : tensor<1x1x1x7xi1>, tensor<1x1x1x7xi32>
    %103 = stablehlo.broadcast_in_dim %97, dims = [0, 1, 2, 3] : (tensor<2x1x1x1xi32>) -> tensor<2x1x1x7xi32>
    %104 = stablehlo.broadcast_in_dim %102, dims = [0, 1, 2, 3] : (tensor<1x1x1x7xi32>) -> tensor<2x1x1x7xi32>
    %105 = stablehlo.broadcast_in_dim %103, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x1x7x1xi32>
    %106 = stablehlo.broadcast_in_dim %104, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x1x7x1xi32>
    %107 = stablehlo.concatenate %105, %106, dim = 4 : (tensor<2x1x1x7x1xi32>, tensor<2x1x1x7x1xi32>) -> tensor<2x1x1x7x2xi32>
    %108 = "stablehlo.gather"(%23, %107) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 4>, slice_sizes = array<i64: 1, 1>}> : (tensor<2x7xi32>, tensor<2x1x1x7x2xi32>) -> tensor<2x1x1x7xi32>
    %109 = stablehlo.broadcast_in_dim %108, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x7x7xi32>
    %110 = stablehlo.broadcast_in_dim %92, dims = [0, 1, 2, 3] : (tensor<2x1x7x1xi32>) -> tensor<2x1x7x7xi32>
    %111 = stablehlo.compare LE, %109, %110, SIGNED : (tensor<2x1x7x7xi32>, tensor<2x1x7x7xi32>) -> tensor<2x1x7x7xi1>
    %112 = stablehlo.and %76, %111 : tensor<2x1x7x7xi1>
    %113 = call @_where_3(%112, %cst_8, %cst_7) : (tensor<2x1x7x7xi1>, tensor<f32>, tensor<f32>) -> tensor<2x1x7x7xf32>
    %114 = stablehlo.reduce(%9 init: %cst_8) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %115 = stablehlo.broadcast_in_dim %114, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %116 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %117 = stablehlo.divide %115, %116 : tensor<2x7x1xf32>
    %118 = call @_var(%9, %c_13) : (tensor<2x7x24xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %119 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %120 = stablehlo.add %118, %119 : tensor<2x7x1xf32>
    %121 = stablehlo.rsqrt %120 : tensor<2x7x1xf32>
    %122 = stablehlo.broadcast_in_dim %117, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %123 = stablehlo.subtract %9, %122 : tensor<2x7x24xf32>
    %124 = stablehlo.broadcast_in_dim %121, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %125 = stablehlo.multiply %123, %124 : tensor<2x7x24xf32>
    %126 = stablehlo.broadcast_in_dim %arg2, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %127 = stablehlo.broadcast_in_dim %126, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %128 = stablehlo.multiply %125, %127 : tensor<2x7x24xf32>
    %129 = stablehlo.broadcast_in_dim %arg3, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %130 = stablehlo.broadcast_in_dim %129, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %131 = stablehlo.add %128, %130 : tensor<2x7x24xf32>
    %132 = stablehlo.reshape %131 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %133 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<72xf32>
    %134 = stablehlo.multiply %arg5, %133 : tensor<72xf32>
    %135 = stablehlo.dot_general %132, %arg4, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x72xf32>) -> tensor<14x72xf32>
    %136 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x72xf32>
    %137 = stablehlo.multiply %136, %135 : tensor<14x72xf32>
    %138 = stablehlo.broadcast_in_dim %134, dims = [1] : (tensor<72xf32>) -> tensor<1x72xf32>
    %139 = stablehlo.broadcast_in_dim %138, dims = [0, 1] : (tensor<1x72xf32>) -> tensor<14x72xf32>
    %140 = stablehlo.add %139, %137 : tensor<14x72xf32>
    %141 = stablehlo.reshape %140 : (tensor<14x72xf32>) -> tensor<2x7x72xf32>
    %142 = stablehlo.slice %141 [0:2, 0:7, 0:24] : (tensor<2x7x72xf32>) -> tensor<2x7x24xf32>
    %143 = stablehlo.slice %141 [0:2, 0:7, 24:48] : (tensor<2x7x72xf32>) -> tensor<2x7x24xf32>
    %144 = stablehlo.slice %141 [0:2, 0:7, 48:72] : (tensor<2x7x72xf32>) -> tensor<2x7x24xf32>
    %145 = stablehlo.reshape %143 : (tensor<2x7x24xf32>) -> tensor<2x7x3x8xf32>
    %146 = stablehlo.transpose %145, dims = [0, 2, 1, 3] : (tensor<2x7x3x8xf32>) -> tensor<2x3x7x8xf32>
    %147 = stablehlo.reshape %144 : (tensor<2x7x24xf32>) -> tensor<2x7x3x8xf32>
    %148 = stablehlo.transpose %147, dims = [0, 2, 1, 3] : (tensor<2x7x3x8xf32>) -> tensor<2x3x7x8xf32>
    %149 = stablehlo.reshape %142 : (tensor<2x7x24xf32>) -> tensor<2x7x3x8xf32>
    %150 = stablehlo.transpose %149, dims = [0, 2, 1, 3] : (tensor<2x7x3x8xf32>) -> tensor<2x3x7x8xf32>
    %151 = stablehlo.transpose %146, dims = [0, 1, 3, 2] : (tensor<2x3x7x8xf32>) -> tensor<2x3x8x7xf32>
    %152 = stablehlo.reshape %150 : (tensor<2x3x7x8xf32>) -> tensor<6x7x8xf32>
    %153 = stablehlo.reshape %151 : (tensor<2x3x8x7xf32>) -> tensor<6x8x7xf32>
    %154 = stablehlo.dot_general %152, %153, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x8xf32>, tensor<6x8x7xf32>) -> tensor<6x7x7xf32>
    %155 = stablehlo.reshape %154 : (tensor<6x7x7xf32>) -> tensor<2x3x7x7xf32>
    %156 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<2x3x7x7xf32>
    %157 = stablehlo.multiply %155, %156 : tensor<2x3x7x7xf32>
    %158 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %159 = stablehlo.multiply %113, %158 : tensor<2x1x7x7xf32>
    %160 = stablehlo.broadcast_in_dim %159, dims = [0, 1, 2, 3] : (tensor<2x1x7x7xf32>) -> tensor<2x3x7x7xf32>
    %161 = stablehlo.add %157, %160 : tensor<2x3x7x7xf32>
    %162 = stablehlo.reduce(%161 init: %cst_3) applies stablehlo.maximum across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %163 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x3x7xf32>
    %164 = stablehlo.maximum %163, %162 : tensor<2x3x7xf32>
    %165 = stablehlo.broadcast_in_dim %164, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %166 = stablehlo.broadcast_in_dim %165, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %167 = stablehlo.subtract %161, %166 : tensor<2x3x7x7xf32>
    %168 = stablehlo.exponential %167 : tensor<2x3x7x7xf32>
    %169 = stablehlo.reduce(%168 init: %cst_8) applies stablehlo.add across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %170 = stablehlo.broadcast_in_dim %169, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %171 = stablehlo.broadcast_in_dim %170, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %172 = stablehlo.divide %168, %171 : tensor<2x3x7x7xf32>
    %173 = stablehlo.reshape %172 : (tensor<2x3x7x7xf32>) -> tensor<6x7x7xf32>
    %174 = stablehlo.reshape %148 : (tensor<2x3x7x8xf32>) -> tensor<6x7x8xf32>
    %175 = stablehlo.dot_general %173, %174, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x7xf32>, tensor<6x7x8xf32>) -> tensor<6x7x8xf32>
    %176 = stablehlo.reshape %175 : (tensor<6x7x8xf32>) -> tensor<2x3x7x8xf32>
    %177 = stablehlo.transpose %176, dims = [0, 2, 1, 3] : (tensor<2x3x7x8xf32>) -> tensor<2x7x3x8xf32>
    %178 = stablehlo.reshape %177 : (tensor<2x7x3x8xf32>) -> tensor<2x7x24xf32>
    %179 = stablehlo.reshape %178 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %180 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<24xf32>
    %181 = stablehlo.multiply %arg7, %180 : tensor<24xf32>
    %182 = stablehlo.dot_general %179, %arg6, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x24xf32>) -> tensor<14x24xf32>
    %183 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x24xf32>
    %184 = stablehlo.multiply %183, %182 : tensor<14x24xf32>
    %185 = stablehlo.broadcast_in_dim %181, dims = [1] : (tensor<24xf32>) -> tensor<1x24xf32>
    %186 = stablehlo.broadcast_in_dim %185, dims = [0, 1] : (tensor<1x24xf32>) -> tensor<14x24xf32>
    %187 = stablehlo.add %186, %184 : tensor<14x24xf32>
    %188 = stablehlo.reshape %187 : (tensor<14x24xf32>) -> tensor<2x7x24xf32>
    %189 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %190 = stablehlo.multiply %9, %189 : tensor<2x7x24xf32>
    %191 = stablehlo.add %188, %190 : tensor<2x7x24xf32>
    %192 = stablehlo.reduce(%191 init: %cst_8) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %193 = stablehlo.broadcast_in_dim %192, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %194 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %195 = stablehlo.divide %193, %194 : tensor<2x7x1xf32>
    %196 = call @_var(%191, %c_13) : (tensor<2x7x24xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %197 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %198 = stablehlo.add %196, %197 : tensor<2x7x1xf32>
    %199 = stablehlo.rsqrt %198 : tensor<2x7x1xf32>
    %200 = stablehlo.broadcast_in_dim %195, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %201 = stablehlo.subtract %191, %200 : tensor<2x7x24xf32>
    %202 = stablehlo.broadcast_in_dim %199, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %203 = stablehlo.multiply %201, %202 : tensor<2x7x24xf32>
    %204 = stablehlo.broadcast_in_dim %arg8, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %205 = stablehlo.broadcast_in_dim %204, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %206 = stablehlo.multiply %203, %205 : tensor<2x7x24xf32>
    %207 = stablehlo.broadcast_in_dim %arg9, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %208 = stablehlo.broadcast_in_dim %207, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %209 = stablehlo.add %206, %208 : tensor<2x7x24xf32>
    %210 = stablehlo.reshape %209 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %211 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<96xf32>
    %212 = stablehlo.multiply %arg11, %211 : tensor<96xf32>
    %213 = stablehlo.dot_general %210, %arg10, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x96xf32>) -> tensor<14x96xf32>
    %214 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x96xf32>
    %215 = stablehlo.multiply %214, %213 : tensor<14x96xf32>
    %216 = stablehlo.broadcast_in_dim %212, dims = [1] : (tensor<96xf32>) -> tensor<1x96xf32>
    %217 = stablehlo.broadcast_in_dim %216, dims = [0, 1] : (tensor<1x96xf32>) -> tensor<14x96xf32>
    %218 = stablehlo.add %217, %215 : tensor<14x96xf32>
    %219 = stablehlo.reshape %218 : (tensor<14x96xf32>) -> tensor<2x7x96xf32>
    %220 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %221 = stablehlo.multiply %219, %220 : tensor<2x7x96xf32>
    %222 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %223 = stablehlo.power %219, %222 : tensor<2x7x96xf32>
    %224 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %225 = stablehlo.multiply %223, %224 : tensor<2x7x96xf32>
    %226 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %227 = stablehlo.multiply %225, %226 : tensor<2x7x96xf32>
    %228 = stablehlo.add %219, %227 : tensor<2x7x96xf32>
    %229 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %230 = stablehlo.multiply %228, %229 : tensor<2x7x96xf32>
    %231 = stablehlo.tanh %230 : tensor<2x7x96xf32>
    %232 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %233 = stablehlo.add %231, %232 : tensor<2x7x96xf32>
    %234 = stablehlo.multiply %221, %233 : tensor<2x7x96xf32>
    %235 = stablehlo.reshape %234 : (tensor<2x7x96xf32>) -> tensor<14x96xf32>
    %236 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<24xf32>
    %237 = stablehlo.multiply %arg13, %236 : tensor<24xf32>
    %238 = stablehlo.dot_general %235, %arg12, contracting_dims = [1] x [0] : (tensor<14x96xf32>, tensor<96x24xf32>) -> tensor<14x24xf32>
    %239 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x24xf32>
    %240 = stablehlo.multiply %239, %238 : tensor<14x24xf32>
    %241 = stablehlo.broadcast_in_dim %237, dims = [1] : (tensor<24xf32>) -> tensor<1x24xf32>
    %242 = stablehlo.broadcast_in_dim %241, dims = [0, 1] : (tensor<1x24xf32>) -> tensor<14x24xf32>
    %243 = stablehlo.add %242, %240 : tensor<14x24xf32>
    %244 = stablehlo.reshape %243 : (tensor<14x24xf32>) -> tensor<2x7x24xf32>
    %245 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %246 = stablehlo.multiply %244, %245 : tensor<2x7x24xf32>
    %247 = stablehlo.add %191, %246 : tensor<2x7x24xf32>
    %248 = stablehlo.reduce(%247 init: %cst_8) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %249 = stablehlo.broadcast_in_dim %248, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %250 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %251 = stablehlo.divide %249, %250 : tensor<2x7x1xf32>
    %252 = call @_var(%247, %c_13) : (tensor<2x7x24xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %253 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %254 = stablehlo.add %252, %253 : tensor<2x7x1xf32>
    %255 = stablehlo.rsqrt %254 : tensor<2x7x1xf32>
    %256 = stablehlo.broadcast_in_dim %251, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %257 = stablehlo.subtract %247, %256 : tensor<2x7x24xf32>
    %258 = stablehlo.broadcast_in_dim %255, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %259 = stablehlo.multiply %257, %258 : tensor<2x7x24xf32>
    %260 = stablehlo.broadcast_in_dim %arg14, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %261 = stablehlo.broadcast_in_dim %260, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %262 = stablehlo.multiply %259, %261 : tensor<2x7x24xf32>
    %263 = stablehlo.broadcast_in_dim %arg15, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %264 = stablehlo.broadcast_in_dim %263, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %265 = stablehlo.add %262, %264 : tensor<2x7x24xf32>
    %266 = stablehlo.reshape %265 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %267 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<72xf32>
    %268 = stablehlo.multiply %arg17, %267 : tensor<72xf32>
    %269 = stablehlo.dot_general %266, %arg16, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x72xf32>) -> tensor<14x72xf32>
    %270 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x72xf32>
    %271 = stablehlo.multiply %270, %269 : tensor<14x72xf32>
    %272 = stablehlo.broadcast_in_dim %268, dims = [1] : (tensor<72xf32>) -> tensor<1x72xf32>
    %273 = stablehlo.broadcast_in_dim %272, dims = [0, 1] : (tensor<1x72xf32>) -> tensor<14x72xf32>
    %274 = stablehlo.add %273, %271 : tensor<14x72xf32>
    %275 = stablehlo.reshape %274 : (tensor<14x72xf32>) -> tensor<2x7x72xf32>
    %276 = stablehlo.slice %275 [0:2, 0:7, 0:24] : (tensor<2x7x72xf32>) -> tensor<2x7x24xf32>
    %277 = stablehlo.slice %275 [0:2, 0:7, 24:48] : (tensor<2x7x72xf32>) -> tensor<2x7x24xf32>
    %278 = stablehlo.slice %275 [0:2, 0:7, 48:72] : (tensor<2x7x72xf32>) -> tensor<2x7x24xf32>
    %279 = stablehlo.reshape %277 : (tensor<2x7x24xf32>) -> tensor<2x7x3x8xf32>
    %280 = stablehlo.transpose %279, dims = [0, 2, 1, 3] : (tensor<2x7x3x8xf32>) -> tensor<2x3x7x8xf32>
    %281 = stablehlo.reshape %278 : (tensor<2x7x24xf32>) -> tensor<2x7x3x8xf32>
    %282 = stablehlo.transpose %281, dims = [0, 2, 1, 3] : (tensor<2x7x3x8xf32>) -> tensor<2x3x7x8xf32>
    %283 = stablehlo.reshape %276 : (tensor<2x7x24xf32>) -> tensor<2x7x3x8xf32>
    %284 = stablehlo.transpose %283, dims = [0, 2, 1, 3] : (tensor<2x7x3x8xf32>) -> tensor<2x3x7x8xf32>
    %285 = stablehlo.transpose %280, dims = [0, 1, 3, 2] : (tensor<2x3x7x8xf32>) -> tensor<2x3x8x7xf32>
    %286 = stablehlo.reshape %284 : (tensor<2x3x7x8xf32>) -> tensor<6x7x8xf32>
    %287 = stablehlo.reshape %285 : (tensor<2x3x8x7xf32>) -> tensor<6x8x7xf32>
    %288 = stablehlo.dot_general %286, %287, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x8xf32>, tensor<6x8x7xf32>) -> tensor<6x7x7xf32>
    %289 = stablehlo.reshape %288 : (tensor<6x7x7xf32>) -> tensor<2x3x7x7xf32>
    %290 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<2x3x7x7xf32>
    %291 = stablehlo.multiply %289, %290 : tensor<2x3x7x7xf32>
    %292 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %293 = stablehlo.multiply %113, %292 : tensor<2x1x7x7xf32>
    %294 = stablehlo.broadcast_in_dim %293, dims = [0, 1, 2, 3] : (tensor<2x1x7x7xf32>) -> tensor<2x3x7x7xf32>
    %295 = stablehlo.add %291, %294 : tensor<2x3x7x7xf32>
    %296 = stablehlo.reduce(%295 init: %cst_3) applies stablehlo.maximum across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %297 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x3x7xf32>
    %298 = stablehlo.maximum %297, %296 : tensor<2x3x7xf32>
    %299 = stablehlo.broadcast_in_dim %298, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %300 = stablehlo.broadcast_in_dim %299, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %301 = stablehlo.subtract %295, %300 : tensor<2x3x7x7xf32>
    %302 = stablehlo.exponential %301 : tensor<2x3x7x7xf32>
    %303 = stablehlo.reduce(%302 init: %cst_8) applies stablehlo.add across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %304 = stablehlo.broadcast_in_dim %303, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %305 = stablehlo.broadcast_in_dim %304, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %306 = stablehlo.divide %302, %305 : tensor<2x3x7x7xf32>
    %307 = stablehlo.reshape %306 : (tensor<2x3x7x7xf32>) -> tensor<6x7x7xf32>
    %308 = stablehlo.reshape %282 : (tensor<2x3x7x8xf32>) -> tensor<6x7x8xf32>
    %309 = stablehlo.dot_general %307, %308, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x7xf32>, tensor<6x7x8xf32>) -> tensor<6x7x8xf32>
    %310 = stablehlo.reshape %309 : (tensor<6x7x8xf32>) -> tensor<2x3x7x8xf32>
    %311 = stablehlo.transpose %310, dims = [0, 2, 1, 3] : (tensor<2x3x7x8xf32>) -> tensor<2x7x3x8xf32>
    %312 = stablehlo.reshape %311 : (tensor<2x7x3x8xf32>) -> tensor<2x7x24xf32>
    %313 = stablehlo.reshape %312 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %314 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<24xf32>
    %315 = stablehlo.multiply %arg19, %314 : tensor<24xf32>
    %316 = stablehlo.dot_general %313, %arg18, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x24xf32>) -> tensor<14x24xf32>
    %317 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x24xf32>
    %318 = stablehlo.multiply %317, %316 : tensor<14x24xf32>
    %319 = stablehlo.broadcast_in_dim %315, dims = [1] : (tensor<24xf32>) -> tensor<1x24xf32>
    %320 = stablehlo.broadcast_in_dim %319, dims = [0, 1] : (tensor<1x24xf32>) -> tensor<14x24xf32>
    %321 = stablehlo.add %320, %318 : tensor<14x24xf32>
    %322 = stablehlo.reshape %321 : (tensor<14x24xf32>) -> tensor<2x7x24xf32>
    %323 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %324 = stablehlo.multiply %247, %323 : tensor<2x7x24xf32>
    %325 = stablehlo.add %322, %324 : tensor<2x7x24xf32>
    %326 = stablehlo.reduce(%325 init: %cst_8) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %327 = stablehlo.broadcast_in_dim %326, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %328 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %329 = stablehlo.divide %327, %328 : tensor<2x7x1xf32>
    %330 = call @_var(%325, %c_13) : (tensor<2x7x24xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %331 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %332 = stablehlo.add %330, %331 : tensor<2x7x1xf32>
    %333 = stablehlo.rsqrt %332 : tensor<2x7x1xf32>
    %334 = stablehlo.broadcast_in_dim %329, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %335 = stablehlo.subtract %325, %334 : tensor<2x7x24xf32>
    %336 = stablehlo.broadcast_in_dim %333, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %337 = stablehlo.multiply %335, %336 : tensor<2x7x24xf32>
    %338 = stablehlo.broadcast_in_dim %arg20, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %339 = stablehlo.broadcast_in_dim %338, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %340 = stablehlo.multiply %337, %339 : tensor<2x7x24xf32>
    %341 = stablehlo.broadcast_in_dim %arg21, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %342 = stablehlo.broadcast_in_dim %341, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %343 = stablehlo.add %340, %342 : tensor<2x7x24xf32>
    %344 = stablehlo.reshape %343 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %345 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<96xf32>
    %346 = stablehlo.multiply %arg23, %345 : tensor<96xf32>
    %347 = stablehlo.dot_general %344, %arg22, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x96xf32>) -> tensor<14x96xf32>
    %348 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x96xf32>
    %349 = stablehlo.multiply %348, %347 : tensor<14x96xf32>
    %350 = stablehlo.broadcast_in_dim %346, dims = [1] : (tensor<96xf32>) -> tensor<1x96xf32>
    %351 = stablehlo.broadcast_in_dim %350, dims = [0, 1] : (tensor<1x96xf32>) -> tensor<14x96xf32>
    %352 = stablehlo.add %351, %349 : tensor<14x96xf32>
    %353 = stablehlo.reshape %352 : (tensor<14x96xf32>) -> tensor<2x7x96xf32>
    %354 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %355 = stablehlo.multiply %353, %354 : tensor<2x7x96xf32>
    %356 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %357 = stablehlo.power %353, %356 : tensor<2x7x96xf32>
    %358 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %359 = stablehlo.multiply %357, %358 : tensor<2x7x96xf32>
    %360 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %361 = stablehlo.multiply %359, %360 : tensor<2x7x96xf32>
    %362 = stablehlo.add %353, %361 : tensor<2x7x96xf32>
    %363 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %364 = stablehlo.multiply %362, %363 : tensor<2x7x96xf32>
    %365 = stablehlo.tanh %364 : tensor<2x7x96xf32>
    %366 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %367 = stablehlo.add %365, %366 : tensor<2x7x96xf32>
    %368 = stablehlo.multiply %355, %367 : tensor<2x7x96xf32>
    %369 = stablehlo.reshape %368 : (tensor<2x7x96xf32>) -> tensor<14x96xf32>
    %370 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<24xf32>
    %371 = stablehlo.multiply %arg25, %370 : tensor<24xf32>
    %372 = stablehlo.dot_general %369, %arg24, contracting_dims = [1] x [0] : (tensor<14x96xf32>, tensor<96x24xf32>) -> tensor<14x24xf32>
    %373 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x24xf32>
    %374 = stablehlo.multiply %373, %372 : tensor<14x24xf32>
    %375 = stablehlo.broadcast_in_dim %371, dims = [1] : (tensor<24xf32>) -> tensor<1x24xf32>
    %376 = stablehlo.broadcast_in_dim %375, dims = [0, 1] : (tensor<1x24xf32>) -> tensor<14x24xf32>
    %377 = stablehlo.add %376, %374 : tensor<14x24xf32>
    %378 = stablehlo.reshape %377 : (tensor<14x24xf32>) -> tensor<2x7x24xf32>
    %379 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %380 = stablehlo.multiply %378, %379 : tensor<2x7x24xf32>
    %381 = stablehlo.add %325, %380 : tensor<2x7x24xf32>
    %382 = stablehlo.reduce(%381 init: %cst_8) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %383 = stablehlo.broadcast_in_dim %382, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %384 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %385 = stablehlo.divide %383, %384 : tensor<2x7x1xf32>
    %386 = call @_var(%381, %c_13) : (tensor<2x7x24xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %387 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %388 = stablehlo.add %386, %387 : tensor<2x7x1xf32>
    %389 = stablehlo.rsqrt %388 : tensor<2x7x1xf32>
    %390 = stablehlo.broadcast_in_dim %385, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %391 = stablehlo.subtract %381, %390 : tensor<2x7x24xf32>
    %392 = stablehlo.broadcast_in_dim %389, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %393 = stablehlo.multiply %391, %392 : tensor<2x7x24xf32>
    %394 = stablehlo.broadcast_in_dim %arg26, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %395 = stablehlo.broadcast_in_dim %394, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %396 = stablehlo.multiply %393, %395 : tensor<2x7x24xf32>
    %397 = stablehlo.broadcast_in_dim %arg27, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %398 = stablehlo.broadcast_in_dim %397, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %399 = stablehlo.add %396, %398 : tensor<2x7x24xf32>
    %400 = stablehlo.reshape %399 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %401 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<72xf32>
    %402 = stablehlo.multiply %arg29, %401 : tensor<72xf32>
    %403 = stablehlo.dot_general %400, %arg28, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x72xf32>) -> tensor<14x72xf32>
    %404 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x72xf32>
    %405 = stablehlo.multiply %404, %403 : tensor<14x72xf32>
    %406 = stablehlo.broadcast_in_dim %402, dims = [1] : (tensor<72xf32>) -> tensor<1x72xf32>
    %407 = stablehlo.broadcast_in_dim %406, dims = [0, 1] : (tensor<1x72xf32>) -> tensor<14x72xf32>
    %408 = stablehlo.add %407, %405 : tensor<14x72xf32>
    %409 = stablehlo.reshape %408 : (tensor<14x72xf32>) -> tensor<2x7x72xf32>
    %410 = stablehlo.slice %409 [0:2, 0:7, 0:24] : (tensor<2x7x72xf32>) -> tensor<2x7x24xf32>
    %411 = stablehlo.slice %409 [0:2, 0:7, 24:48] : (tensor<2x7x72xf32>) -> tensor<2x7x24xf32>
    %412 = stablehlo.slice %409 [0:2, 0:7, 48:72] : (tensor<2x7x72xf32>) -> tensor<2x7x24xf32>
    %413 = stablehlo.reshape %411 : (tensor<2x7x24xf32>) -> tensor<2x7x3x8xf32>
    %414 = stablehlo.transpose %413, dims = [0, 2, 1, 3] : (tensor<2x7x3x8xf32>) -> tensor<2x3x7x8xf32>
    %415 = stablehlo.reshape %412 : (tensor<2x7x24xf32>) -> tensor<2x7x3x8xf32>
    %416 = stablehlo.transpose %415, dims = [0, 2, 1, 3] : (tensor<2x7x3x8xf32>) -> tensor<2x3x7x8xf32>
    %417 = stablehlo.reshape %410 : (tensor<2x7x24xf32>) -> tensor<2x7x3x8xf32>
    %418 = stablehlo.transpose %417, dims = [0, 2, 1, 3] : (tensor<2x7x3x8xf32>) -> tensor<2x3x7x8xf32>
    %419 = stablehlo.transpose %414, dims = [0, 1, 3, 2] : (tensor<2x3x7x8xf32>) -> tensor<2x3x8x7xf32>
    %420 = stablehlo.reshape %418 : (tensor<2x3x7x8xf32>) -> tensor<6x7x8xf32>
    %421 = stablehlo.reshape %419 : (tensor<2x3x8x7xf32>) -> tensor<6x8x7xf32>
    %422 = stablehlo.dot_general %420, %421, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x8xf32>, tensor<6x8x7xf32>) -> tensor<6x7x7xf32>
    %423 = stablehlo.reshape %422 : (tensor<6x7x7xf32>) -> tensor<2x3x7x7xf32>
    %424 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<2x3x7x7xf32>
    %425 = stablehlo.multiply %423, %424 : tensor<2x3x7x7xf32>
    %426 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %427 = stablehlo.multiply %113, %426 : tensor<2x1x7x7xf32>
    %428 = stablehlo.broadcast_in_dim %427, dims = [0, 1, 2, 3] : (tensor<2x1x7x7xf32>) -> tensor<2x3x7x7xf32>
    %429 = stablehlo.add %425, %428 : tensor<2x3x7x7xf32>
    %430 = stablehlo.reduce(%429 init: %cst_3) applies stablehlo.maximum across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %431 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x3x7xf32>
    %432 = stablehlo.maximum %431, %430 : tensor<2x3x7xf32>
    %433 = stablehlo.broadcast_in_dim %432, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %434 = stablehlo.broadcast_in_dim %433, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %435 = stablehlo.subtract %429, %434 : tensor<2x3x7x7xf32>
    %436 = stablehlo.exponential %435 : tensor<2x3x7x7xf32>
    %437 = stablehlo.reduce(%436 init: %cst_8) applies stablehlo.add across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %438 = stablehlo.broadcast_in_dim %437, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %439 = stablehlo.broadcast_in_dim %438, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %440 = stablehlo.divide %436, %439 : tensor<2x3x7x7xf32>
    %441 = stablehlo.reshape %440 : (tensor<2x3x7x7xf32>) -> tensor<6x7x7xf32>
    %442 = stablehlo.reshape %416 : (tensor<2x3x7x8xf32>) -> tensor<6x7x8xf32>
    %443 = stablehlo.dot_general %441, %442, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x7xf32>, tensor<6x7x8xf32>) -> tensor<6x7x8xf32>
    %444 = stablehlo.reshape %443 : (tensor<6x7x8xf32>) -> tensor<2x3x7x8xf32>
    %445 = stablehlo.transpose %444, dims = [0, 2, 1, 3] : (tensor<2x3x7x8xf32>) -> tensor<2x7x3x8xf32>
    %446 = stablehlo.reshape %445 : (tensor<2x7x3x8xf32>) -> tensor<2x7x24xf32>
    %447 = stablehlo.reshape %446 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %448 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<24xf32>
    %449 = stablehlo.multiply %arg31, %448 : tensor<24xf32>
    %450 = stablehlo.dot_general %447, %arg30, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x24xf32>) -> tensor<14x24xf32>
    %451 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x24xf32>
    %452 = stablehlo.multiply %451, %450 : tensor<14x24xf32>
    %453 = stablehlo.broadcast_in_dim %449, dims = [1] : (tensor<24xf32>) -> tensor<1x24xf32>
    %454 = stablehlo.broadcast_in_dim %453, dims = [0, 1] : (tensor<1x24xf32>) -> tensor<14x24xf32>
    %455 = stablehlo.add %454, %452 : tensor<14x24xf32>
    %456 = stablehlo.reshape %455 : (tensor<14x24xf32>) -> tensor<2x7x24xf32>
    %457 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %458 = stablehlo.multiply %381, %457 : tensor<2x7x24xf32>
    %459 = stablehlo.add %456, %458 : tensor<2x7x24xf32>
    %460 = stablehlo.reduce(%459 init: %cst_8) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %461 = stablehlo.broadcast_in_dim %460, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %462 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %463 = stablehlo.divide %461, %462 : tensor<2x7x1xf32>
    %464 = call @_var(%459, %c_13) : (tensor<2x7x24xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %465 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %466 = stablehlo.add %464, %465 : tensor<2x7x1xf32>
    %467 = stablehlo.rsqrt %466 : tensor<2x7x1xf32>
    %468 = stablehlo.broadcast_in_dim %463, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %469 = stablehlo.subtract %459, %468 : tensor<2x7x24xf32>
    %470 = stablehlo.broadcast_in_dim %467, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %471 = stablehlo.multiply %469, %470 : tensor<2x7x24xf32>
    %472 = stablehlo.broadcast_in_dim %arg32, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %473 = stablehlo.broadcast_in_dim %472, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %474 = stablehlo.multiply %471, %473 : tensor<2x7x24xf32>
    %475 = stablehlo.broadcast_in_dim %arg33, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %476 = stablehlo.broadcast_in_dim %475, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %477 = stablehlo.add %474, %476 : tensor<2x7x24xf32>
    %478 = stablehlo.reshape %477 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %479 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<96xf32>
    %480 = stablehlo.multiply %arg35, %479 : tensor<96xf32>
    %481 = stablehlo.dot_general %478, %arg34, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x96xf32>) -> tensor<14x96xf32>
    %482 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x96xf32>
    %483 = stablehlo.multiply %482, %481 : tensor<14x96xf32>
    %484 = stablehlo.broadcast_in_dim %480, dims = [1] : (tensor<96xf32>) -> tensor<1x96xf32>
    %485 = stablehlo.broadcast_in_dim %484, dims = [0, 1] : (tensor<1x96xf32>) -> tensor<14x96xf32>
    %486 = stablehlo.add %485, %483 : tensor<14x96xf32>
    %487 = stablehlo.reshape %486 : (tensor<14x96xf32>) -> tensor<2x7x96xf32>
    %488 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %489 = stablehlo.multiply %487, %488 : tensor<2x7x96xf32>
    %490 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %491 = stablehlo.power %487, %490 : tensor<2x7x96xf32>
    %492 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %493 = stablehlo.multiply %491, %492 : tensor<2x7x96xf32>
    %494 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %495 = stablehlo.multiply %493, %494 : tensor<2x7x96xf32>
    %496 = stablehlo.add %487, %495 : tensor<2x7x96xf32>
    %497 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %498 = stablehlo.multiply %496, %497 : tensor<2x7x96xf32>
    %499 = stablehlo.tanh %498 : tensor<2x7x96xf32>
    %500 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %501 = stablehlo.add %499, %500 : tensor<2x7x96xf32>
    %502 = stablehlo.multiply %489, %501 : tensor<2x7x96xf32>
    %503 = stablehlo.reshape %502 : (tensor<2x7x96xf32>) -> tensor<14x96xf32>
    %504 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<24xf32>
    %505 = stablehlo.multiply %arg37, %504 : tensor<24xf32>
    %506 = stablehlo.dot_general %503, %arg36, contracting_dims = [1] x [0] : (tensor<14x96xf32>, tensor<96x24xf32>) -> tensor<14x24xf32>
    %507 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x24xf32>
    %508 = stablehlo.multiply %507, %506 : tensor<14x24xf32>
    %509 = stablehlo.broadcast_in_dim %505, dims = [1] : (tensor<24xf32>) -> tensor<1x24xf32>
    %510 = stablehlo.broadcast_in_dim %509, dims = [0, 1] : (tensor<1x24xf32>) -> tensor<14x24xf32>
    %511 = stablehlo.add %510, %508 : tensor<14x24xf32>
    %512 = stablehlo.reshape %511 : (tensor<14x24xf32>) -> tensor<2x7x24xf32>
    %513 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %514 = stablehlo.multiply %512, %513 : tensor<2x7x24xf32>
    %515 = stablehlo.add %459, %514 : tensor<2x7x24xf32>
    %516 = stablehlo.reduce(%515 init: %cst_8) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %517 = stablehlo.broadcast_in_dim %516, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %518 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %519 = stablehlo.divide %517, %518 : tensor<2x7x1xf32>
    %520 = call @_var(%515, %c_13) : (tensor<2x7x24xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %521 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %522 = stablehlo.add %520, %521 : tensor<2x7x1xf32>
    %523 = stablehlo.rsqrt %522 : tensor<2x7x1xf32>
    %524 = stablehlo.broadcast_in_dim %519, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %525 = stablehlo.subtract %515, %524 : tensor<2x7x24xf32>
    %526 = stablehlo.broadcast_in_dim %523, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %527 = stablehlo.multiply %525, %526 : tensor<2x7x24xf32>
    %528 = stablehlo.broadcast_in_dim %arg38, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %529 = stablehlo.broadcast_in_dim %528, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %530 = stablehlo.multiply %527, %529 : tensor<2x7x24xf32>
    %531 = stablehlo.broadcast_in_dim %arg39, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %532 = stablehlo.broadcast_in_dim %531, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %533 = stablehlo.add %530, %532 : tensor<2x7x24xf32>
    %534 = stablehlo.reshape %533 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %535 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<72xf32>
    %536 = stablehlo.multiply %arg41, %535 : tensor<72xf32>
    %537 = stablehlo.dot_general %534, %arg40, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x72xf32>) -> tensor<14x72xf32>
    %538 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x72xf32>
    %539 = stablehlo.multiply %538, %537 : tensor<14x72xf32>
    %540 = stablehlo.broadcast_in_dim %536, dims = [1] : (tensor<72xf32>) -> tensor<1x72xf32>
    %541 = stablehlo.broadcast_in_dim %540, dims = [0, 1] : (tensor<1x72xf32>) -> tensor<14x72xf32>
    %542 = stablehlo.add %541, %539 : tensor<14x72xf32>
    %543 = stablehlo.reshape %542 : (tensor<14x72xf32>) -> tensor<2x7x72xf32>
    %544 = stablehlo.slice %543 [0:2, 0:7, 0:24] : (tensor<2x7x72xf32>) -> tensor<2x7x24xf32>
    %545 = stablehlo.slice %543 [0:2, 0:7, 24:48] : (tensor<2x7x72xf32>) -> tensor<2x7x24xf32>
    %546 = stablehlo.slice %543 [0:2, 0:7, 48:72] : (tensor<2x7x72xf32>) -> tensor<2x7x24xf32>
    %547 = stablehlo.reshape %545 : (tensor<2x7x24xf32>) -> tensor<2x7x3x8xf32>
    %548 = stablehlo.transpose %547, dims = [0, 2, 1, 3] : (tensor<2x7x3x8xf32>) -> tensor<2x3x7x8xf32>
    %549 = stablehlo.reshape %546 : (tensor<2x7x24xf32>) -> tensor<2x7x3x8xf32>
    %550 = stablehlo.transpose %549, dims = [0, 2, 1, 3] : (tensor<2x7x3x8xf32>) -> tensor<2x3x7x8xf32>
    %551 = stablehlo.reshape %544 : (tensor<2x7x24xf32>) -> tensor<2x7x3x8xf32>
    %552 = stablehlo.transpose %551, dims = [0, 2, 1, 3] : (tensor<2x7x3x8xf32>) -> tensor<2x3x7x8xf32>
    %553 = stablehlo.transpose %548, dims = [0, 1, 3, 2] : (tensor<2x3x7x8xf32>) -> tensor<2x3x8x7xf32>
    %554 = stablehlo.reshape %552 : (tensor<2x3x7x8xf32>) -> tensor<6x7x8xf32>
    %555 = stablehlo.reshape %553 : (tensor<2x3x8x7xf32>) -> tensor<6x8x7xf32>
    %556 = stablehlo.dot_general %554, %555, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x8xf32>, tensor<6x8x7xf32>) -> tensor<6x7x7xf32>
    %557 = stablehlo.reshape %556 : (tensor<6x7x7xf32>) -> tensor<2x3x7x7xf32>
    %558 = stablehlo.broadcast_in_dim %cst_4, dims = [] : (tensor<f32>) -> tensor<2x3x7x7xf32>
    %559 = stablehlo.multiply %557, %558 : tensor<2x3x7x7xf32>
    %560 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %561 = stablehlo.multiply %113, %560 : tensor<2x1x7x7xf32>
    %562 = stablehlo.broadcast_in_dim %561, dims = [0, 1, 2, 3] : (tensor<2x1x7x7xf32>) -> tensor<2x3x7x7xf32>
    %563 = stablehlo.add %559, %562 : tensor<2x3x7x7xf32>
    %564 = stablehlo.reduce(%563 init: %cst_3) applies stablehlo.maximum across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %565 = stablehlo.broadcast_in_dim %cst_3, dims = [] : (tensor<f32>) -> tensor<2x3x7xf32>
    %566 = stablehlo.maximum %565, %564 : tensor<2x3x7xf32>
    %567 = stablehlo.broadcast_in_dim %566, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %568 = stablehlo.broadcast_in_dim %567, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %569 = stablehlo.subtract %563, %568 : tensor<2x3x7x7xf32>
    %570 = stablehlo.exponential %569 : tensor<2x3x7x7xf32>
    %571 = stablehlo.reduce(%570 init: %cst_8) applies stablehlo.add across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %572 = stablehlo.broadcast_in_dim %571, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %573 = stablehlo.broadcast_in_dim %572, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %574 = stablehlo.divide %570, %573 : tensor<2x3x7x7xf32>
    %575 = stablehlo.reshape %574 : (tensor<2x3x7x7xf32>) -> tensor<6x7x7xf32>
    %576 = stablehlo.reshape %550 : (tensor<2x3x7x8xf32>) -> tensor<6x7x8xf32>
    %577 = stablehlo.dot_general %575, %576, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x7xf32>, tensor<6x7x8xf32>) -> tensor<6x7x8xf32>
    %578 = stablehlo.reshape %577 : (tensor<6x7x8xf32>) -> tensor<2x3x7x8xf32>
    %579 = stablehlo.transpose %578, dims = [0, 2, 1, 3] : (tensor<2x3x7x8xf32>) -> tensor<2x7x3x8xf32>
    %580 = stablehlo.reshape %579 : (tensor<2x7x3x8xf32>) -> tensor<2x7x24xf32>
    %581 = stablehlo.reshape %580 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %582 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<24xf32>
    %583 = stablehlo.multiply %arg43, %582 : tensor<24xf32>
    %584 = stablehlo.dot_general %581, %arg42, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x24xf32>) -> tensor<14x24xf32>
    %585 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x24xf32>
    %586 = stablehlo.multiply %585, %584 : tensor<14x24xf32>
    %587 = stablehlo.broadcast_in_dim %583, dims = [1] : (tensor<24xf32>) -> tensor<1x24xf32>
    %588 = stablehlo.broadcast_in_dim %587, dims = [0, 1] : (tensor<1x24xf32>) -> tensor<14x24xf32>
    %589 = stablehlo.add %588, %586 : tensor<14x24xf32>
    %590 = stablehlo.reshape %589 : (tensor<14x24xf32>) -> tensor<2x7x24xf32>
    %591 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %592 = stablehlo.multiply %515, %591 : tensor<2x7x24xf32>
    %593 = stablehlo.add %590, %592 : tensor<2x7x24xf32>
    %594 = stablehlo.reduce(%593 init: %cst_8) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %595 = stablehlo.broadcast_in_dim %594, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %596 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %597 = stablehlo.divide %595, %596 : tensor<2x7x1xf32>
    %598 = call @_var(%593, %c_13) : (tensor<2x7x24xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %599 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %600 = stablehlo.add %598, %599 : tensor<2x7x1xf32>
    %601 = stablehlo.rsqrt %600 : tensor<2x7x1xf32>
    %602 = stablehlo.broadcast_in_dim %597, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %603 = stablehlo.subtract %593, %602 : tensor<2x7x24xf32>
    %604 = stablehlo.broadcast_in_dim %601, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %605 = stablehlo.multiply %603, %604 : tensor<2x7x24xf32>
    %606 = stablehlo.broadcast_in_dim %arg44, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %607 = stablehlo.broadcast_in_dim %606, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %608 = stablehlo.multiply %605, %607 : tensor<2x7x24xf32>
    %609 = stablehlo.broadcast_in_dim %arg45, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %610 = stablehlo.broadcast_in_dim %609, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %611 = stablehlo.add %608, %610 : tensor<2x7x24xf32>
    %612 = stablehlo.reshape %611 : (tensor<2x7x24xf32>) -> tensor<14x24xf32>
    %613 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<96xf32>
    %614 = stablehlo.multiply %arg47, %613 : tensor<96xf32>
    %615 = stablehlo.dot_general %612, %arg46, contracting_dims = [1] x [0] : (tensor<14x24xf32>, tensor<24x96xf32>) -> tensor<14x96xf32>
    %616 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x96xf32>
    %617 = stablehlo.multiply %616, %615 : tensor<14x96xf32>
    %618 = stablehlo.broadcast_in_dim %614, dims = [1] : (tensor<96xf32>) -> tensor<1x96xf32>
    %619 = stablehlo.broadcast_in_dim %618, dims = [0, 1] : (tensor<1x96xf32>) -> tensor<14x96xf32>
    %620 = stablehlo.add %619, %617 : tensor<14x96xf32>
    %621 = stablehlo.reshape %620 : (tensor<14x96xf32>) -> tensor<2x7x96xf32>
    %622 = stablehlo.broadcast_in_dim %cst_2, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %623 = stablehlo.multiply %621, %622 : tensor<2x7x96xf32>
    %624 = stablehlo.broadcast_in_dim %cst_1, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %625 = stablehlo.power %621, %624 : tensor<2x7x96xf32>
    %626 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %627 = stablehlo.multiply %625, %626 : tensor<2x7x96xf32>
    %628 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %629 = stablehlo.multiply %627, %628 : tensor<2x7x96xf32>
    %630 = stablehlo.add %621, %629 : tensor<2x7x96xf32>
    %631 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %632 = stablehlo.multiply %630, %631 : tensor<2x7x96xf32>
    %633 = stablehlo.tanh %632 : tensor<2x7x96xf32>
    %634 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x96xf32>
    %635 = stablehlo.add %633, %634 : tensor<2x7x96xf32>
    %636 = stablehlo.multiply %623, %635 : tensor<2x7x96xf32>
    %637 = stablehlo.reshape %636 : (tensor<2x7x96xf32>) -> tensor<14x96xf32>
    %638 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<24xf32>
    %639 = stablehlo.multiply %arg49, %638 : tensor<24xf32>
    %640 = stablehlo.dot_general %637, %arg48, contracting_dims = [1] x [0] : (tensor<14x96xf32>, tensor<96x24xf32>) -> tensor<14x24xf32>
    %641 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<14x24xf32>
    %642 = stablehlo.multiply %641, %640 : tensor<14x24xf32>
    %643 = stablehlo.broadcast_in_dim %639, dims = [1] : (tensor<24xf32>) -> tensor<1x24xf32>
    %644 = stablehlo.broadcast_in_dim %643, dims = [0, 1] : (tensor<1x24xf32>) -> tensor<14x24xf32>
    %645 = stablehlo.add %644, %642 : tensor<14x24xf32>
    %646 = stablehlo.reshape %645 : (tensor<14x24xf32>) -> tensor<2x7x24xf32>
    %647 = stablehlo.broadcast_in_dim %cst_12, dims = [] : (tensor<f32>) -> tensor<2x7x24xf32>
    %648 = stablehlo.multiply %646, %647 : tensor<2x7x24xf32>
    %649 = stablehlo.add %593, %648 : tensor<2x7x24xf32>
    %650 = stablehlo.reduce(%649 init: %cst_8) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %651 = stablehlo.broadcast_in_dim %650, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %652 = stablehlo.broadcast_in_dim %cst_6, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %653 = stablehlo.divide %651, %652 : tensor<2x7x1xf32>
    %654 = call @_var(%649, %c_13) : (tensor<2x7x24xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %655 = stablehlo.broadcast_in_dim %cst_5, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %656 = stablehlo.add %654, %655 : tensor<2x7x1xf32>
    %657 = stablehlo.rsqrt %656 : tensor<2x7x1xf32>
    %658 = stablehlo.broadcast_in_dim %653, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %659 = stablehlo.subtract %649, %658 : tensor<2x7x24xf32>
    %660 = stablehlo.broadcast_in_dim %657, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %661 = stablehlo.multiply %659, %660 : tensor<2x7x24xf32>
    %662 = stablehlo.broadcast_in_dim %arg50, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %663 = stablehlo.broadcast_in_dim %662, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %664 = stablehlo.multiply %661, %663 : tensor<2x7x24xf32>
    %665 = stablehlo.broadcast_in_dim %arg51, dims = [2] : (tensor<24xf32>) -> tensor<1x1x24xf32>
    %666 = stablehlo.broadcast_in_dim %665, dims = [0, 1, 2] : (tensor<1x1x24xf32>) -> tensor<2x7x24xf32>
    %667 = stablehlo.add %664, %666 : tensor<2x7x24xf32>
    return %667 : tensor<2x7x24xf32>
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
  func.func private @_take_0(%arg0: tensor<16x24xf32>, %arg1: tensor<1x7xi32>) -> tensor<1x7x24xf32> {
    %cst = stablehlo.constant dense<0x7FC00000> : tensor<f32>
    %c = stablehlo.constant dense<true> : tensor<i1>
    %c_0 = stablehlo.constant dense<15> : tensor<1xi32>
    %c_1 = stablehlo.constant dense<16> : tensor<i32>
    %c_2 = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.broadcast_in_dim %c_2, dims = [] : (tensor<i32>) -> tensor<1x7xi32>
    %1 = stablehlo.compare LT, %arg1, %0, SIGNED : (tensor<1x7xi32>, tensor<1x7xi32>) -> tensor<1x7xi1>
    %2 = stablehlo.broadcast_in_dim %c_1, dims = [] : (tensor<i32>) -> tensor<1x7xi32>
    %3 = stablehlo.add %arg1, %2 : tensor<1x7xi32>
    %4 = call @_where_1(%1, %3, %arg1) : (tensor<1x7xi1>, tensor<1x7xi32>, tensor<1x7xi32>) -> tensor<1x7xi32>
    %5 = stablehlo.broadcast_in_dim %4, dims = [0, 1] : (tensor<1x7xi32>) -> tensor<1x7x1xi32>
    %6 = stablehlo.broadcast_in_dim %c_2, dims = [] : (tensor<i32>) -> tensor<1x7x1xi32>
    %7 = stablehlo.compare GE, %5, %6, SIGNED : (tensor<1x7x1xi32>, tensor<1x7x1xi32>) -> tensor<1x7x1xi1>
    %8 = stablehlo.broadcast_in_dim %c_0, dims = [2] : (tensor<1xi32>) -> tensor<1x1x1xi32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2] : (tensor<1x1x1xi32>) -> tensor<1x7x1xi32>
    %10 = stablehlo.compare LE, %5, %9, SIGNED : (tensor<1x7x1xi32>, tensor<1x7x1xi32>) -> tensor<1x7x1xi1>
    %11 = stablehlo.and %7, %10 : tensor<1x7x1xi1>
    %12 = stablehlo.reduce(%11 init: %c) applies stablehlo.and across dimensions = [2] : (tensor<1x7x1xi1>, tensor<i1>) -> tensor<1x7xi1>
    %13 = "stablehlo.gather"(%arg0, %5) <{dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 2>, slice_sizes = array<i64: 1, 24>}> : (tensor<16x24xf32>, tensor<1x7x1xi32>) -> tensor<1x7x24xf32>
    %14 = stablehlo.broadcast_in_dim %12, dims = [0, 1] : (tensor<1x7xi1>) -> tensor<1x7x24xi1>
    %15 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<1x7x24xf32>
    %16 = stablehlo.select %14, %13, %15 : tensor<1x7x24xi1>, tensor<1x7x24xf32>
    return %16 : tensor<1x7x24xf32>
  }
  func.func private @_where_1(%arg0: tensor<1x7xi1>, %arg1: tensor<1x7xi32>, %arg2: tensor<1x7xi32>) -> tensor<1x7xi32> {
    %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<1x7xi1>, tensor<1x7xi32>
    return %0 : tensor<1x7xi32>
  }
  func.func private @cumsum(%arg0: tensor<2x7xi1>) -> tensor<2x7xi32> {
    %0 = stablehlo.convert %arg0 : (tensor<2x7xi1>) -> tensor<2x7xi32>
    %1 = call @cumsum_2(%0) : (tensor<2x7xi32>) -> tensor<2x7xi32>
    return %1 : tensor<2x7xi32>
  }
  func.func private @cumsum_2(%arg0: tensor<2x7xi32>) -> tensor<2x7xi32> {
    %c = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.broadcast_in_dim %c, dims = [] : (tensor<i32>) -> tensor<i32>
    %1 = "stablehlo.reduce_window"(%arg0, %0) <{padding = dense<[[0, 0], [6, 0]]> : tensor<2x2xi64>, window_dimensions = array<i64: 1, 7>}> ({
    ^bb0(%arg1: tensor<i32>, %arg2: tensor<i32>):
      %2 = stablehlo.add %arg1, %arg2 : tensor<i32>
      stablehlo.return %2 : tensor<i32>
    }) : (tensor<2x7xi32>, tensor<i32>) -> tensor<2x7xi32>
    return %1 : tensor<2x7xi32>
  }
  func.func private @_where_3(%arg0: tensor<2x1x7x7xi1>, %arg1: tensor<f32>, %arg2: tensor<f32>) -> tensor<2x1x7x7xf32> {
    %0 = stablehlo.broadcast_in_dim %arg1, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %1 = stablehlo.broadcast_in_dim %arg2, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %2 = stablehlo.select %arg0, %0, %1 : tensor<2x1x7x7xi1>, tensor<2x1x7x7xf32>
    return %2 : tensor<2x1x7x7xf32>
  }
  func.func private @_var(%arg0: tensor<2x7x24xf32>, %arg1: tensor<i32>) -> tensor<2x7x1xf32> {
    %cst = stablehlo.constant dense<0x7FC00000> : tensor<f32>
    %cst_0 = stablehlo.constant dense<2.400000e+01> : tensor<f32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %3 = stablehlo.divide %1, %2 : tensor<2x7x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x24xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<2x7x24xf32>
    %6 = stablehlo.multiply %5, %5 : tensor<2x7x24xf32>
    %7 = stablehlo.convert %arg1 : (tensor<i32>) -> tensor<f32>
    %8 = stablehlo.subtract %cst_0, %7 : tensor<f32>
    %9 = stablehlo.reduce(%6 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x7x24xf32>, tensor<f32>) -> tensor<2x7xf32>
    %10 = stablehlo.broadcast_in_dim %9, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %11 = stablehlo.broadcast_in_dim %8, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %12 = stablehlo.divide %10, %11 : tensor<2x7x1xf32>
    %13 = stablehlo.compare GT, %8, %cst_1, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %14 = call @_where_4(%13, %12, %cst) : (tensor<i1>, tensor<2x7x1xf32>, tensor<f32>) -> tensor<2x7x1xf32>
    return %14 : tensor<2x7x1xf32>
  }
  func.func private @_where_4(%arg0: tensor<i1>, %arg1: tensor<2x7x1xf32>, %arg2: tensor<f32>) -> tensor<2x7x1xf32> {
    %0 = stablehlo.convert %arg2 : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %2 = stablehlo.select %arg0, %arg1, %1 : tensor<i1>, tensor<2x7x1xf32>
    return %2 : tensor<2x7x1xf32>
  }
}

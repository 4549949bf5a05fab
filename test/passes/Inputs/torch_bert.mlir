module @jit_func attributes {jax.uses_shape_polymorphism = false, mhlo.num_partitions = 1 : i32, mhlo.num_replicas = 1 : i32} {
  func.func public @main(%arg0: tensor<50x18xf32>, %arg1: tensor<16x18xf32>, %arg2: tensor<2x18xf32>, %arg3: tensor<18xf32>, %arg4: tensor<18xf32>, %arg5: tensor<18x18xf32>, %arg6: tensor<18xf32>, %arg7: tensor<18x18xf32>, %arg8: tensor<18xf32>, %arg9: tensor<18x18xf32>, %arg10: tensor<18xf32>, %arg11: tensor<18x18xf32>, %arg12: tensor<18xf32>, %arg13: tensor<18xf32>, %arg14: tensor<18xf32>, %arg15: tensor<30x18xf32>, %arg16: tensor<30xf32>, %arg17: tensor<18x30xf32>, %arg18: tensor<18xf32>, %arg19: tensor<18xf32>, %arg20: tensor<18xf32>, %arg21: tensor<18x18xf32>, %arg22: tensor<18xf32>, %arg23: tensor<18x18xf32>, %arg24: tensor<18xf32>, %arg25: tensor<18x18xf32>, %arg26: tensor<18xf32>, %arg27: tensor<18x18xf32>, %arg28: tensor<18xf32>, %arg29: tensor<18xf32>, %arg30: tensor<18xf32>, %arg31: tensor<30x18xf32>, %arg32: tensor<30xf32>, %arg33: tensor<18x30xf32>, %arg34: tensor<18xf32>, %arg35: tensor<18xf32>, %arg36: tensor<18xf32>, %arg37: tensor<18x18xf32>, %arg38: tensor<18xf32>, %arg39: tensor<18x18xf32>, %arg40: tensor<18xf32>, %arg41: tensor<18x18xf32>, %arg42: tensor<18xf32>, %arg43: tensor<18x18xf32>, %arg44: tensor<18xf32>, %arg45: tensor<18xf32>, %arg46: tensor<18xf32>, %arg47: tensor<30x18xf32>, %arg48: tensor<30xf32>, %arg49: tensor<18x30xf32>, %arg50: tensor<18xf32>, %arg51: tensor<18xf32>, %arg52: tensor<18xf32>, %arg53: tensor<18x18xf32>, %arg54: tensor<18xf32>, %arg55: tensor<18x18xf32>, %arg56: tensor<18xf32>, %arg57: tensor<18x18xf32>, %arg58: tensor<18xf32>, %arg59: tensor<18x18xf32>, %arg60: tensor<18xf32>, %arg61: tensor<18xf32>, %arg62: tensor<18xf32>, %arg63: tensor<30x18xf32>, %arg64: tensor<30xf32>, %arg65: tensor<18x30xf32>, %arg66: tensor<18xf32>, %arg67: tensor<18xf32>, %arg68: tensor<18xf32>, %arg69: tensor<1x16xi32>, %arg70: tensor<1x16xi32>, %arg71: tensor<2x7xi32>, %arg72: tensor<2x7xi32>) -> (tensor<2x7x18xf32> {jax.result_info = "result[0]"}) {
    %cst = stablehlo.constant dense<1.12837911> : tensor<2x7x30xf32>
    %cst_0 = stablehlo.constant dense<-0.37612626> : tensor<2x7x30xf32>
    %cst_1 = stablehlo.constant dense<0.112835854> : tensor<2x7x30xf32>
    %cst_2 = stablehlo.constant dense<-0.0268538129> : tensor<2x7x30xf32>
    %cst_3 = stablehlo.constant dense<0.00518832775> : tensor<2x7x30xf32>
    %cst_4 = stablehlo.constant dense<-8.0101937E-4> : tensor<2x7x30xf32>
    %cst_5 = stablehlo.constant dense<7.85386146E-5> : tensor<2x7x30xf32>
    %cst_6 = stablehlo.constant dense<0.000000e+00> : tensor<2x7x30xf32>
    %cst_7 = stablehlo.constant dense<-88.7228394> : tensor<2x7x30xf32>
    %cst_8 = stablehlo.constant dense<0.564189494> : tensor<2x7x30xf32>
    %cst_9 = stablehlo.constant dense<-0.282076746> : tensor<2x7x30xf32>
    %cst_10 = stablehlo.constant dense<0.42184633> : tensor<2x7x30xf32>
    %cst_11 = stablehlo.constant dense<-1.01526523> : tensor<2x7x30xf32>
    %cst_12 = stablehlo.constant dense<2.92101908> : tensor<2x7x30xf32>
    %cst_13 = stablehlo.constant dense<-7.49551868> : tensor<2x7x30xf32>
    %cst_14 = stablehlo.constant dense<1.297720e+01> : tensor<2x7x30xf32>
    %cst_15 = stablehlo.constant dense<-10.477664> : tensor<2x7x30xf32>
    %cst_16 = stablehlo.constant dense<0.563825965> : tensor<2x7x30xf32>
    %cst_17 = stablehlo.constant dense<-0.274112701> : tensor<2x7x30xf32>
    %cst_18 = stablehlo.constant dense<3.404880e-01> : tensor<2x7x30xf32>
    %cst_19 = stablehlo.constant dense<-0.494451523> : tensor<2x7x30xf32>
    %cst_20 = stablehlo.constant dense<0.621000468> : tensor<2x7x30xf32>
    %cst_21 = stablehlo.constant dense<-0.582473278> : tensor<2x7x30xf32>
    %cst_22 = stablehlo.constant dense<0.368742466> : tensor<2x7x30xf32>
    %cst_23 = stablehlo.constant dense<-0.138703942> : tensor<2x7x30xf32>
    %cst_24 = stablehlo.constant dense<2.326820e-02> : tensor<2x7x30xf32>
    %cst_25 = stablehlo.constant dense<2.000000e+00> : tensor<2x7x30xf32>
    %cst_26 = stablehlo.constant dense<1.000000e+00> : tensor<2x7x30xf32>
    %cst_27 = stablehlo.constant dense<0.707106769> : tensor<f32>
    %cst_28 = stablehlo.constant dense<5.000000e-01> : tensor<f32>
    %c = stablehlo.constant dense<false> : tensor<i1>
    %cst_29 = stablehlo.constant dense<0.638943076> : tensor<f32>
    %cst_30 = stablehlo.constant dense<0xFF800000> : tensor<f32>
    %c_31 = stablehlo.constant dense<7> : tensor<i32>
    %c_32 = stablehlo.constant dense<2> : tensor<i32>
    %c_33 = stablehlo.constant dense<true> : tensor<i1>
    %cst_34 = stablehlo.constant dense<9.99999996E-13> : tensor<f32>
    %cst_35 = stablehlo.constant dense<1.800000e+01> : tensor<f32>
    %cst_36 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %cst_37 = stablehlo.constant dense<1.000000e+00> : tensor<f32>
    %c_38 = stablehlo.constant dense<16> : tensor<i32>
    %c_39 = stablehlo.constant dense<1> : tensor<i32>
    %c_40 = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.slice %arg69 [0:1, 0:7] : (tensor<1x16xi32>) -> tensor<1x7xi32>
    %1 = stablehlo.iota dim = 0 : tensor<1xi32>
    %2 = stablehlo.reshape %1 : (tensor<1xi32>) -> tensor<1x1xi32>
    %3 = stablehlo.broadcast_in_dim %2, dims = [0, 1] : (tensor<1x1xi32>) -> tensor<1x7xi32>
    %4 = stablehlo.broadcast_in_dim %c_40, dims = [] : (tensor<i32>) -> tensor<1x7xi32>
    %5 = stablehlo.compare LT, %3, %4, SIGNED : (tensor<1x7xi32>, tensor<1x7xi32>) -> tensor<1x7xi1>
    %6 = stablehlo.broadcast_in_dim %c_39, dims = [] : (tensor<i32>) -> tensor<1x7xi32>
    %7 = stablehlo.add %3, %6 : tensor<1x7xi32>
    %8 = stablehlo.select %5, %7, %3 : tensor<1x7xi1>, tensor<1x7xi32>
    %9 = stablehlo.broadcast_in_dim %c_40, dims = [] : (tensor<i32>) -> tensor<1x7xi32>
    %10 = stablehlo.compare LT, %0, %9, SIGNED : (tensor<1x7xi32>, tensor<1x7xi32>) -> tensor<1x7xi1>
    %11 = stablehlo.broadcast_in_dim %c_38, dims = [] : (tensor<i32>) -> tensor<1x7xi32>
    %12 = stablehlo.add %0, %11 : tensor<1x7xi32>
    %13 = stablehlo.select %10, %12, %0 : tensor<1x7xi1>, tensor<1x7xi32>
    %14 = stablehlo.broadcast_in_dim %8, dims = [0, 1] : (tensor<1x7xi32>) -> tensor<1x7x1xi32>
    %15 = stablehlo.broadcast_in_dim %13, dims = [0, 1] : (tensor<1x7xi32>) -> tensor<1x7x1xi32>
    %16 = stablehlo.concatenate %14, %15, dim = 2 : (tensor<1x7x1xi32>, tensor<1x7x1xi32>) -> tensor<1x7x2xi32>
    %17 = "stablehlo.gather"(%arg70, %16) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 2>, slice_sizes = array<i64: 1, 1>}> : (tensor<1x16xi32>, tensor<1x7x2xi32>) -> tensor<1x7xi32>
    %18 = stablehlo.broadcast_in_dim %17, dims = [0, 1] : (tensor<1x7xi32>) -> tensor<2x7xi32>
    %19 = call @_take(%arg0, %arg71) : (tensor<50x18xf32>, tensor<2x7xi32>) -> tensor<2x7x18xf32>
    %20 = call @_take_0(%arg2, %18) : (tensor<2x18xf32>, tensor<2x7xi32>) -> tensor<2x7x18xf32>
    %21 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x7x18xf32>
    %22 = stablehlo.multiply %20, %21 : tensor<2x7x18xf32>
    %23 = stablehlo.add %19, %22 : tensor<2x7x18xf32>
    %24 = call @_take_1(%arg1, %0) : (tensor<16x18xf32>, tensor<1x7xi32>) -> tensor<1x7x18xf32>
    %25 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<1x7x18xf32>
    %26 = stablehlo.multiply %24, %25 : tensor<1x7x18xf32>
    %27 = stablehlo.broadcast_in_dim %26, dims = [0, 1, 2] : (tensor<1x7x18xf32>) -> tensor<2x7x18xf32>
    %28 = stablehlo.add %23, %27 : tensor<2x7x18xf32>
    %29 = stablehlo.reduce(%28 init: %cst_36) applies stablehlo.add across dimensions = [2] : (tensor<2x7x18xf32>, tensor<f32>) -> tensor<2x7xf32>
    %30 = stablehlo.broadcast_in_dim %29, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %31 = stablehlo.broadcast_in_dim %cst_35, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %32 = stablehlo.divide %30, %31 : tensor<2x7x1xf32>
    %33 = call @_var(%28, %c_40) : (tensor<2x7x18xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %34 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %35 = stablehlo.add %33, %34 : tensor<2x7x1xf32>
    %36 = stablehlo.rsqrt %35 : tensor<2x7x1xf32>
    %37 = stablehlo.broadcast_in_dim %32, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %38 = stablehlo.subtract %28, %37 : tensor<2x7x18xf32>
    %39 = stablehlo.broadcast_in_dim %36, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %40 = stablehlo.multiply %38, %39 : tensor<2x7x18xf32>
    %41 = stablehlo.broadcast_in_dim %arg3, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %42 = stablehlo.broadcast_in_dim %41, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %43 = stablehlo.multiply %40, %42 : tensor<2x7x18xf32>
    %44 = stablehlo.broadcast_in_dim %arg4, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %45 = stablehlo.broadcast_in_dim %44, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %46 = stablehlo.add %43, %45 : tensor<2x7x18xf32>
    %47 = stablehlo.broadcast_in_dim %c_40, dims = [] : (tensor<i32>) -> tensor<2x7xi32>
    %48 = stablehlo.compare NE, %arg72, %47, SIGNED : (tensor<2x7xi32>, tensor<2x7xi32>) -> tensor<2x7xi1>
    %49 = stablehlo.convert %48 : tensor<2x7xi1>
    %50 = stablehlo.iota dim = 0 : tensor<2xi32>
    %51 = stablehlo.iota dim = 0 : tensor<7xi32>
    %52 = stablehlo.broadcast_in_dim %c_40, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %53 = stablehlo.add %51, %52 : tensor<7xi32>
    %54 = stablehlo.iota dim = 0 : tensor<7xi32>
    %55 = stablehlo.broadcast_in_dim %c_40, dims = [] : (tensor<i32>) -> tensor<7xi32>
    %56 = stablehlo.add %54, %55 : tensor<7xi32>
    %57 = stablehlo.broadcast_in_dim %50, dims = [0] : (tensor<2xi32>) -> tensor<2x1xi32>
    %58 = stablehlo.broadcast_in_dim %57, dims = [0, 1] : (tensor<2x1xi32>) -> tensor<2x1x1xi32>
    %59 = stablehlo.broadcast_in_dim %58, dims = [0, 1, 2] : (tensor<2x1x1xi32>) -> tensor<2x1x1x1xi32>
    %60 = stablehlo.broadcast_in_dim %53, dims = [1] : (tensor<7xi32>) -> tensor<1x7xi32>
    %61 = stablehlo.broadcast_in_dim %60, dims = [0, 2] : (tensor<1x7xi32>) -> tensor<1x1x7xi32>
    %62 = stablehlo.broadcast_in_dim %61, dims = [0, 1, 2] : (tensor<1x1x7xi32>) -> tensor<1x1x7x1xi32>
    %63 = stablehlo.broadcast_in_dim %56, dims = [1] : (tensor<7xi32>) -> tensor<1x7xi32>
    %64 = stablehlo.broadcast_in_dim %63, dims = [0, 2] : (tensor<1x7xi32>) -> tensor<1x1x7xi32>
    %65 = stablehlo.broadcast_in_dim %64, dims = [0, 1, 3] : (tensor<1x1x7xi32>) -> tensor<1x1x1x7xi32>
    %66 = stablehlo.broadcast_in_dim %c_40, dims = [] : (tensor<i32>) -> tensor<1x1x7x1xi32>
    %67 = stablehlo.compare GE, %62, %66, SIGNED : (tensor<1x1x7x1xi32>, tensor<1x1x7x1xi32>) -> tensor<1x1x7x1xi1>
    %68 = stablehlo.broadcast_in_dim %c_33, dims = [] : (tensor<i1>) -> tensor<1x1x7x1xi1>
    %69 = stablehlo.and %68, %67 : tensor<1x1x7x1xi1>
    %70 = stablehlo.broadcast_in_dim %c_40, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %71 = stablehlo.compare LT, %59, %70, SIGNED : (tensor<2x1x1x1xi32>, tensor<2x1x1x1xi32>) -> tensor<2x1x1x1xi1>
    %72 = stablehlo.broadcast_in_dim %c_32, dims = [] : (tensor<i32>) -> tensor<2x1x1x1xi32>
    %73 = stablehlo.add %59, %72 : tensor<2x1x1x1xi32>
    %74 = stablehlo.select %71, %73, %59 : tensor<2x1x1x1xi1>, tensor<2x1x1x1xi32>
    %75 = stablehlo.broadcast_in_dim %c_40, dims = [] : (tensor<i32>) -> tensor<1x1x1x7xi32>
    %76 = stablehlo.compare LT, %65, %75, SIGNED : (tensor<1x1x1x7xi32>, tensor<1x1x1x7xi32>) -> tensor<1x1x1x7xi1>
    %77 = stablehlo.broadcast_in_dim %c_31, dims = [] : (tensor<i32>) -> tensor<1x1x1x7xi32>
    %78 = stablehlo.add %65, %77 : tensor<1x1x1x7xi32>
    %79 = stablehlo.select %76, %78, %65 : tensor<1x1x1x7xi1>, tensor<1x1x1x7xi32>
    %80 = stablehlo.broadcast_in_dim %74, dims = [0, 1, 2, 3] : (tensor<2x1x1x1xi32>) -> tensor<2x1x1x7xi32>
    %81 = stablehlo.broadcast_in_dim %79, dims = [0, 1, 2, 3] : (tensor<1x1x1x7xi32>) -> tensor<2x1x1x7xi32>
    %82 = stablehlo.broadcast_in_dim %80, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x1x7x1xi32>
    %83 = stablehlo.broadcast_in_dim %81, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi32>) -> tensor<2x1x1x7x1xi32>
    %84 = stablehlo.concatenate %82, %83, dim = 4 : (tensor<2x1x1x7x1xi32>, tensor<2x1x1x7x1xi32>) -> tensor<2x1x1x7x2xi32>
    %85 = "stablehlo.gather"(%49, %84) <{dimension_numbers = #stablehlo.gather<collapsed_slice_dims = [0, 1], start_index_map = [0, 1], index_vector_dim = 4>, slice_sizes = array<i64: 1, 1>}> : (tensor<2x7xi1>, tensor<2x1x1x7x2xi32>) -> tensor<2x1x1x7xi1>
    %86 = stablehlo.broadcast_in_dim %69, dims = [0, 1, 2, 3] : (tensor<1x1x7x1xi1>) -> tensor<2x1x7x7xi1>
    %87 = stablehlo.broadcast_in_dim %85, dims = [0, 1, 2, 3] : (tensor<2x1x1x7xi1>) -> tensor<2x1x7x7xi1>
    %88 = stablehlo.and %86, %87 : tensor<2x1x7x7xi1>
    %89 = stablehlo.reshape %46 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %90 = stablehlo.transpose %arg5, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %91 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %92 = stablehlo.multiply %arg6, %91 : tensor<18xf32>
    %93 = stablehlo.dot_general %89, %90, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x18xf32>) -> tensor<14x18xf32>
    %94 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %95 = stablehlo.multiply %94, %93 : tensor<14x18xf32>
    %96 = stablehlo.broadcast_in_dim %92, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %97 = stablehlo.broadcast_in_dim %96, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %98 = stablehlo.add %97, %95 : tensor<14x18xf32>
    %99 = stablehlo.reshape %98 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %100 = stablehlo.reshape %99 : (tensor<2x7x18xf32>) -> tensor<2x7x3x6xf32>
    %101 = stablehlo.transpose %100, dims = [0, 2, 1, 3] : (tensor<2x7x3x6xf32>) -> tensor<2x3x7x6xf32>
    %102 = stablehlo.reshape %46 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %103 = stablehlo.transpose %arg7, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %104 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %105 = stablehlo.multiply %arg8, %104 : tensor<18xf32>
    %106 = stablehlo.dot_general %102, %103, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x18xf32>) -> tensor<14x18xf32>
    %107 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %108 = stablehlo.multiply %107, %106 : tensor<14x18xf32>
    %109 = stablehlo.broadcast_in_dim %105, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %110 = stablehlo.broadcast_in_dim %109, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %111 = stablehlo.add %110, %108 : tensor<14x18xf32>
    %112 = stablehlo.reshape %111 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %113 = stablehlo.reshape %112 : (tensor<2x7x18xf32>) -> tensor<2x7x3x6xf32>
    %114 = stablehlo.transpose %113, dims = [0, 2, 1, 3] : (tensor<2x7x3x6xf32>) -> tensor<2x3x7x6xf32>
    %115 = stablehlo.reshape %46 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %116 = stablehlo.transpose %arg9, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %117 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %118 = stablehlo.multiply %arg10, %117 : tensor<18xf32>
    %119 = stablehlo.dot_general %115, %116, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x18xf32>) -> tensor<14x18xf32>
    %120 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %121 = stablehlo.multiply %120, %119 : tensor<14x18xf32>
    %122 = stablehlo.broadcast_in_dim %118, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %123 = stablehlo.broadcast_in_dim %122, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %124 = stablehlo.add %123, %121 : tensor<14x18xf32>
    %125 = stablehlo.reshape %124 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %126 = stablehlo.reshape %125 : (tensor<2x7x18xf32>) -> tensor<2x7x3x6xf32>
    %127 = stablehlo.transpose %126, dims = [0, 2, 1, 3] : (tensor<2x7x3x6xf32>) -> tensor<2x3x7x6xf32>
    %128 = call @_where_4(%88, %cst_36, %cst_30) : (tensor<2x1x7x7xi1>, tensor<f32>, tensor<f32>) -> tensor<2x1x7x7xf32>
    %129 = stablehlo.broadcast_in_dim %cst_29, dims = [] : (tensor<f32>) -> tensor<2x3x7x6xf32>
    %130 = stablehlo.multiply %101, %129 : tensor<2x3x7x6xf32>
    %131 = stablehlo.transpose %114, dims = [0, 1, 3, 2] : (tensor<2x3x7x6xf32>) -> tensor<2x3x6x7xf32>
    %132 = stablehlo.broadcast_in_dim %cst_29, dims = [] : (tensor<f32>) -> tensor<2x3x6x7xf32>
    %133 = stablehlo.multiply %131, %132 : tensor<2x3x6x7xf32>
    %134 = stablehlo.reshape %130 : (tensor<2x3x7x6xf32>) -> tensor<6x7x6xf32>
    %135 = stablehlo.reshape %133 : (tensor<2x3x6x7xf32>) -> tensor<6x6x7xf32>
    %136 = stablehlo.dot_general %134, %135, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x6xf32>, tensor<6x6x7xf32>) -> tensor<6x7x7xf32>
    %137 = stablehlo.reshape %136 : (tensor<6x7x7xf32>) -> tensor<2x3x7x7xf32>
    %138 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %139 = stablehlo.multiply %128, %138 : tensor<2x1x7x7xf32>
    %140 = stablehlo.broadcast_in_dim %139, dims = [0, 1, 2, 3] : (tensor<2x1x7x7xf32>) -> tensor<2x3x7x7xf32>
    %141 = stablehlo.add %137, %140 : tensor<2x3x7x7xf32>
    %142 = stablehlo.reduce(%141 init: %cst_30) applies stablehlo.maximum across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %143 = stablehlo.broadcast_in_dim %cst_30, dims = [] : (tensor<f32>) -> tensor<2x3x7xf32>
    %144 = stablehlo.maximum %143, %142 : tensor<2x3x7xf32>
    %145 = stablehlo.broadcast_in_dim %144, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %146 = stablehlo.broadcast_in_dim %145, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %147 = stablehlo.subtract %141, %146 : tensor<2x3x7x7xf32>
    %148 = stablehlo.exponential %147 : tensor<2x3x7x7xf32>
    %149 = stablehlo.reduce(%148 init: %cst_36) applies stablehlo.add across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %150 = stablehlo.broadcast_in_dim %149, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %151 = stablehlo.broadcast_in_dim %150, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %152 = stablehlo.divide %148, %151 : tensor<2x3x7x7xf32>
    %153 = stablehlo.broadcast_in_dim %cst_30, dims = [] : (tensor<f32>) -> tensor<2x3x7x7xf32>
    %154 = stablehlo.compare EQ, %141, %153, FLOAT : (tensor<2x3x7x7xf32>, tensor<2x3x7x7xf32>) -> tensor<2x3x7x7xi1>
    %155 = stablehlo.not %154 : tensor<2x3x7x7xi1>
    %156 = stablehlo.reduce(%155 init: %c) applies stablehlo.or across dimensions = [3] : (tensor<2x3x7x7xi1>, tensor<i1>) -> tensor<2x3x7xi1>
    %157 = stablehlo.broadcast_in_dim %156, dims = [0, 1, 2] : (tensor<2x3x7xi1>) -> tensor<2x3x7x1xi1>
    %158 = stablehlo.not %157 : tensor<2x3x7x1xi1>
    %159 = stablehlo.broadcast_in_dim %cst_36, dims = [] : (tensor<f32>) -> tensor<2x3x7x7xf32>
    %160 = call @_where_5(%158, %159, %152) : (tensor<2x3x7x1xi1>, tensor<2x3x7x7xf32>, tensor<2x3x7x7xf32>) -> tensor<2x3x7x7xf32>
    %161 = stablehlo.reshape %160 : (tensor<2x3x7x7xf32>) -> tensor<6x7x7xf32>
    %162 = stablehlo.reshape %127 : (tensor<2x3x7x6xf32>) -> tensor<6x7x6xf32>
    %163 = stablehlo.dot_general %161, %162, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x7xf32>, tensor<6x7x6xf32>) -> tensor<6x7x6xf32>
    %164 = stablehlo.reshape %163 : (tensor<6x7x6xf32>) -> tensor<2x3x7x6xf32>
    %165 = stablehlo.transpose %164, dims = [2, 0, 1, 3] : (tensor<2x3x7x6xf32>) -> tensor<7x2x3x6xf32>
    %166 = stablehlo.transpose %165, dims = [1, 2, 0, 3] : (tensor<7x2x3x6xf32>) -> tensor<2x3x7x6xf32>
    %167 = stablehlo.transpose %166, dims = [0, 2, 1, 3] : (tensor<2x3x7x6xf32>) -> tensor<2x7x3x6xf32>
    %168 = stablehlo.reshape %167 : (tensor<2x7x3x6xf32>) -> tensor<2x7x18xf32>
    %169 = stablehlo.transpose %arg11, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %170 = stablehlo.broadcast_in_dim %169, dims = [1, 2] : (tensor<18x18xf32>) -> tensor<2x18x18xf32>
    %171 = stablehlo.dot_general %168, %170, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x7x18xf32>, tensor<2x18x18xf32>) -> tensor<2x7x18xf32>
    %172 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %173 = stablehlo.multiply %arg12, %172 : tensor<18xf32>
    %174 = stablehlo.broadcast_in_dim %173, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %175 = stablehlo.broadcast_in_dim %174, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %176 = stablehlo.add %171, %175 : tensor<2x7x18xf32>
    %177 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x7x18xf32>
    %178 = stablehlo.multiply %46, %177 : tensor<2x7x18xf32>
    %179 = stablehlo.add %176, %178 : tensor<2x7x18xf32>
    %180 = stablehlo.reduce(%179 init: %cst_36) applies stablehlo.add across dimensions = [2] : (tensor<2x7x18xf32>, tensor<f32>) -> tensor<2x7xf32>
    %181 = stablehlo.broadcast_in_dim %180, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %182 = stablehlo.broadcast_in_dim %cst_35, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %183 = stablehlo.divide %181, %182 : tensor<2x7x1xf32>
    %184 = call @_var(%179, %c_40) : (tensor<2x7x18xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %185 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %186 = stablehlo.add %184, %185 : tensor<2x7x1xf32>
    %187 = stablehlo.rsqrt %186 : tensor<2x7x1xf32>
    %188 = stablehlo.broadcast_in_dim %183, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %189 = stablehlo.subtract %179, %188 : tensor<2x7x18xf32>
    %190 = stablehlo.broadcast_in_dim %187, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %191 = stablehlo.multiply %189, %190 : tensor<2x7x18xf32>
    %192 = stablehlo.broadcast_in_dim %arg13, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %193 = stablehlo.broadcast_in_dim %192, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %194 = stablehlo.multiply %191, %193 : tensor<2x7x18xf32>
    %195 = stablehlo.broadcast_in_dim %arg14, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %196 = stablehlo.broadcast_in_dim %195, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %197 = stablehlo.add %194, %196 : tensor<2x7x18xf32>
    %198 = stablehlo.reshape %197 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %199 = stablehlo.transpose %arg15, dims = [1, 0] : (tensor<30x18xf32>) -> tensor<18x30xf32>
    %200 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<30xf32>
    %201 = stablehlo.multiply %arg16, %200 : tensor<30xf32>
    %202 = stablehlo.dot_general %198, %199, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x30xf32>) -> tensor<14x30xf32>
    %203 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x30xf32>
    %204 = stablehlo.multiply %203, %202 : tensor<14x30xf32>
    %205 = stablehlo.broadcast_in_dim %201, dims = [1] : (tensor<30xf32>) -> tensor<1x30xf32>
    %206 = stablehlo.broadcast_in_dim %205, dims = [0, 1] : (tensor<1x30xf32>) -> tensor<14x30xf32>
    %207 = stablehlo.add %206, %204 : tensor<14x30xf32>
    %208 = stablehlo.reshape %207 : (tensor<14x30xf32>) -> tensor<2x7x30xf32>
    %209 = stablehlo.broadcast_in_dim %cst_28, dims = [] : (tensor<f32>) -> tensor<2x7x30xf32>
    %210 = stablehlo.multiply %209, %208 : tensor<2x7x30xf32>
    %211 = stablehlo.negate %208 : tensor<2x7x30xf32>
    %212 = stablehlo.broadcast_in_dim %cst_27, dims = [] : (tensor<f32>) -> tensor<2x7x30xf32>
    %213 = stablehlo.multiply %211, %212 : tensor<2x7x30xf32>
    %214 = stablehlo.multiply %213, %213 : tensor<2x7x30xf32>
    %215 = stablehlo.negate %214 : tensor<2x7x30xf32>
    %216 = stablehlo.abs %213 : tensor<2x7x30xf32>
    %217 = stablehlo.divide %cst_26, %214 : tensor<2x7x30xf32>
    %218 = stablehlo.exponential %215 : tensor<2x7x30xf32>
    %219 = stablehlo.divide %cst_26, %216 : tensor<2x7x30xf32>
    %220 = stablehlo.multiply %218, %219 : tensor<2x7x30xf32>
    %221 = stablehlo.compare LT, %216, %cst_25 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %222 = stablehlo.multiply %cst_24, %217 : tensor<2x7x30xf32>
    %223 = stablehlo.add %222, %cst_23 : tensor<2x7x30xf32>
    %224 = stablehlo.multiply %223, %217 : tensor<2x7x30xf32>
    %225 = stablehlo.add %224, %cst_22 : tensor<2x7x30xf32>
    %226 = stablehlo.multiply %225, %217 : tensor<2x7x30xf32>
    %227 = stablehlo.add %226, %cst_21 : tensor<2x7x30xf32>
    %228 = stablehlo.multiply %227, %217 : tensor<2x7x30xf32>
    %229 = stablehlo.add %228, %cst_20 : tensor<2x7x30xf32>
    %230 = stablehlo.multiply %229, %217 : tensor<2x7x30xf32>
    %231 = stablehlo.add %230, %cst_19 : tensor<2x7x30xf32>
    %232 = stablehlo.multiply %231, %217 : tensor<2x7x30xf32>
    %233 = stablehlo.add %232, %cst_18 : tensor<2x7x30xf32>
    %234 = stablehlo.multiply %233, %217 : tensor<2x7x30xf32>
    %235 = stablehlo.add %234, %cst_17 : tensor<2x7x30xf32>
    %236 = stablehlo.multiply %235, %217 : tensor<2x7x30xf32>
    %237 = stablehlo.add %236, %cst_16 : tensor<2x7x30xf32>
    %238 = stablehlo.multiply %cst_15, %217 : tensor<2x7x30xf32>
    %239 = stablehlo.add %238, %cst_14 : tensor<2x7x30xf32>
    %240 = stablehlo.multiply %239, %217 : tensor<2x7x30xf32>
    %241 = stablehlo.add %240, %cst_13 : tensor<2x7x30xf32>
    %242 = stablehlo.multiply %241, %217 : tensor<2x7x30xf32>
    %243 = stablehlo.add %242, %cst_12 : tensor<2x7x30xf32>
    %244 = stablehlo.multiply %243, %217 : tensor<2x7x30xf32>
    %245 = stablehlo.add %244, %cst_11 : tensor<2x7x30xf32>
    %246 = stablehlo.multiply %245, %217 : tensor<2x7x30xf32>
    %247 = stablehlo.add %246, %cst_10 : tensor<2x7x30xf32>
    %248 = stablehlo.multiply %247, %217 : tensor<2x7x30xf32>
    %249 = stablehlo.add %248, %cst_9 : tensor<2x7x30xf32>
    %250 = stablehlo.multiply %249, %217 : tensor<2x7x30xf32>
    %251 = stablehlo.add %250, %cst_8 : tensor<2x7x30xf32>
    %252 = stablehlo.select %221, %237, %251 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %253 = stablehlo.multiply %220, %252 : tensor<2x7x30xf32>
    %254 = stablehlo.compare LT, %215, %cst_7 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %255 = stablehlo.select %254, %cst_6, %253 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %256 = stablehlo.compare LT, %213, %cst_6 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %257 = stablehlo.subtract %cst_25, %255 : tensor<2x7x30xf32>
    %258 = stablehlo.select %256, %257, %255 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %259 = stablehlo.multiply %213, %213 : tensor<2x7x30xf32>
    %260 = stablehlo.multiply %cst_5, %259 : tensor<2x7x30xf32>
    %261 = stablehlo.add %260, %cst_4 : tensor<2x7x30xf32>
    %262 = stablehlo.multiply %261, %259 : tensor<2x7x30xf32>
    %263 = stablehlo.add %262, %cst_3 : tensor<2x7x30xf32>
    %264 = stablehlo.multiply %263, %259 : tensor<2x7x30xf32>
    %265 = stablehlo.add %264, %cst_2 : tensor<2x7x30xf32>
    %266 = stablehlo.multiply %265, %259 : tensor<2x7x30xf32>
    %267 = stablehlo.add %266, %cst_1 : tensor<2x7x30xf32>
    %268 = stablehlo.multiply %267, %259 : tensor<2x7x30xf32>
    %269 = stablehlo.add %268, %cst_0 : tensor<2x7x30xf32>
    %270 = stablehlo.multiply %269, %259 : tensor<2x7x30xf32>
    %271 = stablehlo.add %270, %cst : tensor<2x7x30xf32>
    %272 = stablehlo.multiply %213, %271 : tensor<2x7x30xf32>
    %273 = stablehlo.subtract %cst_26, %272 : tensor<2x7x30xf32>
    %274 = stablehlo.abs %213 : tensor<2x7x30xf32>
    %275 = stablehlo.compare LT, %274, %cst_26 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %276 = stablehlo.select %275, %273, %258 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %277 = stablehlo.multiply %210, %276 : tensor<2x7x30xf32>
    %278 = stablehlo.reshape %277 : (tensor<2x7x30xf32>) -> tensor<14x30xf32>
    %279 = stablehlo.transpose %arg17, dims = [1, 0] : (tensor<18x30xf32>) -> tensor<30x18xf32>
    %280 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %281 = stablehlo.multiply %arg18, %280 : tensor<18xf32>
    %282 = stablehlo.dot_general %278, %279, contracting_dims = [1] x [0] : (tensor<14x30xf32>, tensor<30x18xf32>) -> tensor<14x18xf32>
    %283 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %284 = stablehlo.multiply %283, %282 : tensor<14x18xf32>
    %285 = stablehlo.broadcast_in_dim %281, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %286 = stablehlo.broadcast_in_dim %285, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %287 = stablehlo.add %286, %284 : tensor<14x18xf32>
    %288 = stablehlo.reshape %287 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %289 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x7x18xf32>
    %290 = stablehlo.multiply %197, %289 : tensor<2x7x18xf32>
    %291 = stablehlo.add %288, %290 : tensor<2x7x18xf32>
    %292 = stablehlo.reduce(%291 init: %cst_36) applies stablehlo.add across dimensions = [2] : (tensor<2x7x18xf32>, tensor<f32>) -> tensor<2x7xf32>
    %293 = stablehlo.broadcast_in_dim %292, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %294 = stablehlo.broadcast_in_dim %cst_35, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %295 = stablehlo.divide %293, %294 : tensor<2x7x1xf32>
    %296 = call @_var(%291, %c_40) : (tensor<2x7x18xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %297 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %298 = stablehlo.add %296, %297 : tensor<2x7x1xf32>
    %299 = stablehlo.rsqrt %298 : tensor<2x7x1xf32>
    %300 = stablehlo.broadcast_in_dim %295, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %301 = stablehlo.subtract %291, %300 : tensor<2x7x18xf32>
    %302 = stablehlo.broadcast_in_dim %299, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %303 = stablehlo.multiply %301, %302 : tensor<2x7x18xf32>
    %304 = stablehlo.broadcast_in_dim %arg19, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %305 = stablehlo.broadcast_in_dim %304, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %306 = stablehlo.multiply %303, %305 : tensor<2x7x18xf32>
    %307 = stablehlo.broadcast_in_dim %arg20, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %308 = stablehlo.broadcast_in_dim %307, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %309 = stablehlo.add %306, %308 : tensor<2x7x18xf32>
    %310 = stablehlo.reshape %309 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %311 = stablehlo.transpose %arg21, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %312 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %313 = stablehlo.multiply %arg22, %312 : tensor<18xf32>
    %314 = stablehlo.dot_general %310, %311, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x18xf32>) -> tensor<14x18xf32>
    %315 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %316 = stablehlo.multiply %315, %314 : tensor<14x18xf32>
    %317 = stablehlo.broadcast_in_dim %313, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %318 = stablehlo.broadcast_in_dim %317, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %319 = stablehlo.add %318, %316 : tensor<14x18xf32>
    %320 = stablehlo.reshape %319 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %321 = stablehlo.reshape %320 : (tensor<2x7x18xf32>) -> tensor<2x7x3x6xf32>
    %322 = stablehlo.transpose %321, dims = [0, 2, 1, 3] : (tensor<2x7x3x6xf32>) -> tensor<2x3x7x6xf32>
    %323 = stablehlo.reshape %309 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %324 = stablehlo.transpose %arg23, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %325 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %326 = stablehlo.multiply %arg24, %325 : tensor<18xf32>
    %327 = stablehlo.dot_general %323, %324, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x18xf32>) -> tensor<14x18xf32>
    %328 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %329 = stablehlo.multiply %328, %327 : tensor<14x18xf32>
    %330 = stablehlo.broadcast_in_dim %326, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %331 = stablehlo.broadcast_in_dim %330, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %332 = stablehlo.add %331, %329 : tensor<14x18xf32>
    %333 = stablehlo.reshape %332 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %334 = stablehlo.reshape %333 : (tensor<2x7x18xf32>) -> tensor<2x7x3x6xf32>
    %335 = stablehlo.transpose %334, dims = [0, 2, 1, 3] : (tensor<2x7x3x6xf32>) -> tensor<2x3x7x6xf32>
    %336 = stablehlo.reshape %309 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %337 = stablehlo.transpose %arg25, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %338 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %339 = stablehlo.multiply %arg26, %338 : tensor<18xf32>
    %340 = stablehlo.dot_general %336, %337, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x18xf32>) -> tensor<14x18xf32>
    %341 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %342 = stablehlo.multiply %341, %340 : tensor<14x18xf32>
    %343 = stablehlo.broadcast_in_dim %339, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %344 = stablehlo.broadcast_in_dim %343, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %345 = stablehlo.add %344, %342 : tensor<14x18xf32>
    %346 = stablehlo.reshape %345 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %347 = stablehlo.reshape %346 : (tensor<2x7x18xf32>) -> tensor<2x7x3x6xf32>
    %348 = stablehlo.transpose %347, dims = [0, 2, 1, 3] : (tensor<2x7x3x6xf32>) -> tensor<2x3x7x6xf32>
    %349 = call @_where_4(%88, %cst_36, %cst_30) : (tensor<2x1x7x7xi1>, tensor<f32>, tensor<f32>) -> tensor<2x1x7x7xf32>
    %350 = stablehlo.broadcast_in_dim %cst_29, dims = [] : (tensor<f32>) -> tensor<2x3x7x6xf32>
    %351 = stablehlo.multiply %322, %350 : tensor<2x3x7x6xf32>
    %352 = stablehlo.transpose %335, dims = [0, 1, 3, 2] : (tensor<2x3x7x6xf32>) -> tensor<2x3x6x7xf32>
    %353 = stablehlo.broadcast_in_dim %cst_29, dims = [] : (tensor<f32>) -> tensor<2x3x6x7xf32>
    %354 = stablehlo.multiply %352, %353 : tensor<2x3x6x7xf32>
    %355 = stablehlo.reshape %351 : (tensor<2x3x7x6xf32>) -> tensor<6x7x6xf32>
    %356 = stablehlo.reshape %354 : (tensor<2x3x6x7xf32>) -> tensor<6x6x7xf32>
    %357 = stablehlo.dot_general %355, %356, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x6xf32>, tensor<6x6x7xf32>) -> tensor<6x7x7xf32>
    %358 = stablehlo.reshape %357 : (tensor<6x7x7xf32>) -> tensor<2x3x7x7xf32>
    %359 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %360 = stablehlo.multiply %349, %359 : tensor<2x1x7x7xf32>
    %361 = stablehlo.broadcast_in_dim %360, dims = [0, 1, 2, 3] : (tensor<2x1x7x7xf32>) -> tensor<2x3x7x7xf32>
    %362 = stablehlo.add %358, %361 : tensor<2x3x7x7xf32>
    %363 = stablehlo.reduce(%362 init: %cst_30) applies stablehlo.maximum across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %364 = stablehlo.broadcast_in_dim %cst_30, dims = [] : (tensor<f32>) -> tensor<2x3x7xf32>
    %365 = stablehlo.maximum %364, %363 : tensor<2x3x7xf32>
    %366 = stablehlo.broadcast_in_dim %365, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %367 = stablehlo.broadcast_in_dim %366, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %368 = stablehlo.subtract %362, %367 : tensor<2x3x7x7xf32>
    %369 = stablehlo.exponential %368 : tensor<2x3x7x7xf32>
    %370 = stablehlo.reduce(%369 init: %cst_36) applies stablehlo.add across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %371 = stablehlo.broadcast_in_dim %370, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %372 = stablehlo.broadcast_in_dim %371, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %373 = stablehlo.divide %369, %372 : tensor<2x3x7x7xf32>
    %374 = stablehlo.broadcast_in_dim %cst_30, dims = [] : (tensor<f32>) -> tensor<2x3x7x7xf32>
    %375 = stablehlo.compare EQ, %362, %374, FLOAT : (tensor<2x3x7x7xf32>, tensor<2x3x7x7xf32>) -> tensor<2x3x7x7xi1>
    %376 = stablehlo.not %375 : tensor<2x3x7x7xi1>
    %377 = stablehlo.reduce(%376 init: %c) applies stablehlo.or across dimensions = [3] : (tensor<2x3x7x7xi1>, tensor<i1>) -> tensor<2x3x7xi1>
    %378 = stablehlo.broadcast_in_dim %377, dims = [0, 1, 2] : (tensor<2x3x7xi1>) -> tensor<2x3x7x1xi1>
    %379 = stablehlo.not %378 : tensor<2x3x7x1xi1>
    %380 = stablehlo.broadcast_in_dim %cst_36, dims = [] : (tensor<f32>) -> tensor<2x3x7x7xf32>
    %381 = call @_where_5(%379, %380, %373) : (tensor<2x3x7x1xi1>, tensor<2x3x7x7xf32>, tensor<2x3x7x7xf32>) -> tensor<2x3x7x7xf32>
    %382 = stablehlo.reshape %381 : (tensor<2x3x7x7xf32>) -> tensor<6x7x7xf32>
    %383 = stablehlo.reshape %348 : (tensor<2x3x7x6xf32>) -> tensor<6x7x6xf32>
    %384 = stablehlo.dot_general %382, %383, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x7xf32>, tensor<6x7x6xf32>) -> tensor<6x7x6xf32>
    %385 = stablehlo.reshape %384 : (tensor<6x7x6xf32>) -> tensor<2x3x7x6xf32>
    %386 = stablehlo.transpose %385, dims = [2, 0, 1, 3] : (tensor<2x3x7x6xf32>) -> tensor<7x2x3x6xf32>
    %387 = stablehlo.transpose %386, dims = [1, 2, 0, 3] : (tensor<7x2x3x6xf32>) -> tensor<2x3x7x6xf32>
    %388 = stablehlo.transpose %387, dims = [0, 2, 1, 3] : (tensor<2x3x7x6xf32>) -> tensor<2x7x3x6xf32>
    %389 = stablehlo.reshape %388 : (tensor<2x7x3x6xf32>) -> tensor<2x7x18xf32>
    %390 = stablehlo.transpose %arg27, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %391 = stablehlo.broadcast_in_dim %390, dims = [1, 2] : (tensor<18x18xf32>) -> tensor<2x18x18xf32>
    %392 = stablehlo.dot_general %389, %391, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x7x18xf32>, tensor<2x18x18xf32>) -> tensor<2x7x18xf32>
    %393 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %394 = stablehlo.multiply %arg28, %393 : tensor<18xf32>
    %395 = stablehlo.broadcast_in_dim %394, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %396 = stablehlo.broadcast_in_dim %395, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %397 = stablehlo.add %392, %396 : tensor<2x7x18xf32>
    %398 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x7x18xf32>
    %399 = stablehlo.multiply %309, %398 : tensor<2x7x18xf32>
    %400 = stablehlo.add %397, %399 : tensor<2x7x18xf32>
    %401 = stablehlo.reduce(%400 init: %cst_36) applies stablehlo.add across dimensions = [2] : (tensor<2x7x18xf32>, tensor<f32>) -> tensor<2x7xf32>
    %402 = stablehlo.broadcast_in_dim %401, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %403 = stablehlo.broadcast_in_dim %cst_35, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %404 = stablehlo.divide %402, %403 : tensor<2x7x1xf32>
    %405 = call @_var(%400, %c_40) : (tensor<2x7x18xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %406 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %407 = stablehlo.add %405, %406 : tensor<2x7x1xf32>
    %408 = stablehlo.rsqrt %407 : tensor<2x7x1xf32>
    %409 = stablehlo.broadcast_in_dim %404, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %410 = stablehlo.subtract %400, %409 : tensor<2x7x18xf32>
    %411 = stablehlo.broadcast_in_dim %408, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %412 = stablehlo.multiply %410, %411 : tensor<2x7x18xf32>
    %413 = stablehlo.broadcast_in_dim %arg29, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %414 = stablehlo.broadcast_in_dim %413, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %415 = stablehlo.multiply %412, %414 : tensor<2x7x18xf32>
    %416 = stablehlo.broadcast_in_dim %arg30, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %417 = stablehlo.broadcast_in_dim %416, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %418 = stablehlo.add %415, %417 : tensor<2x7x18xf32>
    %419 = stablehlo.reshape %418 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %420 = stablehlo.transpose %arg31, dims = [1, 0] : (tensor<30x18xf32>) -> tensor<18x30xf32>
    %421 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<30xf32>
    %422 = stablehlo.multiply %arg32, %421 : tensor<30xf32>
    %423 = stablehlo.dot_general %419, %420, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x30xf32>) -> tensor<14x30xf32>
    %424 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x30xf32>
    %425 = stablehlo.multiply %424, %423 : tensor<14x30xf32>
    %426 = stablehlo.broadcast_in_dim %422, dims = [1] : (tensor<30xf32>) -> tensor<1x30xf32>
    %427 = stablehlo.broadcast_in_dim %426, dims = [0, 1] : (tensor<1x30xf32>) -> tensor<14x30xf32>
    %428 = stablehlo.add %427, %425 : tensor<14x30xf32>
    %429 = stablehlo.reshape %428 : (tensor<14x30xf32>) -> tensor<2x7x30xf32>
    %430 = stablehlo.broadcast_in_dim %cst_28, dims = [] : (tensor<f32>) -> tensor<2x7x30xf32>
    %431 = stablehlo.multiply %430, %429 : tensor<2x7x30xf32>
    %432 = stablehlo.negate %429 : tensor<2x7x30xf32>
    %433 = stablehlo.broadcast_in_dim %cst_27, dims = [] : (tensor<f32>) -> tensor<2x7x30xf32>
    %434 = stablehlo.multiply %432, %433 : tensor<2x7x30xf32>
    %435 = stablehlo.multiply %434, %434 : tensor<2x7x30xf32>
    %436 = stablehlo.negate %435 : tensor<2x7x30xf32>
    %437 = stablehlo.abs %434 : tensor<2x7x30xf32>
    %438 = stablehlo.divide %cst_26, %435 : tensor<2x7x30xf32>
    %439 = stablehlo.exponential %436 : tensor<2x7x30xf32>
    %440 = stablehlo.divide %cst_26, %437 : tensor<2x7x30xf32>
    %441 = stablehlo.multiply %439, %440 : tensor<2x7x30xf32>
    %442 = stablehlo.compare LT, %437, %cst_25 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %443 = stablehlo.multiply %cst_24, %438 : tensor<2x7x30xf32>
    %444 = stablehlo.add %443, %cst_23 : tensor<2x7x30xf32>
    %445 = stablehlo.multiply %444, %438 : tensor<2x7x30xf32>
    %446 = stablehlo.add %445, %cst_22 : tensor<2x7x30xf32>
    %447 = stablehlo.multiply %446, %438 : tensor<2x7x30xf32>
    %448 = stablehlo.add %447, %cst_21 : tensor<2x7x30xf32>
    %449 = stablehlo.multiply %448, %438 : tensor<2x7x30xf32>
    %450 = stablehlo.add %449, %cst_20 : tensor<2x7x30xf32>
    %451 = stablehlo.multiply %450, %438 : tensor<2x7x30xf32>
    %452 = stablehlo.add %451, %cst_19 : tensor<2x7x30xf32>
    %453 = stablehlo.multiply %452, %438 : tensor<2x7x30xf32>
    %454 = stablehlo.add %453, %cst_18 : tensor<2x7x30xf32>
    %455 = stablehlo.multiply %454, %438 : tensor<2x7x30xf32>
    %456 = stablehlo.add %455, %cst_17 : tensor<2x7x30xf32>
    %457 = stablehlo.multiply %456, %438 : tensor<2x7x30xf32>
    %458 = stablehlo.add %457, %cst_16 : tensor<2x7x30xf32>
    %459 = stablehlo.multiply %cst_15, %438 : tensor<2x7x30xf32>
    %460 = stablehlo.add %459, %cst_14 : tensor<2x7x30xf32>
    %461 = stablehlo.multiply %460, %438 : tensor<2x7x30xf32>
    %462 = stablehlo.add %461, %cst_13 : tensor<2x7x30xf32>
    %463 = stablehlo.multiply %462, %438 : tensor<2x7x30xf32>
    %464 = stablehlo.add %463, %cst_12 : tensor<2x7x30xf32>
    %465 = stablehlo.multiply %464, %438 : tensor<2x7x30xf32>
    %466 = stablehlo.add %465, %cst_11 : tensor<2x7x30xf32>
    %467 = stablehlo.multiply %466, %438 : tensor<2x7x30xf32>
    %468 = stablehlo.add %467, %cst_10 : tensor<2x7x30xf32>
    %469 = stablehlo.multiply %468, %438 : tensor<2x7x30xf32>
    %470 = stablehlo.add %469, %cst_9 : tensor<2x7x30xf32>
    %471 = stablehlo.multiply %470, %438 : tensor<2x7x30xf32>
    %472 = stablehlo.add %471, %cst_8 : tensor<2x7x30xf32>
    %473 = stablehlo.select %442, %458, %472 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %474 = stablehlo.multiply %441, %473 : tensor<2x7x30xf32>
    %475 = stablehlo.compare LT, %436, %cst_7 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %476 = stablehlo.select %475, %cst_6, %474 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %477 = stablehlo.compare LT, %434, %cst_6 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %478 = stablehlo.subtract %cst_25, %476 : tensor<2x7x30xf32>
    %479 = stablehlo.select %477, %478, %476 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %480 = stablehlo.multiply %434, %434 : tensor<2x7x30xf32>
    %481 = stablehlo.multiply %cst_5, %480 : tensor<2x7x30xf32>
    %482 = stablehlo.add %481, %cst_4 : tensor<2x7x30xf32>
    %483 = stablehlo.multiply %482, %480 : tensor<2x7x30xf32>
    %484 = stablehlo.add %483, %cst_3 : tensor<2x7x30xf32>
    %485 = stablehlo.multiply %484, %480 : tensor<2x7x30xf32>
    %486 = stablehlo.add %485, %cst_2 : tensor<2x7x30xf32>
    %487 = stablehlo.multiply %486, %480 : tensor<2x7x30xf32>
    %488 = stablehlo.add %487, %cst_1 : tensor<2x7x30xf32>
    %489 = stablehlo.multiply %488, %480 : tensor<2x7x30xf32>
    %490 = stablehlo.add %489, %cst_0 : tensor<2x7x30xf32>
    %491 = stablehlo.multiply %490, %480 : tensor<2x7x30xf32>
    %492 = stablehlo.add %491, %cst : tensor<2x7x30xf32>
    %493 = stablehlo.multiply %434, %492 : tensor<2x7x30xf32>
    %494 = stablehlo.subtract %cst_26, %493 : tensor<2x7x30xf32>
    %495 = stablehlo.abs %434 : tensor<2x7x30xf32>
    %496 = stablehlo.compare LT, %495, %cst_26 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %497 = stablehlo.select %496, %494, %479 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %498 = stablehlo.multiply %431, %497 : tensor<2x7x30xf32>
    %499 = stablehlo.reshape %498 : (tensor<2x7x30xf32>) -> tensor<14x30xf32>
    %500 = stablehlo.transpose %arg33, dims = [1, 0] : (tensor<18x30xf32>) -> tensor<30x18xf32>
    %501 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %502 = stablehlo.multiply %arg34, %501 : tensor<18xf32>
    %503 = stablehlo.dot_general %499, %500, contracting_dims = [1] x [0] : (tensor<14x30xf32>, tensor<30x18xf32>) -> tensor<14x18xf32>
    %504 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %505 = stablehlo.multiply %504, %503 : tensor<14x18xf32>
    %506 = stablehlo.broadcast_in_dim %502, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %507 = stablehlo.broadcast_in_dim %506, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %508 = stablehlo.add %507, %505 : tensor<14x18xf32>
    %509 = stablehlo.reshape %508 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %510 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x7x18xf32>
    %511 = stablehlo.multiply %418, %510 : tensor<2x7x18xf32>
    %512 = stablehlo.add %509, %511 : tensor<2x7x18xf32>
    %513 = stablehlo.reduce(%512 init: %cst_36) applies stablehlo.add across dimensions = [2] : (tensor<2x7x18xf32>, tensor<f32>) -> tensor<2x7xf32>
    %514 = stablehlo.broadcast_in_dim %513, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %515 = stablehlo.broadcast_in_dim %cst_35, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %516 = stablehlo.divide %514, %515 : tensor<2x7x1xf32>
    %517 = call @_var(%512, %c_40) : (tensor<2x7x18xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %518 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %519 = stablehlo.add %517, %518 : tensor<2x7x1xf32>
    %520 = stablehlo.rsqrt %519 : tensor<2x7x1xf32>
    %521 = stablehlo.broadcast_in_dim %516, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %522 = stablehlo.subtract %512, %521 : tensor<2x7x18xf32>
    %523 = stablehlo.broadcast_in_dim %520, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %524 = stablehlo.multiply %522, %523 : tensor<2x7x18xf32>
    %525 = stablehlo.broadcast_in_dim %arg35, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %526 = stablehlo.broadcast_in_dim %525, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %527 = stablehlo.multiply %524, %526 : tensor<2x7x18xf32>
    %528 = stablehlo.broadcast_in_dim %arg36, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %529 = stablehlo.broadcast_in_dim %528, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %530 = stablehlo.add %527, %529 : tensor<2x7x18xf32>
    %531 = stablehlo.reshape %530 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %532 = stablehlo.transpose %arg37, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %533 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %534 = stablehlo.multiply %arg38, %533 : tensor<18xf32>
    %535 = stablehlo.dot_general %531, %532, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x18xf32>) -> tensor<14x18xf32>
    %536 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %537 = stablehlo.multiply %536, %535 : tensor<14x18xf32>
    %538 = stablehlo.broadcast_in_dim %534, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %539 = stablehlo.broadcast_in_dim %538, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %540 = stablehlo.add %539, %537 : tensor<14x18xf32>
    %541 = stablehlo.reshape %540 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %542 = stablehlo.reshape %541 : (tensor<2x7x18xf32>) -> tensor<2x7x3x6xf32>
    %543 = stablehlo.transpose %542, dims = [0, 2, 1, 3] : (tensor<2x7x3x6xf32>) -> tensor<2x3x7x6xf32>
    %544 = stablehlo.reshape %530 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %545 = stablehlo.transpose %arg39, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %546 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %547 = stablehlo.multiply %arg40, %546 : tensor<18xf32>
    %548 = stablehlo.dot_general %544, %545, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x18xf32>) -> tensor<14x18xf32>
    %549 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %550 = stablehlo.multiply %549, %548 : tensor<14x18xf32>
    %551 = stablehlo.broadcast_in_dim %547, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %552 = stablehlo.broadcast_in_dim %551, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %553 = stablehlo.add %552, %550 : tensor<14x18xf32>
    %554 = stablehlo.reshape %553 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %555 = stablehlo.reshape %554 : (tensor<2x7x18xf32>) -> tensor<2x7x3x6xf32>
    %556 = stablehlo.transpose %555, dims = [0, 2, 1, 3] : (tensor<2x7x3x6xf32>) -> tensor<2x3x7x6xf32>
    %557 = stablehlo.reshape %530 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %558 = stablehlo.transpose %arg41, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %559 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %560 = stablehlo.multiply %arg42, %559 : tensor<18xf32>
    %561 = stablehlo.dot_general %557, %558, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x18xf32>) -> tensor<14x18xf32>
    %562 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %563 = stablehlo.multiply %562, %561 : tensor<14x18xf32>
    %564 = stablehlo.broadcast_in_dim %560, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %565 = stablehlo.broadcast_in_dim %564, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %566 = stablehlo.add %565, %563 : tensor<14x18xf32>
    %567 = stablehlo.reshape %566 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %568 = stablehlo.reshape %567 : (tensor<2x7x18xf32>) -> tensor<2x7x3x6xf32>
    %569 = stablehlo.transpose %568, dims = [0, 2, 1, 3] : (tensor<2x7x3x6xf32>) -> tensor<2x3x7x6xf32>
    %570 = call @_where_4(%88, %cst_36, %cst_30) : (tensor<2x1x7x7xi1>, tensor<f32>, tensor<f32>) -> tensor<2x1x7x7xf32>
    %571 = stablehlo.broadcast_in_dim %cst_29, dims = [] : (tensor<f32>) -> tensor<2x3x7x6xf32>
    %572 = stablehlo.multiply %543, %571 : tensor<2x3x7x6xf32>
    %573 = stablehlo.transpose %556, dims = [0, 1, 3, 2] : (tensor<2x3x7x6xf32>) -> tensor<2x3x6x7xf32>
    %574 = stablehlo.broadcast_in_dim %cst_29, dims = [] : (tensor<f32>) -> tensor<2x3x6x7xf32>
    %575 = stablehlo.multiply %573, %574 : tensor<2x3x6x7xf32>
    %576 = stablehlo.reshape %572 : (tensor<2x3x7x6xf32>) -> tensor<6x7x6xf32>
    %577 = stablehlo.reshape %575 : (tensor<2x3x6x7xf32>) -> tensor<6x6x7xf32>
    %578 = stablehlo.dot_general %576, %577, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x6xf32>, tensor<6x6x7xf32>) -> tensor<6x7x7xf32>
    %579 = stablehlo.reshape %578 : (tensor<6x7x7xf32>) -> tensor<2x3x7x7xf32>
    %580 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %581 = stablehlo.multiply %570, %580 : tensor<2x1x7x7xf32>
    %582 = stablehlo.broadcast_in_dim %581, dims = [0, 1, 2, 3] : (tensor<2x1x7x7xf32>) -> tensor<2x3x7x7xf32>
    %583 = stablehlo.add %579, %582 : tensor<2x3x7x7xf32>
    %584 = stablehlo.reduce(%583 init: %cst_30) applies stablehlo.maximum across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %585 = stablehlo.broadcast_in_dim %cst_30, dims = [] : (tensor<f32>) -> tensor<2x3x7xf32>
    %586 = stablehlo.maximum %585, %584 : tensor<2x3x7xf32>
    %587 = stablehlo.broadcast_in_dim %586, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %588 = stablehlo.broadcast_in_dim %587, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %589 = stablehlo.subtract %583, %588 : tensor<2x3x7x7xf32>
    %590 = stablehlo.exponential %589 : tensor<2x3x7x7xf32>
    %591 = stablehlo.reduce(%590 init: %cst_36) applies stablehlo.add across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %592 = stablehlo.broadcast_in_dim %591, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %593 = stablehlo.broadcast_in_dim %592, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %594 = stablehlo.divide %590, %593 : tensor<2x3x7x7xf32>
    %595 = stablehlo.broadcast_in_dim %cst_30, dims = [] : (tensor<f32>) -> tensor<2x3x7x7xf32>
    %596 = stablehlo.compare EQ, %583, %595, FLOAT : (tensor<2x3x7x7xf32>, tensor<2x3x7x7xf32>) -> tensor<2x3x7x7xi1>
    %597 = stablehlo.not %596 : tensor<2x3x7x7xi1>
    %598 = stablehlo.reduce(%597 init: %c) applies stablehlo.or across dimensions = [3] : (tensor<2x3x7x7xi1>, tensor<i1>) -> tensor<2x3x7xi1>
    %599 = stablehlo.broadcast_in_dim %598, dims = [0, 1, 2] : (tensor<2x3x7xi1>) -> tensor<2x3x7x1xi1>
    %600 = stablehlo.not %599 : tensor<2x3x7x1xi1>
    %601 = stablehlo.broadcast_in_dim %cst_36, dims = [] : (tensor<f32>) -> tensor<2x3x7x7xf32>
    %602 = call @_where_5(%600, %601, %594) : (tensor<2x3x7x1xi1>, tensor<2x3x7x7xf32>, tensor<2x3x7x7xf32>) -> tensor<2x3x7x7xf32>
    %603 = stablehlo.reshape %602 : (tensor<2x3x7x7xf32>) -> tensor<6x7x7xf32>
    %604 = stablehlo.reshape %569 : (tensor<2x3x7x6xf32>) -> tensor<6x7x6xf32>
    %605 = stablehlo.dot_general %603, %604, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x7xf32>, tensor<6x7x6xf32>) -> tensor<6x7x6xf32>
    %606 = stablehlo.reshape %605 : (tensor<6x7x6xf32>) -> tensor<2x3x7x6xf32>
    %607 = stablehlo.transpose %606, dims = [2, 0, 1, 3] : (tensor<2x3x7x6xf32>) -> tensor<7x2x3x6xf32>
    %608 = stablehlo.transpose %607, dims = [1, 2, 0, 3] : (tensor<7x2x3x6xf32>) -> tensor<2x3x7x6xf32>
    %609 = stablehlo.transpose %608, dims = [0, 2, 1, 3] : (tensor<2x3x7x6xf32>) -> tensor<2x7x3x6xf32>
    %610 = stablehlo.reshape %609 : (tensor<2x7x3x6xf32>) -> tensor<2x7x18xf32>
    %611 = stablehlo.transpose %arg43, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %612 = stablehlo.broadcast_in_dim %611, dims = [1, 2] : (tensor<18x18xf32>) -> tensor<2x18x18xf32>
    %613 = stablehlo.dot_general %610, %612, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x7x18xf32>, tensor<2x18x18xf32>) -> tensor<2x7x18xf32>
    %614 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %615 = stablehlo.multiply %arg44, %614 : tensor<18xf32>
    %616 = stablehlo.broadcast_in_dim %615, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %617 = stablehlo.broadcast_in_dim %616, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %618 = stablehlo.add %613, %617 : tensor<2x7x18xf32>
    %619 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x7x18xf32>
    %620 = stablehlo.multiply %530, %619 : tensor<2x7x18xf32>
    %621 = stablehlo.add %618, %620 : tensor<2x7x18xf32>
    %622 = stablehlo.reduce(%621 init: %cst_36) applies stablehlo.add across dimensions = [2] : (tensor<2x7x18xf32>, tensor<f32>) -> tensor<2x7xf32>
    %623 = stablehlo.broadcast_in_dim %622, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %624 = stablehlo.broadcast_in_dim %cst_35, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %625 = stablehlo.divide %623, %624 : tensor<2x7x1xf32>
    %626 = call @_var(%621, %c_40) : (tensor<2x7x18xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %627 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %628 = stablehlo.add %626, %627 : tensor<2x7x1xf32>
    %629 = stablehlo.rsqrt %628 : tensor<2x7x1xf32>
    %630 = stablehlo.broadcast_in_dim %625, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %631 = stablehlo.subtract %621, %630 : tensor<2x7x18xf32>
    %632 = stablehlo.broadcast_in_dim %629, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %633 = stablehlo.multiply %631, %632 : tensor<2x7x18xf32>
    %634 = stablehlo.broadcast_in_dim %arg45, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %635 = stablehlo.broadcast_in_dim %634, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %636 = stablehlo.multiply %633, %635 : tensor<2x7x18xf32>
    %637 = stablehlo.broadcast_in_dim %arg46, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %638 = stablehlo.broadcast_in_dim %637, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %639 = stablehlo.add %636, %638 : tensor<2x7x18xf32>
    %640 = stablehlo.reshape %639 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %641 = stablehlo.transpose %arg47, dims = [1, 0] : (tensor<30x18xf32>) -> tensor<18x30xf32>
    %642 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<30xf32>
    %643 = stablehlo.multiply %arg48, %642 : tensor<30xf32>
    %644 = stablehlo.dot_general %640, %641, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x30xf32>) -> tensor<14x30xf32>
    %645 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x30xf32>
    %646 = stablehlo.multiply %645, %644 : tensor<14x30xf32>
    %647 = stablehlo.broadcast_in_dim %643, dims = [1] : (tensor<30xf32>) -> tensor<1x30xf32>
    %648 = stablehlo.broadcast_in_dim %647, dims = [0, 1] : (tensor<1x30xf32>) -> tensor<14x30xf32>
    %649 = stablehlo.add %648, %646 : tensor<14x30xf32>
    %650 = stablehlo.reshape %649 : (tensor<14x30xf32>) -> tensor<2x7x30xf32>
    %651 = stablehlo.broadcast_in_dim %cst_28, dims = [] : (tensor<f32>) -> tensor<2x7x30xf32>
    %652 = stablehlo.multiply %651, %650 : tensor<2x7x30xf32>
    %653 = stablehlo.negate %650 : tensor<2x7x30xf32>
    %654 = stablehlo.broadcast_in_dim %cst_27, dims = [] : (tensor<f32>) -> tensor<2x7x30xf32>
    %655 = stablehlo.multiply %653, %654 : tensor<2x7x30xf32>
    %656 = stablehlo.multiply %655, %655 : tensor<2x7x30xf32>
    %657 = stablehlo.negate %656 : tensor<2x7x30xf32>
    %658 = stablehlo.abs %655 : tensor<2x7x30xf32>
    %659 = stablehlo.divide %cst_26, %656 : tensor<2x7x30xf32>
    %660 = stablehlo.exponential %657 : tensor<2x7x30xf32>
    %661 = stablehlo.divide %cst_26, %658 : tensor<2x7x30xf32>
    %662 = stablehlo.multiply %660, %661 : tensor<2x7x30xf32>
    %663 = stablehlo.compare LT, %658, %cst_25 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %664 = stablehlo.multiply %cst_24, %659 : tensor<2x7x30xf32>
    %665 = stablehlo.add %664, %cst_23 : tensor<2x7x30xf32>
    %666 = stablehlo.multiply %665, %659 : tensor<2x7x30xf32>
    %667 = stablehlo.add %666, %cst_22 : tensor<2x7x30xf32>
    %668 = stablehlo.multiply %667, %659 : tensor<2x7x30xf32>
    %669 = stablehlo.add %668, %cst_21 : tensor<2x7x30xf32>
    %670 = stablehlo.multiply %669, %659 : tensor<2x7x30xf32>
    %671 = stablehlo.add %670, %cst_20 : tensor<2x7x30xf32>
    %672 = stablehlo.multiply %671, %659 : tensor<2x7x30xf32>
    %673 = stablehlo.add %672, %cst_19 : tensor<2x7x30xf32>
    %674 = stablehlo.multiply %673, %659 : tensor<2x7x30xf32>
    %675 = stablehlo.add %674, %cst_18 : tensor<2x7x30xf32>
    %676 = stablehlo.multiply %675, %659 : tensor<2x7x30xf32>
    %677 = stablehlo.add %676, %cst_17 : tensor<2x7x30xf32>
    %678 = stablehlo.multiply %677, %659 : tensor<2x7x30xf32>
    %679 = stablehlo.add %678, %cst_16 : tensor<2x7x30xf32>
    %680 = stablehlo.multiply %cst_15, %659 : tensor<2x7x30xf32>
    %681 = stablehlo.add %680, %cst_14 : tensor<2x7x30xf32>
    %682 = stablehlo.multiply %681, %659 : tensor<2x7x30xf32>
    %683 = stablehlo.add %682, %cst_13 : tensor<2x7x30xf32>
    %684 = stablehlo.multiply %683, %659 : tensor<2x7x30xf32>
    %685 = stablehlo.add %684, %cst_12 : tensor<2x7x30xf32>
    %686 = stablehlo.multiply %685, %659 : tensor<2x7x30xf32>
    %687 = stablehlo.add %686, %cst_11 : tensor<2x7x30xf32>
    %688 = stablehlo.multiply %687, %659 : tensor<2x7x30xf32>
    %689 = stablehlo.add %688, %cst_10 : tensor<2x7x30xf32>
    %690 = stablehlo.multiply %689, %659 : tensor<2x7x30xf32>
    %691 = stablehlo.add %690, %cst_9 : tensor<2x7x30xf32>
    %692 = stablehlo.multiply %691, %659 : tensor<2x7x30xf32>
    %693 = stablehlo.add %692, %cst_8 : tensor<2x7x30xf32>
    %694 = stablehlo.select %663, %679, %693 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %695 = stablehlo.multiply %662, %694 : tensor<2x7x30xf32>
    %696 = stablehlo.compare LT, %657, %cst_7 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %697 = stablehlo.select %696, %cst_6, %695 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %698 = stablehlo.compare LT, %655, %cst_6 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %699 = stablehlo.subtract %cst_25, %697 : tensor<2x7x30xf32>
    %700 = stablehlo.select %698, %699, %697 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %701 = stablehlo.multiply %655, %655 : tensor<2x7x30xf32>
    %702 = stablehlo.multiply %cst_5, %701 : tensor<2x7x30xf32>
    %703 = stablehlo.add %702, %cst_4 : tensor<2x7x30xf32>
    %704 = stablehlo.multiply %703, %701 : tensor<2x7x30xf32>
    %705 = stablehlo.add %704, %cst_3 : tensor<2x7x30xf32>
    %706 = stablehlo.multiply %705, %701 : tensor<2x7x30xf32>
    %707 = stablehlo.add %706, %cst_2 : tensor<2x7x30xf32>
    %708 = stablehlo.multiply %707, %701 : tensor<2x7x30xf32>
    %709 = stablehlo.add %708, %cst_1 : tensor<2x7x30xf32>
    %710 = stablehlo.multiply %709, %701 : tensor<2x7x30xf32>
    %711 = stablehlo.add %710, %cst_0 : tensor<2x7x30xf32>
    %712 = stablehlo.multiply %711, %701 : tensor<2x7x30xf32>
    %713 = stablehlo.add %712, %cst : tensor<2x7x30xf32>
    %714 = stablehlo.multiply %655, %713 : tensor<2x7x30xf32>
    %715 = stablehlo.subtract %cst_26, %714 : tensor<2x7x30xf32>
    %716 = stablehlo.abs %655 : tensor<2x7x30xf32>
    %717 = stablehlo.compare LT, %716, %cst_26 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %718 = stablehlo.select %717, %715, %700 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %719 = stablehlo.multiply %652, %718 : tensor<2x7x30xf32>
    %720 = stablehlo.reshape %719 : (tensor<2x7x30xf32>) -> tensor<14x30xf32>
    %721 = stablehlo.transpose %arg49, dims = [1, 0] : (tensor<18x30xf32>) -> tensor<30x18xf32>
    %722 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %723 = stablehlo.multiply %arg50, %722 : tensor<18xf32>
    %724 = stablehlo.dot_general %720, %721, contracting_dims = [1] x [0] : (tensor<14x30xf32>, tensor<30x18xf32>) -> tensor<14x18xf32>
    %725 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %726 = stablehlo.multiply %725, %724 : tensor<14x18xf32>
    %727 = stablehlo.broadcast_in_dim %723, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %728 = stablehlo.broadcast_in_dim %727, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %729 = stablehlo.add %728, %726 : tensor<14x18xf32>
    %730 = stablehlo.reshape %729 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %731 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x7x18xf32>
    %732 = stablehlo.multiply %639, %731 : tensor<2x7x18xf32>
    %733 = stablehlo.add %730, %732 : tensor<2x7x18xf32>
    %734 = stablehlo.reduce(%733 init: %cst_36) applies stablehlo.add across dimensions = [2] : (tensor<2x7x18xf32>, tensor<f32>) -> tensor<2x7xf32>
    %735 = stablehlo.broadcast_in_dim %734, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %736 = stablehlo.broadcast_in_dim %cst_35, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %737 = stablehlo.divide %735, %736 : tensor<2x7x1xf32>
    %738 = call @_var(%733, %c_40) : (tensor<2x7x18xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %739 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %740 = stablehlo.add %738, %739 : tensor<2x7x1xf32>
    %741 = stablehlo.rsqrt %740 : tensor<2x7x1xf32>
    %742 = stablehlo.broadcast_in_dim %737, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %743 = stablehlo.subtract %733, %742 : tensor<2x7x18xf32>
    %744 = stablehlo.broadcast_in_dim %741, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %745 = stablehlo.multiply %743, %744 : tensor<2x7x18xf32>
    %746 = stablehlo.broadcast_in_dim %arg51, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %747 = stablehlo.broadcast_in_dim %746, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %748 = stablehlo.multiply %745, %747 : tensor<2x7x18xf32>
    %749 = stablehlo.broadcast_in_dim %arg52, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %750 = stablehlo.broadcast_in_dim %749, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %751 = stablehlo.add %748, %750 : tensor<2x7x18xf32>
    %752 = stablehlo.reshape %751 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %753 = stablehlo.transpose %arg53, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %754 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %755 = stablehlo.multiply %arg54, %754 : tensor<18xf32>
    %756 = stablehlo.dot_general %752, %753, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x18xf32>) -> tensor<14x18xf32>
    %757 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %758 = stablehlo.multiply %757, %756 : tensor<14x18xf32>
    %759 = stablehlo.broadcast_in_dim %755, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %760 = stablehlo.broadcast_in_dim %759, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %761 = stablehlo.add %760, %758 : tensor<14x18xf32>
    %762 = stablehlo.reshape %761 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %763 = stablehlo.reshape %762 : (tensor<2x7x18xf32>) -> tensor<2x7x3x6xf32>
    %764 = stablehlo.transpose %763, dims = [0, 2, 1, 3] : (tensor<2x7x3x6xf32>) -> tensor<2x3x7x6xf32>
    %765 = stablehlo.reshape %751 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %766 = stablehlo.transpose %arg55, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %767 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %768 = stablehlo.multiply %arg56, %767 : tensor<18xf32>
    %769 = stablehlo.dot_general %765, %766, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x18xf32>) -> tensor<14x18xf32>
    %770 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %771 = stablehlo.multiply %770, %769 : tensor<14x18xf32>
    %772 = stablehlo.broadcast_in_dim %768, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %773 = stablehlo.broadcast_in_dim %772, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %774 = stablehlo.add %773, %771 : tensor<14x18xf32>
    %775 = stablehlo.reshape %774 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %776 = stablehlo.reshape %775 : (tensor<2x7x18xf32>) -> tensor<2x7x3x6xf32>
    %777 = stablehlo.transpose %776, dims = [0, 2, 1, 3] : (tensor<2x7x3x6xf32>) -> tensor<2x3x7x6xf32>
    %778 = stablehlo.reshape %751 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %779 = stablehlo.transpose %arg57, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %780 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %781 = stablehlo.multiply %arg58, %780 : tensor<18xf32>
    %782 = stablehlo.dot_general %778, %779, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x18xf32>) -> tensor<14x18xf32>
    %783 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %784 = stablehlo.multiply %783, %782 : tensor<14x18xf32>
    %785 = stablehlo.broadcast_in_dim %781, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %786 = stablehlo.broadcast_in_dim %785, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %787 = stablehlo.add %786, %784 : tensor<14x18xf32>
    %788 = stablehlo.reshape %787 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %789 = stablehlo.reshape %788 : (tensor<2x7x18xf32>) -> tensor<2x7x3x6xf32>
    %790 = stablehlo.transpose %789, dims = [0, 2, 1, 3] : (tensor<2x7x3x6xf32>) -> tensor<2x3x7x6xf32>
    %791 = call @_where_4(%88, %cst_36, %cst_30) : (tensor<2x1x7x7xi1>, tensor<f32>, tensor<f32>) -> tensor<2x1x7x7xf32>
    %792 = stablehlo.broadcast_in_dim %cst_29, dims = [] : (tensor<f32>) -> tensor<2x3x7x6xf32>
    %793 = stablehlo.multiply %764, %792 : tensor<2x3x7x6xf32>
    %794 = stablehlo.transpose %777, dims = [0, 1, 3, 2] : (tensor<2x3x7x6xf32>) -> tensor<2x3x6x7xf32>
    %795 = stablehlo.broadcast_in_dim %cst_29, dims = [] : (tensor<f32>) -> tensor<2x3x6x7xf32>
    %796 = stablehlo.multiply %794, %795 : tensor<2x3x6x7xf32>
    %797 = stablehlo.reshape %793 : (tensor<2x3x7x6xf32>) -> tensor<6x7x6xf32>
    %798 = stablehlo.reshape %796 : (tensor<2x3x6x7xf32>) -> tensor<6x6x7xf32>
    %799 = stablehlo.dot_general %797, %798, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x6xf32>, tensor<6x6x7xf32>) -> tensor<6x7x7xf32>
    %800 = stablehlo.reshape %799 : (tensor<6x7x7xf32>) -> tensor<2x3x7x7xf32>
    %801 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %802 = stablehlo.multiply %791, %801 : tensor<2x1x7x7xf32>
    %803 = stablehlo.broadcast_in_dim %802, dims = [0, 1, 2, 3] : (tensor<2x1x7x7xf32>) -> tensor<2x3x7x7xf32>
    %804 = stablehlo.add %800, %803 : tensor<2x3x7x7xf32>
    %805 = stablehlo.reduce(%804 init: %cst_30) applies stablehlo.maximum across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %806 = stablehlo.broadcast_in_dim %cst_30, dims = [] : (tensor<f32>) -> tensor<2x3x7xf32>
    %807 = stablehlo.maximum %806, %805 : tensor<2x3x7xf32>
    %808 = stablehlo.broadcast_in_dim %807, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %809 = stablehlo.broadcast_in_dim %808, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %810 = stablehlo.subtract %804, %809 : tensor<2x3x7x7xf32>
    %811 = stablehlo.exponential %810 : tensor<2x3x7x7xf32>
    %812 = stablehlo.reduce(%811 init: %cst_36) applies stablehlo.add across dimensions = [3] : (tensor<2x3x7x7xf32>, tensor<f32>) -> tensor<2x3x7xf32>
    %813 = stablehlo.broadcast_in_dim %812, dims = [0, 1, 2] : (tensor<2x3x7xf32>) -> tensor<2x3x7x1xf32>
    %814 = stablehlo.broadcast_in_dim %813, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xf32>) -> tensor<2x3x7x7xf32>
    %815 = stablehlo.divide %811, %814 : tensor<2x3x7x7xf32>
    %816 = stablehlo.broadcast_in_dim %cst_30, dims = [] : (tensor<f32>) -> tensor<2x3x7x7xf32>
    %817 = stablehlo.compare EQ, %804, %816, FLOAT : (tensor<2x3x7x7xf32>, tensor<2x3x7x7xf32>) -> tensor<2x3x7x7xi1>
    %818 = stablehlo.not %817 : tensor<2x3x7x7xi1>
    %819 = stablehlo.reduce(%818 init: %c) applies stablehlo.or across dimensions = [3] : (tensor<2x3x7x7xi1>, tensor<i1>) -> tensor<2x3x7xi1>
    %820 = stablehlo.broadcast_in_dim %819, dims = [0, 1, 2] : (tensor<2x3x7xi1>) -> tensor<2x3x7x1xi1>
    %821 = stablehlo.not %820 : tensor<2x3x7x1xi1>
    %822 = stablehlo.broadcast_in_dim %cst_36, dims = [] : (tensor<f32>) -> tensor<2x3x7x7xf32>
    %823 = call @_where_5(%821, %822, %815) : (tensor<2x3x7x1xi1>, tensor<2x3x7x7xf32>, tensor<2x3x7x7xf32>) -> tensor<2x3x7x7xf32>
    %824 = stablehlo.reshape %823 : (tensor<2x3x7x7xf32>) -> tensor<6x7x7xf32>
    %825 = stablehlo.reshape %790 : (tensor<2x3x7x6xf32>) -> tensor<6x7x6xf32>
    %826 = stablehlo.dot_general %824, %825, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<6x7x7xf32>, tensor<6x7x6xf32>) -> tensor<6x7x6xf32>
    %827 = stablehlo.reshape %826 : (tensor<6x7x6xf32>) -> tensor<2x3x7x6xf32>
    %828 = stablehlo.transpose %827, dims = [2, 0, 1, 3] : (tensor<2x3x7x6xf32>) -> tensor<7x2x3x6xf32>
    %829 = stablehlo.transpose %828, dims = [1, 2, 0, 3] : (tensor<7x2x3x6xf32>) -> tensor<2x3x7x6xf32>
    %830 = stablehlo.transpose %829, dims = [0, 2, 1, 3] : (tensor<2x3x7x6xf32>) -> tensor<2x7x3x6xf32>
    %831 = stablehlo.reshape %830 : (tensor<2x7x3x6xf32>) -> tensor<2x7x18xf32>
    %832 = stablehlo.transpose %arg59, dims = [1, 0] : (tensor<18x18xf32>) -> tensor<18x18xf32>
    %833 = stablehlo.broadcast_in_dim %832, dims = [1, 2] : (tensor<18x18xf32>) -> tensor<2x18x18xf32>
    %834 = stablehlo.dot_general %831, %833, batching_dims = [0] x [0], contracting_dims = [2] x [1] : (tensor<2x7x18xf32>, tensor<2x18x18xf32>) -> tensor<2x7x18xf32>
    %835 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %836 = stablehlo.multiply %arg60, %835 : tensor<18xf32>
    %837 = stablehlo.broadcast_in_dim %836, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %838 = stablehlo.broadcast_in_dim %837, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %839 = stablehlo.add %834, %838 : tensor<2x7x18xf32>
    %840 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x7x18xf32>
    %841 = stablehlo.multiply %751, %840 : tensor<2x7x18xf32>
    %842 = stablehlo.add %839, %841 : tensor<2x7x18xf32>
    %843 = stablehlo.reduce(%842 init: %cst_36) applies stablehlo.add across dimensions = [2] : (tensor<2x7x18xf32>, tensor<f32>) -> tensor<2x7xf32>
    %844 = stablehlo.broadcast_in_dim %843, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %845 = stablehlo.broadcast_in_dim %cst_35, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %846 = stablehlo.divide %844, %845 : tensor<2x7x1xf32>
    %847 = call @_var(%842, %c_40) : (tensor<2x7x18xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %848 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %849 = stablehlo.add %847, %848 : tensor<2x7x1xf32>
    %850 = stablehlo.rsqrt %849 : tensor<2x7x1xf32>
    %851 = stablehlo.broadcast_in_dim %846, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %852 = stablehlo.subtract %842, %851 : tensor<2x7x18xf32>
    %853 = stablehlo.broadcast_in_dim %850, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %854 = stablehlo.multiply %852, %853 : tensor<2x7x18xf32>
    %855 = stablehlo.broadcast_in_dim %arg61, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %856 = stablehlo.broadcast_in_dim %855, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %857 = stablehlo.multiply %854, %856 : tensor<2x7x18xf32>
    %858 = stablehlo.broadcast_in_dim %arg62, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %859 = stablehlo.broadcast_in_dim %858, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %860 = stablehlo.add %857, %859 : tensor<2x7x18xf32>
    %861 = stablehlo.reshape %860 : (tensor<2x7x18xf32>) -> tensor<14x18xf32>
    %862 = stablehlo.transpose %arg63, dims = [1, 0] : (tensor<30x18xf32>) -> tensor<18x30xf32>
    %863 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<30xf32>
    %864 = stablehlo.multiply %arg64, %863 : tensor<30xf32>
    %865 = stablehlo.dot_general %861, %862, contracting_dims = [1] x [0] : (tensor<14x18xf32>, tensor<18x30xf32>) -> tensor<14x30xf32>
    %866 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x30xf32>
    %867 = stablehlo.multiply %866, %865 : tensor<14x30xf32>
    %868 = stablehlo.broadcast_in_dim %864, dims = [1] : (tensor<30xf32>) -> tensor<1x30xf32>
    %869 = stablehlo.broadcast_in_dim %868, dims = [0, 1] : (tensor<1x30xf32>) -> tensor<14x30xf32>
    %870 = stablehlo.add %869, %867 : tensor<14x30xf32>
    %871 = stablehlo.reshape %870 : (tensor<14x30xf32>) -> tensor<2x7x30xf32>
    %872 = stablehlo.broadcast_in_dim %cst_28, dims = [] : (tensor<f32>) -> tensor<2x7x30xf32>
    %873 = stablehlo.multiply %872, %871 : tensor<2x7x30xf32>
    %874 = stablehlo.negate %871 : tensor<2x7x30xf32>
    %875 = stablehlo.broadcast_in_dim %cst_27, dims = [] : (tensor<f32>) -> tensor<2x7x30xf32>
    %876 = stablehlo.multiply %874, %875 : tensor<2x7x30xf32>
    %877 = stablehlo.multiply %876, %876 : tensor<2x7x30xf32>
    %878 = stablehlo.negate %877 : tensor<2x7x30xf32>
    %879 = stablehlo.abs %876 : tensor<2x7x30xf32>
    %880 = stablehlo.divide %cst_26, %877 : tensor<2x7x30xf32>
    %881 = stablehlo.exponential %878 : tensor<2x7x30xf32>
    %882 = stablehlo.divide %cst_26, %879 : tensor<2x7x30xf32>
    %883 = stablehlo.multiply %881, %882 : tensor<2x7x30xf32>
    %884 = stablehlo.compare LT, %879, %cst_25 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %885 = stablehlo.multiply %cst_24, %880 : tensor<2x7x30xf32>
    %886 = stablehlo.add %885, %cst_23 : tensor<2x7x30xf32>
    %887 = stablehlo.multiply %886, %880 : tensor<2x7x30xf32>
    %888 = stablehlo.add %887, %cst_22 : tensor<2x7x30xf32>
    %889 = stablehlo.multiply %888, %880 : tensor<2x7x30xf32>
    %890 = stablehlo.add %889, %cst_21 : tensor<2x7x30xf32>
    %891 = stablehlo.multiply %890, %880 : tensor<2x7x30xf32>
    %892 = stablehlo.add %891, %cst_20 : tensor<2x7x30xf32>
    %893 = stablehlo.multiply %892, %880 : tensor<2x7x30xf32>
    %894 = stablehlo.add %893, %cst_19 : tensor<2x7x30xf32>
    %895 = stablehlo.multiply %894, %880 : tensor<2x7x30xf32>
    %896 = stablehlo.add %895, %cst_18 : tensor<2x7x30xf32>
    %897 = stablehlo.multiply %896, %880 : tensor<2x7x30xf32>
    %898 = stablehlo.add %897, %cst_17 : tensor<2x7x30xf32>
    %899 = stablehlo.multiply %898, %880 : tensor<2x7x30xf32>
    %900 = stablehlo.add %899, %cst_16 : tensor<2x7x30xf32>
    %901 = stablehlo.multiply %cst_15, %880 : tensor<2x7x30xf32>
    %902 = stablehlo.add %901, %cst_14 : tensor<2x7x30xf32>
    %903 = stablehlo.multiply %902, %880 : tensor<2x7x30xf32>
    %904 = stablehlo.add %903, %cst_13 : tensor<2x7x30xf32>
    %905 = stablehlo.multiply %904, %880 : tensor<2x7x30xf32>
    %906 = stablehlo.add %905, %cst_12 : tensor<2x7x30xf32>
    %907 = stablehlo.multiply %906, %880 : tensor<2x7x30xf32>
    %908 = stablehlo.add %907, %cst_11 : tensor<2x7x30xf32>
    %909 = stablehlo.multiply %908, %880 : tensor<2x7x30xf32>
    %910 = stablehlo.add %909, %cst_10 : tensor<2x7x30xf32>
    %911 = stablehlo.multiply %910, %880 : tensor<2x7x30xf32>
    %912 = stablehlo.add %911, %cst_9 : tensor<2x7x30xf32>
    %913 = stablehlo.multiply %912, %880 : tensor<2x7x30xf32>
    %914 = stablehlo.add %913, %cst_8 : tensor<2x7x30xf32>
    %915 = stablehlo.select %884, %900, %914 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %916 = stablehlo.multiply %883, %915 : tensor<2x7x30xf32>
    %917 = stablehlo.compare LT, %878, %cst_7 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %918 = stablehlo.select %917, %cst_6, %916 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %919 = stablehlo.compare LT, %876, %cst_6 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %920 = stablehlo.subtract %cst_25, %918 : tensor<2x7x30xf32>
    %921 = stablehlo.select %919, %920, %918 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %922 = stablehlo.multiply %876, %876 : tensor<2x7x30xf32>
    %923 = stablehlo.multiply %cst_5, %922 : tensor<2x7x30xf32>
    %924 = stablehlo.add %923, %cst_4 : tensor<2x7x30xf32>
    %925 = stablehlo.multiply %924, %922 : tensor<2x7x30xf32>
    %926 = stablehlo.add %925, %cst_3 : tensor<2x7x30xf32>
    %927 = stablehlo.multiply %926, %922 : tensor<2x7x30xf32>
    %928 = stablehlo.add %927, %cst_2 : tensor<2x7x30xf32>
    %929 = stablehlo.multiply %928, %922 : tensor<2x7x30xf32>
    %930 = stablehlo.add %929, %cst_1 : tensor<2x7x30xf32>
    %931 = stablehlo.multiply %930, %922 : tensor<2x7x30xf32>
    %932 = stablehlo.add %931, %cst_0 : tensor<2x7x30xf32>
    %933 = stablehlo.multiply %932, %922 : tensor<2x7x30xf32>
    %934 = stablehlo.add %933, %cst : tensor<2x7x30xf32>
    %935 = stablehlo.multiply %876, %934 : tensor<2x7x30xf32>
    %936 = stablehlo.subtract %cst_26, %935 : tensor<2x7x30xf32>
    %937 = stablehlo.abs %876 : tensor<2x7x30xf32>
    %938 = stablehlo.compare LT, %937, %cst_26 : (tensor<2x7x30xf32>, tensor<2x7x30xf32>) -> tensor<2x7x30xi1>
    %939 = stablehlo.select %938, %936, %921 : tensor<2x7x30xi1>, tensor<2x7x30xf32>
    %940 = stablehlo.multiply %873, %939 : tensor<2x7x30xf32>
    %941 = stablehlo.reshape %940 : (tensor<2x7x30xf32>) -> tensor<14x30xf32>
    %942 = stablehlo.transpose %arg65, dims = [1, 0] : (tensor<18x30xf32>) -> tensor<30x18xf32>
    %943 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<18xf32>
    %944 = stablehlo.multiply %arg66, %943 : tensor<18xf32>
    %945 = stablehlo.dot_general %941, %942, contracting_dims = [1] x [0] : (tensor<14x30xf32>, tensor<30x18xf32>) -> tensor<14x18xf32>
    %946 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<14x18xf32>
    %947 = stablehlo.multiply %946, %945 : tensor<14x18xf32>
    %948 = stablehlo.broadcast_in_dim %944, dims = [1] : (tensor<18xf32>) -> tensor<1x18xf32>
    %949 = stablehlo.broadcast_in_dim %948, dims = [0, 1] : (tensor<1x18xf32>) -> tensor<14x18xf32>
    %950 = stablehlo.add %949, %947 : tensor<14x18xf32>
    %951 = stablehlo.reshape %950 : (tensor<14x18xf32>) -> tensor<2x7x18xf32>
    %952 = stablehlo.broadcast_in_dim %cst_37, dims = [] : (tensor<f32>) -> tensor<2x7x18xf32>
    %953 = stablehlo.multiply %860, %952 : tensor<2x7x18xf32>
    %954 = stablehlo.add %951, %953 : tensor<2x7x18xf32>
    %955 = stablehlo.reduce(%954 init: %cst_36) applies stablehlo.add across dimensions = [2] : (tensor<2x7x18xf32>, tensor<f32>) -> tensor<2x7xf32>
    %956 = stablehlo.broadcast_in_dim %955, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %957 = stablehlo.broadcast_in_dim %cst_35, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %958 = stablehlo.divide %956, %957 : tensor<2x7x1xf32>
    %959 = call @_var(%954, %c_40) : (tensor<2x7x18xf32>, tensor<i32>) -> tensor<2x7x1xf32>
    %960 = stablehlo.broadcast_in_dim %cst_34, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %961 = stablehlo.add %959, %960 : tensor<2x7x1xf32>
    %962 = stablehlo.rsqrt %961 : tensor<2x7x1xf32>
    %963 = stablehlo.broadcast_in_dim %958, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %964 = stablehlo.subtract %954, %963 : tensor<2x7x18xf32>
    %965 = stablehlo.broadcast_in_dim %962, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %966 = stablehlo.multiply %964, %965 : tensor<2x7x18xf32>
    %967 = stablehlo.broadcast_in_dim %arg67, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %968 = stablehlo.broadcast_in_dim %967, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %969 = stablehlo.multiply %966, %968 : tensor<2x7x18xf32>
    %970 = stablehlo.broadcast_in_dim %arg68, dims = [2] : (tensor<18xf32>) -> tensor<1x1x18xf32>
    %971 = stablehlo.broadcast_in_dim %970, dims = [0, 1, 2] : (tensor<1x1x18xf32>) -> tensor<2x7x18xf32>
    %972 = stablehlo.add %969, %971 : tensor<2x7x18xf32>
    return %972 : tensor<2x7x18xf32>
  }
  func.func private @_take(%arg0: tensor<50x18xf32>, %arg1: tensor<2x7xi32>) -> tensor<2x7x18xf32> {
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
    %13 = "stablehlo.gather"(%arg0, %5) <{dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 2>, slice_sizes = array<i64: 1, 18>}> : (tensor<50x18xf32>, tensor<2x7x1xi32>) -> tensor<2x7x18xf32>
    %14 = stablehlo.broadcast_in_dim %12, dims = [0, 1] : (tensor<2x7xi1>) -> tensor<2x7x18xi1>
    %15 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x7x18xf32>
    %16 = stablehlo.select %14, %13, %15 : tensor<2x7x18xi1>, tensor<2x7x18xf32>
    return %16 : tensor<2x7x18xf32>
  }
  func.func private @_where(%arg0: tensor<2x7xi1>, %arg1: tensor<2x7xi32>, %arg2: tensor<2x7xi32>) -> tensor<2x7xi32> {
    %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<2x7xi1>, tensor<2x7xi32>
    return %0 : tensor<2x7xi32>
  }
  func.func private @_take_0(%arg0: tensor<2x18xf32>, %arg1: tensor<2x7xi32>) -> tensor<2x7x18xf32> {
    %cst = stablehlo.constant dense<0x7FC00000> : tensor<f32>
    %c = stablehlo.constant dense<true> : tensor<i1>
    %c_0 = stablehlo.constant dense<1> : tensor<1xi32>
    %c_1 = stablehlo.constant dense<2> : tensor<i32>
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
    %13 = "stablehlo.gather"(%arg0, %5) <{dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 2>, slice_sizes = array<i64: 1, 18>}> : (tensor<2x18xf32>, tensor<2x7x1xi32>) -> tensor<2x7x18xf32>
    %14 = stablehlo.broadcast_in_dim %12, dims = [0, 1] : (tensor<2x7xi1>) -> tensor<2x7x18xi1>
    %15 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<2x7x18xf32>
    %16 = stablehlo.select %14, %13, %15 : tensor<2x7x18xi1>, tensor<2x7x18xf32>
    return %16 : tensor<2x7x18xf32>
  }
  func.func private @_take_1(%arg0: tensor<16x18xf32>, %arg1: tensor<1x7xi32>) -> tensor<1x7x18xf32> {
    %cst = stablehlo.constant dense<0x7FC00000> : tensor<f32>
    %c = stablehlo.constant dense<true> : tensor<i1>
    %c_0 = stablehlo.constant dense<15> : tensor<1xi32>
    %c_1 = stablehlo.constant dense<16> : tensor<i32>
    %c_2 = stablehlo.constant dense<0> : tensor<i32>
    %0 = stablehlo.broadcast_in_dim %c_2, dims = [] : (tensor<i32>) -> tensor<1x7xi32>
    %1 = stablehlo.compare LT, %arg1, %0, SIGNED : (tensor<1x7xi32>, tensor<1x7xi32>) -> tensor<1x7xi1>
    %2 = stablehlo.broadcast_in_dim %c_1, dims = [] : (tensor<i32>) -> tensor<1x7xi32>
    %3 = stablehlo.add %arg1, %2 : tensor<1x7xi32>
    %4 = call @_where_2(%1, %3, %arg1) : (tensor<1x7xi1>, tensor<1x7xi32>, tensor<1x7xi32>) -> tensor<1x7xi32>
    %5 = stablehlo.broadcast_in_dim %4, dims = [0, 1] : (tensor<1x7xi32>) -> tensor<1x7x1xi32>
    %6 = stablehlo.broadcast_in_dim %c_2, dims = [] : (tensor<i32>) -> tensor<1x7x1xi32>
    %7 = stablehlo.compare GE, %5, %6, SIGNED : (tensor<1x7x1xi32>, tensor<1x7x1xi32>) -> tensor<1x7x1xi1>
    %8 = stablehlo.broadcast_in_dim %c_0, dims = [2] : (tensor<1xi32>) -> tensor<1x1x1xi32>
    %9 = stablehlo.broadcast_in_dim %8, dims = [0, 1, 2] : (tensor<1x1x1xi32>) -> tensor<1x7x1xi32>
    %10 = stablehlo.compare LE, %5, %9, SIGNED : (tensor<1x7x1xi32>, tensor<1x7x1xi32>) -> tensor<1x7x1xi1>
    %11 = stablehlo.and %7, %10 : tensor<1x7x1xi1>
    %12 = stablehlo.reduce(%11 init: %c) applies stablehlo.and across dimensions = [2] : (tensor<1x7x1xi1>, tensor<i1>) -> tensor<1x7xi1>
    %13 = "stablehlo.gather"(%arg0, %5) <{dimension_numbers = #stablehlo.gather<offset_dims = [2], collapsed_slice_dims = [0], start_index_map = [0], index_vector_dim = 2>, slice_sizes = array<i64: 1, 18>}> : (tensor<16x18xf32>, tensor<1x7x1xi32>) -> tensor<1x7x18xf32>
    %14 = stablehlo.broadcast_in_dim %12, dims = [0, 1] : (tensor<1x7xi1>) -> tensor<1x7x18xi1>
    %15 = stablehlo.broadcast_in_dim %cst, dims = [] : (tensor<f32>) -> tensor<1x7x18xf32>
    %16 = stablehlo.select %14, %13, %15 : tensor<1x7x18xi1>, tensor<1x7x18xf32>
    return %16 : tensor<1x7x18xf32>
  }
  func.func private @_where_2(%arg0: tensor<1x7xi1>, %arg1: tensor<1x7xi32>, %arg2: tensor<1x7xi32>) -> tensor<1x7xi32> {
    %0 = stablehlo.select %arg0, %arg1, %arg2 : tensor<1x7xi1>, tensor<1x7xi32>
    return %0 : tensor<1x7xi32>
  }
  func.func private @_var(%arg0: tensor<2x7x18xf32>, %arg1: tensor<i32>) -> tensor<2x7x1xf32> {
    %cst = stablehlo.constant dense<0x7FC00000> : tensor<f32>
    %cst_0 = stablehlo.constant dense<1.800000e+01> : tensor<f32>
    %cst_1 = stablehlo.constant dense<0.000000e+00> : tensor<f32>
    %0 = stablehlo.reduce(%arg0 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x7x18xf32>, tensor<f32>) -> tensor<2x7xf32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %2 = stablehlo.broadcast_in_dim %cst_0, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %3 = stablehlo.divide %1, %2 : tensor<2x7x1xf32>
    %4 = stablehlo.broadcast_in_dim %3, dims = [0, 1, 2] : (tensor<2x7x1xf32>) -> tensor<2x7x18xf32>
    %5 = stablehlo.subtract %arg0, %4 : tensor<2x7x18xf32>
    %6 = stablehlo.multiply %5, %5 : tensor<2x7x18xf32>
    %7 = stablehlo.convert %arg1 : (tensor<i32>) -> tensor<f32>
    %8 = stablehlo.subtract %cst_0, %7 : tensor<f32>
    %9 = stablehlo.reduce(%6 init: %cst_1) applies stablehlo.add across dimensions = [2] : (tensor<2x7x18xf32>, tensor<f32>) -> tensor<2x7xf32>
    %10 = stablehlo.broadcast_in_dim %9, dims = [0, 1] : (tensor<2x7xf32>) -> tensor<2x7x1xf32>
    %11 = stablehlo.broadcast_in_dim %8, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %12 = stablehlo.divide %10, %11 : tensor<2x7x1xf32>
    %13 = stablehlo.compare GT, %8, %cst_1, FLOAT : (tensor<f32>, tensor<f32>) -> tensor<i1>
    %14 = call @_where_3(%13, %12, %cst) : (tensor<i1>, tensor<2x7x1xf32>, tensor<f32>) -> tensor<2x7x1xf32>
    return %14 : tensor<2x7x1xf32>
  }
  func.func private @_where_3(%arg0: tensor<i1>, %arg1: tensor<2x7x1xf32>, %arg2: tensor<f32>) -> tensor<2x7x1xf32> {
    %0 = stablehlo.convert %arg2 : tensor<f32>
    %1 = stablehlo.broadcast_in_dim %0, dims = [] : (tensor<f32>) -> tensor<2x7x1xf32>
    %2 = stablehlo.select %arg0, %arg1, %1 : tensor<i1>, tensor<2x7x1xf32>
    return %2 : tensor<2x7x1xf32>
  }
  func.func private @_where_4(%arg0: tensor<2x1x7x7xi1>, %arg1: tensor<f32>, %arg2: tensor<f32>) -> tensor<2x1x7x7xf32> {
    %0 = stablehlo.broadcast_in_dim %arg1, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %1 = stablehlo.broadcast_in_dim %arg2, dims = [] : (tensor<f32>) -> tensor<2x1x7x7xf32>
    %2 = stablehlo.select %arg0, %0, %1 : tensor<2x1x7x7xi1>, tensor<2x1x7x7xf32>
    return %2 : tensor<2x1x7x7xf32>
  }
  func.func private @_where_5(%arg0: tensor<2x3x7x1xi1>, %arg1: tensor<2x3x7x7xf32>, %arg2: tensor<2x3x7x7xf32>) -> tensor<2x3x7x7xf32> {
    %0 = stablehlo.broadcast_in_dim %arg0, dims = [0, 1, 2, 3] : (tensor<2x3x7x1xi1>) -> tensor<2x3x7x7xi1>
    %1 = stablehlo.select %0, %arg1, %arg2 : tensor<2x3x7x7xi1>, tensor<2x3x7x7xf32>
    return %1 : tensor<2x3x7x7xf32>
  }
}

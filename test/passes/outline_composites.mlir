// Property: a stage that another compiler takes as a whole becomes the composite that it reads, with its
// attributes and no others; one whose operands, layout or numbers it does not take keeps its own name.

// RUN: rlxflow-opt %s --rlx-outline-stages | %filecheck --check-prefix=RLX
// RUN: rlxflow-opt %s --rlx-outline-stages=composites=odml | %filecheck --check-prefixes=ANY,ODML
// RUN: rlxflow-opt %s --rlx-outline-stages=composites=tenstorrent | %filecheck --check-prefixes=ANY,TT
// RUN: rlxflow-opt %s --rlx-lower-stage-modes='composites=tenstorrent modes=block:gelu=keep,block:rms_norm=fuse' | %filecheck --check-prefix=KEPT
// RUN: not rlxflow-opt %s --rlx-outline-stages=composites=tpu 2>&1 | %filecheck --check-prefix=ERROR

// RLX-COUNT-9: stablehlo.composite "rlx.
// RLX-NOT: composite "{{odml|tenstorrent|aten}}
// KEPT: composite "tenstorrent.gelu"
// KEPT-NOT: composite "tenstorrent.rms_norm"
// ERROR: error: option `composites` of pass `rlx-outline-stages`: expected rlx | odml | tenstorrent, found `tpu`

// ANY-LABEL: @main
// ODML: composite "odml.rms_norm" %{{.+}}, %{{.+}} {composite_attributes = {epsilon = 5.000000e-01 : f32}, decomposition = @rms_norm}
// TT:   composite "tenstorrent.rms_norm" %{{.+}}, %{{.+}} {composite_attributes = {epsilon = 5.000000e-01 : f32, normalized_shape = dense<7> : tensor<1xi64>}, decomposition = @rms_norm}
// ANY:  composite "rlx.rms_norm" {{.+}} stage = "offset"
// ODML: composite "rlx.layer_norm"
// TT:   composite "tenstorrent.layer_norm" %{{.+}}, %{{.+}}, %{{.+}} {composite_attributes = {epsilon = 2.500000e-01 : f32, normalized_shape = dense<7> : tensor<1xi64>}
// ODML: composite "aten.gelu.default" %{{.+}} {composite_attributes = {approximate = "none"}, decomposition = @gelu}
// TT:   composite "tenstorrent.gelu" %{{[^ ]+}} {decomposition = @gelu}
// ODML: composite "aten.gelu.default" %{{.+}} {composite_attributes = {approximate = "tanh"}
// TT:   composite "tenstorrent.gelu_tanh" %{{.+}} {composite_attributes = {approximate = "tanh"}
// ODML: composite "odml.scaled_dot_product_attention" %[[Q:.+]], %[[K:.+]], %[[V:.+]], %{{.+}} {composite_attributes = {logit_cap = 3.000000e+00 : f32, scale = 5.000000e-01 : f32}
// TT:   composite "rlx.attention" {{.+}} stage = "capped"
// ODML: composite "rlx.attention" {{.+}} stage = "heads_first"
// TT:   composite "tenstorrent.scaled_dot_product_attention" %{{.+}}, %{{.+}}, %{{.+}}, %{{.+}} {composite_attributes = {is_causal = false, scale = 5.000000e-01 : f32}
// ODML: composite "rlx.attention" {{.+}} stage = "no_mask"
// TT:   composite "tenstorrent.scaled_dot_product_attention" %{{.+}}, %{{.+}}, %{{.+}} {composite_attributes = {is_causal = false, scale = 5.000000e-01 : f32}
// ANY:  composite "rlx.attention" {{.+}} stage = "booleans"
func.func @main(%x: tensor<5x7xf32>, %w: tensor<7xf32>, %t: tensor<2x5x3x4xf32>,
    %h: tensor<2x3x5x4xf32>, %m: tensor<2x3x5x5xf32>, %c: tensor<2x3x5x5xi1>) {
  %0 = "rlx.stage"(%x, %w) ({
  ^bb0(%a: tensor<5x7xf32>, %b: tensor<7xf32>):
    "rlx.yield"(%a) : (tensor<5x7xf32>) -> ()
  }) {block = "rms_norm", mode = #rlx.mode<auto>, name = "norm", params = {eps = 0.5 : f64, offset = 0.0 : f64}}
     : (tensor<5x7xf32>, tensor<7xf32>) -> tensor<5x7xf32>
  %1 = "rlx.stage"(%x, %w) ({
  ^bb0(%a: tensor<5x7xf32>, %b: tensor<7xf32>):
    "rlx.yield"(%a) : (tensor<5x7xf32>) -> ()
  }) {block = "rms_norm", mode = #rlx.mode<auto>, name = "offset", params = {eps = 0.5 : f64, offset = 1.0 : f64}}
     : (tensor<5x7xf32>, tensor<7xf32>) -> tensor<5x7xf32>
  %2 = "rlx.stage"(%x, %w, %w) ({
  ^bb0(%a: tensor<5x7xf32>, %b: tensor<7xf32>, %d: tensor<7xf32>):
    "rlx.yield"(%a) : (tensor<5x7xf32>) -> ()
  }) {block = "layer_norm", mode = #rlx.mode<auto>, name = "ln", params = {eps = 0.25 : f64}}
     : (tensor<5x7xf32>, tensor<7xf32>, tensor<7xf32>) -> tensor<5x7xf32>
  %3 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<5x7xf32>):
    "rlx.yield"(%a) : (tensor<5x7xf32>) -> ()
  }) {block = "gelu", mode = #rlx.mode<auto>, name = "act"} : (tensor<5x7xf32>) -> tensor<5x7xf32>
  %4 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<5x7xf32>):
    "rlx.yield"(%a) : (tensor<5x7xf32>) -> ()
  }) {block = "gelu_tanh", mode = #rlx.mode<auto>, name = "act2"} : (tensor<5x7xf32>) -> tensor<5x7xf32>
  %5 = "rlx.stage"(%t, %t, %t, %m) ({
  ^bb0(%a: tensor<2x5x3x4xf32>, %b: tensor<2x5x3x4xf32>, %d: tensor<2x5x3x4xf32>, %e: tensor<2x3x5x5xf32>):
    "rlx.yield"(%a) : (tensor<2x5x3x4xf32>) -> ()
  }) {block = "attention", mode = #rlx.mode<auto>, name = "capped",
      params = {scale = 0.5 : f64, softcap = 3.0 : f64, layout = "bthe,bshe,bshe->bthe"}}
     : (tensor<2x5x3x4xf32>, tensor<2x5x3x4xf32>, tensor<2x5x3x4xf32>, tensor<2x3x5x5xf32>)
       -> tensor<2x5x3x4xf32>
  %6 = "rlx.stage"(%h, %h, %h, %m) ({
  ^bb0(%a: tensor<2x3x5x4xf32>, %b: tensor<2x3x5x4xf32>, %d: tensor<2x3x5x4xf32>, %e: tensor<2x3x5x5xf32>):
    "rlx.yield"(%a) : (tensor<2x3x5x4xf32>) -> ()
  }) {block = "attention", mode = #rlx.mode<auto>, name = "heads_first",
      params = {scale = 0.5 : f64, layout = "bhte,bhse,bhse->bhte"}}
     : (tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>, tensor<2x3x5x5xf32>)
       -> tensor<2x3x5x4xf32>
  %7 = "rlx.stage"(%h, %h, %h) ({
  ^bb0(%a: tensor<2x3x5x4xf32>, %b: tensor<2x3x5x4xf32>, %d: tensor<2x3x5x4xf32>):
    "rlx.yield"(%a) : (tensor<2x3x5x4xf32>) -> ()
  }) {block = "attention", mode = #rlx.mode<auto>, name = "no_mask",
      params = {scale = 0.5 : f64, layout = "bhte,bhse,bhse->bhte"}}
     : (tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>) -> tensor<2x3x5x4xf32>
  %8 = "rlx.stage"(%h, %h, %h, %c) ({
  ^bb0(%a: tensor<2x3x5x4xf32>, %b: tensor<2x3x5x4xf32>, %d: tensor<2x3x5x4xf32>, %e: tensor<2x3x5x5xi1>):
    "rlx.yield"(%a) : (tensor<2x3x5x4xf32>) -> ()
  }) {block = "attention", mode = #rlx.mode<auto>, name = "booleans",
      params = {scale = 0.5 : f64, layout = "bhte,bhse,bhse->bhte"}}
     : (tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>, tensor<2x3x5x4xf32>, tensor<2x3x5x5xi1>)
       -> tensor<2x3x5x4xf32>
  return
}

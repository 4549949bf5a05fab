# RUN: %python %s | %filecheck
# Property: a BERT is the stages below, in order; at composite level two layers share one body.

import rlxflow as rf
from rlxflow.recipes import find_recipe
from rlxflow.recipes.base import FlowRequest

CONFIG = {
    "model_type": "bert",
    "vocab_size": 19,
    "hidden_size": 6,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 10,
    "max_position_embeddings": 11,
    "type_vocab_size": 3,
    "layer_norm_eps": 0.5,
    "hidden_act": "gelu",
}


def flow(variant: str) -> rf.ModelFlow:
    recipe = find_recipe(CONFIG, "config")
    config = recipe.config_class.from_dict(CONFIG)
    return recipe.flow(config, variant, FlowRequest(phase="encode", batch=2, seq=4))


print("TEST: pooler")
print(flow("pooler").build().summary())
# CHECK-LABEL: TEST: pooler
# CHECK-NEXT: attn_mask_from_input attn_mask_from_input i32[2, 4]
# CHECK-SAME:   -> i1[2, 4] weights=0 ops=2
# CHECK-NEXT: embeddings bert_embeddings i32[2, 4], i32[2, 4]
# CHECK-SAME:   -> f32[2, 4, 6] weights=5 reduce=2 gather=2 ops=26
# CHECK-NEXT: embeddings/words embed i32[2, 4] -> f32[2, 4, 6] weights=1 gather=1 ops=1
# CHECK-NEXT: embeddings/positions learned_positions f32[2, 4, 6] -> f32[2, 4, 6] weights=1 ops=3
# CHECK-NEXT: embeddings/token_types gather_add f32[2, 4, 6], i32[2, 4]
# CHECK-SAME:   -> f32[2, 4, 6] weights=1 gather=1 ops=2
# CHECK-NEXT: embeddings/norm layer_norm f32[2, 4, 6] -> f32[2, 4, 6] weights=2 reduce=2 ops=20
# CHECK-NEXT: encoder.layer.0 bert_layer f32[2, 4, 6], i1[2, 4]
# CHECK-SAME:   -> f32[2, 4, 6] weights=16 dot_general=8 reduce=6 ops=89
# CHECK-NEXT: encoder.layer.0/attention self_attention f32[2, 4, 6], i1[2, 4]
# CHECK-SAME:   -> f32[2, 4, 6] weights=8 dot_general=6 reduce=2 ops=33
# CHECK-NEXT: encoder.layer.0/residual_add residual_add f32[2, 4, 6], f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=0 ops=1
# CHECK-NEXT: encoder.layer.0/attention_norm layer_norm f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=2 reduce=2 ops=20
# CHECK-NEXT: encoder.layer.0/mlp mlp f32[2, 4, 6] -> f32[2, 4, 6] weights=4 dot_general=2 ops=14
# CHECK-NEXT: encoder.layer.0/residual_add_1 residual_add f32[2, 4, 6], f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=0 ops=1
# CHECK-NEXT: encoder.layer.0/output_norm layer_norm f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=2 reduce=2 ops=20
# CHECK-NEXT: encoder.layer.1 bert_layer f32[2, 4, 6], i1[2, 4]
# CHECK-SAME:   -> f32[2, 4, 6] weights=16 dot_general=8 reduce=6 ops=89
# CHECK-NEXT: encoder.layer.1/attention self_attention f32[2, 4, 6], i1[2, 4]
# CHECK-SAME:   -> f32[2, 4, 6] weights=8 dot_general=6 reduce=2 ops=33
# CHECK-NEXT: encoder.layer.1/residual_add residual_add f32[2, 4, 6], f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=0 ops=1
# CHECK-NEXT: encoder.layer.1/attention_norm layer_norm f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=2 reduce=2 ops=20
# CHECK-NEXT: encoder.layer.1/mlp mlp f32[2, 4, 6] -> f32[2, 4, 6] weights=4 dot_general=2 ops=14
# CHECK-NEXT: encoder.layer.1/residual_add_1 residual_add f32[2, 4, 6], f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=0 ops=1
# CHECK-NEXT: encoder.layer.1/output_norm layer_norm f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=2 reduce=2 ops=20
# CHECK-NEXT: pooler branch f32[2, 4, 6] -> f32[2, 6] weights=2 dot_general=1 ops=6
# CHECK-NEXT: pooler/pooler pooler f32[2, 4, 6] -> f32[2, 6] weights=2 dot_general=1 ops=6

print("TEST: mlm")
print(flow("mlm").build().summary())
# CHECK-LABEL: TEST: mlm
# CHECK-NEXT: attn_mask_from_input attn_mask_from_input i32[2, 4]
# CHECK-SAME:   -> i1[2, 4] weights=0 ops=2
# CHECK-NEXT: embeddings bert_embeddings i32[2, 4], i32[2, 4]
# CHECK-SAME:   -> f32[2, 4, 6] weights=5 reduce=2 gather=2 ops=26
# CHECK-NEXT: embeddings/words embed i32[2, 4] -> f32[2, 4, 6] weights=1 gather=1 ops=1
# CHECK-NEXT: embeddings/positions learned_positions f32[2, 4, 6] -> f32[2, 4, 6] weights=1 ops=3
# CHECK-NEXT: embeddings/token_types gather_add f32[2, 4, 6], i32[2, 4]
# CHECK-SAME:   -> f32[2, 4, 6] weights=1 gather=1 ops=2
# CHECK-NEXT: embeddings/norm layer_norm f32[2, 4, 6] -> f32[2, 4, 6] weights=2 reduce=2 ops=20
# CHECK-NEXT: encoder.layer.0 bert_layer f32[2, 4, 6], i1[2, 4]
# CHECK-SAME:   -> f32[2, 4, 6] weights=16 dot_general=8 reduce=6 ops=89
# CHECK-NEXT: encoder.layer.0/attention self_attention f32[2, 4, 6], i1[2, 4]
# CHECK-SAME:   -> f32[2, 4, 6] weights=8 dot_general=6 reduce=2 ops=33
# CHECK-NEXT: encoder.layer.0/residual_add residual_add f32[2, 4, 6], f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=0 ops=1
# CHECK-NEXT: encoder.layer.0/attention_norm layer_norm f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=2 reduce=2 ops=20
# CHECK-NEXT: encoder.layer.0/mlp mlp f32[2, 4, 6] -> f32[2, 4, 6] weights=4 dot_general=2 ops=14
# CHECK-NEXT: encoder.layer.0/residual_add_1 residual_add f32[2, 4, 6], f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=0 ops=1
# CHECK-NEXT: encoder.layer.0/output_norm layer_norm f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=2 reduce=2 ops=20
# CHECK-NEXT: encoder.layer.1 bert_layer f32[2, 4, 6], i1[2, 4]
# CHECK-SAME:   -> f32[2, 4, 6] weights=16 dot_general=8 reduce=6 ops=89
# CHECK-NEXT: encoder.layer.1/attention self_attention f32[2, 4, 6], i1[2, 4]
# CHECK-SAME:   -> f32[2, 4, 6] weights=8 dot_general=6 reduce=2 ops=33
# CHECK-NEXT: encoder.layer.1/residual_add residual_add f32[2, 4, 6], f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=0 ops=1
# CHECK-NEXT: encoder.layer.1/attention_norm layer_norm f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=2 reduce=2 ops=20
# CHECK-NEXT: encoder.layer.1/mlp mlp f32[2, 4, 6] -> f32[2, 4, 6] weights=4 dot_general=2 ops=14
# CHECK-NEXT: encoder.layer.1/residual_add_1 residual_add f32[2, 4, 6], f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=0 ops=1
# CHECK-NEXT: encoder.layer.1/output_norm layer_norm f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 6] weights=2 reduce=2 ops=20
# CHECK-NEXT: predictions mlm_head f32[2, 4, 6]
# CHECK-SAME:   -> f32[2, 4, 19] weights=6 dot_general=2 reduce=2 ops=34

print("TEST: composites")
print(flow("encoder").build().mlir("composite"))
# CHECK-LABEL: TEST: composites
# CHECK:      func.func public @main
# CHECK-NOT:  return
# CHECK-COUNT-2: stablehlo.composite "rlx.bert_layer" {{.*}}decomposition = @bert_layer}
# CHECK-NOT:  "rlx.bert_layer"
# CHECK:      return
# CHECK-COUNT-1: func.func private @self_attention
# CHECK-NOT:  func.func private @self_attention
# CHECK:      func.func private @bert_layer
# CHECK-NOT:  func.func

# The body holds six composites; that of the norms and that of the sums is used twice.
print("TEST: decompositions")
for line in flow("encoder").build().mlir("composite").splitlines():
    if "func.func private" in line:
        print(line.partition("(")[0].strip())
print("TEST: end")
# CHECK-LABEL: TEST: decompositions
# CHECK-NEXT: func.func private @attn_mask_from_input
# CHECK-NEXT: func.func private @embed
# CHECK-NEXT: func.func private @learned_positions
# CHECK-NEXT: func.func private @gather_add
# CHECK-NEXT: func.func private @layer_norm
# CHECK-NEXT: func.func private @bert_embeddings
# CHECK-NEXT: func.func private @self_attention
# CHECK-NEXT: func.func private @residual_add
# CHECK-NEXT: func.func private @mlp
# CHECK-NEXT: func.func private @bert_layer
# CHECK-NEXT: TEST: end

# RUN: %python %s | %filecheck
# Property: a Gemma 2 has norms before and after each branch; sliding layers keep a ring, full ones
# the whole context.

import rlxflow as rf
from rlxflow.recipes import find_recipe
from rlxflow.recipes.base import FlowRequest

CONFIG = {
    "model_type": "gemma2",
    "vocab_size": 19,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 10,
    "max_position_embeddings": 32,
    "rms_norm_eps": 0.5,
    "head_dim": 6,
    "sliding_window": 3,
}


def flow(**request: object) -> rf.ModelFlow:
    recipe = find_recipe(CONFIG, "config")
    config = recipe.config_class.from_dict(CONFIG)
    return recipe.flow(config, "causal", FlowRequest(**request))


print("TEST: plain")
print(flow(phase="prefill", batch=2, seq=5).build().summary())
# CHECK-LABEL: TEST: plain
# CHECK-NEXT: mask attn_mask_from_input i32[2, 5] -> i1[2, 5] weights=0 ops=2
# CHECK-NEXT: rope rope_tables fence i32[2, 5] -> f32[2, 5, 3], f32[2, 5, 3] weights=0 ops=11
# CHECK-NEXT: embeddings embeddings i32[2, 5] -> f32[2, 5, 16] weights=1 gather=1 ops=3
# CHECK-NEXT: embeddings/tokens embed i32[2, 5] -> f32[2, 5, 16] weights=1 gather=1 ops=1
# CHECK-NEXT: embeddings/scale scale f32[2, 5, 16] -> f32[2, 5, 16] weights=0 ops=2
# CHECK-NEXT: layers.0 gemma2_layer f32[2, 5, 16], f32[2, 5, 3], f32[2, 5, 3], i1[2, 5]
# CHECK-SAME:   -> f32[2, 5, 16] weights=11 dot_general=9 reduce=6 ops=152
# CHECK-NEXT: layers.0/attention_norm rms_norm f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.0/attention self_attention f32[2, 5, 16], f32[2, 5, 3], f32[2, 5, 3], i1[2, 5]
# CHECK-SAME:   -> f32[2, 5, 16] weights=4 dot_general=6 reduce=2 ops=77
# CHECK-NEXT: layers.0/attention_post_norm rms_norm f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.0/residual_add residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: layers.0/mlp_norm rms_norm f32[2, 5, 16] -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.0/mlp mlp f32[2, 5, 16] -> f32[2, 5, 16] weights=3 dot_general=3 ops=17
# CHECK-NEXT: layers.0/mlp_post_norm rms_norm f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.0/residual_add_1 residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: layers.1 gemma2_layer f32[2, 5, 16], f32[2, 5, 3], f32[2, 5, 3], i1[2, 5]
# CHECK-SAME:   -> f32[2, 5, 16] weights=11 dot_general=9 reduce=6 ops=149
# CHECK-NEXT: layers.1/attention_norm rms_norm f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.1/attention self_attention f32[2, 5, 16], f32[2, 5, 3], f32[2, 5, 3], i1[2, 5]
# CHECK-SAME:   -> f32[2, 5, 16] weights=4 dot_general=6 reduce=2 ops=74
# CHECK-NEXT: layers.1/attention_post_norm rms_norm f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.1/residual_add residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: layers.1/mlp_norm rms_norm f32[2, 5, 16] -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.1/mlp mlp f32[2, 5, 16] -> f32[2, 5, 16] weights=3 dot_general=3 ops=17
# CHECK-NEXT: layers.1/mlp_post_norm rms_norm f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.1/residual_add_1 residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: norm rms_norm f32[2, 5, 16] -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: lm_head lm_head f32[2, 5, 16] -> f32[2, 5, 19] weights=1 dot_general=1 ops=6

print("TEST: decode")
print(flow(phase="decode", batch=2, seq=1, context=16).build().summary())
# CHECK-LABEL: TEST: decode
# CHECK-NEXT: positions positions i32[2] -> i32[2, 1] weights=0 ops=4
# CHECK-NEXT: rope rope_tables fence i32[2, 1] -> f32[2, 1, 3], f32[2, 1, 3] weights=0 ops=11
# CHECK-NEXT: embeddings embeddings i32[2, 1] -> f32[2, 1, 16] weights=1 gather=1 ops=3
# CHECK-NEXT: embeddings/tokens embed i32[2, 1] -> f32[2, 1, 16] weights=1 gather=1 ops=1
# CHECK-NEXT: embeddings/scale scale f32[2, 1, 16] -> f32[2, 1, 16] weights=0 ops=2
# CHECK-NEXT: layers.0 gemma2_layer f32[2, 1, 16], f32[2, 1, 3], f32[2, 1, 3], i32[2, 1],
# CHECK-SAME:   f32[2, 2, 6, 10], f32[2, 2, 10, 6]
# CHECK-SAME:   -> f32[2, 2, 6, 10], f32[2, 2, 10, 6], f32[2, 1, 16] weights=11 dot_general=9
# CHECK-SAME:   reduce=6 dynamic_update_slice=4 ops=205
# CHECK-NEXT: layers.0/attention_norm rms_norm f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.0/attention self_attention f32[2, 1, 16], f32[2, 1, 3], f32[2, 1, 3],
# CHECK-SAME:   i32[2, 1], f32[2, 2, 6, 10], f32[2, 2, 10, 6]
# CHECK-SAME:   -> f32[2, 2, 6, 10], f32[2, 2, 10, 6], f32[2, 1, 16] weights=4 dot_general=6
# CHECK-SAME:   reduce=2 dynamic_update_slice=4 ops=130
# CHECK-NEXT: layers.0/attention/cache kv_cache_write fence i32[2, 1], f32[2, 1, 2, 6],
# CHECK-SAME:   f32[2, 2, 6, 10], f32[2, 1, 2, 6], f32[2, 2, 10, 6]
# CHECK-SAME:   -> f32[2, 2, 6, 10], f32[2, 2, 10, 6] weights=0 dynamic_update_slice=4 ops=46
# CHECK-NEXT: layers.0/attention/attend attend i32[2, 1], f32[2, 1, 2, 2, 6], f32[2, 2, 6, 10],
# CHECK-SAME:   f32[2, 2, 10, 6]
# CHECK-SAME:   -> f32[2, 1, 2, 2, 6] weights=0 dot_general=2 reduce=2 ops=44
# CHECK-NEXT: layers.0/attention_post_norm rms_norm f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.0/residual_add residual_add f32[2, 1, 16], f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 ops=1
# CHECK-NEXT: layers.0/mlp_norm rms_norm f32[2, 1, 16] -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.0/mlp mlp f32[2, 1, 16] -> f32[2, 1, 16] weights=3 dot_general=3 ops=17
# CHECK-NEXT: layers.0/mlp_post_norm rms_norm f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.0/residual_add_1 residual_add f32[2, 1, 16], f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 ops=1
# CHECK-NEXT: layers.1 gemma2_layer f32[2, 1, 16], f32[2, 1, 3], f32[2, 1, 3], i32[2, 1],
# CHECK-SAME:   f32[2, 2, 6, 16], f32[2, 2, 16, 6]
# CHECK-SAME:   -> f32[2, 2, 6, 16], f32[2, 2, 16, 6], f32[2, 1, 16] weights=11 dot_general=9
# CHECK-SAME:   reduce=6 dynamic_update_slice=4 ops=201
# CHECK-NEXT: layers.1/attention_norm rms_norm f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.1/attention self_attention f32[2, 1, 16], f32[2, 1, 3], f32[2, 1, 3],
# CHECK-SAME:   i32[2, 1], f32[2, 2, 6, 16], f32[2, 2, 16, 6]
# CHECK-SAME:   -> f32[2, 2, 6, 16], f32[2, 2, 16, 6], f32[2, 1, 16] weights=4 dot_general=6
# CHECK-SAME:   reduce=2 dynamic_update_slice=4 ops=126
# CHECK-NEXT: layers.1/attention/cache kv_cache_write fence i32[2, 1], f32[2, 1, 2, 6],
# CHECK-SAME:   f32[2, 2, 6, 16], f32[2, 1, 2, 6], f32[2, 2, 16, 6]
# CHECK-SAME:   -> f32[2, 2, 6, 16], f32[2, 2, 16, 6] weights=0 dynamic_update_slice=4 ops=46
# CHECK-NEXT: layers.1/attention/attend attend i32[2, 1], f32[2, 1, 2, 2, 6], f32[2, 2, 6, 16],
# CHECK-SAME:   f32[2, 2, 16, 6]
# CHECK-SAME:   -> f32[2, 1, 2, 2, 6] weights=0 dot_general=2 reduce=2 ops=40
# CHECK-NEXT: layers.1/attention_post_norm rms_norm f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.1/residual_add residual_add f32[2, 1, 16], f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 ops=1
# CHECK-NEXT: layers.1/mlp_norm rms_norm f32[2, 1, 16] -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.1/mlp mlp f32[2, 1, 16] -> f32[2, 1, 16] weights=3 dot_general=3 ops=17
# CHECK-NEXT: layers.1/mlp_post_norm rms_norm f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.1/residual_add_1 residual_add f32[2, 1, 16], f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 ops=1
# CHECK-NEXT: norm rms_norm f32[2, 1, 16] -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: lm_head lm_head f32[2, 1, 16] -> f32[2, 1, 19] weights=1 dot_general=1 ops=6

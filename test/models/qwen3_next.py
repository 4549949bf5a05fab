# RUN: %python %s | %filecheck
# Property: Qwen3-Next mixes tokens by a Gated DeltaNet with two states, here in every other layer,
# else by attention with a cache; all layers but the first have experts and a shared one.

import rlxflow as rf
from rlxflow.recipes import find_recipe
from rlxflow.recipes.base import FlowRequest

CONFIG = {
    "model_type": "qwen3_next",
    "vocab_size": 19,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 10,
    "max_position_embeddings": 32,
    "rms_norm_eps": 0.5,
    "head_dim": 8,
    "full_attention_interval": 2,
    "linear_key_head_dim": 4,
    "linear_value_head_dim": 6,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "num_experts": 5,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 7,
    "shared_expert_intermediate_size": 9,
    "mlp_only_layers": [0],
}


def flow(**request: object) -> rf.ModelFlow:
    recipe = find_recipe(CONFIG, "config")
    config = recipe.config_class.from_dict(CONFIG)
    return recipe.flow(config, "causal", FlowRequest(**request))


print("TEST: prefill")
print(flow(phase="prefill", batch=2, seq=5, context=16, last_token=True).build().summary())
# CHECK-LABEL: TEST: prefill
# CHECK-NEXT: positions positions i32[2] -> i32[2, 5] weights=0 ops=6
# CHECK-NEXT: token_mask token_mask i32[2] -> i1[2, 5] weights=0 ops=4
# CHECK-NEXT: rope rope_tables fence i32[2, 5] -> f32[2, 5, 1], f32[2, 5, 1] weights=0 ops=11
# CHECK-NEXT: embeddings embeddings i32[2, 5] -> f32[2, 5, 16] weights=1 gather=1 ops=1
# CHECK-NEXT: embeddings/tokens embed i32[2, 5] -> f32[2, 5, 16] weights=1 gather=1 ops=1
# CHECK-NEXT: layers.0 qwen3_next_layer f32[2, 5, 16], i1[2, 5], f32[2, 40, 3], f32[2, 4, 4, 6]
# CHECK-SAME:   -> f32[2, 40, 3], f32[2, 4, 4, 6], f32[2, 5, 16] weights=12 dot_general=12
# CHECK-SAME:   reduce=7 reduce_window=1 gather=2 dynamic_update_slice=1 while=1 ops=294
# CHECK-NEXT: layers.0/attention_norm rms_norm f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.0/attention gated_delta_net f32[2, 5, 16], i1[2, 5], f32[2, 40, 3],
# CHECK-SAME:   f32[2, 4, 4, 6]
# CHECK-SAME:   -> f32[2, 40, 3], f32[2, 4, 4, 6], f32[2, 5, 16] weights=7 dot_general=9 reduce=5
# CHECK-SAME:   reduce_window=1 gather=2 dynamic_update_slice=1 while=1 ops=258
# CHECK-NEXT: layers.0/residual_add residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: layers.0/mlp_norm rms_norm f32[2, 5, 16] -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.0/mlp mlp f32[2, 5, 16] -> f32[2, 5, 16] weights=3 dot_general=3 ops=6
# CHECK-NEXT: layers.0/residual_add_1 residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: layers.1 qwen3_next_layer f32[2, 5, 16], f32[2, 5, 1], f32[2, 5, 1],
# CHECK-SAME:   f32[2, 2, 8, 16], f32[2, 2, 16, 8]
# CHECK-SAME:   -> f32[2, 2, 8, 16], f32[2, 2, 16, 8], f32[2, 5, 16] weights=16 dot_general=14
# CHECK-SAME:   reduce=11 reduce_window=1 gather=4 sort=2 dynamic_update_slice=2 while=1 ops=244
# CHECK-NEXT: layers.1/attention_norm rms_norm f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.1/attention self_attention f32[2, 5, 16], f32[2, 5, 1], f32[2, 5, 1],
# CHECK-SAME:   f32[2, 2, 8, 16], f32[2, 2, 16, 8]
# CHECK-SAME:   -> f32[2, 2, 8, 16], f32[2, 2, 16, 8], f32[2, 5, 16] weights=6 dot_general=6
# CHECK-SAME:   reduce=4 dynamic_update_slice=2 ops=121
# CHECK-NEXT: layers.1/attention/cache kv_cache_write fence f32[2, 5, 2, 8], f32[2, 2, 8, 16],
# CHECK-SAME:   f32[2, 5, 2, 8], f32[2, 2, 16, 8]
# CHECK-SAME:   -> f32[2, 2, 8, 16], f32[2, 2, 16, 8] weights=0 dynamic_update_slice=2 ops=12
# CHECK-NEXT: layers.1/attention/attend attend f32[2, 5, 2, 2, 8], f32[2, 5, 2, 8], f32[2, 5, 2, 8]
# CHECK-SAME:   -> f32[2, 5, 2, 2, 8] weights=0 dot_general=2 reduce=2 ops=26
# CHECK-NEXT: layers.1/residual_add residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: layers.1/mlp_norm rms_norm f32[2, 5, 16] -> f32[2, 5, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.1/mlp moe_mlp f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=8 dot_general=8 reduce=5 reduce_window=1 gather=4 sort=2
# CHECK-SAME:   while=1 ops=93
# CHECK-NEXT: layers.1/mlp/experts experts f32[10, 16], i32[10, 2], f32[10, 2]
# CHECK-SAME:   -> f32[10, 16] weights=3 dot_general=3 reduce=3 reduce_window=1 gather=4 sort=2
# CHECK-SAME:   while=1 ops=67
# CHECK-NEXT: layers.1/residual_add_1 residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: last_token gather_last_token f32[2, 5, 16], i32[2]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 gather=1 ops=4
# CHECK-NEXT: norm rms_norm f32[2, 1, 16] -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: lm_head lm_head f32[2, 1, 16] -> f32[2, 1, 19] weights=1 dot_general=1 ops=1

print("TEST: decode")
print(flow(phase="decode", batch=2, seq=1, context=16).build().summary())
# CHECK-LABEL: TEST: decode
# CHECK-NEXT: positions positions i32[2] -> i32[2, 1] weights=0 ops=4
# CHECK-NEXT: rope rope_tables fence i32[2, 1] -> f32[2, 1, 1], f32[2, 1, 1] weights=0 ops=11
# CHECK-NEXT: embeddings embeddings i32[2, 1] -> f32[2, 1, 16] weights=1 gather=1 ops=1
# CHECK-NEXT: embeddings/tokens embed i32[2, 1] -> f32[2, 1, 16] weights=1 gather=1 ops=1
# CHECK-NEXT: layers.0 qwen3_next_layer f32[2, 1, 16], f32[2, 40, 3], f32[2, 4, 4, 6]
# CHECK-SAME:   -> f32[2, 40, 3], f32[2, 4, 4, 6], f32[2, 1, 16] weights=12 dot_general=8 reduce=5
# CHECK-SAME:   ops=166
# CHECK-NEXT: layers.0/attention_norm rms_norm f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.0/attention gated_delta_net f32[2, 1, 16], f32[2, 40, 3], f32[2, 4, 4, 6]
# CHECK-SAME:   -> f32[2, 40, 3], f32[2, 4, 4, 6], f32[2, 1, 16] weights=7 dot_general=5 reduce=3
# CHECK-SAME:   ops=130
# CHECK-NEXT: layers.0/residual_add residual_add f32[2, 1, 16], f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 ops=1
# CHECK-NEXT: layers.0/mlp_norm rms_norm f32[2, 1, 16] -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.0/mlp mlp f32[2, 1, 16] -> f32[2, 1, 16] weights=3 dot_general=3 ops=6
# CHECK-NEXT: layers.0/residual_add_1 residual_add f32[2, 1, 16], f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 ops=1
# CHECK-NEXT: layers.1 qwen3_next_layer f32[2, 1, 16], f32[2, 1, 1], f32[2, 1, 1], i32[2, 1],
# CHECK-SAME:   f32[2, 2, 8, 16], f32[2, 2, 16, 8]
# CHECK-SAME:   -> f32[2, 2, 8, 16], f32[2, 2, 16, 8], f32[2, 1, 16] weights=16 dot_general=14
# CHECK-SAME:   reduce=9 dynamic_update_slice=5 while=1 ops=264
# CHECK-NEXT: layers.1/attention_norm rms_norm f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.1/attention self_attention f32[2, 1, 16], f32[2, 1, 1], f32[2, 1, 1],
# CHECK-SAME:   i32[2, 1], f32[2, 2, 8, 16], f32[2, 2, 16, 8]
# CHECK-SAME:   -> f32[2, 2, 8, 16], f32[2, 2, 16, 8], f32[2, 1, 16] weights=6 dot_general=6
# CHECK-SAME:   reduce=4 dynamic_update_slice=4 ops=164
# CHECK-NEXT: layers.1/attention/cache kv_cache_write fence i32[2, 1], f32[2, 1, 2, 8],
# CHECK-SAME:   f32[2, 2, 8, 16], f32[2, 1, 2, 8], f32[2, 2, 16, 8]
# CHECK-SAME:   -> f32[2, 2, 8, 16], f32[2, 2, 16, 8] weights=0 dynamic_update_slice=4 ops=46
# CHECK-NEXT: layers.1/attention/attend attend i32[2, 1], f32[2, 1, 2, 2, 8], f32[2, 2, 8, 16],
# CHECK-SAME:   f32[2, 2, 16, 8]
# CHECK-SAME:   -> f32[2, 1, 2, 2, 8] weights=0 dot_general=2 reduce=2 ops=35
# CHECK-NEXT: layers.1/residual_add residual_add f32[2, 1, 16], f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 ops=1
# CHECK-NEXT: layers.1/mlp_norm rms_norm f32[2, 1, 16] -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: layers.1/mlp moe_mlp f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=8 dot_general=8 reduce=3 dynamic_update_slice=1 while=1
# CHECK-SAME:   ops=70
# CHECK-NEXT: layers.1/mlp/experts experts f32[2, 16], i32[2, 2], f32[2, 2]
# CHECK-SAME:   -> f32[2, 16] weights=3 dot_general=3 reduce=1 dynamic_update_slice=1 while=1
# CHECK-SAME:   ops=44
# CHECK-NEXT: layers.1/residual_add_1 residual_add f32[2, 1, 16], f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 ops=1
# CHECK-NEXT: norm rms_norm f32[2, 1, 16] -> f32[2, 1, 16] weights=1 reduce=1 ops=14
# CHECK-NEXT: lm_head lm_head f32[2, 1, 16] -> f32[2, 1, 19] weights=1 dot_general=1 ops=1

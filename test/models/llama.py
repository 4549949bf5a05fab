# RUN: %python %s | %filecheck
# Property: a Llama is the stages below, in order; with a cache each attention has a fenced write,
# and the last token alone is scored.

import rlxflow as rf
from rlxflow.recipes import find_recipe
from rlxflow.recipes.base import FlowRequest

CONFIG = {
    "model_type": "llama",
    "vocab_size": 19,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 10,
    "max_position_embeddings": 32,
    "rms_norm_eps": 0.5,
}


def flow(**request: object) -> rf.ModelFlow:
    recipe = find_recipe(CONFIG, "config")
    config = recipe.config_class.from_dict(CONFIG)
    return recipe.flow(config, "causal", FlowRequest(**request))


print("TEST: plain")
print(flow(phase="prefill", batch=2, seq=5).build().summary())
# CHECK-LABEL: TEST: plain
# CHECK-NEXT: mask attn_mask_from_input i32[2, 5] -> i1[2, 5] weights=0 ops=2
# CHECK-NEXT: rope rope_tables fence i32[2, 5] -> f32[2, 5, 2], f32[2, 5, 2] weights=0 ops=11
# CHECK-NEXT: embeddings embeddings i32[2, 5] -> f32[2, 5, 16] weights=1 gather=1 ops=1
# CHECK-NEXT: embeddings/tokens embed i32[2, 5] -> f32[2, 5, 16] weights=1 gather=1 ops=1
# CHECK-NEXT: layers.0 llama_layer f32[2, 5, 16], f32[2, 5, 2], f32[2, 5, 2], i1[2, 5]
# CHECK-SAME:   -> f32[2, 5, 16] weights=9 dot_general=9 reduce=4 ops=101
# CHECK-NEXT: layers.0/attention_norm rms_norm f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: layers.0/attention self_attention f32[2, 5, 16], f32[2, 5, 2], f32[2, 5, 2], i1[2, 5]
# CHECK-SAME:   -> f32[2, 5, 16] weights=4 dot_general=6 reduce=2 ops=69
# CHECK-NEXT: layers.0/residual_add residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: layers.0/mlp_norm rms_norm f32[2, 5, 16] -> f32[2, 5, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: layers.0/mlp mlp f32[2, 5, 16] -> f32[2, 5, 16] weights=3 dot_general=3 ops=6
# CHECK-NEXT: layers.0/residual_add_1 residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: layers.1 llama_layer f32[2, 5, 16], f32[2, 5, 2], f32[2, 5, 2], i1[2, 5]
# CHECK-SAME:   -> f32[2, 5, 16] weights=9 dot_general=9 reduce=4 ops=101
# CHECK-NEXT: layers.1/attention_norm rms_norm f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: layers.1/attention self_attention f32[2, 5, 16], f32[2, 5, 2], f32[2, 5, 2], i1[2, 5]
# CHECK-SAME:   -> f32[2, 5, 16] weights=4 dot_general=6 reduce=2 ops=69
# CHECK-NEXT: layers.1/residual_add residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: layers.1/mlp_norm rms_norm f32[2, 5, 16] -> f32[2, 5, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: layers.1/mlp mlp f32[2, 5, 16] -> f32[2, 5, 16] weights=3 dot_general=3 ops=6
# CHECK-NEXT: layers.1/residual_add_1 residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: norm rms_norm f32[2, 5, 16] -> f32[2, 5, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: lm_head lm_head f32[2, 5, 16] -> f32[2, 5, 19] weights=1 dot_general=1 ops=1

print("TEST: prefill")
print(flow(phase="prefill", batch=2, seq=5, context=16, last_token=True).build().summary())
# CHECK-LABEL: TEST: prefill
# CHECK-NEXT: positions positions i32[2] -> i32[2, 5] weights=0 ops=6
# CHECK-NEXT: rope rope_tables fence i32[2, 5] -> f32[2, 5, 2], f32[2, 5, 2] weights=0 ops=11
# CHECK-NEXT: embeddings embeddings i32[2, 5] -> f32[2, 5, 16] weights=1 gather=1 ops=1
# CHECK-NEXT: embeddings/tokens embed i32[2, 5] -> f32[2, 5, 16] weights=1 gather=1 ops=1
# CHECK-NEXT: layers.0 llama_layer f32[2, 5, 16], f32[2, 5, 2], f32[2, 5, 2], f32[2, 2, 4, 16],
# CHECK-SAME:   f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 2, 4, 16], f32[2, 2, 16, 4], f32[2, 5, 16] weights=9 dot_general=9
# CHECK-SAME:   reduce=4 dynamic_update_slice=2 ops=110
# CHECK-NEXT: layers.0/attention_norm rms_norm f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: layers.0/attention self_attention f32[2, 5, 16], f32[2, 5, 2], f32[2, 5, 2],
# CHECK-SAME:   f32[2, 2, 4, 16], f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 2, 4, 16], f32[2, 2, 16, 4], f32[2, 5, 16] weights=4 dot_general=6
# CHECK-SAME:   reduce=2 dynamic_update_slice=2 ops=78
# CHECK-NEXT: layers.0/attention/cache kv_cache_write fence f32[2, 5, 2, 4], f32[2, 2, 4, 16],
# CHECK-SAME:   f32[2, 5, 2, 4], f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 2, 4, 16], f32[2, 2, 16, 4] weights=0 dynamic_update_slice=2 ops=12
# CHECK-NEXT: layers.0/attention/attend attend f32[2, 5, 2, 2, 4], f32[2, 5, 2, 4], f32[2, 5, 2, 4]
# CHECK-SAME:   -> f32[2, 5, 2, 2, 4] weights=0 dot_general=2 reduce=2 ops=26
# CHECK-NEXT: layers.0/residual_add residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: layers.0/mlp_norm rms_norm f32[2, 5, 16] -> f32[2, 5, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: layers.0/mlp mlp f32[2, 5, 16] -> f32[2, 5, 16] weights=3 dot_general=3 ops=6
# CHECK-NEXT: layers.0/residual_add_1 residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: layers.1 llama_layer f32[2, 5, 16], f32[2, 5, 2], f32[2, 5, 2], f32[2, 2, 4, 16],
# CHECK-SAME:   f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 2, 4, 16], f32[2, 2, 16, 4], f32[2, 5, 16] weights=9 dot_general=9
# CHECK-SAME:   reduce=4 dynamic_update_slice=2 ops=110
# CHECK-NEXT: layers.1/attention_norm rms_norm f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: layers.1/attention self_attention f32[2, 5, 16], f32[2, 5, 2], f32[2, 5, 2],
# CHECK-SAME:   f32[2, 2, 4, 16], f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 2, 4, 16], f32[2, 2, 16, 4], f32[2, 5, 16] weights=4 dot_general=6
# CHECK-SAME:   reduce=2 dynamic_update_slice=2 ops=78
# CHECK-NEXT: layers.1/attention/cache kv_cache_write fence f32[2, 5, 2, 4], f32[2, 2, 4, 16],
# CHECK-SAME:   f32[2, 5, 2, 4], f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 2, 4, 16], f32[2, 2, 16, 4] weights=0 dynamic_update_slice=2 ops=12
# CHECK-NEXT: layers.1/attention/attend attend f32[2, 5, 2, 2, 4], f32[2, 5, 2, 4], f32[2, 5, 2, 4]
# CHECK-SAME:   -> f32[2, 5, 2, 2, 4] weights=0 dot_general=2 reduce=2 ops=26
# CHECK-NEXT: layers.1/residual_add residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: layers.1/mlp_norm rms_norm f32[2, 5, 16] -> f32[2, 5, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: layers.1/mlp mlp f32[2, 5, 16] -> f32[2, 5, 16] weights=3 dot_general=3 ops=6
# CHECK-NEXT: layers.1/residual_add_1 residual_add f32[2, 5, 16], f32[2, 5, 16]
# CHECK-SAME:   -> f32[2, 5, 16] weights=0 ops=1
# CHECK-NEXT: last_token gather_last_token f32[2, 5, 16], i32[2]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 gather=1 ops=4
# CHECK-NEXT: norm rms_norm f32[2, 1, 16] -> f32[2, 1, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: lm_head lm_head f32[2, 1, 16] -> f32[2, 1, 19] weights=1 dot_general=1 ops=1

print("TEST: decode")
print(flow(phase="decode", batch=2, seq=1, context=16).build().summary())
# CHECK-LABEL: TEST: decode
# CHECK-NEXT: positions positions i32[2] -> i32[2, 1] weights=0 ops=4
# CHECK-NEXT: rope rope_tables fence i32[2, 1] -> f32[2, 1, 2], f32[2, 1, 2] weights=0 ops=11
# CHECK-NEXT: embeddings embeddings i32[2, 1] -> f32[2, 1, 16] weights=1 gather=1 ops=1
# CHECK-NEXT: embeddings/tokens embed i32[2, 1] -> f32[2, 1, 16] weights=1 gather=1 ops=1
# CHECK-NEXT: layers.0 llama_layer f32[2, 1, 16], f32[2, 1, 2], f32[2, 1, 2], i32[2, 1],
# CHECK-SAME:   f32[2, 2, 4, 16], f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 2, 4, 16], f32[2, 2, 16, 4], f32[2, 1, 16] weights=9 dot_general=9
# CHECK-SAME:   reduce=4 dynamic_update_slice=4 ops=153
# CHECK-NEXT: layers.0/attention_norm rms_norm f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: layers.0/attention self_attention f32[2, 1, 16], f32[2, 1, 2], f32[2, 1, 2],
# CHECK-SAME:   i32[2, 1], f32[2, 2, 4, 16], f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 2, 4, 16], f32[2, 2, 16, 4], f32[2, 1, 16] weights=4 dot_general=6
# CHECK-SAME:   reduce=2 dynamic_update_slice=4 ops=121
# CHECK-NEXT: layers.0/attention/cache kv_cache_write fence i32[2, 1], f32[2, 1, 2, 4],
# CHECK-SAME:   f32[2, 2, 4, 16], f32[2, 1, 2, 4], f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 2, 4, 16], f32[2, 2, 16, 4] weights=0 dynamic_update_slice=4 ops=46
# CHECK-NEXT: layers.0/attention/attend attend i32[2, 1], f32[2, 1, 2, 2, 4], f32[2, 2, 4, 16],
# CHECK-SAME:   f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 1, 2, 2, 4] weights=0 dot_general=2 reduce=2 ops=35
# CHECK-NEXT: layers.0/residual_add residual_add f32[2, 1, 16], f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 ops=1
# CHECK-NEXT: layers.0/mlp_norm rms_norm f32[2, 1, 16] -> f32[2, 1, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: layers.0/mlp mlp f32[2, 1, 16] -> f32[2, 1, 16] weights=3 dot_general=3 ops=6
# CHECK-NEXT: layers.0/residual_add_1 residual_add f32[2, 1, 16], f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 ops=1
# CHECK-NEXT: layers.1 llama_layer f32[2, 1, 16], f32[2, 1, 2], f32[2, 1, 2], i32[2, 1],
# CHECK-SAME:   f32[2, 2, 4, 16], f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 2, 4, 16], f32[2, 2, 16, 4], f32[2, 1, 16] weights=9 dot_general=9
# CHECK-SAME:   reduce=4 dynamic_update_slice=4 ops=153
# CHECK-NEXT: layers.1/attention_norm rms_norm f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: layers.1/attention self_attention f32[2, 1, 16], f32[2, 1, 2], f32[2, 1, 2],
# CHECK-SAME:   i32[2, 1], f32[2, 2, 4, 16], f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 2, 4, 16], f32[2, 2, 16, 4], f32[2, 1, 16] weights=4 dot_general=6
# CHECK-SAME:   reduce=2 dynamic_update_slice=4 ops=121
# CHECK-NEXT: layers.1/attention/cache kv_cache_write fence i32[2, 1], f32[2, 1, 2, 4],
# CHECK-SAME:   f32[2, 2, 4, 16], f32[2, 1, 2, 4], f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 2, 4, 16], f32[2, 2, 16, 4] weights=0 dynamic_update_slice=4 ops=46
# CHECK-NEXT: layers.1/attention/attend attend i32[2, 1], f32[2, 1, 2, 2, 4], f32[2, 2, 4, 16],
# CHECK-SAME:   f32[2, 2, 16, 4]
# CHECK-SAME:   -> f32[2, 1, 2, 2, 4] weights=0 dot_general=2 reduce=2 ops=35
# CHECK-NEXT: layers.1/residual_add residual_add f32[2, 1, 16], f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 ops=1
# CHECK-NEXT: layers.1/mlp_norm rms_norm f32[2, 1, 16] -> f32[2, 1, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: layers.1/mlp mlp f32[2, 1, 16] -> f32[2, 1, 16] weights=3 dot_general=3 ops=6
# CHECK-NEXT: layers.1/residual_add_1 residual_add f32[2, 1, 16], f32[2, 1, 16]
# CHECK-SAME:   -> f32[2, 1, 16] weights=0 ops=1
# CHECK-NEXT: norm rms_norm f32[2, 1, 16] -> f32[2, 1, 16] weights=1 reduce=1 ops=12
# CHECK-NEXT: lm_head lm_head f32[2, 1, 16] -> f32[2, 1, 19] weights=1 dot_general=1 ops=1

"""What each architecture of GGUF files adds to the keys that all share."""

from __future__ import annotations

from collections.abc import Callable

from rlxflow.config.gguf_gemma import Config, gemma, gemma2, gemma3
from rlxflow.config.gguf_metadata import Metadata, sliding_window
from rlxflow.weights import WeightSource

Family = Callable[[Metadata, WeightSource, Config], Config]


def _llama(meta: Metadata, source: WeightSource, config: Config) -> Config:
    """Llama, and as such Mistral (with a window) and Mixtral (with experts)."""
    common = {"model_type": "llama", "hidden_act": "silu"}
    window = sliding_window(meta)
    if meta.integer("expert_count", 0, least=0):
        experts = meta.integer("expert_count")
        per_token = meta.integer("expert_used_count")
        width = meta.integer("expert_feed_forward_length", config["intermediate_size"])
        return {
            **common,
            "model_type": "mixtral",
            "sliding_window": window,
            "num_local_experts": experts,
            "num_experts_per_tok": per_token,
            "intermediate_size": width,
        }
    meta.integer("expert_used_count", 0, least=0)
    if window is not None:
        return {**common, "model_type": "mistral", "sliding_window": window}
    return {
        **common,
        "attention_bias": "blk.0.attn_q.bias" in source,
        "mlp_bias": "blk.0.ffn_gate.bias" in source,
    }


def _qwen2(meta: Metadata, source: WeightSource, config: Config) -> Config:
    return {"model_type": "qwen2", "hidden_act": "silu"}


def _qwen3(meta: Metadata, source: WeightSource, config: Config) -> Config:
    bias = "blk.0.attn_q.bias" in source
    return {"model_type": "qwen3", "hidden_act": "silu", "attention_bias": bias}


def _qwen3moe(meta: Metadata, source: WeightSource, config: Config) -> Config:
    layers = range(config["num_hidden_layers"])
    renormalised = meta.get("expert_weights_norm")
    return {
        "model_type": "qwen3_moe",
        "hidden_act": "silu",
        "attention_bias": "blk.0.attn_q.bias" in source,
        "num_experts": meta.integer("expert_count"),
        "num_experts_per_tok": meta.integer("expert_used_count"),
        "moe_intermediate_size": meta.integer("expert_feed_forward_length"),
        "norm_topk_prob": True if renormalised is None else bool(renormalised),
        "decoder_sparse_step": 1,
        "mlp_only_layers": [i for i in layers if f"blk.{i}.ffn_gate_inp.weight" not in source],
    }


def _phi3(meta: Metadata, source: WeightSource, config: Config) -> Config:
    original = meta.integer("rope.scaling.original_context_length", meta.integer("context_length"))
    return {
        "model_type": "phi3",
        "hidden_act": "silu",
        "original_max_position_embeddings": original,
        "sliding_window": sliding_window(meta),
    }


def _olmo2(meta: Metadata, source: WeightSource, config: Config) -> Config:
    bias = "blk.0.attn_q.bias" in source
    return {"model_type": "olmo2", "hidden_act": "silu", "attention_bias": bias}


def _granite(meta: Metadata, source: WeightSource, config: Config) -> Config:
    return {
        "model_type": "granite",
        "hidden_act": "silu",
        "attention_bias": "blk.0.attn_q.bias" in source,
        "mlp_bias": "blk.0.ffn_gate.bias" in source,
        "attention_multiplier": meta.number("attention.scale", config["head_dim"] ** -0.5),
        "embedding_multiplier": meta.number("embedding_scale", 1.0),
        "residual_multiplier": meta.number("residual_scale", 1.0),
        "logits_scaling": meta.number("logit_scale", 1.0),
    }


def _smollm3(meta: Metadata, source: WeightSource, config: Config) -> Config:
    """Every fourth layer has no rope; the file does not say so."""
    layers = range(1, config["num_hidden_layers"] + 1)
    return {
        "model_type": "smollm3",
        "hidden_act": "silu",
        "attention_bias": "blk.0.attn_q.bias" in source,
        "mlp_bias": "blk.0.ffn_gate.bias" in source,
        "no_rope_layers": [int(i % 4 != 0) for i in layers],
    }


FAMILIES: dict[str, Family] = {
    "llama": _llama,
    "qwen2": _qwen2,
    "qwen3": _qwen3,
    "qwen3moe": _qwen3moe,
    "gemma": gemma,
    "gemma2": gemma2,
    "gemma3": gemma3,
    "phi3": _phi3,
    "olmo2": _olmo2,
    "granite": _granite,
    "smollm3": _smollm3,
}

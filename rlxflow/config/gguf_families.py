"""What each architecture of GGUF files adds to the keys that all share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rlxflow.config.gguf_metadata import Metadata
from rlxflow.config.gguf_rope import rope_parameters
from rlxflow.errors import ConfigError
from rlxflow.weights import WeightSource

Config = dict[str, Any]
Family = Callable[[Metadata, WeightSource, Config], Config]
SLIDING, FULL = "sliding_attention", "full_attention"


def _llama(meta: Metadata, source: WeightSource, config: Config) -> Config:
    """Llama, and as such Mistral (with a window) and Mixtral (with experts)."""
    common = {"model_type": "llama", "hidden_act": "silu"}
    window = _window(meta)
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


def _gemma(meta: Metadata, source: WeightSource, config: Config) -> Config:
    return {"model_type": "gemma", "hidden_act": "gelu_pytorch_tanh"}


def _gemma2(meta: Metadata, source: WeightSource, config: Config) -> Config:
    layers = range(config["num_hidden_layers"])
    return {
        "model_type": "gemma2",
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": _query_scalar(meta, config, layers_of_27b=46),
        "attn_logit_softcapping": meta.number("attn_logit_softcapping", 50.0),
        "final_logit_softcapping": meta.number("final_logit_softcapping", 30.0),
        "sliding_window": _window(meta, 4096),
        "layer_types": [FULL if i % 2 else SLIDING for i in layers],
    }


def _gemma3(meta: Metadata, source: WeightSource, config: Config) -> Config:
    """The file has neither the rope base of sliding layers nor which layers slide, as a rule."""
    local = {"rope_type": "default", "rope_theta": meta.number("rope.freq_base_swa", 10000.0)}
    full = rope_parameters(meta, source, config["head_dim"], theta=1e6)
    softcaps = {
        key: meta.number(key)
        for key in ("attn_logit_softcapping", "final_logit_softcapping")
        if not meta.off(key)
    }
    return {
        "model_type": "gemma3_text",
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": _query_scalar(meta, config, layers_of_27b=62),
        "sliding_window": _window(meta, 1024),
        "layer_types": _pattern(meta, config["num_hidden_layers"]),
        "rope_parameters": {FULL: full, SLIDING: local},
        **softcaps,
    }


def _phi3(meta: Metadata, source: WeightSource, config: Config) -> Config:
    original = meta.integer("rope.scaling.original_context_length", meta.integer("context_length"))
    return {
        "model_type": "phi3",
        "hidden_act": "silu",
        "original_max_position_embeddings": original,
        "sliding_window": _window(meta),
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
    "gemma": _gemma,
    "gemma2": _gemma2,
    "gemma3": _gemma3,
    "phi3": _phi3,
    "olmo2": _olmo2,
    "granite": _granite,
    "smollm3": _smollm3,
}


def _window(meta: Metadata, default: int = 0) -> int | None:
    """Returns the sliding window in tokens, or None if there is none."""
    return meta.integer("attention.sliding_window", default, least=0) or None


def _query_scalar(meta: Metadata, config: Config, layers_of_27b: int) -> float:
    """Returns what scores are divided by the root of: head_dim, but hidden / heads in the 27B."""
    if not meta.off("attention.scale"):
        return meta.number("attention.scale") ** -2
    if config["num_hidden_layers"] == layers_of_27b:
        return config["hidden_size"] / config["num_attention_heads"]
    return config["head_dim"]


def _pattern(meta: Metadata, layers: int) -> list[str]:
    """Returns the kind of every layer: as the file says, else the sixth of six is full."""
    key = "attention.sliding_window_pattern"
    flags = meta.array(key)
    if flags is None:
        every = meta.integer(key, 6)
        return [SLIDING if (i + 1) % every else FULL for i in range(layers)]
    if len(flags) != layers:
        raise ConfigError(meta.place(key), expected=f"{layers} layers", found=f"{len(flags)}")
    return [SLIDING if flag else FULL for flag in flags]

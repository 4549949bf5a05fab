"""What files of the Gemma architectures say, and what is known of the models besides."""

from __future__ import annotations

from typing import Any

from rlxflow.config.gguf_metadata import Metadata, sliding_window
from rlxflow.config.gguf_rope import rope_parameters
from rlxflow.errors import ConfigError
from rlxflow.weights import WeightSource

Config = dict[str, Any]
SLIDING, FULL = "sliding_attention", "full_attention"


def gemma(meta: Metadata, source: WeightSource, config: Config) -> Config:
    return {"model_type": "gemma", "hidden_act": "gelu_pytorch_tanh"}


def gemma2(meta: Metadata, source: WeightSource, config: Config) -> Config:
    layers = range(config["num_hidden_layers"])
    return {
        "model_type": "gemma2",
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": _query_scalar(meta, config, layers_of_27b=46),
        "attn_logit_softcapping": meta.number("attn_logit_softcapping", 50.0),
        "final_logit_softcapping": meta.number("final_logit_softcapping", 30.0),
        "sliding_window": sliding_window(meta, 4096),
        "layer_types": [FULL if i % 2 else SLIDING for i in layers],
    }


def gemma3(meta: Metadata, source: WeightSource, config: Config) -> Config:
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
        "sliding_window": sliding_window(meta, 1024),
        "layer_types": _pattern(meta, config["num_hidden_layers"]),
        "rope_parameters": {FULL: full, SLIDING: local},
        **softcaps,
    }


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

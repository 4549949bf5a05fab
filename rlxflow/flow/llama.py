"""Llama layers for the fluent methods: one stage, whose parts are stages."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.chain import Chain, Stage
from rlxflow.blocks.norm import RmsNorm
from rlxflow.errors import ConfigError
from rlxflow.flow.verbs import LayerStack


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaDecoderSpec:
    """The numbers of a Llama layer.

    Attributes:
        num_heads: Query heads.
        head_dim: Size of a head.
        num_kv_heads: Key/value heads; as many as query heads if None.
        eps: Of the norms.
        window: Keys that a query sees, its own included; None for all before it.
        intermediate_size: Of the feed-forward; None to read it from the weights.
    """

    num_heads: int
    head_dim: int
    num_kv_heads: int | None = None
    eps: float = 1e-5
    window: int | None = None
    intermediate_size: int | None = None


def llama_prefill_layer_fused(index: int, spec: LlamaDecoderSpec) -> Stage:
    """Returns the layer `model.layers.{index}` as one stage `layers.{index}`.

    Formula: `x1 = x + attention(rms(x))`, `y = x1 + swiglu(rms(x1))`; reads the slots of
    `.rope_tables(...)`.
    """
    if index < 0:
        raise ConfigError("layer index", expected="at least 0", found=str(index))
    prefix = f"model.layers.{index}"
    attention = SelfAttention(
        query_key=f"{prefix}.self_attn.q_proj",
        key_key=f"{prefix}.self_attn.k_proj",
        value_key=f"{prefix}.self_attn.v_proj",
        output_key=f"{prefix}.self_attn.o_proj",
        num_attention_heads=spec.num_heads,
        num_key_value_heads=spec.num_kv_heads or spec.num_heads,
        head_dim=spec.head_dim,
        causal=True,
        window=spec.window,
        padding=False,
        bias=False,
        rope="rope",
    )
    before = RmsNorm(weight_key=f"{prefix}.input_layernorm.weight", eps=spec.eps)
    after = RmsNorm(weight_key=f"{prefix}.post_attention_layernorm.weight", eps=spec.eps)
    mlp = f"{prefix}.mlp"
    stack = (
        LayerStack()
        .residual_save()
        .stage("attention_norm", before)
        .stage("attention", attention)
        .residual_add()
        .residual_save()
        .stage("mlp_norm", after)
        .swiglu(f"{mlp}.gate_proj", f"{mlp}.up_proj", f"{mlp}.down_proj", spec.intermediate_size)
        .residual_add()
    )
    return Stage(f"layers.{index}", Chain(stages=stack.stages, label="llama_layer"))

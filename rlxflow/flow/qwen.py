"""Qwen2 and Qwen3 layers for the fluent methods: Llama's, with biases or query/key norms."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rlxflow.blocks.chain import Stage
from rlxflow.flow.attention_specs import MaskKind, SelfAttnPrefillSpec
from rlxflow.flow.decoder_layer import (
    LayerNorms,
    check_group,
    gated_mlp,
    layer_prefix,
    layer_stage,
)
from rlxflow.flow.llama import decode_attention
from rlxflow.flow.side_outputs import SideOutputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Qwen3DecoderSpec:
    """The numbers of a Qwen layer. Qwen2: `attention_bias=True, qk_norm=False`.

    Attributes:
        num_heads: Query heads.
        num_kv_heads: Key/value heads.
        head_dim: Size of a head.
        eps: Of all norms.
        hidden_shape: Sizes [b, t, d] that the layer's value must have; none to take any.
        batch: b, if it is to be checked without `hidden_shape`.
        seq: t, likewise.
        qk_norm: Whether each head of queries and keys is normalised before it is turned.
        attention_bias: Whether the products that make queries, keys and values have biases.
        mask: Which keys a query sees.
        intermediate_size: Of the feed-forward; None to read it from the weights.
        rope_table: First part of the slots with cosine and sine.
    """

    num_heads: int
    num_kv_heads: int
    head_dim: int
    eps: float = 1e-6
    hidden_shape: tuple[int, ...] = ()
    batch: int | None = None
    seq: int | None = None
    qk_norm: bool = True
    attention_bias: bool = False
    mask: MaskKind = MaskKind.CAUSAL
    intermediate_size: int | None = None
    rope_table: str = "rope"

    def __post_init__(self) -> None:
        check_group(self.num_heads, self.num_kv_heads, None)

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Sizes that the layer's value must have; None for any."""
        stated = self.batch is not None or self.seq is not None
        return self.hidden_shape or ((self.batch, self.seq, None) if stated else ())

    def attention(self, index: int) -> SelfAttnPrefillSpec:
        """Returns the spec of a layer's attention."""
        prefix = layer_prefix(index)
        spec = SelfAttnPrefillSpec.hf_layer(
            prefix, self.num_heads, self.head_dim, self.num_kv_heads
        )
        return replace(
            spec,
            mask=self.mask,
            rope_table=self.rope_table,
            bias=self.attention_bias,
            q_norm_key=f"{prefix}.self_attn.q_norm.weight" if self.qk_norm else "",
            k_norm_key=f"{prefix}.self_attn.k_norm.weight" if self.qk_norm else "",
            norm_eps=self.eps,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Qwen3DecodeLayerSpec(Qwen3DecoderSpec):
    """The numbers of a Qwen layer in a decode step; see `bind_decode_inputs`.

    Attributes:
        kv_group_size: Query heads for each key/value head, if it is to be checked.
        use_custom_mask: Whether keys are hidden by the input `mask`.
        past: Whether earlier keys and values are bound.
    """

    kv_group_size: int | None = None
    use_custom_mask: bool = False
    past: bool = True

    def __post_init__(self) -> None:
        check_group(self.num_heads, self.num_kv_heads, self.kv_group_size)


def qwen3_prefill_layer_fused(index: int, spec: Qwen3DecoderSpec) -> Stage:
    """Returns the layer `model.layers.{index}` as one stage `layers.{index}`."""
    return _stage(index, spec, "")


def qwen3_prefill_layer_fused_kv(index: int, spec: Qwen3DecoderSpec, sink: SideOutputs) -> Stage:
    """Returns the same layer; its keys, as they are turned, and its values are outputs."""
    return _stage(index, spec, sink.add_kv(index))


def qwen3_decode_layer_fused(
    index: int, spec: Qwen3DecodeLayerSpec, kv_out: SideOutputs | None = None
) -> Stage:
    """Returns the layer for a decode step, with keys and values of earlier tokens as inputs."""
    return _stage(index, spec, kv_out.add_kv(index) if kv_out is not None else "")


def _stage(index: int, spec: Qwen3DecoderSpec, exported: str) -> Stage:
    prefix = layer_prefix(index)
    attention = spec.attention(index).block(f"{prefix}.self_attn.o_proj")
    if isinstance(spec, Qwen3DecodeLayerSpec):
        attention = decode_attention(attention, index, spec, exported)
    else:
        attention = replace(attention, export_key=exported)
    mlp = gated_mlp(prefix, "silu", spec.intermediate_size)
    norms = LayerNorms(eps=spec.eps)
    return layer_stage(index, [("attention", attention)], mlp, norms, "qwen_layer", spec.shape)

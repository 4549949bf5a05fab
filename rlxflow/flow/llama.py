"""Llama layers for the fluent methods: one stage, whose parts are stages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Stage
from rlxflow.blocks.decode_bindings import DECODE
from rlxflow.blocks.kv_tap import LlamaKvTap
from rlxflow.blocks.linear import Linear
from rlxflow.errors import ConfigError
from rlxflow.flow.attention_specs import MaskKind, SelfAttnPrefillSpec
from rlxflow.flow.decoder_layer import (
    LayerNorms,
    check_group,
    gated_mlp,
    layer_prefix,
    layer_stage,
)
from rlxflow.flow.side_outputs import SideOutputs


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaDecoderSpec:
    """The numbers of a Llama layer.

    Attributes:
        num_heads: Query heads.
        head_dim: Size of a head.
        num_kv_heads: Key/value heads; as many as query heads if None.
        eps: Of the norms.
        mask: Which keys a query sees; None for causal, with the window below.
        window: Keys that a query sees, its own included; None for all before it.
        intermediate_size: Of the feed-forward; None to read it from the weights.
        hidden_shape: Sizes [b, t, d] that the layer's value must have; none to take any.
        attention_bias: Whether the four products of the attention have biases.
        mlp_bias: Whether those of the feed-forward have.
        n_rot: Elements of a head that are turned; None for all that the tables have.
        rope_table: First part of the slots with cosine and sine.
        rope_style: `half` or `interleaved`.
    """

    num_heads: int
    head_dim: int
    num_kv_heads: int | None = None
    eps: float = 1e-5
    mask: MaskKind | None = None
    window: int | None = None
    intermediate_size: int | None = None
    hidden_shape: tuple[int, ...] = ()
    attention_bias: bool = False
    mlp_bias: bool = False
    n_rot: int | None = None
    rope_table: str = "rope"
    rope_style: str = "half"

    def __post_init__(self) -> None:
        check_group(self.num_heads, self.kv_heads, None)
        if self.mask is not None and self.window is not None:
            raise ConfigError("llama layer", expected="mask or window", found="both")

    @property
    def kv_heads(self) -> int:
        """The number of key/value heads."""
        return self.num_heads if self.num_kv_heads is None else self.num_kv_heads

    def attention(self, index: int) -> SelfAttnPrefillSpec:
        """Returns the spec of a layer's attention."""
        prefix = layer_prefix(index)
        spec = SelfAttnPrefillSpec.hf_layer(prefix, self.num_heads, self.head_dim, self.kv_heads)
        return replace(
            spec,
            mask=self.mask or MaskKind(causal=True, window=self.window),
            n_rot=self.n_rot,
            rope_table=self.rope_table,
            rope_style=self.rope_style,
            bias=self.attention_bias,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaDecodeLayerSpec(LlamaDecoderSpec):
    """The numbers of a Llama layer in a decode step; see `bind_decode_inputs`.

    Attributes:
        kv_group_size: Query heads for each key/value head, if it is to be checked.
        use_custom_mask: Whether keys are hidden by the input `mask`.
        past: Whether earlier keys and values are bound.
    """

    kv_group_size: int | None = None
    use_custom_mask: bool = False
    past: bool = True

    def __post_init__(self) -> None:
        LlamaDecoderSpec.__post_init__(self)
        check_group(self.num_heads, self.kv_heads, self.kv_group_size)


def llama_prefill_layer_fused(index: int, spec: LlamaDecoderSpec) -> Stage:
    """Returns the layer `model.layers.{index}` as one stage `layers.{index}`.

    Formula: `x1 = x + attention(rms(x))`, `y = x1 + swiglu(rms(x1))`; reads the slots of
    `.rope_tables(...)`.
    """
    return _stage(index, spec, [("attention", _attention(index, spec))])


def llama_prefill_layer_composed(index: int, spec: LlamaDecoderSpec) -> Stage:
    """Returns the same layer of smaller stages: attention and the product after it stand apart."""
    prefix = layer_prefix(index)
    out = f"{prefix}.self_attn.o_proj"
    product = Linear(
        weight_key=f"{out}.weight", bias_key=f"{out}.bias" if spec.attention_bias else ""
    )
    return _stage(index, spec, [("self_attn", spec.attention(index).block()), ("o_proj", product)])


def llama_decode_layer_fused(
    index: int, spec: LlamaDecodeLayerSpec, kv_out: SideOutputs | None = None
) -> Stage:
    """Returns the layer for a decode step, with keys and values of earlier tokens as inputs.

    Reads the slots of `.bind_decode_inputs(...)`; all keys and values, those of this step behind
    the earlier ones, are outputs under names that `kv_out` collects.
    """
    exported = kv_out.add_kv(index) if kv_out is not None else ""
    attention = decode_attention(_attention(index, spec), index, spec, exported)
    return _stage(index, spec, [("attention", attention)])


class DecodeNumbers(Protocol):
    """What the spec of a decode layer says beside its layer's numbers."""

    @property
    def use_custom_mask(self) -> bool: ...

    @property
    def past(self) -> bool: ...


def decode_attention(
    block: SelfAttention, index: int, spec: DecodeNumbers, exported: str
) -> SelfAttention:
    """Returns a layer's attention as a decode step with bound inputs needs it."""
    return replace(
        block,
        rope=f"{DECODE}.{block.rope}" if block.rope else "",
        past_slot=f"{DECODE}.{index}" if spec.past else "",
        padding=block.padding or spec.use_custom_mask,
        export_key=exported,
    )


def llama_kv_tap(
    index: int,
    head_dim: int,
    eps: float,
    sink: SideOutputs,
    *,
    num_kv_heads: int | None = None,
    rope_table: str = "rope",
    norm_offset: float = 0.0,
) -> LlamaKvTap:
    """Returns a tap that stands before a layer and makes its keys and values outputs.

    The number of key/value heads is read from the weights if it is not given.
    """
    prefix = layer_prefix(index)
    return LlamaKvTap(
        prefix=prefix,
        head_dim=head_dim,
        num_key_value_heads=num_kv_heads,
        eps=eps,
        output=sink.add_kv(index),
        rope=rope_table,
        norm_offset=norm_offset,
    )


def _attention(index: int, spec: LlamaDecoderSpec) -> SelfAttention:
    out = f"{layer_prefix(index)}.self_attn.o_proj"
    return spec.attention(index).block(out, output_bias=spec.attention_bias)


def _stage(index: int, spec: LlamaDecoderSpec, mixer: list[tuple[str, Block]]) -> Stage:
    mlp = gated_mlp(layer_prefix(index), "silu", spec.intermediate_size, bias=spec.mlp_bias)
    norms = LayerNorms(eps=spec.eps)
    return layer_stage(index, mixer, mlp, norms, "llama_layer", spec.hidden_shape)

"""Gemma layers for the fluent methods: one stage, whose parts are stages."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Stage
from rlxflow.blocks.linear import Linear
from rlxflow.blocks.moe_beside import ExpertsBesideMlp
from rlxflow.errors import ConfigError, did_you_mean
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
class GemmaLayerStyle:
    """What differs between the generations.

    Attributes:
        name: Of the style.
        norm_offset: Of all norms; see `RmsNorm`.
        sandwich: Whether there are norms after attention and feed-forward as well.
        qk_norm: Whether each head of queries and keys is normalised.
        value_norm: Whether each head of values is normalised, without a weight.
        score_scale: Of the scores, where the spec of the attention does not say it.
        scalar_key: Factor [1] of the whole layer, below the layer; empty for none.
    """

    name: str
    norm_offset: float = 1.0
    sandwich: bool = True
    qk_norm: bool = False
    value_norm: bool = False
    score_scale: float | None = None
    scalar_key: str = ""


STYLES = {
    style.name: style
    for style in (
        GemmaLayerStyle(name="gemma", sandwich=False),
        GemmaLayerStyle(name="gemma2"),
        GemmaLayerStyle(name="gemma3", qk_norm=True),
        GemmaLayerStyle(
            name="gemma4",
            norm_offset=0.0,
            qk_norm=True,
            value_norm=True,
            score_scale=1.0,
            scalar_key="layer_scalar",
        ),
    )
}
ACTIVATION = "gelu_pytorch_tanh"


def gemma_style(style: str | GemmaLayerStyle) -> GemmaLayerStyle:
    """Returns a style by its name."""
    if isinstance(style, GemmaLayerStyle):
        return style
    if style.lower() not in STYLES:
        raise ConfigError(
            "gemma style",
            expected=f"one of {', '.join(STYLES)}",
            found=f"`{style}`",
            cure=did_you_mean(style.lower(), STYLES),
        )
    return STYLES[style.lower()]


def gemma_attn_spec(
    index: int,
    num_heads: int,
    head_dim: int,
    num_kv_heads: int,
    mask: MaskKind = MaskKind.CAUSAL,
    score_scale: float | None = None,
    attn_logit_softcap: float | None = None,
) -> SelfAttnPrefillSpec:
    """Returns the spec of the attention of `model.layers.{index}`."""
    prefix = layer_prefix(index)
    return replace(
        SelfAttnPrefillSpec.hf_layer(prefix, num_heads, head_dim, num_kv_heads),
        mask=mask,
        score_scale=score_scale,
        attn_logit_softcap=attn_logit_softcap,
    )


def gemma2_layer_mask(index: int, window: int) -> MaskKind:
    """Returns the mask of a Gemma 2 layer: even ones see `window` keys, odd ones all."""
    return MaskKind.CAUSAL if index % 2 else MaskKind.sliding_window(window)


def gemma_strided_layer_mask(index: int, window: int, stride: int) -> MaskKind:
    """Returns the mask of a layer where every `stride`-th sees all keys, the others `window`."""
    full = stride > 1 and (index + 1) % stride == 0
    return MaskKind.CAUSAL if full else MaskKind.sliding_window(window)


def gemma_prefill_layer_composed(
    index: int,
    style: str | GemmaLayerStyle,
    attn_spec: SelfAttnPrefillSpec,
    eps: float,
    kv_sink: SideOutputs | None = None,
    *,
    intermediate_size: int | None = None,
    mlp: Block | None = None,
) -> Stage:
    """Returns the layer of smaller stages: attention and the product after it stand apart.

    Args:
        index: Of the layer.
        style: `gemma`, `gemma2`, `gemma3`, `gemma4`, or numbers of your own.
        attn_spec: From `gemma_attn_spec`.
        eps: Of all norms.
        kv_sink: Collects the names of keys and values, which become outputs.
        intermediate_size: Of the feed-forward; None to read it from the weights.
        mlp: Another feed-forward; see `gemma_moe_ffn`.
    """
    spec, chosen = attn_spec, gemma_style(style)
    attention = _styled(index, chosen, spec, eps).block()
    attention = replace(attention, export_key=_exported(index, kv_sink))
    product = Linear(weight_key=f"{layer_prefix(index)}.self_attn.o_proj.weight")
    mixer: list[tuple[str, Block]] = [("self_attn", attention), ("o_proj", product)]
    return _stage(index, chosen, mixer, eps, mlp, intermediate_size)


def gemma_prefill_layer_fused(
    index: int,
    style: str | GemmaLayerStyle,
    attn_spec: SelfAttnPrefillSpec,
    eps: float,
    kv_sink: SideOutputs | None = None,
    *,
    intermediate_size: int | None = None,
    mlp: Block | None = None,
) -> Stage:
    """Returns the same layer with the attention as one stage."""
    chosen = gemma_style(style)
    attention = _whole(index, chosen, attn_spec, eps)
    attention = replace(attention, export_key=_exported(index, kv_sink))
    return _stage(index, chosen, [("attention", attention)], eps, mlp, intermediate_size)


@dataclass(frozen=True, slots=True, kw_only=True)
class GemmaDecodeLayerSpec:
    """The numbers of a Gemma layer in a decode step; see `bind_decode_inputs`.

    Attributes:
        style: `gemma`, `gemma2`, `gemma3`, `gemma4`, or numbers of your own.
        num_heads: Query heads.
        head_dim: Size of a head.
        num_kv_heads: Key/value heads.
        kv_group_size: Query heads for each key/value head, if it is to be checked.
        eps: Of all norms.
        use_custom_mask: Whether keys are hidden by the input `mask`, beside what `mask` hides.
        past: Whether earlier keys and values are bound.
        hidden_shape: Sizes [b, t, d] that the layer's value must have; none to take any.
        mask: Which keys a query sees.
        score_scale: Of the scores; None for `head_dim ** -0.5`.
        attn_logit_softcap: Limit of the scores; None for none.
        rope_table: First part of the slots with cosine and sine.
        k_eq_v: Whether values are what the product of keys gives.
        intermediate_size: Of the feed-forward; None to read it from the weights.
    """

    style: str | GemmaLayerStyle
    num_heads: int
    head_dim: int
    num_kv_heads: int
    kv_group_size: int | None = None
    eps: float = 1e-6
    use_custom_mask: bool = False
    past: bool = True
    hidden_shape: tuple[int, ...] = ()
    mask: MaskKind = MaskKind.CAUSAL
    score_scale: float | None = None
    attn_logit_softcap: float | None = None
    rope_table: str = "rope"
    k_eq_v: bool = False
    intermediate_size: int | None = None

    def __post_init__(self) -> None:
        check_group(self.num_heads, self.num_kv_heads, self.kv_group_size)


def gemma_decode_layer_fused(
    index: int,
    spec: GemmaDecodeLayerSpec,
    kv_out: SideOutputs | None = None,
    *,
    mlp: Block | None = None,
) -> Stage:
    """Returns the layer for a decode step, with keys and values of earlier tokens as inputs."""
    attn = gemma_attn_spec(
        index,
        spec.num_heads,
        spec.head_dim,
        spec.num_kv_heads,
        spec.mask,
        spec.score_scale,
        spec.attn_logit_softcap,
    )
    style = gemma_style(spec.style)
    attn = replace(attn, rope_table=spec.rope_table, k_eq_v=spec.k_eq_v)
    whole = _whole(index, style, attn, spec.eps)
    attention = decode_attention(whole, index, spec, _exported(index, kv_out))
    return _stage(
        index,
        style,
        [("attention", attention)],
        spec.eps,
        mlp,
        spec.intermediate_size,
        spec.hidden_shape,
    )


def _exported(index: int, sink: SideOutputs | None) -> str:
    return "" if sink is None else sink.add_kv(index)


def _styled(
    index: int, style: GemmaLayerStyle, spec: SelfAttnPrefillSpec, eps: float
) -> SelfAttnPrefillSpec:
    if spec.score_scale is None:
        spec = replace(spec, score_scale=style.score_scale)
    if not style.qk_norm or spec.q_norm_key:
        return spec
    own = f"{layer_prefix(index)}.self_attn"
    return replace(
        spec,
        q_norm_key=f"{own}.q_norm.weight",
        k_norm_key=f"{own}.k_norm.weight",
        norm_eps=eps,
        norm_offset=style.norm_offset,
        value_norm=style.value_norm,
    )


def _whole(
    index: int, style: GemmaLayerStyle, spec: SelfAttnPrefillSpec, eps: float
) -> SelfAttention:
    output = f"{layer_prefix(index)}.self_attn.o_proj"
    return _styled(index, style, spec, eps).block(output)


def _stage(
    index: int,
    style: GemmaLayerStyle,
    mixer: list[tuple[str, Block]],
    eps: float,
    mlp: Block | None,
    size: int | None,
    shape: tuple[int, ...] = (),
) -> Stage:
    own_norm = isinstance(mlp, ExpertsBesideMlp)
    norms = LayerNorms(
        eps=eps,
        offset=style.norm_offset,
        scalar_key=style.scalar_key,
    )
    if style.sandwich:
        norms = replace(
            norms,
            after_mixer="post_attention_layernorm",
            before_mlp="" if own_norm else "pre_feedforward_layernorm",
            after_mlp="post_feedforward_layernorm",
        )
    block = mlp or gated_mlp(layer_prefix(index), ACTIVATION, size)
    return layer_stage(index, mixer, block, norms, f"{style.name}_layer", shape)

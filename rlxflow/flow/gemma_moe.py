"""Experts of Gemma 4 layers for the fluent methods."""

from __future__ import annotations

from typing import Literal

from rlxflow.blocks.chain import Stage
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.moe import MoeMlp
from rlxflow.blocks.moe_beside import ExpertsBesideMlp
from rlxflow.flow.attention_specs import SelfAttnPrefillSpec
from rlxflow.flow.decoder_layer import gated_mlp, layer_prefix
from rlxflow.flow.gemma_layers import (
    ACTIVATION,
    GemmaDecodeLayerSpec,
    GemmaLayerStyle,
    gemma_decode_layer_fused,
    gemma_prefill_layer_composed,
)
from rlxflow.flow.moe_ffn import MoeFfnStage
from rlxflow.flow.side_outputs import SideOutputs


def gemma_moe_ffn(
    index: int,
    num_experts: int,
    top_k: int,
    moe_intermediate_size: int,
    eps: float,
    *,
    intermediate_size: int | None = None,
    form: Literal["dense", "grouped", "gathered"] = "dense",
) -> ExpertsBesideMlp:
    """Returns the experts of `model.layers.{index}` beside its feed-forward."""
    prefix = layer_prefix(index)
    experts = MoeMlp(
        router_key=f"{prefix}.router.proj.weight",
        router_scale_key=f"{prefix}.router.scale",
        expert_scale_key=f"{prefix}.router.per_expert_scale",
        input_norm_key=f"{prefix}.pre_feedforward_layernorm_2.weight",
        gate_up_key=f"{prefix}.experts.gate_up_proj",
        down_key=f"{prefix}.experts.down_proj",
        num_experts=num_experts,
        num_experts_per_tok=top_k,
        norm_topk_prob=True,
        moe_intermediate_size=moe_intermediate_size,
        activation=ACTIVATION,
        norm_eps=eps,
        form=form,
    )
    mlp: Mlp = gated_mlp(prefix, ACTIVATION, intermediate_size)
    return ExpertsBesideMlp(
        mlp=mlp,
        experts=experts,
        mlp_norm_key=f"{prefix}.pre_feedforward_layernorm.weight",
        mlp_post_norm_key=f"{prefix}.post_feedforward_layernorm_1.weight",
        experts_post_norm_key=f"{prefix}.post_feedforward_layernorm_2.weight",
        eps=eps,
    )


def gemma_moe_prefill_layer_composed(
    index: int,
    style: str | GemmaLayerStyle,
    attn_spec: SelfAttnPrefillSpec,
    eps: float,
    moe: ExpertsBesideMlp | MoeFfnStage,
    kv_sink: SideOutputs | None = None,
) -> Stage:
    """Returns the layer with experts beside its feed-forward, or in its place."""
    mlp = moe.block("grouped") if isinstance(moe, MoeFfnStage) else moe
    return gemma_prefill_layer_composed(index, style, attn_spec, eps, kv_sink, mlp=mlp)


def gemma_moe_decode_layer_composed(
    index: int,
    spec: GemmaDecodeLayerSpec,
    moe: ExpertsBesideMlp | MoeFfnStage,
    kv_out: SideOutputs | None = None,
) -> Stage:
    """Returns the layer for a decode step, with the same experts."""
    mlp = moe.block("gathered") if isinstance(moe, MoeFfnStage) else moe
    return gemma_decode_layer_fused(index, spec, kv_out, mlp=mlp)

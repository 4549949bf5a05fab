"""Gemma 4 text models, dense and with experts."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, ClassVar

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import Block
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.moe import MoeMlp
from rlxflow.blocks.moe_beside import ExpertsBesideMlp
from rlxflow.blocks.per_layer import PerLayerBranch, PerLayerInputs
from rlxflow.blocks.rope import RopeTables
from rlxflow.config.decoder import FULL, SLIDING
from rlxflow.config.gemma4 import Gemma4Config
from rlxflow.recipes.causal import CausalRecipe, attention, usual_spec
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec
from rlxflow.weights import NameRules

ACTIVATION = "gelu_pytorch_tanh"
SLOTS = {FULL: "rope", SLIDING: "rope_local"}


class Gemma4Recipe(CausalRecipe):
    """Plain norms, also on the heads of values; scores are not scaled.

    The last layers may attend to keys and values of an earlier one, each layer may have an input
    of its own, and experts may stand beside the feed-forward.
    """

    config_class: ClassVar[Any] = Gemma4Config

    def spec(self, config: Gemma4Config) -> DecoderSpec:
        layers = tuple(self.layer(config, i) for i in range(config.num_hidden_layers))
        fields = usual_spec(
            config,
            layers=layers,
            embed_scale=math.sqrt(config.hidden_size),
            softcap=config.final_logit_softcapping,
            ropes=self.ropes(config),
            per_layer=self.per_layer(config),
        )
        return DecoderSpec(**fields)

    def ropes(self, config: Gemma4Config) -> tuple[RopeTables, ...]:
        """Returns one table for each kind of layer that there is."""
        sizes = {kind: config.heads_of(i)[1] for i, kind in enumerate(config.types())}
        return tuple(
            RopeTables(**config.rope_of(kind, sizes[kind]), slot=slot)
            for kind, slot in SLOTS.items()
            if kind in sizes
        )

    def per_layer(self, config: Gemma4Config) -> PerLayerInputs | None:
        """Returns what makes the layers' own inputs."""
        if not config.hidden_size_per_layer_input:
            return None
        return PerLayerInputs(
            table_key="model.embed_tokens_per_layer.weight",
            projection_key="model.per_layer_model_projection.weight",
            norm_key="model.per_layer_projection_norm.weight",
            layers=config.num_hidden_layers,
            size=config.hidden_size_per_layer_input,
            vocab_size=config.vocab_size_per_layer_input,
            eps=config.rms_norm_eps,
        )

    def layer(self, config: Gemma4Config, index: int) -> LayerSpec:
        """Returns one layer."""
        size = config.hidden_size_per_layer_input
        extra = PerLayerBranch(
            gate_key="per_layer_input_gate",
            projection_key="per_layer_projection",
            layer=index,
            size=size or 0,
            activation=ACTIVATION,
        )
        return LayerSpec(
            mixer=self.mixer(config, index),
            mlp=self.mlp(config, index),
            after_mixer="post_attention_layernorm",
            before_mlp="" if config.enable_moe_block else "pre_feedforward_layernorm",
            after_mlp="post_feedforward_layernorm",
            extra=extra if size else None,
            after_extra="post_per_layer_input_norm" if size else "",
            scale_key="layer_scalar",
        )

    def mixer(self, config: Gemma4Config, index: int) -> SelfAttention:
        """Returns the attention of one layer."""
        kinds, first = config.types(), config.first_shared
        kind, (groups, size) = kinds[index], config.heads_of(index)
        same = config.attention_k_eq_v and kind == FULL
        borrows = index >= first
        lends = first < len(kinds) and not borrows and kind not in kinds[index + 1 : first]
        numbers: dict[str, Any] = {
            "num_key_value_heads": groups,
            "head_dim": size,
            "scale": 1.0,
            "qk_norm": "head",
            "query_norm_key": "self_attn.q_norm.weight",
            "value_norm": True,
            "rope": SLOTS[kind],
        }
        if borrows:
            return attention(
                config, kind, **numbers, kv_from=f"kv.{kind}", key_key="", value_key=""
            )
        return attention(
            config,
            kind,
            **numbers,
            key_norm_key="self_attn.k_norm.weight",
            k_eq_v=same,
            value_key="" if same else "self_attn.v_proj",
            kv_to=f"kv.{kind}" if lends else "",
        )

    def mlp(self, config: Gemma4Config, index: int) -> Block:
        """Returns the feed-forward of one layer, with experts beside it if there are any."""
        double = config.use_double_wide_mlp and index >= config.first_shared
        mlp = Mlp(
            gate_key="mlp.gate_proj",
            up_key="mlp.up_proj",
            down_key="mlp.down_proj",
            intermediate_size=config.intermediate_size * (2 if double else 1),
            activation=ACTIVATION,
            bias=False,
        )
        if not config.enable_moe_block:
            return mlp
        return ExpertsBesideMlp(
            mlp=mlp,
            experts=expert_mlp(config),
            mlp_norm_key="pre_feedforward_layernorm.weight",
            mlp_post_norm_key="post_feedforward_layernorm_1.weight",
            experts_post_norm_key="post_feedforward_layernorm_2.weight",
            eps=config.rms_norm_eps,
        )

    def rules(self, config: Gemma4Config, variant: str) -> NameRules:
        usual = super().rules(config, variant)
        shared = range(config.first_shared, config.num_hidden_layers)
        unused = tuple(
            (f"model.layers.{i}.self_attn.{name}.*", "keys and values come from an earlier layer")
            for i in shared
            for name in ("k_proj", "v_proj", "k_norm", "v_norm")
        )
        return replace(usual, ignore=(*usual.ignore, *unused))


def expert_mlp(config: Gemma4Config) -> MoeMlp:
    """Returns the experts of one layer; the router sees the residual, normed and scaled."""
    return MoeMlp(
        router_key="router.proj.weight",
        router_scale_key="router.scale",
        expert_scale_key="router.per_expert_scale",
        input_norm_key="pre_feedforward_layernorm_2.weight",
        gate_up_key="experts.gate_up_proj",
        down_key="experts.down_proj",
        num_experts=config.num_experts or 0,
        num_experts_per_tok=config.top_k_experts or 0,
        norm_topk_prob=True,
        moe_intermediate_size=config.moe_intermediate_size or 0,
        activation=ACTIVATION,
        norm_eps=config.rms_norm_eps,
    )

"""What the recipes of causal language models share: phases, name rules, and the usual layer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, ClassVar

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.rope import RopeTables
from rlxflow.config.decoder import SLIDING, DecoderConfig
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.recipes.base import FlowRequest, Recipe
from rlxflow.recipes.decoder import DecoderSpec
from rlxflow.recipes.decoder_phases import MOST_TOKENS_OF_A_STEP
from rlxflow.weights import NameRules


class CausalRecipe(Recipe):
    """Base of the families: a family gives its config class and `spec`."""

    config_class: ClassVar[type[DecoderConfig]]  # pyright: ignore[reportIncompatibleVariableOverride]
    phases = ("prefill", "decode", "verify")
    ignore: ClassVar[tuple[tuple[str, str], ...]] = ()
    prefixes: ClassVar[tuple[str, ...]] = ()
    moved: ClassVar[tuple[tuple[str, str], ...]] = ()

    def spec(self, config: Any) -> DecoderSpec:
        """Returns the model as numbers over shared blocks."""
        raise NotImplementedError(type(self).__name__)

    def flow(self, config: Any, variant: str, request: FlowRequest) -> ModelFlow:
        return self.spec(config).flow(request)

    def max_positions(self, config: Any) -> int:
        return self.spec(config).max_positions

    def slides(self, config: Any) -> bool:
        """Returns whether every layer forgets what is outside its window."""
        mixers = [layer.mixer for layer in self.spec(config).layers]
        return all(getattr(mixer, "window", 0) is not None for mixer in mixers)

    def usual_sizes(self, config: Any, variant: str, phase: str) -> dict[str, Any]:
        few = {"decode": 1, "verify": MOST_TOKENS_OF_A_STEP}
        usual = super().usual_sizes(config, variant, phase)
        return {"seq": few[phase]} if phase in few else usual

    def restart_at(self, config: Any) -> int:
        """Returns the length beyond which the rotation of all positions is another; 0 for none."""
        for rope in self.spec(config).ropes:
            if rope.rope_type == "longrope":
                return rope.original_max_position_embeddings or rope.max_pos
        return 0

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        return "causal"

    def rules(self, config: Any, variant: str) -> NameRules:
        ignore = [("*.rotary_emb.inv_freq", "computed from the config"), *self.ignore]
        if config.tie_word_embeddings:
            ignore.append(("lm_head.weight", "tied to the token table"))
        return NameRules(prefixes=self.prefixes, moved=self.moved, ignore=tuple(ignore))


def attention(config: DecoderConfig, layer_type: str = "", **numbers: Any) -> SelfAttention:
    """Returns causal attention with the usual names; `numbers` override the usual ones."""
    window = getattr(config, "sliding_window", None) if layer_type == SLIDING else None
    usual: dict[str, Any] = {
        "query_key": "self_attn.q_proj",
        "key_key": "self_attn.k_proj",
        "value_key": "self_attn.v_proj",
        "output_key": "self_attn.o_proj",
        "num_attention_heads": config.num_attention_heads,
        "num_key_value_heads": config.groups,
        "head_dim": config.head_size,
        "causal": True,
        "window": window,
        "bias": config.attention_bias,
        "norm_eps": config.rms_norm_eps,
        "rope": "rope",
    }
    return SelfAttention(**(usual | numbers))


def gated_mlp(config: DecoderConfig, activation: str = "", *, bias: bool = False) -> Mlp:
    """Returns the gated feed-forward with the usual names."""
    return Mlp(
        gate_key="mlp.gate_proj",
        up_key="mlp.up_proj",
        down_key="mlp.down_proj",
        intermediate_size=config.intermediate_size,
        activation=activation or config.hidden_act,
        bias=bias,
    )


def usual_spec(config: DecoderConfig, **fields: Any) -> dict[str, Any]:
    """Returns the fields of `DecoderSpec` that all families fill alike; `fields` override them."""
    usual: dict[str, Any] = {
        "family": config.model_type,
        "vocab_size": config.vocab_size,
        "hidden_size": config.hidden_size,
        "eps": config.rms_norm_eps,
        "tied": config.tie_word_embeddings,
        "max_positions": config.max_position_embeddings,
    }
    if "ropes" not in fields:
        usual["ropes"] = (RopeTables(**config.rope()),)
    return usual | fields


def expert_stacks(
    where: str, names: Mapping[str, str], layers: Iterable[int], experts: int
) -> dict[str, tuple[str, ...]]:
    """Returns how the experts' weights of each layer are stacked.

    Args:
        where: Their place in a layer, `mlp.experts`.
        names: Our name -> the file's name, `gate_proj` -> `w1`.
        layers: Which layers have experts.
        experts: How many.
    """
    return {
        f"model.layers.{i}.{where}.{ours}.weight": tuple(
            f"model.layers.{i}.{where}.{e}.{theirs}.weight" for e in range(experts)
        )
        for i in layers
        for ours, theirs in names.items()
    }

"""GPT-2 (Radford et al., 2019): LayerNorm, learned positions, weights stored [in, out]."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.mlp import Mlp
from rlxflow.config.model_config import ModelConfig
from rlxflow.recipes.causal import CausalRecipe
from rlxflow.recipes.decoder import DecoderSpec, LayerSpec
from rlxflow.weights import NameRules


class Gpt2Config(ModelConfig):
    """The keys of a GPT-2 config.json."""

    model_type: ClassVar[str] = "gpt2"
    harmless: ClassVar[Mapping[str, str]] = {
        "attn_pdrop": "training only",
        "embd_pdrop": "training only",
        "n_ctx": "an old name of n_positions",
        "reorder_and_upcast_attn": "scores are always f32",
        "resid_pdrop": "training only",
        "summary_activation": "heads that are not built",
        "summary_first_dropout": "heads that are not built",
        "summary_proj_to_labels": "heads that are not built",
        "summary_type": "heads that are not built",
        "summary_use_proj": "heads that are not built",
        "task_specific_params": "a note",
    }

    vocab_size: int = Field(gt=0)
    n_positions: int = Field(gt=0)
    n_embd: int = Field(gt=0)
    n_layer: int = Field(ge=0)
    n_head: int = Field(gt=0)
    n_inner: int | None = None
    activation_function: str = "gelu_new"
    layer_norm_epsilon: float = Field(default=1e-5, gt=0)
    tie_word_embeddings: bool = True
    scale_attn_weights: Literal[True] = True
    scale_attn_by_inverse_layer_idx: Literal[False] = False
    add_cross_attention: Literal[False] = False


class Gpt2Recipe(CausalRecipe):
    """Pre-norm, one product for query, key and value."""

    config_class: ClassVar[Any] = Gpt2Config

    def rules(self, config: Gpt2Config, variant: str) -> NameRules:
        masks = (("h.*.attn.bias", "the causal mask"), ("h.*.attn.masked_bias", "the causal mask"))
        tied = (
            (("lm_head.weight", "tied to the token table"),) if config.tie_word_embeddings else ()
        )
        return NameRules(prefixes=("transformer.",), ignore=(*masks, *tied))

    def spec(self, config: Gpt2Config) -> DecoderSpec:
        mixer = SelfAttention(
            qkv_key="attn.c_attn",
            output_key="attn.c_proj",
            num_attention_heads=config.n_head,
            num_key_value_heads=config.n_head,
            head_dim=config.n_embd // config.n_head,
            causal=True,
            transposed=True,
        )
        mlp = Mlp(
            up_key="mlp.c_fc",
            down_key="mlp.c_proj",
            intermediate_size=config.n_inner or 4 * config.n_embd,
            activation=config.activation_function,
            transposed=True,
        )
        layer = LayerSpec(mixer=mixer, mlp=mlp, before_mixer="ln_1", before_mlp="ln_2")
        return DecoderSpec(
            family="gpt2",
            vocab_size=config.vocab_size,
            hidden_size=config.n_embd,
            layers=(layer,) * config.n_layer,
            eps=config.layer_norm_epsilon,
            layer_norm=True,
            tied=config.tie_word_embeddings,
            embed_key="wte.weight",
            layer_key="h",
            norm_key="ln_f",
            positions_key="wpe.weight",
            max_positions=config.n_positions,
        )

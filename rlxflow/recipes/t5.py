"""The encoder of T5: RMS norms first, scores without scale (Raffel et al., arXiv 1910.10683)."""

from __future__ import annotations

from dataclasses import replace

from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.norm import RmsNorm
from rlxflow.blocks.relative_bias import RELATIVE_BIAS, RelativeBias
from rlxflow.flow.encoder_layer import EncoderLayer, heads_attention
from rlxflow.recipes.encoder import EncoderRecipe, EncoderSpec
from rlxflow.recipes.t5_config import T5Config

NOT_BUILT = "the decoder is not built"
TABLE = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"


class T5EncoderRecipe(EncoderRecipe):
    """One variant: `encoder`. Of files with a decoder, only the encoder is used."""

    config_class = T5Config
    has_pooler = False
    ignore = (
        ("encoder.embed_tokens.weight", "the same as shared.weight"),
        ("decoder.*", NOT_BUILT),
        ("lm_head.*", NOT_BUILT),
    )

    def spec(self, config: T5Config) -> EncoderSpec:
        bias = RelativeBias(
            key=TABLE,
            num_attention_heads=config.num_heads,
            num_buckets=config.relative_attention_num_buckets,
            max_distance=config.relative_attention_max_distance,
        )
        return EncoderSpec(
            family="t5",
            words_key="shared.weight",
            vocab_size=config.vocab_size,
            hidden_size=config.d_model,
            before=(("relative_bias", bias),) if config.num_layers else (),
            layers=(_layer(config),) * config.num_layers,
            layer_key="encoder.block",
            last_norm=_norm(config, "encoder.final_layer_norm"),
        )


def _norm(config: T5Config, key: str) -> RmsNorm:
    return RmsNorm(weight_key=f"{key}.weight", eps=config.layer_norm_epsilon)


def _layer(config: T5Config) -> EncoderLayer:
    heads = heads_attention(
        tuple(f"layer.0.SelfAttention.{name}" for name in "qkv"),
        "layer.0.SelfAttention.o",
        heads=config.num_heads,
        hidden_size=config.d_model,
        head_dim=config.d_kv,
        bias=False,
    )
    wide = "layer.1.DenseReluDense"
    return EncoderLayer(
        label="t5_layer",
        attention=replace(heads, scale=1.0, bias_slot=RELATIVE_BIAS),
        mlp=Mlp(
            gate_key=f"{wide}.wi_0" if config.gated else "",
            up_key=f"{wide}.wi_1" if config.gated else f"{wide}.wi",
            down_key=f"{wide}.wo",
            intermediate_size=config.d_ff,
            activation=config.activation,
            bias=False,
        ),
        attention_norm=_norm(config, "layer.0.layer_norm"),
        mlp_norm=_norm(config, "layer.1.layer_norm"),
        norm_first=True,
    )

"""Layers of encoder families under their own names, for recipes and for the fluent methods."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from rlxflow.blocks.chain import Chain, Stage
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.relative_bias import RELATIVE_BIAS
from rlxflow.errors import ConfigError
from rlxflow.flow.encoder_layer import EncoderLayer, heads_attention, norm_of


class BertLayerStyle(StrEnum):
    """Which names a layer of BERT's kind has, and whether its scores have a relative bias."""

    BERT = "bert"
    MPNET = "mpnet"


class FfnActivation(StrEnum):
    """What `gelu_ffn` puts between its two products."""

    GELU_ERF = "gelu"
    GELU_TANH = "gelu_tanh"
    RELU = "relu"


@dataclass(frozen=True, slots=True)
class _Names:
    """Names of the weights of a layer, relative to it."""

    heads: tuple[str, str, str]
    output: str
    norm: str


STYLES = {
    BertLayerStyle.BERT: _Names(
        ("attention.self.query", "attention.self.key", "attention.self.value"),
        "attention.output.dense",
        "attention.output.LayerNorm",
    ),
    BertLayerStyle.MPNET: _Names(
        ("attention.attn.q", "attention.attn.k", "attention.attn.v"),
        "attention.attn.o",
        "attention.LayerNorm",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BertLayerSpec:
    """One post-norm encoder layer.

    Formula: `y = LN(x + Attention(x))`, `out = LN(y + Mlp(y))`.
    Source: Devlin et al., arXiv 1810.04805; Song et al., arXiv 2004.09297, for the style MPNET.
    Weights: `{prefix}.attention.self.{query,key,value}`, `.attention.output.{dense,LayerNorm}`,
        `.intermediate.dense`, `.output.{dense,LayerNorm}`, each `.weight` and `.bias`; in the
        style MPNET `.attention.attn.{q,k,v,o}` and `.attention.LayerNorm`, and the slot
        `relative_bias` is added to the scores.
    """

    prefix: str
    hidden_size: int
    num_attention_heads: int
    eps: float = 1e-12
    intermediate_size: int | None = None
    activation: str = "gelu"
    style: str = BertLayerStyle.BERT

    def chain(self) -> Chain:
        """Returns the layer as a chain of stages; reads the slot `attn_mask`."""
        if self.num_attention_heads < 1 or self.hidden_size % self.num_attention_heads:
            raise ConfigError(
                f"layer `{self.prefix}`",
                expected="hidden_size a multiple of num_attention_heads",
                found=f"{self.hidden_size} and {self.num_attention_heads}",
            )
        return self.layer().chain(self.prefix)

    def layer(self) -> EncoderLayer:
        """Returns the layer with names relative to it."""
        style = style_of(self.style)
        names, size = STYLES[style], self.hidden_size
        heads = heads_attention(
            names.heads, names.output, heads=self.num_attention_heads, hidden_size=size
        )
        if style is BertLayerStyle.MPNET:
            heads = replace(heads, bias_slot=RELATIVE_BIAS)
        return EncoderLayer(
            label=f"{style}_layer",
            attention=heads,
            mlp=Mlp(
                up_key="intermediate.dense",
                down_key="output.dense",
                intermediate_size=self.intermediate_size,
                activation=self.activation,
            ),
            attention_norm=norm_of(names.norm, self.eps, size=size),
            mlp_norm=norm_of("output.LayerNorm", self.eps, size=size),
        )


def style_of(name: str) -> BertLayerStyle:
    """Returns the style of that name; raises ConfigError for another."""
    try:
        return BertLayerStyle(name.lower())
    except ValueError:
        known = ", ".join(BertLayerStyle)
        raise ConfigError("style", expected=f"one of {known}", found=f"`{name}`") from None


def nomic_layer(
    hidden_size: int,
    num_heads: int,
    head_dim: int,
    eps: float,
    intermediate_size: int | None = None,
    activation: str = "silu",
) -> EncoderLayer:
    """Returns a layer of Nomic's text encoder, with names relative to it.

    Post-norm, rotated queries and keys, no biases but those of the norms; `fc12` is the gate.
    Reads the slots `attn_mask`, `rope.cos` and `rope.sin`.
    """
    return EncoderLayer(
        label="nomic_layer",
        attention=heads_attention(
            ("attn.Wqkv",),
            "attn.out_proj",
            heads=num_heads,
            hidden_size=hidden_size,
            head_dim=head_dim,
            bias=False,
            rope="rope",
        ),
        mlp=Mlp(
            gate_key="mlp.fc12",
            up_key="mlp.fc11",
            down_key="mlp.fc2",
            intermediate_size=intermediate_size,
            activation=activation,
            bias=False,
        ),
        attention_norm=norm_of("norm1", eps),
        mlp_norm=norm_of("norm2", eps),
    )


def transformer_encoder_layer(
    index: int,
    hidden_size: int,
    num_heads: int,
    eps: float = 1e-5,
    norm_first: bool = False,
    activation: str = FfnActivation.RELU,
) -> Stage:
    """Returns `layer{index}`, a layer with the names of PyTorch's `nn.TransformerEncoderLayer`.

    Weights: under `layers.{index}`: `self_attn.in_proj_weight` [3d, d] (queries, keys, values),
        `self_attn.in_proj_bias`, `self_attn.out_proj`, `linear1`, `linear2`, `norm1`, `norm2`.
    Reads the slot `attn_mask`.
    """
    layer = EncoderLayer(
        label="transformer_encoder_layer",
        attention=heads_attention(
            ("self_attn.in_proj_",), "self_attn.out_proj", heads=num_heads, hidden_size=hidden_size
        ),
        mlp=Mlp(up_key="linear1", down_key="linear2", activation=str(activation)),
        attention_norm=norm_of("norm1", eps),
        mlp_norm=norm_of("norm2", eps),
        norm_first=norm_first,
    )
    return Stage(f"layer{index}", layer.chain(f"layers.{index}"))

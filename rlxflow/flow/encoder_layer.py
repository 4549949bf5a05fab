"""One layer of a text encoder, with its norms before or after its two branches."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import Block, under
from rlxflow.blocks.chain import Chain, Stage, unique_name
from rlxflow.blocks.norm import LayerNorm
from rlxflow.blocks.residual import ResidualAdd, ResidualSave
from rlxflow.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderLayer:
    """Attention and feed-forward, each beside a residual.

    Formula: `y = N1(x + Attention(x))`, `out = N2(y + Mlp(y))`; with `norm_first`
    `y = x + Attention(N1(x))`, `out = y + Mlp(N2(y))`. A norm that is None changes nothing.
    Source: Vaswani et al., arXiv 1706.03762; norms first: Xiong et al., arXiv 2002.04745.

    Attributes:
        label: Kind of block in the IR.
        attention: Weight names of all blocks are relative to the layer.
        mlp: The feed-forward.
        attention_norm: N1.
        mlp_norm: N2.
        norm_first: Whether a branch begins with its norm.
    """

    label: str
    attention: Block
    mlp: Block
    attention_norm: Block | None
    mlp_norm: Block | None
    norm_first: bool = False

    def chain(self, prefix: str) -> Chain:
        """Returns the layer as a chain of stages, with weight names under `prefix`."""
        stages: tuple[Stage, ...] = ()
        last = "mlp_norm" if self.norm_first else "output_norm"
        branches = (
            ("attention", self.attention, "attention_norm", self.attention_norm),
            ("mlp", self.mlp, last, self.mlp_norm),
        )
        for name, block, norm_name, norm in branches:
            own = [(norm_name, under(norm, prefix))] if norm else []
            parts: list[tuple[str, Block]] = [
                ("residual_save", ResidualSave()),
                *(own if self.norm_first else ()),
                (name, under(block, prefix)),
                ("residual_add", ResidualAdd()),
                *(() if self.norm_first else own),
            ]
            for wanted, part in parts:
                stages = (*stages, Stage(unique_name(wanted, stages), part))
        return Chain(stages=stages, label=self.label)


def norm_of(key: str, eps: float, *, bias: bool = True, size: int | None = None) -> LayerNorm:
    """Returns the LayerNorm whose weights are `key.weight` and, with a bias, `key.bias`."""
    bias_key = f"{key}.bias" if bias else ""
    return LayerNorm(weight_key=f"{key}.weight", bias_key=bias_key, eps=eps, hidden_size=size)


def heads_attention(
    names: tuple[str, ...],
    output_key: str,
    *,
    heads: int,
    hidden_size: int,
    head_dim: int | None = None,
    bias: bool = True,
    rope: str = "",
    window: int | None = None,
) -> SelfAttention:
    """Returns attention over all keys that the slot `attn_mask` shows.

    Args:
        names: Of the products of queries, keys and values, or the one name of all three.
        output_key: Name of the last product.
        heads: How many.
        hidden_size: Shared evenly by the heads if there is no `head_dim`.
        head_dim: Size of a head.
        bias: Whether the products have biases.
        rope: First part of the slots with cosine and sine; empty for no rotation.
        window: Keys on either side, the query's own included; None for all.
    """
    if head_dim is None and (heads < 1 or hidden_size % heads):
        raise ConfigError(
            "attention",
            expected="hidden_size a multiple of num_attention_heads",
            found=f"{hidden_size} and {heads}",
        )
    query, key, value = names if len(names) == 3 else ("", "", "")
    return SelfAttention(
        query_key=query,
        key_key=key,
        value_key=value,
        qkv_key=names[0] if len(names) == 1 else "",
        output_key=output_key,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        head_dim=hidden_size // heads if head_dim is None else head_dim,
        bias=bias,
        rope=rope,
        window=window,
    )

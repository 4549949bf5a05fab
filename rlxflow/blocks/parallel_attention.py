"""Attention and feed-forward side by side, joined by one output product."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.activation import activate
from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.attention_core import attend
from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.blocks.heads import form_heads
from rlxflow.blocks.linear import linear
from rlxflow.errors import ConfigError
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelAttention(Block):
    """Attention and a feed-forward block read the same value; one product takes both.

    Formula: `y = [attention(x), act(x up.T + bu)] out.T + bo`.
    Source: Dehghani et al., arXiv 2302.05442.
    Weights: those of `attention`, which has no output product; `up_key` [f, d], `output_key`
        [d, h e + f]; both named without `.weight`, with biases `.bias`.

    Attributes:
        attention: A block without `output_key`.
        intermediate_size: f.
        activation: A name of the table in `activation.py`.
    """

    attention: SelfAttention
    up_key: str
    output_key: str
    intermediate_size: int
    activation: str

    @property
    def contract(self) -> Contract:
        return self.attention.contract

    def numbers(self) -> dict[str, object]:
        return {"intermediate_size": self.intermediate_size, "activation": self.activation}

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        mixed = required(emit.run("attn", self.attention, x), self)
        size = ("d", self.intermediate_size)
        wide = linear(emit, x, f"{self.up_key}.weight", f"{self.up_key}.bias", out=size)
        with emit.label(self.activation):
            wide = activate(self.activation, wide)
        joined = ops.rename(ops.concatenate([mixed, wide], "d"), d="o")
        weight, bias = f"{self.output_key}.weight", f"{self.output_key}.bias"
        return linear(emit, joined, weight, bias, out=("d", x.size("d")), over="o")


@dataclass(frozen=True, slots=True, kw_only=True)
class FusedParallelAttention(Block):
    """As `ParallelAttention`, with one product for all that is read, and a gate.

    Formula: `q, k, v, g, u = x in.T`, `y = [attend(q, k, v), act(g) u] out.T`.
    Source: Dehghani et al., arXiv 2302.05442; Shazeer, arXiv 2002.05202, for the gate.
    Weights: `attention.qkv_key` [3 h e + 2f, d], rows in the order of the formula; `output_key`
        [d, h e + f]; both named without `.weight`; norms of queries and keys as `attention` says.

    Attributes:
        attention: Norms, rotation and heads; a block with `qkv_key` and without `output_key`.
        intermediate_size: f.
        activation: A name of the table in `activation.py`.
    Constraints: (C1) there is a `qkv_key`, and a key/value head for each query head.
    """

    attention: SelfAttention
    output_key: str
    intermediate_size: int
    activation: str

    def __post_init__(self) -> None:
        if self.attention.share != 1 or not self.attention.qkv_key:
            raise ConfigError(
                "parallel attention (C1)",
                expected="qkv_key, and as many key/value heads as query heads",
                found=f"`{self.attention.qkv_key}` and {self.attention.num_key_value_heads}",
            )

    @property
    def contract(self) -> Contract:
        return self.attention.contract

    def numbers(self) -> dict[str, object]:
        own = self.attention
        return {
            "num_attention_heads": own.num_attention_heads,
            "head_dim": own.head_dim,
            "norm_eps": own.norm_eps,
            "intermediate_size": self.intermediate_size,
            "activation": self.activation,
        }

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        own, f = self.attention, self.intermediate_size
        width = own.num_attention_heads * own.head_dim
        fused = linear(emit, x, f"{own.qkv_key}.weight", out=("o", 3 * width + 2 * f))
        ends = [width, 2 * width, 3 * width, 3 * width + f, 3 * width + 2 * f]
        q, k, v, gate, up = (
            ops.slice(fused, "o", start, end) for start, end in zip([0, *ends], ends, strict=False)
        )
        heads = form_heads(emit, {"q": q, "k": k, "v": v}, own)
        with emit.label("attend"):
            k, v = ops.rename(heads.k, t="s"), ops.rename(heads.v, t="s")
            scale = own.head_dim**-0.5 if own.scale is None else own.scale
            mixed = attend(heads.q, k, v, scale=scale)
        with emit.label(self.activation):
            wide = activate(self.activation, gate) * up
        joined = ops.concatenate([ops.merge(mixed, "k g e", "o"), wide], "o")
        out = ("d", x.size("d"))
        return linear(emit, joined, f"{self.output_key}.weight", out=out, over="o")

"""One vector an image: a learned query attends to all tokens."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.attention_core import attend
from rlxflow.blocks.base import ATTN_MASK, Block, Contract, Emit, required
from rlxflow.blocks.linear import linear
from rlxflow.blocks.norm import layer_norm
from rlxflow.errors import ConfigError
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionPool(Block):
    """Cross attention of one learned query to the tokens, then a feed-forward branch.

    Formula: `a = attend(probe Wq.T + bq, x Wk.T + bk, x Wv.T + bv) Wo.T + bo`,
    `y[b,d] = a + mlp(LN(a))`.
    Source: Zhai et al., arXiv 2205.01917 (MAP head); Zhai et al., arXiv 2303.15343 (SigLIP).
    Weights: `probe_key` [1, 1, d]; `qkv_key`_weight [3d, d] and `qkv_key`_bias [3d] (queries, keys,
        values), or `query_key` [d, d] and `key_value_key` [2d, d] (keys, values), each .weight and
        .bias; `output_key` [d, d] and `norm_key` [d], .weight and .bias; those of `mlp`.

    Attributes:
        num_attention_heads: h, a divisor of d.
        mlp: The feed-forward block.
        eps: Of the norm.
        masked: Whether tokens are hidden where the slot `attn_mask` [b, s] says so.
    Numerics: attention as everywhere; the norm in f32.
    Constraints: (C1) d is a multiple of the heads.
    """

    probe_key: str
    qkv_key: str = ""
    query_key: str = ""
    key_value_key: str = ""
    output_key: str
    norm_key: str
    num_attention_heads: int
    mlp: Block
    eps: float
    masked: bool = False

    @property
    def contract(self) -> Contract:
        return Contract(reads=(ATTN_MASK,) if self.masked else ())

    def numbers(self) -> dict[str, object]:
        return {
            "num_attention_heads": self.num_attention_heads,
            "eps": self.eps,
            "masked": self.masked,
        }

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, d]."""
        x = required(x, self)
        size, heads = x.size("d"), self.num_attention_heads
        if heads < 1 or size % heads:
            expected = f"a number of heads that divides {size}"
            raise ConfigError("attention pool (C1)", expected=expected, found=str(heads))
        q, k, v = (
            ops.split(part, "o", k=heads, e=size // heads) for part in self._project(emit, x)
        )
        with emit.label("attend"):
            query = ops.insert(q, "g", q.type.axis("k") + 1)  # [b, t=1, k, g=1, e]
            keep = emit.named(ATTN_MASK) if self.masked else None
            k, v = ops.rename(k, t="s"), ops.rename(v, t="s")
            mixed = attend(query, k, v, scale=(size // heads) ** -0.5, keep=keep)
        joined = ops.merge(mixed, "k g e", "o")
        weight, bias = f"{self.output_key}.weight", f"{self.output_key}.bias"
        pooled = linear(emit, joined, weight, bias, out=("d", size), over="o")
        norm = f"{self.norm_key}.weight", f"{self.norm_key}.bias"
        normed = layer_norm(emit, pooled, *norm, self.eps, size)
        branch = required(emit.run("mlp", self.mlp, normed), self)
        return ops.pick(pooled + branch, "t", 0)

    def _project(self, emit: Emit, x: Value) -> tuple[Value, Value, Value]:
        """Returns query [b, t=1, o], key and value [b, t, o]."""
        size = x.size("d")
        stored = emit.param(self.probe_key, {"n": 1, "t": 1, "d": size})
        rows = tensor_type(x.dtype, {"b": x.size("b"), "t": 1, "d": size})
        probe = ops.expand(ops.convert(ops.pick(stored, "n", 0), x.dtype), rows)
        if self.query_key:
            weights = (f"{self.query_key}.weight", f"{self.query_key}.bias")
            query = linear(emit, probe, *weights, out=("o", size))
            weights = (f"{self.key_value_key}.weight", f"{self.key_value_key}.bias")
            both = linear(emit, x, *weights, out=("o", 2 * size))
            return query, ops.slice(both, "o", 0, size), ops.slice(both, "o", size, 2 * size)
        return (
            self._third(emit, probe, 0),
            self._third(emit, x, 1),
            self._third(emit, x, 2),
        )

    def _third(self, emit: Emit, x: Value, at: int) -> Value:
        """Returns the product with a third of the stored rows."""
        size = x.size("d")
        with emit.label(("query", "key", "value")[at]):
            weight = emit.param(f"{self.qkv_key}_weight", {"o": 3 * size, "d": size})
            bias = emit.param(f"{self.qkv_key}_bias", {"o": 3 * size})
            part = (at * size, (at + 1) * size)
            y = ops.dot(x, ops.convert(ops.slice(weight, "o", *part), x.dtype), over="d")
            return y + ops.convert(ops.slice(bias, "o", *part), x.dtype)

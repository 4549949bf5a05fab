"""The attention of every family: families differ by numbers, not by code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rlxflow.blocks.base import ATTN_MASK, Block, Contract, Emit, required
from rlxflow.blocks.linear import linear
from rlxflow.blocks.mask import both, positions_mask
from rlxflow.errors import ConfigError
from rlxflow.ir import ops
from rlxflow.ir.value import Value


def attend(
    q: Value,
    k: Value,
    v: Value,
    *,
    scale: float,
    softcap: float | None = None,
    keep: Value | None = None,
    bias: Value | None = None,
) -> Value:
    """Returns softmax-weighted values; the one place where scores are made.

    Formula, in this order:
        `s = scale * sum_e q[b,t,k,g,e] k[b,s,k,e]`
        `s = softcap * tanh(s / softcap)`           if softcap
        `s = s + bias`                              if bias
        `s = s if keep else the lowest finite f32`  if keep
        `y[b,t,k,g,e] = sum_s softmax_s(s) v[b,s,k,e]`

    Args:
        q: [b, t, k, g, e]: g query heads share each of the k key/value heads.
        k: [b, s, k, e].
        v: [b, s, k, e].
        scale: Multiplies the product of query and key.
        softcap: Limits scores smoothly to +-softcap, before any mask.
        keep: i1 tensor whose axes are among [b, k, g, t, s]; True where the key is visible.
        bias: f32 tensor whose axes are among [b, k, g, t, s].

    Numerics: products accumulate in f32; scores, softmax and bias are f32; the weights go back to
    the dtype of `v` for the second product. A query that sees no key gets the mean of all values,
    because the mask is finite (what transformers' eager code gives, too).
    """
    scores = ops.dot(q, k, over="e", dtype="f32") * scale  # [b, k, t, g, s]
    if softcap is not None:
        scores = ops.tanh(scores / softcap) * softcap
    if bias is not None:
        scores = scores + bias
    if keep is not None:
        lowest = float(np.finfo(np.float32).min)
        scores = ops.select(ops.expand(keep, scores.type.with_dtype("i1")), scores, lowest)
    weights = ops.convert(ops.softmax(scores, over="s"), v.dtype)
    mixed = ops.dot(weights, v, over="s")  # [b, k, t, g, e]
    return ops.transpose(mixed, "b t k g e")


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfAttention(Block):
    """Multi-head self-attention with separate projections.

    Formula: `y = attend(x Wq.T + bq, x Wk.T + bk, x Wv.T + bv) Wo.T + bo`, heads split in order.
    Source: Vaswani et al., arXiv 1706.03762; grouped heads: Ainslie et al., arXiv 2305.13245.
    Weights: `query_key` [h e, d], `key_key` and `value_key` [k e, d], `output_key` [d, h e], named
        without `.weight`; with `bias` also their `.bias`.

    Attributes:
        num_attention_heads: h, a multiple of k.
        num_key_value_heads: k; query head i uses key/value head `i // (h / k)`.
        head_dim: e.
        scale: Of the scores; None for `head_dim ** -0.5`.
        softcap: Limit of the scores; None for none.
        causal: Whether a query sees only keys at or before it.
        window: How many keys a query sees, its own included; None for all.
        padding: Whether keys are hidden where the slot `attn_mask` [b, s] says so.
        bias: Whether the four products have biases.
    Constraints: (C1) h is a multiple of k. (C2) sizes are positive.
    """

    query_key: str
    key_key: str
    value_key: str
    output_key: str
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    scale: float | None = None
    softcap: float | None = None
    causal: bool = False
    window: int | None = None
    padding: bool = True
    bias: bool = True

    def __post_init__(self) -> None:
        heads, groups = self.num_attention_heads, self.num_key_value_heads
        if min(heads, groups, self.head_dim) < 1 or heads % groups:
            raise ConfigError(
                "attention (C1)",
                expected="num_attention_heads a positive multiple of num_key_value_heads",
                found=f"{heads} and {groups}, head_dim {self.head_dim}",
            )

    @property
    def contract(self) -> Contract:
        return Contract(reads=(ATTN_MASK,) if self.padding else ())

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        heads, groups, size = self.num_attention_heads, self.num_key_value_heads, self.head_dim
        q = self._project(emit, x, self.query_key, heads * size)
        k = self._project(emit, x, self.key_key, groups * size)
        v = self._project(emit, x, self.value_key, groups * size)
        q = ops.split(q, "o", k=groups, g=heads // groups, e=size)
        k = ops.rename(ops.split(k, "o", k=groups, e=size), t="s")
        v = ops.rename(ops.split(v, "o", k=groups, e=size), t="s")
        with emit.label("attend"):
            mixed = self._attend(emit, q, k, v)
        joined = ops.merge(mixed, "k g e", "o")
        return linear(
            emit,
            joined,
            f"{self.output_key}.weight",
            f"{self.output_key}.bias" if self.bias else "",
            out=("d", x.size("d")),
            over="o",
        )

    def _project(self, emit: Emit, x: Value, key: str, size: int) -> Value:
        return linear(emit, x, f"{key}.weight", f"{key}.bias" if self.bias else "", out=("o", size))

    def _attend(self, emit: Emit, q: Value, k: Value, v: Value) -> Value:
        visible = positions_mask(q, k, causal=self.causal, window=self.window)
        padding = emit.named(ATTN_MASK) if self.padding else None
        return attend(
            q,
            k,
            v,
            scale=self.head_dim**-0.5 if self.scale is None else self.scale,
            softcap=self.softcap,
            keep=both(padding, visible),
        )

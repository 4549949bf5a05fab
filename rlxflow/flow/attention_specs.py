"""What the fluent methods say of an attention: which keys are seen, and its numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import ATTN_BIAS
from rlxflow.errors import ConfigError

ROPE_STYLES = ("half", "interleaved")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskKind:
    """Which keys a query sees. `a & b` shows what both show: `MaskKind.CAUSAL & MaskKind.CUSTOM`.

    `NONE`: all. `CAUSAL`: those at or before it. `CUSTOM`: those that the slot `attn_mask` [b, s]
    keeps. `BIAS`: all, with the slot `attn_bias` [b, h, t, s] added to the scores.

    Attributes:
        causal: Whether keys after the query are hidden.
        window: How many keys are seen, the query's own included; None for all.
        padding: Whether keys are hidden where the slot `attn_mask` says so.
        bias_slot: Slot of what is added to the scores; empty for none.
    """

    causal: bool = False
    window: int | None = None
    padding: bool = False
    bias_slot: str = ""

    NONE: ClassVar[MaskKind]
    CAUSAL: ClassVar[MaskKind]
    CUSTOM: ClassVar[MaskKind]
    BIAS: ClassVar[MaskKind]

    def __post_init__(self) -> None:
        if self.window is not None and self.window < 1:
            raise ConfigError("window", expected="at least 1 key", found=str(self.window))

    @classmethod
    def sliding_window(cls, keys: int) -> MaskKind:
        """Returns a causal mask of so many keys, the query's own included.

        That is what a config.json means by its window; where a number stands for how far back a
        query looks, give one more.
        """
        return cls(causal=True, window=keys)

    def __and__(self, other: MaskKind) -> MaskKind:
        if self.bias_slot and other.bias_slot and self.bias_slot != other.bias_slot:
            both = f"`{self.bias_slot}` and `{other.bias_slot}`"
            raise ConfigError("mask", expected="one bias", found=both)
        windows = [mask.window for mask in (self, other) if mask.window is not None]
        return MaskKind(
            causal=self.causal or other.causal,
            window=min(windows, default=None),
            padding=self.padding or other.padding,
            bias_slot=self.bias_slot or other.bias_slot,
        )


MaskKind.NONE = MaskKind()
MaskKind.CAUSAL = MaskKind(causal=True)
MaskKind.CUSTOM = MaskKind(padding=True)
MaskKind.BIAS = MaskKind(bias_slot=ATTN_BIAS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfAttnPrefillSpec:
    """The numbers of an attention over the tokens of one call, without the product after it.

    Weights: `q_key` [h e, d], `k_key` and `v_key` [k e, d], with or without `.weight`; with `bias`
    also their `.bias`. The value after it has d = h e.

    Attributes:
        num_heads: h.
        head_dim: e.
        num_kv_heads: k.
        mask: Which keys a query sees.
        score_scale: Of the scores; None for `head_dim ** -0.5`.
        attn_logit_softcap: Limit of the scores; None for none.
        n_rot: Elements of a head that are turned; None for all that the tables have.
        rope_table: First part of the slots with cosine and sine; empty for no rotation.
        rope_style: `half` turns elements i and i + n_rot / 2 together, `interleaved` neighbours.
        bias: Whether the products have biases.
        q_norm_key: Weight of the RMS norm of each query head; empty for none.
        k_norm_key: Weight of that of each key head.
        norm_eps: Of these norms.
        norm_offset: Of these norms; see `RmsNorm`.
        k_eq_v: Whether values are what the product of keys gives, before its norm and rotation.
        value_norm: Whether each value head is normalised as well, without a weight.
    """

    q_key: str
    k_key: str
    v_key: str
    num_heads: int
    head_dim: int
    num_kv_heads: int
    mask: MaskKind = MaskKind.CAUSAL
    score_scale: float | None = None
    attn_logit_softcap: float | None = None
    n_rot: int | None = None
    rope_table: str = "rope"
    rope_style: str = "half"
    bias: bool = False
    q_norm_key: str = ""
    k_norm_key: str = ""
    norm_eps: float = 1e-6
    norm_offset: float = 0.0
    k_eq_v: bool = False
    value_norm: bool = False

    def __post_init__(self) -> None:
        if self.rope_style not in ROPE_STYLES:
            expected = f"one of {', '.join(ROPE_STYLES)}"
            raise ConfigError("rope_style", expected=expected, found=f"`{self.rope_style}`")
        if bool(self.q_norm_key) != bool(self.k_norm_key):
            raise ConfigError("query/key norm", expected="both weights or none", found="one")

    @classmethod
    def hf_layer(
        cls, prefix: str, num_heads: int, head_dim: int, num_kv_heads: int
    ) -> SelfAttnPrefillSpec:
        """Returns the spec for weights `{prefix}.self_attn.{q,k,v}_proj.weight`."""
        own = f"{prefix}.self_attn"
        return cls(
            q_key=f"{own}.q_proj.weight",
            k_key=f"{own}.k_proj.weight",
            v_key=f"{own}.v_proj.weight",
            num_heads=num_heads,
            head_dim=head_dim,
            num_kv_heads=num_kv_heads,
        )

    def with_mask(self, mask: MaskKind) -> SelfAttnPrefillSpec:
        """Returns the same with another mask."""
        return replace(self, mask=mask)

    def block(self, output_key: str = "", *, output_bias: bool = False) -> SelfAttention:
        """Returns the attention block; with `output_key` the product after it is part of it."""
        q, k, v, output = (
            key.removesuffix(".weight") for key in (self.q_key, self.k_key, self.v_key, output_key)
        )
        return SelfAttention(
            query_key=q,
            key_key=k,
            value_key="" if self.k_eq_v else v,
            output_key=output,
            query_norm_key=self.q_norm_key,
            key_norm_key=self.k_norm_key,
            num_attention_heads=self.num_heads,
            num_key_value_heads=self.num_kv_heads,
            head_dim=self.head_dim,
            scale=self.score_scale,
            softcap=self.attn_logit_softcap,
            causal=self.mask.causal,
            window=self.mask.window,
            padding=self.mask.padding,
            bias_slot=self.mask.bias_slot,
            bias=self.bias,
            output_bias=output_bias,
            qk_norm="head" if self.q_norm_key else "",
            norm_eps=self.norm_eps,
            norm_offset=self.norm_offset,
            k_eq_v=self.k_eq_v,
            value_norm=self.value_norm,
            rope=self.rope_table,
            rotary_dim=self.n_rot,
            interleaved=self.rope_style == "interleaved",
        )

"""The attention of every family: families differ by numbers, not by code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from rlxflow.blocks.attention_core import Attend, attend_cache, attend_tokens
from rlxflow.blocks.base import (
    ATTN_MASK,
    LENGTHS,
    POSITIONS,
    Block,
    Contract,
    Emit,
    PortSpec,
    required,
)
from rlxflow.blocks.chain import Custom
from rlxflow.blocks.heads import Heads, check_sources, join_heads, project_heads
from rlxflow.blocks.kv_cache import (
    Kept,
    cache_ports,
    cache_states,
    keep,
    kept_of,
    parts_of,
    values_of,
    write_prompt,
    write_steps,
)
from rlxflow.errors import ConfigError
from rlxflow.ir import ops
from rlxflow.ir.value import Value

PHASES = ("plain", "prefill", "decode")


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfAttention(Block):
    """Multi-head self-attention, with or without a cache of keys and values.

    Formula: `y = attend(x Wq.T + bq, x Wk.T + bk, x Wv.T + bv) Wo.T + bo`, heads split in order;
    queries and keys are normalised, then rotated, where the numbers say so; with a gate the mixed
    values are multiplied by its sigmoid before the output product.
    Source: Vaswani et al., arXiv 1706.03762; grouped heads: Ainslie et al., arXiv 2305.13245;
    query/key norm: Henry et al., arXiv 2010.04245.
    Weights: `query_key` [h e, d], `key_key` and `value_key` [k e, d], or `qkv_key` for the three in
        one; `output_key` [d, h e] (if empty, there is no last product and d = h e); all named
        without `.weight`, with `bias` (`output_bias`) also their `.bias`. `query_norm_key`,
        `key_norm_key` [e], or [h e] and [k e].
    Inputs, with `past_key`: `past_k_{past_key}` and `past_v_{past_key}` [b, p, k e], rotated keys
        and values of earlier tokens, put before those of this call; with `past_slot` the slots
        `{past_slot}.key` and `.value` instead.
    Side outputs, with `export_key`: `{export_key}.key` and `.value` [b, p + t, k e]; with
        `export_query_key`, under that name, the queries [b, t, h e] as they meet the keys.
    Slots: a layer with `kv_to` publishes the keys and values it attends to, `{kv_to}.key` and
        `.value`; one with `kv_from` takes them from there and has no product of its own for them.
        In `decode` they are the caches; of int8 with `.key_scale` and `.value_scale`.
    Stages, with a cache: `cache`, which writes it, and `attend`, from scores to mixed values.
    States, with a cache: `{cache_key}.key` [b, k, e, s] and `{cache_key}.value` [b, k, s, e]; of
        int8 also `{cache_key}.key_scale` and `.value_scale` [b, k, s].

    Attributes:
        num_attention_heads: h, a multiple of k.
        num_key_value_heads: k; query head i uses key/value head `i // (h / k)`.
        head_dim: e.
        scale: Of the scores; None for `head_dim ** -0.5`.
        softcap: Limit of the scores; None for none.
        causal: Whether a query sees only keys at or before it.
        window: How many keys a query sees, its own included; None for all.
        padding: Whether keys are hidden where the slot `attn_mask` [b, s] says so.
        bias_slot: Slot whose tensor is added to the scores, with axes among b, h (or k, g), t, s;
            empty for none.
        span_slot: Slot i1[b, t, s] of pairs that are visible although causality or the window
            hides them, such as those within one image; empty for none. Pads stay hidden.
        bias: Whether the products that make queries, keys and values have biases.
        key_bias: Whether that of keys has one; None for as `bias`.
        output_bias: Whether the last product has one; None for as `bias`.
        transposed: Whether weights are stored [in, out].
        qk_norm: `head`: RMS norm of each head of queries and keys; `full`: of all heads at once.
        norm_eps: Of that norm.
        norm_offset: Of that norm; see `RmsNorm`.
        value_norm: Whether each head of values is normalised as well, without a weight.
        k_eq_v: Whether values are what the product of keys gives, before its norm.
        rope: First part of the slots with cosine and sine; empty for no rotation.
        rotary_dim: Elements of a head that are turned; None for all that the tables have.
        past_slot: First part of the slots with earlier keys and values; empty for none.
        interleaved: Whether neighbours are rotated together; see `rotate`.
        gated: Whether the query product gives each head's gate as well.
        phase: `plain`: no cache; `prefill`: keys and values of a prompt that starts at position 0
            are put in the cache (slot `lengths`); `decode`: tokens at the slot `positions` [b, t]
            see what the cache holds.
        cache_slots: s; at least window + t - 1 where there is a window.
        cache_dtype: Element type of the cache.
    Constraints: (C1) h is a multiple of k, sizes are positive. (C2) a phase with a cache has slots
        and a name for it. (C3) an even number of elements is turned, at most e. (C4) the past
        comes as inputs or as slots. (C5) keys and values come from one place: products of their
        own, one product (`k_eq_v`), `qkv_key`, or slots (`kv_from`).
    """

    query_key: str = ""
    key_key: str = ""
    value_key: str = ""
    qkv_key: str = ""
    output_key: str = ""
    query_norm_key: str = ""
    key_norm_key: str = ""
    cache_key: str = ""
    past_key: str = ""
    export_key: str = ""
    export_query_key: str = ""
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    scale: float | None = None
    softcap: float | None = None
    causal: bool = False
    window: int | None = None
    padding: bool = True
    bias_slot: str = ""
    span_slot: str = ""
    bias: bool = True
    key_bias: bool | None = None
    output_bias: bool | None = None
    transposed: bool = False
    qk_norm: str = ""
    norm_eps: float = 1e-6
    norm_offset: float = 0.0
    value_norm: bool = False
    k_eq_v: bool = False
    kv_to: str = ""
    kv_from: str = ""
    rope: str = ""
    rotary_dim: int | None = None
    past_slot: str = ""
    interleaved: bool = False
    gated: bool = False
    phase: str = "plain"
    cache_slots: int = 0
    cache_dtype: str = "f32"

    def __post_init__(self) -> None:
        heads, groups = self.num_attention_heads, self.num_key_value_heads
        if min(heads, groups, self.head_dim) < 1 or heads % groups:
            raise ConfigError(
                "attention (C1)",
                expected="num_attention_heads a positive multiple of num_key_value_heads",
                found=f"{heads} and {groups}, head_dim {self.head_dim}",
            )
        if self.phase not in PHASES or (self.phase != "plain") != bool(self.cache_slots):
            raise ConfigError(
                "attention (C2)",
                expected="phase plain, or prefill or decode with cache_slots",
                found=f"phase `{self.phase}` with {self.cache_slots} slots",
            )
        turned = self.head_dim if self.rotary_dim is None else self.rotary_dim
        if self.rope and (turned % 2 or not 0 < turned <= self.head_dim):
            raise ConfigError(
                "attention (C3)",
                expected=f"an even number of elements to turn, at most head_dim {self.head_dim}",
                found=str(turned),
            )
        if self.past_key and self.past_slot:
            raise ConfigError("attention (C4)", expected="one past", found="inputs and slots")
        check_sources(self)

    @property
    def share(self) -> int:
        """How many query heads use one key/value head."""
        return self.num_attention_heads // self.num_key_value_heads

    @property
    def score_scale(self) -> float:
        """What scores are multiplied by."""
        return self.head_dim**-0.5 if self.scale is None else self.scale

    @property
    def contract(self) -> Contract:
        reads = [ATTN_MASK] if self.padding else []
        reads += [POSITIONS] if self.phase == "decode" else []
        reads += [LENGTHS] if self.phase == "prefill" else []
        reads += [slot for slot in (self.bias_slot, self.span_slot) if slot]
        reads += [f"{self.rope}.cos", f"{self.rope}.sin"] if self.rope else []
        reads += self._shared(self.kv_from)
        return Contract(
            reads=(*reads, *self._past_slots),
            writes=tuple(self._shared(self.kv_to)),
            inputs=self._past_inputs,
            outputs=self._outputs,
            states=self._states,
        )

    def _shared(self, name: str) -> list[str]:
        """Returns the slots of keys and values that layers share; none without a name."""
        kept = self.cache_dtype if self.phase == "decode" else ""
        return [f"{name}.{part}" for part in parts_of(kept)] if name else []

    @property
    def _past_inputs(self) -> tuple[str, ...]:
        return (f"past_k_{self.past_key}", f"past_v_{self.past_key}") if self.past_key else ()

    @property
    def _outputs(self) -> tuple[PortSpec, ...]:
        """Queries, keys and values where they are exported; with a past, t counts it as well."""
        rows, width = (("b", None), ("t", None)), self.num_key_value_heads * self.head_dim
        made = [(self.export_query_key, width * self.share)] if self.export_query_key else []
        if self.export_key:
            made += [(f"{self.export_key}.{name}", width) for name in ("key", "value")]
        return tuple(PortSpec(name, (*rows, ("d", size))) for name, size in made)

    @property
    def _states(self) -> tuple[PortSpec, ...]:
        if self.phase == "plain" or self.kv_from:
            return ()
        sizes = (self.num_key_value_heads, self.head_dim, self.cache_slots)
        return cache_ports(self.cache_key, *sizes, self.cache_dtype)

    @property
    def _past_slots(self) -> tuple[str, ...]:
        return (f"{self.past_slot}.key", f"{self.past_slot}.value") if self.past_slot else ()

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        heads = project_heads(emit, x, self)
        if self.export_query_key:
            emit.publish_side_output(self.export_query_key, ops.merge(heads.q, "k g e", "d"))
        if self.phase == "decode":
            shared = [emit.named(slot) for slot in self._shared(self.kv_from)]
            pair = kept_of(shared) if shared else self._write(emit, heads)
            self._publish(emit, pair)
            mixed = self._stage(emit, lambda inner: self._attend_cache(inner, heads.q, pair))
        else:
            if self.phase == "prefill" and not self.kv_from:
                self._write(emit, heads)
            heads = self._share_heads(emit, heads)
            self._publish(emit, (Kept(heads.k), Kept(heads.v)))
            mixed = self._stage(emit, lambda inner: self._attend_here(inner, heads))
        return join_heads(emit, mixed, self, x.size("d"), heads.gate)

    def _stage(self, emit: Emit, attend: Callable[[Emit], Value]) -> Value:
        """Runs what follows the products; with a cache in a stage of its own, for a kernel."""
        if self.phase == "plain":
            with emit.label("attend"):
                return attend(emit)
        inside = Attend(
            fn=attend,
            phase=self.phase,
            scale=self.score_scale,
            softcap=self.softcap,
            causal=self.causal,
            window=self.window,
            masked=self.padding or bool(self.bias_slot or self.span_slot),
        )
        return required(emit.run("attend", inside, None), self)

    def _share_heads(self, emit: Emit, heads: Heads) -> Heads:
        """Puts keys and values of earlier tokens before these, and shows all of them outside."""
        k, v = heads.k, heads.v
        earlier = [emit.flow_input(name) for name in self._past_inputs]
        earlier += [emit.named(slot) for slot in self._past_slots]
        if earlier:
            parts = {"k": self.num_key_value_heads, "e": self.head_dim}
            past = [ops.split(rows, "d", **parts) for rows in earlier]
            k, v = (ops.concatenate(pair, "t") for pair in zip(past, (k, v), strict=True))
        if self.export_key:
            for name, rows in (("key", k), ("value", v)):
                emit.publish_side_output(f"{self.export_key}.{name}", ops.merge(rows, "k e", "d"))
        return replace(heads, k=k, v=v)

    def _publish(self, emit: Emit, pair: tuple[Kept, Kept]) -> None:
        if self.kv_to:
            for slot, value in zip(self._shared(self.kv_to), values_of(pair), strict=True):
                emit.set_named(slot, value)

    def _attend_here(self, emit: Emit, heads: Heads) -> Value:
        """Attends to the tokens of this call."""
        return attend_tokens(
            heads.q,
            ops.rename(heads.k, t="s"),
            ops.rename(heads.v, t="s"),
            causal=self.causal,
            span=emit.named(self.span_slot) if self.span_slot else None,
            **self._rest(emit),
        )

    def _attend_cache(self, emit: Emit, q: Value, pair: tuple[Kept, Kept]) -> Value:
        """Attends to all that the cache holds."""
        return attend_cache(emit.named(POSITIONS), q, *pair, **self._rest(emit))

    def _rest(self, emit: Emit) -> dict[str, Any]:
        """Returns what both kinds of attention take beside queries, keys and values."""
        bias = emit.named(self.bias_slot) if self.bias_slot else None
        if bias is not None and "h" in bias.axes:
            bias = ops.split(bias, "h", k=self.num_key_value_heads, g=self.share)
        return {
            "window": self.window,
            "padding": emit.named(ATTN_MASK) if self.padding else None,
            "scale": self.score_scale,
            "softcap": self.softcap,
            "bias": bias,
        }

    def _write(self, emit: Emit, heads: Heads) -> tuple[Kept, Kept]:
        """Returns the updated caches.

        The update is a stage of its own with a hard boundary: fused with the products that read
        the cache, XLA's CPU compiler would copy the whole of it several times a step.
        """
        before = cache_states(emit, self._states, heads.k.size("b"))

        def write(inner: Emit, _: Value | None) -> None:
            if self.phase == "decode":
                made = write_steps(before, (heads.k, heads.v), inner.named(POSITIONS))
            else:
                new = values_of([keep(rows, self.cache_dtype) for rows in (heads.k, heads.v)])
                lengths = inner.named(LENGTHS)
                both = zip(values_of(before), new, strict=True)
                made = [write_prompt(cache, rows, lengths) for cache, rows in both]
            for port, value in zip(self._states, made, strict=True):
                inner.set_state(port.name, value)

        emit.run("cache", Custom(fn=write, label="kv_cache_write"), None, "fence")
        return cache_states(emit, self._states, heads.k.size("b"))

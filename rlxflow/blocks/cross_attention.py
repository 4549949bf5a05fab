"""Attention of one sequence to another, such as text to what an encoder made of sound."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.attention_core import attend
from rlxflow.blocks.base import Block, Contract, Emit, PortSpec, required
from rlxflow.blocks.heads import join_heads, project
from rlxflow.blocks.kv_cache import Kept, cache_ports, cache_states, keep, scales_of, values_of
from rlxflow.errors import ConfigError
from rlxflow.ir import ops
from rlxflow.ir.value import Value

PHASES = ("plain", "prefill", "decode")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossAttention(Block):
    """Multi-head attention whose keys and values come from other states; all are visible.

    Formula: `y = attend(x Wq.T + bq, c Wk.T + bk, c Wv.T + bv) Wo.T + bo`, c the other states.
    Source: Vaswani et al., arXiv 1706.03762.
    Weights: `query_key` [h e, d], `key_key` and `value_key` [h e, d of c], `output_key` [d, h e];
        all named without `.weight`, with `bias` (`key_bias`, `output_bias`) also their `.bias`.
    States, with a cache: `{cache_key}.key` [b, k, e, s] and `{cache_key}.value` [b, k, s, e], keys
        and values of c; of int8 also `{cache_key}.key_scale` and `.value_scale` [b, k, s].
        `prefill` fills them; `decode` reads them and leaves them as they are, so that c is
        projected once and not at every step.

    Attributes:
        states_slot: Slot with c [b, t, d]; not read by `decode`.
        num_attention_heads: h.
        head_dim: e.
        scale: Of the scores; None for `head_dim ** -0.5`.
        bias: Whether the products that make queries, keys and values have biases.
        key_bias: Whether that of keys has one; None for as `bias`.
        output_bias: Whether the last product has one; None for as `bias`.
        transposed: Whether weights are stored [in, out].
        phase: `plain`: no cache; `prefill` and `decode`: see States.
        cache_slots: s, how many states c has.
        cache_dtype: Element type of the cache.
    Constraints: (C1) sizes are positive. (C2) a phase with a cache has slots and a name for it.
        (C3) c has as many states as the cache has slots.
    """

    query_key: str
    key_key: str
    value_key: str
    output_key: str
    cache_key: str = ""
    states_slot: str
    num_attention_heads: int
    head_dim: int
    scale: float | None = None
    bias: bool = True
    key_bias: bool | None = None
    output_bias: bool | None = None
    transposed: bool = False
    phase: str = "plain"
    cache_slots: int = 0
    cache_dtype: str = "f32"

    def __post_init__(self) -> None:
        if min(self.num_attention_heads, self.head_dim) < 1:
            raise ConfigError(
                "cross attention (C1)",
                expected="positive num_attention_heads and head_dim",
                found=f"{self.num_attention_heads} and {self.head_dim}",
            )
        if self.phase not in PHASES or (self.phase != "plain") != bool(self.cache_slots):
            raise ConfigError(
                "cross attention (C2)",
                expected="phase plain, or prefill or decode with cache_slots",
                found=f"phase `{self.phase}` with {self.cache_slots} slots",
            )

    @property
    def contract(self) -> Contract:
        reads = () if self.phase == "decode" else (self.states_slot,)
        return Contract(reads=reads, states=self._states)

    @property
    def _states(self) -> tuple[PortSpec, ...]:
        if self.phase == "plain":
            return ()
        sizes = (self.num_attention_heads, self.head_dim, self.cache_slots)
        return cache_ports(self.cache_key, *sizes, self.cache_dtype)

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        width = self.num_attention_heads * self.head_dim
        q = project(emit, x, self, self.query_key, width)
        q = ops.split(q, "o", k=self.num_attention_heads, g=1, e=self.head_dim)
        if self.phase == "decode":
            cached = cache_states(emit, self._states, x.size("b"))
            k, v = (Kept(ops.convert(part.rows, q.dtype), part.scale) for part in cached)
        else:
            k, v = map(Kept, self._project_states(emit, width, x.dtype))
        with emit.label("attend"):
            scale = self.head_dim**-0.5 if self.scale is None else self.scale
            mixed = attend(q, k.rows, v.rows, scale=scale, scales=scales_of((k, v)))
        return join_heads(emit, mixed, self, x.size("d"))

    def _project_states(self, emit: Emit, width: int, dtype: str) -> tuple[Value, Value]:
        """Returns keys and values [b, s, k, e] of the other states; fills the cache with them."""
        states = ops.convert(ops.rename(emit.named(self.states_slot), t="s"), dtype)
        if self.cache_slots not in {0, states.size("s")}:
            raise ConfigError(
                "cross attention (C3)",
                expected=f"{self.cache_slots} states to attend to",
                found=str(states.type),
            )
        k = project(emit, states, self, self.key_key, width, self.key_bias)
        v = project(emit, states, self, self.value_key, width)
        parts = {"k": self.num_attention_heads, "e": self.head_dim}
        k, v = ops.split(k, "o", **parts), ops.split(v, "o", **parts)
        if self.phase == "prefill":
            caches = cache_states(emit, self._states, k.size("b"))
            new = [keep(rows, self.cache_dtype) for rows in (k, v)]
            for port, cache, rows in zip(
                self._states, values_of(caches), values_of(new), strict=True
            ):
                emit.set_state(port.name, ops.transpose(rows, cache.axes))
        return k, v

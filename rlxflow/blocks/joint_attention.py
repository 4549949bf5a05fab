"""Two streams that attend to each other with projections of their own."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.attention_core import attend
from rlxflow.blocks.base import Contract, Emit
from rlxflow.blocks.heads import join_heads, project_heads
from rlxflow.blocks.modulation import gated_add, modulate
from rlxflow.blocks.streams import TwoStream
from rlxflow.errors import ConfigError
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class JointAttention(TwoStream):
    """Both streams as one sequence, the second stream's tokens first; a gated branch in each.

    Formula: `(u, w) = attend(heads_a(mod_a(a)) beside heads_b(mod_b(b)))`,
    `a' = a + gate_a out_a(u)`, `b' = b + gate_b out_b(w)`; mod is a modulated norm, and shift,
    scale and gate are the first three vectors of each stream's slot.
    Source: Esser et al., arXiv 2403.03206 (MM-DiT).
    Weights: those of `own` and `other`.

    Attributes:
        own: Projections of the first stream, their norms and rotation.
        other: Those of the second stream.
        slots: Of the vectors [b, n, d] of both streams.
        eps: Of the norms before.
    Constraints: (C1) both sides have the same heads, and neither a cache nor a mask.
    """

    own: SelfAttention
    other: SelfAttention
    slots: tuple[str, str]
    eps: float

    def __post_init__(self) -> None:
        sides = (self.own, self.other)
        if len({(side.num_attention_heads, side.share, side.head_dim) for side in sides}) > 1:
            found = " and ".join(f"{s.num_attention_heads} of {s.head_dim}" for s in sides)
            raise ConfigError("joint attention (C1)", expected="the same heads", found=found)
        if any(s.phase != "plain" or s.padding or s.causal or s.window for s in sides):
            raise ConfigError(
                "joint attention (C1)", expected="neither cache nor mask", found="one of them"
            )

    @property
    def also(self) -> Contract:
        return Contract(
            reads=(*self.slots, *self.own.contract.reads, *self.other.contract.reads),
        )

    def numbers(self) -> dict[str, object]:
        names = ("num_attention_heads", "head_dim", "qk_norm", "norm_eps", "interleaved")
        own: dict[str, object] = {name: getattr(self.own, name) for name in names}
        return own | {"eps": self.eps}

    def change(self, emit: Emit, a: Value, b: Value) -> tuple[Value, Value]:
        pairs = ((b, self.other, self.slots[1]), (a, self.own, self.slots[0]))
        heads = [
            project_heads(emit, modulate(x, emit.named(slot), 0, 1, self.eps), side)
            for x, side, slot in pairs
        ]
        q, k, v = (
            ops.concatenate([getattr(part, name) for part in heads], "t")
            for name in ("q", "k", "v")
        )
        with emit.label("attend"):
            scale = self.own.head_dim**-0.5 if self.own.scale is None else self.own.scale
            mixed = attend(q, ops.rename(k, t="s"), ops.rename(v, t="s"), scale=scale)
        made: list[Value] = []
        start = 0
        for x, side, slot in pairs:
            part = ops.slice(mixed, "t", start, start + x.size("t"))
            branch = join_heads(emit, part, side, x.size("d"))
            made.append(gated_add(x, branch, emit.named(slot), 2))
            start += x.size("t")
        return made[1], made[0]

"""The feed-forward of EVA-02: gated, with a norm between its products."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.activation import activate
from rlxflow.blocks.base import Block, Emit, required
from rlxflow.blocks.linear import linear
from rlxflow.blocks.norm import layer_norm
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionSwiGluFfn(Block):
    """Widens twice, gates one half with the other, normalises and narrows again.

    Formula: `y = LN((x fc11.T + b11) * silu(x fc12.T + b12)) fc2.T + b2`.
    Source: Fang et al., arXiv 2303.11331 (EVA-02); Nussbaum et al., arXiv 2406.18587.
    Weights: `prefix`.{fc11,fc12} [f, d], `prefix`.norm [f], `prefix`.fc2 [d, f], each .weight and
        .bias.

    Attributes:
        eps: Of the norm.
        intermediate_size: f; None to read it from the weights.
    Numerics: activation and norm in f32.
    """

    prefix: str
    eps: float
    intermediate_size: int | None = None

    @property
    def kind(self) -> str:
        return "vision_swiglu_ffn"

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        wide = ("f", self.intermediate_size)
        up = linear(emit, x, *self._keys("fc11"), out=wide)
        gate = linear(emit, x, *self._keys("fc12"), out=wide)
        with emit.label("silu"):
            gated = up * activate("silu", gate)
        normed = layer_norm(emit, gated, *self._keys("norm"), self.eps, up.size("f"), "f")
        return linear(emit, normed, *self._keys("fc2"), out=("d", x.size("d")), over="f")

    def _keys(self, name: str) -> tuple[str, str]:
        return f"{self.prefix}.{name}.weight", f"{self.prefix}.{name}.bias"

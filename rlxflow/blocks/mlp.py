"""The feed-forward block of every family."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.activation import activate
from rlxflow.blocks.base import Block, Emit, required
from rlxflow.blocks.linear import linear
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Mlp(Block):
    """Widens, activates and narrows again; with a gate, activates the gate and multiplies.

    Formula: `y = act(x up.T + b1) down.T + b2`, or with a gate
    `y = (act(x gate.T + bg) * (x up.T + b1)) down.T + b2`.
    Source: Vaswani et al., arXiv 1706.03762; Shazeer, arXiv 2002.05202, for the gated form.
    Weights: `up_key` [f, d], `down_key` [d, f], `gate_key` [f, d] (plain form if empty), each
        named without `.weight`; with `bias` also their `.bias` [f], [d], [f].

    Attributes:
        intermediate_size: Size of `f`; None to read it from the weights.
        activation: A name of the table in `activation.py`.
        bias: Whether the products have biases.
    Numerics: activation in f32.
    """

    up_key: str
    down_key: str
    gate_key: str = ""
    intermediate_size: int | None = None
    activation: str
    bias: bool = True

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        wide = self._linear(emit, x, self.up_key, ("f", self.intermediate_size), "d")
        if self.gate_key:
            gate = self._linear(emit, x, self.gate_key, ("f", self.intermediate_size), "d")
            wide = self._activate(emit, gate) * wide
        else:
            wide = self._activate(emit, wide)
        return self._linear(emit, wide, self.down_key, ("d", x.size("d")), "f")

    def _activate(self, emit: Emit, x: Value) -> Value:
        with emit.label(self.activation):
            return activate(self.activation, x)

    def _linear(
        self, emit: Emit, x: Value, key: str, out: tuple[str, int | None], over: str
    ) -> Value:
        bias = f"{key}.bias" if self.bias else ""
        return linear(emit, x, f"{key}.weight", bias, out=out, over=over)

"""The feed-forward block of every family."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.activation import activate
from rlxflow.blocks.base import Block, Emit, required
from rlxflow.blocks.linear import linear
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Mlp(Block):
    """Widens, activates and narrows again; with a gate, activates the gate and multiplies.

    Formula: `y = act(x up.T + b1) down.T + b2`, or with a gate
    `y = (act(x gate.T + bg) * (x up.T + b1)) down.T + b2`.
    Source: Vaswani et al., arXiv 1706.03762; Shazeer, arXiv 2002.05202, for the gated form.
    Weights: `up_key` [f, d], `down_key` [d, f], `gate_key` [f, d] (plain form if empty), or
        `gate_up_key` [2f, d] for gate and up in one; each named without `.weight`; with `bias`
        also their `.bias`.

    Attributes:
        intermediate_size: Size of `f`; None to read it from the weights.
        activation: A name of the table in `activation.py`.
        bias: Whether the products have biases.
        transposed: Whether weights are stored [in, out].
    Numerics: activation in f32.
    """

    up_key: str = ""
    down_key: str
    gate_key: str = ""
    gate_up_key: str = ""
    intermediate_size: int | None = None
    activation: str
    bias: bool = True
    transposed: bool = False

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        gate, wide = self._widen(emit, x)
        wide = self._activate(emit, wide) if gate is None else self._activate(emit, gate) * wide
        return self._linear(emit, wide, self.down_key, ("d", x.size("d")), "f")

    def _widen(self, emit: Emit, x: Value) -> tuple[Value | None, Value]:
        """Returns the gate, if there is one, and the widened value."""
        size = self.intermediate_size
        if self.gate_up_key:
            both = self._linear(emit, x, self.gate_up_key, ("f", size and 2 * size), "d")
            half = both.size("f") // 2
            return ops.slice(both, "f", 0, half), ops.slice(both, "f", half, 2 * half)
        wide = self._linear(emit, x, self.up_key, ("f", size), "d")
        if not self.gate_key:
            return None, wide
        return self._linear(emit, x, self.gate_key, ("f", size), "d"), wide

    def _activate(self, emit: Emit, x: Value) -> Value:
        with emit.label(self.activation):
            return activate(self.activation, x)

    def _linear(
        self, emit: Emit, x: Value, key: str, out: tuple[str, int | None], over: str
    ) -> Value:
        bias = f"{key}.bias" if self.bias else ""
        weight = f"{key}.weight"
        return linear(emit, x, weight, bias, out=out, over=over, transposed=self.transposed)

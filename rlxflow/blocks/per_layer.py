"""Per-layer embeddings: each layer gets an input of its own, made of token and embedding."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.activation import activate
from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.blocks.linear import linear
from rlxflow.blocks.norm import rms_norm
from rlxflow.ir import ops
from rlxflow.ir.value import Value

PER_LAYER = "per_layer_inputs"


@dataclass(frozen=True, slots=True, kw_only=True)
class PerLayerInputs(Block):
    """Publishes the slot `per_layer_inputs` [b, t, l, p]; the value passes through.

    Formula: `y = (rms_p(split(x W.T d^-0.5)) + split(table[ids]) p^0.5) 2^-0.5`.
    Source: transformers' `modeling_gemma4`.
    Weights: `table_key` [v, l p], `projection_key` [l p, d], `norm_key` [p]; full names.
    Inputs: the ids, i32[b, t].

    Attributes:
        layers: l.
        size: p, of each layer's input.
        vocab_size: v, of this table.
        eps: Of the norm.
        input: Name of the flow input with the ids.
    """

    table_key: str
    projection_key: str
    norm_key: str
    layers: int
    size: int
    vocab_size: int
    eps: float
    input: str = "input_ids"

    @property
    def contract(self) -> Contract:
        return Contract(inputs=(self.input,), writes=(PER_LAYER,))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        parts, width = {"l": self.layers, "p": self.size}, self.layers * self.size
        with emit.label("projection"):
            rows = linear(emit, x, self.projection_key, "", out=("o", width)) * x.size("d") ** -0.5
            rows = rms_norm(emit, ops.split(rows, "o", **parts), self.norm_key, self.eps, axis="p")
        with emit.label("tokens"):
            table = emit.param(self.table_key, {"v": self.vocab_size, "o": width})
            tokens = ops.convert(ops.take(table, emit.flow_input(self.input), axis="v"), x.dtype)
            tokens = ops.split(tokens * self.size**0.5, "o", **parts)
        emit.set_named(PER_LAYER, (rows + tokens) * 2.0**-0.5)
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class PerLayerBranch(Block):
    """Mixes a layer's own input into its value.

    Formula: `y = (act(x gate.T) * inputs[:, :, layer]) projection.T`, of the slot
    `per_layer_inputs`.
    Source: transformers' `modeling_gemma4`.
    Weights: `gate_key` [p, d], `projection_key` [d, p]; named without `.weight`.

    Attributes:
        layer: Which input.
        size: p.
        activation: A name of the table in `activation.py`.
    """

    gate_key: str
    projection_key: str
    layer: int
    size: int
    activation: str

    @property
    def contract(self) -> Contract:
        return Contract(reads=(PER_LAYER,))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        own = ops.pick(emit.named(PER_LAYER), "l", self.layer)
        gate = linear(emit, x, f"{self.gate_key}.weight", "", out=("p", self.size))
        mixed = activate(self.activation, gate) * own
        return linear(
            emit, mixed, f"{self.projection_key}.weight", "", out=("d", x.size("d")), over="p"
        )

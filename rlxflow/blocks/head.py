"""What stands on top of an encoder: the pooler and the masked language model head."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.activation import activate
from rlxflow.blocks.base import Block, Emit, required
from rlxflow.blocks.linear import linear
from rlxflow.blocks.norm import layer_norm
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooler(Block):
    """A dense layer with tanh on the first token.

    Formula: `y[b,o] = tanh(x[b,0,:] weight.T + bias)`.
    Source: Devlin et al., arXiv 1810.04805.
    Weights: `prefix`.weight [o, d], `prefix`.bias [o], both of the hidden size.
    """

    prefix: str

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, d]."""
        x = required(x, self)
        first = ops.pick(x, "t", 0)
        out = ("d", x.size("d"))
        y = linear(emit, first, f"{self.prefix}.weight", f"{self.prefix}.bias", out=out)
        return activate("tanh", y)


@dataclass(frozen=True, slots=True, kw_only=True)
class MlmHead(Block):
    """Scores every word of the vocabulary for every token.

    Formula: `y = LN(act(x dense.T + b1)) decoder.T + b2`.
    Source: Devlin et al., arXiv 1810.04805.
    Weights: `prefix`.transform.dense.{weight,bias} [d, d], `prefix`.transform.LayerNorm.{weight,
        bias} [d], `decoder_key` [v, d] (the token table when tied), `prefix`.bias [v].

    Attributes:
        vocab_size: v.
        activation: A name of the table in `activation.py`.
        eps: Of the norm.
    Numerics: logits in f32.
    """

    prefix: str
    decoder_key: str
    vocab_size: int
    activation: str
    eps: float

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> f32[b, t, v]."""
        x = required(x, self)
        dense = f"{self.prefix}.transform.dense"
        size = x.size("d")
        y = linear(emit, x, f"{dense}.weight", f"{dense}.bias", out=("d", size))
        y = activate(self.activation, y)
        norm = f"{self.prefix}.transform.LayerNorm"
        with emit.label("norm"):
            y = layer_norm(emit, y, f"{norm}.weight", f"{norm}.bias", self.eps, size)
        bias = f"{self.prefix}.bias"
        logits = linear(emit, y, self.decoder_key, bias, out=("v", self.vocab_size))
        return ops.convert(logits, "f32")

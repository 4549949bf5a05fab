"""What stands on top of an encoder: the pooler and the masked language model head."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.activation import activate
from rlxflow.blocks.base import Block, Emit, required
from rlxflow.blocks.linear import linear
from rlxflow.blocks.norm import layer_norm
from rlxflow.errors import ShapeError
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooler(Block):
    """A dense layer with an activation on the first token.

    Formula: `y[b,o] = act(x[b,0,:] weight.T + bias)`.
    Source: Devlin et al., arXiv 1810.04805.
    Weights: `prefix`.weight [o, d], `prefix`.bias [o].

    Attributes:
        activation: A name of the table in `activation.py`.
        out_features: o; None for d.
    """

    prefix: str
    activation: str = "tanh"
    out_features: int | None = None

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, d]."""
        x = required(x, self)
        first = ops.pick(x, "t", 0)
        out = ("d", self.out_features or x.size("d"))
        y = linear(emit, first, f"{self.prefix}.weight", f"{self.prefix}.bias", out=out)
        return activate(self.activation, y)


@dataclass(frozen=True, slots=True, kw_only=True)
class MlmHead(Block):
    """Scores every word of the vocabulary for every token.

    Formula: `y = LN(act(x dense.T + b1)) decoder.T + b2`.
    Source: Devlin et al., arXiv 1810.04805.
    Weights: `dense_key` [d, d], `dense_bias_key` [d], `norm_key` and `norm_bias_key` [d],
        `decoder_key` [v, d] (the token table when tied), `bias_key` [v]; biases whose name is
        empty are left out.

    Attributes:
        vocab_size: v.
        activation: A name of the table in `activation.py`.
        eps: Of the norm.
    Numerics: scores accumulated and given in f32.
    """

    dense_key: str
    dense_bias_key: str = ""
    norm_key: str
    norm_bias_key: str = ""
    decoder_key: str
    bias_key: str = ""
    vocab_size: int
    activation: str
    eps: float

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> f32[b, t, v]."""
        x = required(x, self)
        size = x.size("d")
        y = linear(emit, x, self.dense_key, self.dense_bias_key, out=("d", size))
        y = activate(self.activation, y)
        with emit.label("norm"):
            y = layer_norm(emit, y, self.norm_key, self.norm_bias_key, self.eps, size)
        decoder = LmHead(
            weight_key=self.decoder_key, bias_key=self.bias_key, vocab_size=self.vocab_size
        )
        with emit.label("decoder"):
            return decoder.emit(emit, y)


@dataclass(frozen=True, slots=True, kw_only=True)
class LmHead(Block):
    """Scores every word of the vocabulary.

    Formula: `y[b,t,v] = sum_d x[b,t,d] weight[v,d] + bias[v]`, times `scale`, then
    `softcap tanh(y / softcap)`.
    Weights: `weight_key` [v, d], the token table itself when tied; `bias_key` [v] (none if empty).

    Attributes:
        vocab_size: v; None to read it from the weights.
        hidden_size: d, if it is to be checked.
        scale: Multiplies the scores.
        softcap: Limit of the scores; None for none.
    Numerics: accumulated and given in f32.
    """

    weight_key: str
    bias_key: str = ""
    vocab_size: int | None = None
    hidden_size: int | None = None
    scale: float = 1.0
    softcap: float | None = None

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[..., d] -> f32[..., v]."""
        x = required(x, self)
        if self.hidden_size not in {None, x.size("d")}:
            raise ShapeError("lm head", expected=f"d={self.hidden_size}", found=str(x.type))
        weight = emit.param(self.weight_key, {"v": self.vocab_size, "d": x.size("d")})
        scores = ops.dot(x, ops.convert(weight, x.dtype), over="d", dtype="f32")
        if self.bias_key:
            bias = emit.param(self.bias_key, {"v": scores.size("v")})
            scores = scores + ops.convert(bias, "f32")
        scores = scores * self.scale if self.scale != 1.0 else scores
        return soft_limit(scores, self.softcap)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogitSoftcap(Block):
    """Limits scores smoothly.

    Formula: `y = cap tanh(x / cap)`.
    """

    cap: float

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[...] -> [...]."""
        return soft_limit(required(x, self), self.cap)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale(Block):
    """Multiplies by a number.

    Formula: `y = x * factor`; the factor is rounded to the dtype of `x` first.
    """

    factor: float

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[...] -> [...]."""
        return required(x, self) * self.factor


def soft_limit(x: Value, cap: float | None) -> Value:
    """Returns `cap tanh(x / cap)`, or `x` itself without a cap."""
    return x if cap is None else ops.tanh(x / cap) * cap

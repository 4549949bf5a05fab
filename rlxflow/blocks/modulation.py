"""Norms whose shift, scale and gate depend on what the model is told (adaLN)."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.activation import activate
from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.blocks.linear import linear
from rlxflow.blocks.norm import standardize
from rlxflow.errors import ConfigError
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Modulation(Block):
    """Publishes `count` vectors a row, made of the conditioning.

    Formula: `m[b,n,d] = sum_c silu(conditioning[b,c]) weight[n d,c] + bias[n d]`.
    Source: Peebles and Xie, arXiv 2212.09748 (adaLN).
    Weights: `prefix`.weight [n d, c], with `bias` also `prefix`.bias [n d].

    Attributes:
        source: Slot of the conditioning [b, d].
        slot: Under which m is published.
        count: n.
        bias: Whether there is one.
    """

    prefix: str
    source: str
    slot: str
    count: int
    bias: bool = True

    @property
    def contract(self) -> Contract:
        return Contract(
            reads=(self.source,), writes=(self.slot,), needs_value=False, gives_value=False
        )

    def numbers(self) -> dict[str, object]:
        return {"count": self.count}

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        told = activate("silu", emit.named(self.source))
        size = told.size("d")
        bias = f"{self.prefix}.bias" if self.bias else ""
        out = ("o", self.count * size)
        made = linear(emit, told, f"{self.prefix}.weight", bias, out=out)
        emit.set_named(self.slot, ops.split(made, "o", n=self.count, d=size))
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulatedNorm(Block):
    """A layer norm without weights, scaled and shifted by what a `Modulation` published.

    Formula: `y[b,t,d] = (1 + m[b,scale,d]) LN(x)[b,t,d] + m[b,shift,d]`.
    Source: Peebles and Xie, arXiv 2212.09748 (adaLN).

    Attributes:
        slot: Of m [b, n, d].
        shift: Which vector of m is the shift.
        scale: Which is the scale.
        eps: Of the norm.
    Numerics: f32, given back in the dtype of `x`.
    """

    slot: str
    shift: int = 0
    scale: int = 1
    eps: float

    @property
    def contract(self) -> Contract:
        return Contract(reads=(self.slot,))

    def numbers(self) -> dict[str, object]:
        return {"shift": self.shift, "scale": self.scale, "eps": self.eps}

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        vectors = emit.named(self.slot)
        return modulate(required(x, self), vectors, self.shift, self.scale, self.eps)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModulatedBranch(Block):
    """A block between a modulated norm and a gate, beside the residual.

    Formula: `y = x + m[b,at+2] inner((1 + m[b,at+1]) LN(x) + m[b,at])`.
    Source: Peebles and Xie, arXiv 2212.09748 (adaLN-Zero).

    Attributes:
        slot: Of m [b, n, d].
        at: Which vector of m is the shift; scale and gate follow.
        eps: Of the norm.
        inner: The block.
        name: Of its stage.
    """

    slot: str
    at: int = 0
    eps: float
    inner: Block
    name: str

    @property
    def contract(self) -> Contract:
        return Contract(reads=(self.slot, *self.inner.contract.reads))

    def numbers(self) -> dict[str, object]:
        return {"at": self.at, "eps": self.eps}

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        vectors = emit.named(self.slot)
        normed = modulate(x, vectors, self.at, self.at + 1, self.eps)
        made = required(emit.run(self.name, self.inner, normed), self)
        return gated_add(x, made, vectors, self.at + 2)


def modulate(x: Value, vectors: Value, shift: int, scale: int, eps: float) -> Value:
    """Returns the modulated norm of `x[b, t, d]`; see `ModulatedNorm`."""
    _check(x, vectors)
    by, plus = (ops.convert(ops.pick(vectors, "n", at), "f32") for at in (scale, shift))
    return ops.convert(standardize(x, eps) * (by + 1.0) + plus, x.dtype)


def gated_add(x: Value, branch: Value, vectors: Value, gate: int) -> Value:
    """Returns `x + m[b,gate] branch`, in the dtype of `x`."""
    return x + branch * ops.convert(ops.pick(vectors, "n", gate), branch.dtype)


def _check(x: Value, vectors: Value) -> None:
    if x.size("d") != vectors.size("d"):
        raise ConfigError(
            "modulation", expected=f"vectors of the size of {x.type}", found=str(vectors.type)
        )

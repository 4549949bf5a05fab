"""The projections of Gated DeltaNet in both layouts that checkpoints use, and its gates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from rlxflow.blocks.base import Emit
from rlxflow.blocks.linear import linear
from rlxflow.ir import ops
from rlxflow.ir.value import Value

L2_EPS = 1e-6  # added to the sum of squares, inside the root


@dataclass(frozen=True, slots=True)
class Heads:
    """Sizes: k key heads of size i, and for each of them g value heads of size o."""

    k: int
    g: int
    i: int
    o: int

    @property
    def channels(self) -> int:
        """The size of all queries, keys and values of a token."""
        return 2 * self.k * self.i + self.k * self.g * self.o


@dataclass(frozen=True, slots=True)
class Projected:
    """What is made of the inputs, in their dtype.

    Attributes:
        qkv: [b, t, c]: all queries, then all keys, then all values.
        z: [b, t, k, g, o], the gate of the answer.
        b: [b, t, k, g], beta before its sigmoid.
        a: [b, t, k, g], the decay before its softplus.
    """

    qkv: Value
    z: Value
    b: Value
    a: Value


def separate(emit: Emit, x: Value, prefix: str, heads: Heads) -> Projected:
    """Returns the products with four weights.

    Weights: `in_proj_qkv.weight` [c, d], `in_proj_z.weight` [k g o, d], `in_proj_b.weight` and
    `in_proj_a.weight` [k g, d].
    """

    def project(name: str, size: int) -> Value:
        return linear(emit, x, f"{prefix}.{name}.weight", out=("c", size))

    count = heads.k * heads.g
    return Projected(
        qkv=project("in_proj_qkv", heads.channels),
        z=ops.split(project("in_proj_z", count * heads.o), "c", k=heads.k, g=heads.g, o=heads.o),
        b=ops.split(project("in_proj_b", count), "c", k=heads.k, g=heads.g),
        a=ops.split(project("in_proj_a", count), "c", k=heads.k, g=heads.g),
    )


def packed(emit: Emit, x: Value, prefix: str, heads: Heads) -> Projected:
    """Returns the products with two weights whose rows are grouped by key head.

    Weights: `in_proj_qkvz.weight` [k (i + i + g o + g o), d], `in_proj_ba.weight` [k (g + g), d].
    """
    values = heads.g * heads.o

    def project(name: str, *sizes: int) -> list[Value]:
        y = linear(emit, x, f"{prefix}.{name}.weight", out=("c", heads.k * sum(sizes)))
        y, ends = ops.split(y, "c", k=heads.k, c=sum(sizes)), accumulate(sizes)
        return [ops.slice(y, "c", end - size, end) for size, end in zip(sizes, ends, strict=True)]

    *qkv, z = project("in_proj_qkvz", heads.i, heads.i, values, values)
    b, a = project("in_proj_ba", heads.g, heads.g)
    return Projected(
        qkv=ops.concatenate([ops.merge(part, "k c", "c") for part in qkv], "c"),
        z=ops.split(z, "c", g=heads.g, o=heads.o),
        b=ops.rename(b, c="g"),
        a=ops.rename(a, c="g"),
    )


def gates(emit: Emit, parts: Projected, prefix: str, heads: Heads) -> tuple[Value, Value]:
    """Returns `-e^A softplus(a + dt)`, at most 0, and `sigmoid(b)`, both f32[b, t, k, g].

    Weights: `A_log` and `dt_bias`, both [k g].
    """

    def per_head(name: str) -> Value:
        stored = emit.param(f"{prefix}.{name}", {"h": heads.k * heads.g})
        return ops.split(ops.convert(stored, "f32"), "h", k=heads.k, g=heads.g)

    rate = ops.negate(ops.exponential(per_head("A_log")))
    waits = softplus(ops.convert(parts.a, "f32") + per_head("dt_bias"))
    return waits * rate, ops.logistic(ops.convert(parts.b, "f32"))


def softplus(x: Value) -> Value:
    """Returns `log(1 + e^x)` without overflow."""
    return ops.maximum(x, 0.0) + ops.log_plus_one(ops.exponential(ops.negate(ops.abs(x))))


def unit(x: Value, over: str) -> Value:
    """Returns `x / sqrt(sum x^2 + 1e-6)` over one axis."""
    return x * ops.rsqrt(ops.sum(x * x, over=over) + L2_EPS)

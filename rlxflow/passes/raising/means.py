"""Means, squares and inverse roots, in the ways in which people write them."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.graph import element_type, shape
from rlxflow.passes.raising.match import NearMiss
from rlxflow.passes.raising.numbers import near
from rlxflow.passes.raising.trace import Ref, Trace, kind_of, summed


def total(trace: Trace, ref: Ref, kind: str = "add") -> Ref | None:
    """Returns what a reduction by `kind` from its neutral value sums up."""
    op, found = trace.find_op(ref, "reduce")
    if op is None:
        return None
    body = [view.operation for view in op.regions[0].blocks[0].operations]
    start = trace.number(Ref(op.operands[1], ()))
    neutral = {"add": 0.0, "maximum": float("-inf")}[kind]
    if len(body) != 2 or kind_of(body[0]) != kind or start != neutral:
        return None
    return found[0]


def mean(trace: Trace, ref: Ref) -> Ref | None:
    """Returns what a value is the mean of: its axes say over which.

    Raises NearMiss if a sum is divided by another number than that of its terms.
    """
    for kind in ("divide", "multiply"):
        fork = trace.fork()
        parts = fork.find(ref, kind)
        for one, other in ((0, 1), (1, 0)) if kind == "multiply" and parts else ((0, 1),):
            attempt = fork.fork()
            number = attempt.number(parts[other]) if parts else None
            source = total(attempt, parts[one]) if number is not None else None
            if source is None or number is None:
                continue
            terms = prod(shape(source.value)[i] for i in summed(source))
            wanted = float(terms) if kind == "divide" else 1.0 / terms
            if not near(number, wanted, element_type(parts[other].value)):
                raise NearMiss(f"a sum of {terms} terms is divided by another number, not a mean")
            trace.join(attempt)
            return source
    return None


def square(trace: Trace, ref: Ref) -> Ref | None:
    """Returns what a value is the square of: x * x, power(x, 2) or chlo.square(x)."""
    if found := trace.find(ref, "chlo.square"):
        return found[0]
    fork = trace.fork()
    if (found := fork.find(ref, "multiply")) and (base := fork.same(*found)):
        trace.join(fork)
        return base
    fork = trace.fork()
    if (found := fork.find(ref, "power")) and fork.number(found[1]) == 2.0:
        trace.join(fork)
        return found[0]
    return None


class InverseRoot(NamedTuple):
    """`1 / sqrt(inner + eps)`; or the root itself, to divide by, if `divides`."""

    inner: Ref
    eps: float
    divides: bool


def inverse_root(trace: Trace, ref: Ref) -> InverseRoot | None:
    """Returns the inverse root, or root, that a value is: rsqrt, sqrt, or power -0.5 and 0.5."""
    for kind in ("rsqrt", "sqrt", "power"):
        fork = trace.fork()
        if not (found := fork.find(ref, kind)):
            continue
        divides = kind == "sqrt"
        if kind == "power":
            exponent = fork.number(found[1])
            if exponent not in (0.5, -0.5):
                return None
            divides = exponent == 0.5
        for attempt, one, other in fork.either(found[0], "add"):
            if (eps := attempt.number(other)) is not None:
                trace.join(attempt)
                return InverseRoot(one, eps, divides)
        trace.join(fork)
        return InverseRoot(found[0], 0.0, divides)
    return None


def is_root(op: ir.Operation) -> bool:
    return kind_of(op) in ("rsqrt", "sqrt", "power")

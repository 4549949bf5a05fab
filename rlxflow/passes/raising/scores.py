"""From what a softmax is taken of back to the product of queries and keys.

select(mask, s, low)  s + bias    any number of them
cap * tanh(s / cap)               at most once
s * scale, s / scale              before all of these
"""

from __future__ import annotations

from dataclasses import dataclass, field

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.graph import maker
from rlxflow.passes.raising.match import NearMiss
from rlxflow.passes.raising.reshaping import Axes
from rlxflow.passes.raising.trace import Ref, Trace, kind_of, views

LOW = -1e3  # what hides a score: -1e4, -1e9, the lowest float, minus infinity


@dataclass(slots=True)
class Scores:
    """What is done to the product of queries and keys before the softmax."""

    dot: ir.Operation
    axes: Axes = ()
    scale: float = 1.0
    softcap: float | None = None
    masks: list[ir.Value] = field(default_factory=list)
    biases: list[ir.Value] = field(default_factory=list)


def scores(trace: Trace, ref: Ref) -> Scores | None:
    """Returns the product that scores come from, and what happened to it.

    Raises NearMiss if a scale comes after a mask or bias, which it would change.
    """
    if (found := _product(trace, ref)) is not None:
        return found
    for step in (_select, _softcap, _scale, _sum):
        if (found := step(trace, ref)) is not None:
            return found
    return None


def _product(trace: Trace, ref: Ref) -> Scores | None:
    for seen, at in views(ref):
        op = maker(at.value)
        if op is not None and kind_of(op) == "dot_general":
            trace.ops |= dict.fromkeys([*seen, op])
            return Scores(op, at.axes)
    return None


def _select(trace: Trace, ref: Ref) -> Scores | None:
    fork = trace.fork()
    if not (found := fork.find(ref, "select")):
        return None
    for kept, hidden in ((1, 2), (2, 1)):
        attempt = fork.fork()
        low = attempt.number(found[hidden])
        if low is None or low > LOW:
            continue
        if (inner := scores(attempt, found[kept])) is not None:
            trace.join(attempt)
            inner.masks.append(found[0].value)
            return inner
    return None


def _softcap(trace: Trace, ref: Ref) -> Scores | None:
    for attempt, one, other in trace.either(ref, "multiply"):
        cap = attempt.number(other)
        inside = attempt.find(one, "tanh") if cap is not None else []
        inner = scores(attempt, inside[0]) if inside else None
        if inner is None or cap is None:
            continue
        if inner.masks or inner.biases or inner.softcap is not None:
            raise NearMiss("scores are capped after they were masked")
        inner.scale *= cap
        inner.softcap = cap
        trace.join(attempt)
        return inner
    return None


def _scale(trace: Trace, ref: Ref) -> Scores | None:
    attempts = [(*each, 1) for each in trace.either(ref, "multiply")]
    fork = trace.fork()
    if found := fork.find(ref, "divide"):
        attempts.append((fork, found[0], found[1], -1))
    for attempt, one, other, power in attempts:
        number = attempt.number(other)
        inner = scores(attempt, one) if number else None
        if inner is None or number is None:
            continue
        if inner.masks or inner.biases or inner.softcap is not None:
            raise NearMiss("scores are scaled after they were masked or capped")
        inner.scale *= number**power
        trace.join(attempt)
        return inner
    return None


def _sum(trace: Trace, ref: Ref) -> Scores | None:
    attempts = [*trace.either(ref, "add")]
    fork = trace.fork()
    if found := fork.find(ref, "subtract"):
        attempts.append((fork, found[0], found[1]))
    for attempt, one, other in attempts:
        if (inner := scores(attempt, one)) is not None:
            trace.join(attempt)
            inner.biases.append(other.value)
            return inner
    return None

"""Softmax over one axis: exp(s - max(s)) / sum(exp(s - max(s))), with or without the maximum.

PyTorch puts 0 in place of a row that is minus infinity all over; that choice is part of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.graph import maker
from rlxflow.passes.raising.match import NearMiss
from rlxflow.passes.raising.means import total
from rlxflow.passes.raising.numbers import number_of
from rlxflow.passes.raising.trace import Ref, Trace, kind_of, summed

_ASKING = ("not", "broadcast_in_dim", "reshape", "reduce", "compare", "convert")


def softmax(trace: Trace, ref: Ref) -> tuple[Ref, int] | None:
    """Returns the scores of a softmax and the axis of them that adds up to 1.

    Raises NearMiss if the sum is over several axes.
    """
    fork = trace.fork()
    if choice := fork.find(ref, "select"):
        if fork.number(choice[1]) != 0.0 or (found := _plain(fork, choice[2])) is None:
            return None
        if not _asks(fork, choice[0].value, found[0].value):
            raise NearMiss("a softmax is replaced by 0 by something other than its scores")
        trace.join(fork)
        return found
    return _plain(trace, ref)


def _asks(trace: Trace, condition: ir.Value, of: ir.Value) -> bool:
    """Tells whether a condition depends on one value and on constants alone."""
    if condition == of or number_of(condition, trace.ops) is not None:
        return True
    op = maker(condition)
    if op is None or kind_of(op) not in _ASKING:
        return False
    trace.ops[op] = None
    return all([_asks(trace, value, of) for value in op.operands])


def _plain(trace: Trace, ref: Ref) -> tuple[Ref, int] | None:
    for attempt, top, below in _quotients(trace, ref):
        exponent = attempt.find(top, "exponential")
        of = total(attempt, below)
        if not exponent or of is None or attempt.same(top, of) is None:
            continue
        axes = summed(of)
        if len(axes) != 1:
            raise NearMiss(f"the sum of a softmax is over axes {axes}")
        trace.join(attempt)
        return _without_maximum(trace, exponent[0], axes), axes[0]
    return None


def _quotients(trace: Trace, ref: Ref) -> Iterator[tuple[Trace, Ref, Ref]]:
    """Yields what is divided by what: a / b, and a * (1 / b)."""
    fork = trace.fork()
    if found := fork.find(ref, "divide"):
        yield fork, found[0], found[1]
    for attempt, one, other in trace.either(ref, "multiply"):
        if (inverse := attempt.find(other, "divide")) and attempt.number(inverse[0]) == 1.0:
            yield attempt, one, inverse[1]


def _without_maximum(trace: Trace, ref: Ref, axes: tuple[int, ...]) -> Ref:
    """Returns s of s - max(s), where the maximum is over the same axes; else the value itself."""
    fork = trace.fork()
    if not (parts := fork.find(ref, "subtract")):
        return ref
    for attempt, largest in _largest(fork, parts[1]):
        of = total(attempt, largest, "maximum")
        if of is None or summed(of) != axes:
            continue
        if (found := attempt.same(parts[0], of)) is not None:
            trace.join(attempt)
            return found
    return ref


def _largest(trace: Trace, ref: Ref) -> Iterator[tuple[Trace, Ref]]:
    """Yields a value, and what it is held above minus infinity of."""
    yield trace.fork(), ref
    for attempt, one, other in trace.either(ref, "maximum"):
        if attempt.number(other) == float("-inf"):
            yield attempt, one

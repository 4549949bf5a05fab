"""RMSNorm and LayerNorm, found at the root they divide by.

    rms_norm     x / sqrt(mean(x^2) + eps) * (offset + weight)
    layer_norm   (x - mean(x)) / sqrt(variance(x) + eps) * weight + bias

over the last axis, with a weight of one axis. The factors may stand in any order and be associated
in any way; the variance may be the mean of squares of x - mean(x), or mean(x^2) - mean(x)^2, also
held above 0. Conversions may stand anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.closing import narrowed, widened
from rlxflow.passes.raising.graph import only_user, shape
from rlxflow.passes.raising.match import Match, NearMiss
from rlxflow.passes.raising.means import InverseRoot, inverse_root, mean, square
from rlxflow.passes.raising.trace import LAYOUT, Ref, Trace, kind_of, summed, whole
from rlxflow.passes.raising.weights import Weights


class Statistic(NamedTuple):
    """What is normalised: the values x, and whether their mean is taken off."""

    x: Ref
    centred: bool


def norm(root: ir.Operation, weights: Weights) -> Match | None:
    """Returns the norm that divides by a root, or None if it is the root of something else.

    Raises NearMiss for a norm that is none of the two.
    """
    if kind_of(root) not in ("rsqrt", "sqrt", "power"):
        return None
    if statistic(Trace(), whole(root.results[0])) is None:
        return None
    candidates = [*_products(root)]
    if not candidates:
        raise NearMiss(_unused(root))
    for product in reversed(candidates):
        trace = Trace({product: None})
        if (found := Factors.of(trace, product, root)) is not None:
            return _finish(trace, product, found, weights)
    raise NearMiss("what is scaled is not what the mean of squares was taken of")


def statistic(trace: Trace, ref: Ref) -> tuple[InverseRoot, Statistic] | None:
    """Returns the inverse root of a mean of squares or a variance, and of what."""
    fork = trace.fork()
    found = inverse_root(fork, ref)
    if found is None or (of := spread(fork, found.inner)) is None:
        return None
    trace.join(fork)
    return found, of


def spread(trace: Trace, ref: Ref) -> Statistic | None:
    """Returns what a value is the mean of squares, or the variance, of."""
    fork = trace.fork()
    for attempt, one, other in fork.either(ref, "maximum"):
        if attempt.number(other) == 0.0 and (found := spread(attempt, one)):
            trace.join(attempt)
            return found
    fork = trace.fork()
    squares = mean(fork, ref)
    if squares is not None and (x := square(fork, squares)) is not None:
        inner = fork.fork()
        centre = centred(inner, x, summed(x))
        trace.join(inner if centre else fork)
        return Statistic(centre or x, centre is not None)
    fork = trace.fork()
    if (parts := fork.find(ref, "subtract")) and (found := _difference(fork, *parts)):
        trace.join(fork)
        return Statistic(found, True)
    return None


def _difference(trace: Trace, left: Ref, right: Ref) -> Ref | None:
    """Returns x of mean(x^2) - mean(x)^2."""
    squares, middle = mean(trace, left), square(trace, right)
    of_squares = square(trace, squares) if squares else None
    of_mean = mean(trace, middle) if middle else None
    return trace.same(of_squares, of_mean) if of_squares and of_mean else None


def centred(trace: Trace, ref: Ref, axes: tuple[int, ...]) -> Ref | None:
    """Returns x of x - mean(x), where the mean is over these axes."""
    fork = trace.fork()
    op, outer = fork.find_op(ref, "subtract")
    if op is None:
        return None
    parts = fork.find(whole(op.results[0]), "subtract")  # the mean's own axes, whatever is outside
    of = mean(fork, parts[1])
    if of is None or summed(of) != axes or (found := fork.same(parts[0], of)) is None:
        return None
    trace.join(fork)
    place = outer[0].axes
    return Ref(found.value, place if len(found.axes) == len(place) else ())


def _products(root: ir.Operation) -> Iterator[ir.Operation]:
    """Yields the products and quotients that a root goes into, one after the other."""
    op: ir.Operation | None = root
    while (op := only_user(op.results[0])) is not None and op.block == root.block:
        if kind_of(op) in ("multiply", "divide"):
            yield op
        elif kind_of(op) not in LAYOUT:
            return


def _unused(root: ir.Operation) -> str:
    user = only_user(root.results[0])
    while user is not None and kind_of(user) in LAYOUT:
        user = only_user(user.results[0])
    if user is not None and kind_of(user) == "add":
        return "eps is added to the root, not to what the root is taken of"
    return "the root does not go into one product"


class Factors(NamedTuple):
    """The factors of a product that is a norm."""

    x: ir.Value
    centred: bool
    eps: float
    weight: ir.Value
    offset: float

    @classmethod
    def of(cls, trace: Trace, product: ir.Operation, root: ir.Operation) -> Factors | None:
        """Returns the factors, or None if one of them is something else."""
        leaves = [*_leaves(trace, whole(product.results[0]), root)]
        inverse = next((leaf for leaf in leaves if leaf.root), None)
        found = statistic(trace, inverse.ref) if inverse else None
        if inverse is None or found is None or found[0].divides != inverse.below:
            return None
        rest = [leaf for leaf in leaves if not leaf.root]
        return _assign(trace, rest, *found, last=len(shape(product.results[0])) - 1)


def _assign(
    trace: Trace, leaves: list[Leaf], root: InverseRoot, of: Statistic, last: int
) -> Factors | None:
    """Says which factor is what was normalised and which the weight."""
    x: Ref | None = None
    weight: tuple[ir.Value, float] | None = None
    while leaves:
        leaf = leaves.pop()
        if leaf.below:
            return None
        if Trace().number(leaf.ref) == 1.0:
            trace.number(leaf.ref)
        elif x is None and (core := _core(trace, leaf.ref, of)):
            x = core
        elif weight is None and (found := _weight(trace, leaf.ref, last)):
            weight = found
        elif parts := trace.find(leaf.ref, "multiply"):
            leaves += [Leaf(part, False, False) for part in parts]
        else:
            return None
    if x is None:
        return None
    if summed(of.x) != (last,):
        raise NearMiss(f"the mean is taken over axes {summed(of.x)}, not over the last alone")
    if weight is None:
        raise NearMiss("there is no weight of one axis")
    return Factors(x.value, of.centred, root.eps, *weight)


def _core(trace: Trace, ref: Ref, of: Statistic) -> Ref | None:
    fork = trace.fork()
    x = centred(fork, ref, summed(of.x)) if of.centred else ref
    found = fork.same(x, of.x) if x else None
    if found is not None:
        trace.join(fork)
    return found


def _weight(trace: Trace, ref: Ref, last: int) -> tuple[ir.Value, float] | None:
    """Returns the weight and the number that is added to it."""
    if (vector := trace.vector(ref, last)) is not None:
        ref = Ref(vector, (last,))
    for attempt, one, other in trace.either(ref, "add"):
        offset = attempt.number(other)
        weight = attempt.vector(one, last) if offset is not None else None
        if offset is not None and weight is not None:
            trace.join(attempt)
            return weight, offset
    return (vector, 0.0) if vector is not None else None


def _finish(trace: Trace, product: ir.Operation, found: Factors, weights: Weights) -> Match:
    root, bias = product, None
    if found.centred:
        root, bias = _with_bias(trace, product)
    inputs = {"x": found.x, "weight": found.weight, **({"bias": bias} if bias else {})}
    inputs = widened(trace.ops, inputs)
    root = narrowed(trace.ops, root, inputs["x"])
    name = weights.name(inputs["weight"]) or ""
    params: dict[str, object] = {"eps": found.eps}
    if not found.centred:
        params["offset"] = found.offset
    return Match(
        block="layer_norm" if found.centred else "rms_norm",
        root=root,
        ops=tuple(trace.ops),
        inputs=inputs,
        params=params,
        weight=name,
    )


def _with_bias(trace: Trace, product: ir.Operation) -> tuple[ir.Operation, ir.Value | None]:
    """Returns the sum of a product and a bias, and the bias; the product itself without one."""
    last = len(shape(product.results[0])) - 1
    op: ir.Operation | None = product
    while (op := only_user(op.results[0])) is not None and kind_of(op) in LAYOUT:
        pass
    if op is None or kind_of(op) != "add" or op.block != product.block:
        return product, None
    for attempt, one, other in trace.either(whole(op.results[0]), "add"):
        reached = attempt.same(one, whole(product.results[0]))
        bias = attempt.vector(other, last) if reached else None
        if bias is not None:
            trace.join(attempt)
            return op, bias
    return product, None


class Leaf(NamedTuple):
    """A factor: above or below the line, and whether it is the root."""

    ref: Ref
    below: bool
    root: bool


def _leaves(trace: Trace, ref: Ref, root: ir.Operation, below: bool = False) -> Iterator[Leaf]:
    """Yields the factors of a product, as far as it has to be opened to get to the root."""
    probe = Trace()
    kinds = ("multiply", "divide", kind_of(root))
    op, found = probe.find_op(ref, *kinds)
    if op is not None and op == root:
        yield Leaf(ref, below, True)
        return
    if op is None or not _reaches(ref, root):
        yield Leaf(ref, below, False)
        return
    trace.join(probe)
    quotient = kind_of(op) == "divide"
    yield from _leaves(trace, found[0], root, below)
    yield from _leaves(trace, found[1], root, below != quotient)


def _reaches(ref: Ref, root: ir.Operation) -> bool:
    """Tells whether a root is a factor of a value."""
    op, found = Trace().find_op(ref, "multiply", "divide", kind_of(root))
    return op is not None and (op == root or any(_reaches(each, root) for each in found))

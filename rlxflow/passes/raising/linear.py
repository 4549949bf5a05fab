"""Products with a weight: `y = x W + bias`, whatever the layout of the weight.

    dot_general(x[..., i], f(W)) + broadcast(g(bias))

f is a chain of `convert` and `transpose`, g of `convert`, `reshape` and `broadcast_in_dim`; the
weight may be [o, i], [i, o], or have several axes for either ([i, h, e], [h, e, o]). A chain that
something else uses too stays outside, so the weight that the stage gets is already converted.
"""

from __future__ import annotations

from math import prod

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.graph import Product, ints, made_by, only_user, shape
from rlxflow.passes.raising.match import Match, NearMiss
from rlxflow.passes.raising.weights import Weights

BLOCK = "linear"


def linear(dot: ir.Operation, weights: Weights) -> Match | None:
    """Returns the layer that a `dot_general` is, or None if what is on its right is no weight.

    Raises NearMiss for a product with a weight that a linear layer does not make.
    """
    x, right = dot.operands
    weight = weights.name(right)
    if weight is None or weights.name(x) is not None:
        return None
    product = Product.of(dot)
    if product.batch[0]:
        raise NearMiss("the weight has an axis that is paired off, not summed over")
    rank = len(shape(x))
    if product.contract[0] != tuple(range(rank - len(product.contract[0]), rank)):
        raise NearMiss(f"sums over axes {product.contract[0]} of x, which are not its last")
    stored, chain, axes = layout(right)
    summed = tuple(axes[i] for i in product.contract[1])
    transposed = _transposed(summed, len(axes))
    sizes = shape(stored)
    params = {
        "in_dim": prod(sizes[i] for i in summed),
        "out_dim": prod(n for i, n in enumerate(sizes) if i not in summed),
        "transposed": transposed,
    }
    bias = _bias(dot, len(axes) - len(summed), weights)
    return Match(
        block=BLOCK,
        root=bias[0][-1] if bias else dot,
        ops=(*chain, dot, *(bias[0] if bias else ())),
        inputs={"x": x, "weight": stored, **({"bias": bias[1]} if bias else {})},
        params=params,
        weight=weight,
    )


def layout(value: ir.Value) -> tuple[ir.Value, list[ir.Operation], tuple[int, ...]]:
    """Returns what `convert` and `transpose` make a value of, them, and its axes there."""
    axes, chain = tuple(range(len(shape(value)))), []
    while (op := made_by(value, "convert", "transpose")) and only_user(value):
        if op.name == "stablehlo.transpose":
            order = ints(op, "permutation")
            axes = tuple(order[i] for i in axes)
        chain.append(op)
        value = op.operands[0]
    return value, chain[::-1], axes


def _transposed(summed: tuple[int, ...], rank: int) -> bool:
    """Tells whether the axes that are summed over come first in the stored weight."""
    if summed == tuple(range(rank - len(summed), rank)):
        return False
    if summed == tuple(range(len(summed))):
        return True
    raise NearMiss(f"sums over axes {summed} of {rank} of the weight, neither its first nor last")


def _bias(
    dot: ir.Operation, out_rank: int, weights: Weights
) -> tuple[list[ir.Operation], ir.Value] | None:
    """Returns the operations that add a bias to the product, and the bias."""
    y = dot.results[0]
    add = only_user(y)
    if add is None or add.name != "stablehlo.add":
        return None
    one, other = add.operands
    value = other if one == y else one
    if weights.name(value) is None:
        return None
    chain: list[ir.Operation] = []
    while (op := made_by(value, "convert", "reshape", "broadcast_in_dim")) and only_user(value):
        chain.append(op)
        value = op.operands[0]
    return ([*chain[::-1], add], value) if len(shape(value)) <= out_rank else None

"""Products with a weight: `y = x W + bias`, whatever the layout of the weight.

    dot_general(x[..., i], f(W)) + broadcast(g(bias))

f is a chain of `convert` and `transpose`, g of `convert`, `reshape` and `broadcast_in_dim`; the
weight may be [o, i], [i, o], or have several axes for either ([i, h, e], [h, e, o]), and stand on
the left if a `transpose` then puts its axes last. A chain that something else uses too stays
outside, so the weight that the stage gets is already converted.
"""

from __future__ import annotations

from math import prod

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.graph import Product, ints, made_by, only_user, shape
from rlxflow.passes.raising.match import Match, NearMiss
from rlxflow.passes.raising.weights import Weights

BLOCK = "linear"


def linear(dot: ir.Operation, weights: Weights) -> Match | None:
    """Returns the layer that a `dot_general` is, or None if neither side is a weight.

    Raises NearMiss for a product with a weight that a linear layer does not make.
    """
    if dot.name != "stablehlo.dot_general":
        return None
    product, side = Product.of(dot), _weight_side(dot, weights)
    if side is None:
        return None
    x, right = dot.operands[1 - side], dot.operands[side]
    if product.batch[0]:
        raise NearMiss("the weight has an axis that is paired off, not summed over")
    pairs = sorted(zip(product.contract[1 - side], product.contract[side], strict=True))
    over, summed = (tuple(pair[i] for pair in pairs) for i in (0, 1))
    rank = len(shape(x))
    if over != tuple(range(rank - len(over), rank)):
        raise NearMiss(f"sums over axes {over} of x, which are not its last")
    stored, chain, axes = layout(right)
    summed = tuple(axes[i] for i in summed)
    sizes, out_rank = shape(stored), len(axes) - len(summed)
    params = {
        "in_dim": prod(sizes[i] for i in summed),
        "out_dim": prod(n for i, n in enumerate(sizes) if i not in summed),
        "transposed": _transposed(summed, len(axes)),
    }
    turned = [] if side else _turned(dot, out_rank)
    last = turned[-1] if turned else dot
    bias = _bias(last, out_rank, weights)
    return Match(
        block=BLOCK,
        root=bias[0][-1] if bias else last,
        ops=(*chain, dot, *turned, *(bias[0] if bias else ())),
        inputs={"x": x, "weight": stored, **({"bias": bias[1]} if bias else {})},
        params=params,
        weight=weights.name(right) or "",
    )


def _weight_side(dot: ir.Operation, weights: Weights) -> int | None:
    """Returns which operand is the weight; where both may be, the right one of unmarked ones."""
    left, right = [weights.name(value) is not None for value in dot.operands]
    if left and right:
        return None if weights.marked else 1
    return 1 if right else 0 if left else None


def _turned(dot: ir.Operation, out_rank: int) -> list[ir.Operation]:
    """Returns what puts the weight's axes last, where the weight stands on the left."""
    rank = len(shape(dot.results[0]))
    if out_rank in (0, rank):
        return []
    turn = only_user(dot.results[0])
    wanted = (*range(out_rank, rank), *range(out_rank))
    if turn is None or turn.name != "stablehlo.transpose" or ints(turn, "permutation") != wanted:
        raise NearMiss("the weight stands on the left, and its axis is not put last")
    return [turn]


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
    last: ir.Operation, out_rank: int, weights: Weights
) -> tuple[list[ir.Operation], ir.Value] | None:
    """Returns the operations that add a bias to the product, and the bias."""
    y = last.results[0]
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

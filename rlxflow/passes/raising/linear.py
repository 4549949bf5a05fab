"""Products with a weight: `y = x W + bias`, whatever the layout of the weight.

    dot_general(x[..., i], f(W)) + broadcast(g(bias))

f is a chain of `convert` and `transpose`, g of `convert`, `reshape` and `broadcast_in_dim`; the
weight may be [o, i], [i, o], or have several axes for either ([i, h, e], [h, e, o]), and stand on
the left if a `transpose` then puts its axes last. A chain that something else uses too stays
outside, so the weight that the stage gets is already converted.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.graph import Product, ints, made_by, maker, only_user, shape
from rlxflow.passes.raising.match import Match, NearMiss
from rlxflow.passes.raising.numbers import neutral
from rlxflow.passes.raising.trace import kind_of
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
    spread = _spread(right, product, side)
    if product.batch[0] and spread is None:
        raise NearMiss("the weight has an axis that is paired off, not summed over")
    pairs = sorted(zip(product.contract[1 - side], product.contract[side], strict=True))
    over, summed = (tuple(pair[i] for pair in pairs) for i in (0, 1))
    rank = len(shape(x))
    if over != tuple(range(rank - len(over), rank)):
        raise NearMiss(f"sums over axes {over} of x, which are not its last")
    if spread is not None:
        right, summed = spread.operands[0], tuple(_place(spread, i) for i in summed)
    stored, chain, axes = layout(right)
    chain += [spread] if spread is not None else []
    summed = tuple(axes[i] for i in summed)
    sizes, out_rank = shape(stored), len(axes) - len(summed)
    params = {
        "in_dim": prod(sizes[i] for i in summed),
        "out_dim": prod(n for i, n in enumerate(sizes) if i not in summed),
        "transposed": _transposed(summed, len(axes)),
    }
    inner = [dot] if side else [dot, *_turned(dot, out_rank)]
    bias = _bias(inner[-1], out_rank, weights)
    inner += bias[0] if bias else []
    if (folded := _folded(x, len(over), inner[-1])) is not None:
        x = folded.x
        inner = [folded.before, *inner, folded.after]
        bias = bias or _bias(inner[-1], out_rank, weights)
        inner += bias[0] if bias and bias[0][0] not in inner else []
    return Match(
        block=BLOCK,
        root=inner[-1],
        ops=(*chain, *inner),
        inputs={"x": x, "weight": stored, **({"bias": bias[1]} if bias else {})},
        params=params,
        weight=weights.name(right) or "",
    )


def _spread(right: ir.Value, product: Product, side: int) -> ir.Operation | None:
    """Returns what repeats a weight along the axes that are paired off, if they come first."""
    op = made_by(right, "broadcast_in_dim")
    batch = tuple(range(len(product.batch[0])))
    if op is None or not batch or not only_user(right) or product.batch != (batch, batch):
        return None
    placed = ints(op, "broadcast_dimensions")
    kept = tuple(range(len(batch), len(shape(right))))
    sizes = tuple(shape(right)[i] for i in kept)
    return op if placed == kept and shape(op.operands[0]) == sizes else None


def _place(spread: ir.Operation, axis: int) -> int:
    return ints(spread, "broadcast_dimensions").index(axis)


class Folded(NamedTuple):
    """A product whose x has its leading axes put together before, and taken apart after."""

    x: ir.Value
    before: ir.Operation
    after: ir.Operation


def _folded(x: ir.Value, summed: int, last: ir.Operation) -> Folded | None:
    """Returns the reshapes around a product, if they only fold and unfold its leading axes."""
    before, after = made_by(x, "reshape"), only_user(last.results[0])
    if before is None or after is None or after.name != "stablehlo.reshape" or not only_user(x):
        return None
    whole, flat = shape(before.operands[0]), shape(x)
    made, final = shape(last.results[0]), shape(after.results[0])
    lead = len(whole) - summed
    rest = made[len(flat) - summed :]
    if whole[lead:] != flat[len(flat) - summed :] or final != (*whole[:lead], *rest):
        return None
    return Folded(before.operands[0], before, after)


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
    y, behind = last.results[0], list[ir.Operation]()
    add = only_user(y)
    while add is not None and neutral(add, {}) is not None:
        behind.append(add)
        y, add = add.results[0], only_user(add.results[0])
    if add is None or add.name != "stablehlo.add":
        return None
    one, other = add.operands
    value = other if one == y else one
    if weights.name(value) is None:
        return None
    chain: list[ir.Operation] = []
    while (op := maker(value)) is not None and only_user(value):
        kept = neutral(op, {})
        if kept is None and kind_of(op) not in ("convert", "reshape", "broadcast_in_dim"):
            break
        chain.append(op)
        value = op.operands[kept or 0]
    ops = [*behind, *chain[::-1], add]
    return (ops, value) if len(shape(value)) <= out_rank else None

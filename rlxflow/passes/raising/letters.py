"""Which axis is which in an attention, told by how its two products pair them off.

b (a, c): batch; t: queries; s: keys; h: heads; g: queries' heads that share a head of keys; e: what
scores are summed over, and what is left of the values.
"""

from __future__ import annotations

from typing import NamedTuple

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.graph import Product, shape
from rlxflow.passes.raising.match import NearMiss
from rlxflow.passes.raising.reshaping import Label
from rlxflow.passes.raising.scores import Scores

_BATCH = "bac"


class Letters(NamedTuple):
    """The letters of the operands' axes, and which operand of the first product the queries are."""

    query_side: int
    query: str
    key: str
    value: str
    result: str


def letters_of(found: Scores, dot: ir.Operation, side: int, axis: Label) -> Letters:
    """Returns the letters; raises NearMiss where the products pair off what attention does not.

    Args:
        found: The product of queries and keys, seen from the softmax's result.
        dot: The product with the values.
        side: Which of its operands is the softmax.
        axis: The axis of the softmax.
    """
    first, second = Product.of(found.dot), Product.of(dot)
    place = found.axes.index(axis)  # in the result of the first product
    batch = len(first.batch[0])
    free = [_free(found.dot, first, i) for i in (0, 1)]
    if place < batch:
        raise NearMiss("the softmax is over an axis that queries and keys are paired by")
    query_side = 0 if place >= batch + len(free[0]) else 1
    key_side = 1 - query_side
    if len(free[key_side]) != 1 or len(first.contract[0]) != 1 or batch > len(_BATCH) + 1:
        raise NearMiss("keys have other axes than batch, heads, keys and the size of a head")
    shared = [*_BATCH[: batch - 1], "h"] if batch else []
    query = dict(zip(first.batch[query_side], shared, strict=True))
    key = dict(zip(first.batch[key_side], shared, strict=True))
    key |= {first.contract[key_side][0]: "e", free[key_side][0]: "s"}
    query |= {first.contract[query_side][0]: "e"}
    query |= _rows(free[query_side], first.batch[query_side])
    made = [
        *shared,
        *(
            "".join(each[i] for i in free[j])
            for j, each in enumerate((query, key) if query_side == 0 else (key, query))
        ),
    ]
    weighted = _weighted(found, "".join(made), len(shape(dot.operands[side])))
    value, result = _second(dot, second, side, weighted)
    if not set(value) - {"s", "e"} == set(shared):
        raise NearMiss("values are paired off by other axes than keys are")
    return Letters(query_side, _text(query), _text(key), value, result)


def _free(dot: ir.Operation, product: Product, i: int) -> list[int]:
    gone = (*product.batch[i], *product.contract[i])
    return [axis for axis in range(len(shape(dot.operands[i]))) if axis not in gone]


def _rows(free: list[int], batch: tuple[int, ...]) -> dict[int, str]:
    """Names the axes of queries that are none of the keys': tokens, and heads of a group."""
    if len(free) <= 1:
        return dict.fromkeys(free, "t")
    grouped = [axis for axis in free if batch and axis == batch[-1] + 1]
    if len(free) != 2 or len(grouped) != 1:
        raise NearMiss("queries have other axes than batch, tokens, heads and the size of a head")
    return {axis: "g" if axis in grouped else "t" for axis in free}


def _weighted(found: Scores, made: str, rank: int) -> str:
    """Returns the letters of the softmax's result; axes of size 1 take those that are left."""
    letters: dict[Label, str] = {
        axis: made[i] for i, axis in enumerate(found.axes) if axis is not None
    }
    rest = iter([made[i] for i, axis in enumerate(found.axes) if axis is None])
    return "".join(letters.get(i) or next(rest, "?") for i in range(rank))


def _second(dot: ir.Operation, product: Product, side: int, weighted: str) -> tuple[str, str]:
    """Returns the letters of the values and of the result."""
    other = 1 - side
    value = {
        theirs: weighted[mine]
        for mine, theirs in zip(
            (*product.batch[side], *product.contract[side]),
            (*product.batch[other], *product.contract[other]),
            strict=True,
        )
    }
    free = [_free(dot, product, i) for i in (0, 1)]
    if len(free[other]) != 1:
        raise NearMiss("values have other axes than batch, heads, keys and the size of a head")
    value[free[other][0]] = "e"
    batch = "".join(weighted[i] for i in product.batch[side])
    rows = "".join(weighted[i] for i in free[side])
    return _text(value), batch + (rows + "e" if side == 0 else "e" + rows)


def _text(letters: dict[int, str]) -> str:
    return "".join(letters[i] for i in range(len(letters)))

"""Attention: scores of queries and keys, their softmax, and the mean of values by them.

    dot(softmax(scores(dot(q * a, k * b))), v)

`scores` may scale, cap, mask and add a bias (see `scores.py`). Keys and values whose heads are
repeated by `broadcast_in_dim` and `reshape` are taken before that; heads may also be grouped, as
two axes of the queries. Axes may stand in any order: `layout` says in which, by the letters of
`letters.py`, and a transposition that gives keys, values or the result the queries' order is part
of the match. The projections before and after are stages of their own.
"""

from __future__ import annotations

from typing import NamedTuple

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.closing import narrowed, widened
from rlxflow.passes.raising.graph import Product, ints, made_by, maker, only_user, shape, users
from rlxflow.passes.raising.letters import Letters, letters_of
from rlxflow.passes.raising.match import Match, NearMiss
from rlxflow.passes.raising.numbers import number_of
from rlxflow.passes.raising.scores import Scores, scores
from rlxflow.passes.raising.softmax import softmax
from rlxflow.passes.raising.trace import Trace, kind_of, whole
from rlxflow.passes.raising.weights import Weights


class Operand(NamedTuple):
    """Queries, keys or values: the value that is taken, its axes, and what it is multiplied by."""

    value: ir.Value
    axes: str
    scale: float = 1.0

    def size(self, letter: str) -> int:
        return shape(self.value)[self.axes.index(letter)] if letter in self.axes else 1


def attention(dot: ir.Operation, _: Weights) -> Match | None:
    """Returns the attention that a product with values ends, or None.

    Raises NearMiss for a softmax between two products that is no attention.
    """
    if kind_of(dot) != "dot_general":
        return None
    for side in (0, 1):
        trace = Trace({dot: None})
        found = softmax(trace, whole(dot.operands[side]))
        if found is None or (inner := scores(trace, found[0])) is None:
            continue
        axis = found[0].axes[found[1]]
        if axis is None or Product.of(dot).contract[side] != (axis,) or axis not in inner.axes:
            raise NearMiss("the softmax is over another axis than the values are summed over")
        return _match(trace.ops, dot, inner, letters_of(inner, dot, side, axis), side)
    return None


def _match(
    ops: dict[ir.Operation, None], dot: ir.Operation, found: Scores, axes: Letters, side: int
) -> Match:
    first = found.dot.operands
    taken = [
        Operand(first[axes.query_side], axes.query),
        Operand(first[1 - axes.query_side], axes.key),
        Operand(dot.operands[1 - side], axes.value),
    ]
    (q, k, v), root, result = _unfolded(ops, taken, dot, axes.result)
    q = _operand(ops, q, q.axes)
    wanted = q.axes.replace("t", "s").replace("g", "")
    k, v = (_once(ops, _operand(ops, each, wanted)) for each in (k, v))
    heads, groups = q.size("h") * q.size("g"), k.size("h")
    root, result = _turned(ops, root, result, q.axes)
    before = _grouped(ops, q)
    if before.axes != q.axes:
        root, result = _merged(ops, root, result)
    root = narrowed(ops, root, before.value)
    inputs = {"query": before.value, "key": k.value, "value": v.value}
    inputs |= _numbered("mask", found.masks) | _numbered("bias", found.biases)
    params = {
        "num_attention_heads": heads,
        "num_key_value_heads": groups,
        "head_dim": q.size("e"),
        "scale": found.scale * q.scale * k.scale,
        "softcap": found.softcap,
        "layout": f"{before.axes},{k.axes},{v.axes}->{result}",
    }
    return Match(
        block="attention",
        root=root,
        ops=tuple(ops),
        inputs=widened(ops, inputs),
        params={name: value for name, value in params.items() if value is not None},
    )


def _unfolded(
    ops: dict[ir.Operation, None], taken: list[Operand], dot: ir.Operation, result: str
) -> tuple[list[Operand], ir.Operation, str]:
    """Takes operands and result with batch and heads as two axes, where reshapes made them one."""
    unfold = only_user(dot.results[0])
    folds = [op for each in taken if (op := made_by(each.value, "reshape")) is not None]
    if unfold is None or kind_of(unfold) != "reshape" or len(folds) < len(taken):
        return taken, dot, result
    whole = [
        (each.axes, shape(op.operands[0]), shape(each.value))
        for each, op in zip(taken, folds, strict=True)
    ]
    whole.append((result, shape(unfold.results[0]), shape(dot.results[0])))
    lead = whole[0][1][:2]
    for axes, apart, folded in whole:
        if axes[0] != "h" or "b" in axes or apart[:2] != lead or apart[2:] != folded[1:]:
            return taken, dot, result
    if not all(user in ops for each in taken for user in users(each.value)):
        return taken, dot, result
    ops |= dict.fromkeys([*folds, unfold])
    opened = [
        Operand(op.operands[0], f"b{each.axes}") for each, op in zip(taken, folds, strict=True)
    ]
    return opened, unfold, f"b{result}"


def _operand(ops: dict[ir.Operation, None], operand: Operand, wanted: str) -> Operand:
    """Follows an operand of a product back over scales and a transposition to the wanted order."""
    op = maker(operand.value)
    if op is None or not all(user in ops for user in users(operand.value)):
        return operand
    kind, inner = kind_of(op), None
    if kind == "convert":
        inner = operand._replace(value=op.operands[0])
    elif kind == "transpose" and operand.axes != wanted:
        inner = Operand(op.operands[0], _untransposed(op, operand.axes), operand.scale)
        if inner.axes != wanted:
            return operand
    elif kind in ("multiply", "divide"):
        inner = _unscaled(op, operand)
    if inner is None:
        return operand
    ops[op] = None
    return _operand(ops, inner, wanted)


def _unscaled(op: ir.Operation, operand: Operand) -> Operand | None:
    """Returns an operand before it was multiplied with, or divided by, a number."""
    orders = ((0, 1), (1, 0)) if kind_of(op) == "multiply" else ((0, 1),)
    for one, other in orders:
        number = number_of(op.operands[other], {})
        if number:
            factor = number if kind_of(op) == "multiply" else 1.0 / number
            return Operand(op.operands[one], operand.axes, operand.scale * factor)
    return None


def _untransposed(op: ir.Operation, axes: str) -> str:
    order = ints(op, "permutation")
    return "".join(axes[order.index(i)] for i in range(len(axes)))


def _once(ops: dict[ir.Operation, None], operand: Operand) -> Operand:
    """Returns keys or values before each head was repeated, if that is what was done."""
    merge = made_by(operand.value, "reshape")
    spread = made_by(merge.operands[0], "broadcast_in_dim") if merge else None
    if merge is None or spread is None or "h" not in operand.axes:
        return operand
    chain = [merge, spread]
    base, at = spread.operands[0], operand.axes.index("h")
    placed = list(ints(spread, "broadcast_dimensions"))
    if (unit := made_by(base, "reshape", "broadcast_in_dim")) and len(placed) > len(operand.axes):
        chain, base = [*chain, unit], unit.operands[0]  # an axis of size 1 first, then spread
        placed.remove(at + 1)
    before, after, rank = shape(spread.results[0]), shape(merge.results[0]), len(operand.axes)
    merged = (*before[:at], before[at] * before[at + 1], *before[at + 2 :])
    kept = [i for i in range(rank + 1) if i != at + 1]
    if len(before) != rank + 1 or placed != kept or merged != after:
        return operand
    if shape(base) != tuple(before[i] for i in kept):
        return operand
    for op in chain:
        if not all(user in ops for user in users(op.results[0])):
            return operand
        ops[op] = None
    return operand._replace(value=base)


def _turned(
    ops: dict[ir.Operation, None], dot: ir.Operation, axes: str, wanted: str
) -> tuple[ir.Operation, str]:
    """Returns the last of the transpositions that give the result the queries' order, if any do."""
    turns: list[ir.Operation] = []
    made, last = axes, dot
    while made != wanted:
        turn = only_user(last.results[0])
        if turn is None or kind_of(turn) not in ("transpose", "convert"):
            return dot, axes
        if kind_of(turn) == "transpose":
            made = "".join(made[i] for i in ints(turn, "permutation"))
        turns.append(turn)
        last = turn
    ops |= dict.fromkeys(turns)
    return last, made


def _grouped(ops: dict[ir.Operation, None], q: Operand) -> Operand:
    """Returns queries from before a reshape that did no more than split their heads in groups."""
    split = made_by(q.value, "reshape")
    if "hg" not in q.axes or split is None or not all(u in ops for u in users(q.value)):
        return q
    if shape(split.operands[0]) != _flat(q.axes, shape(q.value)):
        return q
    ops[split] = None
    return q._replace(value=split.operands[0], axes=q.axes.replace("g", ""))


def _merged(
    ops: dict[ir.Operation, None], root: ir.Operation, axes: str
) -> tuple[ir.Operation, str]:
    """Returns the reshape that puts groups of heads together again, if nothing else follows."""
    merge = only_user(root.results[0])
    if "hg" not in axes or merge is None or kind_of(merge) != "reshape":
        return root, axes
    if shape(merge.results[0]) != _flat(axes, shape(root.results[0])):
        return root, axes
    ops[merge] = None
    return merge, axes.replace("g", "")


def _flat(axes: str, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Returns the shape with heads and groups as one axis."""
    at = axes.index("hg")
    return (*sizes[:at], sizes[at] * sizes[at + 1], *sizes[at + 2 :])


def _numbered(label: str, values: list[ir.Value]) -> dict[str, ir.Value]:
    return {f"{label}{i or ''}": value for i, value in enumerate(values)}

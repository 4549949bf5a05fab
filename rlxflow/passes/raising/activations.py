"""GELU (both forms), SiLU and quick GELU, however they are written.

A recogniser starts at an operation that only such functions have (erf, tanh, logistic, exponential,
the clamp of a lowered erf), goes on to the products behind it, and looks from there for the one
value that everything before depends on. What the part in between computes is told by its values.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cmp_to_key

import numpy as np

from rlxflow.ir.bindings import ir
from rlxflow.ir.enclose import block_order
from rlxflow.passes.raising.closing import narrowed, widened
from rlxflow.passes.raising.graph import element_type, maker, shape
from rlxflow.passes.raising.match import Match, NearMiss
from rlxflow.passes.raising.numbers import number_of
from rlxflow.passes.raising.sampling import OPERATIONS, POINTS, apply, classify
from rlxflow.passes.raising.trace import kind_of
from rlxflow.passes.raising.weights import Weights

ANCHORS = ("chlo.erf", "chlo.erfc", "tanh", "logistic", "exponential", "clamp")
TOLERANCE = {"bf16": 2e-2, "f16": 2e-3}
_STEPS_BEHIND, _STEPS_BEFORE = 60, 120


def activation(anchor: ir.Operation, _: Weights | None = None) -> Match | None:
    """Returns the activation function that an operation belongs to, or None.

    Raises NearMiss for x times a function of x that is none of the known ones.
    """
    if kind_of(anchor) not in ANCHORS:
        return None
    tried = ""
    for root in reversed([*_products(anchor)]):
        for x, ops in _entries(root):
            if anchor not in ops:
                continue
            values = _evaluate(ops, x, root)
            if name := classify(values, TOLERANCE.get(_type(ops), 1e-4)):
                return _match(name, root, ops, x)
            tried = tried or kind_of(anchor)
    if tried and kind_of(anchor) in ANCHORS[:4]:
        raise NearMiss(f"a function of one value with `{tried}` is none of the known activations")
    return None


def _match(name: str, root: ir.Operation, ops: dict[ir.Operation, None], x: ir.Value) -> Match:
    inputs = widened(ops, {"x": x})
    root = narrowed(ops, root, inputs["x"])
    return Match(block=name, root=root, ops=tuple(ops), inputs=inputs)


def _products(anchor: ir.Operation) -> Iterator[ir.Operation]:
    """Yields the products and quotients behind an operation, as long as all is elementwise."""
    op = anchor
    for _ in range(_STEPS_BEHIND):
        users = {use.owner.operation for use in op.results[0].uses}
        if not users or any(user.block != anchor.block for user in users):
            return
        op = min(users, key=cmp_to_key(block_order))
        if not _elementwise(op):
            return
        if kind_of(op) in ("multiply", "divide"):
            yield op


def _entries(root: ir.Operation) -> Iterator[tuple[ir.Value, dict[ir.Operation, None]]]:
    """Yields the values that alone determine a result, with the operations in between."""
    ops: dict[ir.Operation, None] = {}
    frontier, closed = {root.results[0]}, set[ir.Value]()
    for _ in range(_STEPS_BEFORE):
        op = _latest(frontier)
        if op is None or len(closed) > 1:
            break
        frontier.remove(op.results[0])
        if not _elementwise(op) or shape(op.results[0]) != shape(root.results[0]):
            closed.add(op.results[0])
        else:
            ops[op] = None
            variables = [v for v in op.operands if number_of(v, ops) is None]
            frontier |= {v for v in variables if _local(v, root.block)}
            closed |= {v for v in variables if not _local(v, root.block)}
        if len(frontier) + len(closed) == 1:
            yield next(iter(frontier or closed)), dict(ops)


def _latest(values: set[ir.Value]) -> ir.Operation | None:
    """Returns the operation that makes the last of some values; all the others come before it."""
    makers = [op for value in values if (op := maker(value)) is not None]
    return max(makers, key=cmp_to_key(block_order), default=None)


def _local(value: ir.Value, block: ir.Block) -> bool:
    op = maker(value)
    return op is not None and op.block == block


def _elementwise(op: ir.Operation) -> bool:
    kind = kind_of(op)
    return kind in OPERATIONS or kind == "compare"


def _evaluate(ops: dict[ir.Operation, None], x: ir.Value, root: ir.Operation) -> np.ndarray:
    known: dict[ir.Value, np.ndarray] = {x: POINTS}
    for op in sorted(ops, key=cmp_to_key(block_order)):
        result = op.results[0]
        number = number_of(result, {})
        if number is not None:
            known[result] = np.full_like(POINTS, number)
        else:
            values = [known[value] for value in op.operands]
            known[result] = apply(op, kind_of(op), values)
    return known[root.results[0]]


def _type(ops: dict[ir.Operation, None]) -> str:
    """Returns the roughest element type that a constant of the operations has."""
    found = {element_type(op.results[0]) for op in ops}
    return next((name for name in TOLERANCE if name in found), "f32")

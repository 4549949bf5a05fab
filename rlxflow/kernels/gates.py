"""Finds `act(gate) * up` behind a product, for `rlxflow.linear_glu.v1`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlxflow.ir.bindings import ir
from rlxflow.passes.raising.activations import activation
from rlxflow.passes.raising.closing import check_closed, with_constants
from rlxflow.passes.raising.graph import element_type, maker, only_user, shape, users
from rlxflow.passes.raising.match import Match, NearMiss

_ELEMENTS = ("f32", "bf16")
_STEPS = 16


@dataclass(frozen=True, slots=True)
class Gate:
    """What lies behind a product that is a gate.

    Attributes:
        act: The activation.
        up: The operation whose result it lets through.
        ops: The operations in between, and the multiplication.
        multiply: That.
    """

    act: str
    up: ir.Operation
    ops: tuple[ir.Operation, ...]
    multiply: ir.Operation


def find_gate(gate: ir.Operation) -> Gate | None:
    """Returns what lies behind a product, if nothing else reads it."""
    value = gate.results[0]
    for anchor in _behind(value):
        found = _activation(anchor)
        if found is None or found.inputs["x"] != value:
            continue
        multiply = only_user(found.root.results[0])
        if multiply is None or multiply.name != "stablehlo.multiply":
            continue
        others = [each for each in multiply.operands if each != found.root.results[0]]
        up = maker(others[0]) if others else None
        if up is None or up.block != gate.block or users(others[0]) != [multiply]:
            continue
        ops = with_constants([*found.ops, multiply])
        made = multiply.results[0]
        if not _closed(gate, ops, multiply) or element_type(made) not in _ELEMENTS:
            continue
        if shape(made) == shape(value):
            return Gate(found.block, up, tuple(ops), multiply)
    return None


def _behind(value: ir.Value) -> Iterator[ir.Operation]:
    """Yields the operations that a value goes through, the nearest first."""
    seen = dict.fromkeys(users(value))
    for op in (queue := list(seen)):
        if len(queue) > _STEPS:
            return
        yield op
        for user in [user for result in op.results for user in users(result)]:
            if user not in seen:
                seen[user] = None
                queue.append(user)


def _activation(anchor: ir.Operation) -> Match | None:
    try:
        return activation(anchor)
    except NearMiss:
        return None


def _closed(gate: ir.Operation, ops: dict[ir.Operation, None], root: ir.Operation) -> bool:
    try:
        check_closed(ops, root)
    except NearMiss:
        return False
    return all(user in ops for user in users(gate.results[0]))

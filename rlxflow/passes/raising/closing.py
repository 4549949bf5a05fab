"""Makes a match whole: nothing outside may use what it makes but the last result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cmp_to_key

from rlxflow.ir.bindings import ir
from rlxflow.ir.enclose import block_order, free_values
from rlxflow.passes.raising.graph import made_by, only_user, users
from rlxflow.passes.raising.match import NearMiss
from rlxflow.passes.raising.numbers import number_of


def check_closed(ops: Mapping[ir.Operation, None], root: ir.Operation) -> None:
    """Raises NearMiss if something outside uses a value inside that is no constant."""
    for op in ops:
        if op != root and not _within(op, ops) and not _constant(op):
            name = op.name.removeprefix("stablehlo.")
            raise NearMiss(f"the result of `{name}` inside is used outside as well")


def with_constants(ops: Iterable[ir.Operation]) -> dict[ir.Operation, None]:
    """Returns the operations and the constants, of one number each, that they use."""
    found = dict.fromkeys(ops)
    for value in [*free_values([*found])]:
        number_of(value, found)
    return found


def own_constants(ops: Iterable[ir.Operation], root: ir.Operation) -> list[ir.Operation]:
    """Returns the operations, with copies of the constants among them that others use, too.

    The hash of an operation changes with its operands, so all is decided before anything changes.
    """
    ordered = sorted(dict.fromkeys(ops), key=cmp_to_key(block_order))
    kept = dict.fromkeys(ordered)
    for op in reversed(ordered):  # a constant of a constant that stays outside stays there, too
        if op != root and not _within(op, kept):
            del kept[op]
    copied = [op not in kept for op in ordered]
    fresh: dict[ir.Value, ir.Value] = {}
    made: list[ir.Operation] = []
    for op, copy in zip(ordered, copied, strict=True):
        inner = op.clone(ir.InsertionPoint(op)).operation if copy else op
        for i, value in enumerate(inner.operands):
            if value in fresh:
                inner.operands[i] = fresh[value]
        if copy:
            fresh |= dict(zip(op.results, inner.results, strict=True))
        made.append(inner)
    return made


def widened(
    ops: dict[ir.Operation, None], inputs: Mapping[str, ir.Value], *kinds: str
) -> dict[str, ir.Value]:
    """Returns the inputs from before their conversions, where only the match uses those.

    `kinds` are other operations, such as `broadcast_in_dim`, that belong to the match likewise.
    """
    return {label: _before(ops, value, ("convert", *kinds)) for label, value in inputs.items()}


def _before(ops: dict[ir.Operation, None], value: ir.Value, kinds: tuple[str, ...]) -> ir.Value:
    op = made_by(value, *kinds)
    if op is None or not all(user in ops for user in users(value)):
        return value
    ops[op] = None
    return _before(ops, op.operands[0], kinds)


def narrowed(ops: dict[ir.Operation, None], root: ir.Operation, x: ir.Value) -> ir.Operation:
    """Returns the conversion back to the type of x, if that is all that happens to the result."""
    back = only_user(root.results[0])
    if back is None or back.name != "stablehlo.convert" or back.block != root.block:
        return root
    if _element(back.results[0]) != _element(x) or _element(root.results[0]) == _element(x):
        return root
    ops[back] = None
    return back


def _element(value: ir.Value) -> ir.Type:
    return ir.RankedTensorType(value.type).element_type


def _within(op: ir.Operation, inside: Mapping[ir.Operation, None]) -> bool:
    return all(user in inside for result in op.results for user in users(result))


def _constant(op: ir.Operation) -> bool:
    return all(number_of(result, {}) is not None for result in op.results)

"""Puts the body of a function in the place of a call of it."""

from __future__ import annotations

from rlxflow.ir.bindings import ir
from rlxflow.ir.region import under


def inline_call(call: ir.Operation, copy: ir.Operation) -> None:
    """Moves the body of a function that nobody else needs before its call; both go away.

    The name of the call's location, if it has one, stands before those of the operations.
    """
    body = copy.regions[0].blocks[0]
    *moved, end = [view.operation for view in body.operations]
    for argument, operand in zip(body.arguments, [*call.operands], strict=True):
        argument.replace_all_uses_with(operand)
    for op in moved:
        op.move_before(call)
        if isinstance(call.location, ir.NameLoc):
            op.location = under(call.location.name_str, op.location)
    for result, value in zip(call.results, [*end.operands], strict=True):
        result.replace_all_uses_with(value)
    call.erase()
    copy.erase()

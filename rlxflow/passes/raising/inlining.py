"""Puts the private functions that jax splits off into `main`, so that matches see through calls."""

from __future__ import annotations

from collections.abc import Iterator

from rlxflow.ir.bindings import ir
from rlxflow.ir.calls import inline_call
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import string_of

_FENCE = "mhlo.frontend_attributes"


def inline_calls(module: IrModule) -> None:
    """Replaces the calls in `main` by what they call, and drops functions that nobody uses then.

    A call with frontend attributes, such as a fence, stays, as does one of a function without body.
    """
    functions = {
        string_of(op, "sym_name"): op
        for view in module.module.body.operations
        if (op := view.operation).name == "func.func"
    }
    _inline_in(module.main.operation, functions)
    private = {n for n, f in functions.items() if string_of(f, "sym_visibility") == "private"}
    reached: set[str] = set()
    waiting = set(functions) - private
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= {n for op in _inside(functions[name]) for n in _symbols(op)} - reached
        waiting &= set(functions)
    for name in private - reached:
        functions[name].erase()


def _inline_in(op: ir.Operation, functions: dict[str, ir.Operation]) -> None:
    for call in [each for each in _inside(op) if each.name == "func.call"]:
        called = functions[ir.FlatSymbolRefAttr(call.attributes["callee"]).value]
        if _FENCE in call.attributes or not len(called.regions[0].blocks):
            continue
        copy = called.clone(ir.InsertionPoint(called)).operation
        _inline_in(copy, functions)
        inline_call(call, copy)


def _inside(op: ir.Operation) -> Iterator[ir.Operation]:
    for region in op.regions:
        for block in region.blocks:
            for view in block.operations:
                yield view.operation
                yield from _inside(view.operation)


def _symbols(op: ir.Operation) -> Iterator[str]:
    for value in [op.attributes[name] for name in op.attributes]:
        for each in value if isinstance(value, ir.ArrayAttr) else [value]:
            if isinstance(each, ir.FlatSymbolRefAttr):
                yield each.value

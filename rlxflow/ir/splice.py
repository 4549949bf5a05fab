"""Puts the body of another module's `main` into the region under construction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from rlxflow.errors import DTypeError
from rlxflow.ir.bindings import func, ir
from rlxflow.ir.builder import ModuleBuilder
from rlxflow.ir.calls import inline_call
from rlxflow.ir.scope import MlirHandle
from rlxflow.ir.types import TensorType
from rlxflow.ir.value import Value


def splice(
    builder: ModuleBuilder,
    module: bytes,
    arguments: Sequence[Value],
    results: Sequence[TensorType],
    label: str,
) -> list[Value]:
    """Returns the results of `main`, whose operations become part of the current region.

    Args:
        builder: Of the module that is being built.
        module: MLIR bytecode of StableHLO, of this jaxlib; its functions are called by nobody else.
        arguments: One for each argument of `main`.
        results: Types of the results, with the names of their axes.
        label: Stands before the names of the operations.

    Raises DTypeError if the arguments do not have the types that `main` takes.
    """
    scope = builder.scope
    inner = ir.Module.parse(module, builder.context)
    inline_calls(inner)
    main = _functions(inner)["main"]
    body = main.regions[0].blocks[0]
    handles = [cast(MlirHandle, value.handle) for value in arguments]
    given = [scope.use(handle) for handle in handles]
    for argument, value in zip(body.arguments, given, strict=True):
        if argument.type != value.type:
            where = f"operations of `{label}`"
            raise DTypeError(where, expected=str(argument.type), found=str(value.type))
        argument.replace_all_uses_with(value)
    *moved, end = [view.operation for view in body.operations]
    name = "/".join([*scope.labels, label])
    for op in moved:
        scope.insertion_point.insert(op.detach_from_parent())
        _relocate(op, name)
    scope.operations += len(moved)
    known = dict(zip(given, handles, strict=True))
    return [
        Value(type_, known.get(value) or MlirHandle(value, scope, label), builder)
        for type_, value in zip(results, [*end.operands], strict=True)
    ]


def inline_calls(module: ir.Module) -> None:
    """Replaces every `func.call` by the body of its function, inside regions too.

    MLIR's own inliner leaves calls in the regions of StableHLO's operations alone.
    """
    functions = _functions(module)
    while calls := [*_calls(functions["main"])]:
        for call in calls:
            callee = ir.FlatSymbolRefAttr(call.attributes["callee"]).value
            inline_call(call, functions[callee].clone(ir.InsertionPoint(module.body)))


def custom_calls(module: bytes, context: ir.Context) -> list[str]:
    """Returns the targets of all custom calls in a module."""
    inner = ir.Module.parse(module, context)
    return [
        ir.StringAttr(op.attributes["call_target_name"]).value
        for function in _functions(inner).values()
        for op in _inside(function)
        if op.name == "stablehlo.custom_call"
    ]


def _functions(module: ir.Module) -> dict[str, ir.Operation]:
    found = [op for op in module.body.operations if isinstance(op, func.FuncOp)]
    return {function.name.value: function.operation for function in found}


def _inside(op: ir.Operation) -> Iterator[ir.Operation]:
    for region in op.regions:
        for block in region.blocks:
            for view in block.operations:
                yield view.operation
                yield from _inside(view.operation)


def _calls(op: ir.Operation) -> Iterator[ir.Operation]:
    return (inner for inner in _inside(op) if inner.name == "func.call")


def _relocate(op: ir.Operation, label: str) -> None:
    """Names an operation and those inside it `label/last part of the name it had`."""
    for each in (op, *_inside(op)):
        old = each.location
        named = old.name_str if isinstance(old, ir.NameLoc) else each.name.partition(".")[2]
        each.location = ir.Location.name(f"{label}/{named.rpartition('/')[2]}")

"""Cuts a function down to some of its operations; what those miss becomes arguments.

An argument of the right type stands for each value whose operation is gone, so any choice of
operations makes a module that verifies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rlxflow.ir.bindings import func, ir
from rlxflow.ir.module import IrModule


def count_operations(module: IrModule) -> int:
    """Returns how many operations stand directly in `main`, without its return."""
    return len(module.main.regions[0].blocks[0].operations) - 1


def keep_operations(module: IrModule, keep: Iterable[int]) -> IrModule:
    """Returns a copy whose `main` has only the operations at these places.

    It returns what it returned before, as far as that is left, and all that nothing uses.
    """
    copy, wanted = module.clone(), set(keep)
    with copy.context, ir.Location.unknown():
        block = copy.main.regions[0].blocks[0]
        *body, end = [view.operation for view in block.operations]
        kept = [op for i, op in enumerate(body) if i in wanted]
        results = {result for op in kept for result in op.results}
        leaving = [value for value in end.operands if value in results]
        used = {*leaving, *(value for op in kept for value in _operands(op))}
        leaving += [result for op in kept for result in op.results if result not in used]
        func.ReturnOp(leaving, loc=end.location, ip=ir.InsertionPoint(end))
        end.erase()
        for op in [op for i, op in enumerate(body) if i not in wanted][::-1]:
            _replace_by_arguments(op, block)
        drop_unused_arguments(copy)
    return copy


def _operands(op: ir.Operation) -> Iterator[ir.Value]:
    """Yields what an operation uses, also inside its regions."""
    yield from op.operands
    for region in op.regions:
        for block in region.blocks:
            for view in block.operations:
                yield from _operands(view.operation)


def _replace_by_arguments(op: ir.Operation, block: ir.Block) -> None:
    for result in op.results:
        if any(True for _ in result.uses):
            argument = block.add_argument(result.type, ir.Location.unknown())
            result.replace_all_uses_with(argument)
    op.erase()


def drop_unused_arguments(module: IrModule) -> None:
    """Removes arguments that nothing uses, and writes down what the function takes and gives."""
    main, block = module.main, module.main.regions[0].blocks[0]
    marks = _entries(main, "arg_attrs", len(block.arguments))
    for i in reversed(range(len(block.arguments))):
        if not any(True for _ in block.arguments[i].uses):
            block.erase_argument(i)
            del marks[i]
    end = block.operations[len(block.operations) - 1].operation
    types = [a.type for a in block.arguments], [value.type for value in end.operands]
    main.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(*types))
    main.attributes["arg_attrs"] = ir.ArrayAttr.get(marks)
    if "res_attrs" in main.attributes:
        del main.attributes["res_attrs"]


def _entries(main: func.FuncOp, name: str, count: int) -> list[ir.Attribute]:
    """Returns the dictionary of each argument, an empty one where there is none."""
    listed = main.attributes.get(name)
    known = list(listed) if isinstance(listed, ir.ArrayAttr) else []
    return [*known, *(ir.DictAttr.get({}) for _ in range(count - len(known)))]

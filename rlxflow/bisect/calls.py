"""Composites and calls of functions as stages, so that there is one kind of piece to look into."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rlxflow.errors import FlowStructureError
from rlxflow.ir.bindings import func, ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import STAGE, YIELD, is_stage, string_of

MOST = 20_000
_SYMBOLS = {"stablehlo.composite": "decomposition", "func.call": "callee"}


def calls_as_stages(module: IrModule) -> IrModule:
    """Returns a copy in which every composite and call is a stage, but for those inside loops.

    A stage made of a composite is called after its attribute `stage`, else after what is called;
    a number tells those of one name apart.

    Raises FlowStructureError if there would be more than `MOST` of them.
    """
    copy = module.clone()
    tops = [view.operation for view in copy.module.body.operations]
    functions = {string_of(op, "sym_name"): op for op in tops}
    with copy.context, ir.Location.unknown():
        _Unfolding(functions).replace(copy.main.regions[0].blocks[0])
    _drop_unused(copy)
    return copy


@dataclass
class _Unfolding:
    """Puts stages where functions are called; counts them, since calls of calls may double."""

    functions: dict[str, ir.Operation]
    made: int = 0

    def replace(self, block: ir.Block) -> None:
        ops = [view.operation for view in block.operations]
        taken = {string_of(op, "name") for op in ops if is_stage(op)}
        for op in ops:
            callee = None if is_stage(op) else _callee(op, self.functions)
            if callee is not None:
                symbol = string_of(callee, "sym_name")
                self._count()
                self.replace(_stage(op, callee, _unique(_name(op, symbol), taken)))
            elif is_stage(op):
                self.replace(op.regions[0].blocks[0])

    def _count(self) -> None:
        self.made += 1
        if self.made > MOST:
            raise FlowStructureError(
                "module", expected=f"at most {MOST} calls, those inside calls counted", found="more"
            )


def _drop_unused(module: IrModule) -> None:
    """Erases private functions that `main` does not reach; MLIR's own pass fears stages."""
    functions = {
        op.name.value: op for op in module.module.body.operations if isinstance(op, func.FuncOp)
    }
    used: set[str] = set()
    waiting = [module.main.name.value]
    while waiting:
        name = waiting.pop()
        if name in functions and name not in used:
            used.add(name)
            waiting += _symbols(functions[name].operation)
    for name, function in functions.items():
        if name not in used and string_of(function.operation, "sym_visibility") == "private":
            function.erase()


def _symbols(op: ir.Operation) -> list[str]:
    """Returns the names of the functions that are used inside an operation."""
    found: list[str] = []

    def note(inner: ir.Operation) -> ir.WalkResult:
        for attribute in (inner.attributes[name] for name in inner.attributes):
            listed = [*attribute] if isinstance(attribute, ir.ArrayAttr) else [attribute]
            found.extend(one.value for one in listed if isinstance(one, ir.FlatSymbolRefAttr))
        return ir.WalkResult.ADVANCE

    op.walk(note)
    return found


def _callee(op: ir.Operation, functions: dict[str, ir.Operation]) -> ir.Operation | None:
    """Returns the function that an operation stands for, if it has a body of one block."""
    symbol = op.attributes.get(_SYMBOLS.get(op.name, ""))
    found = functions.get(symbol.value) if isinstance(symbol, ir.FlatSymbolRefAttr) else None
    return found if found is not None and len(found.regions[0].blocks) == 1 else None


def _name(op: ir.Operation, symbol: str) -> str:
    details = op.attributes.get("composite_attributes")
    given = details["stage"] if isinstance(details, ir.DictAttr) and "stage" in details else None
    return (given.value if isinstance(given, ir.StringAttr) else symbol).replace("/", ".")


def _unique(name: str, taken: set[str]) -> str:
    count, made = 0, name
    while made in taken:
        count += 1
        made = f"{name}.{count}"
    taken.add(made)
    return made


def _stage(op: ir.Operation, callee: ir.Operation, name: str) -> ir.Block:
    """Replaces a call by a stage with a copy of what is called; returns its body."""
    kind = string_of(op, "name") or string_of(callee, "sym_name")
    block = re.sub(r"[^a-z0-9_]+", "_", kind.removeprefix("rlx.").lower())
    texts = {"name": name, "block": block if block[:1].isalpha() else f"f_{block}"}
    results: Sequence[ir.Type] = [result.type for result in op.results]
    made = ir.Operation.create(
        STAGE,
        results=list(results),
        operands=list(op.operands),
        attributes={key: ir.StringAttr.get(text) for key, text in texts.items()},
        regions=1,
        loc=op.location,
        ip=ir.InsertionPoint(op),
    )
    shell = callee.clone(ir.InsertionPoint(callee))
    shell.regions[0].blocks[0].append_to(made.regions[0])
    shell.erase()
    body = made.regions[0].blocks[0]
    end = body.operations[len(body.operations) - 1].operation
    ir.Operation.create(
        YIELD, operands=list(end.operands), loc=end.location, ip=ir.InsertionPoint(end)
    )
    end.erase()
    for old, new in zip(op.results, made.results, strict=True):
        old.replace_all_uses_with(new)
    op.erase()
    return body

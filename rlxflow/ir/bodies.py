"""The block that a stage, a composite made of one, or a call stands for."""

from __future__ import annotations

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import STAGE, mode_of, string_of

CONTROL = {"stablehlo.while", "stablehlo.if", "stablehlo.case"}
"""Operations whose regions run as a part of what is around them."""


class Bodies:
    """Finds bodies by the functions of a module, which call each other in no circle."""

    def __init__(self, module: IrModule) -> None:
        tops = [view.operation for view in module.module.body.operations]
        self._functions = {string_of(op, "sym_name"): op for op in tops}

    def of(self, op: ir.Operation) -> ir.Block | None:
        """Returns the block of a stage, of a composite of ours, of a call; None for all others."""
        if op.name == STAGE:
            return op.regions[0].blocks[0]
        function = self._functions.get(_used(op) or "")
        if function is None or not len(function.regions[0].blocks):
            return None
        return function.regions[0].blocks[0]


def named(op: ir.Operation) -> tuple[str, str, str]:
    """Returns name, block and mode of a stage or of the composite made of it."""
    if op.name == STAGE:
        return string_of(op, "name"), string_of(op, "block"), mode_of(op)
    block = string_of(op, "name").removeprefix("rlx.")
    details = op.attributes.get("composite_attributes")
    entries = details if isinstance(details, ir.DictAttr) else ()
    texts = {e.name: e.attr.value for e in entries if isinstance(e.attr, ir.StringAttr)}
    return texts.get("stage", block), block, texts.get("mode", "auto")


def _used(op: ir.Operation) -> str | None:
    """Returns the name of the function that a call or a composite of ours stands for."""
    composite = op.name == "stablehlo.composite" and string_of(op, "name").startswith("rlx.")
    if op.name != "func.call" and not composite:
        return None
    symbol = op.attributes.get("decomposition" if composite else "callee")
    return symbol.value if isinstance(symbol, ir.FlatSymbolRefAttr) else None

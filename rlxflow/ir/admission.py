"""What a module from outside has to fulfil beyond MLIR's own rules.

Operations are nested no deeper than our passes and XLA can go, and functions do not call each other
in a circle, which XLA would follow for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from rlxflow.errors import ParseError
from rlxflow.ir.bindings import ir
from rlxflow.ir.position import position

DEEPEST = 100
"""How many operations with regions may stand inside each other."""

_CALLEES = {"func.call": "callee", "stablehlo.composite": "decomposition"}


def admit(module: ir.Module, name: str = "-") -> None:
    """Raises ParseError, with the place of the operation, if the module breaks one of the rules.

    Args:
        module: What MLIR's parser made; it is valid to MLIR.
        name: What to call its file.
    """
    _Walk(name).module(module.operation, 0)


@dataclass
class _Walk:
    """One way through a module."""

    file: str

    def module(self, op: ir.Operation, depth: int) -> None:
        """Checks what is in a module, and which of its functions call which."""
        calls: dict[str, dict[str, ir.Operation]] = {}
        for region in op.regions:
            for block in region.blocks:
                for view in block.operations:
                    inner, made = view.operation, dict[str, ir.Operation]()
                    self.operation(inner, depth + 1, made)
                    if "sym_name" in inner.attributes:
                        calls[_symbol(inner.attributes["sym_name"])] = made
        self.refuse_circles(calls)

    def operation(self, op: ir.Operation, depth: int, calls: dict[str, ir.Operation]) -> None:
        """Checks an operation and all inside it; notes whom it calls."""
        name = op.name
        if not _are_readable(op.attributes):
            wanted = "attributes that are UTF-8, and no locations"
            raise self.refusal(op, f"operation `{name}`", expected=wanted, found="others")
        for callee in _callees(op):
            calls.setdefault(callee, op)
        if name == "builtin.module":
            self.module(op, depth)
        elif len(op.regions):
            if depth > DEEPEST:
                most = f"at most {DEEPEST} operations inside each other"
                raise self.refusal(op, f"operation `{name}`", expected=most, found="more")
            for region in op.regions:
                for block in region.blocks:
                    for view in block.operations:
                        self.operation(view.operation, depth + 1, calls)

    def refuse_circles(self, calls: dict[str, dict[str, ir.Operation]]) -> None:
        """Raises ParseError if functions call each other in a circle."""
        try:
            TopologicalSorter(calls).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]  # each calls the next one
            raise self.refusal(
                calls[circle[0]][circle[1]],
                f"function @{circle[0]}",
                expected="functions that do not call each other in a circle",
                found=" -> ".join(f"@{name}" for name in circle),
            ) from None

    def refusal(self, op: ir.Operation, what: str, *, expected: str, found: str) -> ParseError:
        """Returns the error, which says where the operation stands."""
        place = position(op.location)
        file, colon, rest = place.partition(":")
        where = self.file + colon + rest if file == "-" else place
        return ParseError(f"{where}: {what}", expected=expected, found=found)


def _are_readable(attributes: ir.OpAttributeMap) -> bool:
    """Tells whether Python can read all attributes; jaxlib's bindings know no locations as such."""
    try:
        for value in attributes.values():
            if isinstance(value, ir.OpaqueAttr):
                str(value)
    except (TypeError, RuntimeError):
        return False
    return True


def _callees(op: ir.Operation) -> list[str]:
    """Returns the names of the functions that an operation calls or stands for."""
    attributes = op.attributes
    if op.name in _CALLEES:
        return [_symbol(attributes[_CALLEES[op.name]])]
    if op.name == "stablehlo.custom_call" and "called_computations" in attributes:
        listed = attributes["called_computations"]
        return [_symbol(one) for one in listed] if isinstance(listed, ir.ArrayAttr) else []
    return []


def _symbol(attribute: ir.Attribute) -> str:
    """Returns the name of a function as MLIR prints it: of `@f`, of `@"f g"` or of `"f"`."""
    return str(attribute).removeprefix("@").strip('"')

"""The constraints (F1)...(F5): what arguments and results of a function carry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rlxflow.ir.bindings import ir

_ARGUMENT_NAMES = ("rlx.input", "rlx.param", "rlx.state")
_OURS = ("rlx.below", "rlx.input", "rlx.param", "rlx.parts", "rlx.state")  # as MLIR orders them


def name_violations(function: ir.Operation) -> Iterator[tuple[str, str]]:
    """Yields label and message of every violation, arguments first, in order of position."""
    known: dict[tuple[str, str], int] = {}
    types = _argument_types(function)
    for i, attributes in _dictionaries(function, "arg_attrs"):
        for name in [name for name in _OURS if name in attributes]:
            if name == "rlx.below":
                yield from _below(i, attributes[name])
            elif name == "rlx.parts":
                yield from _parts(i, attributes, types[i])
            else:
                yield from _check("argument", i, name, attributes[name], known)
                yield from _only_one(i, name, attributes)
    for i, attributes in _dictionaries(function, "res_attrs"):
        if "rlx.output" in attributes:
            yield from _check("result", i, "rlx.output", attributes["rlx.output"], known)


def _only_one(i: int, name: str, attributes: ir.DictAttr) -> Iterator[tuple[str, str]]:
    """Checks, at the last of the names that an argument carries, that it is the only one."""
    carried = [other for other in _ARGUMENT_NAMES if other in attributes]
    if len(carried) > 1 and name == carried[-1]:
        names = " and ".join(f"'{other}'" for other in carried)
        yield "F1", f"(F1) argument #{i} must carry at most one name: {names}"


def _parts(i: int, attributes: ir.DictAttr, type_: ir.Type) -> Iterator[tuple[str, str]]:
    where, value = f"(F4) 'rlx.parts' of argument #{i}", attributes["rlx.parts"]
    if not isinstance(value, ir.ArrayAttr) or not all(isinstance(p, ir.StringAttr) for p in value):
        yield "F4", f"{where} must be an array of strings: {value}"
    elif "rlx.param" not in attributes and "rlx.state" not in attributes:
        yield "F4", f"{where} must stand on a weight or a state"
    elif _first_size(type_) != len(value):
        slices = f"{len(value)} names for '{type_}'"
        yield "F4", f"{where} must name each slice of its first axis: {slices}"
    elif twice := _first_twice(list(value)):
        yield "F4", f"{where} must hold no name twice: {twice}"


def _first_size(type_: ir.Type) -> int | None:
    """Returns the size of a tensor's first axis, None if there is none or it is not known."""
    if not isinstance(type_, ir.RankedTensorType) or not type_.rank or type_.is_dynamic_dim(0):
        return None
    return type_.shape[0]


def _first_twice(parts: Sequence[ir.Attribute]) -> ir.Attribute | None:
    return next((part for i, part in enumerate(parts) if part in parts[:i]), None)


def _below(i: int, value: ir.Attribute) -> Iterator[tuple[str, str]]:
    if not isinstance(value, ir.IntegerAttr) or str(value.type) != "i64":
        yield "F5", f"(F5) 'rlx.below' of argument #{i} must be an i64: {value}"


def _argument_types(function: ir.Operation) -> Sequence[ir.Type]:
    type_ = ir.TypeAttr(function.attributes["function_type"]).value
    return ir.FunctionType(type_).inputs


def _check(
    what: str, i: int, name: str, value: ir.Attribute, known: dict[tuple[str, str], int]
) -> Iterator[tuple[str, str]]:
    kind, twice = ("F3", "F3") if what == "result" else ("F1", "F2")
    if not isinstance(value, ir.StringAttr):
        yield kind, f"({kind}) '{name}' of {what} #{i} must be a string: {value}"
        return
    first = known.setdefault((name, value.value), i)
    if first != i:
        message = f"'{name}' of {what}s #{first} and #{i} must differ: {value}"
        yield twice, f"({twice}) {message}"


def _dictionaries(function: ir.Operation, name: str) -> Iterator[tuple[int, ir.DictAttr]]:
    attributes = function.attributes
    if name in attributes and isinstance(listed := attributes[name], ir.ArrayAttr):
        for i, item in enumerate(listed):
            if isinstance(item, ir.DictAttr):
                yield i, item

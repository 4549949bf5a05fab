"""The constraints (F1), (F2) and (F3): the names of a function's arguments and results."""

from __future__ import annotations

from collections.abc import Iterator

from rlxflow.ir.bindings import ir

_ARGUMENT_NAMES = ("rlx.input", "rlx.param", "rlx.state")


def name_violations(function: ir.Operation) -> Iterator[tuple[str, str]]:
    """Yields label and message of every violation, arguments first, in order of position."""
    known: dict[tuple[str, str], int] = {}
    for i, attributes in _dictionaries(function, "arg_attrs"):
        carried = [name for name in _ARGUMENT_NAMES if name in attributes]
        for name in carried:
            yield from _check("argument", i, name, attributes[name], known)
        if len(carried) > 1:
            names = " and ".join(f"'{name}'" for name in carried)
            yield "F1", f"(F1) argument #{i} must carry at most one name: {names}"
    for i, attributes in _dictionaries(function, "res_attrs"):
        if "rlx.output" in attributes:
            yield from _check("result", i, "rlx.output", attributes["rlx.output"], known)


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

"""One thing that is different, and what to say about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rlxflow.difference.naming import attribute_text
from rlxflow.ir.bindings import ir

KINDS = ("changed", "added", "removed", "renamed", "moved")


@dataclass(frozen=True)
class Change:
    """What became of a stage or function.

    Attributes:
        kind: One of `KINDS`; what was renamed or moved may have changed as well.
        path: Of the stage; `@name` of a function, `main` of the main one, `module` of the module.
        block: What kind of stage it is; empty for others.
        before: Its path in the first module, if that was another.
        details: Lines; those of operations begin with `- ` or `+ `.
    """

    kind: str
    path: str
    block: str = ""
    before: str = ""
    details: tuple[str, ...] = ()


def attribute_changes(
    first: Mapping[str, ir.Attribute], second: Mapping[str, ir.Attribute], prefix: str = ""
) -> Iterator[str]:
    """Yields `eps: 0.01 -> 0.02` for what differs in two lists of attributes of one context."""
    for name in sorted({*first, *second}):
        ours, theirs = first.get(name), second.get(name)
        if ours is not None and theirs is not None and ours == theirs:
            continue
        if isinstance(ours, ir.DictAttr) and isinstance(theirs, ir.DictAttr):
            yield from attribute_changes(entries(ours), entries(theirs), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}: {_text(ours)} -> {_text(theirs)}"


def entries(dictionary: ir.DictAttr) -> dict[str, ir.Attribute]:
    """Returns the entries of a dictionary attribute."""
    return {entry.name: entry.attr for entry in dictionary}


def attributes_of(op: ir.Operation, *without: str) -> dict[str, ir.Attribute]:
    """Returns the attributes of an operation but for those with these names."""
    return {name: op.attributes[name] for name in op.attributes if name not in without}


def _text(attribute: ir.Attribute | None) -> str:
    if attribute is None:
        return "none"
    if isinstance(attribute, (ir.FloatAttr, ir.IntegerAttr)):
        return (
            f"{attribute.value:g}" if isinstance(attribute, ir.FloatAttr) else f"{attribute.value}"
        )
    return attribute_text(attribute)

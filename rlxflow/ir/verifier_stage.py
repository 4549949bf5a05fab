"""The constraints (C1)...(C10) of a single `rlx.stage` or `rlx.yield`, except isolation (C7)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rlxflow.ir.bindings import ir
from rlxflow.ir.region import MODE_PREFIX, MODES, STAGE, YIELD, mode_of, string_of

_KINDS = (
    ("C1", "name", ir.StringAttr, "string attribute", True),
    ("C2", "block", ir.StringAttr, "string attribute", True),
    ("C9", "origin", ir.ArrayAttr, "string array attribute", False),
    ("C10", "params", ir.DictAttr, "dictionary of named attribute values", False),
)
_BLOCK = re.compile(r"[a-z][a-z0-9_]*")


def stage_violations(op: ir.Operation) -> Iterator[tuple[str, str]]:
    """Yields label and message of every violation that is found before the body is looked at."""
    yield from _attributes(op)
    yield from _contents(op)
    yield from _shape(op)


def border_violations(op: ir.Operation) -> Iterator[tuple[str, str]]:
    """Yields label and message of every violation between a stage and its body.

    The native tools look for them after those inside the body.
    """
    blocks = list(op.regions[0].blocks) if len(op.regions) == 1 else []
    if len(blocks) == 1:
        yield from _border(op, blocks[0])


def yield_violations(op: ir.Operation, parent: ir.Operation, block: ir.Block) -> Iterator[str]:
    """Yields the message of every violation of (C8)."""
    if parent.name != STAGE:
        yield "expects parent op 'rlx.stage'"
    elif block.operations[len(block.operations) - 1].operation != op:
        yield "must be the last operation in the parent block"


def _attributes(op: ir.Operation) -> Iterator[tuple[str, str]]:
    """Checks which attributes there are, and of what kind."""
    for label, name, kind, words, required in _KINDS:
        if name not in op.attributes:
            if required:
                yield label, f"requires attribute '{name}'"
            continue
        value = op.attributes[name]
        strings = not isinstance(value, ir.ArrayAttr) or all(
            isinstance(item, ir.StringAttr) for item in value
        )
        if not (isinstance(value, kind) and strings):
            yield label, f"attribute '{name}' failed to satisfy constraint: {words}"
    if "mode" in op.attributes and not str(op.attributes["mode"]).startswith(MODE_PREFIX):
        words = "What the compiler makes of a stage"
        yield "C3", f"attribute 'mode' failed to satisfy constraint: {words}"


def _contents(op: ir.Operation) -> Iterator[tuple[str, str]]:
    """Checks what the attributes say; those of the wrong kind are left to `_attributes`."""
    attributes = op.attributes
    name = string_of(op, "name", "x")
    if not name or "/" in name:
        yield "C1", f'(C1) name must not be empty or hold "/": {attributes["name"]}'
    if not _BLOCK.fullmatch(string_of(op, "block", "x")):
        yield "C2", f"(C2) block must match [a-z][a-z0-9_]*: {attributes['block']}"
    mode = str(attributes.get("mode", ""))
    if mode.startswith(MODE_PREFIX) and mode_of(op) not in MODES:
        known = ", ".join(MODES)
        yield "C3", f"(C3) expects mode to be one of: {known}; found {mode}"
    origin = attributes.get("origin")
    if isinstance(origin, ir.ArrayAttr) and '""' in map(str, origin):
        yield "C9", f"(C9) origin must hold no empty string: {origin}"


def _shape(op: ir.Operation) -> Iterator[tuple[str, str]]:
    """Checks how many regions and blocks there are."""
    if len(op.regions) != 1:
        yield "C4", "requires one region"
        return
    blocks = list(op.regions[0].blocks)
    if len(blocks) > 1:
        yield "C4", "expects region #0 to have 0 or 1 blocks"
    elif not blocks:
        yield "C4", "region #0 ('body') failed to verify constraint: region with 1 blocks"


def _border(op: ir.Operation, block: ir.Block) -> Iterator[tuple[str, str]]:
    """Checks the terminator, and what goes in and comes out."""
    ops = block.operations
    if not len(ops):
        yield "C4", "expects a non-empty block"
        return
    end = ops[len(ops) - 1].operation
    if end.name != YIELD:
        yield "C4", f"expects regions to end with 'rlx.yield', found '{end.name}'"
        return
    arguments = [argument.type for argument in block.arguments]
    operands = [operand.type for operand in op.operands]
    yield from _agree("C5", "block argument", arguments, "operand", operands)
    yields, results = [v.type for v in end.operands], [v.type for v in op.results]
    yield from _agree("C6", "yielded value", yields, "result", results)


def _agree(
    label: str, inner: str, found: list[ir.Type], outer: str, wanted: list[ir.Type]
) -> Iterator[tuple[str, str]]:
    if len(found) != len(wanted):
        sizes = f"{len(found)} != {len(wanted)}"
        yield label, f"({label}) number of {inner}s must match the number of {outer}s: {sizes}"
        return
    for i, (one, other) in enumerate(zip(found, wanted, strict=True)):
        if one != other:
            both = f"type of {inner} #{i} must match the type of {outer} #{i}"
            yield label, f"({label}) {both}: '{one}' != '{other}'"

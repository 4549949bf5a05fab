"""Stages read from text of the native tools: their attributes, put where jaxlib can handle them.

Tools that know the dialect print a stage's attributes as properties, `<{name = "norm"}>`. jaxlib,
which does not, finds such attributes by name, but leaves them out when it lists them, and crashes
when one is deleted. So they become ordinary attributes as soon as a module is read.
"""

from __future__ import annotations

from rlxflow.ir.bindings import ir

KNOWN = ("name", "block", "mode", "origin", "params")


def as_ordinary_attributes(module: ir.Module) -> None:
    """Rebuilds every stage whose attributes are properties; all others are left alone."""
    found: list[ir.Operation] = []

    def collect(op: ir.Operation) -> ir.WalkResult:
        listed = op.attributes
        if op.name == "rlx.stage" and any(
            name in listed and name not in [*listed] for name in KNOWN
        ):
            found.append(op.operation)
        return ir.WalkResult.ADVANCE

    module.operation.walk(collect)  # inner stages come before those around them
    for op in found:
        _rebuild(op)


def _rebuild(op: ir.Operation) -> None:
    attributes = {name: op.attributes[name] for name in op.attributes}
    attributes |= {name: op.attributes[name] for name in KNOWN if name in op.attributes}
    made = ir.Operation.create(
        op.name,
        results=[result.type for result in op.results],
        operands=list(op.operands),
        attributes=attributes,
        regions=len(op.regions),
        loc=op.location,
        ip=ir.InsertionPoint(op),
    )
    for old, new in zip(op.regions, made.regions, strict=True):
        for block in list(old.blocks):
            block.append_to(new)
    for old, new in zip(op.results, made.results, strict=True):
        old.replace_all_uses_with(new)
    op.erase()

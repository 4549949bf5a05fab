"""Puts operations of one block into a new stage: the operations themselves, not copies of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cmp_to_key
from types import MappingProxyType

from rlxflow.ir.attributes import to_attribute
from rlxflow.ir.bindings import ir
from rlxflow.ir.region import STAGE, YIELD


def enclose(
    ops: Collection[ir.Operation],
    *,
    name: str,
    block: str,
    params: Mapping[str, object] = MappingProxyType({}),
    inputs: Mapping[str, ir.Value] = MappingProxyType({}),
    before: ir.Operation | None = None,
) -> ir.Operation:
    """Returns a stage that does what the operations did, and gives what others use of it.

    Args:
        ops: Operations of one block.
        name: The stage's name.
        block: What kind of stage it is.
        params: The numbers of the block.
        inputs: Operands that come first, in this order, under the names that the body's arguments
            get; those that nothing uses are left out, and a value that is two of them comes twice,
            so that places tell what is what. All others follow as the body uses them.
        before: Where it is put; where the last of the operations was unless given.
    """
    moved = sorted(ops, key=cmp_to_key(block_order))
    last = moved[-1]
    given = list(_given(moved))
    used = dict.fromkeys(free_values(moved))
    named = [(label, value) for label, value in inputs.items() if value in used]
    known = {value for _, value in named}
    named += [(_label(value), value) for value in used if value not in known]
    operands = [value for _, value in named]
    location = ir.Location.name(name, childLoc=_unnamed(last.location))
    stage = ir.Operation.create(
        STAGE,
        results=[result.type for result in given],
        operands=operands,
        attributes={
            "name": ir.StringAttr.get(name),
            "block": ir.StringAttr.get(block),
            "mode": ir.Attribute.parse("#rlx.mode<auto>"),
            **({"params": to_attribute(params)} if params else {}),
        },
        regions=1,
        loc=location,
        ip=ir.InsertionPoint(before or last),
    )
    _hand_over(given, stage, moved)
    places = [ir.Location.name(label) for label, _ in named]
    body = ir.Block.create_at_start(stage.regions[0], [v.type for v in operands], places)
    end = ir.Operation.create(
        YIELD,
        operands=given,
        loc=ir.Location.name("yield"),
        ip=ir.InsertionPoint(body),
    )
    inner = dict(zip(operands, body.arguments, strict=True))
    for op in moved:
        op.move_before(end)
        op.location = _local(op)
        _replace(op, inner)
    return stage


def _given(ops: Sequence[ir.Operation]) -> Iterator[ir.Value]:
    """Yields what others use of what the operations make, and all that the last one makes."""
    for op in ops:
        for value in op.results:
            if op == ops[-1] or any(_outside(use.owner.operation, ops) for use in value.uses):
                yield value


def _outside(op: ir.Operation, ops: Sequence[ir.Operation]) -> bool:
    """Returns whether an operation is none of some of one block, nor inside one of them."""
    block = ops[0].block
    while op.block != block:
        assert op.parent is not None
        op = op.parent.operation
    return op not in ops


def _hand_over(given: Sequence[ir.Value], stage: ir.Operation, ops: Sequence[ir.Operation]) -> None:
    """Makes the others use what the stage gives."""
    for old, new in zip(given, stage.results, strict=True):
        for use in list(old.uses):
            user = use.owner.operation
            if _outside(user, ops):
                user.operands[use.operand_number] = new


def free_values(ops: Collection[ir.Operation]) -> Iterator[ir.Value]:
    """Yields what the operations use and none of them makes, in the order of use, perhaps twice."""
    made = {result for op in ops for result in op.results}
    for op in ops:
        for value in _used(op, set()):
            if value not in made:
                yield value


def _used(op: ir.Operation, local: set[ir.Value]) -> Iterator[ir.Value]:
    """Yields the operands of an operation and, for those inside it, what comes from outside."""
    yield from (value for value in op.operands if value not in local)
    for region in op.regions:
        for block in region.blocks:
            known = local | set(block.arguments)
            for view in block.operations:
                yield from _used(view.operation, known)
                known |= set(view.operation.results)


def _replace(op: ir.Operation, inner: Mapping[ir.Value, ir.Value]) -> None:
    for i, value in enumerate(op.operands):
        if value in inner:
            op.operands[i] = inner[value]
    for region in op.regions:
        for block in region.blocks:
            for view in block.operations:
                _replace(view.operation, inner)


def block_order(one: ir.Operation, other: ir.Operation) -> int:
    """Compares two operations of one block by their places in it."""
    return 0 if one == other else -1 if one.is_before_in_block(other) else 1


def _label(value: ir.Value) -> str:
    """Returns what an argument of the body is called in the text: as the value outside."""
    owner = value.owner
    place = value.location if isinstance(owner, ir.Block) else owner.location
    if isinstance(place, ir.NameLoc):
        return place.name_str.rpartition("/")[2]
    return "arg"


def _local(op: ir.Operation) -> ir.Location:
    """Returns the location inside the stage: the operation's own name; the stage has the path."""
    return ir.Location.name(op.name.partition(".")[2], childLoc=_unnamed(op.location))


def _unnamed(location: ir.Location) -> ir.Location | None:
    """Returns the place in a file of a location, without its names."""
    while isinstance(location, ir.NameLoc):
        location = location.child_loc
    return None if isinstance(location, ir.UnknownLoc) else location

"""Where weights go: from arguments of `main` through stages down to what reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rlxflow.ir.attributes import from_attribute
from rlxflow.ir.bindings import ir
from rlxflow.ir.region import STAGE
from rlxflow.passes.layer_slices import slice_of, slices_of


@dataclass(frozen=True, slots=True)
class Use:
    """An operation that reads a value, and the index of the operand that it reads it as."""

    op: ir.Operation
    index: int


def source_of(value: ir.Value) -> ir.Value:
    """Returns what a value is outside all stages that only hand it in: an argument, or a result."""
    while isinstance(owner := value.owner, ir.Block):
        around = owner.owner.operation
        if around.name != STAGE:
            return value
        value = around.operands[ir.BlockArgument(value).arg_number]
    return value


def stack_of(value: ir.Value) -> tuple[ir.Value, int]:
    """Returns what `source_of` does, of a slice in a loop over layers that of all its stack.

    And how many layers that has; 0 for what is no slice.
    """
    found = source_of(value)
    taken = slice_of(found)
    return (source_of(taken.stack), taken.layers) if taken else (found, 0)


def aliases(value: ir.Value) -> Iterator[ir.Value]:
    """Yields a value and every argument of a stage, at any depth, that is nothing else."""
    yield value
    for use in value.uses:
        op = use.owner.operation
        if op.name == STAGE:
            yield from aliases(op.regions[0].blocks[0].arguments[use.operand_number])


def uses_of(value: ir.Value, stop: frozenset[ir.Operation] = frozenset()) -> Iterator[Use]:
    """Yields who reads a value or slices of layers of it, looking into stages.

    One of `stop` counts as a reader itself.
    """
    taken = [*slices_of(value)]  # no table: changing operations changes their hashes
    for use in value.uses:
        op = use.owner.operation
        part = next((each.part for each in taken if each.ops[1] == op), None)
        if part is not None:
            yield from uses_of(part, stop)
        elif op.name == STAGE and op not in stop:
            yield from uses_of(op.regions[0].blocks[0].arguments[use.operand_number], stop)
        else:
            yield Use(op, use.operand_number)


def stage_around(op: ir.Operation) -> ir.Operation | None:
    """Returns the innermost stage that an operation stands in."""
    parent = op.parent
    while parent is not None:
        if parent.operation.name == STAGE:
            return parent.operation
        parent = parent.operation.parent
    return None


def owner_of(value: ir.Value) -> ir.Operation | None:
    """Returns the operation that makes a value; None for an argument of a block."""
    owner = value.owner
    return None if isinstance(owner, ir.Block) else owner.operation


def params_of(op: ir.Operation) -> Mapping[str, object]:
    """Returns the numbers of a stage, as the block that made it says them."""
    attribute = op.attributes.get("params")
    found = None if attribute is None else from_attribute(attribute)
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}


def shape_of(value: ir.Value) -> tuple[int, ...]:
    return tuple(ir.RankedTensorType(value.type).shape)


def dtype_of(value: ir.Value) -> str:
    return str(ir.RankedTensorType(value.type).element_type)

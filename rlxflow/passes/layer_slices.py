"""Finds what a loop over layers takes out of stacks: one slice for each pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlxflow.ir.bindings import ir, stablehlo
from rlxflow.passes.raising.graph import ints, made_by, only_user, shape, users
from rlxflow.passes.raising.numbers import number_of
from rlxflow.passes.slices import SliceBuilder

WHILE = "stablehlo.while"


@dataclass(frozen=True, eq=False)
class LayerSlice:
    """`reshape(dynamic_slice(stack, at, 0, ...))` in a loop that counts all layers of the stack.

    Attributes:
        part: The slice, without the axis of layers.
        stack: What it is of, `[l, ...]`.
        at: The number of the pass.
        ops: The two operations.
    """

    part: ir.Value
    stack: ir.Value
    at: ir.Value
    ops: tuple[ir.Operation, ir.Operation]

    @property
    def layers(self) -> int:
        return shape(self.stack)[0]

    def take_again(self) -> None:
        """Builds the operations anew, since the stack has other axes behind the first."""
        _, cut = self.ops
        build = SliceBuilder(ir.InsertionPoint(cut))
        part = build.take(self.stack, self.at, cut.operands[2], cut.location)
        self.part.replace_all_uses_with(part)
        self.erase()

    def erase(self) -> None:
        """Takes the operations out of the module; nothing may use the slice any more."""
        for op in self.ops:
            op.erase()


def slice_of(value: ir.Value) -> LayerSlice | None:
    """Returns how a value is taken out of a stack; None if it is not the slice of a pass."""
    shaped = made_by(value, "reshape")
    cut = made_by(shaped.operands[0], "dynamic_slice") if shaped else None
    if shaped is None or cut is None or users(cut.results[0]) != [shaped]:
        return None
    stack, at, *rest = cut.operands
    layers, *sizes = shape(stack)
    whole = ints(cut, "slice_sizes") == (1, *sizes) and shape(value) == tuple(sizes)
    if not whole or any(number_of(each, {}) != 0 for each in rest) or not counts(at, layers):
        return None
    return LayerSlice(value, stack, at, (shaped, cut))


def slices_of(stack: ir.Value) -> Iterator[LayerSlice]:
    """Yields the slices of passes that are taken out of a value."""
    for use in stack.uses:
        op = use.owner.operation
        if op.name == "stablehlo.dynamic_slice" and use.operand_number == 0:
            shaped = only_user(op.results[0])
            found = slice_of(shaped.results[0]) if shaped and len(shaped.results) else None
            if found:
                yield found


def puts_back(taken: LayerSlice, row: ir.Value, op: ir.Operation) -> bool:
    """Tells whether an operation puts a value `[1, ...]` where a slice was taken."""
    if op.name != "stablehlo.dynamic_update_slice":
        return False
    given = list(op.operands)
    rest = given[3:]
    where = given[:3] == [taken.stack, row, taken.at]
    return where and all(number_of(each, {}) == 0 for each in rest)


def counts(value: ir.Value, layers: int) -> bool:
    """Tells whether a value inside a loop goes from 0 on by 1 and stays below a number."""
    block = value.owner
    if not isinstance(block, ir.Block):
        return False
    loop = block.owner.operation
    if loop.name != WHILE or loop.regions[1].blocks[0] != block:
        return False
    i = ir.BlockArgument(value).arg_number
    following = made_by(_end(block).operands[i], "add")
    if number_of(loop.operands[i], {}) != 0 or following is None:
        return False
    steps = [number_of(each, {}) for each in following.operands if each != value]
    return steps == [1] and _bound(loop.regions[0].blocks[0], i) in range(1, layers + 1)


def _bound(condition: ir.Block, i: int) -> float | None:
    """Returns the number that an argument is less than while a loop goes on, if that is all."""
    less = made_by(_end(condition).operands[0], "compare")
    if less is None or less.operands[0] != condition.arguments[i]:
        return None
    direction = stablehlo.ComparisonDirectionAttr(less.attributes["comparison_direction"])
    return number_of(less.operands[1], {}) if direction.value == "LT" else None


def _end(block: ir.Block) -> ir.Operation:
    return block.operations[len(block.operations) - 1].operation

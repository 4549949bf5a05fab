"""Numbers operations by what they compute: two with one number compute the same from the same."""

from __future__ import annotations

from rlxflow.difference.keys import Keys
from rlxflow.ir.bindings import ir
from rlxflow.ir.region import is_stage

Values = dict[ir.Value, int]


def operations(block: ir.Block) -> tuple[list[ir.Operation], ir.Operation | None]:
    """Returns the operations of a block without its terminator, and the terminator."""
    ops = [view.operation for view in block.operations]
    last = ops[-1] if ops else None
    ends = last is not None and last.name.rpartition(".")[2] in ("return", "yield")
    return (ops[:-1], last) if ends else (ops, None)


class Numbering:
    """The numbers of one block: of each operation, and of each value in it.

    Attributes:
        ops: The operations in the order of the text, without the terminator.
        end: The terminator.
        own: By operation, in the same order, its number without what it takes.
        whole: The same with what it takes.
        values: The number of each value that the block knows.
    """

    def __init__(
        self, keys: Keys, block: ir.Block, values: Values, *, second: bool, depth: int = 0
    ) -> None:
        self._keys, self._second, self._depth = keys, second, depth
        self.ops, self.end = operations(block)
        self.values = values
        self.own = [keys.own(op, second=second) for op in self.ops]
        self.whole = [self._add(op, own) for op, own in zip(self.ops, self.own, strict=True)]

    def _add(self, op: ir.Operation, own: int) -> int:
        taken = tuple([self.values.get(value, -1) for value in op.operands])
        inside = () if is_stage(op) and not self._depth else self._inside(op)
        whole = self._keys.number((own, taken, inside))
        for i, result in enumerate(op.results):
            self.values[result] = self._keys.number((whole, i))
        return whole

    def _inside(self, op: ir.Operation) -> tuple[object, ...]:
        """Returns what an operation holds; at the top of a block, stages are left to others."""
        found: list[object] = [*self._keys.stage(op)] if is_stage(op) else []
        for region in op.regions:
            for block in region.blocks:
                known = dict(self.values)
                for i, argument in enumerate(block.arguments):
                    place = ("argument", self._depth, i, argument.type)
                    known[argument] = self._keys.number(place)
                if is_stage(op):
                    known |= zip(block.arguments, [known[v] for v in op.operands], strict=True)
                inner = Numbering(
                    self._keys, block, known, second=self._second, depth=self._depth + 1
                )
                found.append((inner.result(), tuple(sorted(inner.whole))))
        return tuple(found)

    def result(self) -> tuple[int, ...]:
        """Returns the numbers of what the block gives."""
        given = self.end.operands if self.end else ()
        return tuple([self.values.get(value, -1) for value in given])


def body_number(keys: Keys, op: ir.Operation, *, second: bool) -> int:
    """Returns a number that stages and functions share which do the same, whatever their names."""
    block = op.regions[0].blocks[0]
    values = {
        argument: keys.number(("argument", -1, i, argument.type))
        for i, argument in enumerate(block.arguments)
    }
    inner = Numbering(keys, block, values, second=second, depth=1)
    stage = keys.stage(op)[1:] if is_stage(op) else ()
    return keys.number((*stage, inner.result(), tuple(sorted(inner.whole))))

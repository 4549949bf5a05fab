"""Lets calls of kernels in a loop over layers take stacks whole, and the number of the layer.

Before:
    %cut = stablehlo.dynamic_slice %stack, %pass, %zero, sizes = [1, 4352] : ...
    %w = stablehlo.reshape %cut : (tensor<1x4352xui8>) -> tensor<4352xui8>
    %0 = "rlx.stage"(%y, %w) ({
    ^bb0(%a: tensor<1x64xf32>, %b: tensor<4352xui8>):
      ... = stablehlo.custom_call @rlxflow.linear.v1(%a, %b) ...
After:
    %0 = "rlx.stage"(%y, %stack, %pass) ({
    ^bb0(%a: tensor<1x64xf32>, %b: tensor<3x4352xui8>, %layer: tensor<i32>):
      ... = stablehlo.custom_call @rlxflow.linear.v1(%a, %b, %layer) ...

XLA would copy a slice for a call, and one that the call changes a second time, back into the stack.
So go weights in panels that nothing but calls reads; the caches that an attention writes, if their
slices are put back where they were taken: the call then changes the stack in place; and those that
it only reads, if nothing in the loop writes them. Other slices stay as they are, as do those of a
loop that does not count the layers of a stack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rlxflow.ir.bindings import ir, stablehlo
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import STAGE, YIELD, is_stage
from rlxflow.kernels.trace import Use, aliases, dtype_of, source_of, uses_of
from rlxflow.passes.base import Pass
from rlxflow.passes.kernel_calls import CALL, calls, target_of
from rlxflow.passes.kernel_costs import WEIGHTS_FROM
from rlxflow.passes.layer_slices import LayerSlice, puts_back, slice_of
from rlxflow.passes.raising.graph import only_user, users

ALIASES = "output_operand_aliases"
ATTEND = "rlxflow.attend_decode.v1"
CACHES = (1, 2, 4, 5)
"""Operands of an attention that are caches, those of int8 with their scales behind."""


@dataclass(frozen=True)
class IndexStacks(Pass):
    """Lets calls of kernels in loops take stacks and the number of the layer, not slices."""

    name: ClassVar[str] = "rlx-index-stacks"

    def run(self, module: IrModule) -> None:
        with module.context, ir.Location.unknown():
            found = list(calls(module.operation))
            hands = _Hands()
            for call, at in [*_weights(found), *_changed(found), *_read(found)]:
                _rebuild(call, hands.give(call, at))


Indexed = list[tuple[ir.Operation, ir.Value]]
"""Calls, and what the number of the layer is for each; no table, since changing operations changes
their hashes."""


def _weights(found: Sequence[ir.Operation]) -> Indexed:
    """Hands stacks of weights to calls; returns these calls."""
    made: Indexed = []
    for part in dict.fromkeys(part for call in found for part in _panels(call)):
        taken, readers = slice_of(part), list(uses_of(part))
        if taken is None or not all(map(_reads_weight, readers)):
            continue
        known = [at for op, at in made if any(op == use.op for use in readers)]
        if any(at != taken.at for at in known):
            continue
        new = dict.fromkeys(use.op for use in readers)
        made += [(op, taken.at) for op in new if all(op != call for call, _ in made)]
        _hand_whole(taken)
    return made


def _panels(call: ir.Operation) -> Iterator[ir.Value]:
    """Yields what the weights of a call are outside of all stages."""
    for i, value in enumerate(call.operands):
        if _reads_weight(Use(call, i)):
            yield source_of(value)


def _reads_weight(use: Use) -> bool:
    first = WEIGHTS_FROM.get(target_of(use.op)) if use.op.name == CALL else None
    value = use.op.operands[use.index]
    return first is not None and use.index >= first and dtype_of(value) == "ui8"


def _read(found: Sequence[ir.Operation]) -> Indexed:
    """Hands stacks of caches to calls that only read them; returns these calls."""
    made: Indexed = []
    for call in found:
        if target_of(call) != ATTEND or ALIASES in call.attributes:
            continue
        places = [i for i in CACHES if i < len(call.operands)]
        parts = [source_of(call.operands[i]) for i in places]
        taken = [each for part in parts if (each := slice_of(part)) and _is_read(each, call)]
        if len(taken) == len(parts) and len({each.at for each in taken}) == 1:
            made.append((call, taken[0].at))
            for each in taken:
                _hand_whole(each)
    return made


def _is_read(taken: LayerSlice, call: ir.Operation) -> bool:
    """Tells whether a call alone reads a slice, and nothing in the loop writes the stack."""
    around = users(taken.stack)
    calm = all(op.name in ("stablehlo.dynamic_slice", "stablehlo.return") for op in around)
    return calm and [use.op == call for use in uses_of(taken.part)] == [True]


def _hand_whole(taken: LayerSlice) -> None:
    """Lets the stack go where its slice went."""
    for value in list(aliases(taken.part)):
        value.set_type(taken.stack.type)
    taken.part.replace_all_uses_with(taken.stack)
    taken.erase()


def _changed(found: Sequence[ir.Operation]) -> Indexed:
    """Lets calls change stacks of caches in place; returns these calls."""
    made: Indexed = []
    for call in found:
        if target_of(call) != ATTEND or ALIASES not in call.attributes:
            continue
        listed = ir.ArrayAttr(call.attributes[ALIASES])
        pairs = [stablehlo.OutputOperandAlias(each) for each in listed]
        changes = [_change(call, p.operand_index, *p.output_tuple_indices) for p in pairs]
        whole = [change for change in changes if change]
        if pairs and len(whole) == len(pairs) and len({each.taken.at for each in whole}) == 1:
            made.append((call, whole[0].taken.at))
            for change in whole:
                change.replace()
    return made


@dataclass(frozen=True, eq=False)
class _Change:
    """A slice of a stack that a call changes, and that is put back.

    Attributes:
        taken: The slice.
        between: What it is inside stages, before the call and after it.
        given: What it is in the loop after the call.
        ops: The operations that put it back; the last one gives the stack.
    """

    taken: LayerSlice
    between: tuple[ir.Value, ...]
    given: ir.Value
    ops: tuple[ir.Operation, ir.Operation]

    def replace(self) -> None:
        """Lets the stack go where the slice went."""
        stack = self.taken.stack
        for value in (*self.between, self.given):
            value.set_type(stack.type)
        self.taken.part.replace_all_uses_with(stack)
        shaped, put = self.ops
        put.results[0].replace_all_uses_with(self.given)
        put.erase()
        shaped.erase()
        self.taken.erase()


def _change(call: ir.Operation, operand: int, result: int) -> _Change | None:
    """Returns the change of a cache; None if anything else reads or writes it, or the stack."""
    before = [*_to_outside(call.operands[operand])]
    after = [*_from_inside(call.results[result])]
    taken, given = slice_of(before[-1]), after[-1]
    if taken is None or not all(map(_only_use, before)):
        return None
    shaped = only_user(given)
    put = only_user(shaped.results[0]) if shaped and shaped.name == "stablehlo.reshape" else None
    if shaped is None or put is None or not puts_back(taken, shaped.results[0], put):
        return None
    if set(users(taken.stack)) != {taken.ops[1], put}:
        return None
    return _Change(taken, (*before[:-1], *after[:-1]), given, (shaped, put))


def _to_outside(value: ir.Value) -> Iterator[ir.Value]:
    """Yields a value and what it is in each stage around."""
    yield value
    while isinstance(owner := value.owner, ir.Block) and is_stage(around := owner.owner.operation):
        value = around.operands[ir.BlockArgument(value).arg_number]
        yield value


def _from_inside(value: ir.Value) -> Iterator[ir.Value]:
    """Yields a value and what it is outside of each stage that gives it and does nothing else."""
    yield value
    while (use := _only_use(value)) and use.op.name == YIELD:
        assert use.op.parent is not None
        value = use.op.parent.operation.results[use.index]
        yield value


def _only_use(value: ir.Value) -> Use | None:
    found = [Use(use.owner.operation, use.operand_number) for use in value.uses]
    return found[0] if len(found) == 1 else None


class _Hands:
    """Hands values of a loop into its stages, into each once."""

    def __init__(self) -> None:
        self._known: list[tuple[ir.Operation, ir.Value, ir.Value]] = []

    def give(self, op: ir.Operation, value: ir.Value) -> ir.Value:
        """Returns what an argument of the loop's body is where an operation stands."""
        if value.owner == op.block:
            return value
        assert op.parent is not None
        around = op.parent.operation
        outside = self.give(around, value)
        if not is_stage(around):
            return outside
        for stage, given, inside in self._known:
            if stage == around and given == value:
                return inside
        made = _with_operand(around, outside)
        inside = made.regions[0].blocks[0].arguments[-1]
        self._known.append((made, value, inside))
        return inside


def _with_operand(stage: ir.Operation, value: ir.Value) -> ir.Operation:
    """Replaces a stage by one that takes a value more."""
    made = ir.Operation.create(
        STAGE,
        results=[result.type for result in stage.results],
        operands=[*stage.operands, value],
        attributes=dict(stage.attributes.items()),
        regions=1,
        loc=stage.location,
        ip=ir.InsertionPoint(stage),
    )
    old = stage.regions[0].blocks[0]
    places = [argument.location for argument in old.arguments]
    types = [operand.type for operand in made.operands]
    body = ir.Block.create_at_start(made.regions[0], types, [*places, ir.Location.name("layer")])
    for argument, new in zip(old.arguments, body.arguments, strict=False):
        argument.replace_all_uses_with(new)
    for inner in [view.operation for view in old.operations]:
        body.append(inner)
    for result, new in zip(stage.results, made.results, strict=True):
        result.replace_all_uses_with(new)
    stage.erase()
    return made


def _rebuild(call: ir.Operation, layer: ir.Value) -> None:
    """Replaces a call by one that takes the number of the layer too."""
    made = ir.Operation.create(
        CALL,
        results=[result.type for result in call.results],
        operands=[*call.operands, layer],
        attributes=dict(call.attributes.items()),
        loc=call.location,
        ip=ir.InsertionPoint(call),
    )
    for result, new in zip(call.results, made.results, strict=True):
        result.replace_all_uses_with(new)
    call.erase()

"""Whether the body of a stage is the one that its block builds, operation by operation.

A kernel takes the place of a body only if it computes the same. The block builds its body anew from
the numbers and types of the stage, and what the results of both are made of is compared. The order
of operations does not count, nor names, nor whether a value is made once or twice.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from rlxflow.errors import FlowError
from rlxflow.ir.bindings import ir
from rlxflow.ir.mlir import MlirPrimitives
from rlxflow.ir.region import STAGE, YIELD
from rlxflow.ir.scope import MlirHandle, Scope
from rlxflow.ir.types import TensorType
from rlxflow.ir.value import Value
from rlxflow.kernels.found import Refused
from rlxflow.kernels.trace import owner_of

Build = Callable[[Mapping[str, Value]], Sequence[Value]]
"""Returns the results of a body, given its arguments by name."""


class Bodies:
    """The bodies that blocks build, each made once, and those that were found to be the same."""

    def __init__(self) -> None:
        self._made: dict[Hashable, ir.Operation] = {}
        self._known: dict[Hashable, dict[str, int]] = {}

    def places(
        self, stage: ir.Operation, of: Hashable, arguments: Mapping[str, TensorType], build: Build
    ) -> dict[str, int]:
        """Returns which argument of a body is which of the block's; raises Refused if it differs.

        Args:
            stage: What the body is of, in the current context.
            of: What else than the types tells bodies apart.
            arguments: Types by name.
            build: Builds the body of the block.
        """
        key = (of, *arguments.items())
        this = key, _text_of(stage)
        if this not in self._known:
            self._known[this] = _places(stage, self._wanted(key, arguments, build), arguments)
        return self._known[this]

    def _wanted(
        self, key: Hashable, arguments: Mapping[str, TensorType], build: Build
    ) -> ir.Operation:
        if key not in self._made:
            try:
                self._made[key] = _build(arguments, build)
            except FlowError as error:
                raise Refused(f"operands that the block does not take: {error}") from None
        return self._made[key]


def _text_of(stage: ir.Operation) -> str:
    """Returns the text of a stage; by itself, else all of the module would be numbered for it."""
    alone = stage.clone().operation
    options = {"print_generic_op_form": True, "use_local_scope": True, "assume_verified": True}
    return str(alone.get_asm(**options))


def _places(stage: ir.Operation, wanted: ir.Operation, names: Iterable[str]) -> dict[str, int]:
    body, model = (op.regions[0].blocks[0] for op in (stage, wanted))
    found = _compare(_results(model), _results(body), body)
    places = [ir.BlockArgument(found[value]).arg_number for value in model.arguments]
    return dict(zip(names, places, strict=True))


def _build(arguments: Mapping[str, TensorType], build: Build) -> ir.Operation:
    """Returns a stage by itself with the body of a block."""
    holder = ir.Operation.create(STAGE, regions=1)
    scope = Scope("", ir.Block.create_at_start(holder.regions[0], [], []), holder)
    backend = MlirPrimitives(scope)
    values: dict[str, Value] = {}
    for name, type_ in arguments.items():
        place = ir.Location.name(name)
        argument = scope.block.add_argument(backend.tensor(type_.sizes, type_.dtype), place)
        values[name] = Value(type_, MlirHandle(argument, scope, name), backend)
    made = [value.handle for value in build(values)]
    results = [scope.use(handle) for handle in made if isinstance(handle, MlirHandle)]
    ir.Operation.create(YIELD, operands=results, ip=scope.insertion_point)
    return holder


def _results(body: ir.Block) -> list[ir.Value]:
    *_, end = [view.operation for view in body.operations]
    return list(end.operands)


def _compare(
    wanted: Sequence[ir.Value], found: Sequence[ir.Value], body: ir.Block
) -> dict[ir.Value, ir.Value]:
    """Returns what stands for each argument that the wanted results are made of."""
    twins: dict[ir.Value, ir.Value] = {}
    queue = list(_pairs(wanted, found, "results"))
    met = set(queue)
    while queue:
        one, other = queue.pop()
        maker, its = owner_of(one), owner_of(other)
        if maker is None or its is None:
            known = twins.get(one, other if its is None and other.owner == body else None)
            if maker or known is None or known != other or one.type != other.type:
                raise _differs(_text(maker), _text(its))
            twins[one] = other
            continue
        _check(maker, its)
        if ir.OpResult(one).result_number != ir.OpResult(other).result_number:
            raise _differs(f"another result of `{maker.name}`", "this one")
        fresh = list(_pairs(maker.operands, its.operands, f"operands of `{maker.name}`"))
        for region, same in zip(maker.regions, its.regions, strict=True):
            for inside, twin in zip(region.blocks, same.blocks, strict=True):
                twins.update(_pairs(inside.arguments, twin.arguments, f"`{maker.name}`"))
                fresh += _pairs(_results(inside), _results(twin), f"`{maker.name}`")
        fresh = [pair for pair in fresh if pair not in met]
        met.update(fresh)
        queue += fresh
    return twins


def _pairs(
    wanted: Iterable[ir.Value], found: Iterable[ir.Value], what: str
) -> Iterable[tuple[ir.Value, ir.Value]]:
    both = list(wanted), list(found)
    if len(both[0]) != len(both[1]):
        raise _differs(f"{len(both[0])} {what}", str(len(both[1])))
    return zip(*both, strict=True)


def _check(wanted: ir.Operation, found: ir.Operation) -> None:
    """Raises Refused unless two operations are alike but for their operands."""
    if wanted.name != found.name:
        raise _differs(_text(wanted), _text(found))
    types = [[result.type for result in op.results] for op in (wanted, found)]
    if types[0] != types[1]:
        raise _differs(*(f"{wanted.name} {', '.join(map(str, each))}" for each in types))
    one, other = (dict(op.attributes.items()) for op in (wanted, found))
    for name in sorted(one.keys() | other.keys()):
        pair = one.get(name), other.get(name)
        if any(each is None for each in pair) or pair[0] != pair[1]:
            raise _differs(*(f"{wanted.name} {name} = {each}" for each in pair))
    shapes = [[len(region.blocks) for region in op.regions] for op in (wanted, found)]
    if shapes[0] != shapes[1]:
        raise _differs(f"{wanted.name} with {shapes[0]} blocks", str(shapes[1]))


def _text(op: ir.Operation | None) -> str:
    return f"{op.name} {op.results[0].type}" if op else "an argument"


def _differs(wanted: str, found: str) -> Refused:
    return Refused(f"its body is not that of the block: {found[:80]}, expected {wanted[:80]}")

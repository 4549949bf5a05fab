"""Bodies of stages as private functions, one for each distinct body, and the uses of them.

Two bodies are the same if they have the same operations in the same order with the same operands,
attributes, types and regions. Locations do not count, nor do names of values; the names of stages
inside the body do, since they are attributes of what those stages became.
"""

from __future__ import annotations

from collections.abc import Mapping

from rlxflow.errors import PassError
from rlxflow.ir.bindings import func, ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import STAGE, YIELD, StageRegion, string_of
from rlxflow.passes.composites import counterpart

PREFIX = "rlx."
_OWN_KEYS = ("stage", "mode", "origin")
Key = tuple[object, ...]


class Outliner:
    """Moves bodies into private functions at the end of one module.

    `composites` is who is to read the composites; see `composites.py`.
    """

    def __init__(self, module: IrModule, composites: str = "rlx") -> None:
        self._consumer = composites
        self._end = module.module.body
        tops = [view.operation for view in module.module.body.operations]
        self._taken = {string_of(op, "sym_name") for op in tops}
        self._functions: dict[Key, str] = {}

    def call(self, stage: StageRegion, attributes: Mapping[str, ir.Attribute]) -> str:
        """Replaces the stage by a `func.call` of its body; returns the function's name."""
        name = self._function(stage)
        replace_by_call(stage, name, attributes)
        return name

    def composite(self, stage: StageRegion, mode: str) -> None:
        """Replaces the stage by a `stablehlo.composite` whose decomposition is its body."""
        known = counterpart(self._consumer, stage)
        name, details = known or (PREFIX + stage.block, _details(stage, mode))
        attributes = {
            "name": ir.StringAttr.get(name),
            "composite_attributes": ir.DictAttr.get(details),
            "decomposition": ir.FlatSymbolRefAttr.get(self._function(stage)),
        }
        _replace(stage, "stablehlo.composite", attributes)

    def _function(self, stage: StageRegion) -> str:
        key = (stage.block, body_key(stage.body))
        if key not in self._functions:
            self._functions[key] = self._create(stage)
        return self._functions[key]

    def _create(self, stage: StageRegion) -> str:
        name, count = stage.block, 0
        while name in self._taken:
            count += 1
            name = f"{stage.block}_{count}"
        self._taken.add(name)
        inputs = [argument.type for argument in stage.body.arguments]
        results = [result.type for result in stage.op.results]
        location = ir.Location.name(name)
        at_end = ir.InsertionPoint(self._end)
        made = func.FuncOp(name, (inputs, results), visibility="private", loc=location, ip=at_end)
        body = stage.body
        body.append_to(made.regions[0])
        end = body.operations[len(body.operations) - 1].operation
        func.ReturnOp(list(end.operands), loc=end.location, ip=ir.InsertionPoint(end))
        end.erase()
        return name


def replace_by_call(
    stage: StageRegion, function: str, attributes: Mapping[str, ir.Attribute]
) -> None:
    """Replaces the stage by a `func.call` of a function that does the same."""
    callee = ir.FlatSymbolRefAttr.get(function)
    _replace(stage, "func.call", {"callee": callee, **attributes})


def check_params(stage: StageRegion) -> None:
    """Raises PassError if `params` of a stage uses a key that a composite needs for itself."""
    params = stage.op.attributes.get("params")
    clash = [k for k in _OWN_KEYS if isinstance(params, ir.DictAttr) and k in params]
    if clash:
        raise PassError(
            f"stage `{stage.path}`",
            expected=f"`params` without the keys {', '.join(_OWN_KEYS)}",
            found=f"`{clash[0]}`",
            cure="rename that field of the block",
        )


def _details(stage: StageRegion, mode: str) -> dict[str, ir.Attribute]:
    params = stage.op.attributes.get("params")
    entries: dict[str, ir.Attribute] = {}
    if isinstance(params, ir.DictAttr):
        entries = {entry.name: entry.attr for entry in params}
    entries["stage"] = ir.StringAttr.get(stage.name)
    if mode != "auto":
        entries["mode"] = ir.StringAttr.get(mode)
    if (origin := stage.op.attributes.get("origin")) is not None:
        entries["origin"] = origin
    return entries


def _replace(stage: StageRegion, name: str, attributes: Mapping[str, ir.Attribute]) -> None:
    old = stage.op
    made = ir.Operation.create(
        name,
        results=[result.type for result in old.results],
        operands=list(old.operands),
        attributes=dict(attributes),
        loc=stage.call_location,
        ip=ir.InsertionPoint(old),
    )
    for result, value in zip(old.results, made.results, strict=True):
        result.replace_all_uses_with(value)
    old.erase()


def body_key(
    block: ir.Block, numbers: dict[ir.Value, int] | None = None, *, named: bool = True
) -> Key:
    """Returns a key that two blocks share if they are the same operation by operation.

    Operations of dialects unknown to jaxlib may hide attributes, so they equal nothing. Without
    `named`, the names of stages inside do not count.
    """
    numbers = {} if numbers is None else numbers
    for argument in block.arguments:
        numbers[argument] = len(numbers)
    types = tuple(argument.type for argument in block.arguments)
    return types, tuple([_op_key(view.operation, numbers, named) for view in block.operations])


def _op_key(op: ir.Operation, numbers: dict[ir.Value, int], named: bool) -> Key:
    operands = tuple([numbers.get(value, value) for value in op.operands])
    regions = tuple(
        [
            tuple(body_key(block, numbers, named=named) for block in region.blocks)
            for region in op.regions
        ]
    )
    results = tuple([result.type for result in op.results])
    for result in op.results:
        numbers[result] = len(numbers)
    attributes = tuple(op.attributes.items())
    if op.name == STAGE and not named:
        attributes = tuple(item for item in attributes if item[0] != "name")
    known = op.name in (STAGE, YIELD) or op.context.is_registered_operation(op.name)
    return op.name, operands, attributes, results, regions, None if known else op

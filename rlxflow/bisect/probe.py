"""Makes a module give the values between its pieces, and take them instead of computing them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rlxflow.bisect.units import OUTPUTS, Unit, Wiring, units
from rlxflow.ir.bindings import func, ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.ports import name_ports
from rlxflow.ir.region import StageRegion, inline, is_stage
from rlxflow.reduce.cut import drop_unused_arguments


def probe(
    module: IrModule,
    around: str,
    wiring: Wiring,
    taps: Sequence[str],
    forced: Collection[str] = (),
) -> IrModule:
    """Returns a copy whose `main` gives the values with the labels `taps`, and nothing else.

    Values with the labels `forced` become inputs: whoever took such a value takes the input. What
    the taps do not need is gone; all arguments are inputs, called by their labels.
    """
    copy = module.clone()
    wanted = [label for label in wiring.sizes if label in forced]
    with copy.context, ir.Location.unknown():
        block = copy.main.regions[0].blocks[0]
        found = units(copy, around)
        end = block.operations[len(block.operations) - 1].operation
        values = _values(copy, wiring, found, end)
        _name_arguments(copy, wanted)
        given = {
            label: block.add_argument(values[label].type, ir.Location.unknown()) for label in wanted
        }
        _force(wiring, found, values, given)
        func.ReturnOp([values[label] for label in taps], ip=ir.InsertionPoint(end))
        end.erase()
        _prune(block)
        drop_unused_arguments(copy)
    name_ports(copy, results=taps)
    copy.verify()
    return copy


def opened(module: IrModule) -> IrModule:
    """Returns a copy of which the only stage of `main` is inlined."""
    copy = module.clone()
    with copy.context:
        for unit in units(copy, ""):
            inline(StageRegion(unit.op, unit.path, 0))
    return copy


def only_stage(module: IrModule) -> bool:
    """Whether exactly one stage stands directly in `main`."""
    tops = module.main.regions[0].blocks[0].operations
    return sum(is_stage(view.operation) for view in tops) == 1


def _values(
    module: IrModule, wiring: Wiring, found: Sequence[Unit], end: ir.Operation
) -> dict[str, ir.Value]:
    """Returns the value of each label."""
    block = module.main.regions[0].blocks[0]
    names = [port.name for port in module.arguments()]
    values: dict[str, ir.Value] = {}
    for path, op in [*found, (OUTPUTS, end)]:
        for label, value in zip(wiring.operands[path], op.operands, strict=True):
            values.setdefault(label, value)
    for path, op in found:
        values |= zip(wiring.results[path], op.results, strict=True)
    return values | dict(zip(names, block.arguments, strict=True))


def _name_arguments(module: IrModule, added: Sequence[str]) -> None:
    """Makes all arguments inputs, and names those that are added after them."""
    name_ports(module, [("input", port.name) for port in module.arguments()])
    main = module.main
    marks = list(ir.ArrayAttr(main.attributes["arg_attrs"])) if len(main.type.inputs) else []
    marks += [ir.DictAttr.get({"rlx.input": ir.StringAttr.get(label)}) for label in added]
    main.attributes["arg_attrs"] = ir.ArrayAttr.get(marks)


def _force(
    wiring: Wiring,
    found: Sequence[Unit],
    values: dict[str, ir.Value],
    given: dict[str, ir.Value],
) -> None:
    """Puts arguments where values were taken."""
    for path, op in found:
        for i, label in enumerate(wiring.operands[path]):
            if label in given:
                op.operands[i] = given[label]
    for path, _ in found:
        for label in wiring.results[path]:
            if label in given:
                values[label].replace_all_uses_with(given[label])


def _prune(block: ir.Block) -> None:
    """Erases what nothing uses."""
    *body, _ = [view.operation for view in block.operations]
    for op in body[::-1]:
        if not any(True for result in op.results for _ in result.uses):
            op.erase()

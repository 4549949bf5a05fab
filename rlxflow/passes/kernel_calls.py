"""Calls of kernels in a module: which stages are one, and which targets a module names."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import string_of
from rlxflow.passes.kernel_costs import CallCost, Operand, call_cost

CALL = "stablehlo.custom_call"
PREFIX = "rlxflow."


def calls(op: ir.Operation) -> Iterator[ir.Operation]:
    """Yields the calls of kernels inside an operation."""
    for region in op.regions:
        for block in region.blocks:
            for view in block.operations:
                inner = view.operation
                if inner.name == CALL and target_of(inner).startswith(PREFIX):
                    yield inner
                yield from calls(inner)


def targets(op: ir.Operation) -> Iterator[str]:
    """Yields the kernels called inside an operation, each as often as it is: `rlxflow.x.v1`."""
    return map(target_of, calls(op))


def kernel_of(stage: ir.Operation) -> str:
    """Returns the kernel that a stage consists of, or nothing."""
    inside = [view.operation for view in stage.regions[0].blocks[0].operations]
    found = [target_of(op) for op in inside if op.name == CALL]
    return next((name for name in found if name.startswith(PREFIX)), "")


def cost_of(stage: ir.Operation) -> CallCost | None:
    """Returns what the kernel that a stage consists of costs; None for other stages."""
    if not kernel_of(stage):
        return None
    found = next(calls(stage))
    config = found.attributes["backend_config"]
    operands = [*map(_operand, found.operands)]
    return call_cost(target_of(found), operands, lambda key: _number(config, key))


def _operand(value: ir.Value) -> Operand:
    type_ = ir.RankedTensorType(value.type)
    bits = getattr(type_.element_type, "width", 8)
    return Operand(tuple(type_.shape), prod(type_.shape) * max(bits, 8) // 8)


def _number(config: ir.Attribute, key: str) -> int:
    """Returns a number of a configuration, or the sum of several; 0 if it is not there."""
    if not isinstance(config, ir.DictAttr) or key not in config:
        return 0
    found = config[key]
    if isinstance(found, ir.IntegerAttr):
        return found.value
    return sum(found) if isinstance(found, ir.DenseI64ArrayAttr) else 0


def kernels_of(module: IrModule) -> list[str]:
    """Returns the kernels that a module calls, sorted."""
    return sorted(set(targets(module.operation)))


def target_of(op: ir.Operation) -> str:
    """Returns what a custom call calls."""
    return string_of(op, "call_target_name")

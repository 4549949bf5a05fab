"""Calls of kernels in a module: which stages are one, and which targets a module names."""

from __future__ import annotations

from collections.abc import Iterator

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import string_of

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


def kernels_of(module: IrModule) -> list[str]:
    """Returns the kernels that a module calls, sorted."""
    return sorted(set(targets(module.operation)))


def target_of(op: ir.Operation) -> str:
    """Returns what a custom call calls."""
    return string_of(op, "call_target_name")

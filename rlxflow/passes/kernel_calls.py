"""Calls of kernels in a module: which stages are one, and which targets a module names."""

from __future__ import annotations

from collections.abc import Iterator

from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import string_of

CALL = "stablehlo.custom_call"
PREFIX = "rlxflow."


def targets(op: ir.Operation) -> Iterator[str]:
    """Yields the kernels called inside an operation, each as often as it is: `rlxflow.x.v1`."""
    for region in op.regions:
        for block in region.blocks:
            for view in block.operations:
                inner = view.operation
                if inner.name == CALL and (name := _target(inner)).startswith(PREFIX):
                    yield name
                yield from targets(inner)


def kernel_of(stage: ir.Operation) -> str:
    """Returns the kernel that a stage consists of, or nothing."""
    inside = [view.operation for view in stage.regions[0].blocks[0].operations]
    found = [_target(op) for op in inside if op.name == CALL]
    return next((name for name in found if name.startswith(PREFIX)), "")


def kernels_of(module: IrModule) -> list[str]:
    """Returns the kernels that a module calls, sorted."""
    return sorted(set(targets(module.operation)))


def _target(op: ir.Operation) -> str:
    return string_of(op, "call_target_name")

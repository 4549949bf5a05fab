"""The constraints (C1)...(C10) and (F1)...(F5) of the dialect `rlx`, checked on a module.

jaxlib does not know the dialect, so its own verifier cannot check them. The labels and what they
mean are in `dialects/rlx/*.td`. What MLIR checks by itself in the native tools (presence and kind
of an attribute, one block, the terminator, isolation) is reported here in MLIR's words, the rest
with the label in front.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlxflow.errors import VerifyError
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.position import position
from rlxflow.ir.region import STAGE, YIELD
from rlxflow.ir.verifier_names import name_violations
from rlxflow.ir.verifier_stage import border_violations, stage_violations, yield_violations


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken constraint: its label, where (`file:line:column` or a name), and what is wrong."""

    constraint: str
    location: str
    message: str

    def __str__(self) -> str:
        return f"{self.location}: {self.message}"


def verify_rlx(module: IrModule) -> None:
    """Raises VerifyError for the first violation of the module, in the order of its text."""
    first = next(_violations(module), None)
    if first is not None:
        raise VerifyError(str(first))


def violations(module: IrModule) -> list[Violation]:
    """Returns every violation in the order of the module's text; an empty list if it is valid."""
    return list(_violations(module))


def _violations(module: IrModule) -> Iterator[Violation]:
    for label, op, message in _walk(module.operation, None):
        location = position(op.location)
        yield Violation(label, location, f"'{op.name}' {message}")


_Found = Iterator[tuple[str, ir.Operation, str]]


def _walk(op: ir.Operation, defined: set[ir.Value] | None) -> _Found:
    """Walks what is inside `op`; `defined` holds the values of the stage around, if any."""
    for region in op.regions:
        for block in region.blocks:
            if defined is not None:
                defined.update(block.arguments)
            for view in block.operations:
                inner = view.operation
                if defined is not None:
                    if not defined.issuperset(inner.operands):
                        yield "C7", inner, "op using value defined outside the region"
                    defined.update(inner.results)
                if inner.name == YIELD:
                    for message in yield_violations(inner, op, block):
                        yield "C8", inner, f"op {message}"
                elif len(inner.regions):
                    yield from _holder(inner)
                    yield from _walk(inner, set() if inner.name == STAGE else defined)
                    if inner.name == STAGE:
                        for label, message in border_violations(inner):
                            yield label, inner, f"op {message}"


def _holder(op: ir.Operation) -> _Found:
    """Checks an operation that has regions, but not what is in them."""
    if op.name == STAGE:
        for label, message in stage_violations(op):
            yield label, op, f"op {message}"
    elif op.name == "func.func":
        for label, message in name_violations(op):
            yield label, op, f"op {message}"

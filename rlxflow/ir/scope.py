"""Regions under construction: a block that imports what it uses, because stages are isolated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from rlxflow.errors import FlowStructureError
from rlxflow.ir.bindings import ir


class MlirHandle(NamedTuple):
    """An SSA value, the scope that owns it, and the label it is printed with."""

    value: ir.Value
    scope: Scope
    label: str


@dataclass(eq=False)
class Scope:
    """One block being filled. `holder` keeps it alive until its stage operation exists."""

    name: str
    block: ir.Block
    holder: ir.Operation
    parent: Scope | None = None
    operands: list[MlirHandle] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    captured: dict[ir.Value, MlirHandle] = field(default_factory=dict)
    operations: int = 0
    closed: bool = False

    def __post_init__(self) -> None:
        self.insertion_point = ir.InsertionPoint(self.block)

    @property
    def path(self) -> str:
        """The names of the stages from the outermost inwards, joined by `/`."""
        if self.parent is None:
            return ""
        return f"{self.parent.path}/{self.name}" if self.parent.path else self.name

    @contextmanager
    def label(self, name: str) -> Iterator[None]:
        """Names the operations built inside: they get the location `name` (joined by `/`)."""
        self.labels.append(name)
        try:
            yield
        finally:
            self.labels.pop()

    def use(self, handle: MlirHandle) -> ir.Value:
        """Returns the SSA value to use in this block, importing it through all scopes between."""
        if handle.scope is self:
            return handle.value
        return self.capture(handle).value

    def capture(self, handle: MlirHandle) -> MlirHandle:
        """Returns this scope's own handle on an outer value: an argument of the block."""
        if handle.scope is self:
            return handle
        known = self.captured.get(handle.value)
        if known is not None:
            return known
        if self.parent is None or handle.scope.closed:
            raise self._out_of_reach(handle)
        outer = self.parent.capture(handle)
        location = ir.Location.name(handle.label)
        argument = self.block.add_argument(outer.value.type, location)
        inner = MlirHandle(argument, self, handle.label)
        self.captured[handle.value] = inner
        self.operands.append(outer)
        return inner

    def check(self, handle: MlirHandle) -> None:
        """Raises FlowStructureError for a value of a stage that ended, or of another build."""
        if handle.scope.closed:
            raise self._out_of_reach(handle)

    def _out_of_reach(self, handle: MlirHandle) -> FlowStructureError:
        return FlowStructureError(
            f"value `{handle.label}` of {_place(handle.scope)}",
            expected="a use inside it",
            found=f"a use in {_place(self)} after it ended",
            cure="return the value from the stage, or publish it in a slot",
        )

    def drop_unused(self) -> None:
        """Removes imports that nothing in the block uses, so that operands tell the truth."""
        for i, (key, inner) in reversed(list(enumerate(self.captured.items()))):
            if not any(True for _ in inner.value.uses):
                self.block.erase_argument(i)
                del self.operands[i], self.captured[key]

    def outer_of(self, handle: MlirHandle) -> MlirHandle | None:
        """Returns what this block's argument stands for outside, or None for anything else."""
        for inner, outer in zip(self.captured.values(), self.operands, strict=True):
            if inner.value == handle.value:
                return outer
        return None


def _place(scope: Scope) -> str:
    return f"stage `{scope.path}`" if scope.path else "the module"

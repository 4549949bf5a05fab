"""Stages: named steps, and chains of them, which are steps again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from rlxflow.blocks.base import Block, Contract, Emit
from rlxflow.errors import FlowStructureError, ShapeError
from rlxflow.ir.value import Value

MODES = ("auto", "fuse", "fence", "kernel", "keep")
Closure = Callable[[Emit, Value | None], Value | None]


@dataclass(frozen=True, slots=True)
class Stage:
    """A named step of a flow: a block, and what the compiler shall make of it.

    Attributes:
        name: Unique among its neighbours; a path is the names joined by `/`.
        block: What the stage does.
        mode: One of MODES.
    """

    name: str
    block: Block
    mode: str = "auto"

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name:
            raise FlowStructureError(
                "stage name", expected="a name without `/`", found=f"`{self.name}`"
            )
        if self.mode not in MODES:
            raise FlowStructureError(
                f"stage `{self.name}`",
                expected=f"a mode out of {', '.join(MODES)}",
                found=f"`{self.mode}`",
            )

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages inside, if the block is a chain."""
        return self.block.stages if isinstance(self.block, Chain) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain(Block):
    """Runs stages one after the other, each on the value of the one before.

    Attributes:
        stages: In order; their names differ.
        label: The kind of block shown in the IR, `bert_layer` for instance.
        output: If given, the chain stands beside the flow: its value becomes the side output of
            that name and the flow goes on with the value from before.
        shape: If given, the sizes that the value at the end must have; None for any.
    """

    stages: tuple[Stage, ...]
    label: str = "sequence"
    output: str = ""
    shape: tuple[int | None, ...] = ()

    def __post_init__(self) -> None:
        check_names(self.stages)

    @property
    def kind(self) -> str:
        return self.label

    def numbers(self) -> dict[str, object]:
        return {}

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Whatever the first stage takes -> whatever the last one gives."""
        before = x
        for stage in self.stages:
            x = emit.run(stage.name, stage.block, x, stage.mode)
        if self.shape:
            self._check_shape(x)
        if not self.output:
            return x
        if x is None:
            raise FlowStructureError(f"output `{self.output}`", expected="a value", found="none")
        emit.publish_side_output(self.output, x)
        return before

    def _check_shape(self, x: Value | None) -> None:
        sizes = () if x is None else x.shape
        fits = len(sizes) == len(self.shape) and all(
            wanted in {None, size} for wanted, size in zip(self.shape, sizes, strict=True)
        )
        if not fits:
            wanted = ", ".join("any" if size is None else str(size) for size in self.shape)
            found = "no value" if x is None else str(x.type)
            raise ShapeError(f"`{self.kind}`", expected=f"sizes [{wanted}]", found=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom(Block):
    """A closure as a block: `fn(emit, value) -> value`.

    Attributes:
        fn: Called once a build; must not depend on anything that changes between builds.
        reads: Slots it asks for with `emit.named`.
        writes: Slots it publishes with `emit.set_named`.
        label: The kind of block shown in the IR.
    """

    fn: Closure = field(repr=False, compare=True)
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    label: str = "custom"

    def __post_init__(self) -> None:
        if not callable(cast(object, self.fn)):
            raise FlowStructureError(
                "closure",
                expected="a function of an emitter and a value",
                found=type(self.fn).__name__,
            )

    @property
    def kind(self) -> str:
        return self.label

    @property
    def contract(self) -> Contract:
        return Contract(reads=self.reads, writes=self.writes, needs_value=False)

    def numbers(self) -> dict[str, object]:
        return {}

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        return self.fn(emit, x)


def check_names(stages: tuple[Stage, ...]) -> None:
    """Raises FlowStructureError if two neighbouring stages have one name."""
    seen: set[str] = set()
    for stage in stages:
        if stage.name in seen:
            raise FlowStructureError(
                f"stage `{stage.name}`",
                expected="names that differ among neighbours",
                found="two of that name",
                cure="rename one of them",
            )
        seen.add(stage.name)


def unique_name(name: str, stages: tuple[Stage, ...]) -> str:
    """Returns `name`, or `name_1`, `name_2`, ... if a stage has it already."""
    taken = {stage.name for stage in stages}
    if name not in taken:
        return name
    return next(f"{name}_{i}" for i in range(1, len(taken) + 2) if f"{name}_{i}" not in taken)

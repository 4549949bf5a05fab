"""Flows with sizes that are open: one model for each binding, emitted anew with static sizes.

Emitting takes milliseconds, and what it gives is as good as a flow that was written for its sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rlxflow.errors import FlowStructureError, did_you_mean
from rlxflow.flow.shape import Dim

if TYPE_CHECKING:
    from rlxflow.flow.built import BuiltModel

Axes = Mapping[str, tuple[str, ...]]
"""Name of an input or output -> for each of its axes the dimension it is, or nothing."""


@dataclass(frozen=True, eq=False)
class FlowTemplate:
    """A model for any sizes of its dimensions.

    Attributes:
        dims: What is open.
        build: Returns the model for sizes by name.
    """

    dims: tuple[Dim, ...]
    build: Callable[[Mapping[str, int]], BuiltModel]

    @classmethod
    def of(cls, build: Callable[..., BuiltModel], *dims: Dim) -> FlowTemplate:
        """Returns the template of a function that takes the sizes as keywords.

        So a recipe is a template, too: `FlowTemplate.of(lambda batch, seq:
        model.build(model.flow("encode", batch, seq)), Dim("batch"), Dim("seq", 1, 512))`.
        """
        return cls(dims, lambda sizes: build(**sizes))

    def specialize(self, sizes: Mapping[str, int]) -> BuiltModel:
        """Returns the model for sizes by name; of a `DimBinding` it takes those it needs.

        Raises FlowStructureError for names that are missing or unknown, ShapeError for a size out
        of its range.
        """
        return self.build(checked(self.dims, sizes))

    @cached_property
    def axes(self) -> Axes:
        """Which axes of inputs and outputs are a dimension: those that grow with it, as long as it.

        Found by emitting the model twice for each dimension, with one size more.
        """
        low = {dim.name: max(dim.low, 1) for dim in self.dims}
        base = _shapes(self.specialize(low))
        found = {name: [""] * len(shape) for name, shape in base.items()}
        for dim in self.dims:
            more = low[dim.name] + 1
            if dim.high is not None and more > dim.high:
                continue
            grown = _shapes(self.specialize({**low, dim.name: more}))
            for name, shape in grown.items():
                for i, size in enumerate(shape):
                    if size == more and size == base[name][i] + 1:
                        found[name][i] = dim.name
        return {name: tuple(axes) for name, axes in found.items()}


def checked(dims: tuple[Dim, ...], sizes: Mapping[str, int]) -> dict[str, int]:
    """Returns a size for each dimension, in its range."""
    from rlxflow.config.execution import DimBinding

    names = [dim.name for dim in dims]
    given = sizes.only(names) if isinstance(sizes, DimBinding) else dict(sizes)
    for name in given:
        if name not in names:
            cure = did_you_mean(name, names)
            raise FlowStructureError(
                f"dimension `{name}`",
                expected=", ".join(names) or "no open dimension",
                found=f"`{name}`",
                cure=cure,
            )
    missing = [name for name in names if name not in given]
    if missing:
        raise FlowStructureError(
            "sizes", expected=f"one for each of {', '.join(names)}", found=f"no {missing[0]}"
        )
    return {dim.name: dim.check(given[dim.name]) for dim in dims}


def _shapes(built: BuiltModel) -> dict[str, tuple[int, ...]]:
    ports = [*built.module.arguments(), *built.module.results()]
    return {port.name: port.shape for port in ports if port.kind != "param"}

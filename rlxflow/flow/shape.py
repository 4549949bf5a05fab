"""Shapes of flow inputs: sizes, element type, axis names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rlxflow import dtypes
from rlxflow.errors import ShapeError
from rlxflow.ir.types import TensorType, tensor_type

_DEFAULT_AXES = {0: "", 1: "b", 2: "b t", 3: "b t d"}


@dataclass(frozen=True, slots=True, init=False)
class Shape:
    """`Shape([1, 16], "i32")`: what a flow input looks like.

    Attributes:
        type: Element type and named axes. Axes are `b`, `b t` or `b t d` by rank unless they are
            given: `Shape([2, 7, 64], "f32", axes="b s d")`.
    """

    type: TensorType

    def __init__(
        self, sizes: Sequence[int], dtype: str = "f32", axes: str | Sequence[str] | None = None
    ) -> None:
        named = axes if axes is not None else _DEFAULT_AXES.get(len(sizes))
        if named is None:
            named = [f"a{i}" for i in range(len(sizes))]
        names = named.split() if isinstance(named, str) else list(named)
        if len(names) != len(sizes):
            raise ShapeError(
                "shape", expected=f"{len(sizes)} axis names", found=f"{len(names)}: {names}"
            )
        dtypes.check(dtype, "shape")
        object.__setattr__(self, "type", tensor_type(dtype, zip(names, sizes, strict=True)))

    def __str__(self) -> str:
        return str(self.type)


@dataclass(frozen=True, slots=True)
class FlowInput:
    """A declared input.

    Attributes:
        name: Under which the compiled model takes it.
        shape: Its shape.
        below: For ids: the number that each of them must stay under; checked at every call.
    """

    name: str
    shape: Shape
    below: int | None = None

"""Shapes of flow inputs: sizes, element type, axis names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rlxflow import dtypes
from rlxflow.errors import ShapeError
from rlxflow.ir.types import TensorType, tensor_type

_DEFAULT_AXES = {0: "", 1: "b", 2: "b t", 3: "b t d"}


@dataclass(frozen=True, slots=True)
class Dim:
    """A size that is not known yet, by name.

    Attributes:
        name: Under which `specialize` is told the size.
        low: The smallest size.
        high: The largest; None if there is no limit.
    """

    name: str
    low: int = 1
    high: int | None = None

    def __post_init__(self) -> None:
        if not self.name or self.low < 0 or (self.high is not None and self.high < self.low):
            found = f"`{self.name}` from {self.low} to {self.high}"
            raise ShapeError("dimension", expected="a name, and 0 <= low <= high", found=found)

    def check(self, size: int) -> int:
        """Returns a size that the dimension can have; raises ShapeError for another."""
        if size < self.low or (self.high is not None and size > self.high):
            most = "" if self.high is None else f" to {self.high}"
            expected = f"{self.low}{most or ' or more'}"
            raise ShapeError(f"dimension `{self.name}`", expected=expected, found=str(size))
        return size

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, init=False)
class Shape:
    """`Shape([1, 16], "i32")`: what a flow input looks like.

    Attributes:
        sizes: In order. One that is open is a `Dim`, or its name: `Shape(["batch", 16], "i32")`.
        dtype: Element type.
        axes: Axes are `b`, `b t` or `b t d` by rank unless they are given:
            `Shape([2, 7, 64], "f32", axes="b s d")`.
    """

    sizes: tuple[int | Dim, ...]
    dtype: str
    axes: tuple[str, ...]

    def __init__(
        self,
        sizes: Sequence[int | str | Dim],
        dtype: str = "f32",
        axes: str | Sequence[str] | None = None,
    ) -> None:
        named = axes if axes is not None else _DEFAULT_AXES.get(len(sizes))
        if named is None:
            named = [f"a{i}" for i in range(len(sizes))]
        names = named.split() if isinstance(named, str) else list(named)
        if len(names) != len(sizes):
            raise ShapeError(
                "shape", expected=f"{len(sizes)} axis names", found=f"{len(names)}: {names}"
            )
        for size in sizes:
            if isinstance(size, bool) or not isinstance(size, (int, str, Dim)):
                raise ShapeError("shape", expected="whole numbers or names", found=f"{size!r}")
        dtypes.check(dtype, "shape")
        made = tuple(Dim(size) if isinstance(size, str) else size for size in sizes)
        object.__setattr__(self, "sizes", made)
        object.__setattr__(self, "dtype", dtype)
        object.__setattr__(self, "axes", tuple(names))
        if not self.dims:
            _ = self.type  # refuses sizes that no tensor has

    @property
    def dims(self) -> tuple[Dim, ...]:
        """The sizes that are open."""
        return tuple(size for size in self.sizes if isinstance(size, Dim))

    @property
    def type(self) -> TensorType:
        """Element type and named axes; raises ShapeError if a size is open."""
        known = [size for size in self.sizes if not isinstance(size, Dim)]
        if len(known) != len(self.sizes):
            raise ShapeError(
                "shape",
                expected="sizes that are known",
                found=str(self),
                cure="bind them: `flow.specialize({...})`",
            )
        return tensor_type(self.dtype, zip(self.axes, known, strict=True))

    def bind(self, sizes: Mapping[str, int]) -> Shape:
        """Returns the shape with the open sizes that are given."""
        made = [
            size.check(sizes[size.name]) if isinstance(size, Dim) and size.name in sizes else size
            for size in self.sizes
        ]
        return Shape(made, self.dtype, self.axes)

    def __str__(self) -> str:
        pairs = zip(self.axes, self.sizes, strict=True)
        return f"{self.dtype}[{', '.join(f'{axis}={size}' for axis, size in pairs)}]"


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

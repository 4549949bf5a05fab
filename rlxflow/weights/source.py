"""What a weight source is, and the simplest one: shapes without data."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Protocol, runtime_checkable

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import WeightError, nearest


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """The shape and the element type of one tensor, known without its data.

    Attributes:
        shape: Sizes of the axes; `()` is a scalar.
        dtype: One of our element type names (`f32`, `bf16`, ...).
    """

    shape: tuple[int, ...]
    dtype: str

    def __post_init__(self) -> None:
        dtypes.check(self.dtype, "tensor info")
        if any(size < 0 for size in self.shape):
            raise WeightError("tensor info", expected="sizes of 0 or more", found=str(self.shape))

    @property
    def nbytes(self) -> int:
        """Size of the data in bytes."""
        return prod(self.shape) * dtypes.itemsize(self.dtype)

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


@runtime_checkable
class WeightSource(Protocol):
    """Named tensors whose shapes are known at once and whose data is read one tensor at a time."""

    @property
    def where(self) -> str:
        """What error messages call the source: a path, or a phrase."""
        ...

    def names(self) -> Collection[str]:
        """Returns all names in the order of the source."""
        ...

    def __contains__(self, name: object) -> bool: ...

    def info(self, name: str) -> TensorInfo:
        """Returns shape and dtype without reading data; raises WeightError for unknown names."""
        ...

    def read(self, name: str) -> np.ndarray:
        """Returns the data: read-only, C-contiguous, starting on a 64-byte boundary."""
        ...


@runtime_checkable
class MadeSource(Protocol):
    """A weight source some of whose tensors are made of what is stored."""

    def steps(self, name: str) -> tuple[str, ...]:
        """Returns what is done on the way, such as `stack of 8`; nothing if it is as stored."""
        ...


@runtime_checkable
class FillingSource(Protocol):
    """A weight source that can read into memory it is given."""

    def read_into(self, name: str, target: np.ndarray) -> None:
        """Fills a C-contiguous array of the tensor's shape and element type."""
        ...


@runtime_checkable
class DividedSource(Protocol):
    """A weight source some of whose tensors are others along a new first axis."""

    def members(self, name: str) -> Sequence[tuple[WeightSource, str]]:
        """Returns the sources and names of those others, in order; of none its own."""
        ...


def members_of(source: WeightSource, name: str) -> Sequence[tuple[WeightSource, str]]:
    """Returns where the parts of a tensor are read, and their names there; else where it is."""
    return source.members(name) if isinstance(source, DividedSource) else ((source, name),)


def read_into(source: WeightSource, name: str, target: np.ndarray) -> None:
    """Reads a tensor into an array of its shape and type, with no copy between where it can be."""
    if isinstance(source, FillingSource):
        source.read_into(name, target)
    else:
        target[...] = source.read(name)


def steps_of(source: WeightSource, name: str) -> tuple[str, ...]:
    """Returns how a source makes a tensor of what is stored; nothing if it is as stored."""
    return source.steps(name) if isinstance(source, MadeSource) else ()


def unknown_name(where: str, name: str, known: Collection[str]) -> WeightError:
    """Returns the error for a name that the source lacks, with the nearest names and the total."""
    close = ", ".join(f"`{other}`" for other in nearest(name, known))
    return WeightError(
        where,
        expected=f"a tensor `{name}`",
        found=f"{len(known)} tensors without it",
        cure=f"nearest names: {close}" if close else "no name resembles it",
    )


class ShapeSource:
    """Shapes without data: enough to emit, plan and print, not to run."""

    def __init__(self, infos: Mapping[str, TensorInfo], where: str = "shapes only") -> None:
        self.where = where
        self._infos = dict(infos)

    def names(self) -> Collection[str]:
        return self._infos.keys()

    def __contains__(self, name: object) -> bool:
        return name in self._infos

    def info(self, name: str) -> TensorInfo:
        if name not in self._infos:
            raise unknown_name(self.where, name, self._infos)
        return self._infos[name]

    def read(self, name: str) -> np.ndarray:
        """Raises WeightError: there is nothing to read."""
        self.info(name)
        raise WeightError(
            f"{self.where}: `{name}`",
            expected="data",
            found="a shape and no data",
            cure="pass a checkpoint path or a mapping of arrays instead of shapes",
        )

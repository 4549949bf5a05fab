"""The type of a value while a module is built: element type and named axes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from rlxflow import dtypes
from rlxflow.errors import ShapeError

AXES = {
    "b": "batch",
    "t": "query tokens",
    "s": "key or cache positions",
    "d": "hidden",
    "h": "query heads",
    "k": "key/value heads",
    "g": "query heads per key/value head",
    "e": "head dimension",
    "f": "feed-forward",
    "v": "vocabulary",
    "p": "positions of a learned table",
    "x": "experts",
    "l": "layers",
    "o": "output features",
    "i": "input features",
    "n": "rows of a small table (token types, labels)",
}
"""The axis letters of blocks. Any other name is allowed too; these mean the same everywhere."""


@dataclass(frozen=True, slots=True)
class TensorType:
    """`f32[b=2, t=128, d=768]`: an element type and axes in order, each with a unique name."""

    dtype: str
    names: tuple[str, ...]
    sizes: tuple[int, ...]

    @property
    def rank(self) -> int:
        return len(self.sizes)

    @property
    def count(self) -> int:
        """The number of elements."""
        return math.prod(self.sizes)

    @property
    def nbytes(self) -> int:
        return self.count * dtypes.itemsize(self.dtype)

    def axis(self, name: str) -> int:
        """Returns the position of an axis; raises ShapeError if the type has none of that name."""
        try:
            return self.names.index(name)
        except ValueError:
            raise ShapeError("axis", expected=f"an axis `{name}`", found=str(self)) from None

    def size(self, name: str) -> int:
        """Returns the size of an axis; raises ShapeError if the type has none of that name."""
        return self.sizes[self.axis(name)]

    def with_dtype(self, dtype: str) -> TensorType:
        return TensorType(dtype, self.names, self.sizes)

    def without(self, names: Iterable[str]) -> TensorType:
        """Returns the type with some axes removed."""
        gone = set(names)
        kept = [(n, s) for n, s in zip(self.names, self.sizes, strict=True) if n not in gone]
        return TensorType(self.dtype, tuple(n for n, _ in kept), tuple(s for _, s in kept))

    def __str__(self) -> str:
        axes = ", ".join(f"{n}={s}" for n, s in zip(self.names, self.sizes, strict=True))
        return f"{self.dtype}[{axes}]"


def tensor_type(dtype: str, axes: dict[str, int] | Iterable[tuple[str, int]]) -> TensorType:
    """Returns a checked type: known element type, sizes >= 0, axis names unique and not empty."""
    pairs = list(cast("dict[str, int]", axes).items() if isinstance(axes, dict) else axes)
    names, sizes = tuple(n for n, _ in pairs), tuple(s for _, s in pairs)
    made = TensorType(dtypes.check(dtype, "tensor type"), names, sizes)
    if len(set(names)) != len(names) or not all(names):
        raise ShapeError("tensor type", expected="axis names that differ", found=str(made))
    if any(not 0 <= size < 2**63 for size in sizes):
        raise ShapeError("tensor type", expected="sizes from 0 to 2^63 - 1", found=str(made))
    return made

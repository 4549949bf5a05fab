"""Weights put together one by one, and taken by name as often as they are needed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.weights.dict_source import DictSource
from rlxflow.weights.source import TensorInfo, WeightSource


class MapWeights:
    """A weight source in memory that is filled by `insert`.

    Example:
        >>> weights = MapWeights().insert("w", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], (2, 3))
        >>> weights.take("w", transpose=True)[1]
        (3, 2)
        >>> weights.has("w")
        True
    """

    where = "MapWeights"

    def __init__(self) -> None:
        self._arrays: dict[str, np.ndarray] = {}
        self._source = DictSource({}, self.where)

    def insert(self, key: str, data: object, shape: Sequence[int] | None = None) -> MapWeights:
        """Adds or replaces a tensor, given flat with its shape or as an array; returns itself.

        Numbers that have no element type of their own are f32.
        """
        array = np.asarray(data) if hasattr(data, "dtype") else np.asarray(data, np.float32)
        if shape is not None and array.size != int(np.prod([*shape])):
            raise WeightError(
                f"{self.where}: `{key}`",
                expected=f"{int(np.prod([*shape]))} elements for shape {[*shape]}",
                found=str(array.size),
            )
        self._arrays[key] = array if shape is None else array.reshape([*shape])
        self._source = DictSource(self._arrays, self.where)
        return self

    def has(self, key: str) -> bool:
        """Returns whether there is a tensor of that name."""
        return key in self._source

    def take(self, key: str, transpose: bool = False) -> tuple[np.ndarray, tuple[int, ...]]:
        """Returns a tensor's numbers, flat and as f32, and its shape; nothing is removed."""
        return take(self, key, transpose)

    def names(self) -> Collection[str]:
        return self._source.names()

    def __contains__(self, name: object) -> bool:
        return name in self._source

    def info(self, name: str) -> TensorInfo:
        return self._source.info(name)

    def read(self, name: str) -> np.ndarray:
        return self._source.read(name)


def take(
    source: WeightSource, key: str, transpose: bool = False
) -> tuple[np.ndarray, tuple[int, ...]]:
    """Returns a tensor of any source as flat f32 and its shape, transposed if asked.

    Raises WeightError for an unknown name, and for a transpose of what is no matrix.
    """
    array = source.read(key).astype(np.float32)
    if transpose and array.ndim != 2:
        where = f"{source.where}: `{key}`"
        raise WeightError(where, expected="a matrix", found=f"shape {[*array.shape]}")
    laid = array.T if transpose else array
    return np.ascontiguousarray(laid).reshape(-1), laid.shape

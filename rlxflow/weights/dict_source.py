"""Weights that are arrays in memory already."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol, cast, runtime_checkable

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import WeightError
from rlxflow.weights.aligned import as_aligned
from rlxflow.weights.source import TensorInfo, unknown_name


class DictSource:
    """Arrays in memory, by name; used in place where they are aligned, else copied when read."""

    def __init__(self, arrays: Mapping[str, object], where: str = "mapping of arrays") -> None:
        """Takes anything `np.asarray` takes.

        Raises:
            WeightError: A key is not a string, or a value is no array.
            DTypeError: A value has an element type that rlxflow does not know.
        """
        self.where = where
        self._arrays: dict[str, _Typed] = {}
        self._infos: dict[str, TensorInfo] = {}
        for name, value in cast("Mapping[object, object]", arrays).items():
            if not isinstance(name, str):
                raise WeightError(where, expected="names that are strings", found=f"key {name!r}")
            array = _typed(value, f"{where}: `{name}`")
            dtype = dtypes.from_numpy(array.dtype, f"{where}: `{name}`")
            self._arrays[name] = array
            self._infos[name] = TensorInfo(tuple(array.shape), dtype)

    def names(self) -> Collection[str]:
        return self._infos.keys()

    def __contains__(self, name: object) -> bool:
        return name in self._infos

    def info(self, name: str) -> TensorInfo:
        if name not in self._infos:
            raise unknown_name(self.where, name, self._infos)
        return self._infos[name]

    def read(self, name: str) -> np.ndarray:
        self.info(name)
        return as_aligned(np.asarray(self._arrays[name]))


@runtime_checkable
class _Typed(Protocol):
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype: ...


def _typed(value: object, where: str) -> _Typed:
    # Arrays that say their own shape (jax's, say) may live on a device: fetched only when read.
    if isinstance(value, _Typed) and isinstance(cast("object", value.dtype), np.dtype):
        return value
    try:
        return np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        cure = "pass something that np.asarray takes"
        raise WeightError(where, expected="an array", found=str(error), cure=cure) from error

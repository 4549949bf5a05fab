"""Reads one safetensors file in place.

Not the reader of the `safetensors` package, because that one copies every tensor: here a tensor is
a view of the mapped file wherever its address suits XLA (see `write_safetensors`).
"""

from __future__ import annotations

import os
from collections.abc import Collection

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import WeightError
from rlxflow.weights.mapped_file import MappedFile
from rlxflow.weights.safetensors_header import LENGTH_BYTES, header_bytes, parse_header
from rlxflow.weights.source import TensorInfo, unknown_name
from rlxflow.weights.stored_rows import StoredRows


class SafetensorsFile:
    """A weight source over one file, checked in full when opened; safe to use from threads.

    Attributes:
        where: The path as the user gave it.
        metadata: The strings under `__metadata__`.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens the file and checks its header against its size.

        Raises:
            FileError: The file is missing or cannot be read.
            WeightError: The file breaks the format.
        """
        self._file = MappedFile(path)
        self.where = self._file.where
        size = self._file.size
        length = header_bytes(self.where, self._file.bytes(0, min(LENGTH_BYTES, size)), size)
        self._data = LENGTH_BYTES + length
        text = self._file.bytes(LENGTH_BYTES, self._data)
        self._entries, self.metadata = parse_header(self.where, text, size - self._data)

    def names(self) -> Collection[str]:
        return self._entries.keys()

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def info(self, name: str) -> TensorInfo:
        if name not in self._entries:
            raise unknown_name(self.where, name, self._entries)
        return self._entries[name].info

    def read(self, name: str) -> np.ndarray:
        """Returns the data, read-only and 64-byte aligned.

        Raises:
            WeightError: The name is unknown, the file became shorter since it was opened, or a
                bool tensor holds bytes other than 0 and 1.
        """
        info = self.info(name)
        array = self._file.tensor(self._data + self._entries[name].begin, info)
        # numpy's bools are undefined for other bytes: `x` and `x == True` may then disagree.
        if info.dtype == "i1" and array.size and array.view(np.uint8).max() > 1:
            found = f"{array.view(np.uint8).max()}"
            raise WeightError(f"{self.where}: `{name}`", expected="bytes 0 and 1", found=found)
        return array

    def stored_rows(self, name: str) -> StoredRows | None:
        """Returns where the rows of a tensor lie; None for scalars, bools and empty tensors."""
        info = self.info(name)
        if not info.nbytes or not info.shape or info.dtype == "i1":
            return None
        begin = self._data + self._entries[name].begin
        data = self._file.view(begin, begin + info.nbytes)
        rows = data.reshape(-1, info.shape[-1] * dtypes.itemsize(info.dtype))
        return StoredRows(rows, info.dtype)

    def read_into(self, name: str, target: np.ndarray) -> None:
        """Fills an array of the tensor's shape and type, without keeping pages of the file."""
        if self.info(name).dtype == "i1":
            target[...] = self.read(name)
        else:
            self._file.read_into(self._data + self._entries[name].begin, target)

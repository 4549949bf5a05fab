"""Reads one GGUF file in place, under the names that the file gives its tensors."""

from __future__ import annotations

import os
from collections.abc import Collection

import numpy as np

from rlxflow.weights.gguf_entry import Entry
from rlxflow.weights.gguf_header import read_header
from rlxflow.weights.mapped_file import MappedFile
from rlxflow.weights.packed import GgufPackedLinear, packed_rows, packed_scheme
from rlxflow.weights.quants import dequantise
from rlxflow.weights.source import TensorInfo, unknown_name
from rlxflow.weights.stored_rows import StoredRows


class GgufFile:
    """A weight source over one GGUF file, version 2 or 3; safe to use from threads.

    Attributes:
        where: The path as the user gave it.
        version: Of the format.
        metadata: Values by key: int, float, bool, str, list of str, or numpy array.
        alignment: Of the tensors in the file, bytes.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Opens the file and checks its header against its size.

        Raises:
            FileError: The file cannot be read.
            WeightError: Anything in the header breaks the format or is not supported.
        """
        self._file = MappedFile(path)
        self.where = self._file.where
        header = read_header(self._file)
        self.version = header.version
        self.metadata = header.metadata
        self.alignment = header.alignment
        self._places = header.places
        self._entries = header.entries
        self._data = header.data

    def names(self) -> Collection[str]:
        return self._entries.keys()

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def info(self, name: str) -> TensorInfo:
        """Returns shape and dtype of what `read` returns: f32 for quantised tensors."""
        entry = self._entry(name)
        return TensorInfo(entry.shape, entry.kind.dtype)

    def quantization(self, name: str) -> str:
        """Returns the type in the file as llama.cpp spells it, such as `Q4_K` or `F16`."""
        return self._entry(name).kind.name

    def stored_key(self, key: str) -> bytes:
        """Returns a key of the metadata with its type and value as the file has them."""
        return self._file.bytes(*self._places[key])

    def packed(self, name: str) -> np.ndarray:
        """Returns the bytes in the file as u8[rows, bytes of a row], read-only, without copying.

        A row is what lies along the last axis; the axes before it count rows.
        """
        entry = self._entry(name)
        begin = self._data + entry.offset
        return self._file.view(begin, begin + entry.nbytes).reshape(-1, entry.row_bytes)

    def take_packed(self, name: str) -> GgufPackedLinear | None:
        """Returns a matrix as it is packed; None where it is stored as plain numbers."""
        return packed_rows(self.packed(name), self.quantization(name), self.info(name).shape)

    def scheme(self, name: str) -> str:
        """Returns the scheme of a packed matrix; nothing for plain numbers."""
        return packed_scheme(self.quantization(name), self.info(name).shape)

    def stored_rows(self, name: str) -> StoredRows:
        """Returns where the rows of a tensor lie."""
        kind = self._entry(name).kind
        return StoredRows(self.packed(name), kind.name.lower())

    def read(self, name: str) -> np.ndarray:
        """Returns the values, read-only and 64-byte aligned; a view if that fits and is plain.

        Raises:
            WeightError: The name is unknown, or the file became shorter since it was opened.
        """
        entry = self._entry(name)
        if entry.kind.quantised:
            return dequantise(entry.kind, self.packed(name)).reshape(entry.shape)
        return self._file.tensor(self._data + entry.offset, self.info(name))

    def _entry(self, name: str) -> Entry:
        if name not in self._entries:
            raise unknown_name(self.where, name, self._entries)
        return self._entries[name]

"""A GGUF file under Hugging Face names and in their layout."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import WeightError
from rlxflow.weights.aligned import as_aligned
from rlxflow.weights.gguf import GgufFile
from rlxflow.weights.gguf_layouts import Layout, find_layout, ignored
from rlxflow.weights.gguf_parts import Part, parts_of
from rlxflow.weights.mapped_file import forget
from rlxflow.weights.packed import GgufPackedLinear, packed_rows, packed_scheme
from rlxflow.weights.quants import BY_NAME, dequantise
from rlxflow.weights.source import TensorInfo, unknown_name
from rlxflow.weights.stored_rows import StoredRows


class HfView:
    """A weight source over a GGUF file; tensors that its layout does not name keep their names.

    Attributes:
        where: The path of the file.
        file: The file underneath.
        ignored: Tensors of the file that are not handed out, and why.
    """

    def __init__(self, file: GgufFile, layout: Layout | None = None) -> None:
        """Maps every name once, reading no data; the file says its layout if None is given.

        Raises:
            WeightError: The architecture is unknown, the file is one of several, two tensors get
                one name, or the heads do not fit the rows.
        """
        self.where = file.where
        self.file = file
        self.ignored: dict[str, str] = {}
        self._parts: dict[str, Part] = {}
        layout = layout or find_layout(file.where, file.metadata)
        _refuse_split(file)
        for stored in file.names():
            reason = ignored(stored)
            if reason is not None:
                self.ignored[stored] = reason
                continue
            for name, part in parts_of(file, layout, stored):
                self._add(name, part)

    def names(self) -> Collection[str]:
        return self._parts.keys()

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def info(self, name: str) -> TensorInfo:
        return self._part(name).info

    def original(self, name: str) -> str:
        """Returns the name in the file; experts of one stack share it."""
        return self._part(name).stored

    def quantization(self, name: str) -> str:
        """Returns the type in the file, such as `Q4_K` or `F16`."""
        return self.file.quantization(self._part(name).stored)

    def steps(self, name: str) -> tuple[str, ...]:
        """Returns `("dequantise Q4_K",)` for packed blocks, nothing for plain numbers."""
        kind = self.quantization(name)
        return (f"dequantise {kind}",) if BY_NAME[kind].elements > 1 else ()

    def packed(self, name: str) -> np.ndarray:
        """Returns the stored bytes as u8[rows, bytes of a row], rows in Hugging Face's order.

        In place, except where rows have to change places. Values are as stored: norms with their 1.
        """
        part, rows = self._part(name), self._stored(name)
        if not part.heads:
            return rows
        if len(part.info.shape) == 1:  # a bias is one row, whose elements change places
            return rows.reshape(part.info.shape[0], -1)[part.row_order()].reshape(1, -1)
        ordered = rows[part.row_order()]
        forget(rows)  # else the file's pages stay in memory beside the copy
        return ordered

    def stored_rows(self, name: str) -> StoredRows | None:
        """Returns where the rows of a matrix lie; None for one row, and values that are changed."""
        part = self._part(name)
        if part.shifted or len(part.info.shape) == 1:
            return None
        order = part.row_order() if part.heads else None
        return StoredRows(self._stored(name), self.quantization(name).lower(), order)

    def take_packed(self, name: str) -> GgufPackedLinear | None:
        """Returns a matrix as it is packed, its rows in order; None for plain numbers."""
        return packed_rows(self.packed(name), self.quantization(name), self.info(name).shape)

    def scheme(self, name: str) -> str:
        """Returns the scheme of a packed matrix; nothing for plain numbers."""
        return packed_scheme(self.quantization(name), self.info(name).shape)

    def read(self, name: str) -> np.ndarray:
        part = self._part(name)
        kind = BY_NAME[self.quantization(name)]
        if kind.quantised:
            blocks = self.packed(name)
            values = dequantise(kind, blocks).reshape(part.info.shape)
            forget(blocks)
        elif part.expert is None and not part.heads:
            values = self.file.read(part.stored)
        else:
            dtype = dtypes.to_numpy(part.info.dtype)
            values = self.packed(name).reshape(-1).view(dtype).reshape(part.info.shape)
        if part.shifted:
            values = (values.astype(np.float32) - np.float32(1)).astype(values.dtype)
        return as_aligned(values)

    def _stored(self, name: str) -> np.ndarray:
        """Returns the stored bytes as u8[rows, bytes of a row], in place and as they lie."""
        part = self._part(name)
        rows = self.file.packed(part.stored)
        if part.expert is None:
            return rows
        count = len(rows) // self.file.info(part.stored).shape[0]
        return rows[part.expert * count : (part.expert + 1) * count]

    def _part(self, name: str) -> Part:
        if name not in self._parts:
            raise unknown_name(self.where, name, self._parts)
        return self._parts[name]

    def _add(self, name: str, part: Part) -> None:
        if name in self._parts:
            raise WeightError(
                self.where,
                expected=f"one tensor for `{name}`",
                found=f"`{self._parts[name].stored}` and `{part.stored}`",
            )
        self._parts[name] = part


def _refuse_split(file: GgufFile) -> None:
    count = file.metadata.get("split.count", 0)
    if isinstance(count, int) and count > 1:
        raise WeightError(
            file.where,
            expected="a model in one file",
            found=f"one of {count} parts",
            cure="join them first: llama-gguf-split --merge FIRST-PART OUT.gguf",
        )

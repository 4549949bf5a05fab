"""Safetensors files some of whose matrices are blocks of bytes, as `rlxflow repack` writes them.

The metadata `rlx.quant` says which, as JSON `{"name": "q8_0"}`. A matrix [n, k] is u8[n, bytes of a
row]: blocks as GGUF lays them out, or for `int8` the row's f32 scale and then its k integers. Many
matrices may be one tensor: [x, n, k] is u8[x, n, bytes of a row].
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import cast

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.weights.aligned import as_aligned
from rlxflow.weights.packed import GgufPackedLinear, block_of
from rlxflow.weights.quantise import QUANTISERS, Rows
from rlxflow.weights.safetensors import SafetensorsFile
from rlxflow.weights.source import TensorInfo
from rlxflow.weights.stored_rows import StoredRows

METADATA = "rlx.quant"
SCALE_BYTES = 4


class QuantisedFile:
    """A weight source over such a file: its matrices are f32, and known as they are packed.

    Attributes:
        where: The path as the user gave it.
    """

    def __init__(self, file: SafetensorsFile) -> None:
        """Reads the metadata; raises WeightError if it does not fit the tensors."""
        self.where = file.where
        self._file = file
        self._formats = _formats(file)
        self._infos = {name: self._matrix(name) for name in self._formats}

    def names(self) -> Collection[str]:
        return self._file.names()

    def __contains__(self, name: object) -> bool:
        return name in self._file

    def info(self, name: str) -> TensorInfo:
        return self._infos[name] if name in self._infos else self._file.info(name)

    def scheme(self, name: str) -> str:
        """Returns the format of a packed matrix; nothing for others."""
        return self._formats.get(name, "").upper()

    def steps(self, name: str) -> tuple[str, ...]:
        """Returns `("dequantise Q8_0",)` for a packed matrix."""
        return (f"dequantise {self.scheme(name)}",) if name in self._formats else ()

    def take_packed(self, name: str) -> GgufPackedLinear | None:
        """Returns a matrix as it is packed, of several the rows of all; None for others."""
        if name not in self._formats:
            return None
        data = rows_of(self._file.read(name))
        depth = self._infos[name].shape[-1]
        return GgufPackedLinear(w_q=data, scheme=self.scheme(name), in_dim=depth, out_dim=len(data))

    def stored_rows(self, name: str) -> StoredRows | None:
        """Returns where the rows of a tensor lie; None for `int8`, whose scales lie among them."""
        stored, format_ = self._file.stored_rows(name), self._formats.get(name)
        if stored is None or format_ is None:
            return stored
        return None if format_ == "int8" else StoredRows(stored.data, format_)

    def read(self, name: str) -> np.ndarray:
        """Returns the values; of a packed matrix as f32."""
        data = self._file.read(name)
        if name not in self._formats:
            return data
        format_ = self._formats[name]
        with np.errstate(over="ignore", invalid="ignore"):  # scales of a file may be anything
            values = QUANTISERS[format_].unpack(split_scales(rows_of(data), format_))
        return as_aligned(values.reshape(self._infos[name].shape))

    def _matrix(self, name: str) -> TensorInfo:
        info, (elements, nbytes, extra) = self._file.info(name), block_of(self.scheme(name))
        whole = len(info.shape) in (2, 3) and info.dtype == "ui8"
        if not whole or (info.shape[-1] - extra) % nbytes or info.shape[-1] <= extra:
            where = f"{self.where}: `{name}`"
            raise WeightError(where, expected=f"rows of {self._formats[name]}", found=f"{info}")
        return TensorInfo((*info.shape[:-1], (info.shape[-1] - extra) // nbytes * elements), "f32")


def rows_of(tensor: np.ndarray) -> np.ndarray:
    """Returns the rows of a matrix, or of several one after the other."""
    return tensor.reshape(-1, tensor.shape[-1])


def split_scales(data: np.ndarray, format_: str) -> Rows:
    """Returns stored rows with the scales of `int8` apart."""
    if format_ != "int8":
        return Rows(data)
    scales = np.ascontiguousarray(data[:, :SCALE_BYTES]).view(np.float32).reshape(-1)
    return Rows(np.ascontiguousarray(data[:, SCALE_BYTES:]), scales)


def join_scales(rows: Rows) -> np.ndarray:
    """Returns rows as they are stored."""
    if rows.scales is None:
        return rows.data
    return np.concatenate([rows.scales[:, None].view(np.uint8), rows.data], axis=1)


def _formats(file: SafetensorsFile) -> Mapping[str, str]:
    where = f"{file.where}: metadata `{METADATA}`"
    try:
        raw: object = json.loads(file.metadata[METADATA])
    except ValueError as error:
        raise WeightError(where, expected="JSON", found=str(error)) from None
    known = cast("dict[str, object]", raw) if isinstance(raw, dict) else {}
    wrong = [name for name, each in known.items() if each not in QUANTISERS or name not in file]
    if wrong or not isinstance(raw, dict):
        expected = f"names of tensors with one of {', '.join(QUANTISERS)}"
        raise WeightError(where, expected=expected, found=f"`{wrong[0]}`" if wrong else f"{raw!r}")
    return {name: str(each) for name, each in known.items()}

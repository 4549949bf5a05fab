"""A .gguf file with tensors in other types: the same metadata, names and order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import WeightError
from rlxflow.weights import GgufFile
from rlxflow.weights.gguf_writer import write_gguf
from rlxflow.weights.quant_error import QuantError
from rlxflow.weights.quantise import DAMAGED, Rows, finite_scales, quantise
from rlxflow.weights.quants import BY_NAME, TensorType, dequantise
from rlxflow.weights.row_chunks import row_chunks

FILE_TYPES = {"q4_0": 2, "q8_0": 7}
"""Formats that GGUF has -> what `general.file_type` says of a file that is mostly in it."""


class _Tensors:
    """The tensors of a file, some of them in another type; read some rows at a time.

    Attributes:
        errors: What that changed, by name; None for those that have the type.
    """

    def __init__(
        self, file: GgufFile, formats: Mapping[str, str], progress: Callable[[int, int], object]
    ) -> None:
        self._file, self._formats, self._progress = file, formats, progress
        self._done, self._total = 0, sum(file.packed(name).nbytes for name in file.names())
        self.errors: dict[str, QuantError | None] = {}

    def kind(self, name: str) -> TensorType:
        """Returns how a tensor is stored now."""
        if name in self._formats:
            return BY_NAME[self._formats[name].upper()]
        return BY_NAME[self._file.quantization(name)]

    def rows(self, name: str) -> Iterator[np.ndarray]:
        """Yields the bytes of a tensor, some rows at a time."""
        old = BY_NAME[self._file.quantization(name)]
        where, format_ = f"{self._file.where}: tensor `{name}`", self._formats.get(name, "")
        error = QuantError() if format_ and old != self.kind(name) else None
        stored = self._file.packed(name)
        for _, rows in row_chunks(stored, stored.shape[1] // old.nbytes * old.elements):
            if error is not None:
                yield quantise(_values(old, rows, where), format_, where, error).data
            else:
                if format_ and not finite_scales(Rows(rows), format_):
                    found = "one that is NaN or infinite"
                    raise WeightError(where, expected="scales", found=found, cure=DAMAGED)
                yield rows
            self._done += rows.nbytes
            self._progress(self._done, self._total)
        if format_:
            self.errors[name] = error


def repack_gguf(
    file: GgufFile,
    target: Path,
    formats: Mapping[str, str],
    progress: Callable[[int, int], object],
) -> dict[str, tuple[QuantError | None, int]]:
    """Writes the file; returns what that changed in each tensor, and its bytes now.

    Args:
        file: The source.
        target: What is written.
        formats: Names of tensors -> format.
        progress: Called with the bytes that were read, and all there are.
    """
    tensors = _Tensors(file, formats, progress)
    sizes = {name: int(np.prod(file.info(name).shape, dtype=np.int64)) for name in formats}
    write_gguf(target, file, tensors, _numbers(file, formats, sizes))
    return {
        name: (tensors.errors[name], tensors.kind(name).packed_bytes(sizes[name]))
        for name in formats
    }


def refuse_formats(quant: Mapping[str, str]) -> None:
    """Raises WeightError for a format that GGUF lacks."""
    for format_ in quant.values():
        if format_ not in FILE_TYPES:
            raise WeightError(
                f"format `{format_}`",
                expected=f"{' or '.join(FILE_TYPES)}, which GGUF has a type for",
                found=format_,
                cure="ask for q8_0, as large and as exact, or repack a folder of safetensors",
            )


def _numbers(
    file: GgufFile, formats: Mapping[str, str], sizes: Mapping[str, int]
) -> dict[str, int]:
    """Returns the metadata that are others: the type of most values, the version of blocks."""
    values: Counter[str] = Counter()
    for name, format_ in formats.items():
        values[format_] += sizes[name]
    made: dict[str, int] = {}
    if "general.file_type" in file.metadata:
        made["general.file_type"] = FILE_TYPES[values.most_common(1)[0][0]]
    if "general.quantization_version" not in file.metadata:
        made["general.quantization_version"] = 2
    return made


def _values(kind: TensorType, rows: np.ndarray, where: str) -> np.ndarray:
    """Returns the numbers of stored rows as f32."""
    if kind.quantised:
        return dequantise(kind, rows)
    dtype = dtypes.to_numpy(kind.dtype)
    if kind.dtype not in dtypes.FLOATS:
        raise WeightError(where, expected="floats or blocks", found=kind.name)
    return rows.view(dtype).astype(np.float32)

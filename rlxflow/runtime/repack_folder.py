"""A folder like that of a checkpoint, with matrices in blocks in one safetensors file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np

from rlxflow.files import new_folder
from rlxflow.weights import TensorInfo, WeightSource, write_safetensors
from rlxflow.weights.aligned import aligned_empty
from rlxflow.weights.packed import blocks_of, scheme_of
from rlxflow.weights.quant_error import QuantError
from rlxflow.weights.quantise import quantise
from rlxflow.weights.quantised_file import METADATA, join_scales, rows_of
from rlxflow.weights.row_chunks import row_chunks

WEIGHTS = "model.safetensors"
_LEFT = (".safetensors", ".bin", ".pt", ".pth", ".gguf", ".index.json", ".h5", ".msgpack")


class _View:
    """The tensors of a file as they are stored, some of them quantised as they are read.

    Attributes:
        where: The source's name.
        formats: Of all that are blocks, also those that were so before.
        errors: What quantising changed, by name; None for those that had the format.
    """

    def __init__(
        self,
        source: WeightSource,
        formats: Mapping[str, str],
        progress: Callable[[int, int], object],
    ) -> None:
        self.where, self._source, self._progress = source.where, source, progress
        stored = {name: scheme_of(source, name).lower() for name in source.names()}
        self.formats = {name: each for name, each in stored.items() if each} | dict(formats)
        self._kept = {name for name in self.formats if stored[name] == self.formats[name]}
        self._done, self._total = 0, sum(source.info(name).nbytes for name in source.names())
        self.errors: dict[str, QuantError | None] = dict.fromkeys(self._kept)

    def names(self) -> Collection[str]:
        return self._source.names()

    def __contains__(self, name: object) -> bool:
        return name in self._source

    def info(self, name: str) -> TensorInfo:
        info = self._source.info(name)
        if name not in self.formats:
            return info
        empty = quantise(np.zeros((1, info.shape[-1]), np.float32), self.formats[name], name)
        return TensorInfo((*info.shape[:-1], join_scales(empty).shape[1]), "ui8")

    def read(self, name: str) -> np.ndarray:
        made = self._stored(name)
        self._done += self._source.info(name).nbytes
        self._progress(self._done, self._total)
        return made

    def _stored(self, name: str) -> np.ndarray:
        packed = blocks_of(self._source, name) if name in self._kept else None
        if packed is not None:
            return packed.w_q
        values = self._source.read(name)
        if name not in self.formats:
            return values
        made, error = aligned_empty(self.info(name).shape, np.dtype(np.uint8)), QuantError()
        where, matrix = f"{self.where}: `{name}`", rows_of(values)
        for first, rows in row_chunks(matrix, matrix.shape[1]):
            each = quantise(rows.astype(np.float32), self.formats[name], where, error)
            rows_of(made)[first : first + len(rows)] = join_scales(each)
        self.errors[name] = error
        return made


def repack_folder(
    folder: Path,
    raw: WeightSource,
    target: Path,
    formats: Mapping[str, str],
    progress: Callable[[int, int], object],
) -> dict[str, tuple[QuantError | None, int]]:
    """Writes the folder; returns what that changed in each tensor, and its bytes now.

    Args:
        folder: The source; its other files are copied.
        raw: Its weights under their own names.
        target: A folder that does not exist yet.
        formats: Names of tensors -> format.
        progress: Called with the bytes that were read, and all there are.
    """
    view = _View(raw, formats, progress)
    with new_folder(target) as made:
        for file in sorted(folder.iterdir()):
            if file.is_file() and not file.name.endswith(_LEFT):
                shutil.copyfile(file, made / file.name)
        metadata = {"format": "pt", METADATA: json.dumps(view.formats)}
        write_safetensors(made / WEIGHTS, view, metadata)
    return {name: (view.errors[name], view.info(name).nbytes) for name in formats}

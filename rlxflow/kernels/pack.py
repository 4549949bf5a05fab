"""Weights straight from a file into panels: blocks as they are, numbers rounded or quantised.

A matrix is never expanded as a whole: what has to be computed is computed for some rows at a time.
"""

from __future__ import annotations

import contextlib
import mmap
import os
from dataclasses import dataclass

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import WeightError
from rlxflow.kernels.library import Library, need_library
from rlxflow.weights.aligned import address, aligned_empty, read_only
from rlxflow.weights.cast import cast
from rlxflow.weights.packed import blocks_of, scheme_of
from rlxflow.weights.panels import Panels
from rlxflow.weights.plan import PlanEntry
from rlxflow.weights.quant_error import QuantError
from rlxflow.weights.quantise import QUANTISERS, Rows, quantise
from rlxflow.weights.quantised_file import split_scales
from rlxflow.weights.row_chunks import row_chunks
from rlxflow.weights.source import WeightSource, members_of

PLAIN = ("f32", "bf16", "f16")
PANEL = 16  # rows
_BLOCKS = 1 << 24  # bytes of blocks packed at once: enough for some threads, see `PackPart`
_HUGE = 1 << 21  # bytes of a huge page


@dataclass(frozen=True)
class LibraryPacker:
    """A `Packer` that uses the library."""

    library: Library

    def nbytes(self, panels: Panels) -> int:
        """Returns the bytes of a layout; raises WeightError for one that cannot be."""
        size = self.library.nbytes(panels)
        if size < 0:
            known = ", ".join(self.library.formats)
            raise WeightError(
                f"a weight packed as {panels}",
                expected=f"version {self.library.layout} of {known}, and whole blocks",
                found="another",
            )
        return size

    def pack(self, source: WeightSource, entry: PlanEntry, error: QuantError) -> np.ndarray:
        """Returns a weight of a plan as its panels: u8[bytes], read-only, 64-byte aligned.

        What quantising changes in it is added to the error.
        """
        panels = Panels.parse(entry.param.packed)
        target = huge_empty(self.nbytes(panels))
        done = 0
        for holder, name in members_of(source, entry.source_name):
            done += self._pack_tensor(holder, name, panels, target[done:], error)
        return read_only(target)

    def _pack_tensor(
        self,
        source: WeightSource,
        name: str,
        panels: Panels,
        target: np.ndarray,
        error: QuantError,
    ) -> int:
        """Packs all matrices of one tensor; returns the bytes that they take."""
        size = self.library.packed_bytes(panels.format, panels.rows, panels.depth)
        if scheme_of(source, name).lower() == panels.format:
            blocks = blocks_of(source, name)
            assert blocks is not None
            stored = blocks.w_q.reshape(-1, panels.rows, blocks.w_q.shape[1])
            for i, matrix in enumerate(stored):
                for first, rows in row_chunks(matrix, matrix.shape[1], PANEL, _BLOCKS):
                    made = split_scales(rows, panels.format)
                    self._put(panels, made, first, target[i * size :])
            return len(stored) * size
        where = f"{source.where}: `{name}`"
        values = source.read(name).reshape(-1, *panels.shape[-2:])
        for i, matrix in enumerate(values):
            outputs = matrix.T if panels.transposed else matrix
            for first, rows in row_chunks(outputs, panels.depth, PANEL):
                made = _made(rows, panels.format, where, error)
                self._put(panels, made, first, target[i * size :])
        return len(values) * size

    def _put(self, panels: Panels, rows: Rows, first: int, target: np.ndarray) -> None:
        """Packs rows from the first on, which begins a panel."""
        count = len(rows.data)
        needed = self.library.row_bytes(panels.format, panels.depth)
        if rows.data.nbytes != count * needed:
            raise WeightError(
                f"a weight packed as {panels}",
                expected=f"{needed} bytes a row",
                found=f"{rows.data.nbytes} in {count} rows",
            )
        start = self.library.packed_bytes(panels.format, first, panels.depth) if first else 0
        self.library.pack(panels.format, rows, panels.depth, target[start:], _threads())


def library_packer() -> LibraryPacker:
    """Returns the packer; raises KernelError, which says what to install, if there is none."""
    return LibraryPacker(need_library("weights in panels"))


def huge_empty(nbytes: int) -> np.ndarray:
    """Returns u8[nbytes] that starts on a boundary; large arrays in huge pages but for the rest."""
    if nbytes < _HUGE or not hasattr(mmap, "MADV_HUGEPAGE"):
        return aligned_empty((nbytes,), np.dtype(np.uint8))
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    memory = mmap.mmap(-1, nbytes + _HUGE, flags=flags)
    whole = np.frombuffer(memory, np.uint8)
    start = -address(whole) % _HUGE
    with contextlib.suppress(OSError):  # a system without them
        memory.madvise(mmap.MADV_HUGEPAGE, start, nbytes // _HUGE * _HUGE)
    return whole[start : start + nbytes]


def _made(rows: np.ndarray, format_: str, where: str, error: QuantError) -> Rows:
    """Returns rows of numbers in a format; what quantising changes is added to the error."""
    if format_ in PLAIN:
        held = dtypes.from_numpy(rows.dtype)
        return Rows(rows if held == format_ else cast(rows, format_, where))
    if format_ not in QUANTISERS:
        known = ", ".join((*PLAIN, *QUANTISERS))
        raise WeightError(where, expected=f"one of {known}", found=format_)
    return quantise(rows.astype(np.float32), format_, where, error)


def _threads() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

"""Weights straight from a file into panels: blocks as they are, numbers rounded or quantised.

A matrix is never expanded as a whole: what has to be computed is computed for some rows at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import WeightError
from rlxflow.kernels.huge_pages import huge_arrays
from rlxflow.kernels.library import Library, need_library
from rlxflow.kernels.pack_job import Batch, PackJob
from rlxflow.weights.aligned import read_only
from rlxflow.weights.cast import cast
from rlxflow.weights.packed import blocks_of, scheme_of
from rlxflow.weights.panels import Panels
from rlxflow.weights.plan import PlanEntry
from rlxflow.weights.quant_error import QuantError
from rlxflow.weights.quantise import QUANTISERS, Rows, quantise
from rlxflow.weights.quantised_file import split_scales
from rlxflow.weights.row_chunks import row_chunks
from rlxflow.weights.source import WeightSource, members_of
from rlxflow.weights.stored_rows import StoredRows, stored_rows

PLAIN = ("f32", "bf16", "f16")
PANEL = 16  # rows
_BLOCKS = 1 << 23  # bytes of blocks that stay in memory until all of them are packed

Work = PackJob | Callable[[], None]
"""Rows that are packed with others, or what makes and packs a tensor by itself."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The format of a matrix, and the bytes that it goes to."""

    format: str
    data: np.ndarray


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

    def pack(
        self, source: WeightSource, entries: Sequence[PlanEntry], errors: Sequence[QuantError]
    ) -> Iterator[np.ndarray]:
        """Returns weights of a plan, in order, as their panels; see `Packer`."""
        layouts = [Panels.parse(entry.param.packed) for entry in entries]
        targets = huge_arrays([self.nbytes(panels) for panels in layouts])
        work = [
            [*self._work(source, entry, panels, target, error)]
            for entry, panels, target, error in zip(entries, layouts, targets, errors, strict=True)
        ]
        shapes = [entry.param.shape for entry in entries]
        return map(np.reshape, self._packed(targets, work), shapes)

    def _packed(
        self, targets: Sequence[np.ndarray], work: Sequence[Sequence[Work]]
    ) -> Iterator[np.ndarray]:
        """Yields arrays once all that stands in them is there."""
        batch, waiting = Batch(self.library, _threads()), list[np.ndarray]()
        for target, parts in zip(targets, work, strict=True):
            for part in parts:
                batch.add(part) if isinstance(part, PackJob) else part()
            waiting.append(read_only(target))
            if not batch.jobs:
                yield from waiting
                waiting.clear()
        batch.run()
        yield from waiting

    def _work(
        self,
        source: WeightSource,
        entry: PlanEntry,
        panels: Panels,
        target: np.ndarray,
        error: QuantError,
    ) -> Iterator[Work]:
        """Yields what makes a weight; reads nothing."""
        names = [each.source_name for each in entry.parts or (entry,)]
        members = [each for name in names for each in members_of(source, name)]
        places = self._places(panels, target)
        count = len(places) // len(members)  # they have as many matrices each
        for i, (holder, name) in enumerate(members):
            own = places[i * count : (i + 1) * count]
            stored = None if panels.transposed else stored_rows(holder, name)
            if stored is not None and {stored.format} == {place.format for place in own}:
                yield from self._jobs(stored, panels, own)
            else:
                yield partial(self._pack_tensor, holder, name, panels, own, error)

    def _places(self, panels: Panels, target: np.ndarray) -> list[_Place]:
        """Returns where each matrix goes, one behind the other; what is left is 0."""
        made: list[_Place] = []
        for format_ in panels.of_matrices:
            size = self.library.packed_bytes(format_, panels.rows, panels.depth)
            made.append(_Place(format_, target[:size]))
            target = target[size:]
        target[...] = 0
        return made

    def _jobs(
        self, stored: StoredRows, panels: Panels, places: Sequence[_Place]
    ) -> Iterator[PackJob]:
        """Yields jobs for all matrices of a tensor that a file holds as they are packed.

        Rows that change places are one job, since it has to reach all of them.
        """
        data, order = stored.data, stored.order
        self._check_bytes(panels, stored.format, data)
        most = panels.rows if order is not None else _BLOCKS // data.shape[1] // PANEL * PANEL
        panel = self.library.packed_bytes(stored.format, PANEL, panels.depth)
        step = max(most, PANEL)
        for i, place in enumerate(places):
            matrix = data[i * panels.rows : (i + 1) * panels.rows]
            for first in range(0, panels.rows, step):
                rows = StoredRows(matrix[first : first + step], stored.format, order)
                yield PackJob(rows, panels.depth, place.data[first // PANEL * panel :])

    def _pack_tensor(
        self,
        source: WeightSource,
        name: str,
        panels: Panels,
        places: Sequence[_Place],
        error: QuantError,
    ) -> None:
        """Packs all matrices of a tensor that has to be read, and maybe computed, first."""
        if {scheme_of(source, name).lower()} == {place.format for place in places}:
            blocks = blocks_of(source, name)
            assert blocks is not None
            stored = blocks.w_q.reshape(-1, panels.rows, blocks.w_q.shape[1])
            for place, matrix in zip(places, stored, strict=True):
                for first, rows in row_chunks(matrix, matrix.shape[1], PANEL, _BLOCKS):
                    self._put(panels, split_scales(rows, place.format), first, place)
            return
        where = f"{source.where}: `{name}`"
        values = source.read(name).reshape(-1, *panels.shape[-2:])
        for place, matrix in zip(places, values, strict=True):
            outputs = matrix.T if panels.transposed else matrix
            for first, rows in row_chunks(outputs, panels.depth, PANEL):
                self._put(panels, _made(rows, place.format, where, error), first, place)

    def _put(self, panels: Panels, rows: Rows, first: int, place: _Place) -> None:
        """Packs rows from the first on, which begins a panel."""
        self._check_bytes(panels, place.format, rows.data)
        start = self.library.packed_bytes(place.format, first, panels.depth) if first else 0
        self.library.pack(place.format, rows, panels.depth, place.data[start:], _threads())

    def _check_bytes(self, panels: Panels, format_: str, rows: np.ndarray) -> None:
        needed = self.library.row_bytes(format_, panels.depth)
        if rows.nbytes != len(rows) * needed:
            raise WeightError(
                f"a weight packed as {panels}",
                expected=f"{needed} bytes a row",
                found=f"{rows.nbytes} in {len(rows)} rows",
            )


def library_packer() -> LibraryPacker:
    """Returns the packer; raises KernelError, which says what to install, if there is none."""
    return LibraryPacker(need_library("weights in panels"))


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

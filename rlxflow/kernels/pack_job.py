"""Rows that lie in memory as a file has them, to be packed: one of many, for one call."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from rlxflow.kernels.library import Library
from rlxflow.weights.mapped_file import check_there
from rlxflow.weights.stored_rows import StoredRows

BATCH = 1 << 27
"""Bytes packed by one call: some tens of milliseconds, after which progress can be told."""


class _Job(ctypes.Structure):
    """`rlx_pack_job` of dialects/kernels/capi.h."""

    _fields_ = (
        ("format", ctypes.c_char_p),
        ("rows", ctypes.c_void_p),
        ("scales", ctypes.c_void_p),
        ("order", ctypes.c_void_p),
        ("out_dim", ctypes.c_int64),
        ("in_dim", ctypes.c_int64),
        ("panels", ctypes.c_void_p),
        ("mapped", ctypes.c_int32),
    )


@dataclass(frozen=True, slots=True)
class PackJob:
    """Rows of a mapped file and the panels that they go to.

    Attributes:
        rows: Where they lie; whole rows of the panels' format, and with an order all of a matrix.
        depth: Inputs, which are summed over.
        panels: u8, at least as many as the rows take in panels.
    """

    rows: StoredRows
    depth: int
    panels: np.ndarray

    def for_library(self) -> _Job:
        """Returns it as the library takes it; arrays must outlive that."""
        rows, order = self.rows.data, self.rows.order
        assert rows.flags.c_contiguous
        assert order is None or (order.dtype == np.int64 and order.shape == rows.shape[:1])
        places: list[Any] = [None if order is None else order.ctypes.data, len(rows), self.depth]
        format_ = self.rows.format.encode()
        return _Job(format_, rows.ctypes.data, None, *places, self.panels.ctypes.data, 1)


class Batch:
    """Jobs that wait for each other; they are done by one call of the library, without a lock.

    Attributes:
        jobs: Those that are not done yet.
    """

    def __init__(self, library: Library, threads: int) -> None:
        self._library, self._threads = library, threads
        self.jobs: list[PackJob] = []

    def add(self, job: PackJob) -> None:
        """Adds a job, and does all if they are enough."""
        self.jobs.append(job)
        if sum(each.rows.data.nbytes for each in self.jobs) >= BATCH:
            self.run()

    def run(self) -> None:
        """Does all jobs; pages of the file that were looked at are given back.

        Raises WeightError if the file has become shorter since the jobs were made.
        """
        for job in self.jobs:
            check_there(job.rows.data)
        made = (_Job * len(self.jobs))(*[job.for_library() for job in self.jobs])
        self._library.pack_all(made, len(self.jobs), self._threads)
        self.jobs.clear()

"""The pages of a file in the system's memory: dropped, or all there."""

from __future__ import annotations

import ctypes
import mmap
import os
import sys
import time
from pathlib import Path

import numpy as np

_PIECE, _TRIES = 1 << 22, 50


def drop(path: Path) -> None:
    """Drops a file's pages; ends the program where the system keeps them for some seconds."""
    for _ in range(_TRIES):  # a process that has just ended may have been reading them
        with path.open("rb", buffering=0) as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if not _resident(path):
            return
        time.sleep(0.1)
    sys.exit(f"error: {path}: another program keeps {_resident(path)} of its pages in memory")


def fill(path: Path) -> None:
    """Reads all of a file."""
    piece = bytearray(_PIECE)
    with path.open("rb", buffering=0) as file:
        while file.readinto(piece):
            pass


def _resident(path: Path) -> int:
    """Returns how many pages are in memory; reading to find out would bring more there."""
    with path.open("rb") as file:
        mapped = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), np.uint8)
    found = np.zeros(-(-mapped.nbytes // mmap.PAGESIZE), np.uint8)
    begin, answer = (ctypes.c_void_p(array.ctypes.data) for array in (mapped, found))
    if ctypes.CDLL(None).mincore(begin, ctypes.c_size_t(mapped.nbytes), answer):
        sys.exit(f"error: {path}: the system does not tell which pages are in memory")
    return int((found & 1).sum())

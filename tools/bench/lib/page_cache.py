"""The pages of a file in the system's memory: dropped, or all there."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PIECE = 1 << 22


def drop(path: Path) -> None:
    """Drops a file's pages; ends the program where the system keeps them."""
    with path.open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        size = path.stat().st_size
        kept = sum(_resident(file.fileno(), at) for at in range(0, size, max(size // 64, 1)))
    if kept:
        sys.exit(f"error: {path}: another program keeps some of its pages in memory")


def fill(path: Path) -> None:
    """Reads all of a file."""
    piece = bytearray(_PIECE)
    with path.open("rb", buffering=0) as file:
        while file.readinto(piece):
            pass


def _resident(descriptor: int, at: int) -> bool:
    """Tells whether a byte can be read without waiting for the disk."""
    try:
        return os.preadv(descriptor, [bytearray(1)], at, os.RWF_NOWAIT) == 1
    except BlockingIOError:
        return False

"""Memory that was freed, given back to the system: C libraries keep it for themselves else."""

from __future__ import annotations

import ctypes


def trim_heap() -> None:
    """Gives back what XLA's compiler has freed, tens of megabytes; does nothing without glibc."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return
    trim(ctypes.c_size_t(0))

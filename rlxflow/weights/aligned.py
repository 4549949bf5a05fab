"""Memory that starts on a 64-byte boundary.

That is the condition under which XLA's CPU client takes an array without copying it.
"""

from __future__ import annotations

from math import prod

import numpy as np

ALIGNMENT = 64  # bytes


def address(array: np.ndarray) -> int:
    """Returns the address of the array's first element."""
    return int(array.__array_interface__["data"][0])


def is_aligned(array: np.ndarray) -> bool:
    """Returns whether the array is C-contiguous and starts on a 64-byte boundary."""
    return array.flags.c_contiguous and address(array) % ALIGNMENT == 0


def aligned_empty(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Returns a writable, uninitialised array that starts on a 64-byte boundary."""
    nbytes = prod(shape) * dtype.itemsize
    # numpy promises 16 bytes only, so one boundary's worth of slack is cut off at the front.
    slack = np.empty(nbytes + ALIGNMENT, np.uint8)
    start = -address(slack) % ALIGNMENT
    # Not by slicing: an empty slice keeps the address of the whole.
    return np.ndarray(shape, dtype, buffer=slack, offset=start)


def read_only(array: np.ndarray) -> np.ndarray:
    """Returns a view of the same memory that cannot be written through."""
    view = array.view()
    view.flags.writeable = False
    return view


def as_aligned(array: np.ndarray) -> np.ndarray:
    """Returns the array read-only, aligned and C-contiguous: in place if it fits, else a copy."""
    if is_aligned(array):
        return read_only(array)
    copy = aligned_empty(array.shape, array.dtype)
    copy[...] = array
    return read_only(copy)

"""Memory in huge pages, which are cheaper to make and to look up: for what is large and stays."""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Sequence
from itertools import accumulate, pairwise

import numpy as np

from rlxflow.weights.aligned import ALIGNMENT, address, aligned_empty

_HUGE = 1 << 21  # bytes of a huge page


def huge_arrays(sizes: Sequence[int]) -> list[np.ndarray]:
    """Returns arrays u8 of these sizes, next to each other, each on a 64-byte boundary.

    They are one piece of memory, which is given back when nobody holds one of them.
    """
    ends = accumulate((-(-size // ALIGNMENT) * ALIGNMENT for size in sizes), initial=0)
    begins = [*ends]
    whole = huge_empty(begins[-1])
    return [whole[begin : begin + n] for (begin, _), n in zip(pairwise(begins), sizes, strict=True)]


def huge_empty(nbytes: int) -> np.ndarray:
    """Returns u8[nbytes] that starts on a boundary; large arrays in huge pages."""
    if nbytes < _HUGE or not hasattr(mmap, "MADV_HUGEPAGE"):
        return aligned_empty((nbytes,), np.dtype(np.uint8))
    whole = -(-nbytes // _HUGE) * _HUGE  # the rest too: small pages are as many as that has
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    memory = mmap.mmap(-1, whole + _HUGE, flags=flags)
    data = np.frombuffer(memory, np.uint8)
    start = -address(data) % _HUGE
    with contextlib.suppress(OSError):  # a system without them
        memory.madvise(mmap.MADV_HUGEPAGE, start, whole)
    return data[start : start + nbytes]

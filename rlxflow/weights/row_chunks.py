"""A matrix some rows at a time, so that what is made of them takes little memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rlxflow.weights.mapped_file import forget

_CHUNK = 1 << 22


def row_chunks(
    rows: np.ndarray, depth: int, multiple: int = 1, most: int | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Yields the number of the first row of each chunk, and its rows, next to each other.

    Pages of a file that were looked at are given back at once, so that they do not add up.

    Args:
        rows: A matrix, or the bytes of one.
        depth: Elements of a row.
        multiple: Of which the number of each first row is one.
        most: Elements at once; four million if None.
    """
    step = max((most or _CHUNK) // depth // multiple * multiple, multiple)
    for first in range(0, len(rows), step):
        part = rows[first : first + step]
        yield first, np.ascontiguousarray(part)
        forget(part if part.flags.c_contiguous else rows)

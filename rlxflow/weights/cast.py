"""Casts between float types: which are allowed, what they are called, and doing them."""

from __future__ import annotations

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import WeightError
from rlxflow.weights.aligned import aligned_empty, read_only

_CHUNK = 1 << 20  # elements; bounds the memory of the check for overflow


def cast_steps(found: str, wanted: str) -> tuple[str, ...] | None:
    """Returns the steps from one element type to another, or None if there is no way.

    No steps if they are the same. Floats are cast to floats; integers and bools never are, since a
    different one means that the file holds something else.
    """
    if found == wanted:
        return ()
    if found in dtypes.FLOATS and wanted in dtypes.FLOATS:
        return (f"cast {found} -> {wanted}",)
    return None


def cast(array: np.ndarray, wanted: str, where: str) -> np.ndarray:
    """Returns the floats of `array` as `wanted`, rounded to nearest, in fresh aligned memory.

    Raises:
        WeightError: A finite value becomes infinite or NaN.
    """
    result = aligned_empty(array.shape, dtypes.to_numpy(wanted))
    source, target = array.reshape(-1), result.reshape(-1)
    # Overflow is looked for below, and for types whose casts never signal it.
    with np.errstate(all="ignore"):
        for start in range(0, source.size, _CHUNK):
            stop = start + _CHUNK
            target[start:stop] = source[start:stop].astype(result.dtype)
            if result.itemsize <= array.itemsize:
                _check_finite(source[start:stop], target[start:stop], wanted, where)
    return read_only(result)


def _check_finite(source: np.ndarray, target: np.ndarray, wanted: str, where: str) -> None:
    lost = np.isfinite(source) & ~np.isfinite(target)
    if lost.any():
        raise WeightError(
            where,
            expected=f"values in the range of {wanted}",
            found=f"{float(source[lost][0]):g}",
            cure="choose an element type with a wider range, such as bf16 or f32",
        )

"""The values under a GGUF file's metadata keys: numbers, booleans, strings, and arrays of them."""

from __future__ import annotations

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.weights.gguf_cursor import DAMAGED, Cursor

_NUMBERS = {
    0: np.dtype("u1"),
    1: np.dtype("i1"),
    2: np.dtype("<u2"),
    3: np.dtype("<i2"),
    4: np.dtype("<u4"),
    5: np.dtype("<i4"),
    6: np.dtype("<f4"),
    10: np.dtype("<u8"),
    11: np.dtype("<i8"),
    12: np.dtype("<f8"),
}
_BOOL, _STRING, _ARRAY = 7, 8, 9


def read_value(cursor: Cursor, what: str) -> object:
    """Returns an int, float, bool or str; arrays of strings as list, others as numpy array.

    Raises:
        WeightError: The type is unknown, an array holds arrays, a boolean is neither 0 nor 1, a
            string is not UTF-8, or the file ends too early.
    """
    kind = cursor.u32(f"{what}: type")
    if kind == _ARRAY:
        return _array(cursor, what)
    if kind == _STRING:
        return cursor.string(what)
    return _numbers(cursor, kind, 1, what)[0].item()


def _array(cursor: Cursor, what: str) -> object:
    kind = cursor.u32(f"{what}: type of the elements")
    length = f"{what}: length"
    if kind == _ARRAY:
        found = "an array of arrays"
        raise WeightError(
            f"{cursor.where}: {what}", expected="an array of numbers or strings", found=found
        )
    if kind == _STRING:
        return cursor.strings(cursor.count(length, 8), what)
    size = _NUMBERS[kind].itemsize if kind in _NUMBERS else 1
    return _numbers(cursor, kind, cursor.count(length, size), what)


def _numbers(cursor: Cursor, kind: int, count: int, what: str) -> np.ndarray:
    if kind == _BOOL:
        raw = cursor.numbers(np.dtype("u1"), count, what)
        if raw.size and raw.max() > 1:
            raise WeightError(
                f"{cursor.where}: {what}",
                expected="a boolean, 0 or 1",
                found=str(raw.max()),
                cure=DAMAGED,
            )
        return raw.astype(np.bool_)
    if kind not in _NUMBERS:
        raise WeightError(
            f"{cursor.where}: {what}",
            expected="a value type from 0 to 12",
            found=str(kind),
            cure=DAMAGED,
        )
    return cursor.numbers(_NUMBERS[kind], count, what)

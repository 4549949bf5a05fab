"""One tensor's entry in the header of a safetensors file: dtype, shape and byte range."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from math import prod
from typing import cast

from rlxflow import dtypes
from rlxflow.errors import WeightError
from rlxflow.weights.source import TensorInfo

DTYPES = {
    "F64": "f64",
    "F32": "f32",
    "F16": "f16",
    "BF16": "bf16",
    "F8_E4M3": "f8E4M3FN",
    "F8_E5M2": "f8E5M2",
    "I64": "i64",
    "I32": "i32",
    "I16": "i16",
    "I8": "i8",
    "U64": "ui64",
    "U32": "ui32",
    "U16": "ui16",
    "U8": "ui8",
    "BOOL": "i1",
}
DAMAGED = "the file is damaged: download or write it again"
_MAX_RANK = 64  # numpy's
_MAX_BYTES = 2**63 - 1  # numpy's, empty axes not counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One tensor of the header.

    Attributes:
        info: Shape and dtype.
        begin: Offset of its first byte from the start of the data, bytes.
    """

    info: TensorInfo
    begin: int

    @property
    def end(self) -> int:
        """Offset of the byte after its last one from the start of the data, bytes."""
        return self.begin + self.info.nbytes


def parse_entry(where: str, value: object) -> Entry:
    """Returns the checked entry; raises WeightError for the first thing that is wrong with it."""
    if not isinstance(value, dict):
        raise wrong(where, "an object with dtype, shape and data_offsets", value)
    fields = cast("dict[str, object]", value)
    for key in ("dtype", "shape", "data_offsets"):
        if key not in fields:
            raise WeightError(where, expected=f"a field `{key}`", found="none", cure=DAMAGED)
    dtype = _dtype(where, fields["dtype"])
    shape = _integers(f"{where}: shape", fields["shape"])
    begin, end = _offsets(f"{where}: data_offsets", fields["data_offsets"])
    _check_numpy_limits(where, shape, dtype)
    info = TensorInfo(shape, dtype)
    if end - begin != info.nbytes:
        found = f"data_offsets of {end - begin} bytes"
        raise WeightError(
            where, expected=f"{info.nbytes} bytes for {info}", found=found, cure=DAMAGED
        )
    return Entry(info=info, begin=begin)


def _dtype(where: str, value: object) -> str:
    if not isinstance(value, str):
        raise wrong(f"{where}: dtype", "a string", value)
    if value not in DTYPES:
        raise WeightError(
            f"{where}: dtype", expected=f"one of {', '.join(DTYPES)}", found=reprlib.repr(value)
        )
    return DTYPES[value]


def _integers(where: str, value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise wrong(where, "a list of integers", value)
    numbers: list[int] = []
    for number in cast("list[object]", value):
        # Python's bool is an int; JSON's is not.
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**63:
            raise wrong(where, "integers from 0 to 2^63 - 1", number)
        numbers.append(number)
    return tuple(numbers)


def _offsets(where: str, value: object) -> tuple[int, int]:
    match _integers(where, value):
        case (begin, end) if begin <= end:
            return begin, end
        case numbers:
            raise wrong(where, "[begin, end] with begin <= end", list(numbers))


def _check_numpy_limits(where: str, shape: tuple[int, ...], dtype: str) -> None:
    if len(shape) > _MAX_RANK:
        raise WeightError(where, expected=f"at most {_MAX_RANK} axes", found=f"{len(shape)} axes")
    if prod(size for size in shape if size) * dtypes.itemsize(dtype) > _MAX_BYTES:
        raise wrong(where, "a shape that can be addressed", list(shape))


def wrong(where: str, expected: str, found: object) -> WeightError:
    """Returns the error for a value of the header that is not what the format asks for."""
    # reprlib bounds length and depth: the value may be as large as the header.
    return WeightError(where, expected=expected, found=reprlib.repr(found), cure=DAMAGED)

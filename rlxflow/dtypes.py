"""Element types: one table from our names (StableHLO's) to numpy, safetensors and byte sizes."""

from __future__ import annotations

import ml_dtypes
import numpy as np

from rlxflow.errors import DTypeError, did_you_mean

_NUMPY: dict[str, np.dtype] = {
    "f64": np.dtype(np.float64),
    "f32": np.dtype(np.float32),
    "f16": np.dtype(np.float16),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "f8E4M3FN": np.dtype(ml_dtypes.float8_e4m3fn),
    "f8E5M2": np.dtype(ml_dtypes.float8_e5m2),
    "i64": np.dtype(np.int64),
    "i32": np.dtype(np.int32),
    "i16": np.dtype(np.int16),
    "i8": np.dtype(np.int8),
    "ui64": np.dtype(np.uint64),
    "ui32": np.dtype(np.uint32),
    "ui16": np.dtype(np.uint16),
    "ui8": np.dtype(np.uint8),
    "i1": np.dtype(np.bool_),
}
_NAMES = {dtype: name for name, dtype in _NUMPY.items()}

FLOATS = frozenset(name for name in _NUMPY if name.startswith(("f", "bf")))
INTEGERS = frozenset(name for name in _NUMPY if name.startswith(("i", "ui")) and name != "i1")


def check(name: str, where: str) -> str:
    """Returns `name` if it is one of our element types, else raises DTypeError."""
    if name in _NUMPY:
        return name
    raise DTypeError(
        where,
        expected=f"one of {', '.join(_NUMPY)}",
        found=f"`{name}`",
        cure=did_you_mean(name, _NUMPY) or "use StableHLO's element type names",
    )


def to_numpy(name: str) -> np.dtype:
    """Returns the numpy dtype of one of our element types (`bf16` and `f8*` from ml_dtypes)."""
    return _NUMPY[check(name, "dtype")]


def from_numpy(dtype: np.dtype, where: str = "array") -> str:
    """Returns our name of a numpy dtype; raises DTypeError for objects, strings and the like."""
    name = _NAMES.get(np.dtype(dtype))
    if name is None:
        raise DTypeError(where, expected=f"one of {', '.join(_NUMPY)}", found=f"numpy {dtype}")
    return name


def itemsize(name: str) -> int:
    """Returns the bytes of one element."""
    return to_numpy(name).itemsize

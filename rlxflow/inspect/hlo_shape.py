"""Shapes as HLO text writes them: `f32[2,3]{1,0}`, or a tuple of such."""

from __future__ import annotations

import functools
import math
import re
from typing import NamedTuple

BITS = {
    "pred": 8,
    **{f"{kind}{bits}": bits for kind in "su" for bits in (2, 4, 8, 16, 32, 64)},
    **{"bf16": 16, "f16": 16, "f32": 32, "f64": 64, "c64": 64, "c128": 128},
}
"""Bits of an element; the small floats (`f8e4m3fn`, `f4e2m1fn`) say theirs in the name."""

_ARRAY = re.compile(r"([a-z]\w*)\[([^\]]*)\](?:\{([^}]*)\})?")
_PACKED = re.compile(r"E\((\d+)\)")
POINTER_BYTES = 8


class HloShape(NamedTuple):
    """One array of a shape: element type, sizes, bytes."""

    dtype: str
    sizes: tuple[int, ...]
    nbytes: int

    @property
    def elements(self) -> int:
        return math.prod(self.sizes)

    def __str__(self) -> str:
        return f"{self.dtype}[{', '.join(map(str, self.sizes))}]"


@functools.lru_cache(maxsize=65536)
def arrays(text: str) -> tuple[HloShape, ...]:
    """Returns the arrays of a shape, those of nested tuples in order; tokens have none."""
    return tuple(_array(*match.groups()) for match in _ARRAY.finditer(text))


def _array(dtype: str, sizes: str, layout: str | None) -> HloShape:
    numbers = tuple(int(size.lstrip("<=?") or 0) for size in sizes.split(",") if size.strip())
    bits = BITS.get(dtype) or _bits_in_name(dtype)
    stored = bits if bits >= 8 else 8
    if layout and (packed := _PACKED.search(layout)):
        stored = int(packed[1])
    return HloShape(dtype, numbers, -(-math.prod(numbers) * stored // 8))


def _bits_in_name(dtype: str) -> int:
    match = re.match(r"f(\d+)e", dtype)
    return int(match[1]) if match else 0


@functools.lru_cache(maxsize=65536)
def nbytes(text: str) -> int:
    """Returns the bytes of an array; of a tuple those of its table of pointers, as XLA counts."""
    if text.startswith("("):
        return POINTER_BYTES * len(arrays(text))
    found = arrays(text)
    return found[0].nbytes if found else 0


@functools.lru_cache(maxsize=65536)
def content_bytes(text: str) -> int:
    """Returns the bytes of all arrays in a shape."""
    return sum(array.nbytes for array in arrays(text))


@functools.lru_cache(maxsize=65536)
def elements(text: str) -> int:
    """Returns the elements of an array, or of the first array of a tuple."""
    found = arrays(text)
    return found[0].elements if found else 0

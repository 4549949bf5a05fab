"""The element types of GGUF tensors: block layouts as data, and dequantising as reference.

A quantised row is a run of blocks; a block holds 32 or 256 elements next to each other together
with their scales. The layouts are described in `quants_simple` and `quants_k`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rlxflow.weights.aligned import aligned_empty, read_only
from rlxflow.weights.quants_k import q2_k, q3_k, q4_k, q5_k, q6_k
from rlxflow.weights.quants_simple import q4_0, q4_1, q5_0, q5_1, q8_0

_CHUNK = 1 << 18  # elements dequantised at once: the temporaries stay in the cache


@dataclass(frozen=True, slots=True, kw_only=True)
class TensorType:
    """One element type of the format.

    Attributes:
        name: As llama.cpp spells it, such as `Q4_K`.
        number: What a file stores for it.
        elements: Elements of a block; 1 for plain types.
        nbytes: Bytes of a block.
        dtype: Our element type of the values: `f32` for quantised types.
        decode: u8[n, nbytes] -> f32[n, elements]; None for plain types, whose bytes are the values.
    """

    name: str
    number: int
    elements: int
    nbytes: int
    dtype: str = "f32"
    decode: Callable[[np.ndarray], np.ndarray] | None = None

    @property
    def quantised(self) -> bool:
        """Whether values have to be computed from blocks."""
        return self.decode is not None

    def packed_bytes(self, elements: int) -> int:
        """Returns the bytes of so many elements, which must be whole blocks."""
        return elements // self.elements * self.nbytes


def _plain(name: str, number: int, nbytes: int, dtype: str) -> TensorType:
    return TensorType(name=name, number=number, elements=1, nbytes=nbytes, dtype=dtype)


def _blocks(
    name: str, number: int, elements: int, nbytes: int, decode: Callable[[np.ndarray], np.ndarray]
) -> TensorType:
    return TensorType(name=name, number=number, elements=elements, nbytes=nbytes, decode=decode)


TYPES: tuple[TensorType, ...] = (
    _plain("F32", 0, 4, "f32"),
    _plain("F16", 1, 2, "f16"),
    _blocks("Q4_0", 2, 32, 18, q4_0),
    _blocks("Q4_1", 3, 32, 20, q4_1),
    _blocks("Q5_0", 6, 32, 22, q5_0),
    _blocks("Q5_1", 7, 32, 24, q5_1),
    _blocks("Q8_0", 8, 32, 34, q8_0),
    _blocks("Q2_K", 10, 256, 84, q2_k),
    _blocks("Q3_K", 11, 256, 110, q3_k),
    _blocks("Q4_K", 12, 256, 144, q4_k),
    _blocks("Q5_K", 13, 256, 176, q5_k),
    _blocks("Q6_K", 14, 256, 210, q6_k),
    _plain("I8", 24, 1, "i8"),
    _plain("I16", 25, 2, "i16"),
    _plain("I32", 26, 4, "i32"),
    _plain("I64", 27, 8, "i64"),
    _plain("F64", 28, 8, "f64"),
    _plain("BF16", 30, 2, "bf16"),
)
BY_NUMBER = {kind.number: kind for kind in TYPES}
BY_NAME = {kind.name: kind for kind in TYPES}

UNSUPPORTED: dict[int, str] = {
    4: "Q4_2",
    5: "Q4_3",
    9: "Q8_1",
    15: "Q8_K",
    16: "IQ2_XXS",
    17: "IQ2_XS",
    18: "IQ3_XXS",
    19: "IQ1_S",
    20: "IQ4_NL",
    21: "IQ3_S",
    22: "IQ2_S",
    23: "IQ4_XS",
    29: "IQ1_M",
    31: "Q4_0_4_4",
    32: "Q4_0_4_8",
    33: "Q4_0_8_8",
    34: "TQ1_0",
    35: "TQ2_0",
    36: "IQ4_NL_4_4",
    37: "IQ4_NL_4_8",
    38: "IQ4_NL_8_8",
    39: "MXFP4",
    40: "NVFP4",
    41: "Q1_0",
}
"""Types that files exist of and that are not read, by number."""


def dequantise(kind: TensorType, packed: np.ndarray) -> np.ndarray:
    """Returns the values of quantised rows: u8[rows, bytes] -> f32[rows, columns], aligned.

    Works in chunks, so that little memory is needed besides the result. A scale that is NaN or
    infinite gives values that are not finite; nothing is said about it here.
    """
    decode = kind.decode
    if decode is None:
        raise ValueError(f"{kind.name} is not quantised")
    rows, nbytes = packed.shape
    result = aligned_empty((rows, nbytes // kind.nbytes * kind.elements), np.dtype(np.float32))
    blocks = packed.reshape(-1, kind.nbytes)
    target = result.reshape(-1, kind.elements)
    step = _CHUNK // kind.elements
    with np.errstate(all="ignore"):
        for start in range(0, len(blocks), step):
            target[start : start + step] = decode(blocks[start : start + step])
    return read_only(result)

"""Blocks of 32 elements with one scale, and for some a minimum: Q4_0 Q4_1 Q5_0 Q5_1 Q8_0.

Scales are little-endian float16. `lo` and `hi` are the low and the high four bits of a byte.
Every function maps u8[n, bytes] to f32[n, 32]; arithmetic is float32, in the order written.
"""

from __future__ import annotations

import numpy as np


def half(blocks: np.ndarray, offset: int) -> np.ndarray:
    """Returns the float16 at a byte offset of every block as f32[n, 1]."""
    raw = np.ascontiguousarray(blocks[:, offset : offset + 2])
    return raw.view("<f2").astype(np.float32)


def nibbles(data: np.ndarray) -> np.ndarray:
    """u8[..., m] -> u8[..., 2 m]: the low halves of all bytes, then the high halves."""
    return np.concatenate([data & 15, data >> 4], axis=-1)


def fifth_bits(blocks: np.ndarray, offset: int) -> np.ndarray:
    """Returns u8[n, 32]: bit i of the u32 at a byte offset, moved to the value 16."""
    return np.unpackbits(blocks[:, offset : offset + 4], axis=1, bitorder="little") << 4


def q4_0(blocks: np.ndarray) -> np.ndarray:
    """18 bytes: d at 0, q at 2..18.

    Element i < 16 is lo(q[i]), element i + 16 is hi(q[i]): `x = d * (q - 8)`.
    """
    values = nibbles(blocks[:, 2:]).astype(np.int8) - np.int8(8)
    return half(blocks, 0) * values.astype(np.float32)


def q4_1(blocks: np.ndarray) -> np.ndarray:
    """20 bytes: d at 0, m at 2, q at 4..20 as in Q4_0: `x = d * q + m`."""
    return half(blocks, 0) * nibbles(blocks[:, 4:]).astype(np.float32) + half(blocks, 2)


def q5_0(blocks: np.ndarray) -> np.ndarray:
    """22 bytes: d at 0, h at 2..6 (u32), q at 6..22 as in Q4_0.

    Bit i of h is the fifth bit of element i: `x = d * (q + 16 h_i - 16)`.
    """
    values = (nibbles(blocks[:, 6:]) | fifth_bits(blocks, 2)).astype(np.int8) - np.int8(16)
    return half(blocks, 0) * values.astype(np.float32)


def q5_1(blocks: np.ndarray) -> np.ndarray:
    """24 bytes: d at 0, m at 2, h at 4..8 (u32), q at 8..24: `x = d * (q + 16 h_i) + m`."""
    values = nibbles(blocks[:, 8:]) | fifth_bits(blocks, 4)
    return half(blocks, 0) * values.astype(np.float32) + half(blocks, 2)


def q8_0(blocks: np.ndarray) -> np.ndarray:
    """34 bytes: d at 0, q at 2..34 as 32 int8: `x = d * q`."""
    return half(blocks, 0) * blocks[:, 2:].view(np.int8).astype(np.float32)

"""Super-blocks of 256 elements whose parts have small integer scales: Q2_K to Q6_K.

d and dmin are little-endian float16 for the whole super-block; the scale `s` and the minimum `m`
belong to a part of 16 or 32 elements. Every function maps u8[n, bytes] to f32[n, 256]; arithmetic
is float32, in the order of the brackets.
"""

from __future__ import annotations

import numpy as np

from rlxflow.weights.quants_simple import half

_TWO_BITS = np.array([0, 2, 4, 6], np.uint8)[:, None]
_BITS = np.arange(8, dtype=np.uint8)[:, None]


def q2_k(blocks: np.ndarray) -> np.ndarray:
    """84 bytes: sm at 0..16, q at 16..80, d at 80, dmin at 82.

    Part p (16 elements) has `s = lo(sm[p])` and `m = hi(sm[p])`. Element 128 a + 32 b + c is bits
    2b and 2b + 1 of q[32 a + c]: `x = (d s) q - (dmin m)`.
    """
    scales = blocks[:, :16]
    d = half(blocks, 80) * (scales & 15).astype(np.float32)
    minimum = half(blocks, 82) * (scales >> 4).astype(np.float32)
    values = _pairs_of_bits(blocks[:, 16:80]).reshape(-1, 16, 16)
    return _flat(d[..., None] * values.astype(np.float32) - minimum[..., None])


def q3_k(blocks: np.ndarray) -> np.ndarray:
    """110 bytes: h at 0..32, q at 32..96, packed scales at 96..108, d at 108.

    Element 128 a + 32 b + c has the low bits of Q2_K, and as third bit number 4 a + b of h[c]. The
    scale of part p (16 elements) has six bits: four from byte p mod 8 of the packed scales (lo for
    p < 8, else hi) and above them bits 2 (p div 4) and up of byte 8 + p mod 4.
    `x = (d (s - 32)) (q - 4)`.
    """
    packed = blocks[:, 96:108]
    low = np.concatenate([packed[:, :8] & 15, packed[:, :8] >> 4], axis=1)
    high = (packed[:, None, 8:] >> _TWO_BITS & 3).reshape(-1, 16)
    scales = (low | high << 4).astype(np.int8) - np.int8(32)
    third = (blocks[:, None, :32] >> _BITS & 1).reshape(-1, 256)
    values = (_pairs_of_bits(blocks[:, 32:96]) | third << 2).astype(np.int8) - np.int8(4)
    d = half(blocks, 108) * scales.astype(np.float32)
    return _flat(d[..., None] * values.reshape(-1, 16, 16).astype(np.float32))


def q4_k(blocks: np.ndarray) -> np.ndarray:
    """144 bytes: d at 0, dmin at 2, packed scales at 4..16, q at 16..144.

    Element 64 a + c is lo(q[32 a + c]) and element 64 a + 32 + c is hi(q[32 a + c]), c < 32. Parts
    have 32 elements, with `s` and `m` as in `_six_bits`: `x = (d s) q - (dmin m)`.
    """
    return _scaled_less_minimum(blocks, _nibble_rows(blocks[:, 16:]))


def q5_k(blocks: np.ndarray) -> np.ndarray:
    """176 bytes: d at 0, dmin at 2, packed scales at 4..16, h at 16..48, q at 48..176.

    As Q4_K, and bit p of h[c] is the fifth bit of element c of part p.
    """
    fifth = blocks[:, None, 16:48] >> _BITS & 1
    return _scaled_less_minimum(blocks, _nibble_rows(blocks[:, 48:]) | fifth << 4)


def q6_k(blocks: np.ndarray) -> np.ndarray:
    """210 bytes: l at 0..128, h at 128..192, s at 192..208 (int8), d at 208.

    Element 128 a + 64 b + c, c < 64, has the low bits lo(l[64 a + c]) for b = 0, else hi. Element
    128 a + 32 b + c, c < 32, has as bits four and five those at 2 b of h[32 a + c]. Parts have 16
    elements: `x = (d s) (q - 32)`.
    """
    low = blocks[:, :128].reshape(-1, 2, 1, 64) >> np.array([0, 4], np.uint8)[:, None] & 15
    high = _pairs_of_bits(blocks[:, 128:192])
    values = (low.reshape(-1, 256) | high << 4).astype(np.int8) - np.int8(32)
    d = half(blocks, 208) * blocks[:, 192:208].view(np.int8).astype(np.float32)
    return _flat(d[..., None] * values.reshape(-1, 16, 16).astype(np.float32))


def _pairs_of_bits(data: np.ndarray) -> np.ndarray:
    """u8[n, 64] -> u8[n, 256]: element 128 a + 32 b + c is bits 2b, 2b + 1 of byte 32 a + c."""
    return (data.reshape(-1, 2, 1, 32) >> _TWO_BITS & 3).reshape(-1, 256)


def _nibble_rows(data: np.ndarray) -> np.ndarray:
    """u8[n, 128] -> u8[n, 8, 32]: part 2 a is the low, part 2 a + 1 the high half of 32 bytes."""
    shifts = np.array([0, 4], np.uint8)[:, None]
    return (data.reshape(-1, 4, 1, 32) >> shifts & 15).reshape(-1, 8, 32)


def _six_bits(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns scales and minima u8[n, 8] from twelve bytes k.

    Parts 0..3: `s = k[p]`, `m = k[p + 4]`, the lower six bits each. Parts 4..7: four bits from
    k[p + 4] (lo for s, hi for m), and above them the upper two bits of k[p - 4] for s, k[p] for m.
    """
    first, second, third = packed[:, 0:4], packed[:, 4:8], packed[:, 8:12]
    scales = np.concatenate([first & 63, (third & 15) | first >> 6 << 4], axis=1)
    minima = np.concatenate([second & 63, third >> 4 | second >> 6 << 4], axis=1)
    return scales, minima


def _scaled_less_minimum(blocks: np.ndarray, values: np.ndarray) -> np.ndarray:
    """`(d s) q - (dmin m)` with the scales of Q4_K and Q5_K: u8[n, 8, 32] -> f32[n, 256]."""
    scales, minima = _six_bits(blocks[:, 4:16])
    d = half(blocks, 0) * scales.astype(np.float32)
    minimum = half(blocks, 2) * minima.astype(np.float32)
    return _flat(d[..., None] * values.astype(np.float32) - minimum[..., None])


def _flat(parts: np.ndarray) -> np.ndarray:
    return parts.reshape(len(parts), -1)

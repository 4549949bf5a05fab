"""Rows of numbers to rows of blocks: what our own quantisers make, in the layouts of GGUF.

`q8_0`: 32 values share an f16 scale, `d = max |x| / 127`, stored as round(x / d).
`q4_0`: 32 values share an f16 scale, `d = m / -8` for the value m that is largest in magnitude;
    stored as round(x / d) + 8, 0 to 15.
`int8`: a row has one f32 scale, `max |x| / 127`, which is stored apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from rlxflow.errors import WeightError
from rlxflow.weights.quant_error import QuantError
from rlxflow.weights.quants_simple import q4_0, q8_0

BLOCK = 32
DAMAGED = "the weights are damaged: download or convert them again"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows as a file has them: u8[n, bytes of a row], and f32[n] scales if those stand apart."""

    data: np.ndarray
    scales: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Quantiser:
    """A format that we can make.

    Attributes:
        pack: f32[n, k] -> rows.
        unpack: Rows -> f32[n, k].
        block: Values that share a scale; k is a multiple of it. 1 for those that share it by row.
    """

    pack: Callable[[np.ndarray], Rows]
    unpack: Callable[[Rows], np.ndarray]
    block: int


def quantise(values: np.ndarray, format_: str, where: str, error: QuantError | None = None) -> Rows:
    """Returns the rows of f32[n, k] in a format; what that changes is added to `error`.

    Raises WeightError for rows that are no whole blocks, and for values that are not finite or too
    large for the scale.
    """
    made = QUANTISERS[format_]
    if values.shape[1] % made.block:
        raise WeightError(
            where, expected=f"rows of whole blocks of {made.block}", found=f"{values.shape[1]}"
        )
    with np.errstate(over="ignore", invalid="ignore"):
        rows = made.pack(values)
    if not finite_scales(rows, format_):
        whole = bool(np.isfinite(values).all())
        found = "larger ones" if whole else "one that is NaN or infinite"
        cure = "a rule for its stage can leave this weight as it is" if whole else DAMAGED
        expected = f"values that {format_} can hold"
        raise WeightError(where, expected=expected, found=found, cure=cure)
    if error is not None:
        error.add(values, made.unpack(rows))
    return rows


def finite_scales(rows: Rows, format_: str) -> bool:
    """Tells whether all scales of rows are numbers."""
    if rows.scales is not None:
        return bool(np.isfinite(rows.scales).all())
    scales = rows.data.reshape(-1, made_bytes(format_))[:, :2].copy()
    return bool(np.isfinite(scales.view(np.float16)).all())


def made_bytes(format_: str) -> int:
    """Returns the bytes of a block of 32 values with an f16 scale."""
    return {"q8_0": 34, "q4_0": 18}[format_]


def _pack_q8_0(values: np.ndarray) -> Rows:
    blocks = values.reshape(-1, BLOCK)
    scale = (np.abs(blocks).max(axis=1) / 127).astype(np.float16)
    numbers = np.rint(_divide(blocks, scale)).clip(-127, 127).astype(np.int8)
    made = np.concatenate([scale[:, None].view(np.uint8), numbers.view(np.uint8)], axis=1)
    return Rows(made.reshape(len(values), -1))


def _pack_q4_0(values: np.ndarray) -> Rows:
    blocks = values.reshape(-1, BLOCK)
    place = np.abs(blocks).argmax(axis=1)
    scale = (blocks[np.arange(len(blocks)), place] / -8).astype(np.float16)
    numbers = (np.rint(_divide(blocks, scale)) + 8).clip(0, 15).astype(np.uint8)
    nibbles = numbers[:, : BLOCK // 2] | numbers[:, BLOCK // 2 :] << 4
    made = np.concatenate([scale[:, None].view(np.uint8), nibbles], axis=1)
    return Rows(made.reshape(len(values), -1))


def _pack_int8(values: np.ndarray) -> Rows:
    scales = (np.abs(values).max(axis=1, initial=0) / 127).astype(np.float32)
    numbers = np.rint(_divide(values, scales)).clip(-127, 127).astype(np.int8)
    return Rows(numbers.view(np.uint8), scales)


def _divide(blocks: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Returns blocks over their scales; zeros where a scale is zero."""
    wide = scale.astype(np.float32)[:, None]
    with np.errstate(divide="ignore"):
        return np.nan_to_num(np.where(wide == 0, 0, blocks / wide), nan=0.0)


def _unpack_int8(rows: Rows) -> np.ndarray:
    assert rows.scales is not None
    return rows.data.view(np.int8).astype(np.float32) * rows.scales[:, None]


def _unpack_blocks(
    decode: Callable[[np.ndarray], np.ndarray], nbytes: int
) -> Callable[[Rows], np.ndarray]:
    def unpack(rows: Rows) -> np.ndarray:
        return decode(rows.data.reshape(-1, nbytes)).reshape(len(rows.data), -1)

    return unpack


QUANTISERS: Mapping[str, Quantiser] = {
    "q8_0": Quantiser(_pack_q8_0, _unpack_blocks(q8_0, 34), BLOCK),
    "q4_0": Quantiser(_pack_q4_0, _unpack_blocks(q4_0, 18), BLOCK),
    "int8": Quantiser(_pack_int8, _unpack_int8, 1),
}
"""What `rlxflow repack` and the rules of a profile can ask for."""

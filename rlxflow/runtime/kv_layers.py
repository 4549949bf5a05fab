"""Keys and values of earlier tokens, layer by layer, for steps whose past is padded to a bucket.

This is the cache that grows: a step takes `past_k_N`, `past_v_N` [b, upper, w] and gives
`present.N.key`, `.value` [b, upper + new, w], the new rows last. Rows may have pasts of different
lengths; behind each row's own past stands padding, which `mask` hides. Flows with a cache of fixed
size (`context`) need none of this and are faster.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rlxflow.errors import InputError


def bucket_decode_mask(
    past: int | Sequence[int] | np.ndarray, upper: int, new: int = 1
) -> np.ndarray:
    """Returns i32[b, upper + new]: 1 at each row's past and at the new tokens, 0 at padding.

    Args:
        past: Tokens of each row's past; a single number gives one row.
        upper: Tokens that the past is padded to.
        new: Tokens of the step, which stand behind the padding.
    """
    lengths = np.atleast_1d(np.asarray(past, np.int64))
    if lengths.ndim != 1 or (lengths < 0).any() or (lengths > upper).any():
        raise InputError("past", expected=f"0 to {upper} tokens a row", found=str(past))
    places = np.arange(upper + new)
    return ((places < lengths[:, None]) | (places >= upper)).astype(np.int32)


@dataclass(frozen=True)
class LayerKvCache:
    """Keys and values after some tokens.

    Attributes:
        keys: One array [b, s, w] a layer; what stands behind a row's length means nothing.
        values: As `keys`.
        lengths: Tokens of each row, at most s.
    """

    keys: tuple[np.ndarray, ...]
    values: tuple[np.ndarray, ...]
    lengths: tuple[int, ...]

    def __post_init__(self) -> None:
        shapes = {(*array.shape[:2],) for array in (*self.keys, *self.values)}
        batch, size = len(self.lengths), max(self.lengths, default=0)
        ok = len(shapes) == 1 and len(self.keys) == len(self.values)
        if not ok or next(iter(shapes))[0] != batch or next(iter(shapes))[1] < size:
            raise InputError(
                "layers",
                expected=f"keys and values of {batch} rows and {size} tokens or more",
                found=", ".join(str([*shape]) for shape in shapes) or "none",
            )

    @classmethod
    def from_layer_outputs(
        cls, outputs: Mapping[str, object] | Sequence[object], lengths: Sequence[int] | None = None
    ) -> LayerKvCache:
        """Returns the cache of a program's outputs.

        Args:
            outputs: `present.N.key` and `present.N.value` by name, others are left out; or a list
                k0, v0, k1, v1, ...
            lengths: Tokens of each row where prompts were padded on the right; all, if not given.
        """
        arrays = _named(outputs) if isinstance(outputs, Mapping) else [*outputs]
        if not arrays or len(arrays) % 2:
            raise InputError("layers", expected="a key and a value each", found=f"{len(arrays)}")
        made = [np.asarray(array) for array in arrays]
        full = [made[0].shape[1]] * made[0].shape[0]
        given = full if lengths is None else [int(length) for length in lengths]
        return cls(tuple(made[0::2]), tuple(made[1::2]), tuple(given))

    @property
    def positions(self) -> np.ndarray:
        """i32[b]: where each row's next token stands."""
        return np.asarray(self.lengths, np.int32)

    def mask(self, upper: int, new: int = 1) -> np.ndarray:
        """Returns the mask of a step over the padded past; see `bucket_decode_mask`."""
        return bucket_decode_mask(self.lengths, upper, new)

    def pad_layers_to_upper(self, upper: int) -> dict[str, np.ndarray]:
        """Returns the inputs `past_k_N`, `past_v_N` of a step, padded or cut to `upper` tokens.

        Raises InputError if a row is longer.
        """
        if max(self.lengths, default=0) > upper:
            found = str(max(self.lengths))
            raise InputError("past", expected=f"at most {upper} tokens", found=found)
        made: dict[str, np.ndarray] = {}
        for i, pair in enumerate(zip(self.keys, self.values, strict=True)):
            for letter, array in zip("kv", pair, strict=True):
                kept = array[:, :upper]
                widths = [(0, 0), (0, upper - kept.shape[1]), (0, 0)]
                made[f"past_{letter}_{i}"] = np.pad(kept, widths)
        return made

    def advance_from_decode_outputs(
        self, outputs: Mapping[str, object] | Sequence[object], upper: int
    ) -> LayerKvCache:
        """Returns the cache after a step over a past that was padded to `upper` tokens.

        The rows that are new stand behind the padding, at `upper` and after; each goes to the end
        of its own row's past.
        """
        step = LayerKvCache.from_layer_outputs(outputs)
        new = step.keys[0].shape[1] - upper
        if new < 1 or len(step.keys) != len(self.keys) or len(step.lengths) != len(self.lengths):
            rows = f"{len(self.lengths)} rows, over {upper} tokens"
            raise InputError(
                "step",
                expected=f"{len(self.keys)} layers of {rows}",
                found=f"{len(step.keys)} of {[*step.keys[0].shape[:2]]}",
            )
        keys = [self._grown(a, b, upper) for a, b in zip(self.keys, step.keys, strict=True)]
        values = [self._grown(a, b, upper) for a, b in zip(self.values, step.values, strict=True)]
        return LayerKvCache(tuple(keys), tuple(values), tuple(n + new for n in self.lengths))

    def _grown(self, past: np.ndarray, step: np.ndarray, upper: int) -> np.ndarray:
        new = step.shape[1] - upper
        longest = max(self.lengths) + new
        made = np.zeros((past.shape[0], longest, past.shape[2]), past.dtype)
        for row, length in enumerate(self.lengths):
            made[row, :length] = past[row, :length]
            made[row, length : length + new] = step[row, upper:]
        return made


def _named(outputs: Mapping[str, object]) -> list[object]:
    """Returns k0, v0, k1, v1, ... of the outputs that are called so."""
    found: list[object] = []
    while f"present.{len(found) // 2}.key" in outputs:
        i = len(found) // 2
        found += [outputs[f"present.{i}.key"], outputs[f"present.{i}.value"]]
    return found

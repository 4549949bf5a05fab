"""How far two arrays are apart, and how far they may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rlxflow.errors import InputError

RELATIVE: Mapping[str, float] = {
    "f64": 1e-10,
    "f32": 1e-5,
    "f16": 2e-3,
    "bf16": 2e-2,
    "f8E4M3FN": 0.25,
    "f8E5M2": 0.5,
}
"""The error that passes by element type, in parts of the largest value; other types are exact."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How far an array is from what a witness says.

    Attributes:
        name: Of the array.
        largest: Largest absolute difference of numbers that are finite in both.
        relative: The same, divided by the largest absolute value of the witness.
        place: Where it stands.
        not_finite: Elements that are finite in only one of the two, or infinite in other ways.
    """

    name: str
    largest: float
    relative: float
    place: tuple[int, ...]
    not_finite: int

    def within(self, tolerance: float) -> bool:
        """Whether the array is as near to the witness as asked for."""
        return not self.not_finite and self.largest <= tolerance * max(1.0, self.scale)

    @property
    def scale(self) -> float:
        """The largest absolute value of the witness; 0 if nothing differs."""
        return self.largest / self.relative if self.relative else 0.0

    def __str__(self) -> str:
        bad = f", {self.not_finite} not finite in one of them" if self.not_finite else ""
        where = f" at {list(self.place)}" if self.largest else ""
        return (
            f"{self.name}: max error {self.largest:.3g}{where}, relative {self.relative:.3g}{bad}"
        )


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What passes: an error of at most `atol + rtol` times the largest value of the witness.

    None stands for what fits the element type: the entry of `RELATIVE` for both.
    """

    atol: float | None = None
    rtol: float | None = None

    def allows(self, difference: Difference, *dtypes: str) -> bool:
        """Whether a difference passes; of several element types the least exact one counts."""
        usual = max((RELATIVE.get(dtype, 0.0) for dtype in dtypes), default=0.0)
        atol = usual if self.atol is None else self.atol
        rtol = usual if self.rtol is None else self.rtol
        return not difference.not_finite and difference.largest <= atol + rtol * difference.scale


def compare(name: str, found: np.ndarray, wanted: np.ndarray) -> Difference:
    """Returns how far two arrays of one shape are apart; raises InputError if shapes differ."""
    if found.shape != wanted.shape:
        shapes = f"shape {list(wanted.shape)}", str(list(found.shape))
        raise InputError(f"output `{name}`", expected=shapes[0], found=shapes[1])
    ours, theirs = found.astype(np.float64), wanted.astype(np.float64)
    both = np.isfinite(ours) & np.isfinite(theirs)
    same = both | (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    apart = np.where(both, np.abs(np.where(both, ours, 0) - np.where(both, theirs, 0)), 0)
    if found.dtype.kind in "iu" and wanted.dtype.kind in "iu":  # beyond 2^53 a float cannot tell
        apart = np.where(found != wanted, np.maximum(apart, 1), 0)
    largest = float(apart.max(initial=0))
    scale = float(np.abs(np.where(both, theirs, 0)).max(initial=0))
    place = np.unravel_index(int(apart.argmax()), apart.shape) if apart.size else ()
    relative = largest / scale if scale else largest
    return Difference(name, largest, relative, tuple(int(i) for i in place), int((~same).sum()))

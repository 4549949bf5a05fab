"""What quantising changes: the relative RMS error of weights, summed up as rows are packed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

_PIECE = 1 << 15  # values at once: what is made of them stays in the cache


@dataclass(slots=True)
class QuantError:
    """Sums over values `w` and what became of them, `q`.

    Attributes:
        changed: Sum of `(q - w)^2`.
        whole: Sum of `w^2`.
        largest: Largest `|q - w|`.
        count: How many values there were.
    """

    changed: float = 0.0
    whole: float = 0.0
    largest: float = 0.0
    count: int = 0

    @classmethod
    def total(cls, parts: Iterable[QuantError]) -> QuantError:
        """Returns the sums over several weights together."""
        made = cls()
        for part in parts:
            made.changed += part.changed
            made.whole += part.whole
            made.largest = max(made.largest, part.largest)
            made.count += part.count
        return made

    @property
    def relative(self) -> float:
        """`sqrt(sum (q - w)^2 / sum w^2)`; 0 where all weights are 0."""
        return (self.changed / self.whole) ** 0.5 if self.whole else 0.0

    def add(self, values: np.ndarray, rounded: np.ndarray) -> None:
        """Adds f32 values and what became of them, of the same shape."""
        for begin in range(0, values.size, _PIECE):
            piece = slice(begin, begin + _PIECE)
            old = values.reshape(-1)[piece].astype(np.float64)  # squares of f32 may be no f32
            off = rounded.reshape(-1)[piece] - old
            self.changed += float(np.einsum("i,i", off, off))
            self.whole += float(np.einsum("i,i", old, old))
            self.largest = max(self.largest, float(off.max()), -float(off.min()))
        self.count += values.size

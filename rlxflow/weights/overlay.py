"""Two weight sources as one: what the first lacks is taken from the second."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from rlxflow.weights.source import TensorInfo, WeightSource, steps_of, unknown_name


class OverlaySource:
    """Looks up each name in `upper` and then in `lower`; reads nothing until asked."""

    def __init__(self, upper: WeightSource, lower: WeightSource) -> None:
        self.upper, self.lower = upper, lower
        self.where = f"{upper.where} over {lower.where}"

    def names(self) -> Collection[str]:
        return dict.fromkeys([*self.upper.names(), *self.lower.names()])

    def __contains__(self, name: object) -> bool:
        return name in self.upper or name in self.lower

    def _holder(self, name: str) -> WeightSource:
        if name not in self:
            raise unknown_name(self.where, name, self.names())
        return self.upper if name in self.upper else self.lower

    def info(self, name: str) -> TensorInfo:
        return self._holder(name).info(name)

    def read(self, name: str) -> np.ndarray:
        return self._holder(name).read(name)

    def steps(self, name: str) -> tuple[str, ...]:
        """Returns how the source that holds a tensor makes it."""
        return steps_of(self._holder(name), name)

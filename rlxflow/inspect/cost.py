"""Numbers that add up over kernels and stages."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(slots=True)
class Cost:
    """What a stage costs in one call of the program.

    Attributes:
        instructions: Of optimised HLO, those inside fusions included.
        kernels: Instructions that do work when the program runs, once each.
        fusions: Kernels that are fusions.
        flops: Additions and multiplications; those of loops as often as they run.
        transcendentals: Values of `exp`, `rsqrt` and the like.
        read: Bytes read at the borders of kernels.
        written: Bytes written there.
        weights: Bytes of the weights that the stage uses.
        states: Bytes of its states, such as caches.
        temporaries: Bytes of values that it makes and others take.
        predicted_s: Seconds by the roofline of the machine.
        measured_s: Seconds seen by the profiler; kernels may overlap, so shares say more.
    """

    instructions: int = 0
    kernels: int = 0
    fusions: int = 0
    flops: int = 0
    transcendentals: int = 0
    read: int = 0
    written: int = 0
    weights: int = 0
    states: int = 0
    temporaries: int = 0
    predicted_s: float = 0.0
    measured_s: float = 0.0

    @property
    def nbytes(self) -> int:
        return self.read + self.written

    @property
    def intensity(self) -> float:
        """Operations a byte."""
        return self.flops / self.nbytes if self.nbytes else 0.0

    def add(self, other: Cost) -> Self:
        """Adds another cost to this one."""
        for name in NAMES:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self

    def to_dict(self) -> dict[str, Any]:
        numbers = {name: getattr(self, name) for name in NAMES}
        return {**numbers, "bytes": self.nbytes, "intensity": self.intensity}


NAMES = tuple(field.name for field in fields(Cost))

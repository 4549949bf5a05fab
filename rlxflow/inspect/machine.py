"""What a machine can do, for a roofline: the time that bytes and operations take at least."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Machine:
    """Measured rates of a device.

    Attributes:
        name: Device and processor.
        bandwidth: Bytes read from memory in a second.
        flops: Operations in a second of a large product, by element type; of `int16` those of
            kernels that multiply integer weights, in registers.
        transcendentals: Values of `exp` in a second.
    """

    name: str
    bandwidth: float
    flops: Mapping[str, float]
    transcendentals: float

    def seconds(self, flops: int, transcendentals: int, nbytes: int, dtype: str = "f32") -> float:
        """Returns the time of the slowest: computing, functions, or moving bytes."""
        peak = self.flops.get(dtype) or max(self.flops.values())
        return max(flops / peak, transcendentals / self.transcendentals, nbytes / self.bandwidth)

    def limit(self, flops: int, transcendentals: int, nbytes: int, dtype: str = "f32") -> str:
        """Returns which of the three takes longest: `compute`, `functions` or `memory`."""
        peak = self.flops.get(dtype) or max(self.flops.values())
        times = {
            "memory": nbytes / self.bandwidth,
            "compute": flops / peak,
            "functions": transcendentals / self.transcendentals,
        }
        return max(times, key=lambda name: times[name])

    @property
    def ridge(self) -> float:
        """Operations a byte from which on f32 is limited by computing instead of memory."""
        return (self.flops.get("f32") or max(self.flops.values())) / self.bandwidth

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """Returns the machine of `to_dict`; raises KeyError or TypeError for anything else."""
        return cls(
            str(raw["name"]),
            float(raw["bandwidth"]),
            {str(name): float(value) for name, value in raw["flops"].items()},
            float(raw["transcendentals"]),
        )

"""Rotary tables of tokens that stand in several dimensions, such as time, row and column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rlxflow.blocks.base import Block, Contract, Emit
from rlxflow.blocks.chain import Custom
from rlxflow.errors import ConfigError, ShapeError
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value

KEPT = 12  # bits of a frequency's first part, so that it times a whole id below 4096 is exact


@dataclass(frozen=True, slots=True, kw_only=True)
class AxesRope(Block):
    """Publishes cosine and sine of ids that tell where each token stands: `{slot}.cos`, `.sin`.

    Formula: `cos[t,r] = cos(id[t,n(r)] theta^(-2 i(r) / dims[n(r)]))`, sine alike; the pairs r are
    those of the first axis, then those of the second, and so on: i = 0 ... dims[n]/2 - 1.
    Source: Su et al., arXiv 2104.09864, axis by axis; FLUX (Black Forest Labs, 2024).

    Attributes:
        inputs: Inputs f32[t, n] with ids; their tokens are put one after the other.
        dims: Elements of a head that each axis turns; even.
        theta: Base of the frequencies.
        slot: First part of the slots' names.
    Numerics: frequencies in f64, split into two f32 numbers whose first has 12 bits; angles of both
        are combined by the addition theorem. For whole ids below 4096 the first product is exact,
        so the tables are as good as those of f64 angles.
    Constraints: (C1) dims are even and positive. (C2) ids have as many columns as there are dims.
    """

    usual_mode: ClassVar[str] = "fence"  # as that of RopeTables

    inputs: tuple[str, ...]
    dims: tuple[int, ...]
    theta: float
    slot: str

    def __post_init__(self) -> None:
        if not self.dims or any(dim < 2 or dim % 2 for dim in self.dims):
            found = ", ".join(map(str, self.dims)) or "none"
            raise ConfigError("rope of axes (C1)", expected="even numbers", found=found)

    @property
    def contract(self) -> Contract:
        return Contract(
            inputs=self.inputs,
            writes=(f"{self.slot}.cos", f"{self.slot}.sin"),
            needs_value=False,
            gives_value=False,
        )

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        ids = ops.concatenate([self._ids(emit, name) for name in self.inputs], "t")
        angles = [self._angles(emit, ids, each) for each in self._frequencies()]
        # A stage by itself, since all cosines and sines are parts of both tables.
        turns = Custom(fn=_turns, label="turns")
        made = emit.run("turns", turns, ops.concatenate(angles, "r"), "fence")
        assert made is not None
        count = sum(self.dims) // 2
        cos, more_cos, sin, more_sin = (
            ops.slice(made, "r", begin, begin + count) for begin in range(0, 4 * count, count)
        )
        emit.set_named(f"{self.slot}.cos", cos * more_cos - sin * more_sin)
        emit.set_named(f"{self.slot}.sin", sin * more_cos + cos * more_sin)
        return x

    def _ids(self, emit: Emit, name: str) -> Value:
        ids = emit.flow_input(name)
        if ids.type.names != ("t", "n") or ids.size("n") != len(self.dims):
            expected = f"[t, n={len(self.dims)}]"
            raise ShapeError(f"input `{name}` (C2)", expected=expected, found=str(ids.type))
        return ops.convert(ids, "f32")

    def _frequencies(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns f32[r] twice: the first bits of each frequency, and what is left of it."""
        whole = np.concatenate(
            [self.theta ** -(np.arange(0, dim, 2, dtype=np.float64) / dim) for dim in self.dims]
        )
        mantissa, exponent = np.frexp(whole)
        coarse = np.ldexp(np.round(mantissa * 2.0**KEPT), exponent - KEPT)
        return coarse.astype(np.float32), (whole - coarse).astype(np.float32)

    def _angles(self, emit: Emit, ids: Value, frequencies: np.ndarray) -> Value:
        """Returns f32[t, r]."""
        parts: list[Value] = []
        start = 0
        for axis, dim in enumerate(self.dims):
            own = emit.constant_array(frequencies[start : start + dim // 2], "r")
            grid = tensor_type("f32", {"t": ids.size("t"), "r": dim // 2})
            place = ops.expand(ops.pick(ids, "n", axis), grid)
            parts.append(place * ops.expand(own, grid))
            start += dim // 2
        return ops.concatenate(parts, "r")


def _turns(_emit: Emit, angles: Value | None) -> Value:
    """Returns the cosines of angles, then their sines."""
    assert angles is not None
    return ops.concatenate([ops.cosine(angles), ops.sine(angles)], "r")

"""Rotary positions in two dimensions, for patches of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from rlxflow.blocks.base import Block, Contract, Emit
from rlxflow.errors import ConfigError
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRope(Block):
    """Publishes cosine and sine for each token: slots `{slot}.cos`, `{slot}.sin`, f32[t, r].

    Formula, patch `t = prefix + i columns + j`, `f_m = theta^(-m / M)`, M = head_dim / 4:
    `angle[t,m] = (first_y + step_y i) f_m`, `angle[t,M+m] = (first_x + step_x j) f_m`; tokens
    before the patches have angle 0, so they are not turned.
    Source: Heo et al., arXiv 2403.13298, for axial angles; Simeoni et al., arXiv 2508.10104.

    Attributes:
        grid: Rows and columns of the image.
        head_dim: Size of a head, a multiple of 4.
        theta: Base.
        prefix: Tokens before the patches.
        first: Angle of the first row and column at m = 0, in radians.
        step: Angle from one row or column to the next at m = 0, in radians.
        slot: First part of the slots' names.
    Numerics: angles of rows and columns in f64, rounded once to f32; cosine and sine in f32.
    """

    usual_mode: ClassVar[str] = "fence"  # as that of RopeTables

    grid: tuple[int, int]
    head_dim: int
    theta: float
    prefix: int = 0
    first: tuple[float, float] = (0.0, 0.0)
    step: tuple[float, float] = (1.0, 1.0)
    slot: str = "rope"

    def __post_init__(self) -> None:
        if self.head_dim % 4 or self.head_dim < 4 or min(self.grid) < 1 or not self.theta > 0:
            raise ConfigError(
                "rope of a grid",
                expected="a head_dim that is a multiple of 4, a theta above 0, rows and columns",
                found=f"{self.head_dim}, {self.theta}, {self.grid}",
            )

    @classmethod
    def centred(cls, grid: tuple[int, int], head_dim: int, theta: float, prefix: int) -> Self:
        """Returns the rope of DINOv3: 2 pi times centres that run from -1 to 1 across the image.

        The centre of patch i of n lies at `2 (i + 1/2) / n - 1`.
        """
        turn = 2 * np.pi
        return cls(
            grid=grid,
            head_dim=head_dim,
            theta=theta,
            prefix=prefix,
            first=(turn * (1 / grid[0] - 1), turn * (1 / grid[1] - 1)),
            step=(2 * turn / grid[0], 2 * turn / grid[1]),
        )

    @classmethod
    def counted(
        cls,
        grid: tuple[int, int],
        head_dim: int,
        theta: float,
        prefix: int,
        trained: tuple[int, int] | None = None,
    ) -> Self:
        """Returns the rope of EVA-02: rows and columns counted from 0.

        With the grid it was `trained` on, places are scaled to that: `i trained / rows`.
        """
        whole = trained or grid
        step = (whole[0] / grid[0], whole[1] / grid[1])
        return cls(grid=grid, head_dim=head_dim, theta=theta, prefix=prefix, step=step)

    @property
    def contract(self) -> Contract:
        return Contract(
            writes=(f"{self.slot}.cos", f"{self.slot}.sin"), needs_value=False, gives_value=False
        )

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        bands = self.head_dim // 4
        full = {"i": self.grid[0], "j": self.grid[1], "r": bands}
        halves = [
            ops.expand(self._angles(emit, axis, at), tensor_type("f32", full))
            for at, axis in enumerate("ij")
        ]
        angles = ops.merge(ops.concatenate(halves, "r"), "i j", "t")
        if self.prefix:
            angles = ops.pad(angles, "t", self.prefix, 0)
        emit.set_named(f"{self.slot}.cos", ops.cosine(angles))
        emit.set_named(f"{self.slot}.sin", ops.sine(angles))
        return x

    def _angles(self, emit: Emit, axis: str, at: int) -> Value:
        """Returns f32[axis, r]: the angles along one axis of the grid."""
        bands = self.head_dim // 4
        frequencies = self.theta ** -(np.arange(bands, dtype=np.float64) / bands)
        places = self.first[at] + self.step[at] * np.arange(self.grid[at], dtype=np.float64)
        return emit.constant_array(np.outer(places, frequencies).astype(np.float32), f"{axis} r")

"""Rope of three positions: each angle of a head turns by one of the coordinates of its token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from rlxflow.blocks.base import Block, Contract, Emit
from rlxflow.blocks.rope_frequencies import RopeNumbers, inverse_frequencies
from rlxflow.errors import ConfigError, ShapeError
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value

ROWS = 3  # time, height, width
BY_LENGTH = {"dynamic", "longrope"}


def mrope_rows(sections: tuple[int, ...], angles: int, *, interleaved: bool) -> np.ndarray:
    """Returns for each angle which coordinate turns it: 0 time, 1 height, 2 width.

    Sectioned: the first `sections[0]` angles by time, the next by height, then by width.
    Interleaved: angle j by height if `j % 3 == 1` and `j < 3 sections[1]`, by width if
    `j % 3 == 2` and `j < 3 sections[2]`, else by time.

    Raises ConfigError if there are not three sections, or they do not add up to the angles.
    """
    if len(sections) != ROWS or min(sections) < 0 or sum(sections) != angles:
        expected = f"three numbers with the sum {angles}"
        raise ConfigError("mrope_section", expected=expected, found=str([*sections]))
    if not interleaved:
        return np.repeat(np.arange(ROWS), sections)
    rows = np.zeros(angles, int)
    for row in (1, 2):
        rows[row : ROWS * sections[row] : ROWS] = row
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class MRopeTables(RopeNumbers, Block):
    """Publishes cosine and sine of tokens with three positions: `{slot}.cos`, `{slot}.sin`.

    Formula: `cos[b,t,r] = a cos(positions[row(r),b,t] * inv[r])`, sine alike; `row` as `mrope_rows`
    says, `inv` and `a` as for `RopeTables`. With three equal rows it is the same as that.
    Source: Wang et al., arXiv 2409.12191 (Qwen2-VL).

    Attributes:
        slot: First part of the slots' names.
        positions_slot: Slot with i32[n, b, t], n = 3.
        sections: How many angles each coordinate turns.
        interleaved: How they are spread; see `mrope_rows`.
    Numerics: frequencies in f64, rounded once to f32; angles, cosine and sine in f32.
    """

    usual_mode: ClassVar[str] = "fence"  # else every rotation takes sines of its own

    slot: str = "rope"
    positions_slot: str = "mrope_positions"
    sections: tuple[int, ...]
    interleaved: bool = False

    def __post_init__(self) -> None:
        RopeNumbers.__post_init__(self)
        mrope_rows(self.sections, self.dim // 2, interleaved=self.interleaved)
        if self.rope_type in BY_LENGTH:
            expected = "a type that does not look at the length"
            raise ConfigError("rope of three positions", expected=expected, found=self.rope_type)

    @property
    def contract(self) -> Contract:
        return Contract(
            reads=(self.positions_slot,),
            writes=(f"{self.slot}.cos", f"{self.slot}.sin"),
            needs_value=False,
            gives_value=False,
        )

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        positions = emit.named(self.positions_slot)
        if positions.axes != ("n", "b", "t") or positions.size("n") != ROWS:
            found = str(positions.type)
            raise ShapeError(
                f"slot `{self.positions_slot}`", expected="i32[n=3, b, t]", found=found
            )
        numbers, attention = inverse_frequencies(self)
        rows = mrope_rows(self.sections, self.dim // 2, interleaved=self.interleaved)
        turned = (rows == np.arange(ROWS)[:, None]) * numbers  # each angle in one row, else 0
        table = emit.constant_array(turned.astype(np.float32), "n r")
        pairs = zip(positions.axes, positions.shape, strict=True)
        full = tensor_type("f32", [*pairs, ("r", self.dim // 2)])
        wide = ops.expand(ops.convert(positions, "f32"), full)
        angles = ops.sum(wide * ops.expand(table, full), over="n")
        emit.set_named(f"{self.slot}.cos", ops.cosine(angles) * attention)
        emit.set_named(f"{self.slot}.sin", ops.sine(angles) * attention)
        return x

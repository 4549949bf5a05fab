"""Positions that count tokens by their ids."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import POSITIONS, Block, Contract, Emit, required
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedPositions(Block):
    """Publishes the slot `positions`, i32[b, t]: how many tokens there are so far, behind the pad.

    Formula: `real = ids != pad_id`, `positions[b,t] = pad_id + real[b,t] sum_{u<=t} real[b,u]`.
    Source: Liu et al., arXiv 1907.11692 (in its code); pads stand at pad_id, and the first token
    at pad_id + 1, whatever the mask says.

    Attributes:
        pad_id: The id of pads; >= 0.
    """

    pad_id: int

    @property
    def contract(self) -> Contract:
        return Contract(writes=(POSITIONS,))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """i32[b, t] -> i32[b, t]."""
        x = required(x, self)
        real = ops.convert(ops.compare(x, "NE", self.pad_id), "i32")
        emit.set_named(POSITIONS, ops.cumulative_sum(real, over="t") * real + self.pad_id)
        return x

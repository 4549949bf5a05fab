"""What a recogniser finds: the operations of one block, or the reason why they are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rlxflow.ir.bindings import ir


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Operations that together are one block.

    Attributes:
        block: The kind of stage they become.
        root: The last of them; what it makes is what the stage gives.
        ops: All of them, the root too.
        inputs: Operands by what they are (`x`, `weight`), in the stage's order; any others follow.
        params: The numbers of the block.
        weight: The name of a weight among the operands, to call the stage after.
    """

    block: str
    root: ir.Operation
    ops: tuple[ir.Operation, ...]
    inputs: Mapping[str, ir.Value]
    params: Mapping[str, object] = field(default_factory=dict)
    weight: str = ""


class NearMiss(Exception):
    """Looks like a block and is none, for the reason that it says."""

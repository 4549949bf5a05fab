"""Streams put one after the other as one value, and tokens cut out of it again."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.blocks.streams import stream_slot
from rlxflow.errors import ShapeError
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinStreams(Block):
    """Drops the current value and goes on with streams, the tokens of one after those of another.

    Attributes:
        streams: Their names, in order.
    """

    streams: tuple[str, ...]

    @property
    def contract(self) -> Contract:
        return Contract(reads=tuple(map(stream_slot, self.streams)), needs_value=False)

    def numbers(self) -> dict[str, object]:
        return {}

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """Any -> [b, t, d]."""
        del x
        return ops.concatenate([emit.named(stream_slot(name)) for name in self.streams], "t")


@dataclass(frozen=True, slots=True, kw_only=True)
class DropTokens(Block):
    """Leaves out the first tokens of each row.

    Formula: `y[b,t,d] = x[b, count + t, d]`.

    Attributes:
        count: How many.
    Constraints: (C1) at least one token is left.
    """

    count: int

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        tokens = x.size("t")
        if not 0 <= self.count < tokens:
            expected = f"fewer than {tokens} tokens to leave out"
            raise ShapeError("drop tokens (C1)", expected=expected, found=str(self.count))
        return ops.slice(x, "t", self.count, tokens)

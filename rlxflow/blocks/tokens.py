"""Where tokens stand: positions, lengths, and the last token of each row."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import LENGTHS, POSITIONS, TOKEN_MASK, Block, Contract, Emit, required
from rlxflow.errors import ShapeError
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Positions(Block):
    """Publishes the slot `positions`, i32[b, t].

    From an input [b, t] as it is; from an input [b] (the position of the first token; one number
    stands for all rows) `positions[b,t] = input[b] + t`; without an input `positions[b,t] = t`.
    With lengths, tokens behind a row's end get the position of its last one, so that no position
    is one that no token has (the rotation of some models looks at the largest).

    Attributes:
        input: Name of a flow input; empty to count from 0.
        lengths: Whether the slot `lengths` [b] limits the positions.
    """

    input: str = ""
    lengths: bool = False

    @property
    def contract(self) -> Contract:
        inputs = (self.input,) if self.input else ()
        reads = (LENGTHS,) if self.lengths else ()
        return Contract(inputs=inputs, reads=reads, writes=(POSITIONS,))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """i32[b, t] -> i32[b, t]."""
        x = required(x, self)
        given = emit.flow_input(self.input) if self.input else None
        if given is None or given.axes == ("b",):
            grid = tensor_type("i32", {"b": x.size("b"), "t": x.size("t")})
            steps = ops.expand(ops.iota(x, "t", x.size("t")), grid)
            if given is not None and given.size("b") == 1 < x.size("b"):
                given = ops.pick(given, "b", 0)
            given = steps if given is None else steps + given
        if self.lengths:
            given = ops.minimum(given, emit.named(LENGTHS) - 1)
        emit.set_named(POSITIONS, given)
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths(Block):
    """Publishes the slot `lengths`, i32[b]: how many tokens each row has.

    Attributes:
        input: Name of a flow input [b].
    """

    input: str = "lengths"

    @property
    def contract(self) -> Contract:
        return Contract(
            inputs=(self.input,), writes=(LENGTHS,), needs_value=False, gives_value=False
        )

    def emit(self, emit: Emit, x: Value | None) -> Value | None:
        """Passes the current value through."""
        emit.set_named(LENGTHS, emit.flow_input(self.input))
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenMask(Block):
    """Publishes the slot `token_mask`, i1[b, t]: False at pads.

    Formula: `mask[b,t] = input[b,t] != 0`, or without an input `t < lengths[b]`.

    Attributes:
        input: Name of a flow input [b, t]; empty to go by the slot `lengths`.
    """

    input: str = ""

    @property
    def contract(self) -> Contract:
        if self.input:
            return Contract(inputs=(self.input,), writes=(TOKEN_MASK,))
        return Contract(reads=(LENGTHS,), writes=(TOKEN_MASK,))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """i32[b, t] -> i32[b, t]."""
        x = required(x, self)
        if self.input:
            mask = ops.compare(emit.flow_input(self.input), "NE", 0)
        else:
            grid = tensor_type("i32", {"b": x.size("b"), "t": x.size("t")})
            steps = ops.expand(ops.iota(x, "t", x.size("t")), grid)
            mask = ops.compare(steps, "LT", emit.named(LENGTHS))
        emit.set_named(TOKEN_MASK, mask)
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherLastToken(Block):
    """Keeps one token of each row: the last.

    Formula: `y[b,0,d] = x[b, index, d]`, index = t - 1, or `at`, or `input[b] - minus`.

    Attributes:
        input: Name of a flow input i32[b]; empty for the last column.
        minus: 1 if the input holds lengths, 0 if it holds indices.
        at: The column to keep without an input; None for the last.
        batch: b, if it is to be checked.
    """

    input: str = ""
    minus: int = 0
    at: int | None = None
    batch: int | None = None

    @property
    def contract(self) -> Contract:
        return Contract(inputs=(self.input,) if self.input else ())

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, 1, d]."""
        x = required(x, self)
        count = x.size("t")
        if self.batch not in {None, x.size("b")}:
            raise ShapeError("last token", expected=f"b={self.batch}", found=str(x.type))
        if not self.input:
            at = count - 1 if self.at is None else self.at
            if not 0 <= at < count:
                expected = f"a token from 1 to {count}"
                raise ShapeError("last token", expected=expected, found=str(at + 1))
            return ops.slice(x, "t", at, at + 1)
        index = emit.flow_input(self.input)
        if index.axes != ("b",):
            raise ShapeError(f"input `{self.input}`", expected="i32[b]", found=str(index.type))
        return ops.insert(ops.take(x, index - self.minus if self.minus else index, "t"), "t", 1)

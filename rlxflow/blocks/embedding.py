"""Rows of tables: tokens, positions, token types."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import POSITIONS, Block, Contract, Emit, required
from rlxflow.errors import ShapeError
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Embed(Block):
    """Replaces each id by a row of a table.

    Formula: `y[b,t,d] = table[ids[b,t], d]`.
    Weights: `key` [v, d].

    Attributes:
        vocab_size: Size of `v`; None to read it from the weights.
        hidden_size: Size of `d`; None to read it from the weights.
    Numerics: the rows are given in the compute dtype. Ids beyond the table are clamped by XLA; the
        runtime refuses them before the call.
    """

    key: str
    vocab_size: int | None = None
    hidden_size: int | None = None

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """i32[b, t] -> [b, t, d]."""
        table = emit.param(self.key, {"v": self.vocab_size, "d": self.hidden_size})
        return ops.convert(ops.take(table, required(x, self), axis="v"), emit.compute_dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherFromInput(Block):
    """Drops the current value and starts again from rows chosen by a flow input.

    Formula: `y[b,t,d] = table[input[b,t], d]`.
    Weights: `key` [n, d].
    """

    input: str
    key: str
    rows: int | None = None
    hidden_size: int | None = None

    @property
    def contract(self) -> Contract:
        return Contract(inputs=(self.input,), needs_value=False)

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """Any -> [b, t, d]."""
        table = emit.param(self.key, {"n": self.rows, "d": self.hidden_size})
        rows = ops.take(table, emit.flow_input(self.input), axis="n")
        return ops.convert(rows, emit.compute_dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherAdd(Block):
    """Adds rows chosen by a flow input, such as token types or explicit positions.

    Formula: `y[b,t,d] = x[b,t,d] + table[input[b,t], d]`.
    Weights: `key` [n, d].
    """

    input: str
    key: str
    rows: int | None = None

    @property
    def contract(self) -> Contract:
        return Contract(inputs=(self.input,))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        table = emit.param(self.key, {"n": self.rows, "d": x.size("d")})
        rows = ops.take(table, emit.flow_input(self.input), axis="n")
        return x + ops.convert(rows, x.dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedPositions(Block):
    """Adds the first rows of a learned position table: token t gets row `offset + t`.

    Formula: `y[b,t,d] = x[b,t,d] + table[offset + t, d]`.
    Weights: `key` [p, d].

    Attributes:
        positions: Size of `p`.
        offset: Row of the first token.
    Constraints: (C1) `offset + t` does not pass the end of the table.
    """

    key: str
    positions: int
    offset: int = 0

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        length = x.size("t")
        if self.offset + length > self.positions:
            raise ShapeError(
                "positions",
                expected=f"at most {self.positions - self.offset} tokens",
                found=f"t={length}",
                cure="shorten the sequence: the table holds no more positions",
            )
        table = emit.param(self.key, {"p": self.positions, "d": x.size("d")})
        rows = ops.slice(table, "p", self.offset, self.offset + length)
        return x + ops.convert(ops.rename(rows, p="t"), x.dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRows(Block):
    """Adds rows of a learned table chosen by the slot `positions`.

    Formula: `y[b,t,d] = x[b,t,d] + table[positions[b,t], d]`.
    Weights: `key` [p, d].

    Attributes:
        rows: p.
    """

    key: str
    rows: int

    @property
    def contract(self) -> Contract:
        return Contract(reads=(POSITIONS,))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        table = emit.param(self.key, {"p": self.rows, "d": x.size("d")})
        return x + ops.convert(ops.take(table, emit.named(POSITIONS), axis="p"), x.dtype)

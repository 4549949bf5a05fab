"""The residual stream: a stack of saved values, so that branches may nest."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualSave(Block):
    """Puts the current value on the residual stack and passes it through."""

    @property
    def contract(self) -> Contract:
        return Contract(saves=True)

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[...] -> [...]."""
        x = required(x, self)
        emit.save_residual(x)
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class ResidualAdd(Block):
    """Takes the value saved last off the stack and adds it.

    Formula: `y = x + saved`.
    """

    @property
    def contract(self) -> Contract:
        return Contract(takes=True)

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[...] -> [...]."""
        return required(x, self) + emit.take_residual()

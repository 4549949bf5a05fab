"""Values put aside and fetched again, so that one flow may hold two encoders."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class FromInput(Block):
    """Drops the current value and goes on with a flow input.

    Formula: `y = input`.

    Attributes:
        input: Its name.
    """

    input: str

    @property
    def contract(self) -> Contract:
        return Contract(inputs=(self.input,), needs_value=False)

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """Ignores the current value -> [...]."""
        del x
        return emit.flow_input(self.input)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish(Block):
    """Publishes the current value under a name and passes it through.

    Attributes:
        slot: The name.
    """

    slot: str

    @property
    def contract(self) -> Contract:
        return Contract(writes=(self.slot,))

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[...] -> [...]."""
        x = required(x, self)
        emit.set_named(self.slot, x)
        return x

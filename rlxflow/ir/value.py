"""A tensor while a module is built: its type, and a handle that only the back end understands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlxflow.ir import elementwise
from rlxflow.ir.types import TensorType

if TYPE_CHECKING:
    from rlxflow.ir.backend import Backend


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A tensor with named axes. Arithmetic broadcasts by axis name; a number is a splat.

    `x + b` needs the axes of one side to contain those of the other, with equal sizes.
    Two values are equal only if they are the same object (`==` never builds an operation).
    """

    type: TensorType
    handle: object
    backend: Backend

    def derive(self, type_: TensorType, handle: object) -> Value:
        """Returns another value of the same back end."""
        return Value(type_, handle, self.backend)

    @property
    def dtype(self) -> str:
        return self.type.dtype

    @property
    def axes(self) -> tuple[str, ...]:
        return self.type.names

    @property
    def shape(self) -> tuple[int, ...]:
        return self.type.sizes

    def size(self, axis: str) -> int:
        """Returns the size of a named axis."""
        return self.type.size(axis)

    def __add__(self, other: Value | float) -> Value:
        return elementwise.add(self, other)

    def __radd__(self, other: float) -> Value:
        return elementwise.add(other, self)

    def __sub__(self, other: Value | float) -> Value:
        return elementwise.subtract(self, other)

    def __rsub__(self, other: float) -> Value:
        return elementwise.subtract(other, self)

    def __mul__(self, other: Value | float) -> Value:
        return elementwise.multiply(self, other)

    def __rmul__(self, other: float) -> Value:
        return elementwise.multiply(other, self)

    def __truediv__(self, other: Value | float) -> Value:
        return elementwise.divide(self, other)

    def __rtruediv__(self, other: float) -> Value:
        return elementwise.divide(other, self)

    def __neg__(self) -> Value:
        return elementwise.negate(self)

    def __str__(self) -> str:
        return str(self.type)

"""A tensor while a module is built: its type, and a handle that only the back end understands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rlxflow.errors import DTypeError, ShapeError
from rlxflow.ir import contracting, elementwise, shaping
from rlxflow.ir.types import TensorType

if TYPE_CHECKING:
    from rlxflow.ir.backend import Backend


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A tensor with named axes. Arithmetic broadcasts by axis name; a number is a splat.

    `x + b` needs the axes of one side to contain those of the other, with equal sizes.
    Two values are equal only if they are the same object (`==` never builds an operation; `eq`
    does). `x @ y` sums over the last axis of `x`, which `y` must have; other axes that both have go
    along. Comparisons give `i1`, which `&`, `|`, `~` combine and `where` uses.
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

    def __pow__(self, exponent: Value | float) -> Value:
        if isinstance(exponent, (int, float)) and exponent == 2:
            return elementwise.multiply(self, self)
        return elementwise.power(self, exponent)

    def __mod__(self, other: Value | float) -> Value:
        return elementwise.remainder(self, other)

    def __abs__(self) -> Value:
        return elementwise.abs_(self)

    def __matmul__(self, other: Value) -> Value:
        if not self.axes:
            raise ShapeError("@", expected="an axis to sum over", found=str(self.type))
        return contracting.dot(self, other, over=self.axes[-1])

    def __lt__(self, other: Value | float) -> Value:
        return elementwise.compare(self, "LT", other)

    def __le__(self, other: Value | float) -> Value:
        return elementwise.compare(self, "LE", other)

    def __gt__(self, other: Value | float) -> Value:
        return elementwise.compare(self, "GT", other)

    def __ge__(self, other: Value | float) -> Value:
        return elementwise.compare(self, "GE", other)

    def eq(self, other: Value | float) -> Value:
        """Returns where both are equal."""
        return elementwise.compare(self, "EQ", other)

    def ne(self, other: Value | float) -> Value:
        """Returns where they differ."""
        return elementwise.compare(self, "NE", other)

    def __and__(self, other: Value) -> Value:
        return elementwise.logical_and(self, other)

    def __or__(self, other: Value) -> Value:
        return elementwise.logical_or(self, other)

    def __invert__(self) -> Value:
        return elementwise.logical_not(self)

    def __bool__(self) -> bool:
        raise DTypeError(
            "condition",
            expected="a bool of Python",
            found=f"a tensor {self.type}, whose numbers are not known yet",
            cure="use `mask.where(a, b)`",
        )

    def where(self, on_true: Value | float, on_false: Value | float) -> Value:
        """Returns `on_true` where this mask holds and `on_false` elsewhere."""
        return elementwise.select(self, on_true, on_false)

    def sum(self, over: str) -> Value:
        """Returns the sum over the named axes, which disappear: `x.sum("t d")`."""
        return contracting.sum_(self, over)

    def mean(self, over: str) -> Value:
        """Returns the mean over the named axes, which disappear."""
        return contracting.mean(self, over)

    def max(self, over: str) -> Value:
        """Returns the largest element over the named axes, which disappear."""
        return contracting.max_(self, over)

    def min(self, over: str) -> Value:
        """Returns the smallest element over the named axes, which disappear."""
        return contracting.min_(self, over)

    def split(self, axis: str, **parts: int) -> Value:
        """Returns one axis split in order: `x.split("d", h=12, e=64)`."""
        return shaping.split(self, axis, **parts)

    def merge(self, axes: str, into: str) -> Value:
        """Returns neighbouring axes as one: `x.merge("h e", "d")`."""
        return shaping.merge(self, axes, into)

    def rename(self, **names: str) -> Value:
        """Returns the same with axes renamed: `x.rename(t="s")`."""
        return shaping.rename(self, **names)

    def transpose(self, axes: str) -> Value:
        """Returns the axes in another order: `x.transpose("b h t e")`."""
        return shaping.transpose(self, axes)

    def slice(self, axis: str, start: int, stop: int) -> Value:
        """Returns part of an axis."""
        return shaping.slice_(self, axis, start, stop)

    def astype(self, dtype: str) -> Value:
        """Returns another element type: `x.astype("f32")`."""
        return elementwise.convert(self, dtype)

    def __str__(self) -> str:
        return str(self.type)

"""Element-wise operations. Operands broadcast by axis name, never by position."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import DTypeError, ShapeError
from rlxflow.ir.types import TensorType

if TYPE_CHECKING:
    from rlxflow.ir.value import Value

_COMPARISONS = {"EQ", "NE", "LT", "LE", "GT", "GE"}


def fill(like: Value, value: float, *, dtype: str | None = None) -> Value:
    """Returns a constant with the axes of `like`, every element equal to `value`."""
    type_ = like.type.with_dtype(dtype or like.dtype)
    array = np.asarray(value, dtypes.to_numpy(type_.dtype))
    return like.derive(type_, like.backend.constant(array, type_.sizes, type_.dtype))


def expand(x: Value, target: TensorType) -> Value:
    """Returns `x` repeated along the axes of `target` that it lacks, in the order of `target`.

    Raises ShapeError if `x` has an axis that `target` lacks, or of another size.
    """
    if x.type.names == target.names and x.type.sizes == target.sizes:
        return x
    for name, size in zip(x.type.names, x.type.sizes, strict=True):
        if name not in target.names or target.size(name) != size:
            raise ShapeError(
                "broadcast",
                expected=f"axis `{name}={size}` in the target",
                found=f"{x.type} against {target}",
                cure="rename, slice or expand an operand first",
            )
    dims = [target.axis(name) for name in x.type.names]
    handle = x.backend.broadcast_in_dim(x.handle, target.sizes, dims)
    return x.derive(TensorType(x.dtype, target.names, target.sizes), handle)


def _same_dtype(op: str, *values: Value) -> None:
    kinds = {value.dtype for value in values}
    if len(kinds) > 1:
        raise DTypeError(
            op,
            expected="operands of one element type",
            found=" and ".join(str(value.type) for value in values),
            cure="convert one of them",
        )


def _floats_only(op: str, x: Value) -> None:
    if x.dtype not in dtypes.FLOATS:
        raise DTypeError(op, expected="a float tensor", found=str(x.type), cure="convert it first")


def align(op: str, x: Value | float, y: Value | float) -> tuple[Value, Value]:
    """Returns both operands with equal types: numbers filled, the smaller side expanded by name."""
    if not hasattr(x, "type") and not hasattr(y, "type"):
        raise DTypeError(op, expected="at least one tensor", found=f"{x!r} and {y!r}")
    if isinstance(x, (int, float)):
        assert not isinstance(y, (int, float))
        return fill(y, x), y
    if isinstance(y, (int, float)):
        return x, fill(x, y)
    for operand in (x, y):
        if not hasattr(operand, "type"):
            raise DTypeError(op, expected="tensors or numbers", found=type(operand).__name__)
    _same_dtype(op, x, y)
    if set(y.axes) <= set(x.axes):
        return x, expand(y, x.type)
    if set(x.axes) <= set(y.axes):
        return expand(x, y.type), y
    raise ShapeError(
        op,
        expected="the axes of one operand to contain those of the other",
        found=f"{x.type} and {y.type}",
        cure="expand one of them first",
    )


def _binary(op: str, x: Value | float, y: Value | float) -> Value:
    a, b = align(op, x, y)
    return a.derive(a.type, a.backend.binary(op, a.handle, b.handle))


def _unary(op: str, x: Value) -> Value:
    return x.derive(x.type, x.backend.unary(op, x.handle))


def _float_unary(op: str, x: Value) -> Value:
    _floats_only(op, x)
    return _unary(op, x)


def add(x: Value | float, y: Value | float) -> Value:
    """Returns `x + y`."""
    return _binary("add", x, y)


def subtract(x: Value | float, y: Value | float) -> Value:
    """Returns `x - y`."""
    return _binary("subtract", x, y)


def multiply(x: Value | float, y: Value | float) -> Value:
    """Returns `x * y`."""
    return _binary("multiply", x, y)


def divide(x: Value | float, y: Value | float) -> Value:
    """Returns `x / y`; integers round toward zero."""
    return _binary("divide", x, y)


def remainder(x: Value | float, y: Value | float) -> Value:
    """Returns the remainder of `x / y`, with the sign of `x`."""
    return _binary("remainder", x, y)


def power(x: Value | float, y: Value | float) -> Value:
    """Returns `x ** y`."""
    return _binary("power", x, y)


def maximum(x: Value | float, y: Value | float) -> Value:
    """Returns the larger of both; NaN if either is NaN."""
    return _binary("maximum", x, y)


def minimum(x: Value | float, y: Value | float) -> Value:
    """Returns the smaller of both; NaN if either is NaN."""
    return _binary("minimum", x, y)


def logical_and(x: Value, y: Value) -> Value:
    """Returns `x and y`, bit by bit for integers."""
    return _binary("and", x, y)


def logical_or(x: Value, y: Value) -> Value:
    """Returns `x or y`, bit by bit for integers."""
    return _binary("or", x, y)


def logical_not(x: Value) -> Value:
    """Returns `not x`, bit by bit for integers."""
    return _unary("not", x)


def negate(x: Value) -> Value:
    """Returns `-x`."""
    return _unary("negate", x)


def abs_(x: Value) -> Value:
    """Returns `|x|`."""
    return _unary("abs", x)


def floor(x: Value) -> Value:
    """Returns the largest whole number not above `x`."""
    return _float_unary("floor", x)


def round_(x: Value) -> Value:
    """Returns the whole number nearest to `x`; of two that are as near, the even one."""
    return _float_unary("round_nearest_even", x)


def exponential(x: Value) -> Value:
    """Returns `e ** x`."""
    return _float_unary("exponential", x)


def log(x: Value) -> Value:
    """Returns the natural logarithm."""
    return _float_unary("log", x)


def log_plus_one(x: Value) -> Value:
    """Returns `log(1 + x)`, exact near 0."""
    return _float_unary("log_plus_one", x)


def sine(x: Value) -> Value:
    """Returns `sin x`, x in radians."""
    return _float_unary("sine", x)


def cosine(x: Value) -> Value:
    """Returns `cos x`, x in radians."""
    return _float_unary("cosine", x)


def tanh(x: Value) -> Value:
    """Returns the hyperbolic tangent."""
    return _float_unary("tanh", x)


def logistic(x: Value) -> Value:
    """Returns `1 / (1 + e ** -x)`."""
    return _float_unary("logistic", x)


def erf(x: Value) -> Value:
    """Returns the error function (`chlo.erf`, not a polynomial of our own)."""
    return _float_unary("erf", x)


def sqrt(x: Value) -> Value:
    """Returns the square root."""
    return _float_unary("sqrt", x)


def rsqrt(x: Value) -> Value:
    """Returns `1 / sqrt(x)`."""
    return _float_unary("rsqrt", x)


def convert(x: Value, dtype: str) -> Value:
    """Returns `x` as another element type; `x` itself if it already is of that type."""
    if x.dtype == dtypes.check(dtype, "convert"):
        return x
    return x.derive(x.type.with_dtype(dtype), x.backend.convert(x.handle, dtype))


def compare(x: Value | float, direction: str, y: Value | float) -> Value:
    """Returns an `i1` tensor; `direction` is one of EQ NE LT LE GT GE."""
    if direction not in _COMPARISONS:
        raise DTypeError(
            "compare", expected=f"one of {', '.join(sorted(_COMPARISONS))}", found=f"`{direction}`"
        )
    a, b = align("compare", x, y)
    return a.derive(a.type.with_dtype("i1"), a.backend.compare(direction, a.handle, b.handle))


def select(pred: Value, on_true: Value | float, on_false: Value | float) -> Value:
    """Returns `on_true` where `pred` holds and `on_false` elsewhere."""
    if pred.dtype != "i1":
        raise DTypeError("select", expected="a predicate of i1", found=str(pred.type))
    a, b = align("select", on_true, on_false)
    full = a.type if set(pred.axes) <= set(a.axes) else pred.type.with_dtype(a.dtype)
    pred, a, b = expand(pred, full), expand(a, full), expand(b, full)
    return a.derive(full, a.backend.select(pred.handle, a.handle, b.handle))


def clamp(low: float, x: Value, high: float) -> Value:
    """Returns `x` limited to `low ... high`."""
    return minimum(maximum(x, low), high)

"""Operations that make axes disappear: reductions, softmax and products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rlxflow import dtypes
from rlxflow.errors import DTypeError, ShapeError
from rlxflow.ir import elementwise as ew
from rlxflow.ir.types import tensor_type

if TYPE_CHECKING:
    from rlxflow.ir.value import Value


def _over(axes: str | Sequence[str]) -> tuple[str, ...]:
    return tuple(axes.split()) if isinstance(axes, str) else tuple(axes)


def _reduce(kind: str, x: Value, over: str | Sequence[str]) -> Value:
    names = _over(over)
    dims = sorted(x.type.axis(name) for name in names)
    return x.derive(x.type.without(names), x.backend.reduce(kind, x.handle, dims))


def sum_(x: Value, over: str | Sequence[str]) -> Value:
    """Returns the sum over the named axes, which disappear."""
    return _reduce("add", x, over)


def max_(x: Value, over: str | Sequence[str]) -> Value:
    """Returns the largest element over the named axes, which disappear."""
    return _reduce("maximum", x, over)


def min_(x: Value, over: str | Sequence[str]) -> Value:
    """Returns the smallest element over the named axes, which disappear."""
    return _reduce("minimum", x, over)


def mean(x: Value, over: str | Sequence[str]) -> Value:
    """Returns `sum(x) / count` over the named axes, which disappear."""
    count = 1
    for name in _over(over):
        count *= x.size(name)
    return ew.divide(sum_(x, over), float(count))


def softmax(x: Value, over: str) -> Value:
    """Returns `e^(x-m) / sum e^(x-m)` over one axis, m the largest element; computed in f32."""
    wide = ew.convert(x, "f32")
    exps = ew.exponential(wide - max_(wide, over))
    return ew.convert(exps / sum_(exps, over), x.dtype)


def dot(x: Value, y: Value, over: str | Sequence[str], *, dtype: str | None = None) -> Value:
    """Returns the product summed over the named axes (one `stablehlo.dot_general`).

    Axes that both operands have and that are not summed over are batch axes. The result has the
    batch axes first, then the rest of `x`, then the rest of `y`. Weights are used as they are
    stored: `dot(x[b t d], w[o d], over="d")` is `x @ w.T` without a transpose.

    Args:
        x: f32, bf16 or f16.
        y: Of the same element type.
        over: The axes summed over.
        dtype: Element type of sum and result; that of `x` if not given.

    Raises:
        ShapeError: an axis is missing or of two sizes. DTypeError: element types differ.
    """
    names = _over(over)
    for operand in (x, y):
        if not hasattr(operand, "type"):
            raise DTypeError("dot", expected="tensors", found=type(operand).__name__)
    if x.dtype != y.dtype or x.dtype not in dtypes.FLOATS | dtypes.INTEGERS:
        raise DTypeError("dot", expected="numbers of one type", found=f"{x.type} and {y.type}")
    shared = [name for name in x.axes if name in y.axes]
    for name in (*names, *shared):
        if x.size(name) != y.size(name):
            raise ShapeError(
                "dot", expected=f"one size of `{name}`", found=f"{x.type} and {y.type}"
            )
    batch = [name for name in shared if name not in names]
    left = [name for name in x.axes if name not in shared]
    right = [name for name in y.axes if name not in shared]
    type_ = tensor_type(
        dtype or x.dtype,
        [(n, x.size(n)) for n in (*batch, *left)] + [(n, y.size(n)) for n in right],
    )
    handle = x.backend.dot_general(
        x.handle,
        y.handle,
        contract=([x.type.axis(n) for n in names], [y.type.axis(n) for n in names]),
        batch=([x.type.axis(n) for n in batch], [y.type.axis(n) for n in batch]),
        dtype=type_.dtype,
    )
    return x.derive(type_, handle)


def l2_normalize(x: Value, over: str, floor: float = 1e-12) -> Value:
    """Returns `x / max(|x|, floor)` over one axis, as torch.nn.functional.normalize does."""
    norm = ew.sqrt(sum_(ew.multiply(x, x), over))
    return x / ew.maximum(norm, floor)

"""Operations that move elements: axes renamed, split, merged, reordered, cut and joined."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rlxflow import dtypes
from rlxflow.errors import DTypeError, ShapeError
from rlxflow.ir.types import TensorType, tensor_type

if TYPE_CHECKING:
    from rlxflow.ir.value import Value


def constant(like: Value, array: np.ndarray, axes: str | Sequence[str]) -> Value:
    """Returns a constant tensor with the given axis names, built by the back end of `like`."""
    names = _names(axes)
    if array.ndim != len(names):
        raise ShapeError("constant", expected=f"{len(names)} axes", found=f"shape {array.shape}")
    type_ = tensor_type(dtypes.from_numpy(array.dtype), zip(names, array.shape, strict=True))
    return like.derive(type_, like.backend.constant(array, type_.sizes, type_.dtype))


def iota(like: Value, axis: str, size: int, dtype: str = "i32") -> Value:
    """Returns `0, 1, ... size-1` along one new axis."""
    type_ = tensor_type(dtype, {axis: size})
    return like.derive(type_, like.backend.iota(type_.sizes, dtype, 0))


def rename(x: Value, **names: str) -> Value:
    """Returns `x` with axes renamed: `rename(x, t="s")`. Builds no operation."""
    for old in names:
        x.type.axis(old)
    renamed = tensor_type(
        x.dtype, [(names.get(n, n), s) for n, s in zip(x.axes, x.shape, strict=True)]
    )
    return x.derive(renamed, x.handle)


def split(x: Value, axis: str, **parts: int) -> Value:
    """Returns `x` with one axis split in order: `split(x, "d", h=12, e=64)`."""
    at = x.type.axis(axis)
    if math.prod(parts.values()) != x.shape[at]:
        raise ShapeError(
            "split",
            expected=f"parts of `{axis}` whose product is {x.shape[at]}",
            found=", ".join(f"{n}={s}" for n, s in parts.items()),
        )
    pairs = list(zip(x.axes, x.shape, strict=True))
    type_ = tensor_type(x.dtype, [*pairs[:at], *parts.items(), *pairs[at + 1 :]])
    return x.derive(type_, x.backend.reshape(x.handle, type_.sizes))


def merge(x: Value, axes: str | Sequence[str], into: str) -> Value:
    """Returns `x` with neighbouring axes joined into one: `merge(x, "h e", "d")`."""
    names = _names(axes)
    at = x.type.axis(names[0])
    if x.axes[at : at + len(names)] != names:
        raise ShapeError(
            "merge",
            expected=f"axes {' '.join(names)} side by side",
            found=str(x.type),
            cure="transpose first",
        )
    pairs = list(zip(x.axes, x.shape, strict=True))
    size = math.prod(x.shape[at : at + len(names)])
    type_ = tensor_type(x.dtype, [*pairs[:at], (into, size), *pairs[at + len(names) :]])
    return x.derive(type_, x.backend.reshape(x.handle, type_.sizes))


def transpose(x: Value, axes: str | Sequence[str]) -> Value:
    """Returns `x` with its axes in the given order, which names each of them once."""
    names = _names(axes)
    if sorted(names) != sorted(x.axes):
        raise ShapeError("transpose", expected=f"each axis of {x.type} once", found=" ".join(names))
    if names == x.axes:
        return x
    order = [x.type.axis(name) for name in names]
    type_ = TensorType(x.dtype, names, tuple(x.shape[i] for i in order))
    return x.derive(type_, x.backend.transpose(x.handle, order))


def slice_(x: Value, axis: str, start: int, stop: int, step: int = 1) -> Value:
    """Returns the elements `start, start+step, ... < stop` of one axis."""
    at, size = x.type.axis(axis), x.size(axis)
    if not (0 <= start <= stop <= size and step >= 1):
        raise ShapeError(
            "slice",
            expected=f"0 <= start <= stop <= {size} and step >= 1 on axis `{axis}`",
            found=f"{start}:{stop}:{step}",
        )
    starts, limits, strides = [0] * x.type.rank, list(x.shape), [1] * x.type.rank
    starts[at], limits[at], strides[at] = start, stop, step
    sizes = list(x.shape)
    sizes[at] = -(-(stop - start) // step)
    type_ = TensorType(x.dtype, x.axes, tuple(sizes))
    return x.derive(type_, x.backend.slice(x.handle, starts, limits, strides))


def pick(x: Value, axis: str, index: int) -> Value:
    """Returns one element of an axis, which disappears: `pick(x, "t", 0)`."""
    one = slice_(x, axis, index, index + 1)
    type_ = one.type.without([axis])
    return x.derive(type_, x.backend.reshape(one.handle, type_.sizes))


def insert(x: Value, axis: str, at: int) -> Value:
    """Returns `x` with a new axis of size 1 at position `at`."""
    pairs = list(zip(x.axes, x.shape, strict=True))
    pairs.insert(at, (axis, 1))
    type_ = tensor_type(x.dtype, pairs)
    return x.derive(type_, x.backend.reshape(x.handle, type_.sizes))


def concatenate(parts: Sequence[Value], axis: str) -> Value:
    """Returns the parts joined along one axis; all other axes and the dtype must agree."""
    first = parts[0]
    at = first.type.axis(axis)
    for part in parts[1:]:
        same = part.axes == first.axes and part.type.without([axis]) == first.type.without([axis])
        if not same:
            raise ShapeError(
                "concatenate",
                expected=f"{first.type} but for the size of `{axis}`",
                found=str(part.type),
            )
    sizes = list(first.shape)
    sizes[at] = sum(part.shape[at] for part in parts)
    type_ = TensorType(first.dtype, first.axes, tuple(sizes))
    return first.derive(type_, first.backend.concatenate([part.handle for part in parts], at))


def pad(x: Value, axis: str, low: int, high: int, value: float = 0.0) -> Value:
    """Returns `x` with `low` and `high` elements of `value` put around one axis."""
    at = x.type.axis(axis)
    lows, highs, sizes = [0] * x.type.rank, [0] * x.type.rank, list(x.shape)
    lows[at], highs[at], sizes[at] = low, high, sizes[at] + low + high
    if min(low, high) < 0:
        raise ShapeError("pad", expected="amounts of at least 0", found=f"{low} and {high}")
    type_ = TensorType(x.dtype, x.axes, tuple(sizes))
    return x.derive(type_, x.backend.pad(x.handle, value, lows, highs))


def reverse(x: Value, axis: str) -> Value:
    """Returns `x` with one axis running backwards."""
    return x.derive(x.type, x.backend.reverse(x.handle, [x.type.axis(axis)]))


def take(table: Value, ids: Value, axis: str) -> Value:
    """Returns rows of a table: `axis` is replaced by the axes of `ids`.

    Axes that both have are paired off: `take(x[b t d], ids[b s], "t")` is `x[b, ids[b, s], d]`, and
    the result then has the axes of `ids` first. Ids beyond the table are clamped, as XLA does; the
    runtime refuses them before the call.
    """
    if ids.dtype not in dtypes.INTEGERS:
        raise DTypeError("take", expected="ids of an integer type", found=str(ids.type))
    at = table.type.axis(axis)
    pairs = list(zip(table.axes, table.shape, strict=True))
    index = list(zip(ids.axes, ids.shape, strict=True))
    shared = [pair for pair in index if pair[0] in table.axes and pair[0] != axis]
    if shared:
        if any(table.size(name) != size for name, size in shared):
            raise ShapeError("take", expected=f"sizes as in {table.type}", found=str(ids.type))
        rest = [pair for pair in pairs if pair[0] != axis and pair not in shared]
        names = [name for name, _ in shared]
        batch = ([table.type.axis(n) for n in names], [ids.type.axis(n) for n in names])
        handle = table.backend.take_batched(table.handle, ids.handle, at, batch)
        return table.derive(tensor_type(table.dtype, [*index, *rest]), handle)
    type_ = tensor_type(table.dtype, [*pairs[:at], *index, *pairs[at + 1 :]])
    return table.derive(type_, table.backend.take(table.handle, ids.handle, at))


def dynamic_slice(x: Value, axis: str, start: Value, size: int) -> Value:
    """Returns `size` elements of one axis from a run-time `start` (a scalar), clamped to fit."""
    at, starts, sizes = x.type.axis(axis), _starts(x, axis, start), list(x.shape)
    if not 0 <= size <= sizes[at]:
        expected = f"0 to {sizes[at]} elements of axis `{axis}`"
        raise ShapeError("dynamic_slice", expected=expected, found=str(size))
    sizes[at] = size
    type_ = TensorType(x.dtype, x.axes, tuple(sizes))
    return x.derive(type_, x.backend.dynamic_slice(x.handle, starts, sizes))


def dynamic_update_slice(x: Value, update: Value, axis: str, start: Value) -> Value:
    """Returns `x` with `update` written along one axis from a run-time `start`, clamped to fit."""
    return update_slice(x, update, {axis: start})


def update_slice(x: Value, update: Value, starts: Mapping[str, Value | int]) -> Value:
    """Returns `x` with `update` written from the given start of each axis, 0 if none is given.

    A start is a number or an integer scalar of the program; starts are clamped so that it fits.
    """
    fits = all(u <= s for u, s in zip(update.shape, x.shape, strict=False))
    if update.axes != x.axes or update.dtype != x.dtype or not fits:
        raise ShapeError("update", expected=f"axes as in {x.type}", found=str(update.type))
    for name in starts:
        x.type.axis(name)
    places = [_start(x, starts.get(name, 0)) for name in x.axes]
    return x.derive(x.type, x.backend.dynamic_update_slice(x.handle, update.handle, places))


def _start(x: Value, start: Value | int) -> object:
    if isinstance(start, int):
        return x.backend.constant(np.asarray(start, np.int32), (), "i32")
    if start.type.rank or start.dtype != "i32":
        raise ShapeError("start", expected="an i32 scalar", found=str(start.type))
    return start.handle


def _starts(x: Value, axis: str, start: Value) -> list[object]:
    if start.type.rank or start.dtype not in dtypes.INTEGERS:
        raise ShapeError("start", expected="an integer scalar", found=str(start.type))
    zero = x.backend.constant(np.asarray(0, dtypes.to_numpy(start.dtype)), (), start.dtype)
    return [start.handle if name == axis else zero for name in x.axes]


def _names(axes: str | Sequence[str]) -> tuple[str, ...]:
    return tuple(axes.split()) if isinstance(axes, str) else tuple(axes)

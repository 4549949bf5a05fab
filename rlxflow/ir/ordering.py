"""Operations in which the order of elements counts: sorting, running sums, systems, loops."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from rlxflow.errors import ShapeError
from rlxflow.ir import elementwise as ew
from rlxflow.ir import shaping
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value


def top_k(x: Value, over: str, count: int, into: str) -> tuple[Value, Value]:
    """Returns the `count` largest elements of one axis, largest first, and where they stood (i32).

    The axis becomes `into` and comes last. Of equal elements the one that stood first comes first.
    """
    if not 0 < count <= x.size(over):
        found = f"{count} of {x.type}"
        raise ShapeError("top_k", expected="at least 1, at most the axis", found=found)
    last = shaping.transpose(x, [*(name for name in x.axes if name != over), over])
    pairs = [*zip(last.axes[:-1], last.shape[:-1], strict=True), (into, count)]
    values, ids = x.backend.top_k(last.handle, count)
    return x.derive(tensor_type(x.dtype, pairs), values), x.derive(tensor_type("i32", pairs), ids)


def sort(keys: Value, *others: Value, over: str) -> tuple[Value, ...]:
    """Returns `keys` in rising order over one axis, and the others moved along with them.

    Equal keys keep their order.
    """
    for other in others:
        if other.axes != keys.axes or other.shape != keys.shape:
            raise ShapeError("sort", expected=f"axes of {keys.type}", found=str(other.type))
    columns = (keys, *others)
    handles = [other.handle for other in others]
    made = keys.backend.sort(keys.handle, handles, keys.type.axis(over))
    return tuple(x.derive(x.type, handle) for x, handle in zip(columns, made, strict=True))


def cumulative_sum(x: Value, over: str) -> Value:
    """Returns at each place of one axis the sum of all elements up to it, itself included."""
    return x.derive(x.type, x.backend.cumulative_sum(x.handle, x.type.axis(over)))


def triangular_solve(a: Value, b: Value, *, rows: str, columns: str) -> Value:
    """Returns x with `sum_columns a x = b`, for `a` lower triangular with ones on the diagonal.

    Args:
        a: [..., rows, columns], as many rows as columns. Only what stands below the diagonal is
            read.
        b: [..., rows, n], with the same leading axes.
        rows: The axis of the equations.
        columns: The axis of the unknowns.

    Result: [..., columns, n].
    """
    lead, size = a.type.without([rows, columns]), a.size(columns)
    square = a.axes[-2:] == (rows, columns) and a.size(rows) == size
    if not square or b.axes[-2] != rows or b.size(rows) != size:
        expected = f"[..., {rows}, {columns}] with two equal sizes and [..., {rows}, n]"
        raise ShapeError("triangular_solve", expected=expected, found=f"{a.type} and {b.type}")
    if b.type.without(b.axes[-2:]) != lead:
        raise ShapeError("triangular_solve", expected=f"leading {lead}", found=str(b.type))
    unknown = shaping.rename(b, **{rows: columns}).type
    return b.derive(unknown, b.backend.triangular_solve(a.handle, b.handle))


def repeat(
    count: int | Value, body: Callable[[Value, tuple[Value, ...]], Sequence[Value]], *start: Value
) -> tuple[Value, ...]:
    """Returns what `body(step, values)` makes of the start values after `count` rounds.

    One `stablehlo.while`: the operations of `body` stand in the module once.

    Args:
        count: How often; a number, or an i32 scalar known only at run time.
        body: Called once, with the step as an i32 scalar and the values; gives values of the same
            types. It may use values from outside.
        start: The values before the first round; at least one.
    """
    backend = start[0].backend
    zero = shaping.constant(start[0], np.asarray(0, np.int32), "")
    types = [zero.type, *(value.type for value in start)]

    def wrap(handles: Sequence[object]) -> list[Value]:
        return [Value(type_, h, backend) for type_, h in zip(types, handles, strict=True)]

    def more(handles: Sequence[object]) -> object:
        return ew.compare(wrap(handles)[0], "LT", count).handle

    def once(handles: Sequence[object]) -> list[object]:
        step, *values = wrap(handles)
        made = [step + 1, *body(step, tuple(values))]
        if [value.type for value in made] != types:
            found = ", ".join(str(value) for value in made[1:])
            raise ShapeError("repeat", expected=", ".join(map(str, start)), found=found)
        return [value.handle for value in made]

    given = [zero.handle, *(value.handle for value in start)]
    return tuple(wrap(backend.while_loop(given, more, once))[1:])

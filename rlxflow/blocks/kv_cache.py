"""The key/value cache: where rows are written, and which of them a query sees.

Layout: keys `[b, k, e, s]` (so that a step's product reads them in order), values `[b, k, s, e]`.
Position p of a row stands in slot `p mod S`. With S as long as the model's context that is a plain
cache; with S of at least window + t - 1 it is a ring that forgets what no query can see.

In a cache of int8 each row of a head has a scale `[b, k, s]` beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rlxflow.blocks.base import Emit, PortSpec
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value

INT8 = "i8"
LARGEST = 127
"""The integer that the largest magnitude of a row becomes."""
PARTS = ("key", "value")
SCALES = ("key_scale", "value_scale")


@dataclass(frozen=True, slots=True)
class Kept:
    """Keys or values in the form of a cache: of all slots, or new rows [b, t, k, e].

    Attributes:
        rows: Numbers; integers where there is a scale.
        scale: f32, over the axes of `rows` but for e: what the integers are multiplied by.
    """

    rows: Value
    scale: Value | None = None


def parts_of(dtype: str) -> tuple[str, ...]:
    """Returns what the values of a cache are called: keys, values, and the scales of int8."""
    return (*PARTS, *SCALES) if dtype == INT8 else PARTS


def values_of(pair: Sequence[Kept]) -> list[Value]:
    """Returns the values of a cache, or of rows for it, in the order of `parts_of`."""
    return [*(part.rows for part in pair), *scales_of(pair)]


def scales_of(pair: Sequence[Kept]) -> list[Value]:
    """Returns the scales of keys and values, or nothing."""
    return [part.scale for part in pair if part.scale is not None]


def kept_of(values: Sequence[Value]) -> tuple[Kept, Kept]:
    """Returns keys and values of what `values_of` gives."""
    key, value, *scales = values
    return (Kept(key, scales[0]), Kept(value, scales[1])) if scales else (Kept(key), Kept(value))


def cache_ports(
    name: str, groups: int, head_dim: int, slots: int, dtype: str
) -> tuple[PortSpec, ...]:
    """Returns the states `{name}.key` [b, k, e, s] and `{name}.value` [b, k, s, e].

    For int8 also `{name}.key_scale` and `{name}.value_scale`, f32[b, k, s].
    """
    b, k, e, s = ("b", None), ("k", groups), ("e", head_dim), ("s", slots)
    axes = {"key": (b, k, e, s), "value": (b, k, s, e)} | dict.fromkeys(SCALES, (b, k, s))
    return tuple(
        PortSpec(f"{name}.{part}", axes[part], "f32" if part in SCALES else dtype)
        for part in parts_of(dtype)
    )


def cache_states(emit: Emit, ports: tuple[PortSpec, ...], rows: int) -> tuple[Kept, Kept]:
    """Returns keys and values as the states hold them at this point."""
    return kept_of([emit.state(port.name, port.sizes(rows), port.dtype) for port in ports])


def keep(rows: Value, dtype: str) -> Kept:
    """Returns keys or values [b, t, k, e] as a cache of an element type keeps them.

    Formula, for int8: `scale = max_e |x| / 127`, `rows = x / scale` to the nearest integer, of two
    as near to the even one. A row of zeros has scale 0; one that is not finite has a scale that is
    not, so that all of it reads as such. The integers of both are 1.
    """
    if dtype != INT8:
        return Kept(ops.convert(rows, dtype))
    x = ops.convert(rows, "f32")
    largest = ops.max(ops.abs(x), over="e")
    usable = ops.logical_and(ops.compare(largest, "GT", 0), ops.compare(largest, "LT", np.inf))
    whole = ops.round(x / largest * LARGEST)
    return Kept(ops.convert(ops.select(usable, whole, 1.0), INT8), largest * (1 / LARGEST))


def visible_slots(positions: Value, slots: int, window: int | None) -> Value:
    """Returns i1[b, t, s]: whether the query at `positions[b, t]` sees what stands in slot s.

    Slot s holds the latest position p with `p mod S = s` that is not after the row's last query.
    It is visible iff `0 <= p <= position` and, with a window W, `p > position - W`.
    """
    rows, queries = positions.shape
    last = ops.pick(positions, "t", queries - 1)
    grid = tensor_type("i32", {"b": rows, "s": slots})
    behind = ops.expand(last, grid) - ops.expand(ops.iota(positions, "s", slots), grid)
    held = ops.expand(last, grid) - ops.remainder(behind + slots, slots)
    full = tensor_type("i32", {"b": rows, "t": queries, "s": slots})
    held, query = ops.expand(held, full), ops.expand(positions, full)
    seen = ops.logical_and(ops.compare(held, "GE", 0), ops.compare(held, "LE", query))
    if window is not None:
        seen = ops.logical_and(seen, ops.compare(held + window, "GT", query))
    return seen


def write_steps(pair: Sequence[Kept], rows: Sequence[Value], positions: Value) -> list[Value]:
    """Returns the values of a cache with the keys and values of a decode step in it.

    Args:
        pair: Keys and values of all slots.
        rows: New keys and values [b, t, k, e], in any element type.
        positions: i32[b, t].
    """
    new = [keep(each, part.rows.dtype) for each, part in zip(rows, pair, strict=True)]
    both = zip(values_of(pair), values_of(new), strict=True)
    return [write_step(cache, each, positions) for cache, each in both]


def write_step(cache: Value, rows: Value, positions: Value) -> Value:
    """Returns the cache with the rows of a decode step at `positions[b, t] mod S`.

    Each batch row has its own position, so each gets its own update; XLA makes them in place.

    Args:
        cache: [b, k, e, s] or [b, k, s, e], or the scales [b, k, s].
        rows: [b, t, k, e], or [b, t, k].
        positions: i32[b, t].
    """
    slots = cache.size("s")
    places = ops.remainder(positions, slots)
    update = ops.transpose(ops.rename(rows, t="s"), cache.axes)
    for row in range(cache.size("b")):
        for step in range(rows.size("t")):
            part = ops.slice(ops.slice(update, "b", row, row + 1), "s", step, step + 1)
            place = ops.pick(ops.pick(places, "b", row), "t", step)
            cache = ops.update_slice(cache, part, {"b": row, "s": place})
    return cache


def write_prompt(cache: Value, rows: Value, lengths: Value | None) -> Value:
    """Returns the cache with the rows of a prompt that starts at position 0.

    Where the prompt is no longer than the cache, token t goes to slot t; what stands behind a
    row's end is never seen. Else each slot takes the latest token before the row's end that
    belongs there.

    Args:
        cache: [b, k, e, s] or [b, k, s, e], or the scales [b, k, s].
        rows: [b, t, k, e], or [b, t, k], padded on the right.
        lengths: i32[b], tokens in each row; None if all are full.
    """
    count, slots = rows.size("t"), cache.size("s")
    if count <= slots:
        update = ops.transpose(ops.rename(rows, t="s"), cache.axes)
        return ops.update_slice(cache, update, {"s": 0})
    grid = tensor_type("i32", {"b": rows.size("b"), "s": slots})
    slot = ops.expand(ops.iota(rows, "s", slots), grid)
    last = ops.fill(slot, count - 1) if lengths is None else ops.expand(lengths - 1, grid)
    source = ops.maximum(last - ops.remainder(last - slot + slots, slots), 0)
    return ops.transpose(ops.take(rows, source, "t"), cache.axes)

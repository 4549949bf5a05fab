"""The key/value cache: where rows are written, and which of them a query sees.

Layout: keys `[b, k, e, s]` (so that a step's product reads them in order), values `[b, k, s, e]`.
Position p of a row stands in slot `p mod S`. With S as long as the model's context that is a plain
cache; with S of at least window + t - 1 it is a ring that forgets what no query can see.
"""

from __future__ import annotations

from rlxflow.blocks.base import Emit, PortSpec
from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value


def cache_ports(
    name: str, groups: int, head_dim: int, slots: int, dtype: str
) -> tuple[PortSpec, PortSpec]:
    """Returns the states `{name}.key` [b, k, e, s] and `{name}.value` [b, k, s, e]."""
    b, k, e, s = ("b", None), ("k", groups), ("e", head_dim), ("s", slots)
    keys, values = (b, k, e, s), (b, k, s, e)
    return PortSpec(f"{name}.key", keys, dtype), PortSpec(f"{name}.value", values, dtype)


def cache_states(emit: Emit, ports: tuple[PortSpec, ...], rows: int) -> tuple[Value, Value]:
    """Returns both states as they are at this point."""
    key, value = (emit.state(port.name, port.sizes(rows), port.dtype) for port in ports)
    return key, value


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


def write_step(cache: Value, rows: Value, positions: Value) -> Value:
    """Returns the cache with the rows of a decode step at `positions[b, t] mod S`.

    Each batch row has its own position, so each gets its own update; XLA makes them in place.

    Args:
        cache: [b, k, e, s] or [b, k, s, e].
        rows: [b, t, k, e].
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
        cache: [b, k, e, s] or [b, k, s, e].
        rows: [b, t, k, e], padded on the right.
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

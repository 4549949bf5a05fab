"""The gated delta rule inside chunks: what can be known of a chunk before its start state is."""

from __future__ import annotations

from dataclasses import dataclass, fields

from rlxflow.ir import ops
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True)
class Chunks:
    """Terms of chunks, each independent of the state `S`; t and s are tokens of one chunk.

    The corrections of a chunk are `w = lack - reach S`, its answers `asked S + seen w`, and the
    state after it `left S + kept w`.

    Attributes:
        lack: [chunk, b, k, g, s, o].
        reach: [chunk, b, k, g, s, i].
        asked: [chunk, b, k, g, t, i].
        seen: [chunk, b, k, g, t, s], 0 where s is after t.
        kept: [chunk, b, k, g, s, i].
        left: [chunk, b, k, g].
    """

    lack: Value
    reach: Value
    asked: Value
    seen: Value
    kept: Value
    left: Value

    def at(self, index: Value) -> Chunks:
        """Returns one chunk, without the axis `chunk`."""
        cut = [ops.dynamic_slice(getattr(self, f.name), "chunk", index, 1) for f in fields(self)]
        return Chunks(*(ops.pick(part, "chunk", 0) for part in cut))

    def step(self, state: Value) -> tuple[Value, Value]:
        """Returns answers [b, k, g, t, o] and the state [b, k, g, i, o] after one chunk."""
        fixes = self.lack - ops.dot(self.reach, state, over="i")
        answers = ops.dot(self.asked, state, over="i") + ops.dot(self.seen, fixes, over="s")
        return answers, state * self.left + ops.dot(self.kept, fixes, over="s")


def chunk_terms(q: Value, k: Value, v: Value, decay: Value, beta: Value) -> Chunks:
    """Returns the terms of all chunks.

    Args:
        q: [chunk, b, k, t, i].
        k: [chunk, b, k, t, i].
        v: [chunk, b, k, g, t, o].
        decay: [chunk, b, k, g, t], logarithms.
        beta: [chunk, b, k, g, t].
    """
    sums = ops.cumulative_sum(decay, over="t")
    size = sums.size("t")
    heads = [(n, s) for n, s in zip(sums.axes, sums.shape, strict=True) if n != "t"]
    square = tensor_type("f32", [*heads, ("t", size), ("s", size)])
    past, strict_past = _past(sums, size, "GE"), _past(sums, size, "GT")

    # Differences above the diagonal are positive and might overflow: cut off before the power.
    ages = ops.expand(sums, square) - ops.expand(ops.rename(sums, t="s"), square)
    faded = ops.exponential(ops.select(past, ages, 0.0))
    earlier = ops.rename(k, t="s")

    def products(x: Value, visible: Value) -> Value:
        return ops.select(visible, ops.expand(ops.dot(x, earlier, over="i"), square) * faded, 0.0)

    grown = ops.exponential(sums)
    wide_k = tensor_type("f32", [*heads, ("t", size), ("i", k.size("i"))])
    given = v * beta
    known = ops.expand(k, wide_k) * (grown * beta)
    system = products(k, strict_past) * beta
    sides = ops.concatenate([ops.rename(given, o="side"), ops.rename(known, i="side")], "side")
    solved = ops.triangular_solve(system, sides, rows="t", columns="s")
    values = v.size("o")
    last = ops.pick(sums, "t", size - 1)
    return Chunks(
        lack=ops.rename(ops.slice(solved, "side", 0, values), side="o"),
        reach=ops.rename(ops.slice(solved, "side", values, solved.size("side")), side="i"),
        asked=ops.expand(q, wide_k) * grown,
        seen=products(q, past),
        kept=ops.rename(ops.expand(k, wide_k) * ops.exponential(last - sums), t="s"),
        left=ops.exponential(last),
    )


def _past(like: Value, size: int, direction: str) -> Value:
    """Returns i1[t, s]: whether token s is not after t, or before it with `GT`."""
    grid = tensor_type("i32", {"t": size, "s": size})
    rows = ops.expand(ops.iota(like, "t", size), grid)
    return ops.compare(rows, direction, ops.expand(ops.iota(like, "s", size), grid))

"""Finds what writes the new rows into the caches that an attention reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rlxflow.ir.bindings import ir
from rlxflow.ir.enclose import block_order
from rlxflow.ir.region import is_stage, string_of
from rlxflow.kernels.found import Decode
from rlxflow.kernels.trace import dtype_of, owner_of, shape_of

BLOCK = "kv_cache_write"
_UPDATE = "stablehlo.dynamic_update_slice"
_MOVES = ("stablehlo.slice", "stablehlo.reshape", "stablehlo.transpose", "stablehlo.convert")
_PLACES = ("stablehlo.constant", "stablehlo.remainder", "rlx.yield")


@dataclass(frozen=True, slots=True)
class Write:
    """A stage that writes rows into two caches, and indices of its operands.

    Attributes:
        stage: That.
        caches: Keys [b, k, e, s] and values [b, k, s, e].
        rows: New keys and values [b, t, k, e].
    """

    stage: ir.Operation
    caches: tuple[int, int]
    rows: tuple[int, int]


def find_write(attend: ir.Operation, part: Decode) -> Write | None:
    """Returns what writes the caches of an attention, if nothing reads them in between."""
    positions, queries, *caches = (attend.operands[place] for place in part.operands)
    stage = owner_of(caches[0])
    if stage is None or not is_stage(stage) or string_of(stage, "block") != BLOCK:
        return None
    given = list(stage.results) == caches and stage.block == attend.block
    if not given or not all(_handed_on(cache, attend) for cache in caches):
        return None
    b, t, k, _, e = shape_of(queries)
    pairs = [pair for i in range(2) if (pair := _written(stage, i, b * t))]
    if len(pairs) < 2 or not _plain(stage, 2 * b * t):
        return None
    found = Write(stage, (pairs[0][0], pairs[1][0]), (pairs[0][1], pairs[1][1]))
    like = ((b, t, k, e), dtype_of(queries))
    return found if _fits(found, positions, like) else None


def _fits(found: Write, positions: ir.Value, like: tuple[tuple[int, ...], str]) -> bool:
    """Returns whether rows are as the kernel takes them, and there is no more to the stage."""
    keys, values = (found.stage.operands[i] for i in found.caches)
    rows = [found.stage.operands[i] for i in found.rows]
    typed = all((shape_of(row), dtype_of(row)) == like for row in rows)
    known = {keys, values, positions, *rows}
    return typed and keys != values and positions not in rows and set(found.stage.operands) == known


def _handed_on(cache: ir.Value, attend: ir.Operation) -> bool:
    """Returns whether others read a cache, and only after the attention."""
    readers = [use.owner.operation for use in cache.uses]
    others = [each for each in readers if each != attend]
    return bool(others) and all(
        each.block == attend.block and block_order(attend, each) < 0 for each in others
    )


def _plain(stage: ir.Operation, updates: int) -> bool:
    """Returns whether nothing but so many updates at places modulo the slots happens."""
    ops = [view.operation for view in stage.regions[0].blocks[0].operations]
    counted = [op for op in ops if op.name == _UPDATE]
    return len(counted) == updates and all(op.name in (_UPDATE, *_MOVES, *_PLACES) for op in ops)


def _written(stage: ir.Operation, result: int, count: int) -> tuple[int, int] | None:
    """Returns the operands that a result is: a cache, with so many pieces of rows in it."""
    *_, end = [view.operation for view in stage.regions[0].blocks[0].operations]
    value = end.operands[result]
    sources: set[ir.Value] = set()
    for _ in range(count):
        op = owner_of(value)
        if op is None or op.name != _UPDATE:
            return None
        sources.add(_source(op.operands[1]))
        value = op.operands[0]
    if not isinstance(value.owner, ir.Block) or len(sources) != 1:
        return None
    rows = sources.pop()
    if not isinstance(rows.owner, ir.Block):
        return None
    return ir.BlockArgument(value).arg_number, ir.BlockArgument(rows).arg_number


def _source(value: ir.Value) -> ir.Value:
    """Returns what a value is a part of."""
    for op in _moves(value):
        value = op.operands[0]
    return value


def _moves(value: ir.Value) -> Iterator[ir.Operation]:
    while (op := owner_of(value)) is not None and op.name in _MOVES:
        yield op
        value = op.operands[0]

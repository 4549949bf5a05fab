"""Finds what writes the new rows into the caches that an attention reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from rlxflow.ir.bindings import ir
from rlxflow.ir.enclose import block_order
from rlxflow.ir.region import is_stage, string_of
from rlxflow.kernels.found import Decode
from rlxflow.kernels.trace import dtype_of, owner_of, shape_of
from rlxflow.passes.raising.graph import ints
from rlxflow.passes.raising.numbers import number_of

BLOCK = "kv_cache_write"
_UPDATE = "stablehlo.dynamic_update_slice"
_WRAPPED = 1 << 40
"""Added to marks of positions that were taken modulo the slots."""


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
    at = [i for i, value in enumerate(stage.operands) if value == positions]
    pairs = [_written(stage, at, result, (b, t)) for result in range(2)] if len(at) == 1 else []
    whole = [pair for pair in pairs if pair]
    if len(whole) < 2 or whole[0][0] == whole[1][0]:
        return None
    found = Write(stage, (whole[0][0], whole[1][0]), (whole[0][1], whole[1][1]))
    rows = [stage.operands[i] for i in found.rows]
    like = ((b, t, k, e), dtype_of(queries))
    return found if all((shape_of(row), dtype_of(row)) == like for row in rows) else None


def _handed_on(cache: ir.Value, attend: ir.Operation) -> bool:
    """Returns whether others read a cache, and only after the attention."""
    readers = [use.owner.operation for use in cache.uses]
    others = [each for each in readers if each != attend]
    return bool(others) and all(
        each.block == attend.block and block_order(attend, each) < 0 for each in others
    )


def _written(
    stage: ir.Operation, positions: list[int], result: int, new: tuple[int, int]
) -> tuple[int, int] | None:
    """Returns the operands that a result is: a cache, and rows that are put into it.

    None unless row (b, t) goes to slot `positions[b, t] mod S` of row b, each once, nothing else.
    """
    body = stage.regions[0].blocks[0]
    *_, end = [view.operation for view in body.operations]
    value, updates = end.operands[result], list[ir.Operation]()
    while (op := owner_of(value)) is not None and op.name == _UPDATE:
        updates.append(op)
        value = op.operands[0]
    sources = {_source(op.operands[1]) for op in updates}
    if value.owner != body or len(sources) != 1 or (rows := sources.pop()).owner != body:
        return None
    if shape_of(rows)[:2] != new:
        return None
    slot = 3 - result  # keys [b, k, e, s], values [b, k, s, e]
    marks = {rows: _marks(rows), body.arguments[positions[0]]: np.arange(prod(new)).reshape(new)}
    tokens = [_token(op, slot, shape_of(value)[slot], rows, marks) for op in updates]
    if sorted(token for token in tokens if token is not None) != list(range(prod(new))):
        return None
    if len(tokens) != prod(new):
        return None
    return ir.BlockArgument(value).arg_number, ir.BlockArgument(rows).arg_number


def _token(
    op: ir.Operation, slot: int, slots: int, rows: ir.Value, marks: Mapping[ir.Value, np.ndarray]
) -> int | None:
    """Returns which of the new tokens, counted through, an update puts into its slot."""
    _, update, *starts = op.operands
    place = _follow(starts[slot], marks, slots)
    if place is None or place.size != 1 or place.item() < _WRAPPED:
        return None
    token = place.item() - _WRAPPED
    row, step = divmod(token, shape_of(rows)[1])
    if [number_of(start, {}) for i, start in enumerate(starts) if i != slot] != [row, 0, 0]:
        return None
    moved, expected = _follow(update, marks, slots), marks[rows][row, step][None]
    expected = np.expand_dims(expected, slot)
    same = moved is not None and moved.shape == expected.shape and (moved == expected).all()
    return token if same else None


def _marks(value: ir.Value) -> np.ndarray:
    return np.arange(prod(shape_of(value))).reshape(shape_of(value))


def _follow(value: ir.Value, marks: Mapping[ir.Value, np.ndarray], slots: int) -> np.ndarray | None:
    """Returns where the marks of an argument come to stand; _WRAPPED higher, modulo the slots."""
    if value in marks:
        return marks[value]
    op = owner_of(value)
    moved = _follow(op.operands[0], marks, slots) if op else None
    if op is None or moved is None:
        return None
    if op.name == "stablehlo.remainder" and number_of(op.operands[1], {}) == slots:
        return moved + _WRAPPED
    return _MOVES[op.name](op, moved) if op.name in _MOVES else None


def _sliced(op: ir.Operation, marks: np.ndarray) -> np.ndarray:
    bounds = (ints(op, name) for name in ("start_indices", "limit_indices", "strides"))
    return marks[tuple(map(slice, *bounds))]


_MOVES: dict[str, Callable[[ir.Operation, np.ndarray], np.ndarray]] = {
    "stablehlo.slice": _sliced,
    "stablehlo.reshape": lambda op, marks: marks.reshape(shape_of(op.results[0])),
    "stablehlo.transpose": lambda op, marks: marks.transpose(ints(op, "permutation")),
    "stablehlo.convert": lambda _, marks: marks,
}


def _source(value: ir.Value) -> ir.Value:
    """Returns what a value is a part of."""
    while (op := owner_of(value)) is not None and op.name in _MOVES:
        value = op.operands[0]
    return value

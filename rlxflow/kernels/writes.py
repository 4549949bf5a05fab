"""Finds what writes the new rows into the caches that an attention reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rlxflow.blocks.kv_cache import kept_of, write_steps
from rlxflow.ir.bindings import ir
from rlxflow.ir.enclose import block_order
from rlxflow.ir.region import is_stage, string_of
from rlxflow.ir.types import tensor_type
from rlxflow.ir.value import Value
from rlxflow.kernels.attend import cache_types
from rlxflow.kernels.bodies import Bodies
from rlxflow.kernels.found import Decode, Refused
from rlxflow.kernels.trace import dtype_of, owner_of

BLOCK = "kv_cache_write"


@dataclass(frozen=True, slots=True)
class Write:
    """A stage that writes rows into caches, and indices of its operands.

    Attributes:
        stage: That.
        caches: Keys [b, k, e, s] and values [b, k, s, e]; of int8 then the scales of both.
        rows: New keys and values [b, t, k, e].
    """

    stage: ir.Operation
    caches: tuple[int, ...]
    rows: tuple[int, ...]


def find_write(attend: ir.Operation, part: Decode, bodies: Bodies) -> Write | None:
    """Returns what writes the caches of an attention, if nothing reads them in between."""
    positions, queries, *caches = (attend.operands[place] for place in part.operands)
    stage = owner_of(caches[0])
    if stage is None or not is_stage(stage) or string_of(stage, "block") != BLOCK:
        return None
    given = list(stage.results) == caches and stage.block == attend.block
    if not given or not all(_handed_on(cache, attend) for cache in caches):
        return None
    b, t, k, _, e, s = part.workspace
    row = tensor_type(dtype_of(queries), {"b": b, "t": t, "k": k, "e": e})
    kept = cache_types(dtype_of(caches[0]), b, k, e, s)
    arguments = {
        "positions": tensor_type("i32", {"b": b, "t": t}),
        "new_keys": row,
        "new_values": row,
    }
    try:
        found = bodies.places(stage, BLOCK, arguments | kept, _build)
    except Refused:
        return None
    if stage.operands[found["positions"]] != positions:
        return None
    rows = found["new_keys"], found["new_values"]
    return Write(stage, tuple(found[name] for name in kept), rows)


def _build(v: Mapping[str, Value]) -> list[Value]:
    positions, keys, values, *caches = v.values()
    return write_steps(kept_of(caches), (keys, values), positions)


def _handed_on(cache: ir.Value, attend: ir.Operation) -> bool:
    """Returns whether others read a cache, and only after the attention."""
    readers = [use.owner.operation for use in cache.uses]
    others = [each for each in readers if each != attend]
    return bool(others) and all(
        each.block == attend.block and block_order(attend, each) < 0 for each in others
    )

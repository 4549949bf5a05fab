"""The call for attention to a cache: `rlxflow.attend_decode.v1`."""

from __future__ import annotations

from collections.abc import Sequence

from rlxflow.ir.bindings import ir
from rlxflow.kernels.call import call, workspace
from rlxflow.kernels.found import Decode, Sizes

DECODE = "rlxflow.attend_decode.v1"


def emit_decode(
    part: Decode, inner: Sequence[ir.Value], rows: Sequence[ir.Value], sizes: Sizes
) -> list[ir.Value]:
    """Builds the call; returns its result, and behind it the caches if new rows are written.

    Args:
        part: What it computes.
        inner: Positions, queries, keys and values; of int8 their scales.
        rows: New keys and values [b, t, k, e], which go into the caches first; or none.
        sizes: The library.
    """
    at, queries, keys, values, *scales = inner
    scratch = workspace(sizes.attend_decode_workspace(*part.workspace))
    changed = [cache.type for cache in inner[2:]] if rows else []
    made = call(
        DECODE,
        [queries, keys, values, at, *scales, *rows],
        [queries.type, *changed, scratch],
        part.config,
        aliases={1: 1, 2: 2} | ({3: 4, 4: 5} if scales else {}) if rows else None,
        name="attend",
    )
    return made[:-1]

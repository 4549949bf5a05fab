"""Attention after its products: over a cache, or over the tokens of one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from rlxflow.ir.bindings import ir
from rlxflow.ir.region import StageRegion
from rlxflow.kernels.call import call, workspace
from rlxflow.kernels.found import Decode, Found, Refused, Sizes
from rlxflow.kernels.trace import dtype_of, params_of, shape_of

DECODE, PREFILL = "rlxflow.attend_decode.v1", "rlxflow.attend_prefill.v1"
ELEMENTS = ("f32", "bf16")


def find(stage: StageRegion) -> Found:
    """Returns the call for a stage `attend`; raises Refused."""
    params = params_of(stage.op)
    if params.get("masked") or params.get("phase") not in _PHASES:
        raise Refused("scores with a mask or bias beside causality and window")
    return _PHASES[str(params["phase"])](stage, params)


def _decode(stage: StageRegion, params: Mapping[str, object]) -> Found:
    """The body takes positions, queries, the cache of keys and then that of values."""
    arguments = list(stage.body.arguments)
    ranks = [len(shape_of(argument)) for argument in arguments]
    if sorted(ranks) != [2, 4, 4, 5]:
        raise Refused("something else than positions, queries and two caches")
    first = ranks.index(4)
    places = (ranks.index(2), ranks.index(5), first, ranks.index(4, first + 1))
    positions, q, keys, values = (arguments[place] for place in places)
    b, t, k, g, e = shape_of(q)
    s = shape_of(values)[2]
    if (shape_of(keys), shape_of(values)) != ((b, k, e, s), (b, k, s, e)) or t > s:
        raise Refused("caches that are not [b, k, e, s] and [b, k, s, e]")
    _check_elements(q, keys)
    if dtype_of(values) != dtype_of(keys) or dtype_of(positions) != "i32":
        raise Refused(f"caches {dtype_of(keys)} and {dtype_of(values)}")

    part = Decode(places, (b, t, k, g, e, s), _config(params))

    def emit(inner: Sequence[ir.Value], _: Sequence[str], sizes: Sizes) -> list[ir.Value]:
        return emit_decode(part, [inner[place] for place in places], [], sizes)

    return Found(DECODE, emit, part=part)


def emit_decode(
    part: Decode, inner: Sequence[ir.Value], rows: Sequence[ir.Value], sizes: Sizes
) -> list[ir.Value]:
    """Builds the call; returns its result, and behind it the caches if new rows are written.

    Args:
        part: What it computes.
        inner: Positions, queries and caches.
        rows: New keys and values [b, t, k, e], which go into the caches first; or none.
        sizes: The library.
    """
    at, queries, *caches = inner
    scratch = workspace(sizes.attend_decode_workspace(*part.workspace))
    changed = [cache.type for cache in caches] if rows else []
    made = call(
        DECODE,
        [queries, *caches, at, *rows],
        [queries.type, *changed, scratch],
        part.config,
        aliases={1: 1, 2: 2} if rows else None,
        name="attend",
    )
    return made[:-1]


def _prefill(stage: StageRegion, params: Mapping[str, object]) -> Found:
    """The body takes queries, keys and values, in this order."""
    arguments = list(stage.body.arguments)
    if len(arguments) != 3 or [len(shape_of(a)) for a in arguments] != [5, 4, 4]:
        raise Refused("something else than queries, keys and values")
    q, keys, values = arguments
    b, t, k, _, e = shape_of(q)
    s = shape_of(keys)[1]
    if {shape_of(keys), shape_of(values)} != {(b, s, k, e)} or t > s:
        raise Refused("keys and values that are not [b, s, k, e]")
    _check_elements(q, keys)
    if len({dtype_of(value) for value in arguments}) > 1:
        raise Refused("queries, keys and values of different element types")

    def emit(inner: Sequence[ir.Value], _: Sequence[str], sizes: Sizes) -> list[ir.Value]:
        scratch = workspace(sizes.attend_prefill_workspace(b, k, e, s))
        config = {**_config(params), "causal": bool(params.get("causal"))}
        return call(PREFILL, inner, [inner[0].type, scratch], config, name="attend")[:1]

    return Found(PREFILL, emit)


_PHASES: Mapping[str, Callable[[StageRegion, Mapping[str, object]], Found]] = {
    "decode": _decode,
    "prefill": _prefill,
}


def _check_elements(q: ir.Value, keys: ir.Value) -> None:
    if dtype_of(q) not in ELEMENTS or dtype_of(keys) not in ELEMENTS:
        found = f"queries {dtype_of(q)}, keys {dtype_of(keys)}"
        raise Refused(f"{found}; the kernel takes f32 and bf16")


def _config(params: Mapping[str, object]) -> dict[str, object]:
    scale, softcap = (np.float32(str(params.get(key) or 0)) for key in ("scale", "softcap"))
    return {"scale": scale, "softcap": softcap, "window": params.get("window") or 0}

"""Attention after its products: over a cache, or over the tokens of one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from rlxflow.blocks.attention_core import attend_cache, attend_tokens
from rlxflow.blocks.kv_cache import INT8, cache_ports, kept_of
from rlxflow.ir.bindings import ir
from rlxflow.ir.region import StageRegion
from rlxflow.ir.types import TensorType, tensor_type
from rlxflow.ir.value import Value
from rlxflow.kernels.bodies import Bodies
from rlxflow.kernels.call import call, workspace
from rlxflow.kernels.decode import DECODE, emit_decode
from rlxflow.kernels.found import Decode, Found, Refused, Sizes
from rlxflow.kernels.trace import dtype_of, params_of, shape_of

PREFILL = "rlxflow.attend_prefill.v1"
ELEMENTS = ("f32", "bf16")
CACHES = (*ELEMENTS, "f16", INT8)
Params = Mapping[str, object]


def find(stage: StageRegion, bodies: Bodies) -> Found:
    """Returns the call for a stage `attend`; raises Refused."""
    params = params_of(stage.op)
    if params.get("masked") or params.get("phase") not in _PHASES:
        raise Refused("scores with a mask or bias beside causality and window")
    return _PHASES[str(params["phase"])](stage, params, bodies)


def _decode(stage: StageRegion, params: Params, bodies: Bodies) -> Found:
    """The body takes positions, queries, the caches of keys and values, and scales of int8."""
    types = _types(stage, "btkge", 5, 1)
    places = [value for value in stage.body.arguments if len(shape_of(value)) == 4]
    if not types or len(places) != 2:
        raise Refused("something else than positions, queries and two caches")
    (q,) = types
    b, t, k, e = (q.size(axis) for axis in "btke")
    kept, s = dtype_of(places[0]), prod(shape_of(places[0])) // max(1, b * k * e)
    if t > s:
        raise Refused(f"{t} tokens a step, but caches of {s} slots")
    _check_elements(q, kept, CACHES)
    arguments = {"positions": tensor_type("i32", {"b": b, "t": t}), "q": q}
    arguments |= cache_types(kept, b, k, e, s)
    numbers = _numbers(params)

    def build(v: Mapping[str, Value]) -> list[Value]:
        positions, queries, *caches = v.values()
        return [attend_cache(positions, queries, *kept_of(caches), **numbers)]

    found = bodies.places(stage.op, ("decode", *numbers.items()), arguments, build)
    where = tuple(found[name] for name in arguments)
    part = Decode(where, (b, t, k, q.size("g"), e, s), _config(numbers))

    def emit(inner: Sequence[ir.Value], _: Sequence[str], sizes: Sizes) -> list[ir.Value]:
        return emit_decode(part, [inner[place] for place in where], [], sizes)

    return Found(DECODE, emit, part=part)


def _prefill(stage: StageRegion, params: Params, bodies: Bodies) -> Found:
    """The body takes queries, keys and values."""
    types = _types(stage, "btkge", 5, 1) + _types(stage, "bske", 4, 2)
    if len(types) != 3 or len(stage.body.arguments) != 3:
        raise Refused("something else than queries, keys and values")
    q, keys, _ = types
    _check_elements(q, keys.dtype, ELEMENTS)
    if len({each.dtype for each in types}) > 1:
        raise Refused("queries, keys and values of different element types")
    if q.size("t") > keys.size("s"):
        raise Refused(f"{q.size('t')} queries, but {keys.size('s')} keys")
    numbers, causal = _numbers(params), bool(params.get("causal"))

    def build(v: Mapping[str, Value]) -> list[Value]:
        return [attend_tokens(v["q"], v["k"], v["v"], causal=causal, **numbers)]

    arguments: dict[str, TensorType] = dict(zip("qkv", types, strict=True))
    found = bodies.places(stage.op, ("prefill", causal, *numbers.items()), arguments, build)
    b, k, e = (q.size(axis) for axis in "bke")
    s = keys.size("s")

    def emit(inner: Sequence[ir.Value], _: Sequence[str], sizes: Sizes) -> list[ir.Value]:
        scratch = workspace(sizes.attend_prefill_workspace(b, k, e, s))
        operands = [inner[place] for place in found.values()]
        config = {**_config(numbers), "causal": causal}
        return call(PREFILL, operands, [operands[0].type, scratch], config, name="attend")[:1]

    return Found(PREFILL, emit)


_PHASES: Mapping[str, Callable[[StageRegion, Params, Bodies], Found]] = {
    "decode": _decode,
    "prefill": _prefill,
}


def cache_types(dtype: str, b: int, k: int, e: int, s: int) -> dict[str, TensorType]:
    """Returns the types of the values of a cache, in order."""
    ports = cache_ports("", k, e, s, dtype)
    return {port.name.strip("."): tensor_type(port.dtype, port.sizes(b)) for port in ports}


def _types(stage: StageRegion, axes: str, rank: int, count: int) -> list[TensorType]:
    """Returns the types of the arguments of a rank, with names of their axes, if so many are."""
    found = [value for value in stage.body.arguments if len(shape_of(value)) == rank]
    made = [tensor_type(dtype_of(v), zip(axes, shape_of(v), strict=True)) for v in found]
    return made if len(made) == count else []


def _check_elements(q: TensorType, kept: str, known: Sequence[str]) -> None:
    if q.dtype not in ELEMENTS or kept not in known:
        most = f"{', '.join(known[:-1])} and {known[-1]}"
        raise Refused(f"queries {q.dtype}, keys {kept}; the kernel takes {most}")


def _numbers(params: Params) -> dict[str, Any]:
    """Returns scale, softcap and window; raises Refused for values that are none."""
    found = {name: params.get(name) for name in ("scale", "softcap", "window")}
    scale, softcap, window = found.values()
    if not isinstance(scale, (int, float)):
        raise Refused(f"scale {scale}, expected a number")
    if softcap is not None and not (isinstance(softcap, (int, float)) and softcap > 0):
        raise Refused(f"softcap {softcap}, expected a number over 0")
    if window is not None and not (isinstance(window, int) and window > 0):
        raise Refused(f"window {window}, expected a number of keys")
    return found


def _config(numbers: Mapping[str, Any]) -> dict[str, object]:
    scale, softcap = (np.float32(numbers[key] or 0) for key in ("scale", "softcap"))
    return {"scale": scale, "softcap": softcap, "window": numbers["window"] or 0}

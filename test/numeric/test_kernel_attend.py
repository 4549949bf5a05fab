"""Attention kernels called by XLA against the bodies that our blocks emit, and in place."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import rlxflow as rf
from rlxflow import dtypes
from rlxflow.blocks.attention_core import attend, attend_cache
from rlxflow.blocks.kv_cache import kept_of, write_steps
from rlxflow.blocks.mask import positions_mask
from rlxflow.kernels.library import need_library

pytestmark = [
    pytest.mark.numeric,
    pytest.mark.kernels,
]
SCALE, SOFTCAP = 0.3, 7.0
Arrays = Mapping[str, np.ndarray]
Named = Mapping[str, rf.Value]


@pytest.fixture(scope="module")
def library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(need_library("these tests").path))
    for target in ("attend_decode", "attend_prefill", "argmax", "top_k"):
        getattr(library, f"rlx_{target}_workspace").restype = ctypes.c_int64
        handler = jax.ffi.pycapsule(getattr(library, f"rlx_ffi_{target}_v1"))
        jax.ffi.register_ffi_target(f"test.{target}", handler, platform="cpu")
    return library


def scratch(library: ctypes.CDLL, target: str, *sizes: int) -> jax.ShapeDtypeStruct:
    size = getattr(library, f"rlx_{target}_workspace")(*map(ctypes.c_int64, sizes))
    return jax.ShapeDtypeStruct((size,), np.uint8)


def like(array: np.ndarray | jax.Array) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(array.shape, array.dtype)


def in_xla(
    body: Callable[[Named], Mapping[str, rf.Value]], arrays: Arrays, axes: Mapping[str, str]
) -> dict[str, np.ndarray]:
    """Returns what a body of our operations gives, compiled without a kernel."""
    names: list[str] = []

    def build(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        for name, value in body({name: emit.flow_input(name) for name in arrays}).items():
            names.append(name)
            emit.publish_side_output(name, value)
        return x

    flow = rf.ModelFlow("body")
    for name, array in arrays.items():
        shape = rf.Shape(array.shape, dtypes.from_numpy(array.dtype), axes=tuple(axes[name]))
        flow = flow.input(name, shape)
    results = flow.custom(build, name="body").build().compile()(**arrays)
    return {name: np.asarray(results[name], np.float32) for name in names}


CACHES = {"q": "btkge", "keys": "bkes", "values": "bkse", "positions": "bt"}
CACHES |= {"new_keys": "btke", "new_values": "btke"}


def cache_arrays(
    starts: list[int], t: int, slots: int, dtype: object, cache: object = None
) -> dict[str, np.ndarray]:
    """Returns operands of a step: b rows, 2 heads of 3 queries each, heads of 20 elements."""
    draw = np.random.default_rng(slots)
    b, k, g, e = len(starts), 2, 3, 20
    sizes = {"q": (b, t, k, g, e), "keys": (b, k, e, slots), "values": (b, k, slots, e)}
    sizes |= {"new_keys": (b, t, k, e), "new_values": (b, t, k, e)}
    made = {name: draw.normal(size=size).astype(dtype) for name, size in sizes.items()}
    made |= {name: made[name].astype(cache or dtype) for name in ("keys", "values")}
    positions = np.array(starts)[:, None] + np.arange(t)
    return made | {"positions": positions.astype(np.int32)}


def decode_body(window: int | None) -> Callable[[Named], Mapping[str, rf.Value]]:
    def body(v: Named) -> Mapping[str, rf.Value]:
        at, caches = v["positions"], kept_of([v["keys"], v["values"]])
        keys, values = write_steps(caches, (v["new_keys"], v["new_values"]), at)
        held = kept_of([keys, values])
        out = attend_cache(at, v["q"], *held, window=window, scale=SCALE, softcap=SOFTCAP)
        return {"out": out, "keys": keys, "values": values}

    return body


def decode(library: ctypes.CDLL, a: Arrays, window: int) -> Callable[..., list[jax.Array]]:
    """Returns the jitted call: caches are donated."""
    (b, t, k, g, e), slots = a["q"].shape, a["values"].shape[2]
    made = [like(a["q"]), like(a["keys"]), like(a["values"])]
    made.append(scratch(library, "attend_decode", b, t, k, g, e, slots))
    kernel = jax.ffi.ffi_call("test.attend_decode", made, input_output_aliases={1: 1, 2: 2})
    numbers = {"scale": np.float32(SCALE), "softcap": np.float32(SOFTCAP)}

    def step(q: jax.Array, *rest: jax.Array) -> list[jax.Array]:
        return kernel(q, *rest, window=np.int64(window), **numbers)[:3]

    return jax.jit(step, donate_argnums=(1, 2))


ORDER = ("keys", "values", "positions", "new_keys", "new_values")


@pytest.mark.parametrize(
    ("starts", "t", "slots", "window"),
    [([0, 30], 1, 37, None), ([35, 3], 2, 37, None), ([33, 100], 3, 9, 7), ([2060], 1, 2061, None)],
)
@pytest.mark.parametrize(
    ("dtype", "cache"),
    [
        (np.float32, np.float32),
        (np.float32, np.float16),
        (jnp.bfloat16, jnp.bfloat16),
        (jnp.bfloat16, np.float16),
    ],
)
def test_decode_is_the_body(
    library: ctypes.CDLL,
    starts: list[int],
    t: int,
    slots: int,
    window: int | None,
    dtype: object,
    cache: object,
) -> None:
    arrays = cache_arrays(starts, t, slots, dtype, cache)
    wanted = in_xla(decode_body(window), arrays, CACHES)
    given = {name: jnp.array(array) for name, array in arrays.items()}
    before = [given[name].unsafe_buffer_pointer() for name in ("keys", "values")]
    found = decode(library, arrays, window or 0)(given["q"], *(given[name] for name in ORDER))
    assert [cache.unsafe_buffer_pointer() for cache in found[1:]] == before
    for name, array in zip(("out", "keys", "values"), found, strict=True):
        error = np.abs(np.asarray(array, np.float32) - wanted[name]).max()
        assert error <= (0 if name != "out" else 2e-2 if dtype is jnp.bfloat16 else 2e-6), name


def test_rows_of_f16_are_those_of_the_body_where_f16_ends(library: ctypes.CDLL) -> None:
    """Halves of the last place, numbers below the normal ones, and what f16 does not hold."""
    arrays = cache_arrays([0, 30], 1, 37, np.float32, np.float16)
    edges = [65503.9, 65504, 65519.99, 65520, -65520, 1e9, -np.inf, 2**-24, 2**-25, 1.5 * 2**-24]
    edges += [2**-14 - 2**-26, -(2**-26), 1e-40, 1 + 2**-11, 1 + 3 * 2**-11, 2049, 2051, 4098, 0]
    rows = np.resize(np.float32(edges), arrays["new_values"].shape)
    rows[1] = -rows[1, ..., ::-1]
    arrays["new_values"], arrays["new_keys"] = rows, np.clip(rows[::-1], -65519.0, 65519.0)
    wanted = in_xla(decode_body(None), arrays, CACHES)
    found = decode(library, arrays, 0)(arrays["q"], *(arrays[name] for name in ORDER))
    for name, array in zip(("keys", "values"), found[1:], strict=True):
        assert np.array_equal(np.float32(array).view(np.uint32), wanted[name].view(np.uint32)), name
    assert np.isinf(wanted["values"]).sum() == 17
    near = np.isfinite(wanted["out"])
    assert 0.5 < near.mean() < 0.9
    assert np.array_equal(np.isfinite(found[0]), near)
    assert np.abs(found[0] - wanted["out"])[near].max() < 2e-6 * 65504


def test_a_step_of_int8_caches_is_near_that_of_f32(library: ctypes.CDLL) -> None:
    arrays = cache_arrays([0, 0], 8, 40, np.float32)
    wanted = in_xla(decode_body(None), arrays, CACHES)["out"]
    b, t, k, g, e = arrays["q"].shape
    caches = [jnp.zeros(arrays[name].shape, jnp.int8) for name in ("keys", "values")]
    scales = [jnp.zeros((b, k, 40), jnp.float32) for _ in range(2)]
    made = [like(arrays["q"]), *map(like, (*caches, *scales))]
    made.append(scratch(library, "attend_decode", b, t, k, g, e, 40))
    aliases = {1: 1, 2: 2, 4: 3, 5: 4}
    kernel = jax.ffi.ffi_call("test.attend_decode", made, input_output_aliases=aliases)
    news = (arrays["new_keys"], arrays["new_values"])
    numbers = {"scale": np.float32(SCALE), "softcap": np.float32(SOFTCAP), "window": np.int64(0)}
    step = jax.jit(lambda *given: kernel(*given, **numbers)[0])
    found = np.asarray(step(arrays["q"], *caches, arrays["positions"], *scales, *news))
    assert 1e-4 < np.abs(found - wanted).max() < 3e-2


@pytest.mark.parametrize(("t", "s", "causal", "window"), [(21, 21, True, 0), (5, 90, True, 7)])
def test_prefill_is_the_body(
    library: ctypes.CDLL, t: int, s: int, *, causal: bool, window: int
) -> None:
    draw = np.random.default_rng(t)
    sizes = {"q": (2, t, 2, 3, 20), "keys": (2, s, 2, 20), "values": (2, s, 2, 20)}
    arrays = {name: draw.normal(size=size).astype(np.float32) for name, size in sizes.items()}

    def body(v: Named) -> Mapping[str, rf.Value]:
        keep = positions_mask(v["q"], v["keys"], causal=causal, window=window or None)
        return {"out": attend(v["q"], v["keys"], v["values"], scale=SCALE, keep=keep)}

    wanted = in_xla(body, arrays, {"q": "btkge", "keys": "bske", "values": "bske"})["out"]
    made = [like(arrays["q"]), scratch(library, "attend_prefill", 2, 2, 20, s)]
    kernel = jax.ffi.ffi_call("test.attend_prefill", made)
    numbers = {"scale": np.float32(SCALE), "softcap": np.float32(0), "window": np.int64(window)}
    found = jax.jit(lambda *given: kernel(*given, causal=causal, **numbers)[0])(*arrays.values())
    assert np.abs(np.asarray(found) - wanted).max() < 2e-6


@pytest.mark.parametrize("dtype", [np.float32, jnp.bfloat16])
def test_best_scores_are_those_of_jax(library: ctypes.CDLL, dtype: object) -> None:
    scores = np.round(np.random.default_rng(1).normal(size=(3, 9001)) * 50) / 8
    scores[1, [8200, 40]], scores[2, 8999] = np.inf, np.nan
    given = jnp.array(scores.astype(dtype))
    indices = jax.ShapeDtypeStruct((3,), np.int32)
    best = jax.ffi.ffi_call("test.argmax", [indices, scratch(library, "argmax", 3, 9001)])
    assert np.array_equal(jax.jit(lambda x: best(x)[0])(given), jnp.argmax(given, -1))
    made = [jax.ShapeDtypeStruct((3, 60), given.dtype), jax.ShapeDtypeStruct((3, 60), np.int32)]
    kernel = jax.ffi.ffi_call("test.top_k", [*made, scratch(library, "top_k", 3, 9001, 60)])
    values, places = jax.jit(lambda x: kernel(x)[:2])(given)
    wanted = jax.lax.top_k(given, 60)
    assert np.array_equal(places, wanted[1])
    assert np.array_equal(values, wanted[0], equal_nan=True)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("q", lambda a: a[..., :19], r"key cache is f32\[2, 2, 20, 37\], expected .*2, 2, 19, s\]"),
        ("new_values", lambda a: a[:, :, :1], r"new values is f32\[2, 1, 1, 20\], expected f32"),
        ("positions", lambda a: a - 31, r"positions\[0, 0\] is -31, expected 0 or more"),
        ("positions", lambda a: a.astype(np.float32), r"positions is f32\[2, 1\], expected i32"),
    ],
)
def test_wrong_step_is_told_with_names_and_values(
    library: ctypes.CDLL, name: str, change: Callable[[np.ndarray], np.ndarray], message: str
) -> None:
    arrays = cache_arrays([0, 30], 1, 37, np.float32)
    arrays[name] = change(arrays[name])
    with pytest.raises(Exception, match=f"attend_decode: {message}"):
        decode(library, arrays, 0)(arrays["q"], *(arrays[other] for other in ORDER))

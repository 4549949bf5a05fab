"""The best scores of rows: `rlxflow.argmax.v1` and `rlxflow.top_k.v1`, as functions of JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from rlxflow.kernels.library import need_library

ARGMAX, TOP_K = "rlxflow.argmax.v1", "rlxflow.top_k.v1"


def argmax(scores: jax.Array) -> jax.Array:
    """Returns i32[b]: where the best of f32[b, v] stands, as `jnp.argmax` says it."""
    rows, count = scores.shape
    scratch = need_library(ARGMAX).argmax_workspace(rows, count)
    found, _ = jax.ffi.ffi_call(ARGMAX, (_array((rows,), jnp.int32), _scratch(scratch)))(scores)
    return found


def top_k(scores: jax.Array, count: int) -> tuple[jax.Array, jax.Array]:
    """Returns the best scores f32[b, count] and where they stand, as `jax.lax.top_k` says it."""
    rows, words = scores.shape
    scratch = need_library(TOP_K).top_k_workspace(rows, words, count)
    results = (
        _array((rows, count), scores.dtype),
        _array((rows, count), jnp.int32),
        _scratch(scratch),
    )
    values, places, _ = jax.ffi.ffi_call(TOP_K, results)(scores)
    return values, places


def _array(shape: tuple[int, ...], dtype: object) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, dtype)


def _scratch(nbytes: int) -> jax.ShapeDtypeStruct:
    return _array((nbytes,), jnp.uint8)

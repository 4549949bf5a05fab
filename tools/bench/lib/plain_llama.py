"""A Llama written by hand in jax.numpy, with a cache that is donated: what decode is compared with.

Weights are an argument, in the layout of the checkpoint. All rows are at the same position.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Params = Mapping[str, jax.Array]
Cache = tuple[jax.Array, jax.Array]
Held = tuple[jax.Array, list[Cache], jax.Array]


@dataclass(frozen=True)
class Numbers:
    """What the checkpoint's config says, hashable for `jax.jit`."""

    layers: int
    groups: int
    share: int
    head: int
    eps: float
    theta: float
    tied: bool

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Numbers:
        """Takes the object of a config.json."""
        groups = raw["num_key_value_heads"]
        return cls(
            layers=raw["num_hidden_layers"],
            groups=groups,
            share=raw["num_attention_heads"] // groups,
            head=raw["head_dim"],
            eps=raw["rms_norm_eps"],
            theta=raw["rope_theta"],
            tied=raw["tie_word_embeddings"],
        )


def new_caches(numbers: Numbers, batch: int, context: int, dtype: Any) -> list[Cache]:
    """Returns empty keys and values [b, k, s, e] of every layer."""
    shape = (batch, numbers.groups, context, numbers.head)
    return [(jnp.zeros(shape, dtype), jnp.zeros(shape, dtype)) for _ in range(numbers.layers)]


@partial(jax.jit, static_argnames="numbers", donate_argnames="caches")
def step(
    params: Params, caches: list[Cache], ids: jax.Array, position: jax.Array, *, numbers: Numbers
) -> Held:
    """Takes ids [b, t] that begin at a position; returns the best next token [b, 1]."""
    x = params["model.embed_tokens.weight"][ids]
    angles = rope_angles(ids.shape[1], position, numbers)
    updated = []
    for i, cache in enumerate(caches):
        name = f"model.layers.{i}"
        normed = norm(x, params[f"{name}.input_layernorm.weight"], numbers.eps)
        mixed, written = attention(params, name, normed, cache, position, angles, numbers)
        updated.append(written)
        x = x + mixed
        normed = norm(x, params[f"{name}.post_attention_layernorm.weight"], numbers.eps)
        gate = jax.nn.silu(dense(params, f"{name}.mlp.gate_proj", normed))
        up = dense(params, f"{name}.mlp.up_proj", normed)
        x = x + dense(params, f"{name}.mlp.down_proj", gate * up)
    last = norm(x[:, -1:], params["model.norm.weight"], numbers.eps)
    scores = dense(params, "model.embed_tokens" if numbers.tied else "lm_head", last)
    return jnp.argmax(scores, axis=-1).astype(jnp.int32), updated, position + ids.shape[1]


def attention(
    params: Params,
    name: str,
    x: jax.Array,
    cache: Cache,
    position: jax.Array,
    angles: jax.Array,
    numbers: Numbers,
) -> tuple[jax.Array, Cache]:
    b, t, _ = x.shape
    groups, share, head = numbers.groups, numbers.share, numbers.head
    q = dense(params, f"{name}.self_attn.q_proj", x).reshape(b, t, groups, share, head)
    k = dense(params, f"{name}.self_attn.k_proj", x).reshape(b, t, groups, head)
    v = dense(params, f"{name}.self_attn.v_proj", x).reshape(b, t, groups, head)
    q, k = rotate(q, angles[:, None, None]), rotate(k, angles[:, None])
    k, v = k.swapaxes(1, 2), v.swapaxes(1, 2)
    start = (0, 0, position, 0)
    update = jax.lax.dynamic_update_slice
    cache = update(cache[0], k, start), update(cache[1], v, start)
    keys, values = (k, v) if t > 1 else cache  # a prompt begins at 0 and sees itself only
    scores = jnp.einsum("btkge,bkse->bkgts", q, keys) * head**-0.5
    queries = jnp.arange(t)[:, None] + (0 if t > 1 else position)
    seen = jnp.arange(keys.shape[2]) <= queries
    weights = jax.nn.softmax(jnp.where(seen, scores, jnp.finfo(scores.dtype).min), axis=-1)
    mixed = jnp.einsum("bkgts,bkse->btkge", weights, values).reshape(b, t, -1)
    return dense(params, f"{name}.self_attn.o_proj", mixed), cache


def dense(params: Params, name: str, x: jax.Array) -> jax.Array:
    return jnp.einsum("...i,oi->...o", x, params[f"{name}.weight"])


def norm(x: jax.Array, weight: jax.Array, eps: float) -> jax.Array:
    return x * jax.lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + eps) * weight


def rope_angles(count: int, position: jax.Array, numbers: Numbers) -> jax.Array:
    """Returns angles [t, e / 2]."""
    inverse = numbers.theta ** -(np.arange(0, numbers.head, 2) / numbers.head)
    places = (position + jnp.arange(count)).astype(jnp.float32)
    return places[:, None] * jnp.asarray(inverse, jnp.float32)


def rotate(x: jax.Array, angles: jax.Array) -> jax.Array:
    cos, sin = jnp.cos(angles), jnp.sin(angles)
    x1, x2 = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([x1 * cos - x2 * sin, x2 * cos + x1 * sin], axis=-1).astype(x.dtype)


def prefill(params: Params, numbers: Numbers, prompts: np.ndarray, context: int) -> Held:
    """Returns the first token of each row, the caches, and the position of the next one."""
    dtype = params["model.embed_tokens.weight"].dtype
    caches = new_caches(numbers, len(prompts), context, dtype)
    return step(params, caches, jnp.asarray(prompts), jnp.int32(0), numbers=numbers)


def tokens(params: Params, numbers: Numbers, held: Held, count: int) -> Iterator[np.ndarray]:
    """Yields the first token of each row, then `count` more.

    As in `rlxflow.runtime.generate`, a step is sent before the token of the last one is read.
    """
    token, caches, position = held
    for _ in range(count):
        following, caches, position = step(params, caches, token, position, numbers=numbers)
        yield np.asarray(token)
        token = following
    yield np.asarray(token)

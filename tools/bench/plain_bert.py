"""The BERT encoder written by hand in jax.numpy: what the benchmarks compare with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp

Params = Mapping[str, jax.Array]


def encode(params: Params, config: Any, ids: Any, mask: Any, types: Any) -> jax.Array:
    """Returns last_hidden_state, f32[b, t, d]."""
    x = params["embeddings.word_embeddings.weight"][ids]
    x = x + params["embeddings.position_embeddings.weight"][: ids.shape[1]]
    x = x + params["embeddings.token_type_embeddings.weight"][types]
    x = norm(params, "embeddings.LayerNorm", x, config.layer_norm_eps)
    keep = mask.astype(bool)[:, None, None, :]
    for i in range(config.num_hidden_layers):
        name = f"encoder.layer.{i}"
        mixed = attention(params, f"{name}.attention.self", x, keep, config.num_attention_heads)
        mixed = dense(params, f"{name}.attention.output.dense", mixed)
        eps = config.layer_norm_eps
        x = norm(params, f"{name}.attention.output.LayerNorm", x + mixed, eps)
        wide = jax.nn.gelu(dense(params, f"{name}.intermediate.dense", x), approximate=False)
        narrow = dense(params, f"{name}.output.dense", wide)
        x = norm(params, f"{name}.output.LayerNorm", x + narrow, eps)
    return x


def attention(params: Params, name: str, x: jax.Array, keep: jax.Array, heads: int) -> jax.Array:
    b, t, d = x.shape

    def split(part: str) -> jax.Array:
        return dense(params, f"{name}.{part}", x).reshape(b, t, heads, d // heads)

    scores = jnp.einsum("bqhe,bkhe->bhqk", split("query"), split("key")) * (d // heads) ** -0.5
    scores = jnp.where(keep, scores, jnp.finfo(scores.dtype).min)
    weights = jax.nn.softmax(scores, axis=-1)
    return jnp.einsum("bhqk,bkhe->bqhe", weights, split("value")).reshape(b, t, d)


def dense(params: Params, name: str, x: jax.Array) -> jax.Array:
    return jnp.einsum("...i,oi->...o", x, params[f"{name}.weight"]) + params[f"{name}.bias"]


def norm(params: Params, name: str, x: jax.Array, eps: float) -> jax.Array:
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred**2).mean(-1, keepdims=True)
    scale = jax.lax.rsqrt(variance + eps)
    return centred * scale * params[f"{name}.weight"] + params[f"{name}.bias"]


def flops(config: Any, batch: int, seq: int) -> int:
    """Returns the floating point operations of the matrix products of one pass."""
    d, f = config.hidden_size, config.intermediate_size
    weights = 2 * batch * seq * (4 * d * d + 2 * d * f)
    scores = 2 * 2 * batch * seq * seq * d
    return config.num_hidden_layers * (weights + scores)


def random_config_and_weights() -> tuple[Any, dict[str, jax.Array]]:
    """Returns BERT-base and random weights for it."""
    import numpy as np

    from rlxflow.recipes.base import FlowRequest
    from rlxflow.recipes.bert import BertConfig, BertRecipe

    config = BertConfig(
        vocab_size=30522,
        hidden_size=768,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=3072,
        max_position_embeddings=512,
    )
    request = FlowRequest(phase="encode", batch=1, seq=1)
    draw = np.random.default_rng(0)
    specs = BertRecipe().flow(config, "encoder", request).build().params
    arrays = {s.name: 0.02 * draw.standard_normal(s.shape, np.float32) for s in specs}
    return config, {name: jnp.asarray(array) for name, array in arrays.items()}

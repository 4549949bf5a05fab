"""Models in plain JAX by the conventions of others: what a raiser has to find its way in.

Each is a function of (params, ids) or (params, x) over a dictionary of weights, with four layers.
`llama` writes as flax.linen does (kernels [in, out], DenseGeneral with heads as axes, name scopes),
`gpt` as small educational codes (fused qkv, split of heads, tanh GELU, tied head), `bert` as
equinox does (one token vector under vmap, weights [out, in], erf GELU, post norms), `gemma` with
`jax.nn.dot_product_attention`, bf16 weights, softcap and GeGLU.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from rlxflow.ir.module import IrModule
from rlxflow.runtime.primitive import BoundModule

LAYERS = 4
Params = dict[str, object]


def weights(shapes: dict[str, tuple[int, ...]], seed: int, dtype: str = "float32") -> Params:
    """Returns arrays under nested keys: `a.b` becomes {"a": {"b": array}}."""
    rng = np.random.default_rng(seed)
    tree: Params = {}
    for name, shape in shapes.items():
        *path, last = name.split(".")
        node: Any = tree
        for key in path:
            node = node.setdefault(key, {})
        node[last] = jnp.asarray(rng.normal(0.1, 0.3, shape), dtype)
    return tree


def layered(shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {f"layers_{i}.{k}": shape for i in range(LAYERS) for k, shape in shapes.items()}


# --- flax.linen style Llama: pre-norm, GQA, half-split rope, SwiGLU ------------------------------


def llama_params() -> Params:
    d, h, k, e, f, v = 24, 6, 2, 8, 40, 50
    layer = {
        "input_norm.scale": (d,),
        "attn.q_proj.kernel": (d, h, e),
        "attn.k_proj.kernel": (d, k, e),
        "attn.v_proj.kernel": (d, k, e),
        "attn.o_proj.kernel": (h, e, d),
        "post_norm.scale": (d,),
        "mlp.gate.kernel": (d, f),
        "mlp.up.kernel": (d, f),
        "mlp.down.kernel": (f, d),
    }
    return weights({"embed": (v, d), **layered(layer), "norm.scale": (d,), "head": (d, v)}, 1)


def _rms(x: jax.Array, scale: jax.Array, eps: float) -> jax.Array:
    x32 = x.astype(jnp.float32)
    mean2 = jnp.mean(jax.lax.square(x32), axis=-1, keepdims=True)
    return (x * jax.lax.rsqrt(mean2 + eps)) * scale


def _rotate_half(x: jax.Array) -> jax.Array:
    left, right = jnp.split(x, 2, axis=-1)
    return jnp.concatenate([-right, left], axis=-1)


def _dense(name: str, x: jax.Array, p: Params, pattern: str) -> jax.Array:
    with jax.named_scope(name):
        return jnp.einsum(pattern, x, p[name]["kernel"])


def _llama_attention(p: Params, x: jax.Array, cos: jax.Array, sin: jax.Array) -> jax.Array:
    q, k, v = (_dense(f"{n}_proj", x, p, "btd,dhe->bthe") for n in "qkv")
    q = q * cos[:, :, None, :] + _rotate_half(q) * sin[:, :, None, :]
    k = k * cos[:, :, None, :] + _rotate_half(k) * sin[:, :, None, :]
    groups = q.shape[2] // k.shape[2]
    k, v = jnp.repeat(k, groups, axis=2), jnp.repeat(v, groups, axis=2)
    scores = jnp.einsum("bqhe,bkhe->bhqk", q / jnp.sqrt(q.shape[-1]).astype(q.dtype), k)
    t = x.shape[1]
    causal = jnp.tril(jnp.ones((t, t), dtype=bool))
    scores = jnp.where(causal[None, None], scores, jnp.finfo(scores.dtype).min)
    probs = jax.nn.softmax(scores, axis=-1)
    y = jnp.einsum("bhqk,bkhe->bqhe", probs, v)
    return _dense("o_proj", y, p, "bthe,hed->btd")


def llama(p: Params, ids: jax.Array) -> jax.Array:
    x = p["embed"][ids]
    angles = jnp.arange(ids.shape[1])[:, None] / (100.0 ** (jnp.arange(0, 8, 2) / 8))
    angles = jnp.concatenate([angles, angles], -1)[None]
    cos, sin = jnp.cos(angles), jnp.sin(angles)
    for i in range(LAYERS):
        with jax.named_scope(f"layers_{i}"):
            layer = p[f"layers_{i}"]
            with jax.named_scope("input_norm"):
                h = _rms(x, layer["input_norm"]["scale"], 1e-5)
            with jax.named_scope("attn"):
                x = x + _llama_attention(layer["attn"], h, cos, sin)
            with jax.named_scope("post_norm"):
                h = _rms(x, layer["post_norm"]["scale"], 1e-5)
            with jax.named_scope("mlp"):
                gate = jax.nn.silu(_dense("gate", h, layer["mlp"], "btd,df->btf"))
                up = _dense("up", h, layer["mlp"], "btd,df->btf")
                x = x + _dense("down", gate * up, layer["mlp"], "btf,fd->btd")
    with jax.named_scope("norm"):
        x = _rms(x, p["norm"]["scale"], 1e-5)
    return x @ p["head"]


# --- GPT-2 in the manner of small teaching codes --------------------------------------------------


def gpt_params() -> Params:
    d, v, t = 24, 50, 9
    layer = {
        "ln_1.g": (d,),
        "ln_1.b": (d,),
        "attn.w": (d, 3 * d),
        "attn.b": (3 * d,),
        "proj.w": (d, d),
        "proj.b": (d,),
        "ln_2.g": (d,),
        "ln_2.b": (d,),
        "fc.w": (d, 4 * d),
        "fc.b": (4 * d,),
        "out.w": (4 * d, d),
        "out.b": (d,),
    }
    return weights({"wte": (v, d), "wpe": (t, d), **layered(layer), "f.g": (d,), "f.b": (d,)}, 2)


def _layer_norm(x: jax.Array, p: Params, eps: float = 1e-6) -> jax.Array:
    mean = jnp.mean(x, axis=-1, keepdims=True)
    variance = jnp.var(x, axis=-1, keepdims=True)
    return p["g"] * (x - mean) / jnp.sqrt(variance + eps) + p["b"]


def _gelu(x: jax.Array) -> jax.Array:
    return 0.5 * x * (1 + jnp.tanh(jnp.sqrt(2 / jnp.pi) * (x + 0.044715 * x**3)))


def _gpt_attention(p: Params, x: jax.Array, heads: int) -> jax.Array:
    b, t, d = x.shape
    qkv = x @ p["attn"]["w"] + p["attn"]["b"]
    q, k, v = (
        part.reshape(b, t, heads, d // heads).transpose(0, 2, 1, 3)
        for part in jnp.split(qkv, 3, axis=-1)
    )
    mask = (1 - jnp.tri(t, dtype=x.dtype)) * -1e10
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(d // heads) + mask
    scores = jnp.exp(scores - jnp.max(scores, axis=-1, keepdims=True))
    probs = scores / jnp.sum(scores, axis=-1, keepdims=True)
    y = (probs @ v).transpose(0, 2, 1, 3).reshape(b, t, d)
    return y @ p["proj"]["w"] + p["proj"]["b"]


def gpt(p: Params, ids: jax.Array) -> jax.Array:
    x = p["wte"][ids] + p["wpe"][: ids.shape[1]]
    for i in range(LAYERS):
        layer = p[f"layers_{i}"]
        x = x + _gpt_attention(layer, _layer_norm(x, layer["ln_1"]), 3)
        h = _layer_norm(x, layer["ln_2"])
        h = _gelu(h @ layer["fc"]["w"] + layer["fc"]["b"])
        x = x + (h @ layer["out"]["w"] + layer["out"]["b"])
    return _layer_norm(x, p["f"]) @ p["wte"].T


# --- BERT in the manner of equinox: modules of one vector, mapped over tokens ---------------------


def bert_params() -> Params:
    d, f = 18, 30
    linear = {f"{n}.weight": (d, d) for n in ("query", "key", "value", "output")}
    linear |= {f"{n}.bias": (d,) for n in ("query", "key", "value", "output")}
    norms = {f"{n}.{part}": (d,) for n in ("ln1", "ln2") for part in ("weight", "bias")}
    mlp = {"up.weight": (f, d), "up.bias": (f,), "down.weight": (d, f), "down.bias": (d,)}
    first = {"ln0.weight": (d,), "ln0.bias": (d,)}
    return weights({**first, **layered({**linear, **norms, **mlp})}, 3)


def _vector_linear(p: Params, x: jax.Array) -> jax.Array:
    return p["weight"] @ x + p["bias"]


def _vector_norm(p: Params, x: jax.Array) -> jax.Array:
    mean = jnp.mean(x)
    variance = jnp.mean(x * x) - mean * mean
    out = (x - mean) * jax.lax.rsqrt(jnp.maximum(0.0, variance) + 1e-5)
    return p["weight"] * out + p["bias"]


def _bert_attention(p: Params, x: jax.Array, mask: jax.Array) -> jax.Array:
    def project(name: str) -> jax.Array:
        return jax.vmap(partial(_vector_linear, p[name]))(x).reshape(x.shape[0], 3, -1)

    q, k, v = map(project, ("query", "key", "value"))

    def one_head(q: jax.Array, k: jax.Array, v: jax.Array) -> jax.Array:
        scores = jnp.einsum("se,Se->sS", q / np.sqrt(q.shape[-1]), k)
        scores = jnp.where(mask[None, :], scores, jnp.finfo(scores.dtype).min)
        return jnp.einsum("sS,Se->se", jax.nn.softmax(scores, axis=-1), v)

    y = jax.vmap(one_head, in_axes=1, out_axes=1)(q, k, v)
    return jax.vmap(partial(_vector_linear, p["output"]))(y.reshape(x.shape[0], -1))


def bert(p: Params, x: jax.Array, mask: jax.Array) -> jax.Array:
    def one(x: jax.Array, mask: jax.Array) -> jax.Array:
        x = jax.vmap(partial(_vector_norm, p["ln0"]))(x)
        for i in range(LAYERS):
            layer = p[f"layers_{i}"]
            x = jax.vmap(partial(_vector_norm, layer["ln1"]))(x + _bert_attention(layer, x, mask))
            h = jax.vmap(partial(_vector_linear, layer["up"]))(x)
            h = jax.nn.gelu(h, approximate=False)
            h = jax.vmap(partial(_vector_linear, layer["down"]))(h)
            x = jax.vmap(partial(_vector_norm, layer["ln2"]))(x + h)
        return x

    return jax.vmap(one)(x, mask)


# --- Gemma by jax's own building blocks, in bf16 --------------------------------------------------


def gemma_params() -> Params:
    d, h, k, e, f = 24, 4, 2, 8, 36
    layer = {
        "norm1": (d,),
        "q": (d, h * e),
        "k": (d, k * e),
        "v": (d, k * e),
        "o": (h * e, d),
        "norm2": (d,),
        "gating": (2, d, f),
        "linear": (f, d),
    }
    return weights({**layered(layer), "norm": (d,)}, 4, "bfloat16")


def _gemma_norm(x: jax.Array, scale: jax.Array) -> jax.Array:
    variance = jnp.mean(jnp.square(x.astype(jnp.float32)), axis=-1, keepdims=True)
    normed = x * jax.lax.rsqrt(variance + 1e-6)
    return (normed * (1 + scale)).astype(x.dtype)


def _interleaved(x: jax.Array, cos: jax.Array, sin: jax.Array) -> jax.Array:
    even, odd = x[..., ::2], x[..., 1::2]
    pairs = jnp.stack([even * cos - odd * sin, odd * cos + even * sin], axis=-1)
    return pairs.reshape(x.shape)


def gemma(p: Params, x: jax.Array) -> jax.Array:
    b, t, _ = x.shape
    angles = jnp.arange(t, dtype=jnp.float32)[:, None] / (100.0 ** (jnp.arange(0, 8, 2) / 8))
    cos, sin = (f(angles)[None, :, None, :].astype(x.dtype) for f in (jnp.cos, jnp.sin))
    for i in range(LAYERS):
        layer = p[f"layers_{i}"]
        h = _gemma_norm(x, layer["norm1"])
        q, k, v = ((h @ layer[n]).reshape(b, t, -1, 8) for n in ("q", "k", "v"))
        q, k = _interleaved(q, cos, sin), _interleaved(k, cos, sin)
        y = jax.nn.dot_product_attention(q, k, v, scale=0.3, is_causal=True)
        x = x + y.reshape(b, t, -1) @ layer["o"]
        h = _gemma_norm(x, layer["norm2"])
        gate = jnp.dot(h, layer["gating"][0])
        up = jnp.dot(h, layer["gating"][1])
        x = x + jnp.dot(jax.nn.gelu(gate) * up, layer["linear"])
    return _gemma_norm(x, p["norm"])


def lowered(function: Callable[..., jax.Array], *arguments: object) -> str:
    """Returns the StableHLO that jax makes of a function, with locations."""
    return jax.jit(function, keep_unused=True).lower(*arguments).as_text(debug_info=True)


def run(module: IrModule, arguments: tuple[object, ...]) -> np.ndarray:
    """Returns the first result of a module by XLA."""
    return np.asarray(jax.jit(BoundModule("model", module))(*jax.tree.leaves(arguments))[0])


def cases() -> dict[str, tuple[Callable[..., jax.Array], tuple[object, ...]]]:
    """Returns the models with arguments of odd sizes."""
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 50, (2, 7)).astype(np.int32)
    x = rng.normal(size=(2, 7, 18)).astype(np.float32)
    mask = np.array([[1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1, 1]], bool)
    half = jnp.asarray(rng.normal(size=(2, 7, 24)), "bfloat16")
    return {
        "llama": (llama, (llama_params(), ids)),
        "gpt": (gpt, (gpt_params(), ids)),
        "bert": (bert, (bert_params(), x, mask)),
        "gemma": (gemma, (gemma_params(), half)),
    }

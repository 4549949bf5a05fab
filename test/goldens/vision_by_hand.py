"""What vision encoders compute, written down once more in plain numpy."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

Array = np.ndarray
ERF = np.vectorize(math.erf)


def gelu(x: Array) -> Array:
    return 0.5 * x * (1 + ERF(x / np.sqrt(2)))


def gelu_tanh(x: Array) -> Array:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def silu(x: Array) -> Array:
    return x / (1 + np.exp(-x))


def layer_norm(x: Array, weight: Array, bias: Array, eps: float) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps) * weight + bias


def attend(q: Array, k: Array, v: Array, heads: int, keep: Array | None = None) -> Array:
    """Returns attention of [b, t, d] queries to [b, s, d] keys, heads side by side in d."""
    q, k, v = (part.reshape(*part.shape[:2], heads, -1) for part in (q, k, v))
    scores = np.einsum("bthe,bshe->bhts", q, k) / np.sqrt(q.shape[-1])
    if keep is not None:
        scores = np.where(keep[:, None, None, :] != 0, scores, -np.inf)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights /= weights.sum(-1, keepdims=True)
    mixed = np.einsum("bhts,bshe->bthe", weights, v)
    return mixed.reshape(*mixed.shape[:2], -1)


def rotate_neighbours(x: Array, angles: Array, heads: int) -> Array:
    """Turns each pair of neighbours in the heads of [b, t, d] by angles [t, r]."""
    split = x.reshape(*x.shape[:2], heads, -1, 2)
    cos, sin = np.cos(angles)[:, None], np.sin(angles)[:, None]
    a, b = split[..., 0], split[..., 1]
    turned = np.stack([a * cos - b * sin, b * cos + a * sin], -1)
    return turned.reshape(x.shape)


class Weights:
    """Arrays by name, with the products of a linear layer and the norms that use them."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.arrays = {name: array.astype(np.float64) for name, array in arrays.items()}

    def linear(self, x: Array, key: str) -> Array:
        """Returns `x W.T + b`."""
        return x @ self.arrays[f"{key}.weight"].T + self.arrays[f"{key}.bias"]

    def norm(self, x: Array, key: str, eps: float) -> Array:
        """Returns the layer norm."""
        return layer_norm(x, self.arrays[f"{key}.weight"], self.arrays[f"{key}.bias"], eps)

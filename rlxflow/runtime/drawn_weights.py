"""Weights drawn at random for a checkpoint of which only the config is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rlxflow import dtypes
from rlxflow.recipes.base import FlowRequest
from rlxflow.runtime.checkpoint import Checkpoint
from rlxflow.weights import ParamSpec, open_weights
from rlxflow.weights.aligned import aligned_empty

DRAWN = 1 << 22
"""So many numbers are drawn, and repeated from other places: 5 GB take seconds, not a minute."""


def with_drawn_weights(checkpoint: Checkpoint, seed: int = 0) -> Checkpoint:
    """Returns a checkpoint of a causal model whose weights are random, and alike in scale.

    Vectors are ones; rows of `d` elements have the standard deviation `0.7 / sqrt(d)`.
    """
    request = FlowRequest(phase="prefill", batch=1, seq=1)
    params = checkpoint.build(checkpoint.flow(request)).params
    draw = np.random.default_rng(seed)
    normal = draw.standard_normal(DRAWN, np.float32)
    arrays = {spec.name: _array(spec, normal, int(draw.integers(DRAWN))) for spec in params}
    return replace(checkpoint, source=open_weights(arrays))


def _array(spec: ParamSpec, normal: np.ndarray, start: int) -> np.ndarray:
    array = aligned_empty(spec.shape, dtypes.to_numpy(spec.dtype))
    if len(spec.shape) == 1:
        array.fill(1)
        return array
    scaled = (normal * np.float32(0.7 * spec.shape[-1] ** -0.5)).astype(array.dtype)
    flat, at = array.reshape(-1), 0
    while at < len(flat):
        part = scaled[start : start + len(flat) - at]
        flat[at : at + len(part)] = part
        at, start = at + len(part), 0
    return array

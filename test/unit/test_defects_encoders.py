"""Text encoders that other code got wrong, against plain numpy: MPNet, LayerNorm, erf, softmax."""

from __future__ import annotations

import math

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.blocks.attention_core import attend
from rlxflow.blocks.norm import LayerNorm
from rlxflow.blocks.relative_bias import buckets
from rlxflow.errors import ConfigError, MissingState
from rlxflow.ir import ops

B, T, D, H, F, EPS = 2, 7, 12, 3, 10, 0.04
Array = np.ndarray
NAMES = {f"attention.attn.{name}": (D, D) for name in "qkvo"}
NAMES |= {"attention.LayerNorm": (D,), "intermediate.dense": (F, D)}
NAMES |= {"output.dense": (D, F), "output.LayerNorm": (D,)}


def normal(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def norm(x: Array, weight: Array, bias: Array, eps: float = EPS) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps) * weight + bias


def erf_gelu(x: Array) -> Array:
    return x / 2 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def softmax(x: Array) -> Array:
    raised = np.exp(x - x.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def mpnet_by_hand(w: dict[str, Array], x: Array, keep: Array, table: Array) -> Array:
    """Returns one MPNet layer in f64."""
    w = {name: array.astype(np.float64) for name, array in w.items()}

    def dense(name: str, value: Array) -> Array:
        name = f"encoder.layer.0.{name}"
        return value @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def heads(name: str) -> Array:
        return dense(f"attention.attn.{name}", x).reshape(B, T, H, D // H).transpose(0, 2, 1, 3)

    def normed(name: str, value: Array) -> Array:
        name = f"encoder.layer.0.{name}"
        return norm(value, w[f"{name}.weight"], w[f"{name}.bias"])

    distance = np.arange(T)[None] - np.arange(T)[:, None]
    bias = table.astype(np.float64)[buckets(distance, 32, 128)].transpose(2, 0, 1)
    scores = heads("q") @ heads("k").transpose(0, 1, 3, 2) / math.sqrt(D // H) + bias
    scores = np.where(keep[:, None, None] == 1, scores, -1e30)
    mixed = (softmax(scores) @ heads("v")).transpose(0, 2, 1, 3).reshape(B, T, D)
    y = normed("attention.LayerNorm", x + dense("attention.attn.o", mixed))
    wide = erf_gelu(dense("intermediate.dense", y))
    return normed("output.LayerNorm", y + dense("output.dense", wide))


def test_defect_11_mpnet_layers_have_their_own_names_and_a_bias_by_distance() -> None:
    weights: dict[str, Array] = {"rel": normal(99, 32, H)}
    for i, (name, shape) in enumerate(NAMES.items()):
        weights[f"encoder.layer.0.{name}.weight"] = normal(i, *shape) * np.float32(0.3)
        weights[f"encoder.layer.0.{name}.bias"] = normal(50 + i, shape[0])
    flow = rf.ModelFlow("mpnet").input("x", rf.Shape([B, T, D]))
    flow = flow.input("mask", rf.Shape([B, T], "i32")).attn_mask_from_input("mask")
    style = rf.BertLayerStyle.MPNET
    whole = flow.relative_bias("rel", H).repeat_bert_layers(1, "", style, D, H, EPS)
    x, keep = normal(7, B, T, D), np.ones((B, T), np.int32)
    keep[1, 5:] = 0
    found = np.asarray(whole.build(weights).compile()(x=x, mask=keep)["output"])
    wanted = mpnet_by_hand(weights, x.astype(np.float64), keep, weights["rel"])
    shown = keep == 1
    np.testing.assert_allclose(found[shown], wanted[shown], rtol=1e-5, atol=1e-5)
    with pytest.raises(MissingState, match="relative_bias"):
        flow.repeat_bert_layers(1, "", "mpnet", D, H, EPS).build(weights)


def test_defect_11_buckets_of_distances() -> None:
    distances = np.array([-200, -20, -8, -7, -1, 0, 1, 7, 8, 20, 127])
    wanted = [15, 10, 8, 7, 1, 0, 17, 23, 24, 26, 31]
    assert buckets(distances, 32, 128).tolist() == wanted


def test_a_style_that_is_none() -> None:
    with pytest.raises(ConfigError, match="expected one of bert, mpnet, found `deberta`"):
        rf.ModelFlow("x").repeat_bert_layers(1, "", "deberta", D, H, EPS)


def test_defect_13_a_large_mean_does_not_cancel_the_variance() -> None:
    """The mean of squares minus the square of the mean has no digits left in f32 here."""
    x = (normal(1, B, T, D) + 4096).astype(np.float32)
    w = {"n.weight": normal(2, D), "n.bias": normal(3, D)}
    flow = rf.ModelFlow("norm").input("x", rf.Shape(x.shape))
    block = LayerNorm(weight_key="n.weight", bias_key="n.bias", eps=1e-12)
    found = np.asarray(flow.stage("norm", block).build(w).compile()(x=x)["output"])
    wanted = norm(x.astype(np.float64), w["n.weight"], w["n.bias"], 1e-12)
    assert np.abs(found - wanted).max() < 2e-3
    wide = x.mean(-1, dtype=np.float32)
    cancelled = (x * x).mean(-1, dtype=np.float32) - wide * wide
    assert np.abs(cancelled - x.astype(np.float64).var(-1)).max() > 0.1


def test_defect_13_erf_is_exact_and_small_probabilities_stay() -> None:
    """A short polynomial is off by 1e-4 of a small erf; a weight of 1e-9 times 1e9 is 1."""
    points = np.geomspace(1e-4, 4, 401).astype(np.float32)
    scores = np.zeros((1, 1, 2), np.float32)
    scores[0, 0, 1] = math.log(1e-9)
    values = np.array([[[1.0], [1e9]]], np.float32)

    def both(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
        assert x is not None
        q = ops.split(ops.split(emit.flow_input("q"), "d", k=1, e=1), "k", k=1, g=1)
        k, v = (ops.rename(ops.split(emit.flow_input(n), "d", k=1, e=1), t="s") for n in ("k", "v"))
        emit.publish_side_output("mixed", attend(q, k, v, scale=1.0))
        return ops.erf(x)

    flow = rf.ModelFlow("probe").input("x", rf.Shape(points.shape, axes="d"))
    for name, tokens in (("q", 1), ("k", 2), ("v", 2)):
        flow = flow.input(name, rf.Shape([1, tokens, 1]))
    given = {"q": np.ones((1, 1, 1), np.float32), "k": scores.reshape(1, 2, 1), "v": values}
    found = flow.custom(both, name="both").build().compile()(x=points, **given)
    exact = np.vectorize(math.erf)(points.astype(np.float64))
    np.testing.assert_allclose(np.asarray(found["output"]), exact, rtol=1e-6)
    assert abs(float(np.asarray(found["mixed"]).reshape(())) - 2.0) < 1e-4

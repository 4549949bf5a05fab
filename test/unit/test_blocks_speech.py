"""Convolution and cross attention against their formulas in plain numpy float64, on odd sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.blocks.conv1d import Conv1d
from rlxflow.blocks.cross_attention import CrossAttention
from rlxflow.errors import ConfigError, ShapeError

Array = np.ndarray
B, T, S, D, C, H, E = 2, 3, 5, 7, 11, 2, 4
CROSS = CrossAttention(
    query_key="q",
    key_key="k",
    value_key="v",
    output_key="o",
    states_slot="stream.c",
    num_attention_heads=H,
    head_dim=E,
    key_bias=False,
)


def normal(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32).astype(np.float64)


def narrow(arrays: dict[str, Array]) -> dict[str, Array]:
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def convolved(x: Array, weight: Array, bias: Array, stride: int, padding: int) -> Array:
    """Returns a convolution of x[b, t, d] with weight[o, d, j], sample by sample."""
    padded = np.pad(x, ((0, 0), (padding, padding), (0, 0)))
    taps = weight.shape[-1]
    count = (padded.shape[1] - taps) // stride + 1
    windows = [padded[:, i * stride : i * stride + taps] for i in range(count)]
    return np.stack([np.einsum("bjd,odj->bo", w, weight) for w in windows], axis=1) + bias


@pytest.mark.parametrize(
    ("taps", "stride", "padding"), [(3, 1, 1), (3, 2, 1), (2, 3, 0), (4, 2, 3)]
)
@pytest.mark.parametrize("axes", ["b t d", "b d t"])
def test_convolution(taps: int, stride: int, padding: int, axes: str) -> None:
    x, weight, bias = normal(1, B, 9, D), normal(2, 6, D, taps), normal(3, 6)
    given = x if axes == "b t d" else x.swapaxes(1, 2)
    conv = Conv1d(prefix="c", kernel_size=taps, stride=stride, padding=padding, activation="relu")
    flow = rf.ModelFlow("conv").input("x", rf.Shape(given.shape, axes=axes)).stage("conv", conv)
    model = flow.build(narrow({"c.weight": weight, "c.bias": bias})).compile()
    wanted = np.maximum(convolved(x, weight, bias, stride, padding), 0)
    np.testing.assert_allclose(model(x=given.astype(np.float32))["output"], wanted, atol=2e-6)


def test_convolution_refusals() -> None:
    with pytest.raises(ConfigError, match=r"convolution \(C1\).*found 3, 0 and 1"):
        Conv1d(prefix="c", kernel_size=3, stride=0, padding=1)
    short = Conv1d(prefix="c", out_channels=6, kernel_size=5, padding=1)
    flow = rf.ModelFlow("short").input("x", rf.Shape([B, 2, D])).stage("conv", short)
    with pytest.raises(ShapeError, match=r"convolution \(C2\): expected at least 3 samples"):
        flow.build()


def weights() -> dict[str, Array]:
    made = {"q.weight": normal(4, H * E, D), "q.bias": normal(5, H * E)}
    made |= {"k.weight": normal(6, H * E, C), "v.weight": normal(7, H * E, C)}
    made |= {"v.bias": normal(8, H * E), "o.weight": normal(9, D, H * E), "o.bias": normal(10, D)}
    return made


def crossed(x: Array, states: Array, given: dict[str, Array]) -> Array:
    """Returns attention of x[b, t, d] to states[b, s, c], head by head."""
    q = x @ given["q.weight"].T + given["q.bias"]
    k = states @ given["k.weight"].T
    v = states @ given["v.weight"].T + given["v.bias"]
    mixed = np.empty_like(q)
    for h in range(H):
        part = slice(h * E, (h + 1) * E)
        scores = np.einsum("bte,bse->bts", q[..., part], k[..., part]) / E**0.5
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        mixed[..., part] = np.einsum("bts,bse->bte", shares, v[..., part])
    return mixed @ given["o.weight"].T + given["o.bias"]


def over_states(block: CrossAttention, tokens: int = T, states: int = S) -> rf.ModelFlow:
    flow = rf.ModelFlow("cross").input("x", rf.Shape([B, tokens, D]))
    flow = flow.input("c", rf.Shape([B, states, C])).bind_inputs_to_streams([("c", "c")])
    return flow.stage("cross", block)


def test_cross_attention_alone_and_from_its_cache() -> None:
    """A prefill attends as the plain phase does; a step attends to what the prefill left."""
    x, states, step, given = (
        normal(11, B, T, D),
        normal(12, B, S, C),
        normal(13, B, 1, D),
        weights(),
    )
    arrays = {"x": x.astype(np.float32), "c": states.astype(np.float32)}
    plain = over_states(CROSS).build(narrow(given)).compile()(**arrays)["output"]
    np.testing.assert_allclose(plain, crossed(x, states, given), atol=4e-6)

    cached = replace(CROSS, cache_key="l", cache_slots=S, phase="prefill")
    built = over_states(cached).build(narrow(given))
    empty = {name: np.zeros(type_.sizes, np.float32) for name, type_ in built.states.items()}
    filled = built.compile()(**arrays, **empty)
    np.testing.assert_allclose(filled["output"], plain, atol=1e-6)
    assert filled["l.key"].shape == (B, H, E, S)
    assert filled["l.value"].shape == (B, H, S, E)

    kept = {name: np.array(filled[name]) for name in ("l.key", "l.value")}
    flow = rf.ModelFlow("step").input("x", rf.Shape([B, 1, D]))
    names = ("q.weight", "q.bias", "o.weight", "o.bias")
    used = narrow({name: given[name] for name in names})
    once = flow.stage("cross", replace(cached, phase="decode")).build(used).compile()
    found = once(x=step.astype(np.float32), **kept)
    np.testing.assert_allclose(found["output"], crossed(step, states, given), atol=4e-6)
    for name, before in kept.items():
        np.testing.assert_array_equal(found[name], before)


def test_cross_attention_refusals() -> None:
    with pytest.raises(ConfigError, match=r"cross attention \(C1\).*found 0 and 4"):
        replace(CROSS, num_attention_heads=0)
    with pytest.raises(ConfigError, match=r"cross attention \(C2\).*`prefill` with 0 slots"):
        replace(CROSS, phase="prefill")
    with pytest.raises(ConfigError, match=r"cross attention \(C3\): expected 9 states"):
        over_states(replace(CROSS, phase="prefill", cache_slots=9, cache_key="l")).build()
    with pytest.raises(rf.FlowError, match=r"slot `stream\.c` to be written"):
        rf.ModelFlow("alone").input("x", rf.Shape([B, T, D])).stage("cross", CROSS).build()

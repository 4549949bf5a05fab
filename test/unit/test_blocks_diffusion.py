"""Blocks of diffusion models against their formulas in plain numpy float64, on odd sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.axes_rope import AxesRope
from rlxflow.blocks.conditioning import Conditioning
from rlxflow.blocks.joint_attention import JointAttention
from rlxflow.blocks.linear import Linear
from rlxflow.blocks.modulation import ModulatedBranch, Modulation
from rlxflow.blocks.parallel_attention import FusedParallelAttention, ParallelAttention
from rlxflow.blocks.token_spans import DropTokens
from rlxflow.errors import ConfigError, FlowError, ShapeError

Array = np.ndarray
B, T, S, D, H, E, F = 2, 5, 3, 7, 3, 4, 6
OWN = SelfAttention(
    query_key="a.q",
    key_key="a.k",
    value_key="a.v",
    output_key="a.o",
    query_norm_key="a.nq",
    key_norm_key="a.nk",
    num_attention_heads=H,
    num_key_value_heads=H,
    head_dim=E,
    padding=False,
    qk_norm="head",
    norm_eps=0.3,
)


def normal(seed: int, *shape: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32).astype(np.float64)


def narrow(arrays: dict[str, Array]) -> dict[str, Array]:
    return {name: array.astype(np.float32) for name, array in arrays.items()}


def silu(x: Array) -> Array:
    return x / (1 + np.exp(-x))


def modulated(x: Array, shift: Array, scale: Array, eps: float) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    normed = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps)
    return normed * (1 + scale[:, None]) + shift[:, None]


def heads(x: Array, weights: dict[str, Array], side: str) -> list[Array]:
    """Returns queries, keys and values [b, t, h, e]; queries and keys normalised."""
    made = [x @ weights[f"{side}.{n}.weight"].T + weights[f"{side}.{n}.bias"] for n in "qkv"]
    made = [part.reshape(*part.shape[:2], H, E) for part in made]
    for at, name in enumerate(("nq", "nk")):
        root = np.sqrt((made[at] ** 2).mean(-1, keepdims=True) + 0.3)
        made[at] = made[at] / root * weights[f"{side}.{name}"]
    return made


def attended(q: Array, k: Array, v: Array) -> Array:
    scores = np.einsum("bthe,bshe->bhts", q, k) / E**0.5
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    mixed = np.einsum("bhts,bshe->bthe", shares, v)
    return mixed.reshape(*mixed.shape[:2], H * E)


def side_weights(side: str, seed: int) -> dict[str, Array]:
    made: dict[str, Array] = {}
    for at, name in enumerate("qkv"):
        made[f"{side}.{name}.weight"] = normal(seed + at, H * E, D)
        made[f"{side}.{name}.bias"] = normal(seed + 3 + at, H * E)
    made[f"{side}.o.weight"] = normal(seed + 6, D, H * E)
    made[f"{side}.o.bias"] = normal(seed + 7, D)
    return made | {f"{side}.nq": normal(seed + 8, E), f"{side}.nk": normal(seed + 9, E)}


def test_conditioning() -> None:
    """Waves of two numbers, cosines first, and a vector, each through its own products."""
    time, guide, text = abs(normal(1, B)), abs(normal(2, B)), normal(3, B, 5)
    weights: dict[str, Array] = {}
    for at, (name, size) in enumerate((("time", 8), ("guide", 8), ("text", 5))):
        weights[f"c.{name}.linear_1.weight"] = normal(10 + at, D, size)
        weights[f"c.{name}.linear_2.weight"] = normal(20 + at, D, D)
    block = Conditioning(
        prefix="c",
        scalars=(("when", "time"), ("how", "guide")),
        vectors=(("what", "text"),),
        channels=8,
        scale=10.0,
        hidden_size=D,
        bias=False,
        slot="told",
    )
    flow = rf.ModelFlow("told").input("when", rf.Shape([B])).input("how", rf.Shape([B]))
    flow = flow.input("what", rf.Shape([B, 5], axes="b d")).stage("told", block)
    flow = flow.custom(lambda emit, x: emit.named("told"), reads=("told",))
    given = {"when": time, "how": guide, "what": text}
    found = flow.build(narrow(weights)).compile()(**narrow(given))["output"]

    def waves(number: Array) -> Array:
        angles = 10 * number[:, None] * 10_000.0 ** (-np.arange(4) / 4)
        return np.concatenate([np.cos(angles), np.sin(angles)], axis=1)

    wanted = np.zeros((B, D))
    for name, x in (("time", waves(time)), ("guide", waves(guide)), ("text", text)):
        inner = silu(x @ weights[f"c.{name}.linear_1.weight"].T)
        wanted += inner @ weights[f"c.{name}.linear_2.weight"].T
    np.testing.assert_allclose(found, wanted, atol=2e-5)


@pytest.mark.parametrize("theta", [10_000.0, 2_000.0])
def test_axes_rope_is_as_good_as_f64_angles(theta: float) -> None:
    ids = np.array([[0, 1, 7], [3, 511, 100], [1, 4095, 2047]], np.float64)
    rope = AxesRope(inputs=("ids",), dims=(4, 6, 8), theta=theta, slot="r")
    flow = rf.ModelFlow("rope").input("ids", rf.Shape(ids.shape, axes="t n")).stage("rope", rope)
    for name in ("cos", "sin"):
        slot = f"r.{name}"
        flow = flow.custom(lambda emit, _, s=slot: emit.named(s), name=name, reads=(slot,)).tap(
            name
        )
    found = flow.build().compile()(ids=ids.astype(np.float32))
    angles = [ids[:, [n]] * theta ** (-np.arange(0, d, 2) / d) for n, d in enumerate((4, 6, 8))]
    whole = np.concatenate(angles, axis=1)
    np.testing.assert_allclose(found["cos"], np.cos(whole), atol=5e-7)
    np.testing.assert_allclose(found["sin"], np.sin(whole), atol=5e-7)


def test_modulation_and_branch() -> None:
    x, told, weight, bias = (
        normal(1, B, T, D),
        normal(2, B, D),
        normal(3, 6 * D, D),
        normal(4, 6 * D),
    )
    inner = Linear(weight_key="w", out_features=D)
    made = Modulation(prefix="m", source="stream.c", slot="m", count=6)
    branch = ModulatedBranch(slot="m", at=3, eps=0.4, inner=inner, name="inner")
    flow = rf.ModelFlow("branch").input("x", rf.Shape(x.shape))
    flow = flow.input("c", rf.Shape(told.shape, axes="b d")).bind_inputs_to_streams([("c", "c")])
    flow = flow.stage("m", made).stage("branch", branch)
    weights = {"m.weight": weight, "m.bias": bias, "w": normal(5, D, D)}
    found = flow.build(narrow(weights)).compile()(**narrow({"x": x, "c": told}))["output"]
    vectors = (silu(told) @ weight.T + bias).reshape(B, 6, D)
    middle = modulated(x, vectors[:, 3], vectors[:, 4], 0.4) @ weights["w"].T
    np.testing.assert_allclose(found, x + vectors[:, None, 5] * middle, atol=2e-5)


def test_joint_attention() -> None:
    """Both streams are one sequence; which of them stands first does not matter without a mask."""
    a, b, m, n = normal(1, B, T, D), normal(2, B, S, D), normal(3, B, 6, D), normal(4, B, 6, D)
    weights = side_weights("a", 10) | side_weights("b", 30)
    names = {"query_key": "b.q", "key_key": "b.k", "value_key": "b.v", "output_key": "b.o"}
    other = replace(OWN, **names, query_norm_key="b.nq", key_norm_key="b.nk")
    joint = JointAttention(own=OWN, other=other, slots=("stream.m", "stream.n"), eps=0.5)
    flow = rf.ModelFlow("joint")
    for name, array, axes in (
        ("a", a, "b t d"),
        ("b", b, "b t d"),
        ("m", m, "b n d"),
        ("n", n, "b n d"),
    ):
        flow = flow.input(name, rf.Shape(array.shape, axes=axes))
    flow = flow.bind_inputs_to_streams([(name, name) for name in "abmn"])
    flow = flow.dual_stream("attn", "a", "b", joint).load_stream("a").tap("a").load_stream("b")
    given = narrow({"a": a, "b": b, "m": m, "n": n})
    found = flow.build(narrow(weights)).compile()(**given)

    parts = [
        heads(modulated(x, v[:, 0], v[:, 1], 0.5), weights, side)
        for x, v, side in ((a, m, "a"), (b, n, "b"))
    ]
    mixed = attended(*(np.concatenate(pair, axis=1) for pair in zip(*parts, strict=True)))
    for name, x, v, part in (("a", a, m, mixed[:, :T]), ("b", b, n, mixed[:, T:])):
        branch = part @ weights[f"{name}.o.weight"].T + weights[f"{name}.o.bias"]
        wanted = x + v[:, None, 2] * branch
        np.testing.assert_allclose(found["a" if name == "a" else "output"], wanted, atol=2e-5)


def test_parallel_attention_apart_and_fused() -> None:
    x, weights = normal(1, B, T, D), side_weights("a", 10)
    out = {"out.weight": normal(50, D, H * E + F), "out.bias": normal(51, D)}
    up = {"up.weight": normal(52, F, D), "up.bias": normal(53, F)}
    used = {k: v for k, v in weights.items() if ".o." not in k} | out | up
    numbers = {"output_key": "out", "intermediate_size": F, "activation": "silu"}
    apart = ParallelAttention(attention=replace(OWN, output_key=""), up_key="up", **numbers)
    flow = rf.ModelFlow("parallel").input("x", rf.Shape(x.shape))
    found = (
        flow.stage("layer", apart).build(narrow(used)).compile()(x=x.astype(np.float32))["output"]
    )
    mixed = attended(*heads(x, weights, "a"))
    wide = silu(x @ up["up.weight"].T + up["up.bias"])
    wanted = np.concatenate([mixed, wide], axis=-1) @ out["out.weight"].T + out["out.bias"]
    np.testing.assert_allclose(found, wanted, atol=2e-5)

    gate = normal(54, F, D)
    rows = [*(weights[f"a.{n}.weight"] for n in "qkv"), gate, up["up.weight"]]
    plain = {k: np.zeros_like(v) if k.endswith("bias") else v for k, v in weights.items()}
    one = {"qkv_key": "in", "query_key": "", "key_key": "", "value_key": "", "output_key": ""}
    fused = FusedParallelAttention(attention=replace(OWN, **one), **numbers)
    stored = {"in.weight": np.concatenate(rows), "out.weight": out["out.weight"]}
    stored |= {name: weights[name] for name in ("a.nq", "a.nk")}
    found = (
        flow.stage("layer", fused).build(narrow(stored)).compile()(x=x.astype(np.float32))["output"]
    )
    wide = silu(x @ gate.T) * (x @ up["up.weight"].T)
    mixed = attended(*heads(x, plain, "a"))
    wanted = np.concatenate([mixed, wide], axis=-1) @ out["out.weight"].T
    np.testing.assert_allclose(found, wanted, atol=2e-5)


def test_guidance_goes_from_the_negative_through_the_positive() -> None:
    positive, negative, scale = normal(1, B, S), normal(2, B, S), normal(3, B)
    flow = rf.ModelFlow("cfg").input("p", rf.Shape([B, S])).input("n", rf.Shape([B, S]))
    flow = flow.input("s", rf.Shape([B])).bind_inputs_to_streams([("p", "pos"), ("n", "neg")])
    flow = flow.cfg_combine(3.5).tap("number").cfg_combine(input="s")
    found = flow.build().compile()(**narrow({"p": positive, "n": negative, "s": scale}))
    way = positive - negative
    np.testing.assert_allclose(found["number"], negative + 3.5 * way, atol=2e-6)
    np.testing.assert_allclose(found["output"], negative + scale[:, None] * way, atol=2e-6)


def test_refusals() -> None:
    numbers = {"prefix": "c", "hidden_size": 3, "slot": "s", "scalars": (("x", "x"),)}
    with pytest.raises(ConfigError, match=r"conditioning \(C1\).*found 1, 0 and 5 channels"):
        Conditioning(**numbers, channels=5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(
        ConfigError, match=r"rope of axes \(C1\): expected even numbers, found 4, 3"
    ):
        AxesRope(inputs=("ids",), dims=(4, 3), theta=9.0, slot="r")
    rope = AxesRope(inputs=("ids",), dims=(4, 2), theta=9.0, slot="r")
    flow = rf.ModelFlow("ids").input("ids", rf.Shape([3, 3], axes="t n")).stage("rope", rope)
    with pytest.raises(
        ShapeError, match=r"`ids` \(C2\): expected \[t, n=2\], found f32\[t=3, n=3\]"
    ):
        flow.build()
    other = replace(OWN, num_attention_heads=1, num_key_value_heads=1)
    with pytest.raises(ConfigError, match=r"joint attention \(C1\).*found 3 of 4 and 1 of 4"):
        JointAttention(own=OWN, other=other, slots=("m", "n"), eps=0.5)
    with pytest.raises(ConfigError, match=r"joint attention \(C1\): expected neither cache nor"):
        JointAttention(own=replace(OWN, causal=True), other=OWN, slots=("m", "n"), eps=0.5)
    with pytest.raises(ConfigError, match=r"guidance \(C1\).*found neither"):
        rf.ModelFlow("cfg").cfg_combine()
    with pytest.raises(FlowError, match=r"slot `stream\.pos` to be written"):
        rf.ModelFlow("cfg").input("x", rf.Shape([2, 3])).cfg_combine(2.0).build()
    short = rf.ModelFlow("short").input("x", rf.Shape([B, 2, D])).stage("d", DropTokens(count=2))
    with pytest.raises(ShapeError, match=r"drop tokens \(C1\): expected fewer than 2"):
        short.build()

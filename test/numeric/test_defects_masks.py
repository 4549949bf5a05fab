"""Attention under every kind of mask, and what depends on positions, against plain numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.blocks.tokens import Positions

B, T, D, H, K, E = 2, 6, 10, 4, 2, 4
SCALE, CAP = 0.7, 1.3
draw = np.random.default_rng(11)
X = draw.normal(size=(B, T, D)).astype(np.float32)
KEEP = np.array([[1, 1, 1, 1, 0, 0], [0, 0, 1, 1, 1, 1]], np.int32)  # right and left padding
BIAS = draw.normal(size=(B, H, T, T)).astype(np.float32)
WEIGHTS = {
    "model.layers.0.self_attn.q_proj.weight": draw.normal(size=(H * E, D)).astype(np.float32),
    "model.layers.0.self_attn.k_proj.weight": draw.normal(size=(K * E, D)).astype(np.float32),
    "model.layers.0.self_attn.v_proj.weight": draw.normal(size=(K * E, D)).astype(np.float32),
}
NONE, CAUSAL, CUSTOM = rf.MaskKind.NONE, rf.MaskKind.CAUSAL, rf.MaskKind.CUSTOM
WINDOW = rf.MaskKind.sliding_window
MASKS = {
    "none": NONE,
    "causal": CAUSAL,
    "custom": CUSTOM,
    "bias": rf.MaskKind.BIAS,
    "window 1": WINDOW(1),
    "window 2": WINDOW(2),
    "window all": WINDOW(T),
    "all at once": WINDOW(3) & CUSTOM & rf.MaskKind.BIAS,
}
SPEC = replace(
    rf.SelfAttnPrefillSpec.hf_layer("model.layers.0", H, E, K),
    rope_table="",
    score_scale=SCALE,
    attn_logit_softcap=CAP,
)


@pytest.fixture(scope="module")
def found() -> dict[str, np.ndarray]:
    """Returns what one program gives for each mask: attention without the product after it."""
    flow = (
        rf.ModelFlow("masks")
        .input("x", rf.Shape([B, T, D]))
        .input("keep", rf.Shape([B, T], "i32"))
        .input("attn_bias", rf.Shape([B, H, T, T]))
        .attn_mask_from_input("keep")
        .attn_bias_from_input()
    )
    for name, mask in MASKS.items():
        stage = rf.LayerStack.named(name).self_attn_prefill(SPEC.with_mask(mask)).build()
        flow = flow.branch(name, stage)
    out = flow.build(WEIGHTS).compile()(x=X, keep=KEEP, attn_bias=BIAS)
    return {name: np.asarray(value, np.float64) for name, value in out.items()}


def wanted(visible: np.ndarray, *, bias: bool = False) -> np.ndarray:
    """Returns attention head by head in f64: scale, limit, bias, mask, softmax, in this order."""
    q, k, v = (X.astype(np.float64) @ w.astype(np.float64).T for w in WEIGHTS.values())
    mixed = np.zeros((B, T, H * E))
    for head in range(H):
        own = slice(head * E, (head + 1) * E)
        shared = slice(head // 2 * E, (head // 2 + 1) * E)
        scores = q[..., own] @ k[..., shared].transpose(0, 2, 1) * SCALE
        scores = CAP * np.tanh(scores / CAP) + (BIAS[:, head] if bias else 0)
        scores = np.where(visible, scores, np.finfo(np.float32).min)
        exps = np.exp(scores - scores.max(-1, keepdims=True))
        mixed[..., own] = exps / exps.sum(-1, keepdims=True) @ v[..., shared]
    return mixed


T_, S_ = np.indices((T, T))
PAD = KEEP[:, None, :].astype(bool)
VISIBLE = {
    "none": np.ones((B, T, T), bool),
    "causal": np.broadcast_to(S_ <= T_, (B, T, T)),
    "custom": np.broadcast_to(PAD, (B, T, T)),
    "bias": np.ones((B, T, T), bool),
    **{
        name: np.broadcast_to((S_ <= T_) & (T_ - w < S_), (B, T, T))
        for name, w in (("window 1", 1), ("window 2", 2), ("window all", T))
    },
    "all at once": PAD & (S_ <= T_) & (S_ > T_ - 3),
}


@pytest.mark.parametrize("name", MASKS)
def test_defect_04_scale_and_limit_come_before_every_mask(name, found):
    close(found[name], wanted(VISIBLE[name], bias="bias" in name or name == "all at once"))


def close(a: np.ndarray, b: np.ndarray) -> None:
    np.testing.assert_allclose(a, b, rtol=3e-6, atol=3e-6)


def test_defect_05_a_window_of_w_shows_w_keys(found):
    values = X.astype(np.float64) @ WEIGHTS["model.layers.0.self_attn.v_proj.weight"].T
    own = np.repeat(values.reshape(B, T, K, E), H // K, axis=2).reshape(B, T, H * E)
    close(found["window 1"], own)  # itself alone
    close(found["window all"], found["causal"])


def test_defect_06_causality_window_and_padding_hold_together(found):
    assert MASKS["all at once"] == rf.MaskKind(
        causal=True, window=3, padding=True, bias_slot="attn_bias"
    )
    close(found["all at once"], wanted(VISIBLE["all at once"], bias=True))
    assert WINDOW(3) & WINDOW(2) == WINDOW(2)


def test_defect_16_a_row_that_sees_nothing_gets_the_mean_of_all_values(found):
    """Row 1 begins with two pads: their causal queries see nothing."""
    values = X[1].astype(np.float64) @ WEIGHTS["model.layers.0.self_attn.v_proj.weight"].T
    mean = np.repeat(values.mean(0).reshape(K, E), H // K, axis=0).reshape(-1)
    close(found["all at once"][1, :2], np.stack([mean, mean]))


def test_defect_07_rotations_follow_positions_of_each_row():
    positions = np.array([[0, 1, 2], [5, 9, 9]], np.int32)
    flow = (
        rf.ModelFlow("rope")
        .input("ids", rf.Shape([2, 3], "i32"))
        .input("position_ids", rf.Shape([2, 3], "i32"))
        .stage("positions", Positions(input="position_ids"))
        .rope_tables(rf.RopeTables(max_pos=16, head_dim=4, positions_slot="positions"))
        .with_extra_outputs(["rope.cos", "rope.sin"])
    )
    out = flow.build().compile()(ids=positions * 0, position_ids=positions)
    angles = positions[..., None] * np.array([1.0, 0.01])
    np.testing.assert_allclose(out["rope.cos"], np.cos(angles), atol=1e-6)
    np.testing.assert_allclose(out["rope.sin"], np.sin(angles), atol=1e-6)
    twice = rf.ModelFlow("step").input("x", rf.Shape([1, 1, 4]))
    twice = twice.rope_tables(rf.RopeTables(max_pos=16, head_dim=4))
    with pytest.raises(rf.FlowError, match="count from 0 in each call"):
        twice.bind_decode_inputs(1)


def test_defect_08_each_row_keeps_its_own_last_token():
    x = draw.normal(size=(3, 4, 5)).astype(np.float32)
    flow = (
        rf.ModelFlow("last")
        .input("x", rf.Shape([3, 4, 5]))
        .input("last_token_idx", rf.Shape([3], "i32"), below=4)
    )
    made = flow.gather_last_token_dynamic(3)
    assert [i.name for i in made.inputs] == ["x", "last_token_idx"]  # not declared twice
    static = made.build().compile()(x=x, last_token_idx=[3, 0, 2])["output"]
    np.testing.assert_array_equal(static, x[np.arange(3), [3, 0, 2]][:, None])
    at = rf.ModelFlow("at").input("x", rf.Shape([3, 4, 5])).gather_last_token_at(3, 2)
    np.testing.assert_array_equal(at.build().compile()(x=x)["output"], x[:, 1:2])
    with pytest.raises(rf.FlowError, match=r"(?s)b=2.*stage `gather_last_token`"):
        flow.gather_last_token_dynamic(2).build()


@pytest.mark.parametrize("size", [130])
def test_defect_17_states_may_be_wider_than_128(size):
    shape = (1, 3, 2, size)
    q, k, v = (draw.normal(size=shape).astype(np.float32) for _ in range(3))
    q, k = (a / np.linalg.norm(a, axis=-1, keepdims=True) for a in (q, k))
    g, beta = -draw.random((1, 3, 2)).astype(np.float32), draw.random((1, 3, 2)).astype(np.float32)
    rows = {"q": q, "k": k, "v": v, "g": g, "beta": beta}

    def publish(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        for name in rows:
            emit.set_named(f"gdn.{name}", emit.flow_input(name))
        return x

    flow = rf.ModelFlow("gdn").input("x", rf.Shape([1, 3, 2]))
    for name, array in rows.items():
        flow = flow.input(name, rf.Shape(array.shape, axes="b t h e"[: 2 * array.ndim - 1]))
    flow = flow.custom(publish, name="p", writes=[f"gdn.{n}" for n in rows])
    out = flow.gdn_scan(rf.GdnScan.prefill(size)).build().compile()
    found = out(x=np.zeros((1, 3, 2), np.float32), **rows)["output"]
    state = np.zeros((2, size, size))
    for t in range(3):
        state *= np.exp(g[0, t])[:, None, None]
        known = np.einsum("hio,hi->ho", state, k[0, t])
        lack = (v[0, t] - known) * beta[0, t][:, None]
        state += np.einsum("hi,ho->hio", k[0, t], lack)
        answer = np.einsum("hio,hi->ho", state, q[0, t]) / np.sqrt(size)
        np.testing.assert_allclose(found[0, t], answer, rtol=1e-4, atol=1e-6)

"""Layers with experts, and Gemma's norms, masks and ropes, against plain numpy in f64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.blocks.moe_beside import ExpertsBesideMlp
from rlxflow.errors import ConfigError, ShapeError
from rlxflow.flow.gemma_moe import (
    gemma_moe_decode_layer_composed,
    gemma_moe_ffn,
    gemma_moe_prefill_layer_composed,
)
from rlxflow.flow.moe_ffn import MoeFfnStage

pytestmark = pytest.mark.numeric
B, T, D, H, K, E, F, W, X = 2, 5, 12, 4, 2, 6, 9, 7, 5
EPS, THETA = 0.03, 50.0
P = "model.layers.0"
Arrays = dict[str, np.ndarray]


def weights(seed: int) -> Arrays:
    """Returns all weights that a layer may ask for."""
    rng = np.random.default_rng(seed)
    shapes: dict[str, tuple[int, ...]] = {
        "self_attn.q_proj.weight": (H * E, D),
        "self_attn.k_proj.weight": (K * E, D),
        "self_attn.v_proj.weight": (K * E, D),
        "self_attn.o_proj.weight": (D, H * E),
        "self_attn.q_norm.weight": (E,),
        "self_attn.k_norm.weight": (E,),
        "mlp.gate_proj.weight": (W, D),
        "mlp.up_proj.weight": (W, D),
        "mlp.down_proj.weight": (D, W),
        "router.proj.weight": (X, D),
        "router.scale": (D,),
        "router.per_expert_scale": (X,),
        "experts.gate_up_proj": (X, 2 * F, D),
        "experts.down_proj": (X, D, F),
        "layer_scalar": (1,),
        "mlp.gate.weight": (X, D),
        "mlp.experts.gate_proj.weight": (X, F, D),
        "mlp.experts.up_proj.weight": (X, F, D),
        "mlp.experts.down_proj.weight": (X, D, F),
    }
    norms = ("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm")
    norms += ("post_feedforward_layernorm", "pre_feedforward_layernorm_2")
    norms += ("post_feedforward_layernorm_1", "post_feedforward_layernorm_2")
    shapes |= {f"{name}.weight": (D,) for name in norms}
    return {
        f"{P}.{name}": rng.normal(size=size).astype(np.float32) for name, size in shapes.items()
    }


class Reference:
    """The layer in f64, written out."""

    def __init__(self, held: Arrays, offset: float) -> None:
        self.w = {k.removeprefix(f"{P}."): v.astype(np.float64) for k, v in held.items()}
        self.offset = offset

    def rms(self, x: np.ndarray, name: str = "") -> np.ndarray:
        y = x / np.sqrt((x**2).mean(-1, keepdims=True) + EPS)
        return y * (self.offset + self.w[f"{name}.weight"]) if name else y

    def lin(self, x: np.ndarray, name: str) -> np.ndarray:
        return x @ self.w[f"{name}.weight"].T

    def rotate(self, x: np.ndarray) -> np.ndarray:
        angles = np.arange(T)[:, None] * THETA ** -(np.arange(0, E, 2) / E)
        cos, sin = (np.concatenate([f(angles)] * 2, -1)[:, None] for f in (np.cos, np.sin))
        half = np.concatenate([-x[..., E // 2 :], x[..., : E // 2]], -1)
        return x * cos + half * sin

    def attention(self, x: np.ndarray, style: str, window: int | None) -> np.ndarray:
        q, k, v = (self.lin(x, f"self_attn.{n}_proj").reshape(B, T, -1, E) for n in ("q", "k", "v"))
        if style in {"gemma3", "gemma4"}:
            q, k = self.rms(q, "self_attn.q_norm"), self.rms(k, "self_attn.k_norm")
        if style == "gemma4":
            v = self.rms(v)
        q, k = self.rotate(q), self.rotate(k)
        k, v = (np.repeat(part, H // K, axis=2) for part in (k, v))
        scores = np.einsum("bthe,bshe->bhts", q, k) * (1.0 if style == "gemma4" else E**-0.5)
        behind = np.arange(T)[:, None] - np.arange(T)
        hidden = (behind < 0) | (behind >= (T if window is None else window))
        scores = np.exp(np.where(hidden, -np.inf, scores))
        mixed = np.einsum("bhts,bshe->bthe", scores / scores.sum(-1, keepdims=True), v)
        return self.lin(mixed.reshape(B, T, H * E), "self_attn.o_proj")

    def dense(self, x: np.ndarray) -> np.ndarray:
        wide = gelu(self.lin(x, "mlp.gate_proj")) * self.lin(x, "mlp.up_proj")
        return self.lin(wide, "mlp.down_proj")

    def routed(self, x: np.ndarray, scores: np.ndarray, scale: np.ndarray, kind: str) -> np.ndarray:
        y = np.zeros_like(x)
        for at in np.ndindex(B, T):
            p = np.exp(scores[at]) / np.exp(scores[at]).sum()
            best = np.argsort(-p)[:2]
            for e in best:
                if kind == "gemma4":
                    gate, up = np.split(self.w["experts.gate_up_proj"][e], 2)
                    down = self.w["experts.down_proj"][e]
                else:
                    names = [f"mlp.experts.{n}_proj.weight" for n in ("gate", "up", "down")]
                    gate, up, down = (self.w[n][e] for n in names)
                part = down @ (gelu(gate @ x[at]) * (up @ x[at]))
                y[at] += p[e] / p[best].sum() * scale[e] * part
        return y

    def layer(self, x: np.ndarray, style: str, kind: str, window: int | None) -> np.ndarray:
        sandwich = style != "gemma"
        a = self.attention(self.rms(x, "input_layernorm"), style, window)
        r = x + (self.rms(a, "post_attention_layernorm") if sandwich else a)
        before = "pre_feedforward_layernorm" if sandwich else "post_attention_layernorm"
        if kind == "gemma4":
            scores = self.lin(self.rms(r) * self.w["router.scale"] * D**-0.5, "router.proj")
            seen = self.rms(r, "pre_feedforward_layernorm_2")
            routed = self.routed(seen, scores, self.w["router.per_expert_scale"], kind)
            h = self.rms(self.dense(self.rms(r, before)), "post_feedforward_layernorm_1")
            h = h + self.rms(routed, "post_feedforward_layernorm_2")
        elif kind == "experts":
            seen = self.rms(r, before)
            h = self.routed(seen, self.lin(seen, "mlp.gate"), np.ones(X), kind)
        else:
            h = self.dense(self.rms(r, before))
        y = r + (self.rms(h, "post_feedforward_layernorm") if sandwich else h)
        return y * self.w["layer_scalar"][0] if style == "gemma4" else y


def gelu(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def built(flow: rf.ModelFlow, held: Arrays) -> Any:
    return flow.build(held, rules=rf.NameRules(ignore=(("*", "of another kind of layer"),)))


def moe_of(kind: str, form: Any = "grouped") -> ExpertsBesideMlp | MoeFfnStage:
    if kind == "gemma4":
        return gemma_moe_ffn(0, X, 2, F, EPS, intermediate_size=W, form=form)
    return MoeFfnStage.hf(P, X, 2, D, F)


def run(style: str, kind: str, held: Arrays, x: np.ndarray, mask: rf.MaskKind) -> np.ndarray:
    spec = rf.gemma_attn_spec(0, H, E, K, mask)
    if kind == "dense":
        stage = rf.gemma_prefill_layer_composed(0, style, spec, EPS, intermediate_size=W)
    else:
        stage = gemma_moe_prefill_layer_composed(0, style, spec, EPS, moe_of(kind))
    flow = rf.ModelFlow("layer").input("x", rf.Shape(x.shape))
    flow = flow.rope_tables(rf.RopeTables(max_pos=T, head_dim=E, theta=THETA)).stage(stage)
    return np.asarray(built(flow, held).compile()(x=x)["output"])


def check(style: str, kind: str, window: int | None) -> None:
    x = np.random.default_rng(2).normal(size=(B, T, D)).astype(np.float32)
    held = weights(3)
    mask = rf.MaskKind.CAUSAL if window is None else rf.MaskKind.sliding_window(window)
    wanted = Reference(held, 0.0 if style == "gemma4" else 1.0).layer(
        x.astype(np.float64), style, kind, window
    )
    assert np.abs(run(style, kind, held, x, mask) - wanted).max() <= 3e-5 * np.abs(wanted).max()


@pytest.mark.parametrize(
    ("style", "kind", "window"), [("gemma4", "gemma4", 3), ("gemma3", "experts", 2)]
)
def test_defect_01_experts_are_run(style: str, kind: str, window: int) -> None:
    """What they are given is routed, weighted and summed, also in layers with windows."""
    check(style, kind, window)


@pytest.mark.parametrize(("style", "window"), [("gemma2", None), ("gemma3", 2)])
def test_defect_03_every_norm_and_window_is_that_of_the_style(
    style: str, window: int | None
) -> None:
    """Norms after both branches, those of query and key heads, and which keys are seen."""
    check(style, "dense", window)


def test_defect_01_decode_runs_the_same_experts() -> None:
    """A step over earlier keys and values gives what the whole row gave at its last token."""
    x = np.random.default_rng(5).normal(size=(B, T, D)).astype(np.float32)
    held, past, sink = weights(4), T - 1, rf.SideOutputs()
    tables = rf.RopeTables(max_pos=T, head_dim=E, theta=THETA)
    flow = rf.ModelFlow("prefill").input("x", rf.Shape(x.shape)).rope_tables(tables)
    spec = rf.gemma_attn_spec(0, H, E, K)
    layer = gemma_moe_prefill_layer_composed(0, "gemma4", spec, EPS, moe_of("gemma4"), sink)
    whole = built(flow.stage(layer), held).compile()(x=x)
    step = rf.GemmaDecodeLayerSpec(style="gemma4", num_heads=H, head_dim=E, num_kv_heads=K, eps=EPS)
    flow = rf.ModelFlow("step").input("x", rf.Shape([B, 1, D]))
    flow = flow.input("position", rf.Shape([1], "i32"))
    for name in ("past_k_0", "past_v_0"):
        flow = flow.input(name, rf.Shape([B, past, K * E]))
    flow = flow.rope_tables(tables).gather_decode_rope(E // 2).bind_decode_inputs(1)
    layer = gemma_moe_decode_layer_composed(0, step, moe_of("gemma4", "gathered"))
    last = built(flow.stage(layer), held)
    earlier = {
        f"past_{short}_0": np.asarray(whole[f"present.0.{name}"])[:, :past]
        for short, name in (("k", "key"), ("v", "value"))
    }
    found = last.compile()(x=x[:, past:], position=[past], **earlier)["output"]
    assert np.abs(np.asarray(found)[:, 0] - np.asarray(whole["output"])[:, past]).max() <= 1e-4
    assert 'form = "gathered"' in last.mlir()


def test_defect_01_wrong_size_is_refused() -> None:
    spec, moe = rf.gemma_attn_spec(0, H, E, K), MoeFfnStage.hf(P, X, 2, D + 1, F)
    layer = gemma_moe_prefill_layer_composed(0, "gemma2", spec, EPS, moe)
    flow = rf.ModelFlow("layer").input("x", rf.Shape([B, T, D]))
    flow = flow.rope_tables(rf.RopeTables(max_pos=T, head_dim=E)).stage(layer)
    with pytest.raises(ShapeError, match=f"d={D + 1}"):
        built(flow, weights(1))


def test_defect_01_unknown_style_is_refused() -> None:
    with pytest.raises(ConfigError, match="gemma5"):
        gemma_moe_prefill_layer_composed(
            0, "gemma5", rf.gemma_attn_spec(0, H, E, K), EPS, moe_of("experts")
        )

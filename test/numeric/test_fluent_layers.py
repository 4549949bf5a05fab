"""Flows written layer by layer give what the family's recipe gives, whole and in steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import rlxflow as rf

LAYERS, B, T, V, D, F = 2, 2, 9, 23, 20, 14
H, K, E, W, EPS = 4, 2, 6, 4, 0.013
SIZES = {"vocab_size": V, "hidden_size": D, "intermediate_size": F, "num_hidden_layers": LAYERS}
SIZES |= {"num_attention_heads": H, "num_key_value_heads": K, "head_dim": E}
SIZES |= {"max_position_embeddings": 32, "rms_norm_eps": EPS, "rope_theta": 77.0}
X = 3
ROPES = {
    "sliding_attention": {"rope_type": "default", "rope_theta": 31.0},
    "full_attention": {"rope_type": "default", "rope_theta": 77.0},
}
SCALE, CAP, FINAL = 9**-0.5, 1.5, 2.5
GEMMA2 = {"query_pre_attn_scalar": 9, "attn_logit_softcapping": CAP, "sliding_window": W}
GEMMA3 = {"query_pre_attn_scalar": 9, "sliding_window": W, "sliding_window_pattern": 2}
GEMMA4 = {"sliding_window": W, "layer_types": ["sliding_attention", "full_attention"]}
GEMMA4 |= {"global_head_dim": E, "attention_k_eq_v": True, "num_global_key_value_heads": K}
GEMMA4 |= {"hidden_size_per_layer_input": 0, "rope_theta": ..., "rope_parameters": ROPES}
GEMMA4 |= {"enable_moe_block": True, "num_experts": X, "top_k_experts": 2}
GEMMA4 |= {"moe_intermediate_size": 5}
CONFIGS: dict[str, dict[str, Any]] = {
    "llama": {"tie_word_embeddings": True},
    "llama_bias": {"attention_bias": True, "mlp_bias": True, "tie_word_embeddings": False},
    "mistral": {"sliding_window": W, "tie_word_embeddings": True},
    "qwen2": {"tie_word_embeddings": True},
    "qwen3": {"tie_word_embeddings": True},
    "gemma": {},
    "gemma2": GEMMA2 | {"final_logit_softcapping": FINAL},
    "gemma3_text": GEMMA3 | {"rope_local_base_freq": 31.0},
    "gemma4_text": GEMMA4,
}
FAMILY = {"llama_bias": "llama"}
FULL, NARROW = rf.MaskKind.CAUSAL, rf.MaskKind.sliding_window(W)
NUMBERS = {"num_heads": H, "num_kv_heads": K, "head_dim": E, "eps": EPS}
IDS = np.random.default_rng(0).integers(0, V, (B, T))
Append = Callable[[rf.ModelFlow, int, "rf.SideOutputs | None"], rf.ModelFlow]


def attention(i: int, family: str) -> rf.SelfAttnPrefillSpec:
    """Returns the spec of a Gemma layer's attention."""
    if family == "gemma":
        return rf.gemma_attn_spec(i, H, E, K)
    if family == "gemma2":
        return rf.gemma_attn_spec(i, H, E, K, rf.gemma2_layer_mask(i, W), SCALE, CAP)
    mask, slot = rf.gemma_strided_layer_mask(i, W, 2), table(i, family)
    scale = SCALE if family == "gemma3_text" else None
    spec = replace(rf.gemma_attn_spec(i, H, E, K, mask, scale), rope_table=slot)
    return replace(spec, k_eq_v=family == "gemma4_text" and slot == "rope")


def two_tables(family: str) -> bool:
    return family in {"gemma3_text", "gemma4_text"}


def table(i: int, family: str) -> str:
    return "local" if two_tables(family) and i % 2 == 0 else "rope"


def experts(i: int, family: str) -> Any:
    return rf.gemma_moe_ffn(i, X, 2, 5, EPS) if family == "gemma4_text" else None


def numbers(family: str, kind: str) -> dict[str, Any]:
    """Returns what the spec of a Llama or Qwen layer says beside its heads."""
    bias = {"attention_bias": True}
    qwen = {"qwen2": bias | {"qk_norm": False}, "qwen3": {}}
    llama = {"llama_bias": bias | {"mlp_bias": True}, "mistral": {"mask": NARROW}}
    shape = {"hidden_shape": (B, 1, D)} if kind == "decode" else {}
    return NUMBERS | qwen.get(family, {}) | llama.get(family, {}) | shape


def append(flow: rf.ModelFlow, i: int, family: str, sink: rf.SideOutputs | None) -> rf.ModelFlow:
    """Appends a layer whose attention is one stage."""
    if family.startswith("gemma"):
        style = family.removesuffix("_text")
        more = {"mlp": experts(i, family)}
        return flow.gemma_prefill_layer(i, style, attention(i, family), EPS, sink, **more)
    if family.startswith("qwen"):
        return flow.qwen3_prefill_layer(i, rf.Qwen3DecoderSpec(**numbers(family, "")), sink)
    return flow.llama_prefill_layer(i, rf.LlamaDecoderSpec(**numbers(family, "")))


def step(flow: rf.ModelFlow, i: int, family: str, sink: rf.SideOutputs) -> rf.ModelFlow:
    """Appends a layer of a decode step."""
    more = {"kv_group_size": H // K, "use_custom_mask": True}
    if family.startswith("qwen"):
        spec = rf.Qwen3DecodeLayerSpec(**numbers(family, "decode"), **more)
        return flow.qwen3_decode_layer(i, spec, sink)
    if not family.startswith("gemma"):
        spec = rf.LlamaDecodeLayerSpec(**numbers(family, "decode"), **more)
        return flow.llama_decode_layer(i, spec, sink)
    own = attention(i, family)
    spec = rf.GemmaDecodeLayerSpec(
        style=family.removesuffix("_text"),
        mask=own.mask,
        score_scale=own.score_scale,
        attn_logit_softcap=own.attn_logit_softcap,
        rope_table=own.rope_table,
        k_eq_v=own.k_eq_v,
        **NUMBERS,
        **more,
    )
    return flow.gemma_decode_layer(i, spec, sink, mlp=experts(i, family))


def tables(flow: rf.ModelFlow, family: str) -> rf.ModelFlow:
    flow = flow.rope_tables(rf.RopeTables(max_pos=32, head_dim=E, theta=77.0))
    local = rf.RopeTables(max_pos=32, head_dim=E, theta=31.0, slot="local")
    return flow.when(two_tables(family), lambda f: f.rope_tables(local))


def begin(flow: rf.ModelFlow, family: str) -> rf.ModelFlow:
    return flow.token_embed().when(family.startswith("gemma"), lambda f: f.embed_scale(D))


def end(flow: rf.ModelFlow, family: str) -> rf.ModelFlow:
    if family.startswith("gemma") and family != "gemma4_text":
        flow = flow.gemma_rms_norm("model.norm", EPS)
    else:
        flow = flow.zero_beta(D).zero_beta_named("other", D).final_norm(EPS)
    flow = flow.lm_head(V, D, family != "llama_bias")
    return flow.when(family == "gemma2", lambda f: f.logit_softcap(FINAL))


def prompt(family: str, layer: Append, name: str = "fluent") -> rf.ModelFlow:
    flow = rf.ModelFlow.new(name).input("input_ids", rf.Shape([B, T], "i32"), below=V)
    flow = begin(tables(flow, family), family)
    for i in range(LAYERS):
        flow = layer(flow, i, None)
    return end(flow, family)


def recipe(family: str) -> rf.ModelFlow:
    config = {"model_type": FAMILY.get(family, family)} | SIZES | CONFIGS[family]
    config = {key: value for key, value in config.items() if value is not ...}
    made = rf.DecoderFlow.from_config(config).batch(B).seq(T).export_kv()
    return rf.ModelFlow.from_recipe(made)


def weights_of(flow: rf.ModelFlow) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(7)
    return {
        spec.name: draw.normal(size=spec.shape).astype(np.float32) * 0.4
        for spec in flow.describe().weights
    }


def run(flow: rf.ModelFlow, weights: Any, **inputs: Any) -> dict[str, np.ndarray]:
    out = flow.build(weights).compile()(**inputs)
    return {name: np.asarray(value) for name, value in out.items()}


@pytest.fixture(scope="module", params=[name for name in CONFIGS if name != "mistral"])
def family(request: pytest.FixtureRequest) -> tuple[str, Any, dict[str, np.ndarray]]:
    """Returns a family, weights, and what its recipe makes of the prompt."""
    flow = recipe(request.param)
    weights = weights_of(flow)
    places = np.tile(np.arange(T), (B, 1))
    mask = np.ones((B, T), np.int32)
    out = run(flow, weights, input_ids=IDS, attention_mask=mask, position_ids=places)
    return request.param, weights, out


def test_layers_by_hand_are_those_of_the_recipe(family):
    name, weights, wanted = family
    whole = run(prompt(name, lambda f, i, s: append(f, i, name, s)), weights, input_ids=IDS)
    np.testing.assert_allclose(whole["logits"], wanted["logits"], rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("name", ["llama_bias", "mistral", "gemma2"])
def test_fused_and_composed_layers_are_equal(name):
    def composed(flow: rf.ModelFlow, i: int, _: Any) -> rf.ModelFlow:
        if name.startswith("gemma"):
            return flow.gemma_prefill_layer_composed(i, name, attention(i, name), EPS)
        return flow.llama_prefill_layer_composed(i, rf.LlamaDecoderSpec(**numbers(name, "")))

    weights = weights_of(recipe(name))
    fused = run(prompt(name, lambda f, i, s: append(f, i, name, s)), weights, input_ids=IDS)
    small = run(prompt(name, composed), weights, input_ids=IDS)
    np.testing.assert_allclose(small["logits"], fused["logits"], rtol=1e-6, atol=1e-6)


def test_a_step_with_bound_inputs_is_the_end_of_the_prompt(family):
    name, weights, wanted = family
    shape = rf.Shape([B, T - 1, K * E])
    flow = rf.ModelFlow("step").input("input_ids", rf.Shape([B, 1], "i32"), below=V)
    flow = flow.input("position", rf.Shape([1], "i32")).input("mask", rf.Shape([B, T], "i32"))
    for i in range(LAYERS):
        flow = flow.input(f"past_k_{i}", shape).input(f"past_v_{i}", shape)
    slots = sorted({table(i, name) for i in range(LAYERS)})
    flow = tables(flow, name)
    for slot in slots:
        flow = flow.gather_decode_rope(E // 2, rope_table=slot)
    flow = begin(flow.bind_decode_inputs(LAYERS, True, rope_tables=slots), name)
    sink = rf.SideOutputs()
    for i in range(LAYERS):
        flow = step(flow, i, name, sink)
    flow = end(flow, name).with_extra_outputs(sink.drain())
    assert sink.is_empty()
    past = {
        f"past_{kind[0]}_{i}": wanted[f"present.{i}.{kind}"][:, : T - 1]
        for i in range(LAYERS)
        for kind in ("key", "value")
    }
    mask = np.ones((B, T), np.int32)
    found = run(flow, weights, input_ids=IDS[:, -1:], position=[T - 1], mask=mask, **past)
    names = [f"present.{i}.{kind}" for i in range(LAYERS) for kind in ("key", "value")]
    assert [*found] == ["logits", *names]
    np.testing.assert_allclose(found["logits"][:, 0], wanted["logits"][:, -1], atol=2e-5)
    for port in names:
        np.testing.assert_allclose(found[port], wanted[port], atol=2e-5, err_msg=port)


def test_taps_give_the_keys_and_values_of_the_layers_behind_them():
    flow = recipe("llama")
    weights = weights_of(flow)
    places, mask = np.tile(np.arange(T), (B, 1)), np.ones((B, T), np.int32)
    wanted = run(flow, weights, input_ids=IDS, attention_mask=mask, position_ids=places)
    sink = rf.SideOutputs()

    def tapped(flow: rf.ModelFlow, i: int, _: Any) -> rf.ModelFlow:
        return append(flow.llama_kv_tap(i, E, EPS, sink), i, "llama", None)

    found = run(prompt("llama", tapped), weights, input_ids=IDS)
    assert [*found] == ["logits", *sink.inner()]
    for name in found:
        np.testing.assert_allclose(found[name], wanted[name], atol=2e-5, err_msg=name)

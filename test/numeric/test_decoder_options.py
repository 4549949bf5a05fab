"""Options of the recipe builder: embeddings as inputs, masked caches, taps, queries, loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import ConfigError

pytestmark = pytest.mark.numeric
CONFIG: dict[str, Any] = {
    "model_type": "qwen3",
    "vocab_size": 29,
    "hidden_size": 20,
    "intermediate_size": 28,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 6,
    "max_position_embeddings": 24,
    "rms_norm_eps": 0.013,
    "rope_theta": 300.0,
}
BATCH, TOKENS = 2, 5
IDS = np.random.default_rng(3).integers(0, 29, (BATCH, TOKENS)).astype(np.int32)
POSITIONS = np.tile(np.arange(TOKENS, dtype=np.int32), (BATCH, 1))
PLAIN = {"attention_mask": np.ones_like(IDS), "position_ids": POSITIONS}
ANY = rf.NameRules(ignore=(("*", "another flow's"),))


def recipe() -> rf.DecoderFlow:
    return rf.DecoderFlow.from_config(CONFIG).batch(BATCH).seq(TOKENS)


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    draw = np.random.default_rng(5)
    return {
        spec.name: draw.normal(0, 0.4, spec.shape).astype(np.float32)
        for spec in recipe().assemble().build().params
    }


def compiled(flow: rf.DecoderFlow, weights: dict[str, np.ndarray]) -> rf.CompiledModel:
    return flow.assemble().build(weights, rules=ANY).compile()


def run(flow: rf.DecoderFlow, weights: dict[str, np.ndarray], **inputs: Any) -> dict[str, Any]:
    return {k: np.asarray(v) for k, v in compiled(flow, weights)(**inputs).items()}


def rms(x: np.ndarray, weight: np.ndarray) -> np.ndarray:
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + CONFIG["rms_norm_eps"]) * weight


def test_embeddings_as_inputs_are_what_the_table_gives(weights: dict[str, np.ndarray]) -> None:
    rows = weights["model.embed_tokens.weight"][IDS]
    by_ids = run(recipe(), weights, input_ids=IDS, **PLAIN)["logits"]
    by_rows = run(recipe().inputs_embeds(), weights, inputs_embeds=rows, **PLAIN)["logits"]
    assert np.abs(by_ids - by_rows).max() < 1e-5


def test_taps_give_what_enters_a_layer(weights: dict[str, np.ndarray]) -> None:
    found = run(recipe().tap_layers([1, 0]), weights, input_ids=IDS, **PLAIN)
    assert list(found) == ["logits", "layer_input.0", "layer_input.1"]
    assert np.array_equal(found["layer_input.0"], weights["model.embed_tokens.weight"][IDS])
    flow = recipe().assemble()
    hidden = rf.DecoderFlow(recipe().spec, recipe().request)._with(hidden_states=True)
    states = run(hidden, weights, input_ids=IDS, **PLAIN)
    assert np.abs(found["layer_input.1"] - states["hidden_states.1"]).max() < 1e-6
    assert "layer_input.1" not in [port.name for port in flow.build().module.results()]
    with pytest.raises(ConfigError, match=r"taps: expected layers 0 to 1, found 2"):
        recipe().tap_layers([2]).assemble()


def test_queries_are_normalised_and_rotated(weights: dict[str, np.ndarray]) -> None:
    found = run(recipe().export_qk(), weights, input_ids=IDS, **PLAIN)
    assert [n for n in found if n.endswith((".0", "0.key", "0.value"))] == [
        "query.0",
        "present.0.key",
        "present.0.value",
    ]
    layer = "model.layers.0"
    x = weights["model.embed_tokens.weight"][IDS].astype(np.float64)
    normed = rms(x, weights[f"{layer}.input_layernorm.weight"])
    q = (normed @ weights[f"{layer}.self_attn.q_proj.weight"].T).reshape(BATCH, TOKENS, 4, 6)
    q = rms(q, weights[f"{layer}.self_attn.q_norm.weight"])
    angles = POSITIONS[..., None] * 300.0 ** -(np.arange(0, 6, 2) / 6)
    cos, sin = np.cos(angles)[:, :, None], np.sin(angles)[:, :, None]
    first, second = q[..., :3], q[..., 3:]
    wanted = np.concatenate([first * cos - second * sin, second * cos + first * sin], -1)
    assert np.abs(found["query.0"] - wanted.reshape(BATCH, TOKENS, 24)).max() < 1e-5


def test_a_masked_slot_is_as_if_it_were_not_there(weights: dict[str, np.ndarray]) -> None:
    """The second row's first two tokens are pads on the left; the step hides their slots."""
    mask = np.array([[1] * 8, [0, 0, *[1] * 6]], np.int32)
    step = compiled(recipe().context(8).decode().custom_mask(), weights)
    states, out = step.new_states(), {}
    for t in range(TOKENS):
        positions = np.full(BATCH, t, np.int32)
        out = step(input_ids=IDS[:, t : t + 1], positions=positions, cache_mask=mask, **states)
        states = {name: out[name] for name in states}
    held = {"attention_mask": mask[:, :TOKENS], "position_ids": POSITIONS}
    wanted = run(recipe(), weights, input_ids=IDS, **held)["logits"]
    plain = run(recipe(), weights, input_ids=IDS, **PLAIN)["logits"]
    assert np.abs(np.asarray(out["logits"])[:, 0] - wanted[:, -1]).max() < 1e-5
    assert np.abs(plain[1, -1] - wanted[1, -1]).max() > 1e-3


def test_a_ring_cannot_be_masked() -> None:
    config = CONFIG | {"model_type": "mistral", "sliding_window": 4}
    flow = rf.DecoderFlow.from_config(config).context(20).decode().custom_mask()
    with pytest.raises(ConfigError, match=r"layer 0: expected a cache of all 20 .* ring of 11"):
        flow.assemble()


@pytest.mark.parametrize("skip", [False, True])
def test_loops_run_the_layers_again(*, skip: bool, weights: dict[str, np.ndarray]) -> None:
    """Two loops are a model of twice the layers whose second half has the weights of the first."""
    seen: list[tuple[int, int]] = []

    def note(context: Any) -> rf.Stage:
        seen.append((context.index, context.weight_index))
        return context.default_stage

    looped = recipe().looped(2, skip_final_norm=skip).layer(note)
    found = run(looped, weights, input_ids=IDS, **PLAIN)["logits"]
    assert seen == [(0, 0), (1, 1), (2, 0), (3, 1)]
    deep = dict(weights)
    for name, array in weights.items():
        if name.startswith("model.layers."):
            part = name.split(".")
            deep[".".join([*part[:2], str(int(part[2]) + 2), *part[3:]])] = array
    stack = rf.DecoderFlow.from_config(CONFIG | {"num_hidden_layers": 4}).batch(BATCH).seq(TOKENS)

    def between(context: Any) -> rf.Stage:
        if context.index != 2 or skip:
            return context.default_stage
        norm = rf.LayerStack.named("again").rms_norm("model.norm.weight", CONFIG["rms_norm_eps"])
        stages = (norm.build(), context.default_stage)
        return rf.Stage(context.default_stage.name, rf.Chain(stages=stages))

    wanted = run(stack.layer(between), deep, input_ids=IDS, **PLAIN)["logits"]
    assert np.abs(found - wanted).max() < 1e-5
    with pytest.raises(ConfigError, match=r"loops: expected at least 1, found 0"):
        recipe().looped(0)


def test_each_run_of_a_layer_has_its_own_cache(weights: dict[str, np.ndarray]) -> None:
    step = compiled(recipe().looped(2).context(8).decode(), weights)
    assert len(step.new_states()) == 2 * 4


def test_shortcuts_of_prefill_and_decode(weights: dict[str, np.ndarray]) -> None:
    whole = run(rf.DecoderFlow.for_prefill(CONFIG, BATCH, TOKENS), weights, input_ids=IDS, **PLAIN)
    start = TOKENS - 1
    first = {name: array[:, :start] for name, array in PLAIN.items()}
    begun = recipe().seq(start).export_kv()
    held = run(begun, weights, input_ids=IDS[:, :start], **first)
    pasts = {
        f"past_{kind[0]}_{i}": held[f"present.{i}.{kind}"]
        for i in range(2)
        for kind in ("key", "value")
    }
    step = rf.DecoderFlow.for_decode(CONFIG, BATCH, start)
    out = run(
        step,
        weights,
        input_ids=IDS[:, start:],
        attention_mask=np.ones_like(IDS),
        positions=np.full(BATCH, start, np.int32),
        **pasts,
    )
    assert list(out) == [
        "logits",
        *(f"present.{i}.{k}" for i in range(2) for k in ("key", "value")),
    ]
    assert np.abs(out["logits"][:, 0] - whole["logits"][:, -1]).max() < 1e-5

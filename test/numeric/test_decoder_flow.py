"""The recipe builder: hooks, outputs of keys and values, caches that grow by concatenation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import under
from rlxflow.blocks.head import Scale
from rlxflow.blocks.kv_tap import KvTap
from rlxflow.config.profile_near import MissingProfile
from rlxflow.errors import ConfigError
from rlxflow.recipes.hooks import LayerContext

pytestmark = pytest.mark.numeric
CONFIG: dict[str, Any] = {
    "model_type": "llama",
    "vocab_size": 31,
    "hidden_size": 20,
    "intermediate_size": 28,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 6,
    "max_position_embeddings": 24,
    "rms_norm_eps": 0.013,
    "rope_theta": 300.0,
}
BATCH, TOKENS = 2, 7
IDS = np.random.default_rng(3).integers(0, 31, (BATCH, TOKENS)).astype(np.int32)


def recipe() -> rf.DecoderFlow:
    return rf.DecoderFlow.from_config(CONFIG).batch(BATCH).seq(TOKENS)


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    """Weights of every shape that the flow asks for."""
    draw = np.random.default_rng(5)
    return {
        spec.name: draw.normal(0, 0.4, spec.shape).astype(np.float32)
        for spec in recipe().assemble().build().params
    }


def plain_inputs(ids: np.ndarray) -> dict[str, np.ndarray]:
    positions = np.tile(np.arange(ids.shape[1], dtype=np.int32), (len(ids), 1))
    return {"input_ids": ids, "attention_mask": np.ones_like(ids), "position_ids": positions}


def run(flow: rf.ModelFlow, weights: dict[str, np.ndarray], **inputs: object) -> dict[str, Any]:
    rules = rf.NameRules(ignore=(("*", "another flow's"),))
    found = flow.build(weights, rules=rules).compile()(**inputs)
    return {name: np.asarray(array) for name, array in found.items()}


def test_concatenated_cache_equals_one_long_row(weights: dict[str, np.ndarray]) -> None:
    whole = run(recipe().assemble(), weights, **plain_inputs(IDS))["logits"]
    start = TOKENS - 2
    held = run(recipe().seq(start).export_kv().assemble(), weights, **plain_inputs(IDS[:, :start]))
    for past in (start, start + 1):
        step = recipe().past(past).seq(1).assemble()
        pasts = {
            f"past_{kind[0]}_{i}": held[f"present.{i}.{kind}"]
            for i in range(3)
            for kind in ("key", "value")
        }
        assert all(rows.shape == (BATCH, past, 12) for rows in pasts.values())
        held = run(
            step,
            weights,
            input_ids=IDS[:, past : past + 1],
            attention_mask=np.ones((BATCH, past + 1), np.int32),
            positions=np.full(BATCH, past, np.int32),
            **pasts,
        )
        assert np.abs(held["logits"][:, 0] - whole[:, past]).max() < 1e-5


def test_side_outputs_come_layer_by_layer() -> None:
    built = recipe().export_kv().assemble().build()
    names = [port.name for port in built.module.results()]
    assert names == ["logits", *(f"present.{i}.{k}" for i in range(3) for k in ("key", "value"))]


def test_tap_before_a_layer_gives_what_the_layer_uses(weights: dict[str, np.ndarray]) -> None:
    spec = recipe().spec
    mixer = spec.layers[1].mixer
    assert isinstance(mixer, SelfAttention)
    prefix = "model.layers.1"
    tap = KvTap(
        attention=replace(under(mixer, prefix), padding=False),
        norm_key=f"{prefix}.input_layernorm.weight",
        eps=spec.eps,
        output="tapped",
    )

    def with_tap(layer: LayerContext) -> rf.Stage:
        if layer.index != 1:
            return layer.default_stage
        stages = (rf.Stage("tap", tap), layer.default_stage)
        return rf.Stage(layer.default_stage.name, rf.Chain(stages=stages))

    flow = recipe().export_kv().layer(with_tap).assemble()
    found = run(flow, weights, **plain_inputs(IDS))
    for kind in ("key", "value"):
        assert np.abs(found[f"tapped.{kind}"] - found[f"present.1.{kind}"]).max() < 1e-6


@pytest.mark.parametrize("phase", ["prefill", "decode"])
def test_hooks_stand_where_they_say_in_every_phase(phase: str) -> None:
    seen: list[tuple[int, int]] = []

    def layer(context: LayerContext) -> rf.Stage:
        seen.append((context.index, context.weight_index))
        return context.default_stage

    flow = (
        getattr(recipe(), phase)()
        .before_layers([rf.Stage("before", Scale(factor=2.0))])
        .after_layers([Scale(factor=0.5)])
        .layer(layer)
        .patch_flow(lambda flow: flow.tap("patched"))
        .assemble()
    )
    names = [stage.name for stage in flow.stages]
    assert names[names.index("embeddings") :] == [
        "embeddings",
        "before",
        "layers.0",
        "layers.1",
        "layers.2",
        "scale",
        "norm",
        "tap.patched",
        "lm_head",
    ]
    assert seen == [(0, 0), (1, 1), (2, 2)]


def test_a_hook_changes_numbers(weights: dict[str, np.ndarray]) -> None:
    """Scaling the embeddings by 2 before the layers is what `embed_scale` 2 would do."""
    flow = recipe().before_layers([rf.Stage("twice", Scale(factor=2.0))]).assemble()
    doubled = dict(weights)
    doubled["model.embed_tokens.weight"] = weights["model.embed_tokens.weight"] * 2
    by_hook = run(flow, weights, **plain_inputs(IDS))["logits"]
    by_hand = run(recipe().assemble(), doubled, **plain_inputs(IDS))["logits"]
    assert np.abs(by_hook - by_hand).max() < 1e-5
    assert (
        np.abs(by_hook - run(recipe().assemble(), weights, **plain_inputs(IDS))["logits"]).max()
        > 1e-2
    )


def test_last_token_and_hidden_only(weights: dict[str, np.ndarray]) -> None:
    whole = run(recipe().assemble(), weights, **plain_inputs(IDS))["logits"]
    last = run(recipe().last_token_logits().assemble(), weights, **plain_inputs(IDS))["logits"]
    assert last.shape == (BATCH, 1, 31)
    assert np.abs(last[:, 0] - whole[:, -1]).max() < 1e-5
    hidden = run(recipe().hidden_only().assemble(), weights, **plain_inputs(IDS))["hidden"]
    assert np.abs(hidden @ weights["lm_head.weight"].T - whole).max() < 1e-4


def test_profile_near_is_strict(tmp_path: Path) -> None:
    (tmp_path / "llama.rlx.toml").write_text('[fusion]\npolicy = "skip"\n')
    assert recipe().profile_near(tmp_path).assemble().profile.policy == "skip"
    assert recipe().profile_near(tmp_path / "model.safetensors").assemble().profile.policy == "skip"
    (tmp_path / "llama.rlx.toml").write_text('[fusion]\npolice = "skip"\n')
    with pytest.raises(ConfigError, match=r"`fusion\.police` is unknown; did you mean"):
        recipe().profile_near(tmp_path)
    with pytest.warns(MissingProfile, match=r"llama\.rlx\.toml: no such profile"):
        near = recipe().decode().profile_near(tmp_path / "none" / "model.safetensors")
    assert near.assemble().profile == rf.CompileProfile(name="step")  # the recipe's own


def test_encoders_have_no_decoder_flow() -> None:
    with pytest.raises(ConfigError, match="expected a causal language model, found `bert`"):
        rf.DecoderFlow.from_config({"model_type": "bert"})

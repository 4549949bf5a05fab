"""Recipes of causal families: what configs say, what they may not say, what flows come of them."""

from __future__ import annotations

from typing import Any

import pytest

from rlxflow.errors import ConfigError
from rlxflow.recipes import RECIPES, find_recipe
from rlxflow.recipes.base import FlowRequest
from rlxflow.recipes.causal import CausalRecipe
from rlxflow.recipes.decoder import DecoderSpec
from rlxflow.recipes.decoder_phases import RING_SLACK

SIZES = {"vocab_size": 19, "hidden_size": 24, "intermediate_size": 10, "num_hidden_layers": 4}
SIZES |= {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32}
GPT2 = {"vocab_size": 19, "n_embd": 24, "n_layer": 4, "n_head": 4, "n_positions": 32}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 6}
LINEAR = {"linear_key_head_dim": 4, "linear_value_head_dim": 4, "linear_num_key_heads": 2}
LINEAR |= {"linear_num_value_heads": 2, "head_dim": 8}
GEMMA4 = {"head_dim": 6, "global_head_dim": 8, "sliding_window": 5, "num_kv_shared_layers": 1}
GEMMA4 |= {"layer_types": ["sliding_attention", "full_attention"] * 2, "num_experts": 4}
GEMMA4 |= {"hidden_size_per_layer_input": 3, "enable_moe_block": True, "top_k_experts": 2}
GEMMA4 |= {"moe_intermediate_size": 7, "vocab_size_per_layer_input": 19}
WRAPPED = {"gemma3", "gemma4"}  # the text part of a larger model; see test_gemma_wrapped.py
CONFIGS: dict[str, dict[str, Any]] = {
    "gemma": SIZES,
    "gemma2": SIZES | {"sliding_window": 5},
    "gemma3_text": SIZES | {"sliding_window": 5, "sliding_window_pattern": 2},
    "gemma4_text": SIZES | GEMMA4,
    "gpt2": GPT2,
    "granite": SIZES,
    "llama": SIZES,
    "mistral": SIZES | {"sliding_window": 5},
    "mixtral": SIZES | {"num_local_experts": 4},
    "olmo2": SIZES,
    "phi3": SIZES,
    "qwen2": SIZES,
    "qwen2_moe": SIZES | EXPERTS | {"shared_expert_intermediate_size": 7},
    "qwen3": SIZES,
    "qwen3_5_text": SIZES | LINEAR,
    "qwen3_moe": SIZES | EXPERTS,
    "qwen3_next": SIZES | EXPERTS | LINEAR,
    "smollm3": SIZES,
}


def config_of(family: str, **changes: object) -> Any:
    raw = {"model_type": family, **CONFIGS[family], **changes}
    known = {key: value for key, value in raw.items() if value is not ...}
    return find_recipe(known, "config").config_class.from_dict(known)


def spec(family: str, **changes: object) -> DecoderSpec:
    recipe = find_recipe({"model_type": family}, "config")
    assert isinstance(recipe, CausalRecipe)
    return recipe.spec(config_of(family, **changes))


def mixers(family: str, field: str, **changes: object) -> list[Any]:
    return [getattr(layer.mixer, field) for layer in spec(family, **changes).layers]


def test_every_causal_family_is_here() -> None:
    recipes = {name: find_recipe({"model_type": name}, "config") for name in RECIPES}
    causal = {name for name, r in recipes.items() if isinstance(r, CausalRecipe)}
    assert set(CONFIGS) | WRAPPED == causal


@pytest.mark.parametrize("family", CONFIGS)
@pytest.mark.parametrize(("phase", "seq"), [("prefill", 6), ("decode", 1), ("verify", 3)])
def test_phases_build_from_shapes_and_take_the_same_weights(
    family: str, phase: str, seq: int
) -> None:
    recipe = find_recipe({"model_type": family}, "config")
    config = config_of(family)
    plain = recipe.flow(config, "causal", FlowRequest(phase="prefill", batch=2, seq=5)).build()
    last = phase == "prefill"
    request = FlowRequest(phase=phase, batch=2, seq=seq, context=16, last_token=last)
    built = recipe.flow(config, "causal", request).build()
    assert {p.name: p for p in built.params} == {p.name: p for p in plain.params}
    logits = built.module.results()[0]
    assert (logits.name, logits.shape) == ("logits", (2, 1 if last else seq, 19))


# Keys


@pytest.mark.parametrize("family", CONFIGS)
def test_unknown_key_is_refused_by_name(family: str) -> None:
    with pytest.raises(ConfigError, match=r"\n  `use_new_trick` is unknown \(found True\)"):
        config_of(family, use_new_trick=True)


@pytest.mark.parametrize("family", CONFIGS)
def test_misspelt_key_is_told_the_right_one(family: str) -> None:
    key = "n_head" if family == "gpt2" else "num_attention_heads"
    with pytest.raises(ConfigError) as caught:
        config_of(family, **{key: ..., f"{key}z": 4})
    assert f"`{key}` is missing" in str(caught.value)
    assert f"`{key}z` is unknown (found 4); did you mean `{key}`?" in str(caught.value)


@pytest.mark.parametrize(
    ("family", "changes", "message"),
    [
        ("llama", {"num_key_value_heads": 3}, "num_attention_heads must be a multiple of num_key"),
        ("llama", {"hidden_size": 25}, "hidden_size must be a multiple of num_attention_heads"),
        ("llama", {"vocab_size": 0}, "`vocab_size`: "),
        ("llama", {"rms_norm_eps": "small"}, "`rms_norm_eps`: "),
        ("llama", {"layer_types": ["full_attention"]}, "layer_types must name 4 layers"),
        ("llama", {"layer_types": ["sliding_attention"] * 4}, "may be full_attention only"),
        ("mistral", {"layer_types": ["full_attention"] * 4}, "may be sliding_attention only"),
        ("phi3", {"layer_types": ["sliding_attention"] * 4}, "may be full_attention only"),
        ("gemma2", {"layer_types": ["linear_attention"] * 4}, "layer_types of a `gemma2` may be "),
        ("qwen3", {"layer_types": ["round"] * 4}, "`layer_types.0` is supported as "),
        ("gemma2", {"use_bidirectional_attention": True}, "`use_bidirectional_attention` is supp"),
        ("gemma3_text", {"sliding_window_pattern": 0}, "`sliding_window_pattern`: "),
        ("smollm3", {"no_rope_layers": [1, 0]}, "no_rope_layers must name 4 layers"),
        ("smollm3", {"no_rope_layer_interval": 0}, "`no_rope_layer_interval`: "),
        ("gpt2", {"scale_attn_by_inverse_layer_idx": True}, "`scale_attn_by_inverse_layer_idx` is"),
        ("qwen3_moe", {"num_local_experts": 5}, "num_experts and num_local_experts must agree"),
        ("granite", {"logits_scaling": 0.0}, "`logits_scaling`: "),
        ("gemma4_text", {"num_experts": None}, "num_experts, top_k_experts, moe_intermediate_size"),
        ("gemma4_text", {"num_kv_shared_layers": 3}, "leaves a kind of layer without keys"),
        ("gemma4_text", {"use_bidirectional_attention": "all"}, "`use_bidirectional_attention` is"),
        ("gemma4_text", {"per_layer_config": {"9": {"head_dim": 4}}}, "names layer '9', which is"),
        ("gemma4_text", {"per_layer_config": {"1": {"heads": 4}}}, "gives head_dim, num_key_value"),
        ("gemma4_text", {"per_layer_config": {"1": {"head_dim": 4}}}, "heads of different sizes"),
        ("gemma4_text", {"hidden_activation": "relu"}, "`hidden_activation` is supported as "),
        ("qwen2_moe", {"num_experts_per_tok": 0}, "`num_experts_per_tok`: "),
    ],
)
def test_values_that_cannot_be(family: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config_of(family, **changes)
    assert message in str(caught.value)


def test_unknown_activation_is_refused() -> None:
    built = find_recipe({"model_type": "llama"}, "config")
    config = config_of("llama", hidden_act="sillu")
    with pytest.raises(ConfigError, match=r"found `sillu`; did you mean `silu`\?"):
        built.flow(config, "causal", FlowRequest(phase="prefill", batch=1, seq=2)).build()


# Numbers


def test_head_size_is_given_or_a_share() -> None:
    assert mixers("llama", "head_dim") == [6] * 4
    assert mixers("llama", "head_dim", head_dim=None) == [6] * 4
    assert mixers("qwen3", "head_dim", head_dim=10) == [10] * 4


def test_key_value_heads_are_all_heads_unless_given() -> None:
    assert mixers("llama", "num_key_value_heads", num_key_value_heads=...) == [4] * 4


def test_windows() -> None:
    assert mixers("mistral", "window") == [5] * 4
    assert mixers("mistral", "window", sliding_window=None) == [None] * 4
    assert mixers("gemma2", "window") == [5, None, 5, None]
    assert mixers("gemma3_text", "window") == [5, None, 5, None]
    assert mixers("gemma3_text", "window", sliding_window_pattern=4) == [5, 5, 5, None]
    assert mixers("gemma3_text", "rope") == ["rope_local", "rope"] * 2
    qwen = {"sliding_window": 5, "max_window_layers": 3}
    assert mixers("qwen2", "window", **qwen) == [None] * 4
    assert mixers("qwen2", "window", **qwen, use_sliding_window=True) == [None] * 3 + [5]
    turned = ["sliding_attention", "full_attention"] * 2
    assert mixers("qwen2", "window", sliding_window=5, layer_types=turned) == [5, None] * 2
    assert mixers("gemma2", "window", layer_types=turned[::-1]) == [None, 5] * 2


def test_layers_without_a_rope() -> None:
    assert mixers("smollm3", "rope") == ["rope", "rope", "rope", ""]
    assert mixers("smollm3", "rope", no_rope_layers=[0, 1, 1, 0]) == ["", "rope", "rope", ""]
    assert mixers("smollm3", "rope", no_rope_layer_interval=2) == ["rope", ""] * 2


def test_biases() -> None:
    assert mixers("llama", "bias", attention_bias=True) == [True] * 4
    assert [layer.mlp.bias for layer in spec("llama", mlp_bias=True).layers] == [True] * 4
    assert mixers("qwen2", "bias") == [True] * 4
    assert mixers("qwen2", "output_bias") == [False] * 4


def test_scales() -> None:
    granite = spec(
        "granite",
        attention_multiplier=0.25,
        embedding_multiplier=6.0,
        residual_multiplier=0.5,
        logits_scaling=8.0,
    )
    assert granite.layers[0].mixer.scale == 0.25
    assert (granite.embed_scale, granite.residual_scale, granite.logits_scale) == (6.0, 0.5, 0.125)
    gemma = spec("gemma2", query_pre_attn_scalar=16, final_logit_softcapping=7.0)
    assert gemma.embed_scale == pytest.approx(24**0.5)
    assert (gemma.layers[0].mixer.scale, gemma.layers[0].mixer.softcap) == (0.25, 50.0)
    assert (gemma.softcap, gemma.norm_offset) == (7.0, 1.0)


def test_gelu_of_a_gemma_is_always_by_tanh() -> None:
    for changes in ({}, {"hidden_act": "gelu"}, {"hidden_activation": "gelu"}):
        assert spec("gemma", **changes).layers[0].mlp.activation == "gelu_pytorch_tanh"


def test_norms_stand_where_the_family_has_them() -> None:
    places = {f: spec(f).layers[0] for f in ("llama", "gemma2", "olmo2", "gpt2")}
    found = {
        f: (la.before_mixer, la.after_mixer, la.before_mlp, la.after_mlp)
        for f, la in places.items()
    }
    before, after = "input_layernorm", "post_attention_layernorm"
    fed, done = "pre_feedforward_layernorm", "post_feedforward_layernorm"
    assert found == {
        "llama": (before, "", after, ""),
        "gemma2": (before, after, fed, done),
        "olmo2": ("", after, "", done),
        "gpt2": ("ln_1", "", "ln_2", ""),
    }


def test_gpt2_is_four_times_as_wide_inside() -> None:
    assert spec("gpt2").layers[0].mlp.intermediate_size == 96
    assert spec("gpt2", n_inner=7).layers[0].mlp.intermediate_size == 7


def test_tied_by_family_and_by_config() -> None:
    tied = {family: spec(family).tied for family in CONFIGS}
    assert {family for family, is_tied in tied.items() if is_tied} == {
        "gemma",
        "gemma2",
        "gemma3_text",
        "gemma4_text",
        "gpt2",
        "smollm3",
    }
    assert spec("llama", tie_word_embeddings=True).tied


# Limits


def test_only_windows_everywhere_slide() -> None:
    slides = {f: find_recipe({"model_type": f}, "").slides(config_of(f)) for f in CONFIGS}
    assert [family for family, does in slides.items() if does] == ["mistral"]


def test_rotation_changes_at_the_original_length() -> None:
    recipe = find_recipe({"model_type": "phi3"}, "config")
    rope = {"rope_type": "longrope", "short_factor": [1.0] * 3, "long_factor": [2.0] * 3}
    long = config_of("phi3", rope_scaling=rope, original_max_position_embeddings=8)
    assert recipe.restart_at(long) == 8
    assert recipe.restart_at(config_of("phi3")) == 0
    assert recipe.max_positions(long) == 32


def test_step_longer_than_a_ring_allows_is_refused() -> None:
    recipe = find_recipe({"model_type": "mistral"}, "config")
    most = RING_SLACK + 1
    recipe.flow(
        config_of("mistral"), "causal", FlowRequest(phase="verify", batch=1, seq=most, context=32)
    )
    request = FlowRequest(phase="verify", batch=1, seq=most + 1, context=32)
    with pytest.raises(ConfigError, match=rf"^step: expected at most {most} tokens, found 9$"):
        recipe.flow(config_of("mistral"), "causal", request)

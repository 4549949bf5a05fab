"""Metadata of GGUF files as config.json: the families, rope, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlxflow.config.gguf import gguf_config, open_gguf
from rlxflow.recipes import find_recipe
from rlxflow.weights import DictSource

sys.path.insert(0, str(Path(__file__).parents[1] / "goldens" / "gguf"))
from gguf_by_hand import metadata, source

GOLDENS = Path(__file__).parents[1] / "goldens" / "gguf"
LLAMA3 = [1.0, 1.0, 4.0, 8.0]


def config(
    arch: str = "llama", weights: DictSource | None = None, **more: object
) -> dict[str, Any]:
    return gguf_config(metadata(arch, **more), weights or source())


def test_the_common_keys() -> None:
    assert config() == {
        "model_type": "llama",
        "vocab_size": 80,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "hidden_act": "silu",
        "max_position_embeddings": 64,
        "rms_norm_eps": 0.01,
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0},
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
    }


def test_tokens_and_tensors_decide_too() -> None:
    weights = source(output__weight=np.ones((80, 32)), blk__0__attn_q__bias=np.ones(32))
    keys = metadata() | {"tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.padding_token_id": 0}
    found = gguf_config(keys, weights)
    assert (found["tie_word_embeddings"], found["attention_bias"]) == (False, True)
    assert (found["bos_token_id"], found["pad_token_id"], "eos_token_id" in found) == (1, 0, False)


@pytest.mark.parametrize(
    ("arch", "more", "expected"),
    [
        ("llama", {"attention__sliding_window": 8}, {"model_type": "mistral", "sliding_window": 8}),
        (
            "llama",
            {"expert_count": 4, "expert_used_count": 2},
            {"model_type": "mixtral", "num_local_experts": 4, "num_experts_per_tok": 2},
        ),
        ("llama", {"attention__head_count_kv": np.array([2, 2])}, {"num_key_value_heads": 2}),
        ("qwen2", {"rope__freq_base": 1e6}, {"model_type": "qwen2"}),
        ("qwen3", {}, {"model_type": "qwen3", "attention_bias": False}),
        (
            "qwen3moe",
            {"expert_count": 4, "expert_used_count": 2, "expert_feed_forward_length": 24},
            {
                "model_type": "qwen3_moe",
                "num_experts": 4,
                "moe_intermediate_size": 24,
                "norm_topk_prob": True,
                "mlp_only_layers": [0, 1],
            },
        ),
        ("gemma", {}, {"model_type": "gemma", "hidden_act": "gelu_pytorch_tanh"}),
        (
            "gemma2",
            {"attn_logit_softcapping": 3.0, "attention__sliding_window": 6},
            {
                "model_type": "gemma2",
                "query_pre_attn_scalar": 8,
                "attn_logit_softcapping": 3.0,
                "final_logit_softcapping": 30.0,
                "sliding_window": 6,
                "layer_types": ["sliding_attention", "full_attention"],
            },
        ),
        ("gemma2", {"attention__scale": 0.25}, {"query_pre_attn_scalar": 16.0}),
        (
            "gemma3",
            {"rope__scaling__type": "linear", "rope__scaling__factor": 8.0},
            {
                "model_type": "gemma3_text",
                "layer_types": ["sliding_attention"] * 2,
                "sliding_window": 1024,
                "rope_parameters": {
                    "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 8.0},
                    "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
                },
            },
        ),
        (
            "gemma3",
            {"attention__sliding_window_pattern": np.array([False, True])},
            {"layer_types": ["full_attention", "sliding_attention"]},
        ),
        ("phi3", {"attention__sliding_window": 16}, {"model_type": "phi3", "sliding_window": 16}),
        ("olmo2", {}, {"model_type": "olmo2"}),
        (
            "granite",
            {"attention__scale": 0.5, "embedding_scale": 3.0, "logit_scale": 2.0},
            {"attention_multiplier": 0.5, "embedding_multiplier": 3.0, "logits_scaling": 2.0},
        ),
        ("smollm3", {}, {"model_type": "smollm3", "no_rope_layers": [1, 1]}),
    ],
)
def test_families(arch: str, more: dict[str, object], expected: dict[str, object]) -> None:
    found = config(arch, **more)
    assert {key: found[key] for key in expected} == expected


def test_27b_models_of_gemma_scale_by_hidden_over_heads() -> None:
    found = config("gemma2", source(46), block_count=46, embedding_length=32)
    assert found["query_pre_attn_scalar"] == 8
    weights = source(46, **{
        f"blk__{i}__attn_{part}__weight": None for i in range(46) for part in "qk"
    })  # fmt: skip
    found = config("gemma2", weights, block_count=46, attention__key_length=16)
    assert found["query_pre_attn_scalar"] == 8


@pytest.mark.parametrize(
    ("more", "factors", "expected"),
    [
        ({"rope__dimension_count": 4}, None, {"partial_rotary_factor": 0.5}),
        ({"rope__scale_linear": 2.0}, None, {"rope_type": "linear", "factor": 2.0}),
        ({"rope__scaling__factor": 4.0}, None, {"rope_type": "linear", "factor": 4.0}),
        (
            {"rope__scaling__factor": 4.0, "rope__scaling__type": "none"},
            None,
            {"rope_type": "default"},
        ),
        (
            {
                "rope__scaling__type": "yarn",
                "rope__scaling__factor": 4.0,
                "rope__scaling__original_context_length": 16,
            },
            None,
            {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16},
        ),
        ({}, LLAMA3, {"rope_type": "factors", "factors": LLAMA3}),
        ({}, [1.0] * 4, {"rope_type": "default"}),
        ({"rope__scaling__factor": 2.0}, LLAMA3, {"factors": [2.0, 2.0, 8.0, 16.0]}),
    ],
)
def test_rope(
    more: dict[str, object], factors: list[float] | None, expected: dict[str, object]
) -> None:
    array = None if factors is None else np.array(factors, np.float32)
    found = config("llama", source(rope_freqs__weight=array), **more)["rope_parameters"]
    assert found == {"rope_type": found["rope_type"], "rope_theta": 10000.0, **expected}


def test_yarn_with_its_own_attention_factor_and_ramp() -> None:
    found = config(
        rope__scaling__type="yarn",
        rope__scaling__factor=4.0,
        rope__scaling__attn_factor=0.5,
        rope__scaling__yarn_beta_fast=16.0,
    )["rope_parameters"]
    assert found["attention_factor"] == pytest.approx(0.5 * (0.1 * np.log(4) + 1))
    assert (found["beta_fast"], found["beta_slow"]) == (16.0, 1.0)


def test_keys_that_are_off_do_no_harm() -> None:
    config(logit_scale=0.0, attention__causal=True, expert_count=0, tensor_data_layout="Meta AI")


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("llama", "llama"),
        ("mixtral", "mixtral"),
        ("qwen3moe", "qwen3_moe"),
        ("gemma3", "gemma3_text"),
        ("phi3", "phi3"),
    ],
)
def test_files_give_config_and_weights(model: str, family: str) -> None:
    found, weights, raw = open_gguf(GOLDENS / f"{model}.gguf")
    assert found["model_type"] == family
    assert weights.info("model.embed_tokens.weight").shape == (48, 32)
    assert raw["general.architecture"] == GOLDEN_ARCH.get(model, model)
    if model == "qwen3moe":
        assert found["mlp_only_layers"] == [0]
    if model == "phi3":
        rope = found["rope_parameters"]
        assert (rope["rope_type"], len(rope["long_factor"])) == ("longrope", 4)
        assert rope["original_max_position_embeddings"] == 16


GOLDEN_ARCH = {"mixtral": "llama"}


@pytest.mark.parametrize("model", ["llama", "gemma3", "phi3"])
def test_recipes_understand_every_key(model: str) -> None:
    found, *_ = open_gguf(GOLDENS / f"{model}.gguf")
    recipe = find_recipe(found, model)
    recipe.config_class.from_dict(found, model)

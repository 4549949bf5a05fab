"""Metadata of GGUF files as config.json: the families, rope, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlxflow.config.gguf import gguf_config, open_gguf
from rlxflow.errors import ConfigError, FlowError
from rlxflow.recipes import find_recipe
from rlxflow.weights import DictSource

GOLDENS = Path(__file__).parents[1] / "goldens" / "gguf"
LLAMA3 = [1.0, 1.0, 4.0, 8.0]


def metadata(arch: str = "llama", **more: object) -> dict[str, object]:
    """Keys of a small model; `__` stands for a dot, and None takes a key away."""
    keys: dict[str, object] = {
        "context_length": 64,
        "embedding_length": 32,
        "block_count": 2,
        "feed_forward_length": 48,
        "attention.head_count": 4,
        "attention.head_count_kv": 2,
        "attention.layer_norm_rms_epsilon": float(np.float32(0.01)),
    } | {key.replace("__", "."): value for key, value in more.items()}
    named = {f"{arch}.{key}": value for key, value in keys.items() if value is not None}
    return {"general.architecture": arch, **named}


def source(layers: int = 2, **more: object) -> DictSource:
    shapes: dict[str, tuple[int, ...]] = {"token_embd": (80, 32), "output_norm": (32,)}
    for i in range(layers):
        shapes |= {f"blk.{i}.attn_q": (32, 32), f"blk.{i}.attn_k": (16, 32)}
        shapes |= {f"blk.{i}.ffn_gate": (48, 32), f"blk.{i}.attn_norm": (32,)}
    arrays: dict[str, object] = {f"{n}.weight": np.ones(s, "f4") for n, s in shapes.items()}
    arrays |= {name.replace("__", "."): array for name, array in more.items()}
    return DictSource({k: v for k, v in arrays.items() if v is not None}, "m.gguf")


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


@pytest.mark.parametrize(
    ("keys", "weights", "message"),
    [
        ({}, source(), "`general.architecture`: expected one of llama, qwen2, .*no such key"),
        (metadata("lama"), source(), "found 'lama'; did you mean `llama`"),
        *(
            (metadata(**{key.replace(".", "__"): None}), source(), f"`llama.{key}`: .*no such key")
            for key in ("block_count", "attention.head_count", "attention.layer_norm_rms_epsilon")
        ),
        (metadata(block_count=0), source(), "`llama.block_count`: expected an integer of 1 or"),
        (metadata(block_count=True), source(), "expected an integer of 1 or more, found True"),
        (metadata(context_length="x"), source(), "context_length`: expected an integer .* 'x'"),
        (metadata(rope__freq_base=float("nan")), source(), "expected a number above 0, found nan"),
        (metadata(attention__head_count=3), source(), "a divisor of embedding_length 32, found 3"),
        (metadata(attention__head_count_kv=3), source(), "divisor of attention.head_count 4, fou"),
        (
            metadata(attention__head_count_kv=np.array([1, 2])),
            source(),
            r"head_count_kv`: expected an integer .*, found different values: \[1, 2\]",
        ),
        (metadata(attention__value_length=4), source(), "expected 8 as attention.key_length, fo"),
        (metadata(rope__dimension_count=3), source(), "an even number up to the head's 8, found 3"),
        (metadata(rope__scaling__type="ntk"), source(), "none, linear, yarn or longrope, found 'n"),
        (metadata(logit_scale=0.5), source(), r"1 metadata key\(s\) are unknown:\n  `llama.log"),
        (metadata(expert_weights_scale=2.5), source(), "`llama.expert_weights_scale` = 2.5"),
        (metadata("qwen2", attention__sliding_window=4), source(), "`qwen2.attention.sliding_wi"),
        (metadata(vocab_size=81), source(), "vocab_size`: expected 80 tokens as the rows of `tok"),
        (
            metadata() | {"tokenizer.ggml.tokens": ["a"]},
            source(),
            "`tokenizer.ggml.tokens`: expected 80 tokens as the rows of `token_embd.weight`",
        ),
        (
            metadata() | {"tokenizer.ggml.bos_token_id": -1},
            source(),
            "`tokenizer.ggml.bos_token_id`: expected a token id, found -1",
        ),
        (
            metadata(block_count=3),
            source(),
            "block_count`: expected 3 layers, .*, found tensors up to `blk.1`",
        ),
        (metadata(block_count=1), source(), "expected 1 layers, .* found tensors up to `blk.1`"),
        (
            metadata(),
            source(blk__0__attn_q__weight=None, blk__0__attn_k__weight=None,
                   blk__0__ffn_gate__weight=None, blk__0__attn_norm__weight=None),
            "expected 2 layers, .* found tensors up to `blk.1`, none of `blk.0`",
        ),
        (
            metadata(attention__head_count=8),
            source(blk__0__attn_k__weight=np.ones((8, 32))),
            r"`blk.1.attn_k.weight`: expected shape \[8, 32\] \(.*head_count_kv \* .* = 8, ",
        ),
        (
            metadata(attention__key_length=16),
            source(),
            r"`blk.0.attn_q.weight`: expected shape \[64, 32\] \(llama.attention.head_count \* atten"
            r"tion.key_length = 64, llama.embedding_length = 32\), found shape \[32, 32\]; metadata and",
        ),
        (metadata(), source(token_embd__weight=None), "expected a tensor `token_embd.weight`"),
        (metadata(embedding_length=64), source(), r"`token_embd.weight`: expected shape \['any'"),
        (
            metadata(),
            source(rope_freqs__weight=np.ones(8, "f4")),
            r"`rope_freqs.weight`: expected 4 factors, found f32\[8\]",
        ),
        (
            metadata(),
            source(rope_freqs__weight=np.zeros(4, "f4")),
            "`rope_freqs.weight`: expected factors above 0, found 0.0",
        ),
        (
            metadata(rope__scaling__type="yarn", rope__scaling__factor=2.0),
            source(rope_freqs__weight=np.array(LLAMA3, "f4")),
            "expected none or linear in a file with `rope_freqs.weight`, found 'yarn'",
        ),
        (
            metadata("gemma3", attention__sliding_window_pattern=np.array([True])),
            source(),
            "sliding_window_pattern`: expected 2 layers, found 1",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    keys: dict[str, object], weights: DictSource, message: str
) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        gguf_config(keys, weights)
    assert str(caught.value).startswith("m.gguf")
    assert len(str(caught.value)) < 800


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


SMALL = source()


def refusal(keys: dict[str, object]) -> str:
    try:
        gguf_config(keys, SMALL)
    except FlowError as error:
        return str(error)
    return ""


def test_random_metadata_causes_no_other_exception() -> None:
    rng = np.random.default_rng(0)
    odd = [0, -1, 1, 3, 2**40, 0.0, 1.5, float("inf"), "", "x", True, [], ["a"], np.arange(3)]
    for _ in range(1500):
        keys = metadata(str(rng.choice(["llama", "gemma3", "phi3", "qwen3moe"])))
        arch = str(keys["general.architecture"])
        more = ["rope.scaling.type", "rope.freq_base", "expert_count", "rope.scaling.factor"]
        more += ["attention.sliding_window", "attention.sliding_window_pattern", "vocab_size"]
        for name in rng.choice([*list(keys)[1:], *(f"{arch}.{key}" for key in more)], 2):
            keys[str(name)] = odd[rng.integers(len(odd))]
        assert len(refusal(keys)) < 1500

"""Metadata of GGUF files that is missing, malformed, unknown, or not that of the tensors."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from rlxflow.config.gguf import gguf_config
from rlxflow.errors import ConfigError, FlowError
from rlxflow.weights import DictSource

sys.path.insert(0, str(Path(__file__).parents[1] / "goldens" / "gguf"))
from gguf_by_hand import metadata, source

LLAMA3 = [1.0, 1.0, 4.0, 8.0]


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
            r"`blk.0.attn_q.weight`: expected shape \[64, 32\] \(llama.attention.head_count .* at"
            r"tention.key_length = 64, llama.embedding_length = 32\), found shape \[32, 32\]; meta",
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

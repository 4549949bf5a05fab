"""Tokenizers made of GGUF metadata against those of the libraries the vocabularies come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from rlxflow.errors import ConfigError
from rlxflow.runtime.gguf_tokenizer import (
    SpecialTokens,
    special_tokens,
    tokenizer_from_metadata,
)
from rlxflow.runtime.gguf_words import WORDS
from rlxflow.weights import GgufFile

GOLDENS = Path(__file__).parents[1] / "goldens" / "gguf"
ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
TEXTS = [
    "",
    " ",
    "the hat of the cat",
    "  two  spaces\n\n\tand lines\r\n ",
    "don't WE'LL 12345 ½ x=y+1;",
    "naïve café, 日本語 🏳️‍🌈 e\u0301",
    "a<|end|>b <tool>c",
]


def byte_level(pre: pre_tokenizers.PreTokenizer) -> Tokenizer:
    """A small byte-level BPE, trained here."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=340,
        special_tokens=["<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    text = Path(__file__).read_text(encoding="utf-8")
    tokenizer.train_from_iterator(text.split("\n\n"), trainer)
    return tokenizer


def metadata(tokenizer: Tokenizer, **more: object) -> dict[str, object]:
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    keys: dict[str, Any] = {
        "model": "gpt2",
        "pre": "gpt-2",
        "tokens": tokens,
        "token_type": np.array([3] + [1] * (len(tokens) - 1), np.int32),
        "merges": [" ".join(pair) for pair in model["merges"]],
    }
    named = {f"tokenizer.ggml.{key}": value for key, value in (keys | more).items()}
    return {key: value for key, value in named.items() if value is not None}


BPE = byte_level(pre_tokenizers.ByteLevel(add_prefix_space=False))


@pytest.mark.parametrize("text", TEXTS)
def test_byte_level_ids_are_those_of_the_library(text: str) -> None:
    made = tokenizer_from_metadata(metadata(BPE))
    assert made.encode(text).ids == BPE.encode(text).ids
    kept = made.decode(made.encode(text).ids, skip_special_tokens=False)
    assert kept == text


def test_byte_level_without_types_and_name_of_words() -> None:
    made = tokenizer_from_metadata(metadata(BPE, token_type=None, pre=None))
    assert made.encode("the hat").ids == BPE.encode("the hat").ids


@pytest.mark.parametrize(
    ("pre", "words"),
    [
        ("gpt-2", ["We", "'LL", " don", "'t", " 12345", ".\n\n", " x"]),
        ("smollm", ["We", "'LL", " don", "'t", " ", "1", "2", "3", "4", "5", ".\n\n", " x"]),
        ("llama-bpe", ["We", "'LL", " don", "'t", " ", "123", "45", ".\n\n", " x"]),
        ("dbrx", ["We", "'LL", " don", "'t", " ", "123", "45", ".\n\n", " x"]),
        ("qwen2", ["We", "'LL", " don", "'t", " ", "1", "2", "3", "4", "5", ".\n\n", " x"]),
        ("tekken", ["We", "'LL", " don", "'t", " ", "1", "2", "3", "4", "5", ".\n\n", " x"]),
    ],
)
def test_words(pre: str, words: list[str]) -> None:
    if pre in {"gpt-2", "smollm"}:  # these know apostrophes in small letters only
        words = [*words[:1], "'", "LL", *words[2:]]
        words[words.index(".\n\n") :] = [".", "\n\n", " x"]
    if pre == "tekken":
        words[3:4] = ["'t"]
    made = tokenizer_from_metadata(metadata(BPE, pre=pre))
    text = "We'LL don't 12345.\n\n x"
    assert made.pre_tokenizer is not None
    spans = [span for _, span in made.pre_tokenizer.pre_tokenize_str(text)]
    assert [text[begin:end] for begin, end in spans] == words


def test_whole_words_and_composed_text() -> None:
    merges = {"tokens": ["a", "b", "c", "ab", "bc", "abc"], "token_type": None}
    merges["merges"] = ["b c"]
    apart = tokenizer_from_metadata(metadata(BPE, pre="dbrx", **merges))
    whole = tokenizer_from_metadata(metadata(BPE, pre="llama-bpe", **merges))
    assert apart.encode("abc").tokens == ["a", "bc"]
    assert whole.encode("abc").tokens == ["abc"]
    qwen = tokenizer_from_metadata(metadata(BPE, pre="qwen2"))
    assert qwen.encode("e\u0301").ids == qwen.encode("\u00e9").ids
    assert WORDS["default"] == WORDS["gpt-2"]


def sentencepiece(**more: object) -> tuple[dict[str, object], dict[str, list[int]]]:
    facts = json.loads((GOLDENS / "sentencepiece.json").read_text(encoding="utf-8"))
    keys: dict[str, object] = {
        "model": "llama",
        "tokens": facts["tokens"],
        "scores": np.array(facts["scores"], np.float32),
        "token_type": np.array(facts["types"], np.int32),
    }
    keys |= more
    return {f"tokenizer.ggml.{k}": v for k, v in keys.items() if v is not None}, facts["texts"]


def test_sentencepiece_ids_are_those_of_the_library() -> None:
    keys, texts = sentencepiece()
    made = tokenizer_from_metadata(keys)
    for text, ids in texts.items():
        assert made.encode(text).ids == ids, text
        assert made.decode(ids, skip_special_tokens=False) == text


def test_sentencepiece_text_begins_anew_behind_a_token_of_its_own() -> None:
    made = tokenizer_from_metadata(sentencepiece()[0])
    start = made.encode("hat").ids
    tool, bos = (made.token_to_id(token) for token in ("<tool>", "<s>"))
    assert made.encode("hat<tool>hat<s>hat").ids == [*start, tool, *start, bos, *start]


def test_sentencepiece_without_the_leading_space() -> None:
    made = tokenizer_from_metadata(sentencepiece(add_space_prefix=False)[0])
    with_space = tokenizer_from_metadata(sentencepiece()[0])
    assert made.encode(" the hat").ids == with_space.encode("the hat").ids
    assert made.decode(made.encode(" the hat").ids) == " the hat"


def test_special_tokens() -> None:
    keys = metadata(BPE, eos_token_id=0, eot_token_id=5, add_bos_token=True, bos_token_id=1)
    found = special_tokens(keys | {"tokenizer.chat_template": "{{ x }}"})
    assert found == SpecialTokens(
        bos=1, eos=0, pad=None, add_bos=True, add_eos=False, chat_template="{{ x }}", stops=(0, 5)
    )
    silent = special_tokens(sentencepiece()[0])
    assert (silent.bos, silent.eos, silent.add_bos, silent.stops) == (1, 2, True, (2,))
    assert special_tokens(metadata(BPE)).add_bos is False
    assert special_tokens(metadata(BPE, pre="llama-bpe")).add_bos is True


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"model": "bert"}, "`tokenizer.ggml.model`: expected gpt2 or llama, found 'bert'"),
        ({"model": None}, "expected gpt2 or llama, found no such key"),
        (
            {"pre": "qwen3"},
            r"ggml.pre`: expected one of default, .*, found `qwen3`; did you mean `q",
        ),
        ({"tokens": None}, r"ggml.tokens`: expected a list of strings, found no such key"),
        ({"tokens": ["a", "b", "a"]}, "expected every token once, found 'a'"),
        ({"merges": None}, r"ggml.merges`: expected a list of strings, found no such key"),
        ({"merges": ["ab"]}, "expected two tokens with a space between, found 'ab'"),
        ({"merges": ["a zz"]}, r"ggml.merges`: expected merges of tokens, found .*zz"),
        ({"token_type": np.zeros(3)}, r"ggml.token_type`: expected \d+ finite numbers, found \[0"),
        ({"add_space_prefix": 1}, "add_space_prefix`: expected a boolean, found 1"),
        ({"model": "llama"}, r"ggml.scores`: expected \d+ numbers, found no such key"),
        ({"model": "llama", "scores": np.full(340, np.nan)}, "expected 340 finite numbers, found"),
    ],
)
def test_vocabularies_that_do_not_fit_are_refused(more: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        tokenizer_from_metadata(metadata(BPE, **more), "m.gguf")
    assert str(caught.value).startswith("m.gguf")
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("value", [-1, 340, True, "x"])
def test_ids_that_do_not_fit_are_refused(value: object) -> None:
    with pytest.raises(ConfigError, match=r"ggml.bos_token_id`: expected an id below 340, found"):
        special_tokens(metadata(BPE, bos_token_id=value))


@pytest.mark.skipif(not ORACLE.is_dir(), reason="no folder of reference files")
def test_a_converted_tokenizer_gives_the_ids_of_its_original() -> None:
    made = tokenizer_from_metadata(GgufFile(ORACLE / "gguf" / "tinystory_f16.gguf").metadata)
    original = Tokenizer.from_file(str(ORACLE / "tinystory" / "tokenizer.json"))
    texts = [*TEXTS, "a<|endoftext|>b", Path(__file__).read_text(encoding="utf-8")]
    texts += ["".join(map(chr, range(start, start + 64))) for start in range(32, 0x3000, 64)]
    for text in texts:
        assert made.encode(text).ids == original.encode(text).ids
        assert made.decode(made.encode(text).ids) == original.decode(original.encode(text).ids)

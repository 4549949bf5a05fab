"""Prompts to ids: what begins a text, special tokens, templates, texts that are no text."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_decoder import TEMPLATE, write_tokenizer

from rlxflow.errors import ConfigError, InputError
from rlxflow.runtime.prompts import PromptTokenizer, read_special
from rlxflow.runtime.text import open_tokenizer


def prompts(folder: Path, **settings: object) -> PromptTokenizer:
    write_tokenizer(folder, **settings)
    return PromptTokenizer(open_tokenizer(folder), read_special(folder))


def test_bytes_are_ids(tmp_path: Path) -> None:
    tokenizer = prompts(tmp_path, add_bos_token=False)
    assert tokenizer.encode_prompt("Ä b") == [0xC3, 0x84, 0x20, 0x62]
    assert tokenizer.decode([0xC3, 0x84, 0x20, 0x62]) == "Ä b"


@pytest.mark.parametrize(
    ("settings", "begins"),
    [
        ({}, True),
        ({"add_bos_token": True}, True),
        ({"add_bos_token": False}, False),
        ({"tokenizer_class": "LlamaTokenizer"}, True),
        ({"tokenizer_class": "GPT2TokenizerFast"}, False),
        ({"tokenizer_class": "Qwen2Tokenizer"}, False),
        ({"tokenizer_class": "GPT2Tokenizer", "add_bos_token": True}, True),
        ({"bos_token": None, "add_bos_token": True}, False),
        ({"bos_token": "<none of the vocabulary>"}, False),
        ({"bos_token": {"content": "<s>", "lstrip": False}}, True),
    ],
)
def test_text_begins_as_the_checkpoint_says(
    tmp_path: Path, settings: dict[str, object], begins: bool
) -> None:
    assert prompts(tmp_path, **settings).encode_prompt("a") == [256] * begins + [97]


def test_beginning_is_not_written_twice(tmp_path: Path) -> None:
    assert prompts(tmp_path).encode_prompt("<s>a") == [256, 97]


def test_templates_write_the_beginning_themselves(tmp_path: Path) -> None:
    assert prompts(tmp_path).encode_prompt("<s><|user|>a", special=False) == [256, 258, 97]
    assert prompts(tmp_path).encode_prompt("a", special=False) == [97]


def test_special_tokens_are_no_text(tmp_path: Path) -> None:
    assert prompts(tmp_path).decode([256, 97, 257, 98, 259]) == "ab"


def test_half_of_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^prompt: expected UTF-8 text, found 'a\\udc80'$"):
        prompts(tmp_path).encode_prompt("a\udc80")


def test_template_of_the_tokenizer_config(tmp_path: Path) -> None:
    assert prompts(tmp_path, template=TEMPLATE).chat_template == TEMPLATE
    assert prompts(tmp_path).chat_template is None


def test_file_of_a_template_comes_first(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_text("from é file", encoding="utf-8")
    assert prompts(tmp_path, template=TEMPLATE).chat_template == "from é file"


def test_default_of_several_templates(tmp_path: Path) -> None:
    named = [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]
    assert prompts(tmp_path, chat_template=named).chat_template == "d"
    assert prompts(tmp_path, chat_template=named[:1]).chat_template is None


@pytest.mark.parametrize("bad", [7, [{"name": "default"}], ["default"], {"default": "d"}])
def test_template_that_is_none_is_refused(tmp_path: Path, bad: object) -> None:
    with pytest.raises(ConfigError, match=r"tokenizer_config.json: chat_template: expected "):
        prompts(tmp_path, chat_template=bad)


def test_template_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chat_template.jinja").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigError, match=r"chat_template\.jinja: expected a text file, found "):
        prompts(tmp_path)


def test_names_that_templates_use(tmp_path: Path) -> None:
    write_tokenizer(tmp_path, pad_token={"content": "</s>"}, add_eos_token=True)
    assert read_special(tmp_path).tokens == {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "</s>",
    }


def test_folder_without_settings(tmp_path: Path) -> None:
    write_tokenizer(tmp_path)
    (tmp_path / "tokenizer_config.json").unlink()
    tokenizer = PromptTokenizer(open_tokenizer(tmp_path), read_special(tmp_path))
    assert tokenizer.encode_prompt("a") == [97]
    assert tokenizer.special_tokens == {}


def test_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected tokenizer.json or vocab.txt, found neither"):
        open_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": 1}))
    with pytest.raises(ConfigError, match=r"tokenizer.json: expected a tokenizer, found "):
        open_tokenizer(tmp_path)

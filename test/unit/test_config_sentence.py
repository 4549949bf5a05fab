"""How a checkpoint says that sentences are embedded, and what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_checkpoint import write_sentence_settings

from rlxflow.config.sentence import SentenceConfig, read_sentence_config
from rlxflow.errors import ConfigError


def put(path: Path, content: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content))


def test_defaults_of_a_folder_that_says_nothing(tmp_path: Path) -> None:
    assert read_sentence_config(tmp_path, 512) == SentenceConfig()
    assert read_sentence_config(tmp_path, 64).max_seq_length == 64


@pytest.mark.parametrize(
    ("key", "pooling"),
    [("cls_token", "cls"), ("mean_tokens", "mean"), ("max_tokens", "max"), ("lasttoken", "last")],
)
def test_pooling_modes(tmp_path: Path, key: str, pooling: str) -> None:
    write_sentence_settings(tmp_path, key)
    put(tmp_path / "sentence_bert_config.json", {"max_seq_length": 100, "do_lower_case": True})
    assert read_sentence_config(tmp_path, 512) == SentenceConfig(
        pooling=pooling, normalize=True, max_seq_length=100, do_lower_case=True
    )


def test_without_normalize_vectors_keep_their_length(tmp_path: Path) -> None:
    write_sentence_settings(tmp_path)
    modules = json.loads((tmp_path / "modules.json").read_text())[:2]
    put(tmp_path / "modules.json", modules)
    assert not read_sentence_config(tmp_path, 512).normalize


def test_length_of_the_tokenizer_if_nothing_else_says(tmp_path: Path) -> None:
    put(tmp_path / "tokenizer.json", {"truncation": {"max_length": 77}})
    assert read_sentence_config(tmp_path, 512).max_seq_length == 77
    put(tmp_path / "tokenizer.json", {"truncation": None})
    assert read_sentence_config(tmp_path, 512).max_seq_length == 256


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("modules.json", {"type": 1}, "expected a list of modules"),
        ("modules.json", 7, "expected a list of modules"),
        ("modules.json", [], "expected a Pooling module, found none"),
        ("modules.json", [{"type": "x.Dense", "path": "2"}], "found x.Dense; use `model"),
        ("1_Pooling/config.json", {}, "found none"),
        ("1_Pooling/config.json", {"pooling_mode_weightedmean_tokens": True}, "weightedmean"),
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": True, "scale": 2}, "scale"),
        ("1_Pooling/config.json", [1], "expected a JSON object"),
        ("sentence_bert_config.json", {"max_seq_length": "many"}, "expected 3 or more"),
        ("sentence_bert_config.json", {"max_seq_length": 2}, "expected 3 or more, found 2"),
        ("tokenizer.json", {"truncation": {"length": 2}}, "expected a number `max_length`"),
    ],
)
def test_settings_that_are_not_understood(
    tmp_path: Path, file: str, content: object, said: str
) -> None:
    write_sentence_settings(tmp_path)
    put(tmp_path / file, content)
    with pytest.raises(ConfigError) as caught:
        read_sentence_config(tmp_path, 512)
    assert file.split("/")[-1] in str(caught.value)
    assert said in str(caught.value)

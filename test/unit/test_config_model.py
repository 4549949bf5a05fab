"""Configs: every key is used, harmless with a reason, or listed in the error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_checkpoint import CONFIG, write_config

from rlxflow.config.harmless import AT_REST, HARMLESS
from rlxflow.config.model_config import read_config
from rlxflow.errors import ConfigError
from rlxflow.recipes.bert import BertConfig

GOOGLE = {
    "directionality": "bidi",
    "gradient_checkpointing": False,
    "pooler_fc_size": 768,
    "pooler_num_attention_heads": 12,
    "pooler_num_fc_layers": 3,
    "pooler_size_per_head": 128,
    "pooler_type": "first_token_transform",
    "torch_dtype": "float32",
    "_attn_implementation_autoset": True,
    "is_encoder_decoder": False,
    "cross_attention_hidden_size": None,
}
"""Keys that published BERT files have and no PyTorch model reads."""


def test_published_keys_are_harmless() -> None:
    assert BertConfig.from_dict(CONFIG | GOOGLE) == BertConfig.from_dict(CONFIG)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"is_encoder_decoder": True}, "`is_encoder_decoder` is unknown (found True)"),
        ({"is_decoder": True}, "`is_decoder` is supported as False only"),
        ({"position_embedding_type": "relative_key"}, "is supported as 'absolute' only"),
        ({"hidden_size": "24"}, "`hidden_size`: Input should be a valid integer (found '24')"),
        ({"hidden_size": True}, "`hidden_size`: Input should be a valid integer"),
        ({"vocab_size": 0}, "`vocab_size`: Input should be greater than 0"),
        ({"hidden_size": 25}, "hidden_size must be a multiple of num_attention_heads"),
        ({"hidden_act": "gelu2"}, "hidden_act: expected one of gelu, "),
        ({"quantization_config": {"bits": 4}}, "`quantization_config` is unknown"),
    ],
)
def test_keys_that_do_not_fit(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        BertConfig.from_dict(CONFIG | change, "here")
    assert str(caught.value).startswith("here: 1 key(s) of a `bert` config do not fit:\n  ")
    assert said in str(caught.value)
    assert "Value error" not in str(caught.value)


def test_missing_key_is_named() -> None:
    with pytest.raises(ConfigError, match="`vocab_size` is missing"):
        BertConfig.from_dict({k: v for k, v in CONFIG.items() if k != "vocab_size"})


def test_account_holds_every_key_once() -> None:
    raw = CONFIG | GOOGLE | {"rope_theta": 1.0}
    fates = BertConfig.account(raw)
    assert [len(fates[fate]) for fate in ("used", "ignored", "unsupported")] == [9, 14, 1]
    assert "directionality: a note of the first BERT files" in fates["ignored"]
    assert "is_encoder_decoder: changes nothing at False" in fates["ignored"]


def test_account_of_a_contradiction() -> None:
    fates = BertConfig.account(CONFIG | {"num_attention_heads": 5})
    assert fates["unsupported"] == ["hidden_size must be a multiple of num_attention_heads"]


def test_no_key_is_harmless_and_used() -> None:
    assert not HARMLESS.keys() & BertConfig.model_fields.keys()
    assert not HARMLESS.keys() & AT_REST.keys()
    assert all(HARMLESS.values())


def test_config_file_by_folder_or_by_name(tmp_path: Path) -> None:
    folder = write_config(tmp_path)
    assert read_config(folder) == read_config(folder / "config.json") == CONFIG

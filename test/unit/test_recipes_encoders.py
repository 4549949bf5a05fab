"""What the recipes of text encoders take, refuse and leave."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from golden_families import Golden
from tokenizers import Tokenizer, models, pre_tokenizers

from rlxflow.errors import ConfigError, WeightError
from rlxflow.flow.built import BuiltModel
from rlxflow.recipes.nomic_config import NomicBertConfig
from rlxflow.runtime.checkpoint import open_checkpoint
from rlxflow.runtime.model import load

REFUSED = {
    "an unknown key": ("roberta", {"rope_theta": 3.0}, "`rope_theta` is unknown"),
    "heads": ("mpnet", {"num_attention_heads": 5}, "hidden_size must be a multiple of"),
    "few buckets": ("mpnet", {"relative_attention_num_buckets": 16}, "greater than or equal to 32"),
    "a decoder": ("xlm_roberta", {"is_decoder": True}, "`is_decoder`"),
    "no room": ("roberta", {"pad_token_id": 30}, "must be at least pad_token_id"),
    "an activation": ("distilbert", {"activation": "gelu2"}, "activation: expected one of"),
    "types": ("modernbert", {"layer_types": ["full_attention"]}, "must name 4 layers"),
    "a kind": ("modernbert", {"rope_parameters": {"all": {}}}, "may name full_attention"),
    "a rope": ("nomic_bert", {"rope_parameters": {"theta": 1.0}}, "rope_parameters: expected keys"),
    "a form": ("t5", {"feed_forward_proj": "gated-"}, "feed_forward_proj: expected one of"),
    "biases": ("nomic_bert", {"qkv_proj_bias": True}, "`qkv_proj_bias`"),
    "experts": ("nomic_bert", {"num_experts": 8}, "`num_experts`"),
}


def emit(folder: Path, weights: dict[str, np.ndarray] | None) -> BuiltModel:
    checkpoint = open_checkpoint(folder, weights=weights)
    return checkpoint.build(checkpoint.flow(checkpoint.request("encode", seq=4)))


@pytest.mark.parametrize("case", REFUSED)
def test_configs_that_are_refused(case: str, tmp_path: Path) -> None:
    family, changes, message = REFUSED[case]
    folder = Golden(family).checkpoint(tmp_path, **changes)
    with pytest.raises(ConfigError, match=message):
        emit(folder, None)


def test_the_first_spelling_of_nomic() -> None:
    raw = {"model_type": "nomic_bert", "n_embd": 24, "n_head": 3, "n_inner": 40, "n_layer": 2}
    raw |= {"n_positions": 64, "vocab_size": 47, "layer_norm_epsilon": 0.02}
    raw |= {"activation_function": "swiglu", "rotary_emb_base": 30, "rotary_emb_fraction": 1.0}
    raw |= {"rotary_emb_interleaved": False, "rotary_emb_scale_base": None, "prenorm": False}
    raw |= {"qkv_proj_bias": False, "mlp_fc1_bias": False, "use_flash_attn": True}
    config = NomicBertConfig.from_dict(raw)
    assert (config.hidden_size, config.intermediate_size, config.hidden_act) == (24, 40, "silu")
    assert config.rope()["theta"] == 30
    with pytest.raises(ConfigError, match="activation_function gelu"):
        NomicBertConfig.from_dict(raw | {"activation_function": "gelu"})
    with pytest.raises(ConfigError, match="`prenorm`"):
        NomicBertConfig.from_dict(raw | {"prenorm": True})


def test_positions_where_there_are_none(tmp_path: Path) -> None:
    checkpoint = open_checkpoint(Golden("t5").checkpoint(tmp_path), weights=None)
    assert checkpoint.max_positions is None
    with pytest.raises(ConfigError, match=r"expected no positions, found position_ids"):
        checkpoint.flow(checkpoint.request("encode", seq=4, position_ids=True))


def test_tokens_that_the_table_has_room_for(tmp_path: Path) -> None:
    """The rows up to the pad's own are no token's."""
    for name, most in (("roberta", 18), ("mpnet", 19), ("distilbert", 21)):
        folder = Golden(name).checkpoint(tmp_path / name)
        assert open_checkpoint(folder, weights=None).max_positions == most


def test_what_of_a_file_is_left_aside(tmp_path: Path) -> None:
    kept = Golden("t5_whole")
    built = emit(kept.checkpoint(tmp_path), kept.weights)
    assert not [param.name for param in built.params if "decoder" in param.name]
    more = kept.weights | {"encoder.block.0.extra.weight": np.ones(3, np.float32)}
    with pytest.raises(WeightError, match=r"encoder\.block\.0\.extra\.weight"):
        emit(kept.checkpoint(tmp_path), more)


@pytest.mark.parametrize("name", ["t5", "roberta"])
def test_texts_of_families_without_token_types(name: str, tmp_path: Path) -> None:
    """A text alone, and filled up beside a longer one, have the same vector."""
    kept = Golden(name)
    folder = kept.checkpoint(tmp_path)
    words = {"<pad>": 0, "[UNK]": 1, **{chr(97 + i): i + 5 for i in range(26)}}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 12}))
    model = load(folder, weights=kept.weights)
    both = model.embed(["a b c", "d e f g h i j k l m"])
    ids = np.array([[5, 6, 7]])
    states = np.asarray(model(input_ids=ids, output_hidden_states=True)["hidden_states"][-1])
    mean = states.mean(1)
    wanted = mean / np.linalg.norm(mean) if np.isclose(np.linalg.norm(both[0]), 1) else mean
    np.testing.assert_allclose(both[:1], wanted, atol=2e-5)

"""The text part of Gemma models with images, and Gemma 4 in all phases and in bf16."""

from __future__ import annotations

import functools
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden_decoders import Golden

from rlxflow.errors import ConfigError
from rlxflow.recipes import find_recipe
from rlxflow.runtime.checkpoint import open_checkpoint
from rlxflow.runtime.model import Model, load

pytestmark = pytest.mark.numeric
TOLERANCE = 2e-5


@functools.cache
def golden(case: str) -> Golden:
    return Golden(case)


@functools.cache
def model(case: str, dtype: str | None = None) -> Model:
    folder = golden(case).checkpoint(Path(tempfile.mkdtemp()))
    return load(folder, weights=golden(case).weights, dtype=dtype)


def whole(folder: Path, **changes: Any) -> Path:
    """Writes the config of a Gemma 4 whose text part is the golden's."""
    text = dict(golden("gemma4").config)
    text.pop("architectures", None)
    raw = {"model_type": "gemma4", "text_config": text, "vision_config": {"hidden_size": 3}}
    raw |= {"audio_config": None, "image_token_id": 60, "tie_word_embeddings": True} | changes
    (folder / "config.json").write_text(json.dumps(raw))
    return folder


def test_text_part_of_a_larger_model(tmp_path: Path) -> None:
    """Names begin otherwise, and tensors of other towers are left, for a reason."""
    start = "model.language_model."
    held = {start + k.removeprefix("model."): v for k, v in golden("gemma4").weights.items()}
    held["model.vision_tower.patch_embedder.input_proj.weight"] = np.ones((3, 2), np.float32)
    held["model.embed_vision.embedding_projection.weight"] = np.ones((2, 3), np.float32)
    found = load(whole(tmp_path), weights=held)
    logits = found(input_ids=golden("gemma4").inputs["long_input_ids"])["logits"]
    assert np.abs(logits - golden("gemma4").outputs["long_logits"]).max() <= TOLERANCE


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text_config": None}, "an object `text_config`, found null"),
        ({"text_config": {"model_type": "llama"}}, 'gemma4_text, found "llama"'),
        ({"use_new_trick": 1}, "found `use_new_trick`"),
        ({"text_config": {"model_type": "gemma4_text", "vocab": 3}}, "`vocab` is unknown"),
    ],
)
def test_configs_that_cannot_be(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_checkpoint(whole(tmp_path, **changes), weights=None)
    assert message in str(caught.value)


@pytest.mark.parametrize("start", ["language_model.model.", "model.language_model."])
def test_names_of_gemma3_files(start: str) -> None:
    recipe = find_recipe({"model_type": "gemma3"}, "config")
    text = {"vocab_size": 9, "hidden_size": 8, "intermediate_size": 4, "num_hidden_layers": 1}
    text |= {"num_attention_heads": 2, "max_position_embeddings": 8}
    config = recipe.config_class.from_dict({"model_type": "gemma3", "text_config": text})
    rules = recipe.rules(config, "causal")
    assert rules.canonical(f"{start}layers.0.mlp.up_proj.weight") == (
        "model.layers.0.mlp.up_proj.weight"
    )
    assert rules.ignored(rules.canonical("vision_tower.vision_model.post_layernorm.bias"))
    assert not rules.ignored(rules.canonical(f"{start}norm.weight"))


def test_names_of_qwen35_files_with_images() -> None:
    recipe = find_recipe({"model_type": "qwen3_5_text"}, "config")
    assert recipe.rules(type("Config", (), {"tie_word_embeddings": True})(), "causal").canonical(
        "model.language_model.layers.3.mlp.up_proj.weight"
    ) == ("model.layers.3.mlp.up_proj.weight")


@pytest.mark.parametrize("case", ["gemma4", "gemma4_moe"])
def test_several_tokens_at_once(case: str) -> None:
    """A prompt of 9 tokens, then three times 4 tokens: rings turn, shared caches are read."""
    ids = golden(case).inputs["long_input_ids"]
    checkpoint = model(case).checkpoint

    def program(phase: str, seq: int) -> Any:
        return model(case).compiled(checkpoint.phase_request(phase, batch=1, seq=seq, context=32))

    prefill, step = program("prefill", 9), program("verify", 4)
    found = prefill(input_ids=ids[:, :9], lengths=[9], **prefill.new_states())
    wanted = golden(case).outputs["long_logits"]
    assert np.abs(found["logits"] - wanted[:, 8:9]).max() <= TOLERANCE
    for at in (9, 13, 17):
        states = {name: state for name, state in found.items() if name != "logits"}
        found = step(input_ids=ids[:, at : at + 4], positions=[at], **states)
        assert np.abs(found["logits"] - wanted[:, at : at + 4]).max() <= TOLERANCE


def test_shared_layers_have_no_caches() -> None:
    module = model("gemma4").flow("decode", context=32).build(None).module
    states = {p.name for p in module.arguments() if p.kind == "state"}
    assert states == {f"layers.{i}.{part}" for i in range(3) for part in ("key", "value")}


PYTORCH = {"gemma4": 0.023, "gemma4_moe": 0.071, "qwen2_moe": 0.021}


@pytest.mark.parametrize("case", PYTORCH)
def test_bf16_stays_near(case: str) -> None:
    """Errors of the usual token, by the spread of the scores, are like those of PyTorch in bf16.

    Models this narrow lose more to rounding than real ones, those with experts the most.
    """
    found = model(case, "bf16")(input_ids=golden(case).inputs["long_input_ids"])["logits"]
    wanted = golden(case).outputs["long_logits"]
    assert found.dtype == np.float32
    squares = ((found - wanted) ** 2).mean(-1) / wanted.var()
    assert 1e-3 < np.sqrt(np.median(squares)) <= 2 * PYTORCH[case]

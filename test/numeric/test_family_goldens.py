"""Models that are not causal give the numbers of transformers, from small goldens in the tree."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from golden_families import CASES, Golden

from rlxflow.runtime.model import load

pytestmark = pytest.mark.numeric
TOLERANCE = 5e-5

WRONG = {
    "dinov2_with_registers": {"layer_norm_eps": 0.021},
    "dinov3_vit": {"rope_theta": 33.0},
    "distilbert": {"activation": "gelu"},
    "modernbert": {"local_attention": 6},
    "mpnet": {"layer_norm_eps": 0.021},
    "roberta": {"pad_token_id": 1},
    "t5": {"feed_forward_proj": "gated-gelu_erf"},
    "whisper": {"activation_function": "gelu_new"},
    "t5_whole": {"relative_attention_max_distance": 9},
    "vit": {"hidden_act": "gelu"},
}


@cache
def golden(case: str) -> Golden:
    return Golden(case)


@pytest.mark.parametrize("case", CASES)
def test_every_stored_output(case: str, tmp_path: Path) -> None:
    """Also of files that hold more than is built: t5_whole has a decoder."""
    kept = golden(case)
    model = load(kept.checkpoint(tmp_path), weights=kept.weights)
    states = any(name.endswith("hidden_states") for name in kept.outputs)
    found = model(**kept.inputs, output_hidden_states=states)
    apart = {name: kept.difference(found, name) for name in kept.outputs}
    assert max(apart.values()) <= TOLERANCE, apart


@pytest.mark.parametrize("case", ["whisper"])
def test_stored_transcription(case: str, tmp_path: Path) -> None:
    kept = golden(case)
    model = load(kept.checkpoint(tmp_path), weights=kept.weights)
    assert kept.greedy is not None
    found = model.transcribe(kept.inputs["input_features"], max_new_tokens=kept.greedy.shape[1])
    assert found.ids.tolist() == kept.greedy.tolist()


@pytest.mark.parametrize("case", WRONG)
def test_one_wrong_number_would_show(case: str, tmp_path: Path) -> None:
    kept = golden(case)
    model = load(kept.checkpoint(tmp_path, **WRONG[case]), weights=kept.weights)
    found = model(**kept.inputs, output_hidden_states=True)
    name = next(name for name in kept.outputs if name.endswith("hidden_states"))
    assert kept.difference(found, name) > 5 * TOLERANCE

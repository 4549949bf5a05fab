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
    "distilbert": {"activation": "gelu"},
    "modernbert": {"local_attention": 6},
    "mpnet": {"layer_norm_eps": 0.021},
    "roberta": {"pad_token_id": 1},
    "t5": {"feed_forward_proj": "gated-gelu_erf"},
    "t5_whole": {"relative_attention_max_distance": 9},
}


@cache
def golden(case: str) -> Golden:
    return Golden(case)


@pytest.mark.parametrize("case", CASES)
def test_every_stored_output(case: str, tmp_path: Path) -> None:
    """Also of files that hold more than is built: t5_whole has a decoder."""
    kept = golden(case)
    model = load(kept.checkpoint(tmp_path), weights=kept.weights)
    found = model(**kept.inputs, output_hidden_states="hidden_states" in kept.outputs)
    apart = {name: kept.difference(found, name) for name in kept.outputs}
    assert max(apart.values()) <= TOLERANCE, apart


@pytest.mark.parametrize("case", WRONG)
def test_one_wrong_number_would_show(case: str, tmp_path: Path) -> None:
    kept = golden(case)
    model = load(kept.checkpoint(tmp_path, **WRONG[case]), weights=kept.weights)
    found = model(**kept.inputs, output_hidden_states=True)
    assert kept.difference(found, "hidden_states") > 5 * TOLERANCE

"""BERT in all variants gives the numbers of transformers, whatever form the weights come in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from golden_bert import CASES, Golden

from rlxflow.runtime.model import Model, load

pytestmark = pytest.mark.numeric
TOLERANCE = 1e-5
Arrays = dict[str, np.ndarray]


def run(folder: Path, golden: Golden, **options: object) -> dict[str, object]:
    return load(folder, **options)(**golden.inputs, output_hidden_states=True)


@pytest.fixture
def golden() -> Golden:
    return Golden("encoder_gelu")


def test_every_case_is_stored() -> None:
    assert len(CASES) == 8


@pytest.mark.parametrize("case", CASES)
def test_outputs_are_those_of_transformers(case: str, tmp_path: Path) -> None:
    golden = Golden(case)
    folder = golden.checkpoint(tmp_path)
    found = run(folder, golden, weights=golden.weights)
    assert golden.worst(found) <= TOLERANCE
    heads = {"logits", "pooler_output"}
    assert heads & found.keys() == heads & golden.outputs.keys()


@pytest.mark.parametrize(("dtype", "tolerance"), [("bf16", 0.15), ("f16", 0.02)])
def test_narrow_types_stay_near(tmp_path: Path, dtype: str, tolerance: float) -> None:
    golden = Golden("encoder_bf16")
    folder = golden.checkpoint(tmp_path)
    found = run(folder, golden, weights=golden.weights, dtype=dtype)
    assert golden.worst(found) <= tolerance
    exact = golden.outputs["last_hidden_state"]
    assert np.abs(np.asarray(found["last_hidden_state"]) - exact).max() > TOLERANCE


@pytest.mark.parametrize("mode", ["fence", "keep"])
@pytest.mark.parametrize("stages", ["encoder.layer.*", "block:layer_norm", "*/mlp"])
def test_stage_modes_keep_the_numbers(
    tmp_path: Path, golden: Golden, mode: str, stages: str
) -> None:
    """Last bits may differ at these sizes: XLA sums a fused row in another order."""
    model = load(golden.checkpoint(tmp_path), weights=golden.weights)
    flow = model.flow(batch=3, seq=7, hidden_states=True).with_modes({stages: mode})
    found = model.build(flow).compile()(**golden.inputs)
    states = [found[f"hidden_states.{i}"] for i in range(3)]
    assert golden.worst({**found, "hidden_states": states}) <= TOLERANCE


def test_flow_without_padding_equals_full_mask(tmp_path: Path, golden: Golden) -> None:
    model = load(golden.checkpoint(tmp_path), weights=golden.weights)
    ids = golden.inputs["input_ids"]
    ones = model(input_ids=ids, attention_mask=np.ones_like(ids))
    assert np.array_equal(model(input_ids=ids)["last_hidden_state"], ones["last_hidden_state"])


def test_one_wrong_eps_would_show(tmp_path: Path, golden: Golden) -> None:
    model = load(golden.checkpoint(tmp_path), weights=golden.weights)
    wrong = model.checkpoint.config.model_copy(update={"layer_norm_eps": 0.012})
    found = Model(replace(model.checkpoint, config=wrong))(**golden.inputs)["last_hidden_state"]
    assert np.abs(found - golden.outputs["last_hidden_state"]).max() > 10 * TOLERANCE

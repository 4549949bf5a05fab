"""Whole models from GGUF files give the reference's numbers and tokens, packed or not."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.runtime.model import Model, load

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
FILES = sorted((ORACLE / "gguf").glob("*.gguf"))

pytestmark = [
    pytest.mark.numeric,
    pytest.mark.kernels_if_built,
    pytest.mark.skipif(not FILES, reason="no folder of reference files"),
]


@cache
def model(path: Path) -> Model:
    return load(path, profile=rf.CompileProfile(kernels="none"))


def answers(path: Path) -> dict[str, np.ndarray]:
    with np.load(path.with_suffix(".npz")) as arrays:
        return {key: arrays[key] for key in arrays.files}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_scores_and_tokens(path: Path) -> None:
    wanted = answers(path)
    found = model(path)(input_ids=wanted["in/input_ids"], output_hidden_states=True)
    assert np.abs(found["logits"] - wanted["out/logits"]).max() <= 1e-4
    states = np.stack(found["hidden_states"])
    assert np.abs(states - wanted["out/hidden_states"]).max() <= 1e-4
    mask = wanted["in/padded_attention_mask"]
    padded = model(path)(
        input_ids=wanted["in/padded_input_ids"],
        attention_mask=mask,
        position_ids=wanted["in/padded_position_ids"],
    )["logits"]
    shown = np.where(mask[..., None] > 0, padded, 0)
    assert np.abs(shown - wanted["out/padded_logits"]).max() <= 1e-4
    drawn = load(path).generate(wanted["in/prompt_ids"], max_new_tokens=24)  # kernels, if built
    assert np.array_equal(drawn, wanted["out/generated_ids"])


@pytest.mark.parametrize("name", ["tinystory_f16", "tinystory_q8_0"])
def test_tokenizer_of_the_file_gives_the_texts(name: str) -> None:
    story = json.loads((ORACLE / "tinystory" / "reference.json").read_text())["greedy"]
    found = model(ORACLE / "gguf" / f"{name}.gguf").generate(
        [answer["prompt"] for answer in story], max_new_tokens=48
    )
    assert found == [answer["text"] for answer in story]


def test_the_references_tell_the_types_apart() -> None:
    """Answers of two quantisations differ by far more than the bound above."""
    first, second = (answers(ORACLE / "gguf" / f"llama_{kind}.gguf") for kind in ("q4_0", "q4_1"))
    assert np.abs(first["out/logits"] - second["out/logits"]).max() > 1e-2

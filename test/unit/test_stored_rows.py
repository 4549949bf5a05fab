"""Rows where they lie: they are what `read` gives, and nowhere where values are made of others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rlxflow import dtypes
from rlxflow.weights import (
    DictSource,
    GgufFile,
    HfView,
    NameRules,
    RenamedSource,
    ShardedSafetensors,
    WeightSource,
    open_weights,
    write_safetensors,
)
from rlxflow.weights.quantise import QUANTISERS, Rows
from rlxflow.weights.quants import BY_NAME, dequantise
from rlxflow.weights.stacked import StackedSource
from rlxflow.weights.stored_rows import StoredRows, stored_rows

GOLDENS = Path(__file__).parents[1] / "goldens" / "gguf"


def values_of(stored: StoredRows, shape: tuple[int, ...]) -> np.ndarray:
    """What the rows mean, in order, by code that looks at nothing else."""
    rows = stored.data if stored.order is None else stored.data[stored.order]
    kind = BY_NAME.get(stored.format.upper())
    if kind is not None and kind.quantised:
        return dequantise(kind, rows).reshape(shape)
    return rows.reshape(-1).view(dtypes.to_numpy(stored.format)).reshape(shape)


@pytest.mark.parametrize("model", ["llama", "mixtral", "gemma3", "phi3"])
def test_rows_of_a_gguf_file_are_its_values(model: str) -> None:
    source = HfView(GgufFile(GOLDENS / f"{model}.gguf"))
    orders = 0
    for name in source.names():
        info, stored = source.info(name), source.stored_rows(name)
        if len(info.shape) == 1:
            assert stored is None
            continue
        assert stored is not None
        assert len(stored.data) == np.prod(info.shape[:-1])
        assert not stored.data.flags.writeable
        orders += stored.order is not None
        np.testing.assert_array_equal(values_of(stored, info.shape), source.read(name), name)
    assert (orders > 0) == (model in ("llama", "mixtral"))


def test_rows_of_safetensors_files_are_their_values(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    arrays = {
        "odd": rng.integers(0, 255, (3,), dtype=np.uint8),  # moves the others off boundaries
        "half": rng.normal(size=(5, 7)).astype(np.float16),
        "cube": rng.normal(size=(2, 3, 4)).astype(np.float32),
        "one": np.float32(3),
        "none": np.zeros((0, 4), np.float32),
        "bits": np.array([[True, False]]),
    }
    write_safetensors(tmp_path / "a.safetensors", arrays)
    index = tmp_path / "i.json"
    index.write_text(json.dumps({"weight_map": dict.fromkeys(arrays, "a.safetensors")}))
    plain: WeightSource = open_weights(tmp_path / "a.safetensors")
    for source in (plain, ShardedSafetensors(index), RenamedSource(plain, NameRules())):
        for name in ("one", "none", "bits"):
            assert stored_rows(source, name) is None
        for name in ("half", "cube"):
            stored = stored_rows(source, name)
            assert stored is not None
            assert stored.format == {"half": "f16", "cube": "f32"}[name]
            assert stored.data.shape == {"half": (5, 14), "cube": (6, 16)}[name]
            np.testing.assert_array_equal(values_of(stored, arrays[name].shape), arrays[name])


def test_what_is_put_together_or_in_memory_lies_nowhere(tmp_path: Path) -> None:
    arrays = {name: np.full((2, 3), ord(name), np.float32) for name in "abc"}
    write_safetensors(tmp_path / "a.safetensors", arrays)
    stacked = StackedSource(open_weights(tmp_path / "a.safetensors"), {"ab": ("a", "b")})
    assert stored_rows(stacked, "ab") is None
    alone = stored_rows(stacked, "c")
    assert alone is not None
    assert values_of(alone, (2, 3)).tolist() == arrays["c"].tolist()
    assert stored_rows(DictSource(arrays), "a") is None


def test_quantised_tensors_of_safetensors_are_blocks(tmp_path: Path) -> None:
    values = np.random.default_rng(6).normal(size=(4, 64)).astype(np.float32)
    made = QUANTISERS["q8_0"].pack(values)
    scaled: Rows = QUANTISERS["int8"].pack(values)
    assert scaled.scales is not None
    int8 = np.concatenate([scaled.scales[:, None].view(np.uint8), scaled.data.view(np.uint8)], 1)
    metadata = {"rlx.quant": json.dumps({"w": "q8_0", "v": "int8"})}
    write_safetensors(tmp_path / "a.safetensors", {"w": made.data, "v": int8}, metadata)
    source = open_weights(tmp_path / "a.safetensors")
    stored = stored_rows(source, "w")
    assert stored is not None
    assert stored.format == "q8_0"
    np.testing.assert_array_equal(values_of(stored, (4, 64)), source.read("w"))
    assert stored_rows(source, "v") is None  # scales lie among its values

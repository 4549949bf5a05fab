"""Weights of GGUF files under Hugging Face names: names, shapes, values, and what is not copied."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rlxflow import dtypes
from rlxflow.errors import WeightError
from rlxflow.weights import GgufFile, HfView, SafetensorsFile, WeightSource
from rlxflow.weights.gguf_layouts import LAYOUTS, find_layout
from rlxflow.weights.quants import BY_NAME, dequantise

sys.path.insert(0, str(Path(__file__).parents[1] / "goldens" / "gguf"))
import models_by_rule as rules

GOLDENS = Path(__file__).parents[1] / "goldens" / "gguf"
ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
MODELS = ["llama", "mixtral", "qwen3moe", "gemma3", "phi3"]


def wanted(model: str) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for name, values, _ in rules.tensors_of(model).values():
        if "{}" in name:
            arrays |= {name.format(i): part for i, part in enumerate(values)}
        else:
            arrays[name] = values
    return arrays


def view(model: str) -> HfView:
    return HfView(GgufFile(GOLDENS / f"{model}.gguf"))


@pytest.mark.parametrize("model", MODELS)
def test_names_and_values_are_those_of_the_checkpoint(model: str) -> None:
    source, arrays = view(model), wanted(model)
    assert isinstance(source, WeightSource)
    assert set(source.names()) == set(arrays)
    for name, values in arrays.items():
        found = source.read(name)
        assert source.info(name).shape == found.shape == values.shape
        assert str(source.info(name).dtype) == {
            "float32": "f32",
            "float16": "f16",
            "bfloat16": "bf16",
        }.get(str(found.dtype))
        assert not found.flags.writeable
        assert found.__array_interface__["data"][0] % 64 == 0
        # Rounding to Q8_0 stays below half of the grid on which the weights lie.
        quantised = source.quantization(name) == "Q8_0"
        found = np.round(found * 64) / 64 if quantised else found.astype(np.float32)
        np.testing.assert_array_equal(found, values, err_msg=name)


@pytest.mark.parametrize("model", MODELS)
def test_packed_rows_are_in_the_order_of_the_values(model: str) -> None:
    source = view(model)
    for name in source.names():
        info, packed = source.info(name), source.packed(name)
        kind = BY_NAME[source.quantization(name)]
        if kind.quantised:
            values = dequantise(kind, packed).reshape(info.shape)
        else:
            values = packed.reshape(-1).view(dtypes.to_numpy(info.dtype)).reshape(info.shape)
        if model == "gemma3" and name.endswith("norm.weight"):
            values = values - np.float32(1)
        np.testing.assert_array_equal(values, source.read(name), err_msg=name)


def test_blocks_of_experts_are_handed_out_in_place() -> None:
    source = view("mixtral")
    name = "model.layers.0.block_sparse_moe.experts.2.w1.weight"
    assert source.original(name) == "blk.0.ffn_gate_exps.weight"
    assert source.quantization(name) == "Q8_0"
    assert np.shares_memory(source.packed(name), source.file.packed(source.original(name)))
    assert source.packed(name).shape == (rules.FFN, rules.HIDDEN // 32 * 34)


def test_rope_factors_are_ignored_with_a_reason_and_odd_names_are_kept(tmp_path: Path) -> None:
    assert view("llama").ignored == {"rope_freqs.weight": "read into the config's rope_parameters"}
    assert "rope_freqs.weight" not in view("llama")
    content = (
        (GOLDENS / "llama.gguf").read_bytes().replace(b"blk.0.attn_v.bias", b"blk.0.attn_x.bias")
    )
    (tmp_path / "a.gguf").write_bytes(content)
    source = HfView(GgufFile(tmp_path / "a.gguf"))
    assert "blk.0.attn_x.bias" in source
    assert source.read("blk.0.attn_x.bias").shape == (16,)


def test_experts_may_be_stored_one_by_one() -> None:
    layout = LAYOUTS["llama"]
    name = "model.layers.7.block_sparse_moe.experts.3.w2.weight"
    assert layout.name("blk.7.ffn_down.3.weight") == name
    assert layout.name("blk.7.attn_q.3.weight") is None
    assert LAYOUTS["qwen2"].name("blk.7.ffn_down.3.weight") is None
    assert layout.name("blk.x.attn_q.weight") is None


def edited(tmp_path: Path, old: bytes, new: bytes, model: str = "llama") -> GgufFile:
    content = (GOLDENS / f"{model}.gguf").read_bytes()
    assert content.count(old) >= 1
    (tmp_path / "a.gguf").write_bytes(content.replace(old, new, 1))
    return GgufFile(tmp_path / "a.gguf")


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightError, match="expected a tensor `x`, found 14 tensors without it"):
        view("llama").read("x")
    three = (b"head_count\4\0\0\0\4", b"head_count\4\0\0\0\3")
    with pytest.raises(WeightError, match=r"`llama.attention.head_count`: expected rows of `blk.0"):
        HfView(edited(tmp_path, *three))
    hidden = (b"llama.attention.head_count\4", b"llama.attention.head_cou__\4")
    with pytest.raises(WeightError, match=r"head_count`: expected a number of heads, found none"):
        HfView(edited(tmp_path, *hidden))
    name = (b"\5\0\0\0\0\0\0\0llama", b"\5\0\0\0\0\0\0\0lamma")
    message = r"`general.architecture`: expected one of llama, .*, found 'lamma'; did you mean `ll"
    with pytest.raises(WeightError, match=message):
        HfView(edited(tmp_path, *name))
    with pytest.raises(WeightError, match=r"expected one of llama, .*, found none"):
        find_layout("a.gguf", {})
    twice = replace(LAYOUTS["llama"], block={"attn_q": "x", "attn_k": "x"})
    with pytest.raises(WeightError, match=r"one tensor for `model.layers.0.x.weight`, found `blk"):
        HfView(GgufFile(GOLDENS / "llama.gguf"), twice)
    flat = replace(LAYOUTS["llama"], block={"attn_norm": "experts.{}.x"})
    with pytest.raises(WeightError, match=r"expected an axis of experts, found f32\[32\]"):
        HfView(GgufFile(GOLDENS / "llama.gguf"), flat)


def test_one_part_of_a_split_model_is_refused(tmp_path: Path) -> None:
    file = GgufFile(GOLDENS / "llama.gguf")
    file.metadata["split.count"] = 3
    with pytest.raises(WeightError, match="a model in one file, found one of 3 parts; join them"):
        HfView(file)


@pytest.mark.skipif(not ORACLE.is_dir(), reason="no folder of reference files")
@pytest.mark.parametrize("kind", ["f16", "q8_0"])
def test_a_converted_checkpoint_has_the_weights_of_its_original(kind: str) -> None:
    source = HfView(GgufFile(ORACLE / "gguf" / f"tinystory_{kind}.gguf"))
    original = SafetensorsFile(ORACLE / "tinystory" / "model.safetensors")
    assert set(source.names()) == set(original.names())
    for name in original.names():
        values = original.read(name).astype(np.float32)
        assert source.info(name).shape == values.shape
        found = source.read(name).astype(np.float32)
        if kind == "f16":
            exact = values.astype(np.float16).astype(np.float32)
            np.testing.assert_array_equal(found, exact if values.ndim > 1 else values)
        else:
            assert np.abs(found - values).max() <= np.abs(values).max() / 127 * 0.6

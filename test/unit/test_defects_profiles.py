"""Defects of profiles, element types and weights, each shown to be gone in one short test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.config.profile_near import MissingProfile
from rlxflow.errors import ConfigError
from rlxflow.weights.gguf import GgufFile
from rlxflow.weights.gguf_names import HfView
from rlxflow.weights.quants import BY_NAME, dequantise

GGUF = Path(__file__).resolve().parents[1] / "goldens" / "gguf"
NEAR_ONE = 1 + 2.0**-9  # f16 tells it from 1, bf16 does not


def embed(**profile: object) -> rf.ModelFlow:
    flow = rf.ModelFlow("probe").input("ids", rf.Shape([1], "i32", axes="t"), below=2)
    flow = flow.embed("table.weight", vocab_size=2, hidden_size=3)
    return flow.with_profile(rf.CompileProfile(**profile))  # pyright: ignore


def test_defect_19_bf16_is_bf16_and_storage_is_apart_from_compute() -> None:
    table = {"table.weight": np.full((2, 3), NEAR_ONE, np.float32)}
    seen: dict[str, tuple[str, float]] = {}
    for dtype in ("f32", "f16", "bf16"):
        out = embed(compute=dtype).build(table).compile()(ids=np.array([1]))["output"]
        seen[dtype] = (str(out.dtype), float(out[0, 0]))
    assert seen == {
        "f32": ("float32", NEAR_ONE),
        "f16": ("float16", NEAR_ONE),
        "bf16": ("bfloat16", 1.0),
    }
    stored = embed(storage="bf16").build(table)
    assert stored.params[0].dtype == "bf16"
    out = stored.compile()(ids=np.array([1]))["output"]
    assert (str(out.dtype), float(out[0, 0])) == ("float32", 1.0)


class Remote:
    """An array that says its shape and must not be read."""

    shape = (5, 7)
    dtype = np.dtype(np.float16)

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        raise AssertionError("read")


def test_defect_29_a_source_knows_names_shapes_and_types_without_reading() -> None:
    source = rf.open_weights({"a.weight": Remote(), "b": np.zeros(3, np.float32)})
    assert "a.weight" in source
    assert "c" not in source
    assert list(source.names()) == ["a.weight", "b"]
    assert source.info("a.weight").shape == (5, 7)
    assert source.info("a.weight").dtype == "f16"
    with pytest.raises(AssertionError, match="read"):
        source.read("a.weight")


def test_defect_38_nothing_about_a_profile_s_file_is_swallowed(tmp_path: Path) -> None:
    path = tmp_path / "model.rlx.toml"
    with pytest.warns(MissingProfile, match="no such profile; the default is taken"):
        assert embed().profile_file(path).profile == rf.CompileProfile()
    for text in ("[fusion", "[infer]\nx = 1", "[fusion]\npolicy = 'fast'", "[fusion]\nskp = true"):
        path.write_text(text)
        with pytest.raises(ConfigError, match=r"model\.rlx\.toml: "):
            embed().profile_file(path)
    path.write_text("[backend.cpu.fusion]\nskip = true\n")  # a part of a table is enough
    assert embed().profile_file(path).profile.for_device("cpu").skip_fusion


def test_defect_39_keys_without_effect_do_not_exist_and_a_platform_s_part_stays_there() -> None:
    for text in (
        "[backend.metal]\nskip_fusion = true",
        "[backend.cpu]\nunfuse_regions = true",
        "[fusion]\ntarget = 'auto'",
        "[passes]\nconstant_folding = true",
    ):
        with pytest.raises(ConfigError, match="has no effect here: "):
            rf.CompileProfile.from_toml_str(text)
    profile = rf.CompileProfile.from_toml_str("[backend.cpu.fusion]\nskip = true\n")
    assert [profile.for_device(name).skip_fusion for name in ("cpu", "gpu")] == [True, False]


def test_defect_45_packed_files_are_read_with_the_right_layouts() -> None:
    # One block of Q2_K by its layout: 16 scales (low: scale, high: minimum), 64 bytes of two-bit
    # numbers, the scale of scales, the scale of minimums.
    head = np.array([0.5, 0.25], np.float16).view(np.uint8)
    block = np.concatenate([np.full(16, 0x21), np.full(64, 0b11100100), head]).astype(np.uint8)
    found = dequantise(BY_NAME["Q2_K"], block[None])[0]
    assert np.array_equal(found, np.tile(np.repeat(0.5 * np.arange(4) - 0.5, 32), 2))
    # One of Q3_K: the high bits are set, so that numbers are 0 to 3; each scale is 33 - 32.
    low, high = np.full(8, 0x11), np.full(4, 0b10101010)
    scales = np.concatenate([low, high])
    head = np.array([0.5], np.float16).view(np.uint8)
    block = np.concatenate([np.full(32, 0xFF), np.full(64, 0b11100100), scales, head])
    found = dequantise(BY_NAME["Q3_K"], block.astype(np.uint8)[None])[0]
    assert np.array_equal(found, np.tile(np.repeat(0.5 * np.arange(4), 32), 2))


def test_defect_45_rows_of_llama_are_put_back_in_order() -> None:
    file = GgufFile(GGUF / "llama.gguf")
    view = HfView(file)
    stored, ours = (
        file.read("blk.0.attn_q.weight"),
        view.read("model.layers.0.self_attn.q_proj.weight"),
    )
    heads = 4
    width = stored.shape[0] // heads
    pairs = stored.reshape(heads, width // 2, 2, -1)
    assert np.array_equal(ours, pairs.swapaxes(1, 2).reshape(stored.shape))
    assert not np.array_equal(ours, stored)

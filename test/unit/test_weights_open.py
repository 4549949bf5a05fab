"""The choice of a weight source for whatever a user passes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from rlxflow.errors import FileError, WeightError
from rlxflow.weights import (
    HfView,
    SafetensorsFile,
    ShardedSafetensors,
    open_weights,
    write_safetensors,
)

GOLDENS = Path(__file__).parents[1] / "goldens"
ONE = np.ones(3, np.float32)


def put(folder: Path, name: str) -> None:
    if name.endswith(".safetensors"):
        write_safetensors(folder / name, {name: ONE})
    elif name.endswith(".index.json"):
        write_safetensors(folder / "shard", {name: ONE})
        (folder / name).write_text(json.dumps({"weight_map": {name: "shard"}}))
    else:
        (folder / name).write_bytes(b"x")


@pytest.mark.parametrize(
    ("present", "chosen"),
    [
        (["model.safetensors", "model.safetensors.index.json", "x.bin"], "model.safetensors"),
        (["model.safetensors.index.json", "a.safetensors"], "model.safetensors.index.json"),
        (["diffusion_pytorch_model.safetensors"], "diffusion_pytorch_model.safetensors"),
        (["adapter.safetensors", "config.json"], "adapter.safetensors"),
        (["a.safetensors.index.json", "b.safetensors"], "a.safetensors.index.json"),
    ],
)
def test_folder_holds_one_checkpoint(tmp_path: Path, present: list[str], chosen: str) -> None:
    for name in present:
        put(tmp_path, name)
    for path in (tmp_path, str(tmp_path), tmp_path / chosen):
        source = open_weights(path)
        assert list(source.names()) == [chosen]
        assert source.where == str(tmp_path / chosen)
    kind = ShardedSafetensors if chosen.endswith(".json") else SafetensorsFile
    assert isinstance(source, kind)


@pytest.mark.parametrize(
    ("present", "message"),
    [
        ([], "found a folder with none of them"),
        (
            ["a.safetensors", "b.safetensors"],
            "2 files: `a.safetensors`, `b.*; pass the path of one",
        ),
        (["pytorch_model.bin", "x.pt"], "only pickles: `py.*, `x.pt`; .*never read; convert once"),
        (["a.gguf", "b.gguf"], "2 files: `a.gguf`, `b.gguf`; pass the path of one"),
    ],
)
def test_other_folders_are_refused(tmp_path: Path, present: list[str], message: str) -> None:
    for name in present:
        put(tmp_path, name)
    with pytest.raises(WeightError, match=message):
        open_weights(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("m.gguf", "expected a file that starts with GGUF, found b'x'"),
        ("m.bin", "found the pickle `m.bin`; pickles can run code and are never read"),
        ("m.h5", "expected a .safetensors or .gguf file, .*, found a file that ends in `.h5`"),
        ("m", "found a file without an ending"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, message: str) -> None:
    put(tmp_path, name)
    with pytest.raises(WeightError, match=message):
        open_weights(tmp_path / name)


@pytest.mark.parametrize("name", ["m.gguf", "M.GGUF"])
def test_gguf_is_opened_under_the_names_of_hugging_face(tmp_path: Path, name: str) -> None:
    shutil.copy(GOLDENS / "gguf" / "llama.gguf", tmp_path / name)
    put(tmp_path, "x.bin")
    for path in (tmp_path, tmp_path / name):
        source = open_weights(path)
        assert isinstance(source, HfView)
        assert source.where == str(tmp_path / name)
        assert "model.layers.0.self_attn.q_proj.weight" in source


def test_mappings_and_sources_are_opened_too() -> None:
    source = open_weights({"w": ONE})
    assert source.read("w").tolist() == [1, 1, 1]
    assert open_weights(source) is source
    with pytest.raises(WeightError, match=r"expected a path, a mapping or a .* source, found int"):
        open_weights(3)  # pyright: ignore[reportArgumentType]
    for path in ("no/such/file.safetensors", "no\0", "x" * 5000):
        with pytest.raises(FileError, match="found nothing there; check the path"):
            open_weights(path)

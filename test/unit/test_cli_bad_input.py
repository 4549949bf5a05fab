"""Bad input: one `error:` line, exit code 1, no traceback, and the folder as it was."""

from __future__ import annotations

import json
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from refusal import Refused, refusing
from tiny_checkpoint import write_checkpoint, write_config

from rlxflow.weights import SafetensorsFile, write_safetensors

WORD = "embeddings.word_embeddings.weight"


@pytest.fixture
def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refused:
    monkeypatch.chdir(tmp_path)
    return refusing(tmp_path, capsys)


def tensors(folder: Path) -> dict[str, np.ndarray]:
    source = SafetensorsFile(folder / "model.safetensors")
    return {name: source.read(name).copy() for name in source.names()}


def test_folder_without_config(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "empty").mkdir()
    assert "expected a checkpoint folder with a config.json, found none" in refused("emit", "empty")
    assert "found no such folder" in refused("embed", "nowhere", "hello")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"model_type": "brt"}', "found `brt`; did you mean `bert`?"),
        (b"{}", "model_type: expected one of"),
        (b'{"model_type": ["bert"]}', 'expected a string, found ["bert"]'),
        (b"[1]", "expected a JSON object, found list"),
        (b'{\n  "a": \n}', "config.json:3:1: expected JSON, found expecting value"),
        (b"", "config.json:1:1: expected JSON"),
        (b"\xff{}", "expected UTF-8 text, found byte 0xff at 0"),
        (b"[" * 100_000, "found brackets nested too deep"),
        (b'{"vocab_size": ' + b"1" * 5000 + b"}", "found a number that is too long"),
    ],
)
def test_odd_config_files(tmp_path: Path, refused: Refused, text: bytes, said: str) -> None:
    (tmp_path / "config.json").write_bytes(text)
    assert said in refused("emit", ".")


def test_all_unknown_keys_are_listed(tmp_path: Path, refused: Refused) -> None:
    write_config(tmp_path, rope_theta=1.0, hidden_sizes=3, layer_norm_eps=float("nan"))
    said = refused("emit", ".")
    assert "3 key(s) of a `bert` config do not fit" in said
    assert "`rope_theta` is unknown" in said
    assert "`hidden_sizes` is unknown (found 3); did you mean `hidden_size`?" in said
    assert "`layer_norm_eps`: Input should be greater than 0 (found nan)" in said


def test_truncated_weights(tmp_path: Path, refused: Refused) -> None:
    path = write_checkpoint(tmp_path) / "model.safetensors"
    os.truncate(path, path.stat().st_size - 10)
    assert "model.safetensors" in refused("embed", ".", "hello")
    os.truncate(path, 5)
    assert "model.safetensors" in refused("emit", ".")


def test_header_longer_than_the_file(tmp_path: Path, refused: Refused) -> None:
    path = write_checkpoint(tmp_path) / "model.safetensors"
    path.write_bytes(struct.pack("<Q", 1 << 40) + path.read_bytes()[8:])
    assert "header" in refused("explain", ".")


def test_missing_shard(tmp_path: Path, refused: Refused) -> None:
    path = write_checkpoint(tmp_path) / "model.safetensors"
    names = [*tensors(tmp_path)]
    path.rename(tmp_path / "a.safetensors")
    where = dict.fromkeys(names, "a.safetensors") | {names[0]: "b.safetensors"}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": where}))
    assert "b.safetensors" in refused("emit", ".")


def test_weights_that_do_not_fit(tmp_path: Path, refused: Refused) -> None:
    found = tensors(write_checkpoint(tmp_path))
    moved = found.pop("encoder.layer.1.output.dense.weight")
    write_safetensors(tmp_path / "model.safetensors", found)
    assert "encoder.layer.1.output.dense.weight" in refused("emit", ".")
    found["encoder.layer.1.output.dens.weight"] = moved
    write_safetensors(tmp_path / "model.safetensors", found)
    assert "encoder.layer.1.output.dens.weight" in refused("emit", ".")
    found["encoder.layer.1.output.dense.weight"] = found.pop("encoder.layer.1.output.dens.weight").T
    write_safetensors(tmp_path / "model.safetensors", found)
    said = refused("explain", ".")
    assert "[24, 40]" in said
    assert "[40, 24]" in said

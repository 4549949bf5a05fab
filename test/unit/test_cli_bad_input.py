"""Bad input: one `error:` line, exit code 1, no traceback, and the folder as it was."""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_checkpoint import write_checkpoint, write_config

from rlxflow.cli.main import main
from rlxflow.weights import SafetensorsFile, write_safetensors

WORD = "embeddings.word_embeddings.weight"


def listing(folder: Path) -> list[tuple[str, int]]:
    return sorted((str(p.relative_to(folder)), p.stat().st_size) for p in folder.rglob("*"))


@pytest.fixture
def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Returns a function that runs a command in `tmp_path` and checks how it fails."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> str:
        before = listing(tmp_path)
        assert main(arguments) == 1
        said = capsys.readouterr()
        assert said.err.startswith("error: ")
        assert said.err.count("error: ") == 1
        assert "Traceback" not in said.err
        assert listing(tmp_path) == before
        return said.err

    return run


Refused = Callable[..., str]


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
    assert "encoder.layer.1.output.dens.weight" in refused("embed", ".", "hello")
    found["encoder.layer.1.output.dense.weight"] = found.pop("encoder.layer.1.output.dens.weight").T
    write_safetensors(tmp_path / "model.safetensors", found)
    said = refused("explain", ".")
    assert "[24, 40]" in said
    assert "[40, 24]" in said


def test_texts_without_tokens(tmp_path: Path, refused: Refused) -> None:
    write_checkpoint(tmp_path)
    assert "text 1: expected at least one token, found none" in refused("embed", ".", "hi", " ")
    assert "text 0: expected UTF-8 text" in refused("embed", ".", "a\udc80")
    assert "expected texts as arguments or --file" in refused("embed", ".")


def test_folder_without_tokenizer(tmp_path: Path, refused: Refused) -> None:
    (write_checkpoint(tmp_path) / "tokenizer.json").unlink()
    assert "expected tokenizer.json or vocab.txt, found neither" in refused("embed", ".", "hello")
    (tmp_path / "tokenizer.json").write_text('{"version": "1.0"}')
    assert "expected a tokenizer" in refused("embed", ".", "hello")


def test_module_with_a_syntax_error(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "bad.mlir").write_text("func.func @main() {\n  return %x\n}\n")
    assert refused("run", "bad.mlir").startswith("error: bad.mlir:2:")
    assert "nothing.mlir: expected a file that can be read" in refused("run", "nothing.mlir")
    (tmp_path / "empty.mlir").write_text("")
    assert "empty.mlir" in refused("run", "empty.mlir")


@pytest.mark.parametrize(
    ("target", "said"),
    [("no/x.mlir", "found none"), ("file/x.mlir", "found a file"), ("folder", "found a folder")],
)
def test_outputs_that_cannot_be_written(
    tmp_path: Path, refused: Refused, target: str, said: str
) -> None:
    write_checkpoint(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    assert said in refused("emit", ".", "-o", target)
    assert said in refused("embed", ".", "hello", "--format", "npy", "-o", target)


@pytest.mark.parametrize("mode", ["encoder.layer.9=fence", "block:rms_norm=keep", "fence", "*=on"])
def test_modes_that_name_nothing(tmp_path: Path, refused: Refused, mode: str) -> None:
    refused("emit", str(write_checkpoint(tmp_path)), "--mode", mode)


def test_sizes_that_do_not_fit(tmp_path: Path, refused: Refused) -> None:
    write_checkpoint(tmp_path)
    assert "seq: expected at most 32 tokens, found 33" in refused("emit", ".", "--seq", "33")
    assert "expected one of encode, found `prefill`" in refused("emit", ".", "--phase", "prefill")
    assert "expected 3 to 32 tokens, found 2" in refused("embed", ".", "a", "--max-length", "2")
    assert "expected at least 1, found 0" in refused("embed", ".", "a", "--batch-size", "0")
    assert "device `gpu`: expected one of cpu" in refused("embed", ".", "a", "--device", "gpu")

"""Bad texts, modules, outputs, modes and sizes: refused like bad checkpoints are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from refusal import Refused, refusing
from tiny_checkpoint import write_checkpoint


@pytest.fixture
def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Refused:
    monkeypatch.chdir(tmp_path)
    return refusing(tmp_path, capsys)


def test_texts_without_tokens(tmp_path: Path, refused: Refused) -> None:
    write_checkpoint(tmp_path)
    assert "text 1: expected at least one token, found none" in refused("embed", ".", "hi", " ")
    assert "text 0: expected UTF-8 text" in refused("embed", ".", "a\udc80")
    assert "expected texts or images as arguments or --file" in refused("embed", ".")


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

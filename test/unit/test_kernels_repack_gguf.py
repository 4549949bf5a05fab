"""`rlxflow repack` of a .gguf file: what is other in the new file, and what is the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlxflow.cli import main as cli
from rlxflow.config.profile import CompileProfile
from rlxflow.runtime.model import load
from rlxflow.weights import GgufFile
from rlxflow.weights.quantise import QUANTISERS, quantise

sys.path.insert(0, str(Path(__file__).resolve().parent))
from gguf_files import mixture_file

pytestmark = pytest.mark.kernels
MIXED = {"gate_inp": "F32", "attn_v": "Q8_0", "attn": "Q4_K", "down_exps": "Q6_K", "_exps": "Q5_K"}
MIXED |= {"token": "Q6_K", "output": "F16"}
IDS = np.array([[3, 41, 7, 7, 60, 5]], np.int32)


def repack(*arguments: object) -> int:
    return cli.main(["repack", *map(str, arguments)])


def rows_json(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(capsys.readouterr().out)}


def raw(file: GgufFile, name: str) -> bytes:
    return file.packed(name).tobytes()


def logits(path: Path, kernels: Any = "auto") -> np.ndarray:
    model = load(path, profile=CompileProfile(kernels=kernels), cache=False)
    return np.asarray(model(input_ids=IDS)["logits"])


def test_a_file_is_written_with_other_types(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = mixture_file(tmp_path / "a.gguf", MIXED, alignment=256)
    target = tmp_path / "b.gguf"
    rules = ["--quant", "q8_0", "--stage", "layers.*/mlp=q4_0", "--stage", "lm_head=q4_0"]
    assert repack(source, "-o", target, *rules, "--json") == 0
    rows = rows_json(capsys)
    old, new = GgufFile(source), GgufFile(target)
    assert list(new.names()) == list(old.names())
    assert new.alignment == 256
    for name in new.names():
        wide = old.read(name).astype(np.float32)
        assert new.info(name).shape == wide.shape
        if name not in rows:
            assert new.quantization(name) == old.quantization(name) == "F32"
            assert raw(new, name) == raw(old, name)
            continue
        format_ = "q4_0" if "exps" in name or name == "output.weight" else "q8_0"
        assert (rows[name]["format"], new.quantization(name)) == (format_, format_.upper())
        matrix = wide.reshape(-1, wide.shape[-1])
        if old.quantization(name) == format_.upper():
            assert raw(new, name) == raw(old, name)
            assert (rows[name]["stored"], rows[name]["relative"]) == (True, None)
            continue
        assert raw(new, name) == quantise(matrix, format_, name).data.tobytes()
        off = QUANTISERS[format_].unpack(quantise(matrix, format_, name)) - matrix
        wanted = np.linalg.norm(off.astype(np.float64)) / np.linalg.norm(matrix.astype(np.float64))
        assert abs(rows[name]["relative"] - wanted) < 1e-6 * wanted
        assert rows[name]["largest"] == pytest.approx(np.abs(off).max(), rel=1e-6)
        assert rows[name]["nbytes"] == len(raw(new, name))
    assert not any("norm" in name or "gate_inp" in name for name in rows)
    assert [name for name, row in rows.items() if row["stored"]] == [
        "blk.0.attn_v.weight",
        "blk.1.attn_v.weight",
    ]


def test_metadata_are_kept_byte_by_byte(tmp_path: Path) -> None:
    source = mixture_file(tmp_path / "a.gguf", MIXED)
    target = tmp_path / "b.gguf"
    assert repack(source, "-o", target, "--quant", "q8_0", "--stage", "layers.0/**=q4_0") == 0
    old, new = GgufFile(source), GgufFile(target)
    added = {key: new.metadata[key] for key in new.metadata if key not in old.metadata}
    assert added == {"general.quantization_version": 2}
    assert [key for key in new.metadata if key in old.metadata] == list(old.metadata)
    other = [key for key in old.metadata if new.stored_key(key) != old.stored_key(key)]
    assert other == ["general.file_type"]
    assert new.metadata["general.file_type"] == 7  # two tables and a layer against a layer
    assert repack(source, "-o", tmp_path / "c.gguf", "--stage", "layers.*=q4_0") == 0
    assert GgufFile(tmp_path / "c.gguf").metadata["general.file_type"] == 2
    again = tmp_path / "d.gguf"
    assert repack(target, "-o", again, "--stage", "lm_head=q8_0") == 0
    assert {n: raw(new, n) for n in new.names()} == {
        n: raw(new, n) for n in GgufFile(again).names()
    }
    assert again.read_bytes() == target.read_bytes()  # all of it has its format


@pytest.mark.parametrize("architecture", ["llama", "qwen3moe"])
def test_the_file_answers_like_its_source(tmp_path: Path, architecture: str) -> None:
    """Queries and keys of `llama` are stored in another order of rows, which stays."""
    source = mixture_file(tmp_path / "a.gguf", MIXED, architecture, tied=True)
    assert repack(source, "-o", tmp_path / "b.gguf", "--quant", "q8_0") == 0
    new = GgufFile(tmp_path / "b.gguf")
    assert (new.quantization("token_embd.weight"), "output.weight" in new) == ("Q8_0", False)
    found, wanted = logits(tmp_path / "b.gguf"), logits(source)
    assert np.abs(found - wanted).max() <= 0.05 * np.abs(wanted).max()
    plain = logits(tmp_path / "b.gguf", "none")
    assert np.abs(found - plain).max() <= 3e-4 * np.abs(plain).max()


def test_rows_are_read_some_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a part ends makes no difference to the file."""
    source = mixture_file(tmp_path / "a.gguf", MIXED)
    assert repack(source, "-o", tmp_path / "b.gguf", "--quant", "q4_0") == 0
    monkeypatch.setattr("rlxflow.weights.row_chunks._CHUNK", 7 * 512)
    assert repack(source, "-o", tmp_path / "c.gguf", "--quant", "q4_0") == 0
    assert (tmp_path / "b.gguf").read_bytes() == (tmp_path / "c.gguf").read_bytes()


def test_rules_of_a_profile_come_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = mixture_file(tmp_path / "a.gguf", MIXED)
    rules = tmp_path / "rules.toml"
    rules.write_text('[weights.quant]\n"layers.*" = "q4_0"\n"lm_head" = "q8_0"\n')
    last = ["--stage", "layers.1=q8_0"]
    assert repack(source, "-o", tmp_path / "b.gguf", "--profile", rules, *last, "--json") == 0
    formats = {name: row["format"] for name, row in rows_json(capsys).items()}
    assert formats["blk.0.attn_q.weight"] == formats["blk.0.ffn_up_exps.weight"] == "q4_0"
    assert formats["blk.1.attn_q.weight"] == formats["output.weight"] == "q8_0"
    assert "token_embd.weight" not in formats
    old, new = GgufFile(source), GgufFile(tmp_path / "b.gguf")
    assert raw(new, "token_embd.weight") == raw(old, "token_embd.weight")


def test_a_router_is_quantised_by_its_name_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = mixture_file(tmp_path / "a.gguf", MIXED)
    rule = ["--stage", "layers.1/mlp/router=q8_0", "--json"]
    assert repack(source, "-o", tmp_path / "b.gguf", *rule) == 0
    assert list(rows_json(capsys)) == ["blk.1.ffn_gate_inp.weight"]


def test_stages_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = mixture_file(tmp_path / "a.gguf", MIXED | {"down_exps": "Q8_0", "attn": "Q8_0"})
    assert repack(source, "-o", tmp_path / "b.gguf", "--stage", "layers.0/**=q8_0") == 0
    head, attention, experts = capsys.readouterr().out.splitlines()
    assert head.split() == ["stage", "weights", "formats", "relative", "largest", "MB"]
    assert attention.split()[:5] == ["layers.0/attention", "4", "q8_0", "as", "stored"]
    stage, count, format_, relative, *_ = experts.split()
    assert (stage, count, format_) == ("layers.0/mlp/experts", "3", "q8_0")
    assert 2e-3 < float(relative) < 8e-3  # gate and up

"""`rlxflow emit` and `explain`: each level, from a checkpoint and from a config alone."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from tiny_checkpoint import write_checkpoint, write_config

from rlxflow.cli.main import main
from rlxflow.ir.module import IrModule

BASE = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
    "vocab_size": 30522,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("tiny"))


def emit(folder: Path, target: Path, *arguments: str) -> bytes:
    assert main(["emit", str(folder), "--seq", "8", "-o", str(target), *arguments]) == 0
    return target.read_bytes()


@pytest.mark.parametrize(
    ("level", "present", "absent"),
    [
        ("flow", '"rlx.stage"', "stablehlo.composite"),
        ("composite", 'stablehlo.composite "rlx.self_attention"', "rlx.stage"),
        ("stablehlo", "stablehlo.dot_general", "rlx.stage"),
        ("hlo", "HloModule", "stablehlo"),
        ("hlo-optimized", "is_scheduled=true", "stablehlo"),
    ],
)
def test_levels_as_text(
    folder: Path, tmp_path: Path, level: str, present: str, absent: str
) -> None:
    text = emit(folder, tmp_path / "x", "--level", level).decode()
    assert present in text
    assert absent not in text
    if "hlo-" not in level and level != "hlo":
        IrModule.parse(text)


def test_vhlo_can_be_read_again(folder: Path, tmp_path: Path) -> None:
    module = IrModule.parse(emit(folder, tmp_path / "x.vhlo", "--level", "vhlo"))
    module.verify()
    inputs = [port.name for port in module.arguments() if port.kind == "input"]
    assert inputs == ["input_ids", "attention_mask", "token_type_ids"]
    assert module.results()[0].name == "last_hidden_state"


def test_hlo_names_carry_stage_paths(folder: Path, tmp_path: Path) -> None:
    text = emit(folder, tmp_path / "x", "--level", "hlo-optimized").decode()
    assert re.search(r'op_name="[^"]*encoder\.layer\.1/attention/query', text)


def test_modes_show_from_stablehlo_down(folder: Path, tmp_path: Path) -> None:
    mode = ("--mode", "encoder.layer.*=fence", "--mode", "encoder.layer.0=keep")
    text = emit(folder, tmp_path / "x", "--level", "stablehlo", *mode).decode()
    assert text.count('inlineable = "false"') == 1
    assert text.count('stablehlo.composite "rlx.bert_layer"') == 1


def test_locations_and_generic_form(folder: Path, tmp_path: Path) -> None:
    assert "loc(" not in emit(folder, tmp_path / "a").decode()
    assert 'loc("encoder.layer.0"' in emit(folder, tmp_path / "b", "--debug-info").decode()
    generic = emit(folder, tmp_path / "c", "--generic", "--level", "stablehlo").decode()
    assert '"stablehlo.dot_general"(' in generic


def test_hidden_states_are_outputs(folder: Path, tmp_path: Path) -> None:
    text = emit(folder, tmp_path / "x", "--hidden-states").decode()
    assert text.count('rlx.output = "hidden_states.') == 3


def test_config_alone_is_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_config(tmp_path / "bare")
    assert main(["emit", str(tmp_path / "bare"), "--no-weights", "--summary"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "i32[1, 32]" in lines[0]  # all 32 positions, as 128 are too many
    assert sum(line.startswith("encoder.layer.") for line in lines) == 2


def test_base_in_composite_form_is_small_and_prints_a_layer_once(tmp_path: Path) -> None:
    write_config(tmp_path, **BASE)
    target = tmp_path / "base.mlir"
    arguments = ["--no-weights", "--batch", "2", "--seq", "128", "--level", "composite"]
    assert main(["emit", str(tmp_path), *arguments, "-o", str(target)]) == 0
    text = target.read_text()
    assert len(text) < 100_000
    assert text.count('stablehlo.composite "rlx.bert_layer"') == 12
    assert text.count('stablehlo.composite "rlx.self_attention"') == 1
    assert len(re.findall(r"chlo\.erf ", text)) == 1
    shorter = write_config(tmp_path / "two", **BASE | {"num_hidden_layers": 2})
    assert main(["emit", str(shorter), *arguments, "-o", str(target)]) == 0
    assert target.read_text().count("func.func") == text.count("func.func")


def test_explain_shows_the_fate_of_every_key(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", str(folder), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    config = json.loads((folder / "config.json").read_text())
    told = [row.split(":")[0].split(" = ")[0] for rows in facts["config"].values() for row in rows]
    assert sorted(told) == sorted(config)
    assert facts["variant"] == "pooler"
    assert any("encoder.layer.{0,1}" in line for line in facts["weights"])


def test_explain_prints_and_then_refuses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_config(tmp_path, rope_theta=1, num_attention_heads=5)
    assert main(["explain", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "`rope_theta` is unknown" in said.out
    assert said.err.count("error: ") == 1

"""`rlxflow inspect`: checkpoints, modules and HLO text, as a table or as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rlxflow.cli import main as cli
from rlxflow.runtime import machine as probing

ROOT = Path(__file__).resolve().parents[2]
TINY = str(ROOT / "test" / "cli" / "Inputs" / "tiny")
SIZES = ("--no-weights", "--batch", "2", "--seq", "5")


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLXFLOW_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setattr(probing, "_BUDGET_S", 1e-3)


def inspect(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(["inspect", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_checkpoint_is_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = inspect(capsys, TINY, *SIZES, "--depth", "1")
    assert (code, err) == (0, "")
    names = [line.split()[0] for line in out.splitlines() if line[:1].isalpha()]
    assert names[:2] == ["stage", "attn_mask_from_input"]
    assert "encoder.layer.1" in names
    assert "encoder.layer.1/attention" not in out
    assert "predicted" in out
    assert out.count("(the same)") == 2


def test_json_is_for_programs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "ledger.json"
    code, out, _ = inspect(capsys, TINY, *SIZES, "--json", "--sort", "bytes", "-o", str(target))
    assert (code, out) == (0, "")
    raw = json.loads(target.read_text())
    tops = [row for row in raw["stages"] if row["depth"] == 0 and row["path"][0] != "("]
    assert [row["bytes"] for row in tops] == sorted((row["bytes"] for row in tops), reverse=True)
    layer = next(row for row in raw["stages"] if row["path"] == "encoder.layer.0/attention")
    assert layer["block"] == "self_attention"
    assert layer["flops"] > 0
    assert raw["machine"]["bandwidth"] > 0


def test_modules_and_hlo_text_give_the_same_totals(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    module, text = tmp_path / "m.mlir", tmp_path / "m.hlo"
    assert cli.main(["emit", TINY, *SIZES, "-o", str(module)]) == 0
    compile_ = ["emit", TINY, *SIZES, "--level", "hlo-optimized", "-o", str(text)]
    assert cli.main(compile_) == 0
    totals = []
    for source in (str(module), str(text)):
        code, out, _ = inspect(capsys, source, "--json")
        assert code == 0
        raw = json.loads(out)
        totals.append((raw["total"]["flops"], raw["total"]["bytes"]))
        assert any(row["path"] == "encoder.layer.0" for row in raw["stages"])
    assert totals[0] == totals[1]


def test_a_module_without_stages_has_a_remainder(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = inspect(capsys, str(ROOT / "test" / "cli" / "run.mlir"))
    assert code == 0
    assert "(unattributed: no name" in out


def test_measuring_shows_shares(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = tmp_path / "m.mlir"
    source.write_text((ROOT / "test" / "cli" / "run.mlir").read_text().partition("func.func")[2])
    source.write_text("func.func" + source.read_text())
    code, out, _ = inspect(capsys, str(source), "--measure")
    assert code == 0
    assert "a call takes" in out
    assert "measured" in out.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([TINY, "--measure", "--no-weights", "--seq", "5"], "a model built from shapes alone"),
        (["missing.mlir"], "missing.mlir: expected a file that can be read"),
        (["missing.hlo"], "missing.hlo: expected a file that can be read"),
        ([TINY, *SIZES, "-o", "missing/x.json"], "expected a folder"),
        ([TINY, *SIZES, "--mode", "x"], "--mode: expected STAGES=fuse"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = inspect(capsys, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("error: ")
    assert message in err
    assert "Traceback" not in err


def test_text_that_is_no_hlo_is_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = tmp_path / "x.hlo"
    source.write_text("nothing")
    code, _, err = inspect(capsys, str(source))
    assert code == 1
    assert "expected `HloModule`" in err


def test_modes_are_explained_without_compiling(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("rlxflow.flow.built.COMPILER", "nothing:at_all")
    flags = (TINY, *SIZES, "--mode", "encoder.layer.1=fence", "--explain-kernels")
    code, out, _ = inspect(capsys, *flags)
    assert code == 0
    rows = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert "fence" in rows["encoder.layer.1"]
    assert "rule `encoder.layer.1=fence`" in rows["encoder.layer.1"]
    assert "policy `direct`" in rows["encoder.layer.0/attention"]
    assert out.splitlines()[-1].endswith("1 fence")
    code, out, _ = inspect(capsys, *flags, "--json")
    chosen = {row["path"]: row["mode"] for row in json.loads(out)}
    assert chosen["encoder.layer.1"] == "fence"
    text = tmp_path / "x.hlo"
    text.write_text("HloModule x")
    code, _, err = inspect(capsys, str(text), "--explain-kernels")
    assert code == 1
    assert "--explain-kernels: expected a module with stages" in err


def test_two_profiles_are_compared(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    other = tmp_path / "skip.toml"
    other.write_text('[fusion]\npolicy = "skip"\n')
    flags = (TINY, *SIZES, "--against-profile", str(other), "--depth", "1")
    code, out, _ = inspect(capsys, *flags)
    assert code == 0
    assert "### `bert` against `bert`" in out
    assert "No stage changed" not in out
    code, _, err = inspect(capsys, *flags[:-2], "--profile", str(other), "--limit", "kernels=0")
    assert (code, err) == (0, "")  # the same profile on both sides

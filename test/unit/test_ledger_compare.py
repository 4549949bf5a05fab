"""Two ledgers side by side: what changed, and a gate that fails when it is too much."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from rlxflow.cli import main as cli
from rlxflow.errors import InputError, LimitError, ParseError
from rlxflow.inspect.build import make_ledger
from rlxflow.inspect.compare import Change, Comparison, Snapshot, parse_limits

HLO = """HloModule jit_m

ENTRY %main (x: f32[8,8]) -> f32[8,8] {
  %x = f32[8,8]{1,0} parameter(0)
  %a = f32[8,8]{1,0} sine(%x), metadata={op_name="jit(m)/rlx_module/a/up/sine"}
  %b = f32[8,8]{1,0} cosine(%a), metadata={op_name="jit(m)/rlx_module/b/cosine"}
  ROOT %c = f32[8,8]{1,0} negate(%b), metadata={op_name="jit(m)/rlx_module/c/negate"}
}
"""
WIDER = HLO.replace("8,8", "8,12")
RENAMED = HLO.replace("rlx_module/b/", "rlx_module/bb/")


def snapshot(text: str, name: str = "m", **changes: Any) -> Snapshot:
    return Snapshot.from_dict(make_ledger(text, name).to_dict() | changes)


def test_nothing_changed() -> None:
    comparison = Comparison(snapshot(HLO), snapshot(HLO))
    assert comparison.changed() == ["total"]
    text = comparison.markdown()
    assert "No stage changed." in text
    assert text.count("| --- |") == 1
    assert list(comparison.beyond({"bytes": 0.0, "peak": 0.0})) == []
    comparison.check({"bytes": 0.0})


def test_each_stage_has_its_change() -> None:
    comparison = Comparison(snapshot(HLO, "old"), snapshot(WIDER, "new"))
    assert comparison.changed() == ["total", "a", "a/up", "b", "c"]
    change = comparison.change("b", "bytes")
    assert (change.before, change.after) == (2 * 256, 2 * 384)
    assert change.growth == pytest.approx(0.5)
    text = comparison.markdown()
    assert text.startswith("### `new` against `old`\n")
    assert "| `b` | 1 |" in text
    assert "512 B -> 768 B (+50 %)" in text
    assert "Temporaries alive at once: 256 B -> 384 B (+50 %)." in text


def test_stages_that_are_new_or_gone_stand_in_their_place() -> None:
    comparison = Comparison(snapshot(HLO), snapshot(RENAMED))
    assert comparison.paths() == ["total", "a", "a/up", "b", "bb", "c", "(arguments)"]
    text = comparison.markdown()
    assert "| `b` (gone) | 1 -> 0 (-100 %) |" in text
    assert "| `bb` (new) | 0 -> 1 (new) |" in text
    assert math.isinf(comparison.change("bb", "kernels").growth)


def test_a_limit_names_every_stage_beyond_it() -> None:
    comparison = Comparison(snapshot(HLO), snapshot(WIDER))
    comparison.check({"bytes": 0.5, "kernels": 0.0})
    with pytest.raises(
        LimitError, match=r"at most bytes \+40 %.*`total` bytes: .*`c` bytes"
    ) as caught:
        comparison.check({"bytes": 0.4})
    assert "kernels" not in str(caught.value)
    with pytest.raises(LimitError, match=r"`total` peak: 256 B -> 384 B"):
        comparison.check({"peak": 0.1})
    assert len(list(comparison.beyond({"peak": 0.1}))) == 1


def test_times_of_two_machines_are_said_to_be() -> None:
    machine = {"name": "slow", "bandwidth": 1.0, "flops": {}, "transcendentals": 1.0}
    comparison = Comparison(snapshot(HLO), snapshot(HLO, machine=machine))
    assert "Times are of two machines: none; slow." in comparison.markdown()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change("a", "bytes", 1000, 1250), "1 kB -> 1.25 kB (+25 %)"),
        (Change("a", "predicted", 2e-3, 1e-3), "2 ms -> 1 ms (-50 %)"),
        (Change("a", "kernels", 3, 3), "3"),
        (Change("a", "flops", 0, 5), "0 -> 5 (new)"),
    ],
)
def test_a_change_is_written_with_units(change: Change, text: str) -> None:
    assert str(change) == text


def test_limits_are_percents() -> None:
    assert parse_limits(["bytes=5%", "kernels=0"]) == {"bytes": 0.05, "kernels": 0.0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("byte=5", "--limit: expected one of .*, found `byte`; did you mean `bytes`"),
        ("bytes", "--limit: expected NUMBER=PERCENT, such as bytes=5%, found `bytes`"),
        ("bytes=-1", "found `bytes=-1`"),
        ("bytes=nan", "found `bytes=nan`"),
    ],
)
def test_what_is_no_limit_is_an_error(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_limits([text])


@pytest.mark.parametrize("data", [b"{", b"[]", b"{}", b'{"stages": [{"path": "a"}]}', b"\xff"])
def test_a_file_that_is_no_ledger_is_an_error(data: bytes) -> None:
    with pytest.raises(ParseError, match=r"x\.json: expected (the JSON of )?a ledger"):
        Snapshot.from_path("x.json", data)


def test_the_command_compares_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new, kept = tmp_path / "old.hlo", tmp_path / "new.hlo", tmp_path / "old.json"
    old.write_text(HLO)
    new.write_text(WIDER)
    assert cli.main(["inspect", str(old), "--json", "-o", str(kept)]) == 0
    assert cli.main(["inspect", str(new), "--against", str(old), "--depth", "1"]) == 0
    said = capsys.readouterr().out
    assert "`a`" in said
    assert "`a/up`" not in said
    arguments = ["inspect", str(new), "--against", str(kept), "--limit", "bytes=10%"]
    assert cli.main([*arguments, "--depth", "1", "--json"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert "`b` bytes: 512 B -> 768 B (+50 %)" in said.err
    changes = json.loads(said.out)["changes"]
    assert {row["path"] for row in changes} == {"total", "a", "b", "c"}
    assert cli.main(["inspect", str(old), "--limit", "bytes=1"]) == 1
    assert "--limit: expected --against as well" in capsys.readouterr().err

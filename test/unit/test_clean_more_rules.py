"""Rules about copied weights and widened products, rules of one's own, and the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import rlxflow as rf
from rlxflow.cli import main as cli
from rlxflow.config.clean_pattern import CleanPattern, parse_pattern
from rlxflow.errors import ConfigError
from rlxflow.inspect.clean import Finding, NotCleanError, findings
from rlxflow.inspect.clean_patterns import pattern_rule
from rlxflow.inspect.stage_table import StageTable
from rlxflow.runtime import machine as probing

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import tiny_decoder

CHECKED = rf.CompileProfile(assert_clean=True)
TRANSPOSED = """func.func @main(%x: tensor<1x24xf32> {rlx.input = "x"},
    %w: tensor<40x24xf32> {rlx.param = "w"}) -> tensor<1x40xf32> {
  %t = stablehlo.transpose %w, dims = [1, 0] : (tensor<40x24xf32>) -> tensor<24x40xf32> loc("up/t")
  %y = stablehlo.dot_general %x, %t, contracting_dims = [1] x [0]
    : (tensor<1x24xf32>, tensor<24x40xf32>) -> tensor<1x40xf32> loc("up/dot")
  return %y : tensor<1x40xf32>
}
"""
CONTRACTED = TRANSPOSED.replace(
    "%x, %t, contracting_dims = [1] x [0]", "%x, %w, contracting_dims = [1] x [1]"
)
CONTRACTED = CONTRACTED.replace(
    "tensor<24x40xf32>) -> tensor<1x", "tensor<40x24xf32>) -> tensor<1x"
)


def found_in(text: str, profile: rf.CompileProfile = CHECKED) -> list[Finding]:
    try:
        rf.BuiltModel.from_mlir(text, profile=profile).compile()
    except NotCleanError as error:
        return list(error.findings)
    return []


def test_a_weight_that_is_transposed_at_every_call() -> None:
    (found,) = found_in(TRANSPOSED)
    assert (found.rule.name, found.place.stage) == ("weight-copy", "up/dot")
    assert found.place.nbytes == 40 * 24 * 4
    assert found_in(CONTRACTED) == []


def test_a_weight_that_is_given_back_whole_is_copied() -> None:
    text = """func.func @main(%w: tensor<40x24xf32> {rlx.param = "w"}) -> tensor<24x40xf32> {
  %t = stablehlo.transpose %w, dims = [1, 0] : (tensor<40x24xf32>) -> tensor<24x40xf32> loc("up/t")
  return %t : tensor<24x40xf32>
}
"""
    assert [f.rule.name for f in found_in(text)] == ["weight-copy"]
    assert found_in(text.replace("rlx.param", "rlx.input")) == []


WIDENED = """HloModule m

%half (p: bf16[8,8]) -> f32[8,8] {
  %p = bf16[8,8]{1,0} parameter(0)
  %c = f32[8,8]{1,0} convert(%p)
  ROOT %v = f32[8,8]{0,1} bitcast(%c)
}

ENTRY %main (x: bf16[8,8], y: LEFT[8,8]) -> f32[8,8] {
  %x = bf16[8,8]{1,0} parameter(0)
  %y = LEFT[8,8]{1,0} parameter(1)
  %a = f32[8,8]{1,0} fusion(%x), kind=kLoop, calls=%half
  %b = f32[8,8]{1,0} convert(%y)
  ROOT %d = f32[8,8]{1,0} dot(%a, %b), lhs_contracting_dims={1}, rhs_contracting_dims={0}
}
"""


@pytest.mark.parametrize(("left", "count"), [("bf16", 1), ("f16", 1), ("s32", 0), ("f64", 0)])
def test_a_product_of_two_widened_halves(left: str, count: int) -> None:
    found = findings(WIDENED.replace("LEFT", left), StageTable(), [])
    assert [f.rule.name for f in found] == ["dot-upcast"] * count
    assert all(f.place.nbytes == 8 * 8 * 4 for f in found)


def test_a_product_inside_of_a_fusion_looks_outside_for_its_operands() -> None:
    text = """HloModule m

%f (p: f32[8,8], q: f32[8,8]) -> f32[8,8] {
  %p = f32[8,8]{1,0} parameter(0)
  %q = f32[8,8]{1,0} parameter(1)
  ROOT %d = f32[8,8]{1,0} dot(%p, %q), lhs_contracting_dims={1}, rhs_contracting_dims={0}
}

ENTRY %main (x: bf16[8,8], y: f32[8,8]) -> f32[8,8] {
  %x = bf16[8,8]{1,0} parameter(0)
  %y = f32[8,8]{1,0} parameter(1)
  %a = f32[8,8]{1,0} convert(%x)
  ROOT %k = f32[8,8]{1,0} fusion(%a, OTHER), kind=kCustom, calls=%f
}
"""
    both = findings(text.replace("OTHER", "%a"), StageTable(), [])
    assert [(f.rule.name, f.place.instruction) for f in both] == [("dot-upcast", "d")]
    assert findings(text.replace("OTHER", "%y"), StageTable(), []) == []


def test_a_language_model_in_half_precision_on_a_cpu_is_not_clean(tmp_path: Path) -> None:
    tiny_decoder.write_checkpoint(tmp_path)
    model = rf.load(tmp_path, dtype="bf16", profile=CHECKED.changed(split_rows=False))
    with pytest.raises(NotCleanError) as error:
        model.build(model.flow("decode", context=32)).compile()
    assert {f.rule.name for f in error.value.findings} == {"weight-convert", "dot-upcast"}
    stages = {f.place.stage for f in error.value.findings}
    assert {"layers.0/attention", "layers.0/mlp", "lm_head"} <= stages


def test_rows_that_are_split_leave_weights_as_they_are(tmp_path: Path) -> None:
    tiny_decoder.write_checkpoint(tmp_path)
    model = rf.load(tmp_path, dtype="bf16", profile=CHECKED)
    with pytest.raises(NotCleanError) as error:
        model.build(model.flow("decode", context=32)).compile()
    assert {f.rule.name for f in error.value.findings} == {"dot-upcast"}
    assert {f.place.stage.rpartition("/")[2] for f in error.value.findings} == {"attention"}


HLO = """HloModule m

ENTRY %main (x: f32[64]) -> (f32[64], s32[8]) {
  %x = f32[64]{0} parameter(0)
  %a = f32[64]{0} sine(%x), metadata={op_name="jit(m)/rlx_module/layers.0/act/sine"}
  %b = f32[64]{0} sine(%a), metadata={op_name="jit(m)/rlx_module/layers.0/act/sine"}
  %c = f32[64]{0} sine(%b), metadata={op_name="jit(m)/rlx_module/layers.1/act/sine"}
  %i = s32[8]{0} iota(), iota_dimension=0, metadata={op_name="jit(m)/rlx_module/layers.1/ids"}
  ROOT %t = (f32[64]{0}, s32[8]{0}) tuple(%c, %i)
}
"""


@pytest.mark.parametrize(
    ("text", "instructions"),
    [
        ("op=sine", ["a", "b", "c"]),
        ("op=s* dtype=f*", ["a", "b", "c"]),
        ("op=sine stage=layers.1/**", ["c"]),
        ("op=sine at-most=1", ["c"]),
        ("op=sine at-most=1 stage=layers.0/**", ["b"]),
        ("dtype=s32 op=iota", ["i"]),
        ("op=sine bytes=257", []),
        ("op=sine bytes=256 at-most=3", []),
    ],
)
def test_rules_of_ones_own(text: str, instructions: list[str]) -> None:
    pattern = parse_pattern("mine", text)
    rule = pattern_rule(
        pattern.name, pattern.op, pattern.dtype, pattern.stage, pattern.nbytes, pattern.at_most
    )
    if text == "op=sine at-most=1":  # paths are those of instructions: there is no table here
        instructions = ["b"]
    found = findings(HLO, StageTable(), [], [rule])
    assert [f.place.instruction for f in found] == instructions
    assert all(f.rule.name == "mine" for f in found)


def test_a_rule_says_what_it_looks_for() -> None:
    rule = pattern_rule("mine", "sine", stage="layers.*", nbytes=10, at_most=2)
    assert rule.looks_for == "op=sine stage=layers.* bytes=10, more than 2 in a stage"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`clean.x`: expected terms such as op=sort, found none"),
        ("opp=sort", "`clean.x`: expected op=..., .*found `opp=sort`; did you mean `op`"),
        ("sort", "found `sort`"),
        ("op=", "found `op=`"),
        ("op=a op=b", "expected each term once, found `op` twice"),
        ("bytes=1k", "expected bytes=NUMBER, found `bytes=1k`"),
    ],
)
def test_what_is_no_rule_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_pattern("x", text)


def test_rules_stand_in_a_profile() -> None:
    text = '[fusion]\nassert_clean = true\n\n[clean]\nno-copy = "op=copy bytes=10"\n'
    profile = rf.CompileProfile.from_toml_str(text)
    assert rf.CompileProfile.from_toml_str(profile.to_toml()) == profile
    assert parse_pattern("no-copy", profile.clean["no-copy"]) == CleanPattern(
        "no-copy", op="copy", nbytes=10
    )
    with pytest.raises(ConfigError, match=r"`clean\.x`: expected op=\.\.\."):
        rf.CompileProfile(clean={"x": "opp=1"})
    with pytest.raises(ConfigError, match=r"`clean\.y`"):
        rf.CompileProfile.from_toml_str('[clean]\ny = "bytes=no"')
    ruled = CHECKED.changed(clean={"no-sort": "op=sort"})
    assert found_in(CONTRACTED, ruled) == []
    fused = CHECKED.changed(clean={"nothing": "op=*"})
    assert {f.rule.name for f in found_in(CONTRACTED, fused)} == {"nothing"}


def test_the_command_line_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RLXFLOW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(probing, "_BUDGET_S", 1e-3)
    dirty, clean = tmp_path / "dirty.mlir", tmp_path / "clean.mlir"
    dirty.write_text(TRANSPOSED)
    clean.write_text(CONTRACTED)
    assert cli.main(["inspect", str(dirty), "--assert-clean"]) == 1
    said = capsys.readouterr().err
    assert "rule `weight-copy`: stage `up/dot`" in said
    assert "3.8 kB" in said
    assert cli.main(["inspect", str(clean), "--assert-clean"]) == 0
    assert cli.main(["inspect", str(dirty)]) == 0

"""`rlxflow-diff`: each kind of change is named where it is, and nothing else is."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from staged import staged
from tiny_decoder import write_config

from rlxflow.cli.diff import main
from rlxflow.cli.main import main as rlxflow
from rlxflow.difference.fold import Folded, fold, ranges
from rlxflow.difference.modules import compare
from rlxflow.ir.module import IrModule

Capture = pytest.CaptureFixture[str]
T = "tensor<3x5xf32>"


def difference(first: str, second: str) -> list[Folded]:
    return fold(compare(IrModule.parse(first), IrModule.parse(second)))


def shown(found: Sequence[Folded]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one.change.kind, one.path, one.details) for one in found]


def edited(*edits: tuple[str, str]) -> str:
    text = staged()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_a_module_equals_itself_however_it_is_written() -> None:
    module = IrModule.parse(staged())
    generic = module.text(generic=True, debug_info=True)
    assert difference(staged(), generic) == []
    renamed = staged().replace("%first", "%q7").replace("%b", "%zz").replace("%half", "%0")
    swapped = renamed.replace('block = "norm", name = "norm"', 'name = "norm", block = "norm"')
    assert swapped != renamed
    assert difference(staged(), swapped) == []
    assert difference(swapped, staged()) == []


def test_independent_operations_may_stand_in_any_order() -> None:
    eps = f"      %eps = stablehlo.constant dense<0.03125> : {T}\n"
    square = f"      %square = stablehlo.multiply %b, %b : {T}\n"
    assert difference(staged(), edited((eps + square, square + eps))) == []


def test_an_operation_inside_a_stage() -> None:
    found = difference(staged(), staged(eps="0.0625", act="stablehlo.sine"))
    assert shown(found) == [
        (
            "changed",
            "second/norm",
            (
                "- %constant = constant {value = dense<3.125000e-02>} : f32[3, 5]",
                "+ %constant = constant {value = dense<6.250000e-02>} : f32[3, 5]",
            ),
        ),
        (
            "changed",
            "second/act",
            ("- %cosine = cosine(%in.0) : f32[3, 5]", "+ %cosine = sine(%in.0) : f32[3, 5]"),
        ),
    ]


def test_an_operation_that_is_new_moves_nothing_else() -> None:
    root = f"      %root = stablehlo.rsqrt %sum : {T}\n"
    more = f"      %more = stablehlo.abs %sum : {T}\n" + root.replace("%sum", "%more")
    assert shown(difference(staged(), edited((root, more)))) == [
        (
            "changed",
            "second/norm",
            (
                "+ %abs = abs(%add) : f32[3, 5]",
                "- %rsqrt = rsqrt(%add) : f32[3, 5]",
                "+ %rsqrt = rsqrt(%abs) : f32[3, 5]",
            ),
        )
    ]


def test_what_a_stage_takes() -> None:
    assert shown(difference(staged(), staged(third="%second"))) == [
        (
            "changed",
            "main",
            (
                "- %third = stage third(%subtract) : f32[3, 5]",
                "+ %third = stage third(%second) : f32[3, 5]",
            ),
        )
    ]


STAGE = 'block = "wave", name = "third"'


@pytest.mark.parametrize(
    ("attributes", "details"),
    [
        ('block = "tide", name = "third"', ('block: "wave" -> "tide"',)),
        (STAGE + ", mode = #rlx.mode<fence>", ("mode: none -> #rlx.mode<fence>",)),
        (STAGE + ', origin = ["a", "b"]', ('origin: none -> ["a", "b"]',)),
        (
            STAGE + ", params = {eps = 0.5, n = 3}",
            ("params: none -> {eps = 5.000000e-01 : f64, n = 3 : i64}",),
        ),
        (STAGE + ", mine.own = unit", ("mine.own: none -> unit",)),
    ],
)
def test_attributes_of_a_stage(attributes: str, details: tuple[str, ...]) -> None:
    found = difference(staged(), edited((STAGE, attributes)))
    assert shown(found) == [("changed", "third", details)]


def test_parameters_one_by_one() -> None:
    old = edited((STAGE, STAGE + ", params = {eps = 0.5, rope = {base = 1.5, dim = 8}, n = 3}"))
    new = old.replace("eps = 0.5", "eps = 0.25").replace("dim = 8", "dim = 6")
    assert shown(difference(old, new)) == [
        ("changed", "third", ("params.eps: 0.5 -> 0.25", "params.rope.dim: 8 -> 6"))
    ]


def test_a_stage_with_another_name() -> None:
    found = difference(staged(), edited(('name = "norm"', 'name = "rms"')))
    assert shown(found) == [("renamed", "second/rms", ())]
    assert found[0].change.before == "second/norm"
    changed = staged(eps="0.0625").replace('name = "norm"', 'name = "rms"')
    found = difference(staged(), changed)
    assert [one[:2] for one in shown(found)] == [("renamed", "second/rms")]
    assert [line[0] for line in found[0].details] == ["-", "+"]


def body(name: str) -> str:
    """Returns the lines of one stage of the module."""
    text = staged()
    begin = text.index(f'%{name} = "rlx.stage"')
    return text[begin : text.index(f'name = "{name}"}}') + len(f'name = "{name}"}} : ({T}) -> {T}')]


def test_stages_that_are_gone_new_or_elsewhere() -> None:
    third = body("third")
    gone = edited((third, f"%third = stablehlo.abs %mixed : {T}"))
    assert shown(difference(staged(), gone)) == [
        (
            "changed",
            "main",
            ("+ %abs = abs(%subtract) : f32[3, 5]", "- gives %third", "+ gives %abs"),
        ),
        ("removed", "third", ("f32[3, 5] -> f32[3, 5]",)),
    ]
    found = shown(difference(gone, staged()))
    assert found[1] == ("added", "third", ("f32[3, 5] -> f32[3, 5]",))
    act = body("act")
    inside = edited((act, f"%act = stablehlo.abs %norm : {T}"))
    outer = f"%mixed = stablehlo.subtract %second, %scaled : {T}"
    moved = inside.replace(outer, f"{act.replace('(%norm)', '(%second)')}\n{outer}")
    found = difference(staged(), moved)
    [one] = [one for one in found if one.change.kind == "moved"]
    assert (one.change.before, one.path) == ("second/act", "act")
    assert not {one.change.kind for one in found} & {"added", "removed"}


def test_arguments_and_results() -> None:
    old = staged()
    renamed = edited(('rlx.input = "x"', 'rlx.input = "hidden"'))
    assert shown(difference(old, renamed)) == [
        ("changed", "main", ("input `x` f32[3, 5] -> input `hidden` f32[3, 5]",))
    ]
    state = edited(('rlx.param = "w"', 'rlx.input = "w"'))
    assert "param `w` f32[5, 5] -> input `w` f32[5, 5]" in difference(old, state)[0].details
    result = edited(('rlx.output = "y"', 'rlx.output = "z"'))
    assert difference(old, result)[0].details == ("output `y` f32[3, 5] -> output `z` f32[3, 5]",)
    below = edited(('rlx.input = "x"', 'rlx.input = "x", rlx.below = 9 : i64'))
    assert difference(old, below)[0].details == ("input `x` rlx.below: none -> 9",)
    more = edited(('rlx.param = "w"}', 'rlx.param = "w"}, %m: tensor<7xi1> {rlx.state = "m"}'))
    assert difference(old, more)[0].details == ("+ state `m` i1[7]",)
    turned = old.replace(f'%x: {T} {{rlx.input = "x"}}, ', "").replace(
        '"w"})', f'"w"}}, %x: {T} {{rlx.input = "x"}})'.replace("{{", "{")
    )
    assert {"input `x`: place 0 -> 1", "param `w`: place 1 -> 0"} & {
        *difference(old, turned)[0].details
    }


def test_arguments_of_one_name_and_several_kinds() -> None:
    marks = " ".join(
        f'%{k}: tensor<{n}xf32> {{rlx.{k} = "x"}},' for n, k in ((3, "input"), (2, "param"))
    )
    text = f"func.func @main({marks[:-1]}) {{ return }}"
    assert difference(text, text) == []
    assert difference(text, text.replace("<2xf32>", "<6xf32>"))[0].details == (
        "param `x` f32[2] -> param `x` f32[6]",
    )


def test_modules_without_a_main_function() -> None:
    two = FUNCTIONS.replace("@main", "@g").replace("func.func private @f", "func.func @f")
    assert difference(two, two) == []
    assert shown(difference(two, two.replace("tanh", "abs")))[0][:2] == ("changed", "@f")
    found = difference(two, FUNCTIONS)
    assert {(one.change.kind, one.path) for one in found} >= {("renamed", "@main")}


def test_types() -> None:
    wide = staged().replace("3x5xf32", "4x5xf32")
    found = {one.path: one.details for one in difference(staged(), wide)}
    assert "input `x` f32[3, 5] -> input `x` f32[4, 5]" in found["main"]
    assert found["third"][:2] == (
        "input 0: f32[3, 5] -> f32[4, 5]",
        "results: f32[3, 5] -> f32[4, 5]",
    )


FUNCTIONS = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %a = call @f(%x) : (tensor<4xf32>) -> tensor<4xf32>
  %n = stablehlo.constant dense<3> : tensor<i32>
  %r:2 = stablehlo.while(%i = %n, %v = %a) : tensor<i32>, tensor<4xf32>
    cond { %z = stablehlo.constant dense<0> : tensor<i32>
           %c = stablehlo.compare GT, %i, %z : (tensor<i32>, tensor<i32>) -> tensor<i1>
           stablehlo.return %c : tensor<i1> }
    do { %one = stablehlo.constant dense<1> : tensor<i32>
         %j = stablehlo.subtract %i, %one : tensor<i32>
         %w = stablehlo.sine %v : tensor<4xf32>
         stablehlo.return %j, %w : tensor<i32>, tensor<4xf32> }
  return %r#1 : tensor<4xf32>
}
func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %y = stablehlo.tanh %x : tensor<4xf32>
  return %y : tensor<4xf32>
}
"""


def test_modules_without_stages() -> None:
    assert difference(FUNCTIONS, FUNCTIONS.replace("%one", "%two").replace("%y", "%yy")) == []
    assert shown(difference(FUNCTIONS, FUNCTIONS.replace("tanh", "abs"))) == [
        ("changed", "@f", ("- %tanh = tanh(%arg.0) : f32[4]", "+ %tanh = abs(%arg.0) : f32[4]"))
    ]
    renamed = difference(FUNCTIONS, FUNCTIONS.replace("@f", "@g"))
    assert [(one.change.kind, one.change.before, one.path) for one in renamed] == [
        ("renamed", "@f", "@g")
    ]
    both = FUNCTIONS.replace("@f", "@g").replace("tanh", "abs")
    kinds = [one[:2] for one in shown(difference(FUNCTIONS, both))]
    assert kinds == [("changed", "main"), ("removed", "@f"), ("added", "@g")]


def test_an_operation_in_a_loop() -> None:
    found = shown(difference(FUNCTIONS, FUNCTIONS.replace("sine %v", "cosine %v")))
    assert found == [
        (
            "changed",
            "main",
            (
                "- in %while = while: %sine = sine(%in.1) : f32[4]",
                "+ in %while = while: %sine = cosine(%in.1) : f32[4]",
            ),
        )
    ]


def test_constants_of_many_numbers_are_told_apart() -> None:
    def module(*numbers: float) -> str:
        value = f"dense<[{', '.join(map(str, numbers))}]> : tensor<12xf32>"
        inside = f"%c = stablehlo.constant {value}\nreturn %c : tensor<12xf32>"
        return f"func.func @main() -> tensor<12xf32> {{ {inside} }}"

    numbers = [i + 0.5 for i in range(12)]
    [one] = difference(module(*numbers), module(*numbers[:11], 7.0))
    assert [line[:2] for line in one.details] == ["- ", "+ "]
    assert all("dense<0.5, 1.5, 2.5, 3.5, ...; 12 numbers" in line for line in one.details)
    assert one.details[0][2:] != one.details[1][2:]


@pytest.fixture
def emitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.chdir(tmp_path)

    def emit(name: str, level: str = "flow", **changes: object) -> str:
        folder = write_config(tmp_path / name, **changes)
        options = ["--no-weights", "--seq", "5", "--level", level, "-o", f"{name}.mlir"]
        assert rlxflow(["emit", str(folder), *options]) == 0
        return f"{name}.mlir"

    return emit


def test_layers_that_changed_alike_are_shown_once(
    emitted: Callable[..., str], capsys: Capture
) -> None:
    old = emitted("old", num_hidden_layers=16)
    new = emitted("new", num_hidden_layers=16, rms_norm_eps=0.02)
    capsys.readouterr()
    begin = time.process_time()
    assert main([old, new]) == 1
    assert time.process_time() - begin < 1.5
    out = capsys.readouterr().out
    titles = [line for line in out.splitlines() if line.startswith("changed ")]
    assert titles == [
        "changed layers.{0..15}/attention_norm (rms_norm): the same in 16 stages",
        "changed layers.{0..15}/attention (self_attention): the same in 16 stages",
        "changed layers.{0..15}/mlp_norm (rms_norm): the same in 16 stages",
        "changed norm (rms_norm)",
    ]
    assert "params.eps: 0.01 -> 0.02" in out
    assert main([old, old]) == 0
    assert capsys.readouterr().out == ""


def test_more_layers(emitted: Callable[..., str], capsys: Capture) -> None:
    old, new = emitted("old", num_hidden_layers=2), emitted("new", num_hidden_layers=5)
    capsys.readouterr()
    assert main([old, new, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["changes"]
    added = [one for one in found if one["kind"] == "added"]
    assert [one["path"] for one in added] == ["layers.{2..4}"]
    assert [one["path"] for one in found if one["kind"] != "added"] == ["main"]
    assert main([new, old, "--stat"]) == 1
    out = capsys.readouterr().out
    assert "removed layers.{2..4} (llama_layer): the same in 3 stages" in out
    assert out.endswith("\n1 changed, 3 removed\n")


def test_levels(emitted: Callable[..., str], capsys: Capture) -> None:
    for level in ("composite", "stablehlo"):
        old = emitted("old", level)
        new = emitted("new", level, rms_norm_eps=0.02)
        capsys.readouterr()
        assert main([old, old]) == 0
        assert main([old, new]) == 1
        assert "dense<2.000000e-02>" in capsys.readouterr().out


def test_ranges_of_numbers() -> None:
    assert ranges([3]) == "3"
    assert ranges([5, 0, 1, 2, 9, 8]) == "0..2,5,8..9"


def test_trouble_is_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.mlir").write_text(staged())
    Path("b.mlir").write_text("module {")
    assert main(["a.mlir", "none.mlir"]) == 2
    assert capsys.readouterr().err.startswith("error: none.mlir: expected a file")
    assert main(["a.mlir", "b.mlir"]) == 2
    assert capsys.readouterr().err.startswith("error: b.mlir:1:")
    for wrong in (["a.mlir"], ["a.mlir", "a.mlir", "--stat", "--json"]):
        with pytest.raises(SystemExit) as stop:
            main(wrong)
        assert stop.value.code == 2
        assert "error: rlxflow-diff: " in capsys.readouterr().err


def test_json_and_colours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.mlir").write_text(staged())
    Path("b.mlir").write_text(staged(eps="0.0625"))
    assert main(["a.mlir", "a.mlir", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"equal": True, "changes": []}
    assert main(["a.mlir", "b.mlir", "--json"]) == 1
    [one] = json.loads(capsys.readouterr().out)["changes"]
    facts: dict[str, Any] = {key: one[key] for key in ("kind", "path", "paths", "block", "before")}
    assert facts == {
        "kind": "changed",
        "path": "second/norm",
        "paths": ["second/norm"],
        "block": "norm",
        "before": "",
    }
    assert main(["a.mlir", "b.mlir"]) == 1
    plain = capsys.readouterr().out
    assert plain.startswith("--- a.mlir\n+++ b.mlir\n\nchanged second/norm (norm)\n  - %constant")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert main(["a.mlir", "b.mlir"]) == 1
    coloured = capsys.readouterr().out
    assert "\x1b[31m  - %constant" in coloured
    assert "\x1b[32m  + %constant" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    assert main(["a.mlir", "b.mlir"]) == 1
    assert capsys.readouterr().out == plain

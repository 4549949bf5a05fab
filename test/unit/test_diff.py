"""`rlxflow-diff`: each kind of change is named where it is, and nothing else is."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
from staged import staged

from rlxflow.difference.fold import Folded, fold
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

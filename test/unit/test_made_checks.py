"""What check lines are made of a text: names, scopes, escapes, wrapping, what is left out."""

from __future__ import annotations

import re

import pytest

from rlxflow.testing.check_lines import check_lines


def made(text: str, prefix: str = "CHECK", leader: str = "// ") -> list[str]:
    """Returns the made lines without comment leader and indentation."""
    lines = check_lines(text, leader=leader, prefix=prefix)
    assert all(line.startswith(f"{leader}{prefix}") for line in lines)
    return [" ".join(line.removeprefix(leader).split()) for line in lines]


def test_values_are_captured_and_followed() -> None:
    text = """func.func @f(%arg0: tensor<3xf32>, %arg1: tensor<3xf32>) -> tensor<3xf32> {
  %0 = stablehlo.multiply %arg0, %arg0 : tensor<3xf32>
  %1 = stablehlo.add %0, %arg1 : tensor<3xf32>
  %2 = stablehlo.add %1, %arg1 : tensor<3xf32>
  return %2 : tensor<3xf32>
}
"""
    assert made(text) == [
        "CHECK-LABEL: func.func @f(",
        "CHECK-SAME: %[[ARG:[^:]+]]: tensor<3xf32>,",
        "CHECK-SAME: %[[ARG_2:[^:]+]]: tensor<3xf32>) -> tensor<3xf32> {",
        "CHECK: %[[SQUARE:.+]] = stablehlo.multiply %[[ARG]], %[[ARG]] : tensor<3xf32>",
        "CHECK: %[[ADD:.+]] = stablehlo.add %[[SQUARE]], %[[ARG_2]] : tensor<3xf32>",
        "CHECK: %[[ADD_2:.+]] = stablehlo.add %[[ADD]], %[[ARG_2]] : tensor<3xf32>",
        "CHECK: return %[[ADD_2]] : tensor<3xf32>",
    ]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("%0 = stablehlo.dot_general %a, %b : t", "DOT"),
        ("%cst_7 = stablehlo.constant dense<1> : t", "CST"),
        ("%0 = func.call @rms_norm(%a) : t", "RMS_NORM"),
        ('%0 = stablehlo.composite "rlx.gelu" %a {} : t', "RLX_GELU"),
        ('%0 = rlx.stage "layers.0/mlp" block("x") () {', "MLP"),
        ("%layers.02Fattention2Fq_proj_12 = stablehlo.reshape %a : t", "Q_PROJ"),
        ("%model.layers.1.mlp.up_proj.weight_3 = my.load : t", "UP_PROJ_WEIGHT"),
        ('%0 = my.thing(%a) : t loc("encoder/layer.3/out"("x.mlir":3:4))', "LAYER_3_OUT"),
        (
            "%a_name_that_is_so_long_that_no_line_would_hold_it = my.op : t",
            "THAT_NO_LINE_WOULD_HOLD_IT",
        ),
        ("%0 = 3my.op : t", "V"),
    ],
)
def test_names_of_results(line: str, name: str) -> None:
    expected = "OUT" if name == "LAYER_3_OUT" else name
    assert made(line)[0].startswith(f"CHECK: %[[{expected}:.+]] = ")


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        ('%arg0: tensor<3xf32> {rlx.param = "ln.weight"}', "LN_WEIGHT"),
        ('%arg0: tensor<3xf32> {jax.buffer_donor = true, rlx.state = "cache.key"}', "CACHE_KEY"),
        ("%model.embed_tokens.weight: tensor<3xf32>", "EMBED_TOKENS_WEIGHT"),
        ("%arg0: tensor<3xf32>", "ARG"),
    ],
)
def test_names_of_arguments(argument: str, name: str) -> None:
    others = '%arg1: i1 {rlx.input = "other"}, %arg2: i1) -> (i1 {jax.result = "no"})'
    text = "\n".join(made(f"func.func @f({argument}, {others} {{"))
    assert re.findall(r"%\[\[(\w+):", text) == [name, "OTHER", "ARG_2" if name == "ARG" else "ARG"]


def test_names_begin_anew_in_each_function() -> None:
    text = "".join(f"func.func @{name}(%a: i1) {{\n  return %a : i1\n}}\n" for name in "fg")
    assert made(text)[1] == made(text)[4] == "CHECK-SAME: %[[A:[^:]+]]: i1) {"


def test_a_name_inside_a_region_hides_the_one_outside() -> None:
    text = """%arg0 = my.source : i32
%0 = rlx.stage "s" block("b") (%arg0 = %arg0 : i32) -> i32 {
  %1 = my.inner %arg0 : i32
  rlx.yield %1 : i32
} attributes {origin = ["a"]}
%1 = my.outer %arg0, %0 : i32
"""
    assert made(text)[1:] == [
        'CHECK: %[[S:.+]] = rlx.stage "s" block("b") (%[[ARG:[^ ,:)]+]] = %[[SOURCE]] : i32)'
        " -> i32 {",
        "CHECK: %[[INNER:.+]] = my.inner %[[ARG]] : i32",
        "CHECK: rlx.yield %[[INNER]] : i32",
        'CHECK: } attributes {origin = ["a"]}',
        "CHECK: %[[OUTER:.+]] = my.outer %[[SOURCE]], %[[S]] : i32",
    ]


def test_arguments_of_a_loop_are_known_in_both_regions_and_not_after() -> None:
    text = """%0:2 = stablehlo.while(%iterArg = %a, %iterArg_0 = %a) : t
cond {
  %1 = my.test {k = {}} %iterArg : i1
  stablehlo.return %1 : i1
} do {
  %1 = my.step %iterArg_0 : t
  stablehlo.return %iterArg, %1 : t
}
return %0#1 : t
"""
    assert made(text)[2:] == [
        "CHECK: cond {",
        "CHECK: %[[TEST:.+]] = my.test {k = {}} %[[ITERARG]] : i1",
        "CHECK: stablehlo.return %[[TEST]] : i1",
        "CHECK: } do {",
        "CHECK: %[[STEP:.+]] = my.step %[[ITERARG_2]] : t",
        "CHECK: stablehlo.return %[[ITERARG]], %[[STEP]] : t",
        "CHECK: return %[[WHILE]]#1 : t",
    ]


def test_locations_are_left_out() -> None:
    text = """#loc1 = loc("x.py":1:2)
func.func @f(%arg0: i1 loc("a(\\"b"), %arg1: i1 loc(fused<"p">["q", #loc1])) -> i1 {
  return %arg0, %arg1 : i1, i1 loc(callsite("n" at "m"))
} loc(#loc1)
#loc2 = loc("y"(#loc1))
"""
    assert made(text) == [
        "CHECK-LABEL: func.func @f(",
        "CHECK-SAME: %[[ARG:[^:]+]]: i1",
        "CHECK-SAME: %[[ARG_2:[^:]+]]: i1",
        "CHECK-SAME: ) -> i1 {",
        "CHECK: return %[[ARG]], %[[ARG_2]] : i1, i1",
    ]


def test_what_filecheck_would_read_is_escaped() -> None:
    blob = "0x" + "3F" * 40
    text = f'my.op {{a = dense<[[[1]]]>, b = "{{{{x}}}} [[Y]]", c = dense<"{blob}">}}'
    assert " ".join(line.split(": ", 1)[1] for line in made(text)) == (
        r'my.op {a = dense<{{\[\[\[}}1]]]>, b = "{{\{\{}}x}} {{\[\[}}Y]]", '
        'c = dense<"0x{{[0-9A-Fa-f]+}}">}'
    )


def test_a_number_at_the_end_is_no_part_of_a_longer_one() -> None:
    assert made("layers.0 weights=9") == ["CHECK: layers.0 weights=9{{( |$)}}"]
    assert made("my.yield %0 loc(unknown)") == ["CHECK: my.yield %[[V:[^ ,:)]+]]{{( |$)}}"]


@pytest.mark.parametrize(("prefix", "leader"), [("CHECK", "// "), ("A-LONG-ONE", "# "), ("X", "")])
def test_long_lines_are_wrapped_but_not_after_a_value(prefix: str, leader: str) -> None:
    operands = ", ".join(f"%operand_number_{i}x" for i in range(30))
    define = "\n".join(f"%operand_number_{i}x = my.o : t" for i in range(30))
    lines = check_lines(f"{define}\nmy.op {operands} : t", leader=leader, prefix=prefix)
    assert all(len(line) <= 100 for line in lines)
    rows = [line for line in lines if " = " not in line]
    assert len(rows) > 5
    assert all(row.endswith(",") for row in rows[:-1])
    assert rows[0].startswith(f"{leader}{prefix}:      ")
    assert rows[1].startswith(f"{leader}{prefix}-SAME:   ")


def test_places_that_differ_between_machines_are_left_open() -> None:
    text = "error: /home/me/test/a.mlir:3:4: expected"
    lines = check_lines(text, leader="", prefix="E", variable=["/home/me/test/"])
    assert lines == ["E:      error: {{.*}}a.mlir:3:4: expected"]

"""rlxflow-update-checks as a program: what it writes, what it keeps, what it refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from rlxflow.testing.prove import survivors
from rlxflow.testing.update_checks import main

CFG = """from rlxflow.testing.lit import configure
configure(config, lit_config, root=__file__, tools={"say": "cat"})
config.substitutions.append(("%word", lit_config.params.get("word", "none")))
"""
CODE = """func.func @f(%a: i1) -> i1 {
  return %a : i1
}
"""
TEST = f"// RUN: cat %s | %filecheck\n// Property: a function returns what it is given.\n{CODE}"
NOTE = (
    "// NOTE: made by rlxflow-update-checks from what the RUN lines print; run it again to change "
    "it.\n"
)
CHECKS = """// CHECK-LABEL: func.func @f(
// CHECK-SAME:   %[[A:[^:]+]]: i1) -> i1 {
// CHECK:        return %[[A]] : i1
"""


@pytest.fixture
def tests(tmp_path: Path) -> Path:
    """A suite of its own, with a tool and a parameter."""
    (tmp_path / "lit.cfg.py").write_text(CFG)
    return tmp_path


def put(file: Path, text: str) -> Path:
    file.write_text(text)
    return file


def lit(folder: Path) -> int:
    """Returns lit's exit code on a folder."""
    command = [str(Path(sys.executable).parent / "lit"), "-q", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_it_writes_a_block_that_passes_and_can_be_made_again(
    tests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = put(tests / "a.mlir", TEST)
    assert main([str(file), "--mutate"]) == 0
    assert file.read_text() == f"{TEST}\n{NOTE}{CHECKS}"
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"{file}: written; 3 check lines of CHECK; 2 wrong outputs fail\n"
    assert main([str(file), "--check"]) == 0
    assert capsys.readouterr().err == f"{file}: up to date; 3 check lines of CHECK\n"
    assert lit(tests) == 0
    put(file, file.read_text().replace("return %a", "return %b"))
    assert lit(tests) == 1


def test_a_block_is_replaced_where_it_stands_and_comments_in_it_stay(tests: Path) -> None:
    file = put(tests / "a.mlir", TEST)
    assert main([str(file)]) == 0
    text = file.read_text()
    mine = "// The value goes through.\n"
    text = text.replace("// CHECK:    ", f"{mine}// CHECK:    ") + "\n// A last word, outside.\n"
    put(file, text)
    assert main([str(file)]) == 0
    assert file.read_text() == text
    put(file, text.replace("@f(%a: i1)", "@g(%a: i1, %c: i2)"))
    assert main([str(file)]) == 0
    changed = text.replace("@f(%a: i1)", "@g(%a: i1, %c: i2)").replace("@f(", "@g(")
    changed = changed.replace("]]: i1) ->", "]]: i1,\n// CHECK-SAME:   %[[C:[^:]+]]: i2) ->")
    assert file.read_text() == changed


def test_check_and_diff_write_nothing(tests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = put(tests / "a.mlir", TEST)
    assert main([str(file), "--check"]) == 1
    assert capsys.readouterr().out == f"{file}: would change\n"
    assert main([str(file), "--diff"]) == 0
    assert f"+{CHECKS.splitlines()[1]}\n" in capsys.readouterr().out
    assert file.read_text() == TEST


def test_hand_written_checks_are_kept_unless_forced(
    tests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = TEST.replace("RUN: cat %s", "RUN: sed 's+ *//.*++' %s")
    text = test.replace("i1 {\n", "i1 {  // CHECK: @f\n") + "// CHECK-NOT: @g\n"
    file = put(tests / "a.mlir", text)
    assert main([str(file)]) == 1
    assert capsys.readouterr().err == (
        f"error: {file}:3: expected no check lines but those that this program made, found "
        "hand-written ones of CHECK, which say more than made ones; --force replaces them\n"
    )
    assert file.read_text() == text
    assert main([str(file), "--force"]) == 0
    assert file.read_text() == f"{test}\n{NOTE}{CHECKS}"


def test_prefixes_with_hand_written_checks_are_left_alone(
    tests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = "// RUN: cat %s | %filecheck --check-prefix=HAND\n// RUN: echo x=7 | %filecheck\n"
    file = put(tests / "a.mlir", f"{run}// HAND: func.func\n{CODE}")
    assert main([str(file)]) == 0
    assert capsys.readouterr().err.endswith("1 check lines of CHECK; left alone: HAND\n")
    assert (
        file.read_text()
        == f"{run}// HAND: func.func\n{CODE}\n{NOTE}// CHECK:      x=7{{{{( |$)}}}}\n"
    )


@pytest.mark.parametrize(
    ("flags", "prefixes"),
    [
        (("--check-prefix=A", "--check-prefix B"), ["A", "B"]),
        (("--check-prefixes=ALL", "--check-prefixes=ALL"), None),
        (("--check-prefixes=ALL,A", "--check-prefixes=ALL,B"), None),
    ],
)
def test_each_output_has_a_prefix_of_its_own(
    tests: Path,
    capsys: pytest.CaptureFixture[str],
    flags: Sequence[str],
    prefixes: list[str] | None,
) -> None:
    runs = "".join(f"# RUN: echo {i} | %filecheck {flag}\n" for i, flag in enumerate(flags))
    file = put(tests / "a.py", runs + "# Numbers are echoed.\n")
    assert main([str(file)]) == (0 if prefixes else 1)
    text = file.read_text()
    if prefixes:
        made = [f"# {name}:      {i}{{{{( |$)}}}}" for i, name in enumerate(prefixes)]
        assert re.findall(r"^# [AB]:.*", text, re.MULTILINE) == made
        assert lit(tests) == 0
    else:
        assert text == runs + "# Numbers are echoed.\n"
        said = capsys.readouterr().err
        assert "different ones" in said or "`ALL` is enabled but the file never uses it" in said


def test_two_lines_that_print_the_same_share_their_checks(tests: Path) -> None:
    runs = "RUN: echo same | %filecheck\nRUN: echo same > %t\nRUN: %filecheck --input-file=%t\n"
    file = put(tests / "a.test", f"# Text is echoed.\n{runs}")
    assert main([str(file)]) == 0
    assert file.read_text().endswith("\nCHECK:      same\n")
    assert lit(tests) == 0


def test_settings_and_parameters_are_those_of_the_suite(tests: Path) -> None:
    file = put(tests / "a.mlir", TEST.replace("RUN: cat %s", "RUN: say %s | sed s/@f/@%word/"))
    assert main([str(file), "-D", "word=given"]) == 0
    assert "// CHECK-LABEL: func.func @given(\n" in file.read_text()


def test_a_test_without_a_suite_has_the_settings_of_the_kit(tmp_path: Path) -> None:
    split = "RUN: rlxflow-opt %s --split-input-file"
    text = TEST.replace("RUN: cat %s", split) + "// -----\n" + CODE.replace("@f", "@g")
    file = put(tmp_path / "a.mlir", text)
    assert main([str(file)]) == 0
    made = file.read_text().removeprefix(text)
    assert re.findall(r"LABEL: +(.*)", made) == ["func.func @f(", "func.func @g("]
    assert made.count("return %[[ARG]] : i1") == 2
    assert [*tmp_path.iterdir()] == [file]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("// no line\n", "expected a RUN line, found none"),
        ("// RUN: cat %s\n", "expected a call of FileCheck, found none; a RUN line needs"),
        (
            "// RUN: false | %filecheck\n",
            "RUN lines that succeed, found fail, see the log",
        ),
        ("// RUN: gone-tool | %filecheck\n", "expected RUN lines that succeed"),
        ("// RUN: true | %filecheck\n", "expected output for `CHECK`, found none"),
        ("// RUN: cat %s | %filecheck\n// REQUIRES: moon\n", "requires the following unavailable"),
        ("// RUN: echo x | %filecheck\n// CHECK-NXT: y\n", "expected checks that can fail"),
    ],
)
def test_what_does_not_work_is_said_and_the_file_stays(
    tests: Path, capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    file, good = put(tests / "a.mlir", text), put(tests / "b.mlir", TEST)
    assert main([str(file), str(good)]) == 1
    said = capsys.readouterr().err
    assert f"error: {file}" in said
    assert message in said
    assert file.read_text() == text
    assert "Traceback" not in said
    assert CHECKS in good.read_text()  # the other file is not left out


def test_of_a_folder_only_tests_with_a_block_are_taken(
    tests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, hand = put(tests / "a.mlir", TEST), put(tests / "b.mlir", f"{TEST}// CHECK: @f\n")
    assert main([str(tests)]) == 1
    assert "expected tests with checks made by this program, found none" in capsys.readouterr().err
    assert main([str(made)]) == 0
    put(made, made.read_text().replace("@f(%a", "@h(%a"))
    assert main([str(tests), "--check"]) == 1
    assert capsys.readouterr().out == f"{made}: would change\n"
    assert main([str(tests)]) == 0
    assert "LABEL: func.func @h(" in made.read_text()
    assert hand.read_text() == f"{TEST}// CHECK: @f\n"


def test_checks_that_pass_on_a_wrong_output_are_found() -> None:
    text = "%0 = my.op %a, %b : i1\n%1 = my.op %0, %a {k = 3} : i1\n"
    weak = "// CHECK: my.op\n// CHECK: my.op %{{.*}}, %a"
    assert survivors(weak, (), text) == (5, ["operands swapped in line 1", "4 for 3 in line 2"])


@pytest.mark.parametrize("arguments", [[], ["gone.mlir"], ["--no", "x"], ["-D", "x", "y"]])
def test_a_wrong_call_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    try:
        status = main(arguments)
    except SystemExit as stop:
        status = stop.code
    assert status == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1


def test_it_has_help_and_starts_without_mlir() -> None:
    command = [sys.executable, "-m", "rlxflow.testing.update_checks", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "examples:\n  rlxflow-update-checks test/passes/fold.mlir\n" in done.stdout
    code = (
        "import sys, rlxflow.testing.update_checks; "
        "sys.exit(bool({'numpy', 'jax', 'jaxlib', 'lit'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "check_directives.py"
RUN = "// RUN: rlxflow-opt %s | %filecheck\n"
HEAD = RUN + "// Equal stages share one function.\n"
GOOD = HEAD + "// CHECK-LABEL: func @f\n"


def problems(folder: Path, text: str, name: str = "case.mlir") -> list[str]:
    """Returns `line: message` for each problem that the tool finds in one file."""
    file = folder / name
    file.write_text(text)
    command = [sys.executable, str(TOOL), str(file)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.stderr == ""
    assert answer.returncode == bool(answer.stdout)
    return [line.removeprefix(f"{file}:") for line in answer.stdout.splitlines()]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("// CHECK-NEXT stablehlo.add", "`CHECK-NEXT` lacks its colon"),
        ("// CHECK stablehlo.add", "`CHECK` lacks its colon"),
        ("// CHECK-NEXT : stablehlo.add", "`CHECK-NEXT` has a space before its colon"),
        ("// CHECK : stablehlo.add", "`CHECK` has a space before its colon"),
        ("// CHECK_lABEL: func", "`CHECK_lABEL` is not in capitals; write `CHECK-LABEL:`"),
        ("// check-next: func", "`check-next` is not in capitals; write `CHECK-NEXT:`"),
        ("// Check: func", "`Check` is not in capitals; write `CHECK:`"),
        ("// CHECK_NEXT: func", "`CHECK_NEXT` has an underscore; write `CHECK-NEXT:`"),
        ("// CHECK-NXT: func", "`-NXT` is no suffix; write `CHECK-NEXT:`"),
        ("// CHECK-COUNT: func", "`CHECK-COUNT` lacks its number, as in `-COUNT-2:`"),
        ("// CHECKS-SAME: func", "prefix `CHECKS` is not enabled by any RUN line"),
        ("// CEHCK: func", "prefix `CEHCK` is not enabled by any RUN line"),
        ("// AFTER: func", "prefix `AFTER` is not enabled by any RUN line"),
        ("// AFTER-NOT: func", "prefix `AFTER` is not enabled by any RUN line"),
        ("%0 = op  // CHECK-NXT: op", "`-NXT` is no suffix; write `CHECK-NEXT:`"),
    ],
)
def test_a_dead_line_is_found(tmp_path: Path, line: str, message: str) -> None:
    assert problems(tmp_path, f"{GOOD}{line}\n") == [f"4: {message}"]


@pytest.mark.parametrize("number", ["%0", "%12", "%arg1", "%cst_2", "%c_0"])
def test_a_literal_ssa_number_is_found(tmp_path: Path, number: str) -> None:
    found = problems(tmp_path, f"{GOOD}// CHECK: stablehlo.add %[[X]], {number} : f32\n")
    assert found == [f"4: literal SSA number `{number}`; capture it as `%[[NAME:.+]]`"]


def test_a_prefix_that_never_occurs_is_found(tmp_path: Path) -> None:
    text = GOOD.replace("%filecheck", "%filecheck --check-prefixes=CHECK,AFTER")
    assert problems(tmp_path, text) == ["1: prefix `AFTER` is enabled but the file never uses it"]


def test_a_joined_run_line_counts_as_one(tmp_path: Path) -> None:
    text = GOOD.replace("%filecheck", "%filecheck \\\n// RUN: --check-prefix=AFTER")
    assert problems(tmp_path, text) == [
        "1: the output goes to FileCheck, but the file holds no check line",
        "4: prefix `CHECK` is not enabled by any RUN line",
    ]


def test_a_file_without_checks_is_found(tmp_path: Path) -> None:
    found = problems(tmp_path, HEAD)
    assert found == ["1: the output goes to FileCheck, but the file holds no check line"]


def test_not_as_only_directive_is_found(tmp_path: Path) -> None:
    found = problems(tmp_path, HEAD + "// CHECK-NOT: rlx.stage\n")
    assert found == ["3: `CHECK-NOT` alone passes on any other output"]


def test_a_missing_description_is_found(tmp_path: Path) -> None:
    message = "the first comment does not say which property the test protects"
    assert problems(tmp_path, RUN + "// CHECK: func @f of three\n") == [f"1: {message}"]


def test_a_missing_run_line_is_found(tmp_path: Path) -> None:
    assert problems(tmp_path, "// Something.\n") == ["1: no RUN line: lit cannot run it"]


def test_checks_without_a_call_of_filecheck_are_dead(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD.replace(" | %filecheck", ""))
    assert found == ["3: prefix `CHECK` is not enabled by any RUN line"]


def test_a_good_file_is_silent(tmp_path: Path) -> None:
    text = """\
# RUN: %python %s | %filecheck
# RUN: %python %s --after | %filecheck --check-prefixes=AFTER,BOTH-FORMS
# REQUIRES: llvm-filecheck
# Checks that the norm multiplies by its weight: the order does not matter.

# The lines follow the values to the return.
print("x")  # http://example.org/check
# CHECK-LABEL: func.func @norm
# CHECK-SAME:    (%[[X:.+]]: tensor<4x8xf32>, %[[W:arg[0-9]+]]: tensor<8xf32>)
# CHECK-NEXT:    %[[Y:.+]] = stablehlo.multiply %[[X]], {{%[0-9]+}}
# CHECK-COUNT-2: stablehlo.add
# CHECK{LITERAL}: dense<[[0, 1]]>
# CHECK-NOT:     rlx.stage
# AFTER:         return %[[Y]]
# BOTH-FORMS-DAG: func
"""
    assert problems(tmp_path, text, "case.py") == []


def test_goldens_and_unit_tests_are_no_lit_tests(tmp_path: Path) -> None:
    for folder in ("unit", "numeric", "goldens"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "test_x.py").write_text("# CHECK-NXT: x\n")
    (tmp_path / "lit.cfg.py").write_text("import lit\n")
    (tmp_path / "good.mlir").write_text(GOOD)
    command = [sys.executable, str(TOOL), str(tmp_path)]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b""

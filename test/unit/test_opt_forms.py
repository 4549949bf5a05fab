"""The command `rlxflow-opt`: forms of output and input, timing, what a form cannot do."""

import io
import re

import pytest

from rlxflow.cli import opt
from rlxflow.cli.diagnostic import Diagnostic
from rlxflow.ir.module import IrModule

TEXT = """
func.func public @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    %1 = stablehlo.tan %a : tensor<4x7xf32>
    "rlx.yield"(%1) : (tensor<4x7xf32>) -> ()
  }) {block = "tan", mode = #rlx.mode<auto>, name = "t"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}
"""


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "model.mlir"
    path.write_text(TEXT)
    return str(path)


def run(capsys, *arguments):
    code = opt.main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize(
    ("ending", "begin"),
    [
        ("mlirbc", b"ML\xefR"),
        ("vhlo", b"ML\xefR\rStableHLO_v"),
        ("hlo", b"HloModule"),
        ("dot", b"digraph"),
        ("mlir", b"module"),
        ("txt", b"module"),
    ],
)
def test_the_ending_of_the_output_chooses_the_form(capsys, source, tmp_path, ending, begin):
    target = tmp_path / f"out.{ending}"
    assert run(capsys, source, "--rlx-inline-stages", "-o", str(target)) == (0, "", "")
    assert target.read_bytes().startswith(begin)
    assert run(capsys, source, "--emit=summary", "-o", str(target)) == (0, "", "")
    assert target.read_bytes().startswith(b"t  tan  f32[4, 7]")


@pytest.mark.parametrize(
    "flags", [["--emit=mlirbc"], ["--emit=vhlo", "--target-version=1.4.0"], ["--emit=hlo"]]
)
def test_what_is_written_is_read_whatever_its_name(capsys, source, tmp_path, flags):
    plain = run(capsys, source, "--rlx-inline-stages")[1]
    for name in ("out.mlir", "out.hlo", "out"):
        target = str(tmp_path / name)
        assert run(capsys, source, "--rlx-inline-stages", *flags, "-o", target)[0] == 0
        again = run(capsys, target)[1]
        assert (again == plain) == ("--emit=hlo" not in flags)
        assert again.count("stablehlo.tan") == 1


def test_a_binary_form_is_not_written_to_a_terminal(capsys, source, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr("sys.stdout", Terminal())
    code, _, err = run(capsys, source, "--emit=mlirbc")
    assert code == 1
    assert err == "error: standard output: found a terminal; give -o FILE: it is binary\n"


def test_a_binary_form_holds_one_module(capsys, tmp_path):
    path = tmp_path / "two.mlir"
    path.write_text(f"{TEXT}// -----\n{TEXT}")
    target = tmp_path / "out.mlirbc"
    code, _, err = run(capsys, str(path), "--split-input-file", "-o", str(target))
    assert code == 1
    assert "expected one module in a binary form, found 2 of them" in err
    assert not target.exists()
    code, out, _ = run(capsys, str(path), "--split-input-file", "--emit=summary")
    assert (code, out.count("t  tan"), out.count("// -----\n")) == (0, 2, 1)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--target-version=1.4.0"],
            "error: arguments: expected --emit=vhlo with --target",
        ),
        (["--emit=llvm"], "error: arguments: found argument --emit: invalid choice: 'llvm'"),
        (["--emit=vhlo", "--target-version=2"], "error: target version: expected minimum, current"),
        (["--help-pass", "cze"], "error: unknown pass `cze`; did you mean `cse`?"),
    ],
)
def test_what_is_asked_for_wrongly_is_an_error(capsys, source, tmp_path, flags, message):
    target = tmp_path / "out"
    code, out, err = run(capsys, source, "--rlx-inline-stages", *flags, "-o", str(target))
    assert (code, out) == (1, "")
    assert err.startswith(message)
    assert not target.exists()


def test_an_error_of_a_form_can_be_expected(capsys, tmp_path):
    path = tmp_path / "stage.mlir"
    path.write_text(
        TEXT.replace("\n  %0", "\n  // expected-error@+1 {{found `rlx.stage`}}\n  %0", 1)
    )
    assert run(capsys, str(path), "--emit=hlo", "--verify-diagnostics") == (0, "", "")
    code, _, err = run(capsys, str(path), "--emit=mlir", "--verify-diagnostics")
    assert code == 1
    assert f'{path}:3: error: expected error "found `rlx.stage`" at line 4' in err


def test_timing_has_a_row_for_each_pass_and_adds_up(capsys, source):
    passes = ["--cse", "--rlx-inline-stages", "--cse"]
    code, out, err = run(capsys, source, *passes, "--mlir-timing")
    assert code == 0
    assert "stablehlo.tan" in out
    rows = re.findall(r"^ +(-?[\d.]+) +(-?[\d.]+)  (.+)$", err, re.MULTILINE)
    names = ["parser", "verifier", "01 cse", "02 rlx-inline-stages", "03 cse", "output", "rest"]
    assert [name for _, _, name in rows] == [*names, "total"]
    milliseconds = [float(ms) for ms, _, _ in rows]
    assert sum(milliseconds[:-1]) == pytest.approx(milliseconds[-1], abs=0.05)
    assert [float(share) for _, share, _ in rows][-1] == 100.0


def test_unknown_dialects_need_a_flag_in_any_form(capsys, tmp_path):
    text = 'func.func @main() {\n  "zoo.lion"() {size = 3 : i64} : () -> ()\n  return\n}\n'
    path = tmp_path / "zoo.mlirbc"
    path.write_bytes(IrModule.parse(text).bytecode())
    code, _, err = run(capsys, str(path))
    assert code == 1
    assert "'zoo.lion' op is of an unknown dialect; allow it with --allow-unreg" in err
    code, out, _ = run(capsys, str(path), "--allow-unregistered-dialect")
    assert code == 0
    assert '"zoo.lion"' in out


def test_a_caret_stands_below_its_column_also_behind_tabs():
    one = Diagnostic.at("error", "-:2:3", "bad")
    assert one.render("f", "first\n\t\tx\n") == "f:2:3: error: bad\n\t\tx\n\t\t^"
    assert one.render("f", "one line") == "f:2:3: error: bad"
    assert Diagnostic.at("note", "a/b", "here").render("f", "x") == "a/b: note: here"
    assert Diagnostic.of_text("pass `p`: -:7:2: bad; worse").render("f") == (
        "f:7:2: error: pass `p`: bad; worse"
    )

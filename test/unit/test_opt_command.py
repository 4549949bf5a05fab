"""The command `rlxflow-opt`: files, flags, errors and exit codes."""

import subprocess
import sys

import pytest

from rlxflow.cli import opt, opt_form
from rlxflow.ir.module import IrModule

TEXT = """
func.func public @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    %1 = stablehlo.negate %a : tensor<4x7xf32>
    "rlx.yield"(%1) : (tensor<4x7xf32>) -> ()
  }) {block = "minus", mode = #rlx.mode<auto>, name = "n"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
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


def test_flags_are_passes_in_their_order(capsys, source):
    code, out, err = run(capsys, "--rlx-outline-stages", source, "--rlx-composite-to-call")
    assert (code, err) == (0, "")
    assert "call @minus" in out
    code, out, _ = run(capsys, source, "--rlx-composite-to-call", "--rlx-outline-stages")
    assert "stablehlo.composite" in out
    code, out, _ = run(capsys, source, "--rlx-lower-stage-modes=policy=skip modes=n=keep")
    assert "stablehlo.composite" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--rlx-inline-stage"],
            "did you mean `--rlx-inline-stages`",
        ),
        (
            ["--splt-input-file"],
            "unknown flag `--splt-input-file`; did you mean `--split-input-file`?",
        ),
        (["-cse"], "unknown flag `-cse`; did you mean `--cse`?"),
        (["--qwertyuiop"], "unknown flag `--qwertyuiop`; see --help and --list-passes"),
        (["--cse=x=1"], "pipeline `cse{x=1}`: found"),
        (["--pass-pipeline=cse", "--cse"], "passes in one of the two ways"),
        (["--rlx-lower-stage-modes=policy=x"], "expected direct | fusable | skip, found `x`"),
        (["other.mlir"], "expected one input file, found"),
        (["-o"], "expected one argument; see `rlxflow-opt --help`"),
        (["-o", "/no such folder/x.mlir"], "expected a folder /no such folder"),
        (["--rlx-lower-stage-modes=modes=n=kernel"], "stage `n`: expected a kernel for block"),
    ],
)
def test_a_user_error_is_one_line_and_code_1(capsys, source, arguments, message):
    code, out, err = run(capsys, source, *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("error: ")
    assert message in err
    assert err.count("\n") == 1


def test_a_wrong_pipeline_is_shown(capsys, source):
    code, out, err = run(capsys, source, "--pass-pipeline=builtin.module(cse,cze)")
    assert (code, out) == (1, "")
    assert err.startswith("error: unknown pass `cze`; did you mean `cse`?")
    assert err.endswith(f":\n  builtin.module(cse,cze)\n{' ' * 21}^\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('func.func @f() {\n  %0 = "a.b"() : ) -> ()\n}\n', ":2:17: error: "),
        (TEXT.replace('"n"', '"a/b"'), ":3:8: error: 'rlx.stage' op (C1) name must"),
        (TEXT.replace("return %0", "return"), ":8:9: error: expected"),
    ],
)
def test_an_error_in_the_file_has_its_place(capsys, tmp_path, text, message):
    path = tmp_path / "bad.mlir"
    path.write_text(text)
    code, out, err = run(capsys, str(path))
    assert (code, out) == (1, "")
    assert err.startswith(f"{path}{message}")
    assert err.count("error:") == 1


def test_a_missing_file_and_one_that_is_no_mlir(capsys, tmp_path):
    code, _, err = run(capsys, str(tmp_path / "none.mlir"))
    assert code == 1
    assert "expected a file that can be read" in err
    (tmp_path / "junk").write_bytes(b"\xff\xfe\x00")
    code, _, err = run(capsys, str(tmp_path / "junk"))
    assert code == 1
    assert "expected MLIR text, bytecode, a portable artifact or HLO text, found others" in err


def test_a_bug_is_code_2(capsys, source, monkeypatch):
    def fail(_):
        raise KeyError("oops")

    monkeypatch.setattr(opt_form, "summary", fail)
    code, _, err = run(capsys, source, "--emit=summary")
    assert code == 2
    assert err.endswith("error: internal: please report this traceback\n")


def test_output_goes_to_a_file_as_text_or_bytecode(capsys, source, tmp_path):
    text, binary = tmp_path / "out.mlir", tmp_path / "out.mlirbc"
    assert run(capsys, source, "-o", str(text)) == (0, "", "")
    assert run(capsys, source, "-o", str(binary)) == (0, "", "")
    assert binary.read_bytes().startswith(b"ML\xefR")
    assert run(capsys, str(binary)) == (0, text.read_text(), "")
    assert IrModule.parse(text.read_text()).text() == text.read_text()


def test_every_part_of_a_split_file_is_treated_and_dumped(capsys, tmp_path):
    path = tmp_path / "two.mlir"
    path.write_text(TEXT + "// -----\n" + TEXT.replace("minus", "negative"))
    dumps = tmp_path / "dumps"
    arguments = ["--split-input-file", "--rlx-outline-stages", f"--dump-dir={dumps}"]
    code, out, _ = run(capsys, str(path), *arguments)
    assert code == 0
    first, second = out.split("// -----\n")
    assert "@minus" in first
    assert "@negative" in second
    names = sorted(str(p.relative_to(dumps)) for p in dumps.rglob("*.mlir"))
    one = ["00_flow.mlir", "01_rlx-outline-stages.mlir"]
    assert names == [f"{i}/{name}" for i in (0, 1) for name in one]


def test_the_verifier_can_be_left_out(capsys, tmp_path):
    path = tmp_path / "bad.mlir"
    path.write_text(TEXT.replace('"n"', '"a/b"'))
    code, out, _ = run(capsys, str(path), "--no-verify-rlx")
    assert code == 0
    assert "rlx.stage" in out
    code, _, err = run(capsys, str(path), "--no-verify-rlx", "--rlx-verify")
    assert code == 1
    assert f"{path}:3:8: error: pass `rlx-verify`: 'rlx.stage' op (C1)" in err


def test_an_error_of_a_pass_can_be_expected(capsys, tmp_path):
    path = tmp_path / "kernel.mlir"
    path.write_text(TEXT + "// expected-error@unknown {{stage `n`: expected a kernel}}\n")
    flag = "--rlx-lower-stage-modes=modes=n=kernel"
    assert run(capsys, str(path), flag, "--verify-diagnostics") == (0, "", "")


def test_print_flags_and_lists(capsys, source):
    _, out, _ = run(capsys, source, "--mlir-print-op-generic")
    assert '"func.func"' in out
    _, out, _ = run(capsys, source, "--mlir-print-debuginfo")
    assert "loc(" in out
    _, out, _ = run(capsys, source, "--emit=summary")
    assert out == "n  minus  f32[4, 7] -> f32[4, 7]  weights=0  ops=1\n"
    _, out, _ = run(capsys, "--list-passes")
    assert "--rlx-lower-stage-modes" in out
    assert "  --cse  " in out
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert "examples:\n  rlxflow-opt model.mlir --rlx-outline-stages" in out


def test_standard_input_is_read_and_jax_is_not_imported():
    code = (
        "import sys; from rlxflow.cli.opt import main; "
        "code = main(['--rlx-inline-stages']); sys.exit(code or 'jax' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, input=TEXT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "stablehlo.negate %arg0" in done.stdout

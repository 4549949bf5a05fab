"""Modules that broke a reader once: nested too deep, in a circle, odd bytes; now errors.

Most were found by `tools/fuzz/fuzz.py`, and made small by it.
"""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest

from rlxflow.cli import opt, reduce
from rlxflow.cli.main import main
from rlxflow.errors import FlowError, ParseError
from rlxflow.ir.bindings import ir, new_context
from rlxflow.ir.module import IrModule
from rlxflow.ir.summary import summary
from rlxflow.ir.verifier import violations
from rlxflow.passes.parse import parse_pipeline

DAMAGED = Path(__file__).resolve().parent / "damaged"
TYPE = "tensor<5xf32>"
KNOWN = '{block = "mlp", mode = #rlx.mode<auto>, name = "n"}'


def nested(depth: int) -> str:
    """Returns a module with stages inside each other."""
    head = f"func.func @main(%a0: {TYPE}) -> {TYPE} {{\n"
    opened = "".join(
        f'%r{i} = "rlx.stage"(%a{i}) ({{\n^bb0(%a{i + 1}: {TYPE}):\n' for i in range(depth)
    )
    inner = [f"%r{i + 1}" for i in range(depth - 1)] + [f"%a{depth}"]
    closed = "".join(
        f'"rlx.yield"({value}) : ({TYPE}) -> ()\n}}) {KNOWN} : ({TYPE}) -> {TYPE}\n'
        for value in reversed(inner)
    )
    return f"{head}{opened}{closed}return %r0 : {TYPE}\n}}\n"


def refusal(source: str | bytes) -> str:
    with pytest.raises(ParseError) as raised:
        IrModule.parse(source, "m.mlir")
    return str(raised.value)


def test_stages_as_deep_as_allowed_are_read_and_lowered() -> None:
    module = IrModule.parse(nested(98))
    assert violations(module) == []
    for name in ("rlx-outline-stages", "rlx-lower-stage-modes{layers=call}", "rlx-inline-stages"):
        copy = module.clone()
        parse_pipeline(name).run(copy)
        assert "rlx.stage" not in copy.text()
    assert summary(module).count("\n") == 98


@pytest.mark.parametrize(
    ("depth", "said"),
    [
        (100, "m.mlir:200:8: operation `rlx.stage`: expected at most 100 operations inside each"),
        (10_000, "m.mlir:499:19: expected brackets at most 500 deep, found deeper ones"),
    ],
)
def test_stages_that_are_deeper_are_refused(depth: int, said: str) -> None:
    assert refusal(nested(depth)).startswith(said)
    assert refusal(nested(depth).encode()).startswith(said)


def test_depth_is_refused_in_bytecode_too() -> None:
    buffer = BytesIO()
    with new_context():
        raw = ir.Module.parse(nested(101))
        raw.operation.write_bytecode(buffer)
    assert "operation `rlx.stage`: expected at most 100" in refusal(buffer.getvalue())


DEEP = 3000


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"func.func @f() attributes {{a = {'[' * DEEP}{']' * DEEP}}} {{return}}", "m.mlir:1:531:"),
        (f"\nfunc.func @f(%x: {'tuple<' * DEEP}f32{'>' * DEEP}) {{return}}", "m.mlir:2:3017:"),
        ("module {" * DEEP + "}" * DEEP, "m.mlir:1:4008:"),
        (
            '#a0 = "x"\n' + "".join(f"#a{i + 1} = [#a{i}]\n" for i in range(DEEP)),
            "m.mlir:501:1: expected aliases at most 500 deep",
        ),
        (
            "!a0 = f32\n" + "".join(f"!a{i + 1} = tuple<!a{i}>\n" for i in range(DEEP)),
            "m.mlir:501:1: expected aliases",
        ),
        (
            '#l0 = loc("x")\n' + "".join(f'#l{i + 1} = loc("x"(#l{i}))\n' for i in range(DEEP)),
            "m.mlir:501:1: expected aliases",
        ),
    ],
)
def test_deep_attributes_types_and_aliases_are_refused(text: str, said: str) -> None:
    assert refusal(text).startswith(said)


def test_brackets_in_strings_comments_and_arrows_count_for_nothing() -> None:
    text = f'func.func @f() attributes {{a = "{"[(" * DEEP}\\"{"{" * DEEP}"}} {{ // {"<" * DEEP}\n'
    text += "func.call @g() : () -> ()\nreturn}\n"
    text += "func.func private @g()\n" + "// ->\n" * DEEP
    assert len(IrModule.parse(text).text()) > 3 * DEEP
    hidden = 'func.func @f() attributes {a = [")]}"], b = ' + "[" * DEEP + "]" * DEEP + "} {return}"
    assert "brackets at most 500" in refusal(hidden)


def test_functions_in_a_circle_are_refused_where_they_call() -> None:
    text = """func.func @main(%x: f32) -> f32 {
  %0 = call @"f g"(%x) : (f32) -> f32
  return %0 : f32
}
func.func private @"f g"(%x: f32) -> f32 {
  %0 = call @h(%x) : (f32) -> f32
  return %0 : f32
}
"""
    end = """func.func private @h(%x: f32) -> f32 {
  %0 = call @NAME(%x) : (f32) -> f32
  return %0 : f32
}
"""
    said = refusal(text + end.replace("NAME", '"f g"'))
    assert "expected functions that do not call each other in a circle" in said
    assert said.startswith("m.mlir:6:8: function @f g") == ("found @f g -> @h -> @f g" in said)
    assert said.startswith("m.mlir:10:8: function @h") == ("found @h -> @f g -> @h" in said)
    fine = text + end.replace("NAME", "i") + "func.func private @i(f32) -> f32\n"
    assert IrModule.parse(fine).text()


def test_a_composite_that_is_its_own_decomposition_is_refused() -> None:
    text = f"""func.func @f(%x: {TYPE}) -> {TYPE} {{
  %0 = stablehlo.composite "a.b" %x {{decomposition = @f}} : ({TYPE}) -> {TYPE}
  return %0 : {TYPE}
}}
"""
    assert "m.mlir:2:8: function @f: expected functions that do not" in refusal(text)
    assert "m.mlir:2:8: 'g' does not reference a valid function" in refusal(
        text.replace("@f}", "@g}")
    )


def test_unknown_dialects_are_let_in_where_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "m.mlir"
    file.write_text('func.func @main() {\n  "a.b"() : () -> ()\n  return\n}\n')
    reduce_arguments = [str(file), "--contains", ".", "-o", str(tmp_path / "small.mlir")]
    for program, arguments in (
        (main, ["run", str(file)]),
        (main, ["inspect", str(file)]),
        (reduce.main, reduce_arguments),
        (opt.main, [str(file)]),
    ):
        assert program(arguments) == 1
        said = capsys.readouterr().err
        assert "m.mlir:2:3: " in said
        assert "'a.b' op is of an unknown dialect" in said
    assert opt.main([str(file), "--allow-unregistered-dialect"]) == 0


@pytest.mark.parametrize(
    "text",
    [
        b'func.func @main() {\n  "rlx.sta\xffge"() : () -> ()\n  return\n}',
        b'"builtin.modu\xe4e"() ({\n}) : () -> ()',
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    ],
)
def test_bytes_that_are_no_text_are_refused(text: bytes) -> None:
    assert "expected MLIR whose strings are UTF-8, found byte 0x" in refusal(text)


def test_strings_that_are_not_utf_8_are_refused() -> None:
    """jaxlib would end the process where it gives such a name, or place, to Python."""
    text = 'func.func @main(%x: tensor<2xf32> {rlx.input = "\\C3\\A9x"}) {return loc("ß")}'
    module = IrModule.parse(text)
    assert [port.name for port in module.arguments()] == ["éx"]
    assert IrModule.parse(module.bytecode()).text() == module.text()
    assert "m.mlir:1:48: expected MLIR whose strings are UTF-8" in refusal(text.replace("A9", "F9"))
    for old, new in ((b"ret", b"r\xf9t"), ("ß".encode(), b"\xc3\xc3"), (b"-\0", b"\x80\0")):
        damaged = module.bytecode().replace(old, new)
        assert "m.mlir: byte " in refusal(damaged)


def test_attributes_that_python_cannot_read_are_refused() -> None:
    text = "func.func @main() {\n  return {rlx.a = loc(unknown)}\n}"
    said = "operation `func.return`: expected attributes that are UTF-8, and no locations"
    assert f"m.mlir:2:3: {said}" in refusal(text)
    module = IrModule.parse("func.func @main() {return {rlx.a = #rlx.mode<auto>}}")
    assert said in refusal(module.bytecode().replace(b"#rlx.mode<auto>", b"#rlx.mode<a\xffto>"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("func.func @main(%x: f32) { return }", "input `arg0`: expected a tensor with a rank"),
        ("func.func @main(%x: tensor<*xf32>) { return }", "expected a tensor with a rank"),
        ("func.func private @main(tensor<2xf32>)", "function @main: expected a body"),
        (
            "func.func @main(%x: tensor<2xf32> {rlx.input = 3 : i64}) { return }",
            "expected a string as name of a value, found 3 : i64",
        ),
        (
            "func.func @main(%x: tensor<2xf32> {rlx.param = 'x', rlx.parts = 3 : i64}) { return }",
            "expected a list of names as `rlx.parts`",
        ),
        (
            "func.func @main(%x: tensor<2xi32> {rlx.below = 'x'}) { return }",
            "expected a number as `rlx.below`",
        ),
    ],
)
def test_a_main_that_nobody_can_call(text: str, said: str) -> None:
    with pytest.raises(FlowError) as raised:
        IrModule.parse(text.replace("'", '"')).arguments()
    assert said in str(raised.value)


def test_an_input_that_no_memory_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "m.mlir"
    file.write_text("func.func @main(%x: tensor<1000000000000xf32>) { return }")
    assert main(["run", str(file), "--fill", "iota"]) == 1
    assert "input `arg0`: expected an array that the memory holds" in capsys.readouterr().err


def test_an_end_by_a_signal_is_an_error(tmp_path: Path) -> None:
    """The parser of jaxlib has no limit for signs in affine maps, and ends by a stack overflow."""
    file = tmp_path / "m.mlir"
    signs = "-" * 100_000
    file.write_text(f"func.func @f() attributes {{a = affine_map<(x) -> ({signs}x)>}} {{return}}")
    command = [sys.executable, "-m", "rlxflow.cli.opt", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith(f"error: {file}: reading it: found an end of")
    assert "SIGSEGV" in done.stderr


@pytest.mark.parametrize(
    "name", ["segfault.mlirbc", "abort.vhlo", "heap.mlirbc", "memory.vhlo", "nothing.mlirbc"]
)
def test_damaged_bytecode_is_an_error_whatever_it_does_to_jaxlib(name: str) -> None:
    """The first two end the process in jaxlib 0.10.2, inside its reader of bytecode.

    The fourth asks for all memory there is: 3 GB here, which are asked for in no time.
    """
    limited = ["sh", "-c", 'ulimit -v 3000000; exec "$@"', "sh"]
    command = [*limited, sys.executable, "-m", "rlxflow.cli.opt", str(DAMAGED / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "error: " in done.stderr
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_reading_without_an_end_is_ended() -> None:
    """As jaxlib's reader does with damaged/no_end.mlirbc, for which a minute is waited."""
    program = """
import sys, time
from rlxflow.cli import supervise
supervise.signal.alarm = lambda seconds, alarm=supervise.signal.alarm: alarm(seconds // 60)
def read():
    with supervise.reading("m.mlirbc", 290):
        time.sleep(60)
    return 0
sys.exit(supervise.supervised(read))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    said = "error: m.mlirbc: reading it: found no end of it; the file is damaged\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def test_states_that_nobody_gives_back_are_no_reason_to_fail() -> None:
    layer = nested(2).partition("{\n")[2].partition("return")[0]
    head = f"func.func @main(%a0: {TYPE}, %b: {TYPE} {{rlx.state = 'k.0'}}, ".replace("'", '"')
    head += f"%c: {TYPE} {{rlx.state = 'k.1'}}) -> {TYPE} {{\n".replace("'", '"')
    one = layer.replace("(%a0)", "(%a0, %b)").replace("^bb0(%a1:", f"^bb0(%s: {TYPE}, %a1:")
    one = one.rpartition(f" : ({TYPE})")[0].replace('"n"', '"l.0"')
    first = f"{one} : ({TYPE}, {TYPE}) -> {TYPE}\n"
    second = first.replace("(%a0, %b)", "(%r0, %c)").replace("%r0 =", "%q0 =").replace("l.0", "l.1")
    module = IrModule.parse(f"{head}{first}{second}return %q0 : {TYPE}\n}}\n")
    parse_pipeline("rlx-roll-layers").run(module)
    assert violations(module) == []
    assert module.text().count("rlx.stage") == 4  # they are not rolled

"""Forms of modules: told apart by content, HLO there and back, portable artifacts by version."""

import pytest

from rlxflow.errors import CompileError, InputError, ParseError, VerifyError
from rlxflow.ir import bindings
from rlxflow.ir.hlo import from_hlo, to_hlo
from rlxflow.ir.module import IrModule
from rlxflow.ir.portable import oldest_version, target_version
from rlxflow.ir.reading import format_of, read_module, text_or_bytes


def module(body: str) -> IrModule:
    head = "func.func public @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {\n"
    return IrModule.parse(f"{head}  {body}\n  return %y : tensor<4x7xf32>\n}}\n")


TANGENT = "%y = stablehlo.tan %x : tensor<4x7xf32>"
TEXT_OF_HLO = """HloModule small

ENTRY main {
  p = f32[4,7] parameter(0)
  e = f32[4,7] erf(p)
  ROOT top = (f32[4,3], s32[4,3]) topk(e), k=3, largest=true
}
"""

CALLS_A_DECLARATION = """
func.func public @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = call @g(%x) : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}
func.func private @g(tensor<4x7xf32>) -> tensor<4x7xf32>
"""
CRASHES = """HloModule crashes

ENTRY main {
  p = f32[4,6] parameter(0)
  ROOT r = f32[8] reshape(p)
}
"""


def test_a_form_is_known_by_its_content():
    one = module(TANGENT)
    assert format_of(one.text()) == "text"
    assert format_of(one.bytecode()) == "bytecode"
    assert format_of(one.portable()) == "portable"
    assert format_of(to_hlo(one)) == "hlo"
    assert format_of(f"// HLO of today\n\n/* two\nlines */ {TEXT_OF_HLO}") == "hlo"
    assert format_of("// HloModule is only spoken of\nfunc.func @f() {\n  return\n}") == "text"


def test_every_form_is_read():
    one = module(TANGENT)
    for data in (one.text().encode(), one.bytecode(), one.portable("1.4.0")):
        assert read_module(data).text() == one.text()
    assert "stablehlo.tan" in read_module(to_hlo(one).encode()).text()
    with pytest.raises(ParseError, match=r"junk: expected MLIR text, bytecode, .* found others"):
        text_or_bytes(b"\xff\xfe", "junk")


def test_hlo_without_a_twin_in_stablehlo_becomes_chlo():
    text = from_hlo(TEXT_OF_HLO).text()
    assert "chlo.erf" in text
    assert "chlo.top_k" in text
    assert "k = 3" in text
    assert "tensor<4x3xi32>" in text
    again = from_hlo(to_hlo(from_hlo(TEXT_OF_HLO))).text()
    assert again.count("chlo.") == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT_OF_HLO.replace("erf(", "erv("), r"^f\.hlo:5:16: .*nknown opcode: erv"),
        (
            TEXT_OF_HLO.replace("erf(", "copy("),
            "HLO that StableHLO can say, found `copy`; give the",
        ),
        (TEXT_OF_HLO.replace("=true", "=false"), "HLO that StableHLO can say, found `topk`"),
        ("HloModule", r"^f\.hlo:1:"),
        (CRASHES, r"^f\.hlo: expected HLO, found text at which XLA's parser gives up: .*f32\[8\]"),
    ],
)
def test_hlo_that_cannot_be_read_is_an_error_with_its_place(text, message):
    with pytest.raises(ParseError, match=message):
        from_hlo(text, "f.hlo")


def test_a_jaxlib_without_conversions_is_named(monkeypatch):
    monkeypatch.setattr(bindings, "import_module", lambda name: object())
    for act in (lambda: to_hlo(module(TANGENT)), lambda: from_hlo(TEXT_OF_HLO)):
        with pytest.raises(CompileError, match=r"conversions of jaxlib .* found none in jaxlib \d"):
            act()


def test_a_module_that_xla_cannot_take_is_an_error():
    two = IrModule.parse("func.func @f() {\n return\n}\nfunc.func @g() {\n return\n}")
    with pytest.raises(CompileError, match="HLO: found "):
        to_hlo(two)
    called = IrModule.parse(CALLS_A_DECLARATION)
    with pytest.raises(
        CompileError, match="HLO: function @g: expected a body, found a declaration"
    ):
        to_hlo(called)


def test_versions_have_names_and_limits():
    assert target_version("minimum") == "0.9.0"
    assert target_version(None) == target_version("current")
    assert target_version("1.4.0") == "1.4.0"
    for wrong in ("1.4", "0.8.0", "999.0.0", "latest", ""):
        with pytest.raises(InputError, match=r"minimum, current or 0\.9\.0 to .* found"):
            target_version(wrong)


def test_the_oldest_version_is_the_one_that_brought_an_operation():
    assert oldest_version(module("%y = stablehlo.abs %x : tensor<4x7xf32>").module) == "0.9.0"
    tangent = module(TANGENT)
    assert oldest_version(tangent.module) == "1.4.0"
    with pytest.raises(VerifyError, match=r"found `tan`; the oldest .* is 1\.4\.0"):
        tangent.portable("1.3.0")
    assert tangent.text() == module(TANGENT).text()
    assert (
        oldest_version(module('%y = "a.b"(%x) : (tensor<4x7xf32>) -> tensor<4x7xf32>').module)
        is None
    )


def test_what_no_version_has_is_named_with_a_cure():
    one = module("%y = chlo.erf %x : tensor<4x7xf32> -> tensor<4x7xf32>")
    with pytest.raises(
        VerifyError, match=r"^-:2:8: .*found `chlo\.erf`; run chlo-legalize-to-stab"
    ):
        one.portable()

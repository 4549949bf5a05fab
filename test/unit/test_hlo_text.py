"""HLO text is read as XLA prints it, and what is no HLO is an error that says where."""

from __future__ import annotations

import pytest

from rlxflow.errors import ParseError
from rlxflow.inspect import hlo_shape
from rlxflow.inspect.build import ledger_of_text
from rlxflow.inspect.hlo import HloModule

TEXT = """HloModule jit_f, is_scheduled=true, input_output_alias={ {1}: (0, {}, may-alias) }

%add.1 (a.1: f32[], b.1: f32[]) -> f32[] {
  %a.1 = f32[] parameter(0)
  %b.1 = f32[] parameter(1)
  ROOT %sum.1 = f32[] add(%a.1, %b.1)
}

%body (t: (s32[], /*index=1*/f32[2,3])) -> (s32[], f32[2,3]) {
  %t = (s32[], /*index=1*/f32[2,3]{1,0}) parameter(0)
  %i = s32[] get-tuple-element(%t), index=0
  %x.1 = f32[2,3]{1,0} get-tuple-element(%t), index=1
  ROOT %next = (s32[], f32[2,3]{1,0}) tuple(%i, /*index=1*/%x.1)
}

ENTRY %main.7 (p0: f32[2,3]) -> (f32[2], f32[2,3]) {
  %p0 = f32[2,3]{1,0} parameter(0), metadata={op_name="arguments[0]"}
  %c = c64[2]{0} constant({(1, 2), (3, 4)})
  %zero = f32[] constant(0), metadata={op_name="jit(f)/rlx_module/a \\"b\\""}
  %r = f32[2]{0} reduce(f32[2,3]{1,0} %p0, f32[] %zero), dimensions={1}, to_apply=%add.1
  %s = s32[] constant(4)
  %in = (s32[], f32[2,3]{1,0}) tuple(%s, %p0)
  %while.2 = (s32[], f32[2,3]{1,0}) while(%in), condition=%body, body=%body, TRIPS
  %g = f32[2,3]{1,0} get-tuple-element(%while.2), index=1
  ROOT %out = (f32[2]{0}, f32[2,3]{1,0}) tuple(%r, %g)
}
""".replace("TRIPS", 'backend_config={"known_trip_count":{"n":"12"}}')


def test_a_module_is_its_computations() -> None:
    module = HloModule.parse(TEXT)
    assert module.name == "jit_f"
    assert list(module.computations) == ["add.1", "body", "main.7"]
    assert module.entry.name == "main.7"
    assert module.aliases == {1: 0}


def test_an_instruction_has_operands_however_they_are_printed() -> None:
    entry = HloModule.parse(TEXT).entry
    assert entry.instructions["r"].operands == ("p0", "zero")  # with their types
    assert entry.instructions["out"].operands == ("r", "g")
    body = HloModule.parse(TEXT).computations["body"]
    assert body.instructions["next"].operands == ("i", "x.1")  # with a comment between
    assert entry.instructions["c"].argument == "{(1, 2), (3, 4)}"
    assert entry.root is entry.instructions["out"]
    assert [user.name for user in entry.users["p0"]] == ["r", "in"]


def test_an_instruction_says_what_it_calls_and_how_often() -> None:
    module = HloModule.parse(TEXT)
    loop = module.entry.instructions["while.2"]
    assert loop.called == ["body", "body"]
    assert loop.trip_count == 12
    assert module.entry.instructions["r"].trip_count is None
    assert [c.name for c in module.called(module.entry.instructions["r"])] == ["add.1"]
    assert module.entry.instructions["p0"].op_name == "arguments[0]"
    assert module.computations["body"].instructions["x.1"].index == 1


def test_text_without_percent_signs_reads_the_same() -> None:
    plain = HloModule.parse(TEXT.replace("%", ""))
    assert plain.entry.instructions["out"].operands == ("r", "g")
    assert plain.entry.instructions["while.2"].called == ["body", "body"]


@pytest.mark.parametrize(
    ("shape", "dtype", "sizes", "size"),
    [
        ("f32[]", "f32", (), 4),
        ("bf16[3,5]{1,0}", "bf16", (3, 5), 30),
        ("pred[7]{0}", "pred", (7,), 7),
        ("s4[6]{0}", "s4", (6,), 6),
        ("s4[6]{0:E(4)}", "s4", (6,), 3),
        ("f8e4m3fn[9]{0}", "f8e4m3fn", (9,), 9),
        ("f32[<=5,2]{1,0}", "f32", (5, 2), 40),
        ("f32[2,3]{1,0:T(8,128)}", "f32", (2, 3), 24),
    ],
)
def test_shapes_have_bytes(shape: str, dtype: str, sizes: tuple[int, ...], size: int) -> None:
    (array,) = hlo_shape.arrays(shape)
    assert (array.dtype, array.sizes, array.nbytes) == (dtype, sizes, size)
    assert hlo_shape.nbytes(shape) == size


def test_a_tuple_counts_as_its_table_of_pointers() -> None:
    shape = "(f32[2]{0}, /*index=1*/(s32[], token[]))"
    assert [str(array) for array in hlo_shape.arrays(shape)] == ["f32[2]", "s32[]", "token[]"]
    assert hlo_shape.content_bytes("(f32[2]{0}, s32[])") == 12
    assert hlo_shape.nbytes("(f32[2]{0}, s32[])") == 16


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("HloModule jit_f", "Module", "x: expected `HloModule` and an ENTRY computation"),
        ("ENTRY ", "", "x: expected `HloModule` and an ENTRY computation"),
        ("%s = s32[] constant(4)", "%s = ?", "x:21: expected an HLO instruction, found `%s = \\?`"),
        ("tuple(%r, %g)", "tuple(%r, %h)", "x:25: .*found `h`, which is none"),
    ],
)
def test_what_is_no_hlo_is_an_error_with_its_line(old: str, new: str, message: str) -> None:
    assert old in TEXT
    with pytest.raises(ParseError, match=message):
        HloModule.parse(TEXT.replace(old, new), "x")


def test_a_call_of_nothing_is_an_error() -> None:
    module = HloModule.parse(TEXT.replace("to_apply=%add.1", "to_apply=%gone"))
    with pytest.raises(ParseError, match="`r`: expected computations, found `gone`"):
        module.called(module.entry.instructions["r"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("parameter(0), metadata", "parameter(none), metadata"),
        ("get-tuple-element(%while.2), index=1", "get-tuple-element(%while.2), indx=1"),
        ("to_apply=%add.1", "apply=%add.1"),
        ("condition=%body, body=%body", "condition=%main.7, body=%main.7"),
    ],
)
def test_damaged_attributes_are_an_error(old: str, new: str) -> None:
    assert ledger_of_text(TEXT, "x").total.kernels > 0
    assert old in TEXT
    with pytest.raises(ParseError, match="x: expected optimised HLO as XLA prints it"):
        ledger_of_text(TEXT.replace(old, new), "x")

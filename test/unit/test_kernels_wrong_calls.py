"""Hand-written modules that call kernels: each wrong operand, result or attribute is an error.

Every kernel is called rightly once, and once for each thing that can be wrong; an end of the
process, or numbers instead of an error, fails the test.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.cli import main as cli
from rlxflow.errors import KernelError
from rlxflow.kernels.check_calls import FORMS
from rlxflow.kernels.library import need_library
from rlxflow.runtime import primitive

sys.path.insert(0, str(Path(__file__).resolve().parent))
from kernel_calls import (
    CALLS,
    Call,
    attend_decode,
    attend_decode_writing,
    attend_prefill,
    embed_rows,
    experts,
    linear,
    linear_glu,
    linear_of_stack,
)

pytestmark = pytest.mark.kernels
OTHER = {"f32": ("f16", "i32"), "ui8": ("i8",), "i32": ("f32",), "i8": ("ui8",), "i1": ("i8",)}
SHOWN = {"ui8": "u8"}
FITS = {  # caches of f16, any number of scores, ids of any rank
    ("rlxflow.attend_decode.v1", "keys", "f16"),
    ("rlxflow.argmax.v1", "scores", "size"),
    ("rlxflow.top_k.v1", "scores", "size"),
    ("rlxflow.embed_rows.v1", "ids", "rank"),
}
HUGE = ("-9223372036854775808", "9223372036854775807", "4611686018427387904", "1073741888")


def spoiled(call: Call) -> Iterator[tuple[str, str, Call]]:
    """Yields calls with one operand or result of another type, rank or size, and what it is now."""
    aliased = {[*call.operands][i] for i in call.aliases.values()}
    aliased |= {[*call.results][i] for i in call.aliases}  # else it is no module
    for change, values in ((call.operand, call.operands), (call.result, call.results)):
        for name, (dtype, shape) in values.items():
            more = -1 if name == "workspace" else 1  # which may be larger than it must
            for what, wrong in (
                *((other, (other, shape)) for other in OTHER[dtype]),
                ("rank", (dtype, (*shape, 1))),
                *(("size", (dtype, (*shape[:-1], n + more))) for n in shape[-1:]),
            ):
                if name not in aliased and (call.target, name, what) not in FITS:
                    shown = f"{SHOWN.get(wrong[0], wrong[0])}{list(wrong[1])}"
                    yield what, shown, change(name, *wrong)


def test_forms_are_those_of_the_library() -> None:
    assert {make().target for make in CALLS} == set(FORMS) == set(need_library("tests").targets)


@pytest.mark.parametrize("make", CALLS)
def test_right_calls_give_numbers(make: Callable[[], Call]) -> None:
    found = make().run()
    assert [found[name].shape for name in make().results] == [s for _, s in make().results.values()]


@pytest.mark.parametrize("make", CALLS)
def test_calls_without_rows_give_nothing(make: Callable[[int], Call]) -> None:
    found = make(0).run()
    assert [found[name].shape for name in make(0).results] == [
        shape for _, shape in make(0).results.values()
    ]


@pytest.mark.parametrize("make", CALLS)
def test_wrong_operands_and_results_are_named(
    make: Callable[[], Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the kernel itself, as it is called from anywhere.

    A size may be wrong of one operand or of another: both are in the message then.
    """
    monkeypatch.setattr(primitive, "check_calls", lambda module, where: None)
    for what, shown, call in spoiled(make()):
        with pytest.raises(KernelError) as caught:
            call.run()
        message = str(caught.value)
        assert f"program `probe`: kernel {call.target.split('.')[1]}: " in message
        assert shown in message or what == "size"
        assert re.search(r"expected|needs?", message)


@pytest.mark.parametrize("make", [make for make in CALLS if make is not embed_rows])
def test_bytes_of_another_form_are_refused_before_anything_is_compiled(
    make: Callable[[], Call],
) -> None:
    """A workspace, and the weights of experts."""
    call = make()
    weights = ("gate", "up", "down") if call.target == experts().target else ()
    wrong = [call.operand(name, "ui8", (3, 1, 2)) for name in weights]
    wrong += [call.operand(name, "i8", call.operands[name][1]) for name in weights]
    *_, (name, (_, shape)) = call.results.items()
    wrong += [call.result(name, "ui8", (*shape, 1)), call.result(name, "f32", shape)]
    for each in wrong:
        text = (
            rf"`probe`: call of {call.target}: expected .*, (a weight|the workspace), of type ui8"
        )
        with pytest.raises(KernelError, match=text):
            rf.BuiltModel.from_mlir(each.text(), name="probe").compile()


@pytest.mark.parametrize("text", ["-1", "0", "2", *HUGE])
@pytest.mark.parametrize(
    ("make", "name", "form"),
    [
        (linear, "in_dim", "{} : i64"),
        (linear, "out_dims", "array<i64: {}>"),
        (linear_glu, "in_dim", "{} : i64"),
        (linear_glu, "out_dim", "{} : i64"),
        (embed_rows, "in_dim", "{} : i64"),
        (embed_rows, "out_dim", "{} : i64"),
        (experts, "num_experts", "{} : i64"),
        (experts, "in_dim", "{} : i64"),
        (experts, "inner_dim", "{} : i64"),
    ],
)
def test_sizes_that_are_not_those_of_the_operands(
    make: Callable[[], Call], name: str, form: str, text: str
) -> None:
    call = make().attribute(name, form.format(text))
    with pytest.raises(KernelError, match=rf"kernel {call.target.split('.')[1]}: .*{text}\b"):
        call.run()


# The call, name and text of an attribute, and what is said of it.
WRONG_ATTRIBUTES = [
    (attend_decode, "window", "-1 : i64", "window is -1, expected 0 or more"),
    (attend_decode, "softcap", "-0.5 : f32", "softcap is -0.5, expected 0 or more"),
    (attend_prefill, "softcap", "0x7FC00000 : f32", "softcap is -?nan, expected"),
    (attend_prefill, "window", f"{HUGE[0]} : i64", f"window is {HUGE[0]}, expected"),
    (linear_glu, "act", '"swish"', 'act is "swish", expected one of silu'),
    (linear_glu, "formats", '"q8_0"', "2 out_dims, expected 1"),
    (linear, "formats", '""', 'formats is "", expected 1 to 8 of f32'),
    (linear, "formats", f'"{"f32," * 8}f32"', "formats is .*, expected 1 to 8 of f32"),
    (linear, "out_dims", "array<i64>", "has_residual with 0 matrices"),
    (linear, "has_bias", "false", "4 operands and 2 results, expected 3 and 2"),
    (
        linear_of_stack,
        "has_bias",
        "false",
        "5 operands and 2 results, expected 3 and 2, of stacks a layer more",
    ),
    (embed_rows, "format", '"q9_9"', 'format is "q9_9", expected one of f32'),
]


@pytest.mark.parametrize(("make", "name", "text", "message"), WRONG_ATTRIBUTES)
def test_wrong_attributes_are_named(
    make: Callable[[], Call], name: str, text: str, message: str
) -> None:
    call = make().attribute(name, text)
    with pytest.raises(KernelError, match=f"kernel {call.target.split('.')[1]}: {message}"):
        call.run()


def test_operands_that_belong_together_are_counted() -> None:
    with pytest.raises(KernelError, match="5 operands and 2 results, expected q, keys, values"):
        attend_decode().operand("more", "f32", (2,)).run()
    with pytest.raises(KernelError, match="result 1 is not the memory of its cache"):
        replace(attend_decode_writing(), aliases={}).run()


def test_huge_windows_hide_nothing() -> None:
    for make in (attend_decode, attend_prefill):
        wanted, found = make().run(), make().attribute("window", f"{HUGE[1]} : i64").run()
        assert np.array_equal(found["out"], wanted["out"])


@pytest.mark.parametrize("make", CALLS)
def test_calls_of_another_form_are_not_compiled(make: Callable[[], Call]) -> None:
    call = make()
    for name, text in call.attributes.items():
        other = "7 : i32" if "i32" not in text else "7.0 : f64"
        rest = {key: each for key, each in call.attributes.items() if key != name}
        for attributes in ({**rest, name: other}, rest):
            changed = replace(call, attributes=attributes)
            with pytest.raises(KernelError, match=rf"call of {call.target}: expected backend_conf"):
                changed.run()
    with pytest.raises(KernelError, match="expected api_version 4, found 1"):
        replace(call, api_version=1).run()
    first = next(iter(call.operands))
    few = replace(call, operands={first: call.operands[first]}, aliases={})
    many = {**call.results, **{f"more_{i}": ("f32", (2,)) for i in range(9)}}
    for changed, message in (
        (few, "operands, found 1"),
        (replace(call, results=many), f"results, found {len(many)}"),
    ):
        if (changed.operands, changed.results) != (call.operands, call.results):
            with pytest.raises(KernelError, match=message):
                changed.run()


def test_the_command_says_it_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.mlir"
    file.write_text(linear().operand("w_0", "ui8", (2000,)).text())
    assert cli.main(["run", str(file), "--fill", "random:7"]) == 1
    message = "kernel linear: w_0 is u8[2000] with 2000 bytes, q8_0[21, 64] needs u8[2176]"
    assert capsys.readouterr().err == f"error: program `wrong`: {message}\n"

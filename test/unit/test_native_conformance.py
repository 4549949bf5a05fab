"""One suite, two implementations: the Python verifier and passes against those of rlx-opt."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlxflow.cli.split_file import split_file
from rlxflow.errors import FlowError, PassError
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages
from rlxflow.ir.summary import summary
from rlxflow.ir.verifier import violations
from rlxflow.passes.parse import parse_pipeline

sys.path.insert(0, str(Path(__file__).resolve().parent))
from native import needs_rlx_opt, rlx_opt

pytestmark = needs_rlx_opt
ROOT = Path(__file__).resolve().parents[1]
MODE = "to be one of: auto, fuse, fence, kernel, keep"
PASSES = {
    "inline_stages.mlir": ["--rlx-inline-stages"],
    "outline_stages.mlir": ["--rlx-outline-stages"],
    "strip.mlir": ["--rlx-strip"],
    "summary.mlir": ["--rlx-outline-stages", "--rlx-inline-stages"],
    "call_layers.mlir": [
        "--rlx-lower-stage-modes=layers=call",
        "--rlx-lower-stage-modes=layers=auto",
        "--rlx-lower-stage-modes=layers=call modes=layers.2/act=fence",
        "--rlx-lower-stage-modes=layers=call policy=skip",
        "--rlx-lower-stage-modes=layers=call modes=**/act=keep",
    ],
    "lower_stage_modes_kernel.mlir": [
        "--rlx-lower-stage-modes",
        "--rlx-lower-stage-modes=policy=skip",
    ],
    "lower_stage_modes.mlir": [
        "--rlx-lower-stage-modes",
        "--rlx-lower-stage-modes=policy=skip",
        "--rlx-lower-stage-modes=modes=**=fence,layers.*/inner=fuse",
        "--rlx-lower-stage-modes=modes=block:cosine=keep",
        "--rlx-lower-stage-modes=modes=**/inn?r=keep,block:*=fence",
    ],
}
ERRORS = [
    "--rlx-lower-stage-modes",
    "--rlx-lower-stage-modes=modes=attn=fence",
    "--rlx-lower-stage-modes=modes=attention=fenc",
    "--rlx-lower-stage-modes=modes==keep",
    "--rlx-lower-stage-modes=modes=**=keep",
    "--rlx-lower-stage-modes=policy=skp",
    "--rlx-lower-stage-modes=layers=loop",
]


def parts(folder: str) -> Iterator[tuple[str, str]]:
    """Yields each module of the suite of a folder that jaxlib can parse, in generic form."""
    for path in sorted((ROOT / folder).glob("*.mlir")):
        for i, part in enumerate(split_file(path.read_text())):
            try:
                module = IrModule.parse(part)
            except FlowError:
                continue  # no module for either of them
            yield f"{path.name}:{i}", module.text(generic=True, debug_info=True)


def verdict(text: str) -> str:
    """Returns the Python verifier's first message; that about a mode as far as both say it."""
    found = violations(IrModule.parse(text))
    return cut(found[0].message if found else "")


def cut(message: str) -> str:
    """Returns a message without what only one of the two can say."""
    if MODE in message:
        return MODE
    return message.partition(";")[0].partition(" expected one of")[0]


CASES = dict([*parts("verify"), *parts("passes")])


@pytest.mark.parametrize("name", CASES)
def test_same_verdict_and_message(name: str) -> None:
    assert cut(rlx_opt(CASES[name]).error) == verdict(CASES[name])


@pytest.mark.parametrize("name", [n for n in CASES if not verdict(CASES[n])])
def test_valid_modules_come_back_bit_by_bit(name: str) -> None:
    back = IrModule.parse(rlx_opt(CASES[name]).text)
    known = IrModule.parse(CASES[name])
    for stage in stages(known):  # the native tools write the mode that a stage has if it has none
        if "mode" not in stage.op.attributes:
            stage.op.attributes["mode"] = ir.Attribute.parse("#rlx.mode<auto>", known.context)
    assert back.text(generic=True, debug_info=True) == known.text(generic=True, debug_info=True)


@pytest.mark.parametrize(("file", "option"), [(f, o) for f, row in PASSES.items() for o in row])
def test_same_module_after_a_pass(file: str, option: str) -> None:
    text = CASES[f"{file}:0"]
    name, _, options = option[2:].partition("=")
    ours = IrModule.parse(text)
    parse_pipeline(f"{name}{{{options}}}" if options else name).run(ours)
    theirs = IrModule.parse(rlx_opt(text, option).text)
    assert theirs.text(generic=True, debug_info=True) == ours.text(generic=True, debug_info=True)


@pytest.mark.parametrize("option", ERRORS)
def test_same_error_of_a_pass(option: str) -> None:
    text = CASES["lower_stage_modes_errors.mlir:0"]
    name, _, options = option[2:].partition("=")
    with pytest.raises(PassError) as raised:
        parse_pipeline(f"{name}{{{options}}}" if options else name).run(IrModule.parse(text))
    said = str(raised.value).partition("\n")[0].removeprefix(f"pass `{name}`: ")
    assert said.partition(";")[0] == rlx_opt(text, option).error.partition(";")[0]


def test_same_summary() -> None:
    text = CASES["summary.mlir:0"]
    for option in ((), ("--rlx-outline-stages",)):
        ours = IrModule.parse(text)
        parse_pipeline(",".join(o[2:] for o in option)).run(ours)
        theirs = rlx_opt(text, *option, "--rlx-print-stage-summary", "-o", "/dev/null").text
        assert theirs == summary(ours)


# Modules made at random, most of them broken.

TYPES = ("tensor<4x7xf32>", "tensor<3xi32>", "tensor<f32>")
NAMES = ('"layers.0"', '"n"', '""', '"a/b"', "7 : i64", "")
BLOCKS = ('"mlp"', '"rms_norm2"', '"Mlp"', '""', '"2x"', "unit", "")
MODES = ("#rlx.mode<auto>", "#rlx.mode<keep>", "#rlx.mode<on>", '"fuse"', "")
ORIGINS = ("", "", "[]", '["a", "b"]', '["a", ""]', "[3 : i64]", '"a"')
PARAMS = ("", "", "{eps = 1.0 : f64}", "[]", "7 : i64")
MARKS = (
    *("", "", 'rlx.input = "x"', 'rlx.param = "x"', 'rlx.input = "y"', "rlx.state = 3 : i64"),
    *('rlx.param = "z", rlx.parts = ["a", "b", "c", "d"]', "rlx.below = 7 : i64"),
    *('rlx.state = "z", rlx.parts = ["a", "b", "a"]', "rlx.parts = [5]", 'rlx.parts = ["a"]'),
    *('rlx.below = 7.5, rlx.input = "x"', 'rlx.param = "q", rlx.parts = "a"'),
)


def usually(draw: random.Random, choices: tuple[str, ...], chance: float = 0.92) -> str:
    """Returns the first choice most of the time."""
    return choices[0] if draw.random() < chance else draw.choice(choices)


def stage(draw: random.Random, result: str, operand: tuple[str, str], depth: int) -> str:
    """Returns the text of a stage whose parts are mostly right."""
    value, type_ = operand
    inner = usually(draw, (type_, *TYPES))
    yielded = usually(draw, (inner, *TYPES))
    fields = {
        "name": usually(draw, NAMES),
        "block": usually(draw, BLOCKS),
        "mode": usually(draw, MODES),
        "origin": draw.choice(ORIGINS) if draw.random() < 0.1 else "",
        "params": draw.choice(PARAMS) if draw.random() < 0.1 else "",
    }
    attributes = ", ".join(f"{k} = {v}" if v != "unit" else k for k, v in fields.items() if v)
    argument = f"%a{depth}"
    body = stage(draw, f"%r{depth}", (argument, inner), depth + 1) if depth < 2 else ""
    leaving = f"%r{depth}" if body and draw.random() < 0.5 else argument
    end = f'"rlx.yield"({leaving}) : ({inner}) -> ()'
    end = usually(draw, (end, '"rlx.yield"() : () -> ()', f'"t.end"({argument}) : ({inner}) -> ()'))
    operands = f"{value}" if draw.random() < 0.97 else f"{value}, {value}"
    taken = ", ".join([type_] * (operands.count(",") + 1))
    return (
        f'{result} = "rlx.stage"({operands}) ({{\n^bb0({argument}: {inner}):\n{body}{end}\n}}) '
        f"{{{attributes}}} : ({taken}) -> {yielded}\n"
    )


def module(seed: int) -> str:
    """Returns the generic text of a module with a few stages."""
    draw = random.Random(seed)
    marks = [usually(draw, MARKS, 0.5) for _ in range(3)]
    arguments = ", ".join(
        f"%x{i}: {t} {{{m}}}" for i, (t, m) in enumerate(zip(TYPES, marks, strict=True))
    )
    chosen = draw.randrange(3)
    body = stage(draw, "%y", (f"%x{chosen}", TYPES[chosen]), 0)
    return f"func.func @main({arguments}) {{\n{body}return\n}}"


def test_modules_made_at_random_get_the_same_verdict() -> None:
    """At least 200 of them are invalid, and what rlx-opt says first, Python says too.

    Where a module has several faults their order differs: rlx-opt looks at kinds while it parses.
    """
    invalid, labels = 0, set[str]()
    for seed in range(320):
        try:
            text = IrModule.parse(module(seed)).text(generic=True)
        except FlowError:
            continue
        faults = {cut(one.message) for one in violations(IrModule.parse(text))}
        error = cut(rlx_opt(text).error)
        assert error in (faults or {""}), module(seed)
        invalid += bool(faults)
        labels.add(error[:30])
    assert invalid >= 200
    assert len(labels) >= 15

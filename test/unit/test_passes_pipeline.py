"""Pipelines: parsed from MLIR's syntax, run in order, dumped and verified after each pass."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from rlxflow.errors import FileError, ParseError, PassError, VerifyError
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages
from rlxflow.passes.base import Pass
from rlxflow.passes.inline_stages import InlineStages
from rlxflow.passes.lower_stage_modes import LowerStageModes
from rlxflow.passes.mlir_pass import MlirPass
from rlxflow.passes.outline_stages import OutlineStages
from rlxflow.passes.parse import parse_pipeline
from rlxflow.passes.pipeline import Pipeline, level_of
from rlxflow.passes.pipelines import LEVELS, to_level

TEXT = """
func.func public @main(%x: tensor<4x7xf32>) -> tensor<4x7xf32> {
  %0 = "rlx.stage"(%x) ({
  ^bb0(%a: tensor<4x7xf32>):
    %1 = chlo.erf %a : tensor<4x7xf32> -> tensor<4x7xf32>
    "rlx.yield"(%1) : (tensor<4x7xf32>) -> ()
  }) {block = "gelu", mode = #rlx.mode<auto>, name = "act"} : (tensor<4x7xf32>) -> tensor<4x7xf32>
  return %0 : tensor<4x7xf32>
}
"""


@dataclass(frozen=True)
class Spoil(Pass):
    """Leaves a stage whose name is empty."""

    name: ClassVar[str] = "spoil"

    def run(self, module: IrModule) -> None:
        empty = module.operation.attributes["sym_name"]
        for stage in stages(module):
            stage.op.attributes["name"] = empty


@dataclass(frozen=True)
class Refuse(Pass):
    name: ClassVar[str] = "refuse"

    def run(self, module: IrModule) -> None:
        raise PassError("stage `act`", found="nothing to do")


@pytest.fixture
def module():
    return IrModule.parse(TEXT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("cse", [MlirPass("cse")]),
        ("builtin.module(rlx-inline-stages)", [InlineStages()]),
        (
            "builtin.module( rlx-outline-stages , cse,func.func(canonicalize,cse{}))",
            [OutlineStages(), MlirPass("cse"), MlirPass("func.func(canonicalize,cse{})")],
        ),
        (
            "rlx-lower-stage-modes{policy=skip modes=a=keep,b=fuse},canonicalize{top-down=false}",
            [
                LowerStageModes("skip", ("a=keep", "b=fuse")),
                MlirPass("canonicalize{top-down=false}"),
            ],
        ),
    ],
)
def test_a_pipeline_is_read_in_order(text, expected):
    parsed = parse_pipeline(text)
    assert parsed == Pipeline(expected)
    assert parse_pipeline(str(parsed)) == parsed


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("a,(b", ParseError, "brackets and quotes in pairs, found its end"),
        ("cse)", ParseError, r"brackets and quotes in pairs, found `\)` too much"),
        ("cse{x='}", ParseError, "brackets and quotes in pairs, found its end"),
        ("func.func(cse,rlx-verify)", ParseError, "`rlx-verify` directly in `builtin.module"),
        ("cze", PassError, "unknown pass `cze`; did you mean `cse`"),
        ("func.func(nope)", PassError, "'nope' does not refer to a registered pass"),
    ],
)
def test_a_wrong_pipeline_is_refused(text, error, message):
    with pytest.raises(error, match=message):
        parse_pipeline(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("builtin.module(cse,  cze)", "cze"),
        (" cse,func.func(cse,nope)", "nope"),
        ("cse,func.func(rlx-verify)", "rlx-verify"),
        ("cse,rlx-strip,rlx-lower-stage-modes{modes=m=keep policy=m}", "m}"),
        ("rlx-lower-stage-modes{polcy=skip}", "polcy"),
        ("builtin.module(cse)),cse", "),cse"),
        ("builtin.module(cse,inline{default-pipeline='cse)", None),
    ],
)
def test_a_wrong_pipeline_is_shown_with_its_place(text, place):
    with pytest.raises((ParseError, PassError)) as caught:
        parse_pipeline(text)
    at = text.rindex(place) if place else len(text) - 1
    _, where, shown, caret = str(caught.value).split("\n")
    assert where == f"at column {at + 1} of the pipeline:"
    assert shown == f"  {text}"
    assert caret == f"  {' ' * at}^"


def test_the_module_is_dumped_before_and_after_each_pass(module, tmp_path):
    folder = tmp_path / "new" / "dumps"
    Pipeline([OutlineStages(), MlirPass("func.func(cse)")]).run(module, folder)
    names = ["00_flow.mlir", "01_rlx-outline-stages.mlir", "02_func.func-cse.mlir"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert "rlx.stage" in (folder / names[0]).read_text()
    assert "stablehlo.composite" in (folder / names[1]).read_text()
    assert (folder / names[2]).read_text() == module.text()


def test_a_dump_folder_that_cannot_be_made_is_an_error(module, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match=r"dump folder .*file/below: expected a folder"):
        Pipeline([InlineStages()]).run(module, tmp_path / "file" / "below")


def test_a_pass_that_leaves_an_invalid_module_is_named_with_its_dump(module, tmp_path):
    module.operation.attributes["sym_name"] = string(module, "")
    with pytest.raises(PassError, match=r"pass `spoil`: .*\(C1\) name.*is in .*/01_spoil.mlir"):
        Pipeline([Spoil()]).run(module, tmp_path)
    Pipeline([Spoil()]).run(module, verify=False)


def test_a_pass_that_fails_is_named_with_the_last_dump(module, tmp_path):
    with pytest.raises(PassError, match=r"pass `refuse`: stage `act`: .*is in .*/00_flow.mlir"):
        Pipeline([Refuse()]).run(module, tmp_path)


def test_an_invalid_module_is_refused_before_the_first_pass(module):
    stages(module)[0].op.attributes["name"] = string(module, "")
    with pytest.raises(VerifyError, match=r"^-:3:8: 'rlx.stage' op"):
        Pipeline([InlineStages()]).run(module)


@pytest.mark.parametrize("level", LEVELS)
def test_levels_say_what_is_left(module, level):
    decisions = to_level(module, level, "skip")
    assert level_of(module) == ("stablehlo" if level == "vhlo" else level)
    assert [d.mode for d in decisions] == (["fence"] if level in ("stablehlo", "vhlo") else [])
    assert ("chlo.erf" in module.text()) == (level != "vhlo")


def test_the_vhlo_level_is_portable(module):
    to_level(module, "vhlo")
    assert IrModule.parse(module.portable()).text() == module.text()


def test_an_unknown_level_is_an_error(module):
    with pytest.raises(PassError, match=r"expected flow .* found `flw`; did you mean `flow`"):
        to_level(module, "flw")


@pytest.mark.parametrize(
    "name",
    [
        "inline",
        "func.func(cse),inline{default-pipeline=cse}",
        "remove-dead-values",
        "stablehlo-legalize-to-linalg",
        "sdy-basic-propagate",
        "sdy-propagation-pipeline",
    ],
)
def test_passes_of_mlir_are_kept_from_stages_they_would_crash_on(module, name):
    with pytest.raises(PassError, match=r"expected a module without stages, found stage `act`"):
        parse_pipeline(name).run(module)
    parse_pipeline(f"rlx-inline-stages,{name}").run(module)


def test_shardy_is_kept_from_modules_without_a_main():
    other = IrModule.parse("func.func @f() {return}")
    with pytest.raises(PassError, match=r"sdy-export-pipeline`: expected a function `main`"):
        parse_pipeline("sdy-export-pipeline").run(other)
    parse_pipeline("sdy-inline-meshes").run(IrModule.parse("func.func @main() {return}"))


def string(module: IrModule, text: str):
    return type(stages(module)[0].op.attributes["name"]).get(text, module.context)

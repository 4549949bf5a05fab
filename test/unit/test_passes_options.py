"""Options of passes: parsed from MLIR's syntax into the fields of a dataclass, and printed back."""

from dataclasses import dataclass
from typing import ClassVar

import pytest

from rlxflow.errors import PassError
from rlxflow.ir.module import IrModule
from rlxflow.passes import PASSES, find
from rlxflow.passes.base import Pass, option
from rlxflow.passes.lower_stage_modes import LowerStageModes
from rlxflow.passes.mlir_pass import MlirPass


@dataclass(frozen=True)
class Sample(Pass):
    name: ClassVar[str] = "sample"
    level: int = option(2, "a number")
    deep: bool = option(False, "a flag")
    kind: str = option("a", "a choice", choices=("a", "b c"))
    names: tuple[str, ...] = option((), "names")

    def run(self, module: IrModule) -> None:
        del module


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Sample()),
        ("level=-7 deep=true", Sample(-7, True)),
        ("deep", Sample(deep=True)),
        ("deep=false", Sample()),
        ("kind='b c' names=x,y=z,*", Sample(kind="b c", names=("x", "y=z", "*"))),
        ('kind="b c"', Sample(kind="b c")),
        ("  names=  level=3", Sample(3)),
    ],
)
def test_options_become_fields(text, expected):
    assert Sample.parse(text) == expected
    printed = str(expected).removeprefix("sample").removeprefix("{").removesuffix("}")
    assert Sample.parse(printed) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("levle=3", r"one of the options level, deep, kind, names, found `levle`.*`level`"),
        ("level=x", "option `level` of pass `sample`: expected a whole number, found `x`"),
        ("level", "option `level` of pass `sample`: expected a whole number, found nothing"),
        ("deep=maybe", "option `deep` of pass `sample`: expected true or false, found `maybe`"),
        ("kind=d", r"option `kind` of pass `sample`: expected a \| b c, found `d`"),
        ("=3", "expected options `key=value`, found `=3`"),
    ],
)
def test_a_wrong_option_is_named(text, message):
    with pytest.raises(PassError, match=message):
        Sample.parse(text)


def test_rules_are_checked_when_a_pass_is_made():
    assert LowerStageModes(modes=("a=b=keep",)).modes == ("a=b=keep",)
    with pytest.raises(PassError, match="option `modes`: expected pattern=mode, found `fence`"):
        LowerStageModes(modes=("fence",))


@pytest.mark.parametrize("name", PASSES)
def test_every_pass_is_found_by_its_name_and_tells_what_it_does(name):
    found = find(name)
    assert found.name == name
    assert str(found()) == name
    assert found.__doc__


def test_an_unknown_pass_gives_the_nearest_and_all_names():
    with pytest.raises(PassError, match=r"mean `rlx-inline-stages`.* known: rlx-.*rlx-v"):
        find("rlx-inline-stage")


def test_a_wrong_option_of_a_jaxlib_pass_is_an_error():
    with pytest.raises(PassError, match=r"pipeline `cse{x=1}`: found .*no such option x"):
        MlirPass("cse{x=1}")

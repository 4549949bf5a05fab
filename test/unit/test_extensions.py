"""Extensions: passes that a flow is told of, in order; nothing else runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import pytest

import rlxflow as rf
from rlxflow.errors import PassError
from rlxflow.flow import extensions
from rlxflow.flow.extensions import (
    FlowExtensionPlan,
    register_extension,
    unregister_extension,
)
from rlxflow.ir.bindings import ir
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages
from rlxflow.passes.base import Pass, option

RAN: list[str] = []


@dataclass(frozen=True)
class Mark(Pass):
    """Writes its letter behind the names of blocks."""

    name: ClassVar[str] = "mark"
    letter: str = option("a", "what is written")

    def run(self, module: IrModule) -> None:
        RAN.append(self.letter)
        with module.context:
            for stage in stages(module):
                marked = ir.StringAttr.get(stage.block + self.letter)
                stage.op.attributes["block"] = marked


@dataclass(frozen=True)
class Rename(Pass):
    """Breaks the rule: it renames what the module gives."""

    name: ClassVar[str] = "rename"

    def run(self, module: IrModule) -> None:
        with module.context:
            new = ir.DictAttr.get({"rlx.output": ir.StringAttr.get("other")})
            module.main.attributes["res_attrs"] = ir.ArrayAttr.get([new])


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two extensions, whatever else was registered before."""
    monkeypatch.setattr(extensions, "_REGISTERED", {})
    RAN.clear()
    register_extension("mark-b", Mark("b"))
    register_extension("mark-c", Mark("c"))


def flow() -> rf.ModelFlow:
    made = rf.ModelFlow("probe").input("x", rf.Shape([3, 4], axes="t d"))
    return made.linear("up.weight", out_features=6)


def test_defect_33_a_flow_runs_the_passes_it_names_in_its_order_and_by_default_none() -> None:
    assert flow().extensions == ()
    assert FlowExtensionPlan().passes == ()
    assert 'block = "linear"' in flow().build().mlir()
    assert not RAN  # although two are registered
    built = flow().with_extensions(["mark-c", "mark-b", Mark("d")]).build()
    assert 'block = "linearcbd"' in built.mlir()
    assert 'block = "linearb"' in flow().with_extensions(["mark-b"]).build().mlir()
    with pytest.raises(PassError, match=r"unknown extension `mark-x`; did you mean `mark-"):
        flow().with_extensions(["mark-x"])


def test_all_is_what_is_registered_in_its_order() -> None:
    assert FlowExtensionPlan.all().passes == (Mark("b"), Mark("c"))
    assert 'block = "linearbc"' in flow().with_extensions(FlowExtensionPlan.all()).build().mlir()


def test_a_later_registration_changes_no_flow() -> None:
    told = flow().with_extensions(["mark-b"])
    unregister_extension("mark-b")
    register_extension("mark-b", Mark("z"))
    assert 'block = "linearb"' in told.build().mlir()


def test_passes_of_rlxflow_have_names_too() -> None:
    built = flow().with_extensions(["rlx-outline-stages"]).build()
    assert "stablehlo.composite" in built.mlir()


def test_a_name_is_given_once() -> None:
    register_extension("mark-b", Mark("b"))  # the same again changes nothing
    with pytest.raises(PassError, match=r"extension `mark-b`: expected a name that is free"):
        register_extension("mark-b", Mark("x"))
    with pytest.raises(PassError, match="expected a name that is free"):
        register_extension("rlx-inline-stages", Mark("x"))
    with pytest.raises(PassError, match="unknown extension `mark-e`; did you mean"):
        unregister_extension("mark-e")


def test_what_a_module_takes_and_gives_stays() -> None:
    with pytest.raises(PassError, match="extension `rename`: expected arguments and results to"):
        flow().with_extensions([Rename()]).build()

"""Stages raised in models that others' conventions wrote: all of them, and the same numbers."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))
import raise_models

from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages
from rlxflow.ir.verifier import verify_rlx
from rlxflow.passes.inline_stages import InlineStages
from rlxflow.passes.raise_stages import RaiseStages
from rlxflow.passes.raising.inlining import inline_calls

CASES = raise_models.cases()
EXPECTED = {
    "llama": {"rms_norm": 9, "rope": 8, "attention": 4, "silu": 4, "linear": 29, "mlp": 4},
    "gpt": {"layer_norm": 9, "attention": 4, "gelu_tanh": 4, "linear": 17, "mlp": 4},
    "bert": {"layer_norm": 9, "attention": 4, "gelu": 4, "linear": 24, "mlp": 4},
    "gemma": {"rms_norm": 9, "rope": 8, "attention": 4, "gelu_tanh": 4, "linear": 28, "mlp": 4},
}


@pytest.fixture(scope="module", params=CASES)
def model(request: pytest.FixtureRequest) -> tuple[str, IrModule, IrModule]:
    """The name of a model, its module and the raised one."""
    function, arguments = CASES[request.param]
    before = IrModule.parse(raise_models.lowered(function, *arguments))
    after = before.clone()
    RaiseStages().run(after)
    after.verify()
    verify_rlx(after)
    return request.param, before, after


def test_every_block_of_every_layer_is_found(model: tuple[str, IrModule, IrModule]) -> None:
    name, _, after = model
    found = Counter(stage.block for stage in stages(after))
    assert found == EXPECTED[name]
    paths = [stage.path for stage in stages(after)]
    assert len(set(paths)) == len(paths)


def test_nothing_but_stages_is_added(model: tuple[str, IrModule, IrModule]) -> None:
    _, before, after = model
    flat, opened = before.clone(), after.clone()
    with flat.context:
        inline_calls(flat)
    InlineStages().run(opened)
    kinds = [Counter(op.name for op in operations(each)) for each in (flat, opened)]
    extra = kinds[1] - kinds[0]
    assert set(extra) <= {"stablehlo.constant", "stablehlo.broadcast_in_dim"}
    assert not kinds[0] - kinds[1]


def operations(module: IrModule) -> list:
    body = module.main.operation.regions[0].blocks[0]
    return [view.operation for view in body.operations]


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_equal_in_every_bit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raise_models, "LAYERS", 1)  # one compiles faster, and all are alike
    function, arguments = CASES[name]
    before = IrModule.parse(raise_models.lowered(function, *arguments))
    after = before.clone()
    assert len(RaiseStages().find(after).found) >= 9
    InlineStages().run(after)
    first, second = (raise_models.run(each, arguments) for each in (before, after))
    assert np.isfinite(first.astype(np.float64)).all()
    assert first.tobytes() == second.tobytes()


def test_raising_again_changes_nothing(model: tuple[str, IrModule, IrModule]) -> None:
    _, _, after = model
    again = after.clone()
    report = RaiseStages().find(again)
    assert not report.found
    assert again.text(debug_info=True) == after.text(debug_info=True)

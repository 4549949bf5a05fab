"""Modules of whole models go through rlx-opt and come back bit by bit."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rlxflow.ir.module import IrModule
from rlxflow.runtime.checkpoint import Checkpoint, open_checkpoint

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import tiny_checkpoint
import tiny_decoder
from native import needs_rlx_opt, rlx_opt

pytestmark = needs_rlx_opt
ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "checkpoints"
FAMILIES = sorted(path.name for path in ORACLE.glob("*")) if ORACLE.is_dir() else []


def check(checkpoint: Checkpoint) -> None:
    for phase in checkpoint.recipe.phases:
        built = checkpoint.build(checkpoint.flow(checkpoint.phase_request(phase)))
        text = built.module.text(generic=True, debug_info=True)
        answer = rlx_opt(text)
        assert answer.error == ""
        back = IrModule.parse(answer.text)
        assert back.text(generic=True, debug_info=True) == text, phase


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_comes_back(family: str) -> None:
    check(open_checkpoint(ORACLE / family, weights=None))


def test_an_encoder_and_a_decoder_come_back(tmp_path: Path) -> None:
    tiny_checkpoint.write_checkpoint(tmp_path / "encoder")
    check(open_checkpoint(tmp_path / "encoder"))
    check(open_checkpoint(tiny_decoder.write_checkpoint(tmp_path / "decoder")))

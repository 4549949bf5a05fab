"""Our own families, with their stages taken away, are found again."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from rlxflow.ir.region import stages
from rlxflow.ir.verifier import verify_rlx
from rlxflow.passes.inline_stages import InlineStages
from rlxflow.passes.raise_stages import RaiseStages
from rlxflow.runtime.checkpoint import open_checkpoint

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "checkpoints"
CASES = [
    ("bert", "encode"),
    ("gemma2", "decode"),  # caches, softcap, windows, norms with an offset
    ("modernbert", "encode"),  # qkv and gate with up as one product
    ("phi3", "prefill"),
    ("t5_encoder", "encode"),  # a bias of positions, no scale
    ("whisper", "forward"),  # cross attention
]
ATTENTIONS = ("self_attention", "cross_attention")


@pytest.mark.skipif(not ORACLE.is_dir(), reason="needs the checkpoints of the oracle")
@pytest.mark.parametrize(("family", "phase"), CASES)
def test_all_norms_attentions_and_feed_forwards_come_back(family: str, phase: str) -> None:
    checkpoint = open_checkpoint(ORACLE / family, weights=None)
    module = checkpoint.build(checkpoint.flow(checkpoint.phase_request(phase))).module
    own = Counter(stage.block for stage in stages(module))
    flat = module.clone()
    InlineStages().run(flat)
    RaiseStages().run(flat)
    flat.verify()
    verify_rlx(flat)
    found = Counter(stage.block for stage in stages(flat))
    for block in ("rms_norm", "layer_norm", "mlp"):
        assert found[block] == own[block], block
    assert found["attention"] == sum(own[block] for block in ATTENTIONS) > 0

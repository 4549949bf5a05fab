"""Whole models with kernels give the numbers that they give without, in each family.

`test_kernels_bounds` has the logits of all formats, `test_gguf_oracle` the tokens that they draw.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.runtime.model import Model, load

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
FILES = sorted((ORACLE / "gguf").glob("*.gguf"))
FAMILIES = [
    *[(name, "bf16") for name in ("llama", "qwen2", "gemma2", "mixtral", "qwen3_moe")],
    *[(name, "f32") for name in ("gpt2", "llama_bias")],
]

pytestmark = [
    pytest.mark.numeric,
    pytest.mark.skipif(not FILES, reason="no folder of reference files"),
    pytest.mark.kernels,
]


@cache
def opened(path: Path, kernels: str, dtype: str | None = None, rule: str = "") -> Model:
    modes = {rule: "kernel"} if rule else {}
    profile = rf.CompileProfile(kernels=kernels, modes=modes)
    return load(path, dtype=dtype, profile=profile)


def kernels_of(model: Model) -> set[str]:
    """The kernels of the programs that were compiled for calls."""
    return {name for each in model._programs.values() for name in each.bound.kernels}


@pytest.mark.parametrize(("family", "dtype"), FAMILIES)
def test_families_give_the_same_with_and_without(family: str, dtype: str) -> None:
    path = ORACLE / "checkpoints" / family
    ids = np.random.default_rng(5).integers(3, 90, (2, 9)).astype(np.int32)
    fast = opened(path, "auto", dtype, "" if dtype == "bf16" else "block:linear")
    plain = opened(path, "none", dtype)
    found, wanted = (np.asarray(m(input_ids=ids)["logits"], np.float32) for m in (fast, plain))
    # bf16 activations are rounded after each product in both, at different places.
    bound = 1e-5 if dtype == "f32" else 4e-2
    assert np.abs(found - wanted).max() <= bound * max(np.abs(wanted).max(), 1.0)
    assert "rlxflow.linear.v1" in kernels_of(fast)


@pytest.mark.parametrize("file", ["checkpoints/mixtral", "gguf/qwen3moe_f16.gguf"])
def test_experts_score_and_choose_tokens_as_without(file: str) -> None:
    fast, plain = (opened(ORACLE / file, kernels) for kernels in ("auto", "none"))
    ids = np.random.default_rng(8).integers(3, 90, (2, 7)).astype(np.int32)
    found, wanted = (model(input_ids=ids)["logits"] for model in (fast, plain))
    assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()
    drawn = [model.generate(ids[:, :4], max_new_tokens=6) for model in (fast, plain)]
    assert np.array_equal(*drawn)
    assert "rlxflow.experts.v1" in kernels_of(fast)


def test_files_of_other_blocks_have_other_programs() -> None:
    """The modules are alike until kernels read the weights."""
    cache = rf.CompileCache()
    for kind in ("q8_0", "q4_0", "q8_0"):
        model = opened(ORACLE / "gguf" / f"llama_{kind}.gguf", "auto")
        cache.get(model.build(model.flow("prefill", seq=3)), weights=model.weights.on_device)
    assert (cache.counts.misses, cache.counts.hits) == (2, 1)


@pytest.mark.parametrize(
    ("options", "wanted"),
    [({}, "argmax"), ({"temperature": 0.8}, "argmax"), ({"temperature": 0.8, "top_k": 3}, "top_k")],
)
def test_steps_choose_tokens_by_kernels(options: dict[str, float], wanted: str) -> None:
    path, ids = ORACLE / "gguf" / "llama_q8_0.gguf", np.array([[5, 11, 7]])
    for kernels in ("auto", "none"):
        model = load(path, profile=rf.CompileProfile(kernels=kernels))
        model.generate(ids, max_new_tokens=2, **options)
        for step in model.generator._programs.values():
            text = step.program.as_text() or ""
            assert (f'"rlxflow.{wanted}.v1"' in text) == (kernels == "auto")

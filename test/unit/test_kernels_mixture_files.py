"""A mixture of experts in K-quants, from the file to tokens: with kernels, without, in loops."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rlxflow.config.profile import CompileProfile
from rlxflow.kernels.built import bind_built, kernel_dispatch
from rlxflow.runtime.model import Model, load
from rlxflow.weights import GgufFile

sys.path.insert(0, str(Path(__file__).resolve().parent))
from gguf_files import mixture_file
from kernels import names_read

pytestmark = pytest.mark.kernels
KINDS = {"gate_inp": "F32", "attn_v": "Q6_K", "attn_output": "Q5_K", "attn": "Q4_K"}
KINDS |= {"gate_exps": "Q4_K", "up_exps": "Q5_K", "down_exps": "Q6_K", "output": "Q8_0"}
KINDS |= {"token": "Q6_K"}
IDS = np.array([[3, 41, 7, 7, 60, 5], [12, 0, 66, 9, 1, 30]], np.int32)


@pytest.fixture(scope="module")
def path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    architecture = getattr(request, "param", "qwen3moe")
    folder = tmp_path_factory.mktemp("k")
    return mixture_file(folder / f"{architecture}.gguf", KINDS, architecture)


def opened(path: Path, kernels: Any, layers: Any = "unroll") -> Model:
    return load(path, profile=CompileProfile(kernels=kernels, layers=layers), cache=False)


@cache
def plain(path: Path) -> tuple[np.ndarray, np.ndarray]:
    model = opened(path, "none")
    return np.asarray(model(input_ids=IDS)["logits"]), model.generate(IDS, max_new_tokens=9)


@pytest.mark.parametrize(
    ("path", "layers"),
    [("qwen3moe", "unroll"), ("qwen3moe", "loop"), ("llama", "unroll")],
    indirect=["path"],
)
def test_tokens_are_the_same_with_kernels_and_without(path: Path, layers: str) -> None:
    logits, tokens = plain(path)
    model = opened(path, "auto", layers)
    found = np.asarray(model(input_ids=IDS)["logits"])
    assert np.abs(found - logits).max() <= 3e-4 * np.abs(logits).max()
    assert model.generate(IDS, max_new_tokens=9).tolist() == tokens.tolist()
    best = np.sort(logits, axis=-1)[..., -2:]
    assert (best[..., 1] - best[..., 0]).min() > 3e-4 * np.abs(logits).max()  # no ties


def test_blocks_of_all_experts_reach_the_kernel_unexpanded(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = opened(path, "auto")
    flow = model.flow("decode", context=16)
    found = {each.path: each for each in kernel_dispatch(model.build(flow), "cpu")}
    for layer in (0, 1):
        experts = found[f"layers.{layer}/mlp/experts"]
        assert experts.reason.endswith("; weights as stored: q4_k, q5_k, q6_k")
        assert experts.blocks is not None
        assert (experts.blocks.quantised, experts.blocks.relative) == ((), None)
    built = bind_built(model.build(flow), "cpu")
    banks = [param for param in built.params if "experts" in param.name]
    packed = {bank.name.rpartition("experts.")[2]: bank.packed for bank in banks}
    assert packed == {
        "gate_proj.weight": "q4_k.v1 5x512x256",
        "up_proj.weight": "q5_k.v1 5x512x256",
        "down_proj.weight": "q6_k.v1 5x256x512",
    }
    expanded = names_read(monkeypatch)
    model(input_ids=IDS)
    assert expanded
    assert {name.rpartition(".")[0].rpartition(".")[2] for name in expanded} <= {
        "gate",
        "norm",
        "q_norm",
        "k_norm",
        "input_layernorm",
        "post_attention_layernorm",
    }


def test_in_a_loop_the_experts_of_all_layers_are_one_weight(path: Path) -> None:
    model = opened(path, "required", "loop")
    flow = model.flow("decode", context=16)
    found = {each.path: each for each in kernel_dispatch(model.build(flow), "cpu")}
    assert found["layers/mlp/experts"].reason.endswith("; weights as stored: q4_k, q5_k, q6_k")
    built = bind_built(model.build(flow), "cpu")
    packed = {param.name: param.packed for param in built.params if "experts" in param.name}
    assert set(packed.values()) == {
        "q4_k.v1 2x5x512x256",
        "q5_k.v1 2x5x512x256",
        "q6_k.v1 2x5x256x512",
    }


def test_the_files_differ_in_what_they_should(path: Path) -> None:
    """Scales are of one size, so no weight is nothing or everything."""
    file = GgufFile(path)
    for name in file.names():
        if len(file.info(name).shape) > 1:
            assert 0.04 < float(file.read(name).std()) < 0.1, name

"""Which mixtures of experts get a kernel and which do not, and why; what that does to weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.blocks.moe import FORMS, MoeMlp
from rlxflow.ir import ops
from rlxflow.kernels.built import bind_built, kernel_dispatch
from rlxflow.weights.gguf import GgufFile
from rlxflow.weights.gguf_names import HfView
from rlxflow.weights.quantise import QUANTISERS, quantise
from rlxflow.weights.stacked import StackedSource

pytestmark = pytest.mark.kernels
GGUF = Path(__file__).resolve().parents[1] / "goldens" / "gguf"
T, D, F, E, SHARED = 20, 64, 96, 8, 32
NAMES = ("w1", "w3", "w2")
BLOCK = MoeMlp(
    router_key="router",
    gate_key="gate",
    up_key="up",
    down_key="down",
    num_experts=E,
    num_experts_per_tok=2,
    norm_topk_prob=True,
    moe_intermediate_size=F,
    activation="gelu_pytorch_tanh",
)


def weights(**changes: tuple[int, ...]) -> dict[str, np.ndarray]:
    shapes = {"router": (E, D), "gate": (E, F, D), "up": (E, F, D), "down": (E, D, F)} | changes
    rng = np.random.default_rng(11)
    return {k: (rng.normal(size=s) * s[-1] ** -0.5).astype(np.float32) for k, s in shapes.items()}


def build(block: MoeMlp, held: dict[str, Any], dtype: str = "bf16", **profile: Any) -> Any:
    flow = rf.ModelFlow("mixture").input("x", rf.Shape([1, T, D]))
    flow = flow.stage("mlp", block).with_profile(rf.CompileProfile(**profile))
    return flow.build(held, dtype=dtype)


def dispatch(built: Any) -> dict[str, str]:
    return {each.path: f"{each.mode}: {each.reason}" for each in kernel_dispatch(built, "cpu")}


def tokens() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(1, T, D)).astype(np.float32)


def output(built: Any) -> np.ndarray:
    return np.asarray(built.compile()(x=tokens())["output"], np.float32)


def near(found: np.ndarray, wanted: np.ndarray, bound: float) -> bool:
    return float(np.abs(found - wanted).max()) <= bound * float(np.abs(wanted).max())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["f32", "bf16"])
def test_every_form_is_bound_and_gives_the_same(form: str, dtype: str) -> None:
    block = replace(BLOCK, form=form)
    built = build(block, weights(), dtype)
    assert dispatch(built)["mlp/experts"].startswith("kernel: `rlxflow.experts.v1`: reads ")
    packed = {param.name: param.packed for param in bind_built(built, "cpu").params}
    assert packed | {"router": ""} == {
        "router": "",
        "gate": f"{dtype}.v1 8x96x64",
        "up": f"{dtype}.v1 8x96x64",
        "down": f"{dtype}.v1 8x64x96",
    }
    plain = output(build(block, weights(), dtype, kernels="none"))
    assert near(output(built), plain, 1e-5 if dtype == "f32" else 2e-2)


def test_gate_and_up_in_one_are_two_matrices_an_expert() -> None:
    held = weights()
    both = np.concatenate([held.pop("gate"), held.pop("up")], axis=1)
    fused = replace(BLOCK, gate_key="", up_key="", gate_up_key="both")
    built = build(fused, held | {"both": both}, "f32")
    packed = {param.name: param.packed for param in bind_built(built, "cpu").params}
    assert packed["both"] == "f32.v1 16x96x64"
    assert near(output(built), output(build(BLOCK, weights(), "f32", kernels="none")), 1e-5)


def test_the_shared_expert_stays_products() -> None:
    shapes = {f"shared.{part}_proj.weight": (SHARED, D) for part in ("gate", "up")}
    held = weights(**shapes, **{"shared.down_proj.weight": (D, SHARED)})
    shared = replace(BLOCK, shared_key="shared", shared_intermediate_size=SHARED)
    built = build(shared, held)
    found = dispatch(built)
    assert found["mlp/experts"].startswith("kernel: `rlxflow.experts.v1`: reads ")
    calls = [
        why.partition(": reads")[0]
        for why in found.values()
        if why.startswith("kernel: `rlxflow.linear")
    ]
    glu, one = "kernel: `rlxflow.linear_glu.v1`", "kernel: `rlxflow.linear.v1`"
    assert sorted(calls) == [one, one, glu]  # of the router, back to d; gate and up
    assert near(output(built), output(build(shared, held, kernels="none")), 2e-2)


def test_why_experts_have_no_kernel() -> None:
    found = dispatch(build(replace(BLOCK, activation="tanh"), weights()))
    assert "no kernel: activation `tanh`; the kernel knows gelu, " in found["mlp/experts"]
    found = dispatch(build(BLOCK, weights(), modes={"mlp/experts": "fuse"}))
    assert found["mlp/experts"] == "fuse: rule `mlp/experts=fuse`; no kernel: mode `fuse`"
    tied = replace(BLOCK, up_key="gate")
    held = {name: each for name, each in weights().items() if name != "up"}
    found = dispatch(build(tied, held))
    assert "no kernel: weights that are not [x, f, d], or" in found["mlp/experts"]


def test_rules_quantise_the_weights_of_experts() -> None:
    built = build(BLOCK, weights(), "f32", quant={"mlp/experts": "q4_0"})
    packed = {param.name: param.packed for param in bind_built(built, "cpu").params}
    assert packed["down"] == "q4_0.v1 8x64x96"
    assert packed["router"] == ""
    rounded = weights()
    for name in ("gate", "up", "down"):
        rows = rounded[name].reshape(-1, rounded[name].shape[-1])
        made = QUANTISERS["q4_0"].unpack(quantise(rows, "q4_0", name))
        rounded[name] = made.reshape(rounded[name].shape)
    wanted = output(build(BLOCK, rounded, "f32", kernels="none"))
    assert near(output(built), wanted, 1e-4)


def test_blocks_of_a_file_go_straight_to_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file holds three experts of Q8_0 in one tensor [3, f, d] each."""
    held = "model.layers.0.block_sparse_moe"
    parts = {name: [f"{held}.experts.{i}.{name}.weight" for i in range(3)] for name in NAMES}
    source = StackedSource(HfView(GgufFile(GGUF / "mixtral.gguf")), parts)
    keys = {f"{key}_key": name for key, name in zip(("gate", "up", "down"), NAMES, strict=True)}
    sizes = {"num_experts": 3, "moe_intermediate_size": 64, "activation": "silu"}
    block = replace(BLOCK, router_key=f"{held}.gate.weight", **keys, **sizes)
    flow = rf.ModelFlow("mixture").input("x", rf.Shape([1, T, 32])).stage("mlp", block)
    flow = flow.without_weights("*", "is no part of the mixture")
    plain = flow.with_profile(rf.CompileProfile(kernels="none")).build(source)
    x = tokens()[..., :32]
    wanted = np.asarray(plain.compile()(x=x)["output"])

    read = HfView.read

    def unexpanded(self: HfView, name: str) -> np.ndarray:
        assert "experts" not in name, f"{name} is expanded"
        return read(self, name)

    monkeypatch.setattr(HfView, "read", unexpanded)
    built = bind_built(flow.build(source), "cpu")
    packed = {param.name: param.packed for param in built.params}
    assert packed["w1"] == packed["w3"] == "q8_0.v1 3x64x32"
    assert packed["w2"] == "q8_0.v1 3x32x64"
    assert "pack q8_0" in built.plan.describe()
    # Activations are 16-bit integers in products with blocks.
    assert near(np.asarray(built.compile()(x=x)["output"]), wanted, 1e-4)


def test_a_weight_that_something_else_reads_stays_with_xla() -> None:
    def peek(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
        assert x is not None
        return x + ops.mean(emit.param("down", {"x": E, "d": D, "f": F}), over="x f")

    flow = rf.ModelFlow("mixture").input("x", rf.Shape([1, T, D]))
    built = flow.stage("mlp", BLOCK).custom(peek, name="peek").build(weights())
    why = "weight `down` is also read by stage `peek`, which has no kernel"
    assert dispatch(built)["mlp/experts"] == f"fuse: policy `direct`; no kernel: {why}"
    assert not any(param.packed for param in bind_built(built, "cpu").params)

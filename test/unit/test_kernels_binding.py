"""Which stages get a kernel and which do not, and why; what that does to weights."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import KernelError, PassError
from rlxflow.ir import ops
from rlxflow.kernels.built import bind_built, kernel_dispatch
from rlxflow.runtime.model import load

sys.path.insert(0, str(Path(__file__).resolve().parent))
from kernels import GGUF, needs_files

pytestmark = pytest.mark.kernels


def flow(**profile: object) -> rf.ModelFlow:
    """Two products of one x, and a third of their sum; `shared` reads the weight of the first."""
    made = rf.ModelFlow("two").input("x", rf.Shape([3, 64], axes=("t", "d")))

    def both(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
        assert x is not None
        return emit.linear(x, "a.weight", "a.bias", size=64) + emit.linear(x, "b.weight", size=64)

    made = made.custom(both, name="both").custom(
        lambda emit, x: emit.linear(x, "c.weight", size=96), name="last"
    )
    return made.with_profile(rf.CompileProfile(**profile))


def weights(dtype: str = "f32") -> dict[str, np.ndarray]:
    from rlxflow import dtypes

    rng = np.random.default_rng(7)
    shapes = {"a.weight": (64, 64), "a.bias": (64,), "b.weight": (64, 64), "c.weight": (96, 64)}
    return {k: rng.normal(size=s).astype(dtypes.to_numpy(dtype)) for k, s in shapes.items()}


def reasons(built: rf.BuiltModel) -> dict[str, str]:
    return {each.path: f"{each.mode}: {each.reason}" for each in kernel_dispatch(built, "cpu")}


def test_products_with_bf16_weights_are_bound_and_give_the_same() -> None:
    x = np.random.default_rng(3).normal(size=(3, 64)).astype(np.float32)
    built = flow().build(weights("bf16"))
    bound = bind_built(built, "cpu")
    assert reasons(bound)["both/a"] == "kernel: `rlxflow.linear.v1`: reads 9.22 kB, 24.6 kFLOP"
    assert {p.name: p.packed for p in bound.params} == {
        "a.weight": "bf16.v1 64x64",
        "a.bias": "",
        "b.weight": "bf16.v1 64x64",
        "c.weight": "bf16.v1 96x64",
    }
    assert "pack bf16" in bound.plan.describe()
    plain = flow(kernels="none").build(weights("bf16")).compile()(x=x)["output"]
    fast = built.compile()(x=x)["output"]
    assert np.abs(fast - plain).max() <= 1e-4 * np.abs(plain).max()


def test_f32_weights_stay_with_xla_unless_a_kernel_is_required() -> None:
    built = bind_built(flow().build(weights()), "cpu")
    assert reasons(built)["last/c"] == (
        "fuse: policy `direct`; no kernel: f32 weights, which XLA reads in place as fast as "
        "memory is"
    )
    assert not any(param.packed for param in built.params)
    forced = bind_built(flow(modes={"last/*": "kernel"}).build(weights()), "cpu")
    assert [param.name for param in forced.params if param.packed] == ["c.weight"]
    required = bind_built(flow(kernels="required").build(weights()), "cpu")
    assert sum(bool(param.packed) for param in required.params) == 3


def test_a_weight_that_something_else_reads_is_not_packed() -> None:
    def peek(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
        assert x is not None
        rows = emit.param("a.weight", {"o": 64, "d": 64}, "bf16")
        return emit.linear(x + ops.mean(ops.convert(rows, "f32"), over="o"), "c.weight", size=96)

    def first(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
        assert x is not None
        return emit.linear(x, "a.weight", size=64)

    peeking = rf.ModelFlow("peek").input("x", rf.Shape([3, 64], axes=("t", "d")))
    peeking = peeking.custom(first, name="first").custom(peek, name="peek")
    given = {name: weights("bf16")[name] for name in ("a.weight", "c.weight")}
    built = bind_built(peeking.build(given), "cpu")
    assert reasons(built)["first/a"] == (
        "fuse: policy `direct`; no kernel: weight `a.weight` is also read by stage `peek`, which "
        "has no kernel; a few rows split for bf16 weights"
    )
    assert [param.name for param in built.params if param.packed] == ["c.weight"]


def test_required_lists_the_stages_without() -> None:
    built = flow(kernels="required", modes={"both/*": "fuse"}).build(weights("bf16"))
    with pytest.raises(KernelError, match="2 without") as caught:
        bind_built(built, "cpu")
    assert "both/a: mode `fuse`" in str(caught.value)
    with pytest.raises(KernelError, match="expected kernels, found platform `gpu`"):
        bind_built(flow(kernels="required").build(weights()), "gpu")


def test_policies_and_none_leave_the_model_alone() -> None:
    for profile in ({"kernels": "none"}, {"policy": "fusable"}, {"policy": "skip"}):
        built = flow(split_rows=False, **profile).build(weights("bf16"))
        assert bind_built(built, "cpu").module is built.module
    built = flow().build(weights("bf16"))
    assert bind_built(built, "gpu") is built


def test_rules_quantise_the_weights_of_stages() -> None:
    x = np.random.default_rng(3).normal(size=(3, 64)).astype(np.float32)
    built = flow(quant={"both": "q8_0", "last": "int8"}).build(weights())
    packed = {p.name: p.packed.partition(".")[0] for p in bind_built(built, "cpu").params}
    assert packed == {"a.weight": "q8_0", "a.bias": "", "b.weight": "q8_0", "c.weight": "int8"}
    plain = flow(kernels="none").build(weights()).compile()(x=x)["output"]
    made = built.compile()(x=x)["output"]
    assert 1e-4 < np.abs(made - plain).max() / np.abs(plain).max() < 2e-2
    with pytest.raises(PassError, match="rule `x=q8_0`: expected a pattern of stages that read a"):
        flow(quant={"x": "q8_0"}).build(weights()).compile()
    with pytest.raises(KernelError, match=r"expected kernels for `weights\.quant`"):
        flow(quant={"both": "q8_0"}, kernels="none").build(weights()).compile()


@needs_files
def test_a_decode_step_of_blocks_is_bound_from_embedding_to_head() -> None:
    model = load(GGUF / "llama_q8_0.gguf")
    built = bind_built(model.build(model.flow("decode", context=64)), "cpu")
    kinds = {each.block: each.mode for each in built.dispatch()}
    assert kinds["embed"] == kinds["linear"] == kinds["attend"] == "kernel"
    assert kinds["rms_norm"] == "fuse"
    assert all(p.packed.startswith("q8_0.v1 ") for p in built.params if "proj" in p.name)


@needs_files
def test_a_prompt_shares_its_weights_with_the_steps() -> None:
    model = load(GGUF / "llama_q8_0.gguf")
    flows = [model.flow("prefill", seq=9, context=64), model.flow("decode", context=64)]
    prompt, step = (bind_built(model.build(flow), "cpu") for flow in flows)
    assert set(prompt.params) == set(step.params)
    found = reasons(prompt)["layers.1/attention/attend"]
    assert found.startswith("kernel: `rlxflow.attend_prefill.v1`: reads ")


@needs_files
def test_blocks_that_no_kernel_reads_say_so() -> None:
    model = load(GGUF / "llama_q5_1.gguf")
    found = reasons(bind_built(model.build(model.flow("decode", context=64)), "cpu"))
    assert found["layers.0/mlp/up_proj"].startswith(
        "fuse: policy `direct`; no kernel: weights q5_1; there are kernels for f32, "
    )

"""Which stages one call does together, and that the numbers stay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import rlxflow as rf
from rlxflow import dtypes
from rlxflow.blocks.activation import activate
from rlxflow.ir import ops
from rlxflow.ir.attributes import from_attribute
from rlxflow.ir.region import stages
from rlxflow.kernels.built import bind_built
from rlxflow.passes.kernel_calls import targets

pytestmark = pytest.mark.kernels
Body = Callable[[rf.Emit, rf.Value], rf.Value]
SIZES = {"a": (48, 64), "b": (48, 64), "c": (80, 64), "d": (64, 48)}
SHAPES = {
    **{f"{name}.weight": size for name, size in SIZES.items()},
    **{f"{name}.bias": size[:1] for name, size in SIZES.items()},
}
LINEAR, GATED = "rlxflow.linear.v1", "rlxflow.linear_glu.v1"


def model(body: Body, compute: str = "f32", **profile: object) -> rf.BuiltModel:
    def block(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
        assert x is not None
        return body(emit, x)

    flow = rf.ModelFlow("some").input("x", rf.Shape([3, 64], compute, axes=("t", "d")))
    flow = flow.custom(block, name="some").with_profile(rf.CompileProfile(**profile))
    rng = np.random.default_rng(11)
    weights = {
        name: (rng.normal(size=shape) / 8).astype(
            dtypes.to_numpy("bf16" if len(shape) > 1 else "f32")
        )
        for name, shape in SHAPES.items()
    }
    return flow.build({param.name: weights[param.name] for param in flow.build().params})


def called(built: rf.BuiltModel) -> list[str]:
    return list(targets(bind_built(built, "cpu").module.operation))


def check_numbers(body: Body, tolerance: float, compute: str = "f32", **profile: object) -> None:
    x = np.random.default_rng(5).normal(size=(3, 64)).astype(dtypes.to_numpy(compute))
    fast = model(body, compute=compute, **profile).compile()(x=x)["output"]
    slow = model(body, compute=compute, kernels="none").compile()(x=x)["output"]
    fast, slow = (np.asarray(each, np.float64) for each in (fast, slow))
    assert np.abs(fast - slow).max() <= tolerance * np.abs(slow).max()


def gated(act: str, *, bias: bool = False, up: str = "b") -> Body:
    def body(emit: rf.Emit, x: rf.Value) -> rf.Value:
        biases = ("a.bias", f"{up}.bias") if bias else ("", "")
        wide = emit.linear(x, f"{up}.weight", biases[1], size=48)
        gate = emit.linear(x, "a.weight", biases[0], size=48)
        return emit.linear(activate(act, gate) * wide, "d.weight", size=64)

    return body


@pytest.mark.parametrize("act", ["silu", "gelu", "gelu_tanh", "quick_gelu"])
@pytest.mark.parametrize("bias", [False, True])
def test_a_gate_and_what_it_lets_through_are_one_call(act: str, bias: bool) -> None:
    body = gated(act, bias=bias)
    assert called(model(body)) == [GATED, LINEAR]
    check_numbers(body, 1e-5)


def test_in_bf16_too() -> None:
    body = gated("gelu_tanh", bias=True)
    assert called(model(body, compute="bf16")) == [GATED, LINEAR]
    check_numbers(body, 1.5e-2, "bf16")


def test_formats_may_differ() -> None:
    body = gated("silu")
    quant = {"quant": {"some/a": "q8_0"}}
    bound = bind_built(model(body, **quant), "cpu")
    assert 'formats = "q8_0,bf16"' in str(bound.module.operation)
    check_numbers(body, 2e-2, **quant)


def same_x(emit: rf.Emit, x: rf.Value) -> rf.Value:
    a, b = emit.linear(x, "a.weight", size=48), emit.linear(x, "b.weight", size=48)
    return ops.concatenate([a, emit.linear(x, "c.weight", size=80), b], "d")


def test_products_of_one_x_are_one_stage_that_names_them() -> None:
    built = bind_built(model(same_x), "cpu")
    assert called(model(same_x)) == [LINEAR]
    (merged,) = [stage for stage in stages(built.module) if stage.block == "linears"]
    assert merged.path == "some/a-b-c"
    assert from_attribute(merged.op.attributes["origin"]) == ["some/a", "some/b", "some/c"]
    assert set(built.bound.report.bound) == {"some/a", "some/b", "some/c"}
    decisions = {each.path: f"{each.mode}: {each.reason}" for each in built.dispatch()}
    assert decisions["some/a-b-c"].startswith(f"kernel: `{LINEAR}`: reads ")
    check_numbers(same_x, 1e-5)


def test_a_product_that_nobody_reads_stays_apart() -> None:
    def body(emit: rf.Emit, x: rf.Value) -> rf.Value:
        emit.linear(x, "c.weight", size=80)
        return emit.linear(x, "a.weight", size=48) + emit.linear(x, "b.weight", size=48)

    built = bind_built(model(body), "cpu")
    assert {"some/c", "some/a-b"} <= {stage.path for stage in stages(built.module)}
    check_numbers(body, 1e-5)


def test_a_product_with_a_bias_stays_apart_from_those_without() -> None:
    def body(emit: rf.Emit, x: rf.Value) -> rf.Value:
        a, b = emit.linear(x, "a.weight", "a.bias", size=48), emit.linear(x, "b.weight", size=48)
        return a - b

    assert called(model(body)) == [LINEAR, LINEAR]
    check_numbers(body, 1e-5)


def test_a_product_kept_for_others_stays_apart() -> None:
    built = bind_built(model(same_x, modes={"some/b": "fuse"}), "cpu")
    assert "some/a-c" in [stage.path for stage in stages(built.module)]
    check_numbers(same_x, 1e-5, modes={"some/b": "fuse"})


def test_what_comes_from_another_product_is_no_product_of_the_same_x() -> None:
    def body(emit: rf.Emit, x: rf.Value) -> rf.Value:
        a = emit.linear(x, "a.weight", size=48)
        return emit.linear(emit.linear(a, "d.weight", size=64), "c.weight", size=80)

    assert called(model(body)) == [LINEAR, LINEAR, LINEAR]
    check_numbers(body, 1e-5)


@pytest.mark.parametrize("read", ["gate", "activated", "up"])
def test_a_gate_that_something_else_reads_is_no_gate(read: str) -> None:
    def body(emit: rf.Emit, x: rf.Value) -> rf.Value:
        wide = emit.linear(x, "b.weight", size=48)
        gate = emit.linear(x, "a.weight", size=48)
        active = activate("silu", gate)
        return active * wide + {"gate": gate, "activated": active, "up": wide}[read]

    assert called(model(body)) == [LINEAR]  # still products of one x
    check_numbers(body, 1e-5)


def test_a_function_that_only_looks_like_an_activation_is_none() -> None:
    def body(emit: rf.Emit, x: rf.Value) -> rf.Value:
        wide, gate = (emit.linear(x, f"{name}.weight", size=48) for name in "ba")
        return gate * ops.logistic(gate * 1.5) * wide

    assert called(model(body)) == [LINEAR]
    check_numbers(body, 1e-5)


def test_gate_and_up_of_different_x_stay_apart() -> None:
    def body(emit: rf.Emit, x: rf.Value) -> rf.Value:
        wide = emit.linear(x * 2.0, "b.weight", size=48)
        return activate("silu", emit.linear(x, "a.weight", size=48)) * wide

    assert called(model(body)) == [LINEAR, LINEAR]
    check_numbers(body, 1e-5)

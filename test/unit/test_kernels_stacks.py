"""Calls of kernels that take stacks and the number of a layer: which layer it is, and no other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import KernelError
from rlxflow.kernels.library import need_library

sys.path.insert(0, str(Path(__file__).resolve().parent))
from kernel_calls import (
    Call,
    attend_decode,
    attend_decode_writing,
    experts,
    experts_of_stacks,
    linear,
    linear_glu,
    linear_glu_of_stacks,
    linear_of_stack,
)

pytestmark = pytest.mark.kernels
INT_MIN = -(2**31)
WRITTEN = ("keys", "values", "key_scales", "value_scales")


def weights(call: Call) -> dict[str, tuple[int, ...]]:
    return {name: shape for name, (dtype, shape) in call.operands.items() if dtype == "ui8"}


def bf16(call: Call, out_dim: int = 21, in_dim: int = 64) -> Call:
    """Returns the call with weights in bf16, whose panels are numbers; of experts three of each."""
    changed = call.attribute("formats", f'"{",".join(["bf16"] * len(weights(call)))}"')
    for name in weights(call):
        rows, depth = (in_dim, out_dim) if name == "down" else (out_dim, in_dim)
        each = 3 if call.target == experts().target else 1
        nbytes = need_library("the test").packed_bytes("bf16", rows, depth)
        changed = changed.operand(name, "ui8", (each * nbytes,))
    return changed.result("workspace", "ui8", (1 << 16,))


def numbers(shape: tuple[int, ...], seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(*shape[:-1], shape[-1] // 2)).astype(ml_dtypes.bfloat16)
    return values.view(np.uint8)


@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize(
    ("make", "stacked"),
    [
        (linear, ["w_0"]),
        (linear_glu, ["w_1"]),
        (linear_glu, ["w_0", "w_1"]),
        (experts, ["gate", "up", "down"]),
        (experts, ["up"]),
    ],
)
def test_a_layer_gives_what_its_weights_give_alone(
    make: Callable[[], Call], stacked: list[str], layers: int
) -> None:
    single = bf16(make())
    call = single.of_stacks(*stacked, layers=layers)
    given = {name: numbers(call.operands[name][1], i) for i, name in enumerate(weights(single))}
    if "ids" in call.operands:
        given["ids"] = np.array([[0, 2], [1, 0], [2, 1]], np.int32)
    name = next(iter(single.results))
    made = []
    for layer in range(layers):
        alone = {key: value[layer] if key in stacked else value for key, value in given.items()}
        wanted = single.run(**alone)[name]
        assert np.array_equal(call.run(**given, layer=np.int32(layer))[name], wanted)
        made.append(wanted)
    assert all(not np.array_equal(made[0], other) for other in made[1:])


@pytest.mark.parametrize("layer", [-1, 3, 7, INT_MIN, 2**31 - 1])
@pytest.mark.parametrize("make", [linear_of_stack, linear_glu_of_stacks, experts_of_stacks])
def test_a_layer_that_is_not_there_is_an_error(make: Callable[[], Call], layer: int) -> None:
    with pytest.raises(KernelError, match=rf": layer is {layer}, expected 0 to 2, since .* is u8"):
        make().run(layer=np.int32(layer))


@pytest.mark.parametrize("layers", [1, 3])
def test_attention_reads_and_writes_the_caches_of_its_layer_alone(layers: int) -> None:
    single = attend_decode_writing()
    call = single.of_stacks(*WRITTEN, layers=layers)
    rng = np.random.default_rng(4)
    given = {name: rng.integers(-9, 9, call.operands[name][1], np.int8) for name in WRITTEN[:2]}
    given |= {
        name: rng.uniform(0.01, 0.1, call.operands[name][1]).astype(np.float32)
        for name in WRITTEN[2:]
    }
    at = {"positions": np.array([[5], [11]], np.int32)}
    at |= {name: rng.normal(size=(2, 1, 3, 8)).astype("f") for name in ("new_keys", "new_values")}
    for layer in range(layers):
        wanted = single.run(**{name: value[layer] for name, value in given.items()}, **at)
        found = call.run(**given, **at, layer=np.int32(layer))
        assert np.array_equal(found["out"], wanted["out"])
        for name, before in given.items():
            expected = before.copy()
            expected[layer] = wanted[f"made_{name}"]
            assert np.array_equal(found[f"made_{name}"], expected)
            assert not np.array_equal(expected[layer], before[layer])


def test_attention_that_writes_nothing_reads_its_layer() -> None:
    single = attend_decode()
    call = single.of_stacks("keys", "values")
    rng = np.random.default_rng(4)
    given = {
        name: rng.normal(size=call.operands[name][1]).astype(np.float32)
        for name in ("keys", "values")
    }
    at = {"positions": np.array([[5], [11]], np.int32)}
    for layer in range(3):
        wanted = single.run(**{name: value[layer] for name, value in given.items()}, **at)
        assert np.array_equal(call.run(**given, **at, layer=np.int32(layer))["out"], wanted["out"])


@pytest.mark.parametrize("layer", [-1, 3, INT_MIN])
@pytest.mark.parametrize("make", [attend_decode, attend_decode_writing])
def test_no_cache_of_a_layer_that_is_not_there_is_written(
    make: Callable[[], Call], layer: int
) -> None:
    names = [name for name in WRITTEN if name in make().operands]
    with pytest.raises(
        KernelError, match=rf"layer is {layer}, expected 0 to 2, since key cache is"
    ):
        make().of_stacks(*names).run(layer=np.int32(layer))


def test_stacks_of_caches_have_as_many_layers_each() -> None:
    call = attend_decode().of_stacks("keys", "values")
    with pytest.raises(KernelError, match=r"value cache is f32\[4, .*expected f32\[3, 2, 3, 16, 8"):
        call.operand("values", "f32", (4, 2, 3, 16, 8)).run()


BEFORE = r"call of rlxflow.{}: expected the number of a layer, i32\[\], as the last operand"
WRONG: Mapping[str, tuple[Callable[[], Call], str]] = {
    "none": (
        lambda: linear().operand("w_0", "ui8", (3, 2176)),
        r", since operand 1 is a .* found f32\[3, 2",
    ),
    "type": (
        lambda: linear_of_stack().operand("layer", "ui32", ()),
        r", since .* found ui32\[\]",
    ),
    "wide": (
        lambda: linear_of_stack().operand("layer", "i64", ()),
        r", since .* found i64\[\]",
    ),
    "rank": (
        lambda: linear_of_stack().operand("layer", "i32", (1,)),
        r", since .* found i32\[1\]",
    ),
    "float, no stack": (lambda: linear().operand("layer", "f32", ()), r", found f32\[\]"),
    "experts": (
        lambda: experts().operand("up", "ui8", (3, 4)),
        r", since operand 4 is a .* found ui8",
    ),
    "caches": (
        lambda: attend_decode().operand("keys", "f32", (3, 2, 3, 8, 16)),
        ", since operand 1 is",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_stack_without_a_number_is_refused_before_anything_is_compiled(what: str) -> None:
    make, message = WRONG[what]
    call = make()
    text = BEFORE.format(call.target.removeprefix("rlxflow.")) + message
    with pytest.raises(KernelError, match=text):
        rf.BuiltModel.from_mlir(call.text(), name="probe").compile()

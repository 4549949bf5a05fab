"""Experts of a mixture, called by XLA: numbers, and what a wrong call is told."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rlxflow.kernels.library import Library, need_library
from rlxflow.weights.quantise import Rows

pytestmark = [pytest.mark.numeric, pytest.mark.kernels]
T, K, E, D, F = 7, 2, 5, 35, 19


@pytest.fixture(scope="module")
def library() -> Library:
    library = need_library("these tests")
    assert "rlxflow.experts.v1" in library.targets
    handler = jax.ffi.pycapsule(library.handler("rlxflow.experts.v1"))
    jax.ffi.register_ffi_target("test.experts", handler, platform="cpu")
    return library


def bank(library: Library, matrices: np.ndarray, name: str = "f32") -> np.ndarray:
    *_, rows, depth = matrices.shape
    size = library.packed_bytes(name, rows, depth)
    panels = np.empty(matrices.size // (rows * depth) * size, np.uint8)
    for i, matrix in enumerate(matrices.reshape(-1, rows, depth)):
        library.pack(name, Rows(np.ascontiguousarray(matrix)), depth, panels[i * size :], 1)
    return panels


def normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def call(library: Library, *operands: np.ndarray | jax.Array, **changes: object) -> jax.Array:
    given = {"formats": "f32,f32,f32", "act": "silu", "num_experts": E, "in_dim": D, "inner_dim": F}
    given |= {"dtype": np.float32, "space": T} | changes
    numbers = [given[name] for name in ("num_experts", "in_dim", "inner_dim")]
    size = library.experts_workspace(
        str(given["formats"]).split(","), given.pop("space"), K, *numbers
    )
    results = (
        jax.ShapeDtypeStruct((T, D), given.pop("dtype")),
        jax.ShapeDtypeStruct((max(size, 0),), np.uint8),
    )
    attributes = {k: np.int64(v) if isinstance(v, int) else v for k, v in given.items()}
    return jax.jit(
        lambda *inside: jax.ffi.ffi_call("test.experts", results)(*inside, **attributes)[0]
    )(*operands)


GATE, UP, DOWN = normal(E, F, D), normal(E, F, D) + 0.5, normal(E, D, F)
IDS = np.array([[3, 0], [0, 1], [1, 3], [4, 4], [0, 3], [-2, 9], [1, 0]], np.int32)
SHARES = (1 + np.arange(T * K, dtype=np.float32).reshape(T, K)) / 9


def expected(x: np.ndarray) -> np.ndarray:
    """One token after the other; ids are clamped, as a `dynamic_slice` clamps them."""
    wide, y = x.astype(np.float64), np.zeros((T, D))
    for t, choice in np.ndindex(T, K):
        e = min(max(int(IDS[t, choice]), 0), E - 1)
        gate = GATE[e] @ wide[t]
        inner = gate / (1 + np.exp(-gate)) * (UP[e] @ wide[t])
        y[t] += SHARES[t, choice] * (DOWN[e] @ inner)
    return y


@pytest.mark.parametrize("dtype", [np.float32, jnp.bfloat16])
def test_gate_and_up_apart(library: Library, dtype: type) -> None:
    x = normal(T, D).astype(dtype)
    weights = [bank(library, each) for each in (GATE, UP, DOWN)]
    y = call(library, x, IDS, SHARES, *weights, dtype=dtype)
    wanted = expected(x.astype(np.float32))
    bound = 1e-6 if dtype == np.float32 else 2**-8
    assert np.abs(np.asarray(y, np.float64) - wanted).max() <= bound * np.abs(wanted).max()


def test_gate_and_up_in_one(library: Library) -> None:
    x, both = normal(T, D), np.stack([GATE, UP], axis=1)
    y = call(library, x, IDS, SHARES, bank(library, both), bank(library, DOWN), formats="f32,f32")
    assert np.abs(y - expected(x)).max() <= 1e-6 * np.abs(expected(x)).max()


def test_banks_of_different_formats(library: Library) -> None:
    x = normal(T, D)
    halves = [each.astype(t) for each, t in ((GATE, np.float16), (DOWN, jnp.bfloat16))]
    weights = (bank(library, halves[0], "f16"), bank(library, UP), bank(library, halves[1], "bf16"))
    y = call(library, x, IDS, SHARES, *weights, formats="f16,f32,bf16")
    assert 1e-5 < np.abs(y - expected(x)).max() / np.abs(expected(x)).max() < 1e-2


WRONG = {
    r"x is f32\[7, 35\], expected f32 or bf16\[t, 36\]": {"in_dim": 36},
    r"gate is u8\[23040\] with 23040 bytes, 5 of f32\[33, 35\] need u8\[34560\]": {"inner_dim": 33},
    r'formats is "f32,q3_k", expected 2 or 3 of f32,f16': {"formats": "f32,q3_k"},
    r"3 weights, expected 2, one for each of formats": {"formats": "f32,f32"},
    r'act is "tanh", expected one of silu': {"act": "tanh"},
    r"num_experts is 0, expected 1 to 32768": {"num_experts": 0},
    r"gate: there is no q8_0\[19, 35\]": {"formats": "q8_0,f32,f32"},
    r"ids is f32\[7, 2\], expected i32\[7, c\]": {"ids": SHARES},
    r"ids is i32\[6, 2\], expected i32\[7, c\]": {"ids": IDS[1:]},
    r"shares is f32\[7, 1\], expected f32\[7, 2\]": {"shares": SHARES[:, 1:]},
    r"workspace is u8\[\d+\], expected u8\[n\] with n at least \d+": {"space": 2},
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_calls_name_what_is_wrong(library: Library, message: str) -> None:
    given = {"ids": IDS, "shares": SHARES} | WRONG[message]
    weights = [bank(library, each) for each in (GATE, UP, DOWN)]
    operands = (normal(T, D), given.pop("ids"), given.pop("shares"), *weights)
    with pytest.raises(Exception, match=f"INVALID_ARGUMENT: experts: {message}"):
        call(library, *operands, **given)

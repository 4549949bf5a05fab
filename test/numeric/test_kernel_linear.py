"""Products with packed weights, called by XLA: numbers, and what a wrong call is told."""

from __future__ import annotations

import ctypes

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from rlxflow.kernels.library import need_library
from rlxflow.weights.quantise import Rows

pytestmark = [
    pytest.mark.numeric,
    pytest.mark.kernels,
]
BLOCKS = [  # format, bytes of a block, where its f16 scales stand
    ("q8_0", 34, (0,)),
    ("q4_0", 18, (0,)),
    ("q4_k", 144, (0, 2)),
    ("q5_k", 176, (0, 2)),
    ("q6_k", 210, (208,)),
]
VOID = ctypes.c_void_p
SIZE = ctypes.c_int64


@pytest.fixture(scope="module")
def library() -> ctypes.CDLL:
    library = ctypes.CDLL(str(need_library("these tests").path))
    for name in ("rlx_packed_bytes", "rlx_linear_workspace_bytes"):
        getattr(library, name).restype = SIZE
    library.rlx_targets.restype = ctypes.c_char_p
    for target in ("linear", "linear_glu", "embed_rows"):
        assert f"rlxflow.{target}.v1" in library.rlx_targets().decode().split(",")
        handler = jax.ffi.pycapsule(getattr(library, f"rlx_ffi_{target}_v1"))
        jax.ffi.register_ffi_target(f"test.{target}", handler, platform="cpu")
    return library


def _pack(library: ctypes.CDLL, w: np.ndarray, name: str = "f32") -> np.ndarray:
    out_dim, in_dim = map(SIZE, w.shape)
    panels = np.empty(library.rlx_packed_bytes(name.encode(), out_dim, in_dim), np.uint8)
    data, place = (VOID(a.ctypes.data) for a in (np.ascontiguousarray(w), panels))
    assert not library.rlx_pack(name.encode(), data, None, out_dim, in_dim, place, 1, None, SIZE(0))
    return panels


def _workspace(library: ctypes.CDLL, formats: str, rows: int, in_dim: int) -> jax.ShapeDtypeStruct:
    size = library.rlx_linear_workspace_bytes(formats.encode(), SIZE(rows), SIZE(in_dim))
    return jax.ShapeDtypeStruct((max(size, 0),), np.uint8)


def _linear(
    library: ctypes.CDLL,
    results: list[jax.ShapeDtypeStruct],
    operands: tuple[np.ndarray | jax.Array, ...],
    formats: str,
    in_dim: int,
    out_dims: list[int],
    **more: object,
) -> list[jax.Array]:
    attributes = {"has_bias": False, "has_residual": False} | more
    space = _workspace(library, formats, attributes.pop("rows", 6), in_dim)
    call = jax.ffi.ffi_call("test.linear", (*results, space))
    return jax.jit(
        lambda *given: call(
            *given, formats=formats, in_dim=np.int64(in_dim),
            out_dims=np.array(out_dims, np.int64), **attributes,
        )
    )(*operands)  # fmt: skip


def _normal(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def test_one_matrix_with_bias_and_residual(library: ctypes.CDLL) -> None:
    x, w, bias, residual = _normal(2, 3, 70), _normal(37, 70), _normal(37), _normal(2, 3, 37)
    y, _ = _linear(
        library, [jax.ShapeDtypeStruct((2, 3, 37), np.float32)],
        (x, _pack(library, w), bias, residual), "f32", 70, [37], has_bias=True, has_residual=True,
    )  # fmt: skip
    np.testing.assert_allclose(y, x @ w.T + bias + residual, rtol=0, atol=2e-5)


def test_three_matrices_of_bf16_rows(library: ctypes.CDLL) -> None:
    x = jnp.asarray(_normal(2, 3, 40), jnp.bfloat16)
    weights = [_normal(n, 40).astype(jnp.bfloat16) for n in (33, 16, 7)]
    shapes = [jax.ShapeDtypeStruct((2, 3, n), t) for n, t in zip((33, 16, 7), "fef", strict=True)]
    shapes[1] = jax.ShapeDtypeStruct((2, 3, 16), jnp.bfloat16)
    packed = [_pack(library, w, "bf16") for w in weights]
    shapes[0], shapes[2] = (jax.ShapeDtypeStruct(s.shape, np.float32) for s in shapes[::2])
    *found, _ = _linear(library, shapes, (x, *packed), "bf16,bf16,bf16", 40, [33, 16, 7])
    for y, w in zip(found, weights, strict=True):
        expected = np.asarray(x, np.float32) @ w.astype(np.float32).T
        tolerance = 1e-5 if y.dtype == np.float32 else 0.05
        np.testing.assert_allclose(np.asarray(y, np.float32), expected, rtol=0, atol=tolerance)


# What the largest of 32 activations becomes: two digits that are bytes.
_MOST = 127 * 256 + 127


def _rounded(x: np.ndarray) -> np.ndarray:
    """The activations that products with blocks see: integers of 16 bits, a scale for 32."""
    blocks = np.pad(x, ((0, 0), (0, -x.shape[1] % 32))).reshape(len(x), -1, 32)
    largest = np.abs(blocks).max(axis=-1, keepdims=True)
    integers = np.rint(blocks * (np.float32(_MOST) / largest)).astype(np.float64)
    return (integers * (largest / np.float32(_MOST))).reshape(len(x), -1)[:, : x.shape[1]]


@pytest.mark.parametrize(("format_", "nbytes", "halves"), BLOCKS)
def test_rounding_of_activations_is_all_that_blocks_change(
    library: ctypes.CDLL, format_: str, nbytes: int, halves: tuple[int, ...]
) -> None:
    """The products are those of f64 with activations rounded so, to the rounding of f32."""
    rng, ours = np.random.default_rng(nbytes), need_library("these tests")
    rows = rng.integers(0, 256, (21, 2, nbytes), dtype=np.uint8)
    for at in halves:
        scale = rng.uniform(0.5, 2, (21, 2, 1)).astype(np.float16)
        rows[..., at : at + 2] = scale.view(np.uint8)
    depth = 2 * (32 if nbytes < 40 else 256)
    panels = np.empty(ours.packed_bytes(format_, 21, depth), np.uint8)
    ours.pack(format_, Rows(rows.reshape(21, -1)), depth, panels, 1)
    w, x = ours.unpack(format_, panels, 21, depth).astype(np.float64), _normal(6, depth)
    y, _ = _linear(
        library, [jax.ShapeDtypeStruct((6, 21), np.float32)], (x, panels), format_, depth, [21]
    )
    terms = np.abs(x) @ np.abs(w).T
    assert np.abs(y - _rounded(x) @ w.T).max() <= 5e-7 * terms.max()
    assert np.abs(y - x @ w.T).max() >= 1e-6 * terms.max()


def test_gated_product(library: ctypes.CDLL) -> None:
    x, gate, up = _normal(1, 20, 31), _normal(50, 31), _normal(50, 31) + 0.5
    y = jax.ShapeDtypeStruct((1, 20, 50), np.float32)
    call = jax.ffi.ffi_call("test.linear_glu", (y, _workspace(library, "f32,f32", 20, 31)))
    found, _ = call(
        x, _pack(library, gate), _pack(library, up), formats="f32,f32", act="gelu_tanh",
        in_dim=np.int64(31), out_dim=np.int64(50), has_bias=False,
    )  # fmt: skip
    expected = jax.nn.gelu(x @ gate.T, approximate=True) * (x @ up.T)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_rows_of_a_packed_table(library: ctypes.CDLL) -> None:
    table, ids = _normal(37, 24), np.array([[3, 36], [99, -1]], np.int32)
    for dtype in (np.float32, jnp.bfloat16):
        call = jax.ffi.ffi_call("test.embed_rows", jax.ShapeDtypeStruct((2, 2, 24), dtype))
        sizes = {"out_dim": np.int64(37), "in_dim": np.int64(24)}
        found = call(ids, _pack(library, table), format="f32", **sizes)
        np.testing.assert_array_equal(found, table[[[3, 36], [36, 0]]].astype(dtype))


SHAPE = jax.ShapeDtypeStruct((6, 5), np.float32)
WRONG = {
    r"w_0 is u8\[63\] with 63 bytes, f32\[5, 2\] needs u8\[128\]": {"w": 63},
    r"x is f32\[6, 2\], expected f32 or bf16 \[\.\., 4\]": {"in_dim": 4, "w": 256},
    r'formats is "q3_k", expected 1 to 8 of f32,f16': {"formats": "q3_k"},
    r"w_0: there is no q8_0\[5, 2\]": {"formats": "q8_0"},
    r"2 operands and 2 results, expected 3 and 2": {"has_bias": True},
    r"y_0 is f32\[6, 5\], expected f32 or bf16 with 6 rows of 7": {"out_dims": [7]},
    r"2 out_dims, expected 1": {"out_dims": [5, 5]},
    r"workspace is u8\[\d+\], expected u8\[n\] with n at least \d+": {"rows": 1},
}


@pytest.mark.parametrize("message", WRONG)
def test_wrong_calls_name_what_is_wrong(library: ctypes.CDLL, message: str) -> None:
    given = {"w": 128, "in_dim": 2, "formats": "f32", "out_dims": [5]} | WRONG[message]
    operands = (_normal(6, 2), np.zeros(given.pop("w"), np.uint8))
    sizes = (given.pop("formats"), given.pop("in_dim"), given.pop("out_dims"))
    with pytest.raises(Exception, match=f"INVALID_ARGUMENT: linear: {message}"):
        _linear(library, [SHAPE], operands, *sizes, **given)

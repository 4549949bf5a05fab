"""Operations, functions and bytes are those that XLA's own cost analysis counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from jax import lax

from rlxflow.inspect.hlo import HloModule
from rlxflow.inspect.kernels import Program, read_program
from rlxflow.inspect.operations import Counter
from rlxflow.inspect.window import convolution_positions, window_of

Shapes = tuple[tuple[int, ...], ...]


def counted(function: Callable[..., Any], shapes: Shapes) -> tuple[Program, dict[str, float]]:
    arrays = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    compiled = jax.jit(function).lower(*arrays).compile()
    return read_program(HloModule.parse(compiled.as_text() or "")), dict(compiled.cost_analysis())


def scan(x: jax.Array, w: jax.Array) -> jax.Array:
    return lax.scan(lambda c, wi: (jnp.tanh(c @ wi), None), x, w)[0]


def window(x: jax.Array) -> jax.Array:
    return lax.reduce_window(x, 0.0, lax.add, (2, 3), (1, 2), ((0, 1), (1, 1)))


CASES: list[tuple[str, Callable[..., Any], Shapes]] = [
    ("dot", lambda x, w: x @ w.T, ((5, 7), (3, 7))),
    ("batched dot", lambda x, w: jnp.einsum("bhqe,bhke->bhqk", x, w), ((2, 3, 4, 8), (2, 3, 6, 8))),
    ("softmax", lambda x: jax.nn.softmax(x * 2.0, axis=-1), ((6, 33),)),
    ("gelu", lambda x: jax.nn.gelu(x, approximate=False), ((6, 11),)),
    (
        "norm",
        lambda x, w: x * lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-3) * w,
        ((4, 9), (9,)),
    ),
    ("window", window, ((9, 11),)),
    ("running sum", lambda x: jnp.cumsum(x, axis=1), ((3, 17),)),
    ("sort", lax.sort, ((5, 13),)),
    ("update", lambda c, x: lax.dynamic_update_slice(c, x, (2, 1)), ((9, 8), (3, 2))),
    ("slice", lambda x: lax.dynamic_slice(x, (1, 2), (3, 4)) * 2, ((9, 8),)),
    ("scatter", lambda c, x: c.at[jnp.array([1, 4])].add(x), ((9, 4), (2, 4))),
    ("take", lambda t: t[jnp.array([3, 1, 2])] + 1.0, ((40, 6),)),
    ("loop", scan, ((4, 8), (5, 8, 8))),
    ("convolution", lambda x, w: lax.conv(x, w, (2, 1), "SAME"), ((2, 3, 11, 7), (5, 3, 3, 2))),
    ("fft", lambda x: jnp.abs(jnp.fft.fft(x)), ((3, 16),)),
]


@pytest.mark.parametrize(("function", "shapes"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_counts_are_those_of_xla(function: Callable[..., Any], shapes: Shapes) -> None:
    program, cost = counted(function, shapes)
    kernels = [kernel for kernel in program.kernels if kernel.runs]
    assert kernels
    parts = [part for kernel in kernels for part in kernel.parts.values()]
    assert sum(part.flops for part in parts) == cost.get("flops", 0)
    assert sum(part.transcendentals for part in parts) == cost.get("transcendentals", 0)
    nbytes = sum(part.read + part.written + part.spared for part in parts)
    assert nbytes == pytest.approx(cost["bytes accessed"], rel=1e-6)


def test_a_gather_in_a_fusion_reads_the_rows_it_takes() -> None:
    program, cost = counted(lambda t, w: t[jnp.array([3, 1, 2])] * w, ((400, 6), (6,)))
    moved = sum(kernel.nbytes for kernel in program.kernels)
    spared = sum(part.spared for kernel in program.kernels for part in kernel.parts.values())
    table, rows = 400 * 6 * 4, 3 * 6 * 4
    assert spared in {0, table - rows}  # nothing, if this XLA does not fuse it
    assert moved + spared == pytest.approx(cost["bytes accessed"])
    assert moved < table


def test_of_a_branch_the_dearest_counts() -> None:
    def branch(x: jax.Array) -> jax.Array:
        return lax.cond(x[0, 0] > 0, lambda a: a @ a, lambda a: a + 1.0, x)

    program, cost = counted(branch, ((12, 12),))
    flops = sum(kernel.flops for kernel in program.kernels if kernel.runs)
    assert flops == cost["flops"]
    assert any("only the dearest of 2" in note for note in program.notes)


def test_a_loop_multiplies_what_is_in_it() -> None:
    program, _ = counted(scan, ((4, 8), (5, 8, 8)))
    product = [kernel for kernel in program.kernels if kernel.flops >= 2 * 4 * 8 * 8]
    assert [kernel.runs for kernel in product] == [5]


def test_a_loop_of_unknown_length_counts_once_and_says_so() -> None:
    def until(x: jax.Array) -> jax.Array:
        return lax.while_loop(lambda v: v.sum() < 1e3, lambda v: v @ v + 1.0, x)

    program, _ = counted(until, ((6, 6),))
    assert {kernel.runs for kernel in program.kernels} == {1}
    assert any("how often it runs is not known" in note for note in program.notes)


def test_a_window_without_padding_or_stride() -> None:
    (axis,) = window_of("window={size=3}, to_apply=%f")
    assert (axis.size, axis.stride, axis.low, axis.high) == (3, 1, 0, 0)
    assert window_of("dimensions={1}") == []


def test_a_convolution_skips_the_padding() -> None:
    text = "window={size=3 pad=1_1}, dim_labels=bf0_oi0->bf0"
    # 4 positions of an input of 4: 3 + 3 + 2 * 2 products that meet it, for 2 x 5 channels
    assert convolution_positions(text, (1, 2, 4), (5, 2, 3), (1, 5, 4)) == 10 * (2 + 3 + 3 + 2)


def test_cholesky_and_custom_calls_are_listed() -> None:
    text = """HloModule m

ENTRY %e (a: f32[6,6]) -> f32[6,6] {
  %a = f32[6,6]{1,0} parameter(0)
  %l = f32[6,6]{1,0} cholesky(%a), lower=true
  ROOT %c = f32[6,6]{1,0} custom-call(%l), custom_call_target="solve.f32"
}
"""
    module = HloModule.parse(text)
    assert Counter(module).computation(module.entry).flops == 6 * 36 // 3
    kernels = read_program(module).kernels
    assert [(kernel.opcode, kernel.target) for kernel in kernels] == [
        ("cholesky", ""),
        ("custom-call", "solve.f32"),
    ]
    assert kernels[1].nbytes == 2 * 36 * 4

"""Few rows by bf16 weights without a kernel: weights are read where they are, nothing is lost."""

from __future__ import annotations

import re

import numpy as np
import pytest

import rlxflow as rf
from rlxflow import dtypes
from rlxflow.ir.module import IrModule

D, N = 70, 52
BF16 = dtypes.to_numpy("bf16")


def model(rows: int, compute: str = "f32", **profile: object) -> rf.CompiledModel:
    flow = rf.ModelFlow("few").input("x", rf.Shape([rows, D], compute, axes=("t", "d")))
    flow = flow.custom(lambda emit, x: emit.linear(x, "a.weight", "a.bias", size=N), name="last")
    weights = {"a.weight": weight(), "a.bias": np.arange(N, dtype=np.float32)}
    return flow.with_profile(rf.CompileProfile(**profile)).build(weights).compile()


def weight() -> np.ndarray:
    return np.random.default_rng(4).normal(size=(N, D)).astype(BF16)


def exact(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float64) @ weight().astype(np.float64).T + np.arange(N)


def widened(exe: rf.CompiledModel) -> bool:
    """Whether the optimised program makes all weights f32."""
    return re.search(rf"f32\[{N},{D}\]|f32\[{D},{N}\]", exe.hlo()) is not None


@pytest.mark.parametrize("rows", [1, 3, 8])
def test_weights_are_read_where_they_are_and_numbers_are_those_of_f32(rows: int) -> None:
    x = np.random.default_rng(rows).normal(size=(rows, D)).astype(np.float32)
    x[0, :5] = [1e-30, 3e30, -1.00000012, 16777217.0, 0.0]
    split, plain = model(rows), model(rows, split_rows=False)
    assert (widened(split), widened(plain)) == (False, True)
    assert split.dispatch()[0].reason.endswith("; a few rows split for bf16 weights")
    scale = np.abs(x.astype(np.float64)) @ np.abs(weight().astype(np.float64)).T + N
    for exe in (split, plain):
        assert (np.abs(np.asarray(exe(x=x)["output"]) - exact(x)) / scale).max() < 3e-7


def test_one_row_of_bf16_gets_a_second() -> None:
    x = np.random.default_rng(9).normal(size=(1, D)).astype(BF16)
    split = model(1, "bf16")
    assert not widened(split)
    found = np.asarray(split(x=x)["output"], np.float64)
    assert np.abs(found - exact(x)).max() < 2**-7 * np.abs(exact(x)).max()


def test_products_inside_and_outside_of_stages_are_split() -> None:
    module = IrModule.parse(f"""
      func.func @main(%x: tensor<2x{D}xf32> {{rlx.input = "x"}},
          %w: tensor<{N}x{D}xbf16> {{rlx.param = "w"}})
          -> (tensor<2x{N}xf32> {{rlx.output = "y"}}) {{
        %0 = stablehlo.convert %w : (tensor<{N}x{D}xbf16>) -> tensor<{N}x{D}xf32>
        %1 = stablehlo.dot_general %x, %0, contracting_dims = [1] x [1]
          : (tensor<2x{D}xf32>, tensor<{N}x{D}xf32>) -> tensor<2x{N}xf32>
        %2 = "rlx.stage"(%1) ({{
        ^bb0(%a: tensor<2x{N}xf32>):
          %3 = stablehlo.negate %a : tensor<2x{N}xf32>
          "rlx.yield"(%3) : (tensor<2x{N}xf32>) -> ()
        }}) {{block = "custom", mode = #rlx.mode<auto>, name = "less"}}
          : (tensor<2x{N}xf32>) -> tensor<2x{N}xf32>
        return %2 : tensor<2x{N}xf32>
      }}""")
    exe = rf.BuiltModel.from_mlir(module.text(), weights={"w": weight()}).compile()
    assert not widened(exe)
    x = np.random.default_rng(3).normal(size=(2, D)).astype(np.float32)
    found = np.asarray(exe(x=x)["y"])
    assert np.abs(found + exact(x) - np.arange(N)).max() < 1e-4


def test_more_rows_stay_as_they_are() -> None:
    assert "split" not in model(9).dispatch()[0].reason


def test_what_is_not_finite_stays_so() -> None:
    x = np.ones((4, D), np.float32)
    x[0, 7], x[1, 7], x[2, 7] = np.inf, -np.inf, np.nan
    found = np.asarray(model(4)(x=x)["output"])
    sign = np.sign(weight().astype(np.float32)[:, 7])
    assert np.array_equal(found[0], sign * np.inf)
    assert np.array_equal(found[1], -sign * np.inf)
    assert np.isnan(found[2]).all()
    assert np.isfinite(found[3]).all()

"""Sorting, running sums, triangular systems and loops against numpy, on any axis."""

from __future__ import annotations

import numpy as np
import pytest

from rlxflow import ops
from rlxflow.errors import ShapeError

AXES = "b t d"
SIZES = (3, 5, 4)


def numbers(seed: int) -> np.ndarray:
    """Returns numbers among which some are equal."""
    return np.random.default_rng(seed).integers(-4, 5, SIZES).astype(np.float32)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_sorting_keeps_equal_keys_in_their_order(evaluate, at):
    x, axis = numbers(1), AXES.split()[at]
    other = np.random.default_rng(2).integers(0, 99, SIZES).astype(np.int32)

    def build(v):
        keys, moved = ops.sort(v["x"], v["other"], over=axis)
        values, ids = ops.top_k(v["x"], axis, 2, "k")
        return {"keys": keys, "moved": moved, "values": values, "ids": ids}

    found = evaluate(build, {"x": (x, AXES), "other": (other, AXES)})
    order = np.argsort(x, at, kind="stable")
    np.testing.assert_array_equal(found["keys"], np.take_along_axis(x, order, at))
    np.testing.assert_array_equal(found["moved"], np.take_along_axis(other, order, at))
    falling = np.moveaxis(np.argsort(-x, at, kind="stable"), at, -1)[..., :2]
    np.testing.assert_array_equal(found["ids"], falling)
    last = np.moveaxis(x, at, -1)
    np.testing.assert_array_equal(found["values"], np.take_along_axis(last, falling, -1))


@pytest.mark.parametrize("at", [0, 1, 2])
def test_running_sums(evaluate, at):
    x = numbers(3)
    found = evaluate(
        lambda v: {"sum": ops.cumulative_sum(v["x"], AXES.split()[at])}, {"x": (x, AXES)}
    )
    np.testing.assert_allclose(found["sum"], np.cumsum(x, at), rtol=1e-6)


def test_triangular_systems(evaluate):
    rng = np.random.default_rng(4)
    a, b = rng.uniform(-1, 1, (2, 5, 5)), rng.uniform(-1, 1, (2, 5, 3))
    found = evaluate(
        lambda v: {"x": ops.triangular_solve(v["a"], v["b"], rows="t", columns="s")},
        {"a": (a.astype(np.float32), "b t s"), "b": (b.astype(np.float32), "b t d")},
    )
    wanted = np.linalg.solve(np.tril(a, -1) + np.eye(5), b)
    np.testing.assert_allclose(found["x"], wanted, rtol=1e-4, atol=1e-5)


def test_loops_run_as_often_as_the_program_says(evaluate):
    def build(v):
        def body(step, values):
            total, power = values
            return total + ops.convert(step, "f32") * v["x"], power * v["x"]

        zero = ops.fill(v["x"], 0.0)
        fixed, _ = ops.repeat(4, body, zero, v["x"])
        at_run_time, power = ops.repeat(v["count"], body, zero, v["x"])
        return {"fixed": fixed, "sum": at_run_time, "power": power}

    x, count = np.array([2.0, -1.0], np.float32), np.asarray(3, np.int32)
    found = evaluate(build, {"x": (x, "d"), "count": (count, "")})
    np.testing.assert_array_equal(found["fixed"], 6 * x)
    np.testing.assert_array_equal(found["sum"], 3 * x)
    np.testing.assert_array_equal(found["power"], x**4)


ERRORS = {
    "too many of an axis": (
        lambda v: ops.top_k(v("f32", t=4), "t", 5, "k"),
        r"top_k: .*found 5 of f32\[t=4\]",
    ),
    "sorting along with other axes": (
        lambda v: ops.sort(v("f32", t=4), v("i32", s=4), over="t"),
        r"sort: expected axes of f32\[t=4\], found i32\[s=4\]",
    ),
    "a sum over a missing axis": (
        lambda v: ops.cumulative_sum(v("f32", t=4), "s"),
        r"an axis `s`, found f32\[t=4\]",
    ),
    "a system that is not square": (
        lambda v: ops.triangular_solve(
            v("f32", t=4, s=5), v("f32", t=4, n=1), rows="t", columns="s"
        ),
        r"two equal sizes .*found f32\[t=4, s=5\] and f32\[t=4, n=1\]",
    ),
    "a loop that changes a type": (
        lambda v: ops.repeat(2, lambda _, x: [ops.convert(x[0], "bf16")], v("f32", t=4)),
        r"repeat: expected f32\[t=4\], found bf16\[t=4\]",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_name_the_axes(make_value, case):
    call, message = ERRORS[case]
    with pytest.raises(ShapeError, match=message):
        call(make_value)

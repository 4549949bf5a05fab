"""Sorting, running sums, triangular systems and loops against numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from rlxflow.errors import ShapeError
from rlxflow.ir import ops
from rlxflow.ir.value import Value

RNG = np.random.default_rng(0)
Make = Callable[..., Value]


def test_top_k_takes_the_first_of_equals(evaluate: Callable) -> None:
    x = np.asarray([[1, 3, 3, 2, 3], [0, 0, 0, 0, 0]], np.float32).T

    def build(values: dict[str, Value]) -> dict[str, Value]:
        best, ids = ops.top_k(values["x"], "x", 4, into="choice")
        return {"best": best, "ids": ids}

    made = evaluate(build, {"x": (x, "x t")})
    assert made["best"].tolist() == [[3, 3, 3, 2], [0, 0, 0, 0]]
    assert made["ids"].tolist() == [[1, 2, 4, 3], [0, 1, 2, 3]]


def test_sort_is_stable_and_moves_others_along(evaluate: Callable) -> None:
    keys = RNG.integers(0, 3, (4, 9)).astype(np.int32)
    other = RNG.normal(size=(4, 9)).astype(np.float32)

    def build(values: dict[str, Value]) -> dict[str, Value]:
        return dict(zip("ab", ops.sort(values["k"], values["o"], over="s"), strict=True))

    made = evaluate(build, {"k": (keys, "t s"), "o": (other, "t s")})
    order = np.argsort(keys, axis=1, kind="stable")
    assert np.array_equal(made["a"], np.take_along_axis(keys, order, 1))
    assert np.array_equal(made["b"], np.take_along_axis(other, order, 1))


@pytest.mark.parametrize("over", ["t", "s"])
def test_cumulative_sum_has_itself_included(evaluate: Callable, over: str) -> None:
    x = RNG.integers(-9, 9, (3, 70)).astype(np.float32)
    made = evaluate(
        lambda values: {"y": ops.cumulative_sum(values["x"], over=over)}, {"x": (x, "t s")}
    )
    assert np.array_equal(made["y"], x.cumsum("ts".index(over)))


def test_triangular_solve_reads_below_the_diagonal_only(evaluate: Callable) -> None:
    whole = RNG.normal(size=(2, 5, 5)).astype(np.float32)
    system = np.tril(whole, -1) + np.eye(5)
    known = RNG.normal(size=(2, 5, 3)).astype(np.float32)

    def build(values: dict[str, Value]) -> dict[str, Value]:
        x = ops.triangular_solve(values["a"], values["b"], rows="t", columns="s")
        assert x.axes == ("b", "s", "n")
        return {"x": x}

    made = evaluate(build, {"a": (whole, "b t s"), "b": (known, "b t n")})
    np.testing.assert_allclose(system @ made["x"], known, atol=1e-4)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_repeat_counts_at_run_time(evaluate: Callable, count: int) -> None:
    def build(values: dict[str, Value]) -> dict[str, Value]:
        outer = values["x"] * 2.0

        def once(step: Value, made: tuple[Value, ...]) -> list[Value]:
            return [made[0] + outer, made[1] + step]

        made = ops.repeat(values["n"], once, values["x"], values["n"])
        return {"sum": made[0], "steps": made[1]}

    x = np.asarray([1, 2, 3], np.float32)
    made = evaluate(build, {"x": (x, "d"), "n": (np.asarray(count, np.int32), "")})
    assert np.array_equal(made["sum"], x * (1 + 2 * count))
    assert made["steps"] == count + sum(range(count))


def test_wrong_operands_are_refused(make_value: Make) -> None:
    x = make_value("f32", t=3, d=4)
    with pytest.raises(ShapeError, match=r"top_k: expected .*, found 5 of f32\[t=3, d=4\]"):
        ops.top_k(x, "d", 5, into="choice")
    with pytest.raises(ShapeError, match=r"sort: expected axes of f32\[t=3, d=4\]"):
        ops.sort(x, make_value("f32", d=4), over="d")
    with pytest.raises(ShapeError, match=r"triangular_solve: expected \[\.\.\., t, d\] with two"):
        ops.triangular_solve(x, x, rows="t", columns="d")
    with pytest.raises(ShapeError, match=r"repeat: expected f32\[t=3, d=4\], found f32\[d=4\]"):
        ops.repeat(2, lambda step, made: [ops.sum(made[0], over="t")], x)

"""Every operation of `rlxflow.ir.ops` against numpy, on random shapes, axis orders and dtypes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rlxflow as rf
from rlxflow import ops
from rlxflow.errors import DTypeError, ShapeError

FLOATS = (np.dtype(np.float32), np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16))
INTEGERS = (np.dtype(np.int32), np.dtype(np.int8), np.dtype(np.uint8), np.dtype(np.uint32))

ERF = np.vectorize(math.erf)
BINARY = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "maximum": np.maximum,
    "minimum": np.minimum,
}
COMPARE = {
    "EQ": np.equal,
    "NE": np.not_equal,
    "LT": np.less,
    "LE": np.less_equal,
    "GT": np.greater,
    "GE": np.greater_equal,
}
UNARY = {
    "negate": np.negative,
    "abs": np.abs,
    "floor": np.floor,
    "exponential": np.exp,
    "log": np.log,
    "log_plus_one": np.log1p,
    "sine": np.sin,
    "cosine": np.cos,
    "tanh": np.tanh,
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "erf": ERF,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
}

axis_sizes = st.permutations("btdefg").flatmap(
    lambda names: st.lists(st.integers(1, 4), min_size=1, max_size=4).map(
        lambda sizes: dict(zip(names, sizes, strict=False))
    )
)
seeds = st.integers(0, 2**32 - 1)


def random(seed: int, sizes: dict[str, int], dtype: np.dtype = FLOATS[0]) -> np.ndarray:
    """Returns numbers whose products and quotients stay tame; never 0, never the same sign."""
    rng = np.random.default_rng(seed)
    shape = tuple(sizes.values())
    if dtype.kind in "iu":
        low = 1 if dtype.kind == "u" else -5
        numbers = rng.integers(low, 6, shape)
        return np.where(numbers == 0, 3, numbers).astype(dtype)
    return (rng.uniform(0.25, 3.0, shape) * rng.choice([-1, 1], shape)).astype(dtype)


def aligned(array: np.ndarray, axes: str, target: str) -> np.ndarray:
    """Returns `array` with its axes in the order of `target`, those it lacks of size 1."""
    ordered = array.transpose([axes.index(name) for name in target if name in axes])
    return ordered.reshape([*(array.shape[axes.index(n)] if n in axes else 1 for n in target)])


def wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float64) if array.dtype.kind in "fV" else array.astype(np.int64)


def names(sizes: dict[str, int]) -> str:
    return " ".join(sizes)


def close(found: np.ndarray, wanted: np.ndarray, tolerance: float = 2e-6) -> None:
    assert found.shape == wanted.shape
    np.testing.assert_allclose(wide(found), wanted, rtol=tolerance, atol=tolerance)


def subset(sizes: dict[str, int], order: list[str], keep: list[bool]) -> dict[str, int]:
    chosen = [name for name, kept in zip(sizes, keep, strict=False) if kept]
    return {name: sizes[name] for name in order if name in chosen}


@pytest.mark.slow
@given(axis_sizes, st.permutations("btdefg"), st.lists(st.booleans(), min_size=4), seeds)
@settings(max_examples=8)
def test_operands_broadcast_by_axis_name(evaluate, sizes, order, keep, seed):
    part = subset(sizes, order, keep)
    large, small = "".join(sizes), "".join(part)
    for dtype in (FLOATS[0], INTEGERS[seed % len(INTEGERS)]):
        x, y = random(seed, sizes, dtype), random(seed + 1, part, dtype)
        floats = dtype.kind == "f"

        def build(v: Any, floats: bool = floats) -> dict[str, rf.Value]:
            made = {op: getattr(ops, op)(v["x"], v["y"]) for op in BINARY}
            made |= {f"{op} swapped": getattr(ops, op)(v["y"], v["x"]) for op in BINARY}
            made |= {op: ops.compare(v["x"], op, v["y"]) for op in COMPARE}
            made |= {"number": v["x"] - 2, "number first": 2 - v["x"], "negated": -(v["x"])}
            made |= {"remainder": ops.remainder(v["x"], v["y"])}
            if floats:
                made |= {"divide": v["x"] / v["y"], "divide swapped": v["y"] / v["x"]}
                made |= {"power": ops.power(ops.abs(v["x"]), v["y"]), "inverse": 1.0 / v["x"]}
            else:
                made |= {"divide": ops.divide(v["x"], v["y"])}
            return made

        found = evaluate(build, {"x": (x, names(sizes)), "y": (y, names(part))})
        a, b = wide(x), aligned(wide(y), small, large)
        for op, function in BINARY.items():
            assert found[op].dtype == dtype
            close(found[op], wrap(function(a, b), dtype))
            close(found[f"{op} swapped"], reordered(wrap(function(b, a), dtype), large, small))
        for op, function in COMPARE.items():
            np.testing.assert_array_equal(found[op], np.broadcast_to(function(a, b), x.shape))
        close(found["number"], wrap(a - 2, dtype))
        close(found["number first"], wrap(2 - a, dtype))
        close(found["negated"], wrap(-a, dtype))
        close(found["remainder"], np.broadcast_to(np.fmod(a, b), x.shape), 2e-5)
        if floats:
            close(found["divide"], a / b)
            close(found["divide swapped"], reordered(b / a, large, small))
            close(found["inverse"], 1 / a)
            close(found["power"], np.abs(a) ** b, 2e-5)
        else:
            close(found["divide"], np.trunc(a / b))


def wrap(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Returns what is left of whole numbers that pass the end of their type."""
    return wide(array.astype(dtype)) if dtype.kind in "iu" else array


def reordered(array: np.ndarray, axes: str, first: str) -> np.ndarray:
    """Returns a result with the axes of the first operand in front, if it has all of them."""
    return aligned(array, axes, first) if len(first) == len(axes) else array


@pytest.mark.slow
@given(axis_sizes, st.sampled_from(FLOATS), seeds)
@settings(max_examples=6)
def test_functions_of_one_number(evaluate, sizes, dtype, seed):
    x = np.abs(random(seed, sizes, dtype))
    x.flat[0] = dtype.type(2.5)
    arrays = {"x": (x, names(sizes))}
    found = evaluate(lambda v: {op: getattr(ops, op)(v["x"]) for op in UNARY}, arrays)
    tolerance = {4: 4e-6, 2: 2e-2}[dtype.itemsize]
    for op, function in UNARY.items():
        assert found[op].dtype == dtype
        close(found[op], function(wide(x)), tolerance)
    below = evaluate(
        lambda v: {
            "clamp": ops.clamp(-0.5, -v["x"], 0.5),
            "abs": ops.abs(-v["x"]),
            "floor": ops.floor(-v["x"]),
            "log_plus_one": ops.log_plus_one(v["x"] * 1e-3),
        },
        {"x": (wide(x).astype(np.float32), names(sizes))},
    )
    close(below["clamp"], np.clip(-wide(x), -0.5, 0.5))
    close(below["abs"], wide(x))
    np.testing.assert_array_equal(below["floor"], np.floor(-wide(x)))
    close(below["log_plus_one"], np.log1p(wide(x) * 1e-3), 1e-9)


def test_nan_and_infinity_pass_through_the_larger_of_both(evaluate):
    x = np.array([np.nan, np.inf, -np.inf, 1.0], np.float32)
    found = evaluate(
        lambda v: {"max": ops.maximum(v["x"], 0.0), "min": ops.minimum(v["x"], 0.0)},
        {"x": (x, "d")},
    )
    np.testing.assert_array_equal(found["max"], np.maximum(x, 0))
    np.testing.assert_array_equal(found["min"], np.minimum(x, 0))


@pytest.mark.slow
@given(axis_sizes, st.lists(st.booleans(), min_size=4), seeds)
@settings(max_examples=6)
def test_booleans_and_bits(evaluate, sizes, keep, seed):
    part = subset(sizes, list(sizes)[::-1], keep)
    large, small = "".join(sizes), "".join(part)
    rng = np.random.default_rng(seed)
    for dtype, top in ((np.bool_, 2), (np.int32, 64), (np.uint8, 64)):
        x = rng.integers(0, top, tuple(sizes.values())).astype(dtype)
        y = rng.integers(0, top, tuple(part.values())).astype(dtype)
        found = evaluate(
            lambda v: {
                "and": ops.logical_and(v["x"], v["y"]),
                "or": ops.logical_or(v["y"], v["x"]),
                "not": ops.logical_not(v["x"]),
            },
            {"x": (x, names(sizes)), "y": (y, names(part))},
        )
        other = aligned(y, small, large)
        np.testing.assert_array_equal(found["and"], x & other)
        np.testing.assert_array_equal(found["or"], reordered(x | other, large, small))
        np.testing.assert_array_equal(found["not"], ~x)


@given(axis_sizes, st.lists(st.booleans(), min_size=4), st.booleans(), seeds)
@settings(max_examples=8)
def test_select_expands_every_operand_by_name(evaluate, sizes, keep, swap, seed):
    part = subset(sizes, list(sizes)[::-1], keep)
    large, small = "".join(sizes), "".join(part)
    first, second = (part, sizes) if swap else (sizes, part)
    p = np.random.default_rng(seed).integers(0, 2, tuple(first.values())).astype(np.bool_)
    x, y = random(seed, second), random(seed + 1, second)
    found = evaluate(
        lambda v: {
            "both": ops.select(v["p"], v["x"], v["y"]),
            "number": ops.select(v["p"], v["x"], -7.5),
            "first": ops.select(v["p"], 7.5, v["x"]),
        },
        {"p": (p, names(first)), "x": (x, names(second)), "y": (y, names(second))},
    )
    order = large if set(small) <= set(large) else small
    p, x, y = (aligned(a, "".join(s), order) for a, s in ((p, first), (x, second), (y, second)))
    full = tuple(sizes.values())
    close(found["both"], np.broadcast_to(np.where(p, x, y), full))
    close(found["number"], np.broadcast_to(np.where(p, x, -7.5), full))
    close(found["first"], np.broadcast_to(np.where(p, 7.5, x), full))


@pytest.mark.slow
@given(axis_sizes, st.lists(st.booleans(), min_size=4), seeds)
@settings(max_examples=12)
def test_reductions_over_any_axes(evaluate, sizes, keep, seed):
    over = [name for name, kept in zip(sizes, keep, strict=False) if kept][::-1]
    dims = tuple(list(sizes).index(name) for name in over)
    one = next(iter(sizes)) if not over else over[0]
    at = list(sizes).index(one)
    x, i = random(seed, sizes), random(seed + 1, sizes, INTEGERS[seed % len(INTEGERS)])
    found = evaluate(
        lambda v: {
            "sum": ops.sum(v["x"], over),
            "max": ops.max(v["x"], " ".join(over)),
            "min": ops.min(v["x"], over),
            "mean": ops.mean(v["x"], over),
            "softmax": ops.softmax(v["x"], one),
            "unit": ops.l2_normalize(v["x"], one),
            "floored": ops.l2_normalize(v["x"], one, floor=100.0),
            "largest": ops.max(v["i"], over),
            "least": ops.min(v["i"], over),
            "total": ops.sum(v["i"], over),
        },
        {"x": (x, names(sizes)), "i": (i, names(sizes))},
    )
    a = wide(x)
    close(found["sum"], a.sum(dims), 1e-5)
    close(found["max"], a.max(dims) if dims else a)
    close(found["min"], a.min(dims) if dims else a)
    close(found["mean"], a.mean(dims) if dims else a, 1e-5)
    exps = np.exp(a - a.max(at, keepdims=True))
    close(found["softmax"], exps / exps.sum(at, keepdims=True))
    length = np.sqrt((a * a).sum(at, keepdims=True))
    close(found["unit"], a / length)
    close(found["floored"], a / np.maximum(length, 100.0))
    np.testing.assert_array_equal(found["largest"], i.max(dims) if dims else i)
    np.testing.assert_array_equal(found["least"], i.min(dims) if dims else i)
    np.testing.assert_array_equal(found["total"], i.sum(dims, dtype=i.dtype) if dims else i)


def test_softmax_of_large_and_of_narrow_numbers(evaluate):
    x = np.array([[1000.0, 999.0, -1000.0], [-3e38, -3e38, -3e38]], np.float32)
    narrow = np.array([[1.0, 2.0, 3.0]], ml_dtypes.bfloat16)
    found = evaluate(
        lambda v: {"x": ops.softmax(v["x"], "s"), "narrow": ops.softmax(v["n"], "s")},
        {"x": (x, "t s"), "n": (narrow, "t s")},
    )
    close(found["x"][0], np.array([0.7310586, 0.2689414, 0.0]), 1e-6)
    close(found["x"][1], np.full(3, 1 / 3))
    assert found["narrow"].dtype == ml_dtypes.bfloat16
    close(found["narrow"][0], np.array([0.0900306, 0.2447285, 0.6652410]), 2e-3)


@st.composite
def products(draw: st.DrawFn) -> tuple[dict[str, int], dict[str, int], str, str]:
    """Draws two operands, what is summed over, and the axes of the result."""
    size = st.integers(1, 4)
    batch, summed = draw(st.sampled_from(["", "b", "bk"])), draw(st.sampled_from(["d", "de", "ed"]))
    left, right = draw(st.sampled_from(["", "t", "tg"])), draw(st.sampled_from(["", "o", "os"]))
    sizes = {name: draw(size) for name in "bkdetgos"}
    x = draw(st.permutations(batch + summed + left))
    y = draw(st.permutations(batch + summed + right))
    result = "".join(n for n in x if n in batch) + "".join(n for n in x if n in left)
    result += "".join(n for n in y if n in right)
    return {n: sizes[n] for n in x}, {n: sizes[n] for n in y}, summed, result


@pytest.mark.slow
@given(products(), st.sampled_from(FLOATS), seeds)
@settings(max_examples=20)
def test_products_over_any_axes_with_batch_axes(evaluate, drawn, dtype, seed):
    left, right, over, result = drawn
    x, y = random(seed, left, dtype), random(seed + 1, right, dtype)
    found = evaluate(
        lambda v: {
            "same": ops.dot(v["x"], v["y"], over=list(over)),
            "f32": ops.dot(v["x"], v["y"], over=" ".join(over), dtype="f32"),
        },
        {"x": (x, names(left)), "y": (y, names(right))},
    )
    formula = f"{''.join(left)},{''.join(right)}->{result}"
    wanted = np.einsum(formula, wide(x), wide(y))
    assert found["same"].dtype == dtype
    assert found["f32"].dtype == np.float32
    close(found["same"], wanted, {4: 1e-5, 2: 0.2}[dtype.itemsize])
    close(found["f32"], wanted, 1e-5)


@given(axis_sizes, st.integers(0, 3), st.sampled_from(["", "p", "qp"]), seeds)
@settings(max_examples=12)
def test_take_on_any_axis_clamps_its_ids(evaluate, sizes, at, index, seed):
    axis = list(sizes)[at % len(sizes)]
    rng = np.random.default_rng(seed)
    table = random(seed, sizes)
    dtype = INTEGERS[seed % len(INTEGERS)]
    shape = [3, 2][: len(index)]
    ids = rng.integers(-2 if dtype.kind == "i" else 0, 7, shape).astype(dtype)
    found = evaluate(
        lambda v: {"rows": ops.take(v["table"], v["ids"], axis)},
        {"table": (table, names(sizes)), "ids": (ids, " ".join(index))},
    )
    clamped = np.clip(ids.astype(np.int64), 0, sizes[axis] - 1)
    np.testing.assert_array_equal(found["rows"], np.take(table, clamped, list(sizes).index(axis)))


@given(st.permutations("btd"), st.permutations("bs"), seeds)
@settings(max_examples=6)
def test_take_pairs_off_the_axes_that_both_have(evaluate, table_axes, id_axes, seed):
    sizes = {"b": 3, "t": 5, "d": 2, "s": 4}
    table = random(seed, {name: sizes[name] for name in table_axes})
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 5, [sizes[name] for name in id_axes]).astype(np.int32)
    found = evaluate(
        lambda v: {"rows": ops.take(v["table"], v["ids"], "t")},
        {"table": (table, " ".join(table_axes)), "ids": (ids, " ".join(id_axes))},
    )
    x = aligned(table, "".join(table_axes), "btd")
    i = aligned(ids, "".join(id_axes), "bs")
    wanted = x[np.arange(3)[:, None], i]  # [b, s, d]
    np.testing.assert_array_equal(found["rows"], aligned(wanted, "bsd", "".join(id_axes) + "d"))


@st.composite
def cuts(draw: st.DrawFn, size: int) -> tuple[int, int, int]:
    start = draw(st.integers(0, size))
    return start, draw(st.integers(start, size)), draw(st.integers(1, 3))


@pytest.mark.slow
@given(st.data(), axis_sizes, st.sampled_from((*FLOATS, *INTEGERS)), seeds)
@settings(max_examples=15)
def test_elements_are_moved_as_numpy_moves_them(evaluate, data, sizes, dtype, seed):
    axes = list(sizes)
    axis = data.draw(st.sampled_from(axes))
    at, size = axes.index(axis), sizes[axis]
    order = data.draw(st.permutations(axes))
    start, stop, step = data.draw(cuts(size))
    index = data.draw(st.integers(0, size - 1))
    place = data.draw(st.integers(0, len(axes)))
    low, high = data.draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    x = random(seed, sizes, dtype)
    factor = next(n for n in (3, 2, 1) if size % n == 0)
    found = evaluate(
        lambda v: {
            "transpose": ops.transpose(v["x"], order),
            "rename": ops.rename(v["x"], **{axis: "z"}),
            "slice": ops.slice(v["x"], axis, start, stop, step),
            "pick": ops.pick(v["x"], axis, index),
            "insert": ops.insert(v["x"], "z", place),
            "split": ops.split(v["x"], axis, y=factor, z=size // factor),
            "merge": ops.merge(ops.split(v["x"], axis, y=factor, z=size // factor), "y z", axis),
            "all": ops.merge(v["x"], axes, "z"),
            "reverse": ops.reverse(v["x"], axis),
            "pad": ops.pad(v["x"], axis, low, high, value=2),
            "join": ops.concatenate([v["x"], ops.slice(v["x"], axis, start, stop), v["x"]], axis),
            "fill": ops.fill(v["x"], 3),
            "fill as": ops.fill(v["x"], 3, dtype="f32"),
        },
        {"x": (x, names(sizes))},
    )
    part = np.take(x, range(start, stop, step), at)
    whole = np.take(x, range(start, stop), at)
    around = [(low, high) if name == axis else (0, 0) for name in axes]
    wanted = {
        "transpose": x.transpose([axes.index(name) for name in order]),
        "rename": x,
        "slice": part,
        "pick": np.take(x, index, at),
        "insert": np.expand_dims(x, place),
        "split": x.reshape([*x.shape[:at], factor, size // factor, *x.shape[at + 1 :]]),
        "merge": x,
        "all": x.reshape(-1),
        "reverse": np.flip(x, at),
        "pad": np.pad(x, around, constant_values=dtype.type(2)),
        "join": np.concatenate([x, whole, x], at),
        "fill": np.full_like(x, 3),
        "fill as": np.full(x.shape, 3, np.float32),
    }
    for op, array in wanted.items():
        assert found[op].dtype == array.dtype, op
        np.testing.assert_array_equal(found[op], array, err_msg=op)


@given(axis_sizes, st.integers(0, 3), st.integers(-3, 9), st.data(), seeds)
@settings(max_examples=12)
def test_slices_that_start_at_run_time_are_clamped(evaluate, sizes, at, start, data, seed):
    axis = list(sizes)[at % len(sizes)]
    place, size = list(sizes).index(axis), sizes[axis]
    length = data.draw(st.integers(1, size))
    x = random(seed, sizes)
    update = random(seed + 1, {**sizes, axis: length})
    other = random(seed + 2, {name: max(1, size - 1) for name, size in sizes.items()})
    found = evaluate(
        lambda v: {
            "slice": ops.dynamic_slice(v["x"], axis, v["start"], length),
            "update": ops.dynamic_update_slice(v["x"], v["update"], axis, v["start"]),
            "corner": ops.update_slice(v["x"], v["other"], {axis: v["start"]}),
            "number": ops.update_slice(v["x"], v["other"], {axis: 1}),
        },
        {
            "x": (x, names(sizes)),
            "update": (update, names(sizes)),
            "other": (other, names(sizes)),
            "start": (np.int32(start).reshape(()), ""),
        },
    )
    begin = int(np.clip(start, 0, size - length))
    np.testing.assert_array_equal(found["slice"], np.take(x, range(begin, begin + length), place))
    wanted = x.copy()
    wanted[(slice(None),) * place + (slice(begin, begin + length),)] = update
    np.testing.assert_array_equal(found["update"], wanted)
    for name, first in (("corner", start), ("number", 1)):
        begin = int(np.clip(first, 0, size - other.shape[place]))
        wanted, where = x.copy(), [slice(0, n) for n in other.shape]
        where[place] = slice(begin, begin + other.shape[place])
        wanted[tuple(where)] = other
        np.testing.assert_array_equal(found[name], wanted)


@given(axis_sizes, st.permutations("btdefg"), st.lists(st.booleans(), min_size=4), seeds)
@settings(max_examples=6)
def test_expanding_and_converting(evaluate, sizes, order, keep, seed):
    part = subset(sizes, order, keep)
    x, full = random(seed, part), random(seed, sizes, INTEGERS[0])
    found = evaluate(
        lambda v: {
            "expand": ops.expand(v["x"], v["full"].type),
            "narrow": ops.convert(v["x"], "bf16"),
            "half": ops.convert(v["x"], "f16"),
            "whole": ops.convert(v["x"], "i32"),
            "truth": ops.convert(v["x"], "i1"),
            "back": ops.convert(v["full"], "f32"),
            "small": ops.convert(v["full"], "ui8"),
        },
        {"x": (x, names(part)), "full": (full, names(sizes))},
    )
    shown = aligned(x, "".join(part), "".join(sizes))
    np.testing.assert_array_equal(found["expand"], np.broadcast_to(shown, full.shape))
    np.testing.assert_array_equal(found["narrow"], x.astype(ml_dtypes.bfloat16))
    np.testing.assert_array_equal(found["half"], x.astype(np.float16))
    np.testing.assert_array_equal(found["whole"], np.trunc(x).astype(np.int32))
    np.testing.assert_array_equal(found["truth"], x != 0)
    np.testing.assert_array_equal(found["back"], full.astype(np.float32))
    np.testing.assert_array_equal(found["small"], full.astype(np.uint8))


@pytest.mark.parametrize(
    "dtype", [*FLOATS, *INTEGERS, np.dtype(np.bool_), np.dtype(np.int16)], ids=str
)
def test_constants_keep_every_element(evaluate, dtype):
    rng = np.random.default_rng(5)
    arrays = {
        "many": rng.integers(0, 2 if dtype.kind == "b" else 9, (3, 5)).astype(dtype),
        "splat": np.full((1, 1), 1).astype(dtype),
        "one": np.asarray(1).astype(dtype),
        "none": np.zeros((0, 2)).astype(dtype),
    }

    axes = {"many": "t d", "splat": "t d", "one": "", "none": "t d"}

    def shaped(v: Any) -> dict[str, rf.Value]:
        return {
            name: ops.convert(ops.constant(v["x"], array, axes[name]), "f32")
            for name, array in arrays.items()
        }

    found = evaluate(shaped, {"x": (np.ones(2, np.float32), "d")})
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array.astype(np.float32), err_msg=name)


@pytest.mark.parametrize("dtype", ["i32", "f32", "ui8", "bf16"])
def test_iota_counts_from_zero(evaluate, dtype):
    found = evaluate(
        lambda v: {"count": ops.convert(ops.iota(v["x"], "t", 5, dtype), "f32")},
        {"x": (np.ones(2, np.float32), "d")},
    )
    np.testing.assert_array_equal(found["count"], np.arange(5, dtype=np.float32))


Make = Callable[..., rf.Value]
ERRORS: dict[str, tuple[Callable[[Make], object], type[Exception], str]] = {
    "broadcast of two sizes": (
        lambda v: v("f32", t=4, d=6) + v("f32", d=5),
        ShapeError,
        r"axis `d=5` in the target, found f32\[d=5\] against f32\[t=4, d=6\]",
    ),
    "neither operand has all axes": (
        lambda v: v("f32", t=4) * v("f32", d=6),
        ShapeError,
        r"multiply: .*found f32\[t=4\] and f32\[d=6\]; expand one",
    ),
    "two element types": (
        lambda v: v("f32", d=6) - v("bf16", d=6),
        DTypeError,
        r"subtract: .*one element type, found f32\[d=6\] and bf16\[d=6\]; convert",
    ),
    "a function of whole numbers": (
        lambda v: ops.tanh(v("i32", d=6)),
        DTypeError,
        r"tanh: expected a float tensor, found i32\[d=6\]",
    ),
    "two numbers": (lambda _: ops.add(1, 2), DTypeError, "add: expected at least one tensor"),
    "an unknown comparison": (
        lambda v: ops.compare(v("i32", d=6), "EQUAL", 0),
        DTypeError,
        "one of EQ, GE, GT, LE, LT, NE, found `EQUAL`",
    ),
    "an unknown element type": (
        lambda v: ops.convert(v("i32", d=6), "float32"),
        DTypeError,
        "convert: expected one of f64, f32.*found `float32`",
    ),
    "a predicate of numbers": (
        lambda v: ops.select(v("i32", d=6), v("f32", d=6), 0.0),
        DTypeError,
        r"select: expected a predicate of i1, found i32\[d=6\]",
    ),
    "expansion to another size": (
        lambda v: ops.expand(v("f32", d=6), v("f32", t=4, d=5).type),
        ShapeError,
        r"axis `d=6` in the target, found f32\[d=6\] against f32\[t=4, d=5\]",
    ),
    "sum over no axis": (
        lambda v: ops.sum(v("f32", t=4, d=6), "s"),
        ShapeError,
        r"an axis `s`, found f32\[t=4, d=6\]",
    ),
    "product over a missing axis": (
        lambda v: ops.dot(v("f32", t=4, d=6), v("f32", o=5, i=6), over="d"),
        ShapeError,
        r"an axis `d`, found f32\[o=5, i=6\]",
    ),
    "product of two sizes": (
        lambda v: ops.dot(v("f32", t=4, d=6), v("f32", o=5, d=7), over="d"),
        ShapeError,
        r"dot: expected one size of `d`, found f32\[t=4, d=6\] and f32\[o=5, d=7\]",
    ),
    "product with two batch sizes": (
        lambda v: ops.dot(v("f32", b=2, d=6), v("f32", b=3, d=6), over="d"),
        ShapeError,
        r"one size of `b`, found f32\[b=2, d=6\] and f32\[b=3, d=6\]",
    ),
    "product of two element types": (
        lambda v: ops.dot(v("f32", d=6), v("bf16", d=6), over="d"),
        DTypeError,
        r"dot: .*found f32\[d=6\] and bf16\[d=6\]",
    ),
    "product of booleans": (
        lambda v: ops.dot(v("i1", d=6), v("i1", d=6), over="d"),
        DTypeError,
        r"dot: .*found i1\[d=6\]",
    ),
    "rows chosen by floats": (
        lambda v: ops.take(v("f32", v=9, d=6), v("f32", t=4), "v"),
        DTypeError,
        r"take: expected ids of an integer type, found f32\[t=4\]",
    ),
    "rows of a missing axis": (
        lambda v: ops.take(v("f32", v=9, d=6), v("i32", t=4), "n"),
        ShapeError,
        r"an axis `n`, found f32\[v=9, d=6\]",
    ),
    "rows of two batch sizes": (
        lambda v: ops.take(v("f32", b=2, t=4), v("i32", b=3), "t"),
        ShapeError,
        r"take: expected sizes as in f32\[b=2, t=4\], found i32\[b=3\]",
    ),
    "a rename onto another axis": (
        lambda v: ops.rename(v("f32", t=4, d=6), t="d"),
        ShapeError,
        r"axis names that differ, found f32\[d=4, d=6\]",
    ),
    "a rename of a missing axis": (
        lambda v: ops.rename(v("f32", t=4), s="k"),
        ShapeError,
        r"an axis `s`, found f32\[t=4\]",
    ),
    "a split that does not fit": (
        lambda v: ops.split(v("f32", t=4, d=6), "d", h=4, e=2),
        ShapeError,
        "parts of `d` whose product is 6, found h=4, e=2",
    ),
    "a merge of axes apart": (
        lambda v: ops.merge(v("f32", h=2, t=4, e=3), "h e", "d"),
        ShapeError,
        r"axes h e side by side, found f32\[h=2, t=4, e=3\]; transpose first",
    ),
    "a transpose that forgets an axis": (
        lambda v: ops.transpose(v("f32", t=4, d=6), "d"),
        ShapeError,
        r"each axis of f32\[t=4, d=6\] once, found d",
    ),
    "a slice past the end": (
        lambda v: ops.slice(v("f32", t=4), "t", 1, 5),
        ShapeError,
        "0 <= start <= stop <= 4 and step >= 1 on axis `t`, found 1:5:1",
    ),
    "an element past the end": (
        lambda v: ops.pick(v("f32", t=4), "t", 4),
        ShapeError,
        "on axis `t`, found 4:5:1",
    ),
    "an axis inserted twice": (
        lambda v: ops.insert(v("f32", t=4), "t", 0),
        ShapeError,
        r"axis names that differ, found f32\[t=1, t=4\]",
    ),
    "parts of two types": (
        lambda v: ops.concatenate([v("f32", t=4, d=6), v("f32", t=3, d=5)], "t"),
        ShapeError,
        r"f32\[t=4, d=6\] but for the size of `t`, found f32\[t=3, d=5\]",
    ),
    "parts of two element types": (
        lambda v: ops.concatenate([v("f32", t=4), v("i32", t=3)], "t"),
        ShapeError,
        r"concatenate: .*found i32\[t=3\]",
    ),
    "padding by less than nothing": (
        lambda v: ops.pad(v("f32", t=4), "t", -1, 0),
        ShapeError,
        "pad: expected amounts of at least 0, found -1 and 0",
    ),
    "a constant with too few names": (
        lambda v: ops.constant(v("f32", t=4), np.ones((2, 3)), "t"),
        ShapeError,
        r"constant: expected 1 axes, found shape \(2, 3\)",
    ),
    "a start that is no scalar": (
        lambda v: ops.dynamic_slice(v("f32", t=4), "t", v("i32", b=2), 1),
        ShapeError,
        r"start: expected an integer scalar, found i32\[b=2\]",
    ),
    "a run-time slice of a missing axis": (
        lambda v: ops.dynamic_slice(v("f32", t=4), "s", v("i32"), 1),
        ShapeError,
        r"an axis `s`, found f32\[t=4\]",
    ),
    "a run-time slice too long": (
        lambda v: ops.dynamic_slice(v("f32", t=4), "t", v("i32"), 5),
        ShapeError,
        r"`t`.*found 5",
    ),
    "an update with other axes": (
        lambda v: ops.dynamic_update_slice(v("f32", t=4, d=6), v("f32", d=6), "t", v("i32")),
        ShapeError,
        r"f32\[t=4, d=6\], found f32\[d=6\]",
    ),
    "an update too large": (
        lambda v: ops.update_slice(v("f32", t=4), v("f32", t=5), {"t": 0}),
        ShapeError,
        r"f32\[t=4\], found f32\[t=5\]",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_name_the_axes(make_value, case):
    call, error, message = ERRORS[case]
    with pytest.raises(error, match=message):
        call(make_value)

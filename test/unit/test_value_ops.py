"""What Values can do by themselves, as a user of numpy expects, over named axes."""

from __future__ import annotations

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import DTypeError, ShapeError

X = np.random.default_rng(1).normal(size=(2, 3, 4)).astype(np.float32)
W = np.random.default_rng(2).normal(size=(5, 4)).astype(np.float32)
Q = np.random.default_rng(3).normal(size=(2, 6, 4)).astype(np.float32)


def test_operators_and_methods_are_those_of_numpy(evaluate):
    def operations(v):
        x, w, q = v["x"], v["w"], v["q"]
        mask = (x > 0) & ~(x >= 1.0) | (x <= -1.0) | x.eq(0.0)
        return {
            "product": x @ w,
            "batched": x @ q,
            "square": x**2,
            "cube": abs(x) ** 3.0,
            "rest": x % 0.75,
            "sum": x.sum("t"),
            "mean": x.mean("t d"),
            "max": x.max("b"),
            "min": x.min("d"),
            "where": mask.where(x, -1.0),
            "less": (x < 0.5).astype("f32") + x.ne(0.0).astype("f32"),
            "heads": x.split("d", h=2, e=2).transpose("b h t e").rename(t="s"),
            "joined": x.split("d", h=2, e=2).merge("h e", "f"),
            "part": x.slice("t", 1, 3),
        }

    found = evaluate(operations, {"x": (X, "b t d"), "w": (W, "o d"), "q": (Q, "b s d")})
    mask = (X > 0) & ~(X >= 1) | (X <= -1) | (X == 0)
    wanted = {
        "product": X @ W.T,
        "batched": X @ Q.transpose(0, 2, 1),
        "square": X**2,
        "cube": np.abs(X) ** 3,
        "rest": np.fmod(X, 0.75),
        "sum": X.sum(1),
        "mean": X.mean((1, 2)),
        "max": X.max(0),
        "min": X.min(2),
        "where": np.where(mask, X, -1),
        "less": (X < 0.5).astype(np.float32) + 1,
        "heads": X.reshape(2, 3, 2, 2).transpose(0, 2, 1, 3),
        "joined": X,
        "part": X[:, 1:3],
    }
    assert found.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-5, atol=1e-6, err_msg=name)


def test_what_values_refuse(make_value):
    x, other = make_value("f32", b=2, d=4), make_value("f32", b=2, e=4)
    with pytest.raises(ShapeError, match="axis: expected an axis `d`"):
        _ = x @ other
    with pytest.raises(ShapeError, match="@: expected an axis to sum over"):
        _ = x.sum("b d") @ x
    with pytest.raises(DTypeError, match=r"found a tensor i1\[b=2, d=4\].*`mask.where\(a, b\)`"):
        assert x > 0.0
    assert x != other  # equality never builds an operation
    assert x.eq(x).dtype == "i1"


def test_constants_and_whole_weights_in_closures():
    table = np.arange(12, dtype=np.float32).reshape(3, 4)

    def closure(emit: rf.Emit, x: rf.Value) -> rf.Value:
        stored, turned = emit.load_param("w", axes="o d"), emit.load_param("w", True, axes="d o")
        assert (stored.axes, turned.axes, turned.shape) == (("o", "d"), ("d", "o"), (4, 5))
        added = emit.synth_param("table", table, "t d") + emit.synth_zeros("none", 4)
        own = emit.linear(x + added, "w").rename(d="o")
        assert own.axes == (x @ stored).axes == ("b", "t", "o")
        return own + emit.constant(0.0, {"o": 5}, "f32") + (x @ turned)

    flow = rf.ModelFlow("p").input("x", rf.Shape([2, 3, 4])).custom(closure, name="own")
    built = flow.build({"w": W})
    assert [spec.name for spec in built.params] == ["w"]
    found = np.asarray(built.compile()(x=X)["output"])
    np.testing.assert_allclose(found, (X + table) @ W.T + X @ W.T, rtol=1e-5, atol=1e-5)
    assert 'loc("table")' in built.mlir("flow", debug_info=True)
    with pytest.raises(rf.FlowError, match=r"a build from shapes alone.*\n.*stage `own`"):
        flow.build()

"""Streams: values beside the flow's own, stored, loaded, bound to inputs, changed in pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import rlxflow as rf
from rlxflow import ops
from rlxflow.blocks.base import Contract, Emit
from rlxflow.blocks.linear import Linear
from rlxflow.blocks.stream_id import IMG, MAIN, TXT
from rlxflow.blocks.streams import TwoStream
from rlxflow.errors import FlowStructureError, MissingState
from rlxflow.ir.value import Value

X = np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5)
Y = np.cos(np.arange(2 * 4 * 5, dtype=np.float32)).reshape(2, 4, 5)


def two() -> rf.ModelFlow:
    """Returns a flow on image tokens [2, 3, 5] and text tokens [2, 4, 5], both bound."""
    return (
        rf.ModelFlow("two")
        .input("hidden", rf.Shape([2, 3, 5]))
        .input("encoder", rf.Shape([2, 4, 5]))
        .bind_inputs_to_streams([("hidden", IMG), ("encoder", TXT)])
    )


def run(flow: rf.ModelFlow, weights: dict[str, np.ndarray] | None = None) -> np.ndarray:
    model = flow.build(weights).compile()
    return np.asarray(model(hidden=X, encoder=Y)["output"])


def exchange(emit: Emit, a: Value, b: Value) -> tuple[Value, Value]:
    """Adds to each stream the mean of the other."""
    return a + ops.mean(b, over="t"), b - ops.mean(a, over="t")


def test_a_stream_is_a_copy_of_the_value_as_it_was():
    flow = two().store_stream(MAIN).custom(lambda _, x: x * 3.0, name="triple").load_stream(MAIN)
    np.testing.assert_array_equal(run(flow), X)


def test_bound_inputs_are_streams_and_the_value_passes():
    np.testing.assert_array_equal(run(two()), X)
    np.testing.assert_array_equal(run(two().load_stream(TXT)), Y)


def test_a_stream_stored_again_is_replaced():
    flow = two().custom(lambda _, x: -x, name="neg").store_stream(TXT).load_stream(TXT)
    np.testing.assert_array_equal(run(flow), -X)


def test_a_closure_changes_both_streams_and_the_value_stays():
    changed = two().dual_stream("mix", IMG, TXT, exchange)
    np.testing.assert_array_equal(run(changed), X)
    a, b = X + Y.mean(1, keepdims=True), Y - X.mean(1, keepdims=True)
    np.testing.assert_allclose(run(changed.load_stream(IMG)), a, rtol=1e-6)
    np.testing.assert_allclose(run(changed.load_stream(TXT)), b, rtol=1e-6)
    twice = changed.dual_stream("mix_again", TXT, IMG, exchange)
    wanted = a - b.mean(1, keepdims=True)
    np.testing.assert_allclose(run(twice.load_stream(IMG)), wanted, rtol=1e-5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed(TwoStream):
    """Each stream becomes itself plus a product of the other's mean, by nested stages."""

    prefix: str

    @property
    def also(self) -> Contract:
        return Contract(reads=("gain",))

    def change(self, emit: Emit, a: Value, b: Value) -> tuple[Value, Value]:
        gain = emit.named("gain")
        from_b = emit.run("from_b", Linear(weight_key=f"{self.prefix}.b", out_features=5), b)
        from_a = emit.run("from_a", Linear(weight_key=f"{self.prefix}.a", out_features=5), a)
        assert from_a is not None
        assert from_b is not None
        return a + ops.mean(from_b, over="t") * gain, b + ops.mean(from_a, over="t")


def gain(emit: Emit, x: Value | None) -> Value | None:
    emit.set_named("gain", emit.constant(0.5, {"d": 5}, "f32"))
    return x


def test_a_block_changes_both_streams_by_stages_of_its_own():
    flow = two().custom(gain, name="gain", writes=["gain"])
    flow = flow.dual_stream("blk0", IMG, TXT, Crossed(prefix="w"))
    draw = np.random.default_rng(5)
    weights = {f"w.{n}": draw.normal(size=(5, 5)).astype(np.float32) for n in "ab"}
    wanted = X + 0.5 * (Y @ weights["w.b"].T).mean(1, keepdims=True)
    np.testing.assert_allclose(run(flow.load_stream(IMG), weights), wanted, rtol=1e-5)
    built = flow.load_stream(TXT).build()
    paths = [line.strip().split()[0] for line in built.summary().splitlines()]
    assert {"blk0", "from_a", "from_b"} <= {path.rpartition("/")[2] for path in paths}
    described = {line.path: line for line in flow.describe().stages}
    assert described["blk0"].block == "crossed"
    assert described["blk0"].reads == ("stream.img", "stream.txt", "gain")
    assert described["blk0"].writes == ("stream.img", "stream.txt")


def test_streams_pass_through_layers():
    """A stream stored inside a layer is there after it; one that is unused is no result."""
    flow = two().layer(
        "l", lambda s: s.custom(lambda _, x: x + 1.0, name="one").store_stream("own")
    )
    np.testing.assert_array_equal(run(flow.load_stream("own")), X + 1)


def test_a_stream_that_nobody_stored_names_stage_stream_and_method():
    flow = two().layer("blk", lambda s: s.load_stream("audio"))
    with pytest.raises(
        MissingState,
        match=r"stage `blk/load_stream`: expected slot `stream\.audio` .*found slots .*; "
        r'put `\.store_stream\("audio"\)` or `\.bind_inputs_to_streams',
    ):
        flow.check()
    half = rf.ModelFlow("one").input("x", rf.Shape([1, 2, 3])).store_stream(IMG)
    with pytest.raises(MissingState, match=r"stage `mix`: expected slot `stream\.txt`"):
        half.dual_stream("mix", IMG, TXT, exchange).check()
    with pytest.raises(MissingState, match=r"expected a flow input `hiden`.*`hidden`"):
        two().bind_inputs_to_streams([("hiden", MAIN)]).check()


def test_mistakes_of_dual_stream():
    with pytest.raises(FlowStructureError, match=r"two Values to be returned, found Value"):
        two().dual_stream("one", IMG, TXT, lambda _, a, b: a).build()  # type: ignore
    with pytest.raises(FlowStructureError, match=r"(?s)found Value, NoneType.*stage `none`"):
        two().dual_stream("none", IMG, TXT, lambda _, a, b: (a, None)).build()  # type: ignore
    with pytest.raises(FlowStructureError, match="expected two names, found `img` twice"):
        two().dual_stream("same", IMG, IMG, exchange).check()
    with pytest.raises(FlowStructureError, match="define `also` in the block"):
        two().dual_stream("b", IMG, TXT, Crossed(prefix="w"), reads=["gain"])
    with pytest.raises(FlowStructureError, match="each stream once, found `img` twice"):
        two().bind_inputs_to_streams([("hidden", IMG), ("encoder", IMG)])
    with pytest.raises(FlowStructureError, match="stream: expected a name"):
        two().store_stream("").check()

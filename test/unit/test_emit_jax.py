"""`emit.jax`: functions of JAX become operations of the stage that calls them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import DTypeError, FlowError, FlowStructureError, ShapeError

X = np.random.default_rng(3).normal(size=(2, 3, 5)).astype(np.float32)
Y = np.random.default_rng(4).normal(size=(2, 3)).astype(np.float32)


class Pair(NamedTuple):
    low: Any
    high: Any


def flow(dtype: str = "f32") -> rf.ModelFlow:
    return rf.ModelFlow("probe").input("x", rf.Shape([2, 3, 5], dtype)).input("y", rf.Shape([2, 3]))


def calls(closure: Any, dtype: str = "f32") -> rf.ModelFlow:
    return flow(dtype).layer("l", lambda s: s.custom(closure, name="jx"))


def run(closure: Any) -> dict[str, np.ndarray]:
    model = calls(closure).build().compile()
    return {name: np.asarray(value) for name, value in model(x=X, y=Y).items()}


def close(found: Any, wanted: Any) -> None:
    np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)


def test_a_function_of_two_values_takes_the_axes_of_the_first_of_its_shape():
    def mix(x: Any, y: Any) -> Any:
        return jax.nn.gelu(x) * jax.nn.softmax(y)[..., None]

    def closure(emit: rf.Emit, x: rf.Value) -> rf.Value:
        made = emit.jax(mix, x, emit.flow_input("y"))
        assert made.axes == ("b", "t", "d")
        return made + x

    close(run(closure)["output"], np.asarray(mix(X, Y)) + X)


TABLE = np.random.default_rng(5).normal(size=(5, 5)).astype(np.float32)


def scans(x: Any) -> Any:
    """A scan that calls functions of its own, a while, a cond, and a table it closes over."""

    def body(carry: Any, row: Any) -> tuple[Any, Any]:
        return carry + jax.nn.softmax(row), jax.nn.silu(carry) @ TABLE

    last, rows = jax.lax.scan(body, x[:, 0], x.swapaxes(0, 1))
    halved = jax.lax.while_loop(lambda v: jnp.abs(v).max() > 0.1, lambda v: v / 2, last)
    either = jax.lax.cond(x.sum() > 0, lambda: halved, lambda: -halved)
    return {"rows": rows, "pair": Pair(last, (either, 3))}


AXES = {"rows": "t b d", "pair": Pair("b d", ("b d", ""))}


def test_loops_branches_and_structures():
    def closure(emit: rf.Emit, x: rf.Value) -> rf.Value:
        made = emit.jax(scans, x, axes=AXES)
        assert isinstance(made["pair"], Pair)
        emit.publish_side_output("last", made["pair"].low)
        emit.publish_side_output("either", made["pair"].high[0])
        emit.publish_side_output("count", made["pair"].high[1])
        return made["rows"]

    found, wanted = run(closure), scans(X)
    close(found["output"], wanted["rows"])
    close(found["last"], wanted["pair"].low)
    close(found["either"], wanted["pair"].high[0])
    assert found["count"] == 3


def test_operations_belong_to_the_stage_and_no_function_is_called():
    built = calls(lambda emit, x: emit.jax(scans, x, axes=AXES)["rows"]).build()
    text = built.mlir("flow", debug_info=True)
    assert "call @" not in text
    assert text.count("func.func") == 1
    assert 'loc("scans/while")' in text
    names = set(re.findall(r'op_name="([^"]*)"', built.compile().hlo()))
    inner = {name.partition("/l/jx/")[2] for name in names if "/l/jx/" in name}
    assert {"scans/while", "scans/dot_general"} <= inner
    built.module.clone().verify()


def test_a_label_and_two_calls_of_one_function():
    def closure(emit: rf.Emit, x: rf.Value) -> rf.Value:
        with emit.label("twice"):
            return emit.jax(jnp.tanh, emit.jax(jnp.tanh, x))

    close(run(closure)["output"], np.tanh(np.tanh(X)))
    assert 'loc("twice/tanh/tanh")' in calls(closure).build().mlir("flow", debug_info=True)


def test_bf16_masks_and_ids():
    def closure(emit: rf.Emit, x: rf.Value) -> rf.Value:
        masked, ids = emit.jax(lambda v: (v > 0, v.argmax(-1)), x, axes=("b t d", "b t"))
        assert (x.dtype, masked.dtype, ids.dtype) == ("bf16", "i1", "i32")
        emit.publish_side_output("ids", ids)
        return emit.jax(lambda v, m: jnp.where(m, v * 2, v), x, masked)

    model = calls(closure, "bf16").build().compile()
    out, wide = model(x=jnp.asarray(X, jnp.bfloat16), y=Y), jnp.asarray(X, jnp.bfloat16)
    close(np.asarray(out["output"], np.float32), np.asarray(jnp.where(wide > 0, wide * 2, wide)))
    np.testing.assert_array_equal(out["ids"], wide.argmax(-1))


def test_a_function_that_gives_back_its_argument():
    def closure(emit: rf.Emit, x: rf.Value) -> rf.Value:
        same, other = emit.jax(lambda a, b: (a, b + 1), x, emit.flow_input("y"))
        emit.publish_side_output("other", other)
        return same

    found = run(closure)
    close(found["output"], X)
    close(found["other"], Y + 1)


def test_parameters_and_streams_go_through_jax():
    weight = np.random.default_rng(8).normal(size=(7, 5)).astype(np.float32)

    def closure(emit: rf.Emit, x: rf.Value) -> rf.Value:
        w = emit.param("w", {"o": 7, "d": 5})
        return emit.jax(lambda a, b: jnp.einsum("btd,od->bto", a, b), x, w, axes="b t d")

    model = calls(closure).build({"w": weight}).compile()
    close(model(x=X, y=Y)["output"], X @ weight.T)


def stop(x: Any) -> Any:
    raise KeyError("no such thing")


def prints(x: Any) -> Any:
    jax.debug.print("{}", x)
    return x


def calls_back(x: Any) -> Any:
    return jax.pure_callback(lambda v: v, jax.ShapeDtypeStruct(x.shape, x.dtype), x)


REFUSED: dict[str, tuple[Callable[..., Any], type[FlowError], str]] = {
    "shapes that do not fit": (lambda x: x + jnp.ones((4, 4)), ShapeError, r"Incompatible shapes"),
    "a number that is not known": (lambda x: x if x.sum() > 0 else -x, FlowStructureError, "bool"),
    "a shape that depends on data": (lambda x: x[x > 0], FlowStructureError, "boolean"),
    "its own exception": (stop, FlowStructureError, "KeyError: 'no such thing'"),
    "text": (lambda x: "text", FlowStructureError, "not a valid JAX type"),
    "nothing": (lambda x: None, FlowStructureError, "an array to be returned, found nothing"),
    "printing": (prints, FlowStructureError, "without effects and callbacks"),
    "a callback": (calls_back, FlowStructureError, "without effects and callbacks.*callback"),
    "a shape without names": (lambda x: x.sum(1), ShapeError, r"names for the axes .*\[2, 5\]"),
    "complex numbers": (lambda x: x + 1j, DTypeError, "complex64"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_names_function_and_stage(case):
    function, kind, message = REFUSED[case]
    refused = calls(lambda emit, x: emit.jax(function, x))
    with pytest.raises(kind, match=f"(?s)jax function .*{message}.*stage `l/jx`") as found:
        refused.build()
    assert all(len(line) < 500 for line in str(found.value).splitlines())


def test_wrong_arguments_and_axes():
    with pytest.raises(DTypeError, match=r"expected Values, found ndarray; let the function close"):
        calls(lambda emit, x: emit.jax(jnp.add, x, X)).build()
    with pytest.raises(ShapeError, match=r"2 axes for a result \[2, 5\], found `b t d`"):
        calls(lambda emit, x: emit.jax(lambda v: v.sum(1), x, axes="b t d")).build()
    with pytest.raises(FlowStructureError, match=r"axes: expected strings in the structure"):
        calls(lambda emit, x: emit.jax(lambda v: (v, v), x, axes="b t d")).build()
    with pytest.raises(FlowStructureError, match=r"axes: expected strings, found 3"):
        calls(lambda emit, x: emit.jax(jnp.tanh, x, axes=3)).build()

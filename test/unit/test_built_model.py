"""Built models: manifest, counts, parts without copies, other outputs, modules of others."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import (
    ConfigError,
    FileError,
    FlowError,
    FlowStructureError,
    MissingState,
    WeightError,
)
from rlxflow.flow.manifest import Manifest

DRAW = np.random.default_rng(3)
WEIGHTS = {
    "table.weight": DRAW.normal(size=(11, 6)).astype(np.float32),
    "layers.0.up.weight": DRAW.normal(size=(6, 6)).astype(np.float32),
    "layers.1.up.weight": DRAW.normal(size=(6, 6)).astype(np.float32),
    "norm.weight": DRAW.normal(size=6).astype(np.float32),
    "norm.bias": DRAW.normal(size=6).astype(np.float32),
}
IDS = np.array([[1, 7, 10], [0, 3, 3]], np.int32)


def layer(i: int) -> rf.Stage:
    stack = rf.LayerStack.named(f"layers.{i}").residual_save()
    return stack.linear(f"layers.{i}.up.weight", out_features=6).residual_add().build()


def flow() -> rf.ModelFlow:
    made = rf.ModelFlow("probe").input("ids", rf.Shape([2, 3], "i32"), below=11)
    made = made.embed("table.weight", vocab_size=11, hidden_size=6).repeat_layers(2, layer)
    return made.layer_norm("norm.weight", "norm.bias", eps=0.25).output("hidden")


def hidden() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x = WEIGHTS["table.weight"][IDS]
    first = x + x @ WEIGHTS["layers.0.up.weight"].T
    second = first + first @ WEIGHTS["layers.1.up.weight"].T
    centred = second - second.mean(-1, keepdims=True)
    y = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 0.25)
    return (
        first,
        first @ WEIGHTS["layers.1.up.weight"].T,
        y * WEIGHTS["norm.weight"] + WEIGHTS["norm.bias"],
    )


def test_defect_44_the_manifest_has_the_names_of_the_flow() -> None:
    manifest = flow().tap("more").build(WEIGHTS).manifest()
    assert [(e.name, e.dtype, e.shape, e.nbytes) for e in manifest.outputs] == [
        ("hidden", "f32", (2, 3, 6), 144),
        ("more", "f32", (2, 3, 6), 144),
    ]
    assert [str(e) for e in manifest.inputs] == ["ids  i32[2, 3]  24 B"]
    assert [e.name for e in manifest.params] == list(WEIGHTS)
    assert manifest.weight_blocks == {
        "table": (1, 264),
        "layers.0": (1, 144),
        "layers.1": (1, 144),
        "norm": (2, 48),
    }
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert "layers.1  1 weights  144 B" in str(manifest)
    with pytest.raises(ConfigError, match="expected the JSON of a manifest, found KeyError"):
        Manifest.from_json('{"name": "x"}')


def test_states_are_in_the_manifest_once() -> None:
    def count(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        assert x is not None
        total = emit.state("total", {"t": 3, "d": 4}, "f32") + x
        emit.set_state("total", total)
        return total

    made = rf.ModelFlow("sum").input("x", rf.Shape([3, 4], axes="t d")).custom(count).build()
    manifest = made.manifest()
    assert [e.name for e in manifest.states] == ["total"]
    assert [e.name for e in manifest.outputs] == ["output"]


def test_a_diff_tells_what_changed() -> None:
    before = flow().build(WEIGHTS).manifest()
    wide = {**WEIGHTS, "norm.bias": WEIGHTS["norm.bias"].astype(np.float16)}
    after = flow().tap("more").build(wide).manifest()
    assert not before.diff(flow().build(WEIGHTS).manifest())
    assert before.diff(after).lines == [
        "~ param norm.bias  f32[6]  24 B -> f16[6]",
        "+ output more  f32[2, 3, 6]  144 B",
    ]
    assert after.diff(before).lines[1].startswith("- output more")
    assert str(before.diff(before)) == "probe -> probe\n  no difference"


def test_reflection_counts_operations_by_stage() -> None:
    counts = flow().build(WEIGHTS).reflect()
    assert counts.ops["dot_general"] == 2
    assert counts.ops["gather"] == 1
    assert counts.blocks["linear"] == 2
    assert counts.blocks["layer"] == 2
    assert counts.stages["layers.1"].counts["dot_general"] == 1
    assert counts.own["layers.1"]["dot_general"] == 0
    assert counts.own["layers.1/linear"]["dot_general"] == 1
    total = sum((c.total() for c in counts.own.values()), 0)
    assert total == counts.ops.total()
    assert counts.as_dict()["stages"]["layers.0/linear"]["ops"]["dot_general"] == 1
    assert f"{counts.ops.total()} operations" in flow().build(WEIGHTS).describe()


def test_defect_46_parts_are_not_copied() -> None:
    aligned = {name: np.asarray(jnp.asarray(array)) for name, array in WEIGHTS.items()}
    built = flow().build(aligned)
    module, arrays = built.into_parts()
    assert module is built.module
    assert list(arrays) == list(WEIGHTS)
    for name, array in aligned.items():
        assert np.shares_memory(arrays[name], array), name
    with pytest.raises(KeyError):
        arrays["none"]
    with pytest.raises(WeightError, match="expected weights, found a model built from shapes"):
        flow().build().into_parts()


def test_stages_and_slots_become_outputs() -> None:
    built = flow().build(WEIGHTS)
    more = built.with_extra_outputs(["layers.0", "layers.1/linear"])
    out = more.compile()(ids=IDS)
    assert list(out) == ["hidden", "layers.0", "layers.1/linear"]
    first, linear, last = hidden()
    for name, expected in zip(out, (last, first, linear), strict=True):
        assert np.abs(np.asarray(out[name]) - expected).max() < 1e-5, name
    assert [p.name for p in more.with_extra_outputs([]).module.results()] == ["hidden"]
    with pytest.raises(MissingState, match=r"expected a side output or slot `layers\.2`"):
        built.with_extra_outputs(["layers.2"])


def test_outputs_are_called_otherwise() -> None:
    built = flow().tap("more").build(WEIGHTS)
    renamed = built.with_output_names(["a", "b"])
    assert list(renamed.compile()(ids=IDS)) == ["a", "b"]
    assert [p.name for p in built.module.results()] == ["hidden", "more"]
    with pytest.raises(FlowStructureError, match="expected 2 output names that differ"):
        built.with_output_names(["a", "b", "c"])
    foreign = rf.BuiltModel.from_mlir(built.module)
    assert [p.name for p in foreign.with_output_names(["a", "b"]).module.results()] == ["a", "b"]
    with pytest.raises(FlowStructureError, match="names of results: expected 2 that differ"):
        foreign.with_output_names(["a", "a"])


FOREIGN = """
module @sum {
  func.func @main(%x: tensor<2x3xf32>, %y: tensor<3xf32> {rlx.param = "bias"}) -> tensor<2x3xf32> {
    %0 = stablehlo.broadcast_in_dim %y, dims = [1] : (tensor<3xf32>) -> tensor<2x3xf32>
    %1 = stablehlo.add %x, %0 : tensor<2x3xf32>
    return %1 : tensor<2x3xf32>
  }
}
"""


DYNAMIC = "func.func @main(%x: tensor<?x3xf32>) { return }"


@pytest.mark.parametrize("form", ["text", "module", ".mlir", ".mlirbc", ".vhlo"])
def test_a_foreign_module_is_adopted(form: str, tmp_path: Path) -> None:
    x, bias = np.ones((2, 3), np.float32), np.array([1, 2, 4], np.float32)
    source: object = FOREIGN
    if form == "module":
        source = rf.IrModule.parse(FOREIGN)
    elif form != "text":
        source = rf.BuiltModel.from_mlir(FOREIGN).save(tmp_path / f"sum{form}")
    built = rf.BuiltModel.from_mlir(source, weights={"bias": bias})  # pyright: ignore
    assert built.name == "sum"
    assert [p.name for p in built.params] == ["bias"]
    assert [i.name for i in built.inputs] == ["arg0"]
    assert np.array_equal(np.asarray(built.compile()(arg0=x)["out0"]), x + bias)


def test_a_flow_of_ours_comes_back_from_its_file(tmp_path: Path) -> None:
    built = flow().build(WEIGHTS)
    again = rf.BuiltModel.from_mlir(built.save(tmp_path / "probe.mlir"), weights=WEIGHTS)
    assert not again.manifest().diff(built.manifest())
    assert again.summary() == built.summary()
    assert again.inputs[0].below == 11
    assert np.array_equal(again.compile()(ids=IDS)["hidden"], built.compile()(ids=IDS)["hidden"])
    with pytest.raises(FlowStructureError, match="extra outputs: expected a model built from a"):
        again.with_extra_outputs(["layers.0"])


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("no/such.mlir", FileError, r"no/such.mlir: expected an .mlir, .mlirbc or .vhlo file"),
        ("module {", FlowError, r"^-:1:"),
        (DYNAMIC, FlowStructureError, r"input `arg0`: expected sizes that are known, found f32"),
    ],
)
def test_what_is_no_module_is_refused(source: str, error: type[FlowError], message: str) -> None:
    with pytest.raises(error, match=message):
        rf.BuiltModel.from_mlir(source)


def test_a_jax_function_is_adopted() -> None:
    params = {"up": {"weight": WEIGHTS["layers.0.up.weight"]}, "scales": [np.float32([2.0])]}

    def scorer(params, x, masks):  # type: ignore[no-untyped-def]
        y = jnp.tanh(x @ params["up"]["weight"].T) * params["scales"][0]
        return {"scores": y, "pair": (y * masks["keep"], x)}

    keep = np.array([1, 0, 1], np.float32)[:, None]
    x = DRAW.normal(size=(3, 6)).astype(np.float32)
    example = jax.ShapeDtypeStruct(x.shape, x.dtype)
    built = rf.BuiltModel.from_jax(scorer, example, {"keep": keep}, params=params)
    assert built.name == "scorer"
    assert [p.name for p in built.params] == ["scales.0", "up.weight"]
    assert [i.name for i in built.inputs] == ["x", "masks.keep"]
    out = built.compile()(**{"x": x, "masks.keep": keep})
    expected = np.tanh(x @ params["up"]["weight"].T) * 2
    assert set(out) == {"scores", "pair.0", "pair.1"}
    assert np.abs(np.asarray(out["scores"]) - expected).max() < 1e-5
    assert np.abs(np.asarray(out["pair.0"]) - expected * keep).max() < 1e-5
    single = rf.BuiltModel.from_jax(lambda a, b: a * b, x, x)
    assert np.array_equal(single.compile()(a=x, b=x)["output"], x * x)

"""The methods that make, change and build whole flows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow import ops
from rlxflow.errors import ConfigError, FlowStructureError, WeightError
from rlxflow.flow.recipe import recipe_name

TABLE = np.arange(15, dtype=np.float32).reshape(5, 3)


def ids(name: str = "ids") -> rf.ModelFlow:
    return rf.ModelFlow.new(name).input("ids", rf.Shape([2, 4], "i32"), below=5)


def same(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
    return x


# Checks 1, 2, 9 of the acceptance list.


def test_ids_become_rows_and_nothing_becomes_the_input():
    built = ids().embed("table").build({"table": TABLE})
    assert len(built.module.results()[0].shape) == 3
    empty = rf.ModelFlow("x").input("x", rf.Shape([2, 3])).when(False, lambda f: f.linear("w"))
    built = empty.build()
    x = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(built.compile()(x=x)["output"], x)
    assert "rlx.stage" not in built.mlir()


def test_a_closure_that_passes_keeps_the_value_and_a_stack_is_one_region():
    flow = ids().embed("table").custom(same).plugin(same).plugin(same)
    flow = flow.layer("one", lambda s: s.custom(lambda _, x: -x, name="neg"))
    built = flow.build({"table": TABLE})
    assert built.module.results()[0].shape == (2, 4, 3)
    assert [stage.name for stage in flow.stages] == ["embed", "custom", "plugin", "plugin_1", "one"]
    assert built.mlir().count('name = "one"') == 1
    assert rf.LayerStack.new().custom(same, name="a").build().name == "layer"


def test_more_outputs_leave_the_first_where_it_is():
    flow = ids().embed("table").tap("rows").custom(lambda _, x: x * 2.0, name="double")
    names = [port.name for port in flow.build({"table": TABLE}).module.results()]
    assert names == ["output", "rows"]
    none = flow.with_extra_outputs([]).output("y").build({"table": TABLE})
    assert [port.name for port in none.module.results()] == ["y"]


# Sequences, and the order of methods that stand for several stages.


def test_stages_one_by_one_flat_or_as_one():
    stages = [rf.Stage(n, rf.Chain(stages=())) for n in "abc"]
    flow = ids().raw_stages(stages[:2]).raw_stage(stages[2]).sequence(stages, "s")
    assert [stage.name for stage in flow.stages] == ["a", "b", "c", "s"]
    assert [stage.name for stage in flow.stages[3].stages] == ["a", "b", "c"]
    assert flow.repeat_layers(0, lambda i: stages[i]) == flow
    assert flow.patch(lambda f: f.named_layer("again", stages[0])).stages[-1].name == "again"


# Profiles from files


def test_a_profile_file_is_read_strictly(tmp_path: Path):
    path = tmp_path / "own.rlx.toml"
    with pytest.warns(UserWarning, match=r"own\.rlx\.toml: no such profile"):
        flow = ids().profile_file(path, lambda: ids().profile_decode().profile)
    assert flow.profile == ids().profile_decode().profile
    path.write_text('[fusion]\npolicy = "fusable"\n')
    assert ids().profile_file(path).profile.policy == "fusable"
    path.write_text('[fusion]\npolicy = "fussable"\n')
    with pytest.raises(ConfigError, match="policy"):
        ids().profile_file(path, rf.CompileProfile)
    path.write_text("[fusion")
    with pytest.raises(ConfigError):
        ids().profile_file(path, rf.CompileProfile)


# Recipes


class Own:
    name = "own"

    def assemble(self) -> rf.ModelFlow:
        return ids("own").embed("table", 5, 3)


def test_a_recipe_is_whatever_assembles_a_flow():
    assert isinstance(Own(), rf.ModelRecipe)
    assert rf.ModelFlow.from_recipe(Own()).tap("rows").name == "own"
    assert rf.ModelFlow.from_recipe(lambda: ids("f")).name == "f"
    assert (recipe_name(Own()), recipe_name(ids)) == ("own", "closure_recipe")
    with pytest.raises(FlowStructureError, match=r"recipe `closure_recipe`: .* found int"):
        rf.ModelFlow.from_recipe(lambda: 3)  # type: ignore


# Weights


def test_two_sources_are_read_as_one():
    flow = ids().embed("table").linear("w")
    weights = {"table": TABLE, "w": np.ones((2, 3), np.float32)}
    model = flow.build_with(weights, {"w": np.full((2, 3), 2.0, np.float32)}).compile()
    out = model(ids=np.full((2, 4), 1))["output"]
    np.testing.assert_array_equal(out, np.full((2, 4, 2), 2 * (3 + 4 + 5)))
    alone = flow.build_with(weights, None).compile()(ids=np.full((2, 4), 1))["output"]
    np.testing.assert_array_equal(alone, np.full((2, 4, 2), 12))
    with pytest.raises(WeightError, match=r"weight `w`: expected a size"):
        flow.build_with({"table": TABLE}, {"v": TABLE})


def test_weights_put_together_by_hand():
    weights = rf.MapWeights().insert("table", TABLE.reshape(-1), (5, 3)).insert("b", [1, 2, 3])
    assert weights.has("table")
    assert not weights.has("tabel")
    flat, shape = weights.take("table", transpose=True)
    assert shape == (3, 5)
    np.testing.assert_array_equal(flat.reshape(shape), TABLE.T)
    np.testing.assert_array_equal(weights.take("table")[0], TABLE.reshape(-1))
    assert isinstance(weights, rf.WeightSource)
    built = ids().embed("table").custom(lambda emit, x: x + emit.param("b", {"d": 3}), name="add")
    assert built.build(weights).compile()(ids=np.zeros((2, 4), int))["output"][0, 0, 2] == 2 + 3
    with pytest.raises(WeightError, match=r"tensor `tabel`.*`table`"):
        weights.take("tabel")
    with pytest.raises(WeightError, match=r"expected a matrix, found shape \[3\]"):
        weights.take("b", transpose=True)
    with pytest.raises(WeightError, match=r"expected 4 elements for shape \[2, 2\], found 3"):
        weights.insert("c", [1, 2, 3], (2, 2))


def test_a_weight_stored_the_other_way():
    w = np.arange(6, dtype=np.float32).reshape(3, 2)
    flow = rf.ModelFlow("x").input("x", rf.Shape([1, 3], axes="t d"))
    x = np.array([[1.0, 2.0, 3.0]], np.float32)
    out = flow.linear("w", transpose=False).build({"w": w}).compile()(x=x)["output"]
    np.testing.assert_array_equal(out, x @ w)


# Names


def test_every_public_name_and_the_prelude():
    from rlxflow import prelude

    names = {name: getattr(rf, name) for name in dir(rf)}
    assert names["stream_id"].IMG == "img"
    assert {name: getattr(prelude, name) for name in prelude.__all__}.items() <= names.items()
    assert names["ops"] is ops
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = prelude.Nothing


def test_a_row_of_constants_stands_for_the_tables_of_a_step():
    angles = np.array([0.3, 0.02, 0.001])
    params = rf.DecodeRopeParams.new(np.cos(angles)[None], np.sin(angles)[None], 3)
    x = np.random.default_rng(0).normal(size=(2, 1, 12)).astype(np.float32)
    spec = rf.SelfAttnPrefillSpec.hf_layer("l", 2, 6, 2)
    shape = rf.Shape([2, 1, 12])
    eye = {f"l.self_attn.{n}_proj.weight": np.eye(12, dtype=np.float32) for n in "qkv"}
    flow = rf.ModelFlow("x").input("x", shape).decode_rope(params).self_attn_prefill(spec)
    out = flow.with_extra_outputs(["rope.cos"]).build(eye).compile()(x=x)
    np.testing.assert_allclose(out["rope.cos"], np.cos(angles), rtol=1e-6)
    np.testing.assert_allclose(out["output"], x, rtol=1e-6)  # one token sees itself
    with pytest.raises(ConfigError, match=r"decode rope \(C1\): expected 4 cosines"):
        rf.DecodeRopeParams.new([1.0], [0.0], 4)
    assert rf.DecodeRopeParams.named("global", [1.0], [0.0], 1).contract.writes[0] == "global.cos"

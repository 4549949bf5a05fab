"""What a flow refuses, and in which words: before anything is emitted, or with the stage's path."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import rlxflow as rf
from rlxflow import ops
from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Stage
from rlxflow.blocks.linear import Linear
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.norm import LayerNorm
from rlxflow.blocks.pool import Pool
from rlxflow.errors import (
    ConfigError,
    DTypeError,
    FlowError,
    FlowStructureError,
    MissingState,
    ShapeError,
    WeightError,
)

Change = Callable[[rf.ModelFlow], rf.ModelFlow]


def hidden(name: str = "probe") -> rf.ModelFlow:
    """Returns a flow on f32[b=2, t=4, d=6]."""
    return rf.ModelFlow(name).input("x", rf.Shape([2, 4, 6]))


def attention(**numbers: object) -> SelfAttention:
    keys = {"query_key": "q", "key_key": "k", "value_key": "v", "output_key": "o"}
    sizes = {"num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 3}
    return SelfAttention(**keys, **(sizes | numbers))


def layer(name: str, change: Callable[[rf.LayerStack], rf.LayerStack]) -> Change:
    return lambda flow: flow.layer(name, change)


# Slots, inputs and residuals that are missing

MISSING: dict[str, tuple[Change, str]] = {
    "attention without a mask": (
        lambda f: f.stage("attention", attention()),
        r"stage `attention`: expected slot `attn_mask` .*found no slots; "
        r"put `\.attn_mask_ones\(batch, seq\)` or `\.attn_mask_from_input\(name\)` .* before it",
    ),
    "attention in a layer without a mask": (
        layer("layers.3", lambda stack: stack.stage("attention", attention())),
        r"stage `layers\.3/attention`: expected slot `attn_mask`",
    ),
    "a mask that comes too late": (
        lambda f: f.stage("attention", attention()).attn_mask_ones(2, 4),
        r"stage `attention`: expected slot `attn_mask` to be written by an earlier stage",
    ),
    "a BERT layer without a mask": (
        lambda f: f.bert_encoder_layer(
            rf.BertLayerSpec(prefix="l", hidden_size=6, num_attention_heads=2)
        ),
        r"stage `bert_layer/attention`: expected slot `attn_mask`",
    ),
    "pooling without a mask": (
        lambda f: f.stage("pool", Pool(pooling="mean")),
        r"stage `pool`: expected slot `attn_mask`",
    ),
    "a mask from no input": (
        lambda f: f.attn_mask_from_input(),
        r"stage `attn_mask_from_input`: expected a flow input `attention_mask`, found inputs x; "
        r"declare it with `\.input\(\"attention_mask\", \.\.\.\)`",
    ),
    "rows of no input": (
        lambda f: f.gather_from_input("kinds", "table"),
        r"stage `gather_from_input`: expected a flow input `kinds`, found inputs x;",
    ),
    "rows of a mistyped input": (
        lambda f: f.input("kind", rf.Shape([2, 4], "i32")).gather_add("kinds", "table"),
        r"stage `gather_add`: expected a flow input `kinds`, found inputs x, kind; "
        r"did you mean `kind`\?",
    ),
    "a residual that was not saved": (
        lambda f: f.residual_add(),
        r"stage `residual_add`: expected slot `residual` .*put `\.residual_save\(\)` before it",
    ),
    "two residuals added, one saved": (
        lambda f: f.residual_save().residual_add().residual_add(),
        r"stage `residual_add_1`: expected slot `residual`",
    ),
    "a residual that is not added": (
        lambda f: f.residual_save().linear("w"),
        r"stage `residual_save`: expected each saved residual to be added, found 1 left .*"
        r"put `\.residual_add\(\)` after",
    ),
    "two residuals saved, one added": (
        layer("layer0", lambda stack: stack.residual_save().residual_save().residual_add()),
        r"stage `layer0/residual_save`: .*found 1 left at the end of the flow",
    ),
    "a slot that a closure reads and nobody writes": (
        lambda f: f.attn_mask_ones(2, 4).custom(lambda _, x: x, name="use", reads=["own.table"]),
        r"stage `use`: expected slot `own\.table` .*found slots `attn_mask`; "
        r"put a stage that writes `own\.table` before it",
    ),
}


@pytest.mark.parametrize("case", MISSING)
def test_missing_state_is_found_before_anything_is_emitted(case):
    change, message = MISSING[case]
    flow = change(hidden())
    with pytest.raises(MissingState, match=message) as found:
        flow.check()
    assert isinstance(found.value, LookupError)
    with pytest.raises(MissingState, match=message):
        flow.build()


def test_a_slot_read_without_being_declared_is_found_when_emitting():
    flow = hidden().custom(lambda emit, _: emit.named("nobody"), name="use")
    assert flow.check() is flow
    with pytest.raises(
        MissingState, match=r"stage `use`: expected slot `nobody`.*\nwhile emitting"
    ):
        flow.build()


def test_a_closure_asks_for_an_input_that_does_not_exist():
    flow = hidden().custom(lambda emit, _: emit.flow_input("xx"), name="use")
    with pytest.raises(MissingState, match=r"stage `use`: .*input `xx`.*did you mean `x`\?"):
        flow.build()


def test_a_slot_written_without_being_declared():
    def write(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        assert x is not None
        emit.set_named("table", x)
        return x

    with pytest.raises(
        FlowStructureError, match=r"found `table`; declare it: writes=\(\"table\",\)"
    ):
        hidden().custom(write, name="write").build()
    flow = hidden().custom(write, name="write", writes=["table"])
    flow.custom(lambda emit, _: emit.named("table"), name="read", reads=["table"]).build()


# Structure: names, values, outputs

STRUCTURE: dict[str, tuple[Callable[[], object], str]] = {
    "nothing at all": (
        lambda: rf.ModelFlow("empty").build(),
        r"flow: expected a value at the end, found no input and no stage .*`\.input\(name, ",
    ),
    "a stage without a value": (
        lambda: rf.ModelFlow("empty").layer("l", lambda s: s.linear("w")).build(),
        r"stage `l/linear`: expected a current value, found none; declare an input first",
    ),
    "no value at the end": (
        lambda: hidden("lost").custom(lambda _, x: None, name="eat").build(),
        r"flow `lost`: expected a value at the end, found none; let stage `eat` return one",
    ),
    "a value eaten in the middle": (
        lambda: hidden().custom(lambda _, x: None, name="eat").linear("w", out_features=6).build(),
        r"(?s)block `linear`: expected a current value, found none.*while emitting stage `linear`",
    ),
    "a closure that returns a number": (
        lambda: hidden().custom(lambda _, x: 3.0, name="three").build(),  # type: ignore
        r"stage `three`: expected a Value or None to be returned, found float",
    ),
    "a closure that returns an array": (
        lambda: hidden().custom(lambda _, x: np.ones(3), name="ones").build(),  # type: ignore
        r"stage `ones`: expected a Value or None to be returned, found ndarray",
    ),
    "two inputs of one name": (
        lambda: hidden().input("x", rf.Shape([1])),
        r"input `x`: expected names that differ, found two inputs of that name",
    ),
    "two stages of one name": (
        lambda: hidden().stage("norm", Linear(weight_key="w")).stage("norm", Pool()).check(),
        r"stage `norm`: expected names that differ among neighbours, found two",
    ),
    "two stages of one name in a layer": (
        lambda: hidden().layer("l", lambda s: s.custom_named("a", id_).custom_named("a", id_)),
        r"stage `a`: expected names that differ among neighbours",
    ),
    "two outputs of one name": (
        lambda: hidden().tap("x1").outputs(["a", "a"]).check(),
        r"flow: expected output names that differ, found two of `a`",
    ),
    "two side outputs of one name": (
        lambda: hidden().branch("y", Stage("p", Pool(pooling="cls"))).tap("y").build(),
        r"stage `tap\.y`: expected output names that differ, found two `y`",
    ),
    "a side output called like the output": (
        lambda: hidden().tap("output").build(),
        r"flow `probe`: expected 2 output names that differ, found output, output",
    ),
    "fewer names than outputs": (
        lambda: hidden().tap("a").tap("b").outputs(["x", "y"]).build(),
        r"flow `probe`: expected 3 output names that differ, found x, y",
    ),
    "a branch without a value": (
        lambda: hidden().branch("y", Stage("none", rf_custom(lambda _, x: None))).build(),
        r"output `y`: expected a value, found none",
    ),
    "a stage without a name": (
        lambda: Stage("", Pool()),
        r"stage name: expected a name without `/`, found ``",
    ),
    "a path as a name": (
        lambda: hidden().named_layer("a/b", Pool()),
        r"stage name: expected a name without `/`, found `a/b`",
    ),
    "an unknown mode": (
        lambda: hidden().stage("pool", Pool(), mode="fast"),
        r"stage `pool`: expected a mode out of auto, fuse, fence, kernel, keep, found `fast`",
    ),
    "a stage without a block": (
        lambda: hidden().stage("pool"),
        r"stage `pool`: expected a block, found none",
    ),
}


def id_(_: rf.Emit, x: rf.Value | None) -> rf.Value | None:
    return x


def rf_custom(fn: Callable[[rf.Emit, rf.Value | None], rf.Value | None]) -> Block:
    return rf.LayerStack().custom(fn).stages[0].block


@pytest.mark.parametrize("case", STRUCTURE)
def test_structure(case):
    call, message = STRUCTURE[case]
    with pytest.raises(FlowStructureError, match=message):
        call()


def test_numbers_that_do_not_fit_each_other():
    with pytest.raises(ConfigError, match=r"\(C1\).*multiple.*found 3 and 2, head_dim 3"):
        attention(num_attention_heads=3, num_key_value_heads=2)
    with pytest.raises(ConfigError, match=r"found 2 and 1, head_dim 0"):
        attention(head_dim=0)
    with pytest.raises(ConfigError, match=r"hidden_size a multiple .*found 6 and 4"):
        rf.BertLayerSpec(prefix="l", hidden_size=6, num_attention_heads=4).chain()
    with pytest.raises(ConfigError, match=r"expected one of .*found `sum`"):
        Pool(pooling="sum")
    with pytest.raises(
        ConfigError, match=r"(?s)expected one of .*found `gelo`; did you mean `gelu"
    ):
        hidden().stage("m", Mlp(up_key="u", down_key="d", activation="gelo")).build(
            {
                "u.weight": np.ones((3, 6), np.float32),
                "u.bias": np.ones(3, np.float32),
                "d.weight": np.ones((6, 3), np.float32),
                "d.bias": np.ones(6, np.float32),
            }
        )
    with pytest.raises(ConfigError, match=r"window: expected at least 1 key, found 0"):
        hidden().stage("a", attention(padding=False, window=0)).build()


def test_shapes_of_inputs():
    assert str(rf.Shape([])) == "f32[]"
    assert str(rf.Shape([2, 4], "i32")) == "i32[b=2, t=4]"
    assert str(rf.Shape([2, 4, 6], axes=["b", "s", "d"])) == "f32[b=2, s=4, d=6]"
    assert str(rf.Shape([1, 2, 3, 4])) == "f32[a0=1, a1=2, a2=3, a3=4]"
    with pytest.raises(ShapeError, match=r"expected 2 axis names, found 3"):
        rf.Shape([2, 4], axes="b t d")
    with pytest.raises(ShapeError, match=r"axis names that differ, found f32\[t=2, t=4\]"):
        rf.Shape([2, 4], axes="t t")
    with pytest.raises(DTypeError, match=r"shape: .*found `int32`"):
        rf.Shape([2, 4], "int32")


# Errors inside stages


def test_a_shape_error_names_the_stage_and_the_type_of_its_value():
    def wrong(_: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        assert x is not None
        return ops.sum(x, over="s")

    flow = hidden().layer("layers.0", lambda s: s.custom_named("mix", wrong))
    with pytest.raises(ShapeError) as found:
        flow.build()
    first, second = str(found.value).split("\n")
    assert first == "axis: expected an axis `s`, found f32[b=2, t=4, d=6]"
    assert second == "while emitting stage `layers.0/mix` from x: f32[b=2, t=4, d=6]"


def test_float_ids_are_refused():
    with pytest.raises(DTypeError, match=r"(?s)take: .*integer.*found f32\[b=2, t=4\].*`embed`"):
        rf.ModelFlow("f").input("ids", rf.Shape([2, 4])).embed("e", 9, 6).build()


def test_too_many_tokens_for_the_table_of_positions():
    from rlxflow.blocks.embedding import LearnedPositions

    block = LearnedPositions(key="p", positions=5, offset=2)
    with pytest.raises(ShapeError, match=r"(?s)expected at most 3 tokens, found t=4.*`positions`"):
        hidden().stage("positions", block).build()


class PluginError(Exception):
    pass


def test_an_exception_of_a_plugin_stays_itself_and_gets_the_path():
    def fail(_: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        raise PluginError("my own words")

    flow = hidden().layer(
        "outer", lambda s: s.layer("inner", lambda t: t.plugin_named("mine", fail))
    )
    with pytest.raises(PluginError) as found:
        flow.build()
    assert found.value.args == ("my own words",)
    assert found.value.__notes__ == ["while emitting stage `outer/inner/mine`"]
    with pytest.raises(ZeroDivisionError) as division:
        hidden().plugin(lambda _, x: 1 // 0).build()  # type: ignore
    assert division.value.__notes__ == ["while emitting stage `plugin`"]


def test_a_failed_build_leaves_the_flow_as_it_was():
    calls = []

    def once(_: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        calls.append(x)
        if len(calls) == 1:
            raise PluginError
        return x

    flow = hidden().layer("l", lambda s: s.plugin(once))
    with pytest.raises(PluginError):
        flow.build()
    assert [port.name for port in flow.build().module.results()] == ["output"]


# Values that leave their stage


def test_a_value_smuggled_out_of_its_stage_is_found():
    taken: list[rf.Value] = []

    def hide(_: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        assert x is not None
        taken.append(ops.tanh(x))
        return ops.negate(x)

    flow = hidden().layer("first", lambda s: s.custom_named("hide", hide))
    message = (
        r"value `tanh` of stage `first/hide`: expected a use inside it, found a use in "
        r"stage `later` after it ended; return the value from the stage, or publish it in a slot"
    )
    for use in (lambda _, x: taken[-1], lambda _, x: x + taken[-1], lambda _, x: taken[-1] * 2.0):
        with pytest.raises(FlowStructureError, match=message):
            flow.custom(use, name="later").build()


def test_a_value_of_another_build_is_found():
    taken: list[rf.Value] = []

    def keep(_: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        assert x is not None
        taken.append(ops.tanh(x))
        return taken[-1]

    hidden().custom(keep).build()
    other = hidden("other")
    with pytest.raises(FlowStructureError, match=r"value `tanh` of stage `custom`: .*stage `use`"):
        other.custom(lambda _, x: taken[0], name="use").build()
    with pytest.raises(FlowStructureError, match=r"value `tanh` of stage `custom`"):
        other.custom(lambda _, x: x + taken[0], name="use").build()  # type: ignore
    with pytest.raises(FlowStructureError, match="found a value of a build that ended; use the"):
        other.custom(lambda _, x: taken[0] + 1.0, name="use").build()
    hidden().custom(lambda emit, x: taken.append(emit.flow_input("x")) or x).build()
    with pytest.raises(FlowStructureError, match=r"value `x` of the module: .*stage `use` after"):
        other.custom(lambda _, x: x - taken[-1], name="use").build()  # type: ignore


def test_inner_stages_use_values_of_the_stages_around_them():
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Outer(Block):
        def emit(self, emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
            assert x is not None
            own = ops.tanh(x)
            inner = rf_custom(lambda _, y: None if y is None else y + own + emit.flow_input("x"))
            return emit.run("inner", inner, ops.negate(x))

    model = hidden().stage("outer", Outer()).build().compile()
    x = np.random.default_rng(1).standard_normal((2, 4, 6)).astype(np.float32)
    np.testing.assert_allclose(model(x=x)["output"], np.tanh(x), atol=1e-6)


# Weights


def test_a_weight_used_twice_is_one_argument():
    flow = hidden().linear("w", out_features=6).linear("w", out_features=6)
    built = flow.build()
    assert [param.name for param in built.params] == ["w"]
    assert [port.name for port in built.module.arguments()] == ["x", "w"]
    read = flow.build({"w": np.eye(6, dtype=np.float32)})
    assert len(read.params) == 1


def test_a_weight_used_with_two_shapes():
    flow = hidden().linear("w", out_features=6).layer_norm("w", "", eps=0.5)
    with pytest.raises(
        ShapeError, match=r"(?s)weight `w`: .*found a use as \{'d': 6\}.*layer_norm"
    ):
        flow.build()
    flow = hidden().linear("w", out_features=5).linear("w", out_features=5)
    with pytest.raises(ShapeError, match=r"weight `w`: "):
        flow.build()


def test_sizes_that_only_the_file_knows():
    flow = hidden().linear("w.weight").linear("u", out_features=3)
    with pytest.raises(
        WeightError,
        match=r"(?s)weight `w\.weight`: expected a size for axis `\S+`, "
        r"found none; build with weights that hold it.*while emitting stage `linear`",
    ):
        flow.build()
    w, u = np.ones((5, 6), np.float32), np.ones((3, 5), np.float32)
    assert flow.build({"w.weight": w, "u": u}).params[0].shape == (5, 6)
    with pytest.raises(WeightError, match=r"weight `w\.weight`: .*found none"):
        flow.build({"u": u})
    with pytest.raises(WeightError, match=r"weight `w\.weight`: .*found shape \[5\] in the file"):
        flow.build({"w.weight": np.ones(5, np.float32), "u": u})


def test_missing_wrong_and_unused_weights():
    flow = hidden().linear("model.proj.weight", out_features=5)
    good = np.ones((5, 6), np.float32)
    with pytest.raises(WeightError, match=r"model\.proj\.weight"):
        flow.build({"model.pro.weight": good})
    with pytest.raises(FlowError, match=r"model\.proj\.weight"):
        flow.build({"model.proj.weight": good.T})
    with pytest.raises(WeightError, match="extra"):
        flow.build({"model.proj.weight": good, "extra": good})


def test_a_flow_is_built_from_shapes_alone_but_cannot_run():
    built = hidden().linear("w", out_features=5).build()
    assert built.plan is None
    assert "stablehlo.dot_general" in built.mlir("stablehlo")
    with pytest.raises(WeightError, match=r"weight `w`: .*found a model built from shapes alone"):
        built.compile()(x=np.zeros((2, 4, 6), np.float32))


# Flows are values

VERBS: dict[str, Change] = {
    "input": lambda f: f.input("y", rf.Shape([1])),
    "output": lambda f: f.output("y"),
    "outputs": lambda f: f.outputs(["y", "z"]),
    "hidden_states": lambda f: f.hidden_states(),
    "profile": lambda f: f.profile_decode(),
    "modes": lambda f: f.with_modes({"a": "fuse"}),
    "stage": lambda f: f.stage("a", Pool()),
    "raw_stages": lambda f: f.raw_stages([Pool(), Pool()]),
    "sequence": lambda f: f.sequence([Pool(), Pool()]),
    "layer": lambda f: f.layer("l", lambda s: s.residual_save()),
    "named_layer": lambda f: f.named_layer("l", Pool()),
    "repeat": lambda f: f.repeat_layers(2, lambda i: Stage(f"l{i}", Pool())),
    "custom": lambda f: f.custom(id_),
    "plugin": lambda f: f.plugin(id_),
    "branch": lambda f: f.branch("y", Pool()),
    "tap": lambda f: f.tap("y"),
    "residual": lambda f: f.residual_save().residual_add(),
    "embed": lambda f: f.token_embed(),
    "mask": lambda f: f.attn_mask_ones(1, 2),
    "mlp": lambda f: f.gelu_ffn("l"),
    "bert": lambda f: f.repeat_bert_layers(2, "bert", "bert", 6, 2, 0.5),
    "cls": lambda f: f.cls_token_pool(),
}


@pytest.mark.parametrize("verb", VERBS)
def test_verbs_leave_the_flow_as_it_is(verb):
    flow = hidden().linear("w")
    before = flow
    changed = VERBS[verb](flow)
    assert changed is not flow
    assert changed != flow
    assert flow == before == hidden().linear("w")
    assert len(flow.stages) == 1


def test_flows_share_a_prefix():
    start = hidden().residual_save().linear("w", out_features=6)
    one = start.residual_add()
    other = start.custom(lambda _, x: None if x is None else ops.tanh(x)).residual_add()
    assert one.stages[:2] == other.stages[:2] == start.stages
    w = {"w": np.eye(6, dtype=np.float32)}
    x = np.linspace(-1, 1, 48, dtype=np.float32).reshape(2, 4, 6)
    np.testing.assert_allclose(one.build(w).compile()(x=x)["output"], 2 * x, rtol=1e-6)
    np.testing.assert_allclose(other.build(w).compile()(x=x)["output"], x + np.tanh(x), rtol=1e-5)


def test_a_flow_is_built_twice_with_the_same_result():
    flow = hidden().layer(
        "l", lambda s: s.residual_save().linear("w", out_features=6).residual_add()
    )
    assert flow.build().mlir() == flow.build().mlir()
    assert flow.describe() == flow.describe()


def test_when_and_patch():
    flow = hidden()
    assert flow.when(False, lambda f: f.linear("w")) is flow
    assert (
        flow.when(True, lambda f: f.linear("w"))
        == flow.linear("w")
        == flow.patch(lambda f: f.linear("w"))
    )


def test_when_false_leaves_a_program_that_returns_its_input():
    text = hidden().when(False, lambda f: f.linear("w")).build().mlir()
    body = text.split("{\n", 2)[2].split("}")[0]
    assert body.strip().splitlines() == ["return %x : tensor<2x4x6xf32>"]


def test_ids_to_embedding():
    built = rf.ModelFlow("e").input("ids", rf.Shape([1, 4], "i32")).embed("e", 9, 6).build()
    assert built.module.results()[0].shape == (1, 4, 6)
    assert [port.kind for port in built.module.arguments()] == ["input", "param"]


def test_layers_sequences_and_names():
    assert hidden().repeat_layers(0, lambda i: Stage(f"l{i}", Pool())) == hidden()
    repeated = hidden().repeat_layers(3, lambda i: Stage(f"l{i}", Linear(weight_key=f"w{i}")))
    assert [stage.name for stage in repeated.stages] == ["l0", "l1", "l2"]
    pair = hidden().sequence([Pool(pooling="cls"), Pool(pooling="cls")], name="pair").stages[0]
    assert (pair.name, [inner.name for inner in pair.stages]) == ("pair", ["pool", "pool_1"])
    stack = rf.LayerStack.named("layers.0").residual_save().linear("w").residual_add().build()
    assert stack.name == "layers.0"
    assert [inner.name for inner in stack.stages] == ["residual_save", "linear", "residual_add"]
    built = hidden().stage(stack).build({"w": np.eye(6, dtype=np.float32)})
    assert built.mlir().count('block = "layer"') == 1
    kept = Stage("old", Pool(), "fence")
    renamed = hidden().named_layer("new", kept).stages[0]
    assert (renamed.name, renamed.block, renamed.mode) == ("new", kept.block, "fence")
    doubled = hidden().linear("w").linear("w").linear("w")
    assert [stage.name for stage in doubled.stages] == ["linear", "linear_1", "linear_2"]


def test_a_custom_pass_through_keeps_the_value():
    built = hidden().custom(id_).build()
    assert built.module.results()[0].shape == (2, 4, 6)
    assert "rlx.stage" not in built.mlir()


def test_side_outputs_keep_their_order_and_the_output_stays_first():
    def layers(count: int) -> rf.ModelFlow:
        flow = hidden()
        for i in range(count):
            flow = flow.custom(lambda _, x: None if x is None else ops.tanh(x), name=f"l{i}")
            flow = flow.tap(f"present.{i}.key").tap(f"present.{i}.value")
        return flow

    names = [port.name for port in layers(2).build().module.results()]
    assert names == ["output"] + [f"present.{i}.{n}" for i in (0, 1) for n in ("key", "value")]
    more = layers(2).branch("extra", Pool(pooling="cls")).build().module.results()
    assert [port.name for port in more] == [*names, "extra"]
    renamed = layers(1).outputs(["y", "k", "v"]).build()
    assert [port.name for port in renamed.module.results()] == ["y", "k", "v"]


def test_residuals_nest_and_cross_layers():
    flow = (
        hidden()
        .residual_save()
        .layer("first", lambda s: s.custom(tanh).residual_save().custom(tanh))
        .residual_add()
        .residual_add()
    )
    x = np.linspace(-1, 1, 48, dtype=np.float32).reshape(2, 4, 6)
    found = flow.build().compile()(x=x)["output"]
    np.testing.assert_allclose(found, np.tanh(np.tanh(x)) + np.tanh(x) + x, rtol=1e-5, atol=1e-6)


def tanh(_: rf.Emit, x: rf.Value | None) -> rf.Value | None:
    assert x is not None
    return ops.tanh(x)


# Accounts of a flow


def test_describe_lists_inputs_stages_slots_weights_and_outputs():
    flow = (
        hidden("shown")
        .input("mask", rf.Shape([2, 4], "i32"))
        .attn_mask_from_input("mask")
        .layer(
            "layers.0", lambda s: s.residual_save().stage("a", attention(), "fence").residual_add()
        )
        .tap("early")
        .output("late")
    )
    account = flow.describe()
    assert account.inputs == ("x f32[b=2, t=4, d=6]", "mask i32[b=2, t=4]")
    assert account.outputs == ("late", "early")
    facts = {line.path: (line.block, line.mode, line.reads, line.writes) for line in account.stages}
    assert list(facts) == [
        "attn_mask_from_input",
        "layers.0",
        "layers.0/residual_save",
        "layers.0/a",
        "layers.0/residual_add",
        "tap.early",
    ]
    assert facts["attn_mask_from_input"][2:] == (("mask",), ("attn_mask",))
    assert facts["layers.0/a"] == ("self_attention", "fence", ("attn_mask",), ())
    assert facts["layers.0/residual_save"][3] == ("residual",)
    assert facts["layers.0/residual_add"][2] == ("residual",)
    assert [spec.name for spec in account.weights][:2] == ["q.weight", "q.bias"]
    assert len(account.weights) == 8
    assert account.unknown == ""
    text = str(account)
    assert text.startswith("flow shown\n  input  x f32[b=2, t=4, d=6]\n")
    assert re.search(r"^    a +self_attention; fence; reads attn_mask$", text, re.MULTILINE)
    assert text.endswith("  output late\n  output early\n  8 weights, 0.0 MB")


def test_describe_says_which_weight_has_no_size():
    account = hidden().linear("proj.weight").describe()
    assert account.weights == ()
    assert account.unknown == "weights not listed: weight `proj.weight` states no size"
    assert str(account).endswith(account.unknown)
    with pytest.raises(MissingState):
        hidden().residual_add().describe()


def test_modes_by_path_and_by_block():
    flow = (
        hidden()
        .layer("layers.0", lambda s: s.stage("up", Linear(weight_key="u", out_features=5)))
        .stage("norm", LayerNorm(weight_key="n", eps=0.5))
        .with_modes({"layers.*/up": "fence", "block:layer_norm": "keep"})
    )
    modes = {decision.path: decision.mode for decision in flow.build().dispatch()}
    assert modes["layers.0/up"] == "fence"
    assert modes["norm"] == "keep"
    later = flow.with_modes({"norm": "fuse"})
    assert {d.path: d.mode for d in later.build().dispatch()}["norm"] == "fuse"
    assert modes == {decision.path: decision.mode for decision in flow.build().dispatch()}
    with pytest.raises(Exception, match="fast"):
        flow.with_modes({"norm": "fast"})


def test_saving_by_suffix(tmp_path):
    built = hidden().linear("w", out_features=5).build()
    for name in ("m.mlir", "m.mlirbc", "m.vhlo"):
        assert built.save(tmp_path / name).stat().st_size > 100
    with pytest.raises(FlowStructureError, match=r"\.mlir, \.mlirbc or \.vhlo"):
        built.save(tmp_path / "m.txt")


def test_hidden_size_of_a_head_is_checked():
    flow = rf.ModelFlow("head").input("x", rf.Shape([1, 2, 6]))
    right = flow.lm_head(vocab_size=9, hidden_size=6).build()
    assert [spec.shape for spec in right.params] == [(9, 6)]
    with pytest.raises(ShapeError, match=r"lm head: expected d=5, found f32\[b=1, t=2, d=6\]"):
        flow.lm_head(vocab_size=9, hidden_size=5).build()

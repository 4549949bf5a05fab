"""What flows, names, weights and contracts must do right, one short test for each known mistake."""

from __future__ import annotations

import re

import numpy as np
import pytest

import rlxflow as rf
from rlxflow import ops
from rlxflow.blocks.attention import SelfAttention
from rlxflow.errors import ConfigError, DTypeError, FlowError, FlowStructureError, WeightError

SPEC = rf.LlamaDecoderSpec(num_heads=4, num_kv_heads=2, head_dim=6, intermediate_size=5)
QWEN = rf.Qwen3DecoderSpec(num_heads=4, num_kv_heads=2, head_dim=6, intermediate_size=5)
TABLES = rf.RopeTables(max_pos=9, head_dim=6)


def hidden(*sizes: int) -> rf.ModelFlow:
    return rf.ModelFlow("probe").input("x", rf.Shape(sizes or (2, 4, 20)))


def weights_of(flow: rf.ModelFlow) -> set[str]:
    return {spec.name for spec in flow.describe().weights}


def test_defect_09_composed_and_fused_layers_have_the_same_weights():
    rope = hidden().rope_tables(TABLES)
    fused = weights_of(rope.llama_prefill_layer(0, SPEC))
    assert "model.layers.0.mlp.gate_proj.weight" in fused
    composed = rope.llama_prefill_layer_composed(0, SPEC)
    draw = np.random.default_rng(0)
    shapes = {s.name: s.shape for s in rope.llama_prefill_layer(0, SPEC).describe().weights}
    held = {name: draw.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    assert {spec.name for spec in composed.build(held).params} == fused
    for prefix in ("l.0", "l.0.mlp"):  # one rule for both gated forms, either spelling
        names = {f"l.0.mlp.{n}_proj.weight" for n in ("gate", "up", "down")}
        assert weights_of(hidden().geglu(prefix, 5)) == names
        short = {s.name for s in hidden().swiglu_hf_mlp(prefix).build(_mlp()).params}
        assert short == names


def _mlp() -> dict[str, np.ndarray]:
    wide = np.zeros((5, 20), np.float32)
    return {
        "l.0.mlp.gate_proj.weight": wide,
        "l.0.mlp.up_proj.weight": wide,
        "l.0.mlp.down_proj.weight": wide.T,
    }


def test_defect_20_ids_are_integers_and_rows_have_the_type_of_activations():
    ids = rf.ModelFlow("ids").input("ids", rf.Shape([1, 3], "i32")).embed("w", 5, 4)
    assert ids.build().module.results()[0].dtype == "f32"
    with pytest.raises(FlowError, match=r"(?s)stage `embed`") as found:
        rf.ModelFlow("ids").input("ids", rf.Shape([1, 3], "f32")).embed("w", 5, 4).build()
    assert isinstance(found.value, DTypeError)


def test_defect_22_residuals_nest():
    flow = hidden(2, 3).residual_save().residual_save()
    flow = flow.custom(lambda _, x: x * 2.0, name="double").residual_add().residual_add()
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(flow.build().compile()(x=x)["output"], 4 * x)


def test_defect_23_names_are_regions_with_paths():
    inner = rf.LayerStack.named("inner").custom(lambda _, x: x, name="pass")
    inner = inner.custom(lambda _, x: ops.tanh(x), name="tanh").build()
    flow = (
        hidden()
        .custom(lambda _, x: -x, name="first")
        .named_layer("outer", rf.LayerStack.named("x").stage(inner).build())
    )
    text = flow.build().mlir("flow", debug_info=True)
    names = re.findall(r'name = "(\w+)"', text)
    assert sorted(names) == ["first", "inner", "outer", "tanh"]  # `pass` did nothing and is gone
    assert [line.path for line in flow.describe().stages][1:] == [
        "outer",
        "outer/inner",
        "outer/inner/pass",
        "outer/inner/tanh",
    ]


def test_defect_24_a_step_updates_its_cache_in_place():
    config = {"model_type": "llama", "vocab_size": 9, "hidden_size": 24, "intermediate_size": 10}
    config |= {"num_hidden_layers": 1, "num_attention_heads": 4, "max_position_embeddings": 64}
    flow = rf.DecoderFlow.from_config(config).batch(2).context(32).decode().assemble()
    built = flow.build()
    assert {name: str(type_) for name, type_ in built.states.items()} == {
        "layers.0.key": "f32[b=2, k=4, e=6, s=32]",
        "layers.0.value": "f32[b=2, k=4, s=32, e=6]",
    }
    text = built.mlir("stablehlo")
    joined = re.findall(r"concatenate.*-> tensor<([\dx]+)xf32>", text)
    assert "stablehlo.dynamic_update_slice" in text
    assert all("x32" not in f"x{shape}" for shape in joined)  # no cache is joined, only rotations


def test_defect_25_a_layer_gives_its_own_keys_and_values():
    plain = hidden().rope_tables(TABLES).qwen3_prefill_layer(0, QWEN).build().mlir("stablehlo")
    sink = rf.SideOutputs()
    flow = hidden().rope_tables(TABLES).qwen3_prefill_layer(0, QWEN, sink)
    given = flow.build()
    assert [port.name for port in given.module.results()] == ["output", *sink.inner()]
    assert given.mlir("stablehlo").count("dot_general") == plain.count("dot_general")


def test_defect_26_outputs_have_names_that_are_counted():
    sink = rf.SideOutputs()
    flow = hidden().rope_tables(TABLES)
    for i in range(2):
        flow = flow.qwen3_prefill_layer(i, QWEN, sink)
    names = ["present.0.key", "present.0.value", "present.1.key", "present.1.value"]
    assert [port.name for port in flow.build().module.results()] == ["output", *names]
    assert sink.drain() == names
    assert sink.is_empty()
    assert sink.drain() == []
    few = flow.with_extra_outputs(names[2:]).output("last")
    assert [port.name for port in few.build().module.results()] == ["last", *names[2:]]
    with pytest.raises(FlowStructureError, match="expected 5 output names that differ, found a, b"):
        flow.outputs(["a", "b"]).build()


def test_defect_27_all_inputs_are_in_one_place():
    def reads(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        assert emit.flow_input("last_token_idx").dtype == "i32"
        return x

    flow = hidden().gather_last_token_dynamic(2).custom(reads, name="reads")
    assert [port.name for port in flow.build().module.arguments()] == ["x", "last_token_idx"]
    with pytest.raises(FlowStructureError, match="two inputs of that name"):
        flow.input("last_token_idx", rf.Shape([2], "i32"))


def test_defect_28_a_weight_is_one_argument_however_it_is_read():
    def both(emit: rf.Emit, x: rf.Value | None) -> rf.Value:
        assert x is not None
        stored, turned = emit.load_param("w", axes="o d"), emit.load_param("w", True, axes="d o")
        return x @ stored + x @ turned

    weights = rf.MapWeights().insert("w", np.ones((3, 20), np.float32))
    flow = hidden().custom(both, name="both")
    for _ in range(2):  # nothing is taken away
        assert [spec.name for spec in flow.build(weights).params] == ["w"]
    assert weights.take("w", True)[1] == weights.take("w", True)[1] == (20, 3)
    with pytest.raises(
        WeightError, match=r"(?s)layer\.wieght.*`layer\.weight`  for stage `blk/linear`"
    ):
        hidden().layer("blk", lambda s: s.linear("layer.wieght", out_features=3)).build(
            {"layer.weight": np.ones((3, 20), np.float32)}
        )


def test_defect_30_a_tied_head_reads_the_table_itself():
    flow = rf.ModelFlow("tied").input("ids", rf.Shape([1, 3], "i32")).embed("t.weight", 7, 4)
    tied = flow.lm_head(7, 4, True, embed_key="t.weight", bias_key="b")
    assert weights_of(tied) == {"t.weight", "b"}
    assert not re.search(r"transpose.*tensor<4x7xf32>", tied.build().mlir("stablehlo"))
    alone = hidden(4, 20).custom(lambda _, x: x.rename(b="n", t="d"), name="axes")
    scores = alone.lm_head(7, 20, True)  # any axes, and nothing was embedded before
    assert scores.build().module.results()[0].shape == (4, 7)


def test_defect_31_shapes_are_inferred_and_stated_shapes_are_checked():
    attn = rf.SelfAttnPrefillSpec.hf_layer("l", 4, 6, 2)
    flow = hidden().rope_tables(TABLES).self_attn_prefill(attn)
    assert flow.build().module.results()[0].shape == (2, 4, 24)  # 4 heads of 6, not 20
    stated = rf.LlamaDecoderSpec(**{**_numbers(), "hidden_shape": (2, 5, 20)})
    with pytest.raises(FlowError, match=r"sizes \[2, 5, 20\], found f32\[b=2, t=4, d=20\]"):
        hidden().rope_tables(TABLES).llama_prefill_layer(0, stated).build()
    qwen = rf.Qwen3DecoderSpec(num_heads=4, num_kv_heads=2, head_dim=6, batch=3)
    with pytest.raises(WeightError, match="size"):
        hidden().rope_tables(TABLES).qwen3_prefill_layer(0, qwen).build()


def _numbers() -> dict[str, int]:
    return {"num_heads": 4, "num_kv_heads": 2, "head_dim": 6, "intermediate_size": 5}


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"num_kv_heads": 3}, "num_heads a positive multiple of num_kv_heads"),
        ({"head_dim": 5}, "even number"),
        ({"n_rot": 7}, "even number"),
        ({"rope_style": "quarter"}, "rope_style: expected one of half, interleaved"),
        ({"window": 0}, "window: expected at least 1 key"),
        ({"window": 3, "mask": rf.MaskKind.NONE}, "expected mask or window, found both"),
    ],
)
def test_defect_32_specs_name_the_field_that_is_wrong(numbers, message):
    with pytest.raises(ConfigError, match=message):
        rf.llama_prefill_layer_fused(0, rf.LlamaDecoderSpec(**{**_numbers(), **numbers}))


def test_defect_35_vectors_of_zeros_are_accepted_and_do_nothing():
    flow = hidden()
    assert flow.zero_beta(20).zero_beta_named("zero_beta.head", 6) == flow


def test_defect_36_a_flow_can_be_read_without_weights():
    def make(i: int) -> rf.Stage:
        return rf.qwen3_prefill_layer_fused(i, QWEN)

    told = hidden().rope_tables(TABLES).repeat_layers(2, make).tap("last").describe()
    lines = {line.path: line for line in told.stages}
    assert lines["layers.1/attention"].reads == ("rope.cos", "rope.sin")
    assert lines["rope"].writes == ("rope.cos", "rope.sin")
    assert [port.name for port in lines["tap.last"].outputs] == ["last"]
    assert told.inputs == ("x f32[b=2, t=4, d=20]",)
    assert len(told.weights) == 2 * 11
    assert "layers.1" in str(told)


def test_defect_34_contracts_tell_what_comes_and_goes():
    keys = {"query_key": "q", "key_key": "k", "value_key": "v", "output_key": "o"}
    block = SelfAttention(
        **keys,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=6,
        cache_key="layers.0",
        export_key="present.0",
        phase="prefill",
        cache_slots=8,
        cache_dtype="bf16",
        padding=False,
    )
    assert [str(port) for port in block.contract.states] == [
        "layers.0.key bf16[b, k=2, e=6, s=8]",
        "layers.0.value bf16[b, k=2, s=8, e=6]",
    ]
    assert [str(port) for port in block.contract.outputs] == [
        "present.0.key [b, t, d=12]",
        "present.0.value [b, t, d=12]",
    ]

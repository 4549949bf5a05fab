"""Names of the crate that are another way to say something: both ways make the same stages."""

from __future__ import annotations

import pytest

import rlxflow as rf
from rlxflow.blocks.chain import Chain
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.norm import LayerNorm
from rlxflow.errors import ConfigError
from rlxflow.flow.manifest import ManifestDiff


def flow() -> rf.ModelFlow:
    return rf.ModelFlow("m").input("x", rf.Shape([2, 3, 8]))


def blocks(stage: rf.Stage) -> list[object]:
    """Returns the blocks of a stage that are no chains, in order."""
    if not isinstance(stage.block, Chain):
        return [stage.block]
    return [block for inner in stage.block.stages for block in blocks(inner)]


def test_functions_of_qwen_layers_are_what_the_methods_append() -> None:
    spec = rf.Qwen3DecoderSpec(num_heads=2, num_kv_heads=1, head_dim=4, eps=0.25)
    step = rf.Qwen3DecodeLayerSpec(num_heads=2, num_kv_heads=1, head_dim=4, eps=0.25)
    sink = rf.SideOutputs()
    pairs = [
        (flow().qwen3_prefill_layer(1, spec), rf.qwen3_prefill_layer_fused(1, spec)),
        (flow().qwen3_prefill_layer(1, spec, sink), rf.qwen3_prefill_layer_fused_kv(1, spec, sink)),
        (flow().qwen3_decode_layer(1, step), rf.qwen3_decode_layer_fused(1, step)),
    ]
    for made, stage in pairs:
        assert made.stages[-1].name == stage.name
        assert blocks(made.stages[-1]) == blocks(stage)
    assert blocks(pairs[0][1]) != blocks(pairs[1][1])


def test_presets_have_their_own_names() -> None:
    assert flow().profile_encoder().profile == rf.CompileProfile.preset("encoder")
    assert flow().profile_decode().profile.policy == "fusable"


@pytest.mark.parametrize("style", ["bert", "mpnet"])
def test_repeated_bert_layers_take_all_their_numbers(style: str) -> None:
    made = flow().repeat_bert_layers(2, "b", style, 8, 2, 0.375)
    assert [stage.name for stage in made.stages] == ["layer0", "layer1"]
    norms = [b for stage in made.stages for b in blocks(stage) if isinstance(b, LayerNorm)]
    assert len(norms) == 4
    assert {norm.eps for norm in norms} == {0.375}
    assert all(norm.weight_key.startswith("b.encoder.layer.") for norm in norms)


def test_repeated_nomic_layers_take_all_their_numbers() -> None:
    made = flow().repeat_nomic_layers(2, 8, 2, 4, 0.375)
    assert [stage.name for stage in made.stages] == ["layer0", "layer1"]
    inside = [block for stage in made.stages for block in blocks(stage)]
    norms = [block for block in inside if isinstance(block, LayerNorm)]
    assert {norm.eps for norm in norms} == {0.375}
    assert norms[2].weight_key == "encoder.layers.1.norm1.weight"


def test_activations_of_feed_forwards_by_name() -> None:
    known = {rf.FfnActivation.GELU_ERF, rf.FfnActivation.GELU_TANH, rf.FfnActivation.RELU}
    for activation in known:
        stage = flow().gelu_ffn("p", activation).stages[-1]
        assert isinstance(stage.block, Mlp)
        assert stage.block.activation == activation
    assert rf.GeluFfn.hf_bert("p") == flow().gelu_ffn("p").stages[-1].block
    assert rf.GeluFfn.dinov2("p").activation == "gelu"


def test_encoder_layers_of_pytorch_are_what_the_function_makes() -> None:
    made = flow().repeat_transformer_encoder_layers(2, 8, 2, 0.375, True, "gelu")
    wanted = [rf.transformer_encoder_layer(i, 8, 2, 0.375, True, "gelu") for i in range(2)]
    assert [stage.name for stage in made.stages] == ["layer0", "layer1"]
    assert [blocks(stage) for stage in made.stages] == [blocks(stage) for stage in wanted]


@pytest.mark.parametrize("style", ["gemma", "gemma2", "gemma3"])
def test_styles_of_gemma_by_name(style: str) -> None:
    known = {
        "gemma": rf.GemmaLayerStyle(name="gemma", sandwich=False),
        "gemma2": rf.GemmaLayerStyle(name="gemma2"),
        "gemma3": rf.GemmaLayerStyle(name="gemma3", qk_norm=True),
    }[style]
    spec = rf.gemma_attn_spec(0, 2, 4, 1)
    by_name = rf.gemma_prefill_layer_composed(0, style, spec, 0.25)
    assert blocks(by_name) == blocks(rf.gemma_prefill_layer_composed(0, known, spec, 0.25))
    with pytest.raises(ConfigError, match="gemma"):
        rf.gemma_prefill_layer_composed(0, "gemmma2", spec, 0.25)


def test_a_diff_of_manifests_names_what_changed() -> None:
    made = flow().rms_norm("n.weight", 0.25).build()
    other = flow().rms_norm("m.weight", 0.25).tap("t").build()
    diff = ManifestDiff(made.manifest(), other.manifest())
    assert diff
    assert any(line.startswith("- param n.weight") for line in diff.lines)
    assert any(line.startswith("+ output t") for line in diff.lines)
    assert not ManifestDiff(made.manifest(), made.manifest())

"""Configurations: sizes by name, keys by content, compositions of layers."""

from __future__ import annotations

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.config.content_key import content_key
from rlxflow.config.execution import (
    ExecutionPreset,
    ModelComponent,
    ModelExecutionConfig,
    ModelVariant,
)
from rlxflow.errors import ConfigError, FlowStructureError
from rlxflow.flow.composition import LayerComposition

Config = ModelExecutionConfig


@pytest.mark.parametrize(
    ("config", "sizes"),
    [
        (Config.prefill(1, 7), {"batch": 1, "seq": 7, "rows": 7}),
        (Config.prefill(3, 7), {"batch": 3, "seq": 7, "rows": 21}),
        (Config.qwen35_prefill(2, 5), {"batch": 2, "seq": 5, "rows": 10}),
        (Config.encoder(2, 5), {"batch": 2, "seq": 5, "rows": 10}),
        (Config.decode(2, 9), {"batch": 2, "seq": 1, "rows": 2, "past_seq": 9}),
        (Config.decode(2, 9, new=4), {"batch": 2, "seq": 4, "rows": 8, "past_seq": 9}),
        (Config.qwen35_decode(1, 0), {"batch": 1, "seq": 1, "rows": 1, "past_seq": 0}),
    ],
)
def test_defect_43_rows_are_bound_for_any_batch(config: Config, sizes: dict[str, int]) -> None:
    assert dict(config.dim_binding()) == sizes


def test_extra_dimensions() -> None:
    variant = ModelVariant.prefill(2, 3).with_extra("images", 4)
    assert variant.dim_binding().only(["images", "rows"]) == {"images": 4, "rows": 6}
    with pytest.raises(ConfigError, match="dimension `rows`: expected none of batch, seq, rows"):
        variant.with_extra("rows", 4)
    with pytest.raises(ConfigError, match="dimension `past_seq`: expected one of batch, seq"):
        variant.dim_binding().only(["past_seq"])
    with pytest.raises(ConfigError, match="size `seq`: expected at least 1, found 0"):
        ModelVariant.prefill(2, 0)


def test_defect_40_keys_follow_the_content_of_a_profile_and_not_its_name() -> None:
    base = Config.prefill(2, 7)
    assert ExecutionPreset.LLAMA32_PREFILL.profile_key() == ExecutionPreset.ENCODER.profile_key()
    assert ExecutionPreset.LLAMA32_DECODE.profile_key() != ExecutionPreset.ENCODER.profile_key()
    same = base.with_profile(rf.CompileProfile(name="mine"))
    assert same.cache_key() == base.cache_key()
    for changed in (
        rf.CompileProfile(policy="skip"),
        rf.CompileProfile(modes={"a": "fence"}),
        rf.CompileProfile(modes={"a": "fence", "b": "fuse"}),
        rf.CompileProfile(skip_fusion=True),
        rf.CompileProfile(storage="bf16"),
        rf.CompileProfile(backend={"gpu": {"policy": "skip"}}),
    ):
        assert base.with_profile(changed).cache_key() != base.cache_key(), changed


def test_the_order_of_rules_is_part_of_the_key() -> None:
    first = rf.CompileProfile(modes={"a": "fence", "*": "fuse"})
    second = rf.CompileProfile(modes={"*": "fuse", "a": "fence"})
    assert first.key() != second.key()


def test_a_platform_s_key_is_that_of_its_own_part() -> None:
    profile = rf.CompileProfile(backend={"gpu": {"policy": "skip"}})
    assert profile.key("cpu") == rf.CompileProfile().key()
    assert profile.key("gpu") == rf.CompileProfile(policy="skip").key()


def test_keys_of_variants_phases_and_compositions_differ() -> None:
    composed = Config.prefill(2, 7).with_layer_composition(LayerComposition.single("layer"))
    configs = [
        Config.prefill(2, 7),
        Config.prefill(7, 2),
        Config.encoder(2, 7),
        Config.decode(2, 7),
        composed,
        Config.from_component(
            ModelComponent(variant=ModelVariant.prefill(2, 7)), ExecutionPreset.LLAMA32_DECODE
        ),
    ]
    assert len({config.cache_key() for config in configs}) == len(configs)
    assert all(len(config.cache_key()) == 64 for config in configs)


def test_a_component_takes_the_key_of_its_preset() -> None:
    stale = ModelComponent(variant=ModelVariant.prefill(1, 2), profile_key="none")
    made = Config.from_component(stale, ExecutionPreset.LLAMA32_DECODE)
    assert made.component.profile_key == rf.CompileProfile.preset("llama32_decode").key()
    assert made.compile_profile().policy == "fusable"
    assert made.with_preset(ExecutionPreset.ENCODER).compile_profile().name == "encoder"


def test_the_mode_changes_no_key_and_is_one_of_three() -> None:
    lazy = Config.prefill(1, 2).with_compilation_mode("lazy")
    assert lazy.component.mode == "lazy"
    assert lazy.cache_key() == Config.prefill(1, 2).cache_key()
    with pytest.raises(ConfigError, match=r"found `eagre`; did you mean `eager`\?"):
        lazy.with_compilation_mode("eagre")  # pyright: ignore


def test_keys_are_the_same_everywhere() -> None:
    """The number was computed apart: sha256 of `{"a":[1,"é"],"b":null}` in UTF-8."""
    assert content_key({"b": None, "a": [1, "é"]}) == (
        "1e02bc81a26af2f027329541e97eef36f3290bedc6dfe043dbe66b057ecb13ba"
    )


def linear(name: str, index: int) -> rf.Stage:
    block = rf.LayerStack().linear(f"{name}.{index}.weight", out_features=4).stages[0].block
    return rf.Stage(name, block)


def test_compositions() -> None:
    many, one = LayerComposition.homogeneous("layer", 3), LayerComposition.single("head")
    both = LayerComposition.pair(many, one)
    assert [c.depth_hint() for c in (many, one, both)] == [3, 1, 4]
    others = [LayerComposition.homogeneous("layer", 2), LayerComposition.pair(one, many)]
    assert len({c.cache_key() for c in (many, one, both, *others)}) == 5
    stage = both.to_flow_stage(linear)
    assert [s.name for s in stage.stages] == ["layer", "head"]
    assert [s.name for s in stage.stages[0].stages] == ["layer0", "layer1", "layer2"]
    twice = LayerComposition.pair(one, one).to_flow_stage(linear)
    assert [s.name for s in twice.stages] == ["head", "head_1"]
    with pytest.raises(FlowStructureError, match="layers `x`: expected 1 or more, found 0"):
        LayerComposition.homogeneous("x", 0)


def test_a_composition_runs_in_order() -> None:
    both = LayerComposition.pair(
        LayerComposition.homogeneous("layer", 2), LayerComposition.single("head")
    )
    draw = np.random.default_rng(5)
    names = ("layer.0", "layer.1", "head.0")
    weights = {f"{n}.weight": draw.normal(size=(4, 4)).astype(np.float32) for n in names}
    flow = rf.ModelFlow("probe").input("x", rf.Shape([3, 4], axes="t d"))
    built = flow.raw_stage(both.to_flow_stage(linear)).build(weights)
    x = draw.normal(size=(3, 4)).astype(np.float32)
    expected = x
    for name in names:
        expected = expected @ weights[f"{name}.weight"].T
    assert np.abs(np.asarray(built.compile()(x=x)["output"]) - expected).max() < 1e-5


def test_defect_41_a_configuration_given_after_the_build_takes_effect() -> None:
    flow = rf.ModelFlow("probe").input("x", rf.Shape([3, 4], axes="t d"))
    built = flow.linear("up.weight", out_features=6).build({"up.weight": np.ones((6, 4), "f4")})
    config = Config.encoder(1, 3).with_profile(rf.CompileProfile(policy="skip"))
    late = built.with_execution_config(config)
    assert [d.mode for d in built.dispatch()] == ["fuse"]
    assert [d.mode for d in late.dispatch()] == ["fence"]
    assert built.compile().hlo().count(" call(") == 0
    assert late.compile().hlo().count(" call(") == 1

"""Defect 37, what can be said without compiling: which layers are rolled, why others are not."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import ConfigError, FlowStructureError, PassError, WeightError
from rlxflow.passes.lower_stage_modes import LowerStageModes
from rlxflow.passes.stack_names import common_name, joined
from rlxflow.weights import write_safetensors

LLAMA = {
    "model_type": "llama",
    "vocab_size": 19,
    "hidden_size": 16,
    "intermediate_size": 10,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 32,
}
GEMMA = LLAMA | {"model_type": "gemma2", "head_dim": 4, "sliding_window": 5}


def decoder(layers: int, form: str, base: dict[str, Any] = LLAMA) -> rf.DecoderFlow:
    flow = rf.DecoderFlow.from_config(base | {"num_hidden_layers": layers}).seq(6)
    return flow.profile(rf.CompileProfile(layers=form))


def forms(built: rf.BuiltModel) -> dict[str, str]:
    found = [d for d in built.dispatch() if d.block.endswith("_layer") and "/" not in d.path]
    return {d.path: d.mode for d in found}


def reasons(built: rf.BuiltModel) -> dict[str, str]:
    return {d.path: d.reason for d in built.dispatch() if "/" not in d.path}


def test_defect_37_text_does_not_grow_with_a_loop() -> None:
    texts = {}
    for form in ("unroll", "call", "loop"):
        texts[form] = [len(decoder(n, form).assemble().build().mlir("stablehlo")) for n in (3, 11)]
    assert texts["unroll"][1] > 3 * texts["unroll"][0]
    assert texts["call"][1] < texts["unroll"][0]
    assert texts["loop"][1] - texts["loop"][0] < 8 * 9 * 60  # names of parts: 9 weights a layer


def test_defect_37_dispatch_tells_how_each_layer_is_made() -> None:
    assert forms(decoder(3, "unroll").assemble().build()) == {
        f"layers.{i}": "fuse" for i in range(3)
    }
    called = decoder(3, "call").assemble().build()
    assert forms(called) == {f"layers.{i}": "call" for i in range(3)}
    assert reasons(called)["layers.1"] == "layers `call`: one function for 3 of them"
    looped = decoder(3, "loop").assemble().build()
    assert [d.path for d in looped.dispatch() if d.mode == "loop"] == [
        f"layers.{i}" for i in range(3)
    ]
    assert reasons(looped)["layers.1"] == "pass 1 of 3 in `layers`"


def test_auto_takes_calls_from_eight_equal_layers_on() -> None:
    assert set(forms(decoder(7, "auto").assemble().build()).values()) == {"fuse"}
    built = decoder(8, "auto").assemble().build()
    assert set(forms(built).values()) == {"call"}
    assert "8 of them, from 8 equal ones on" in reasons(built)["layers.7"]
    by_turns = decoder(12, "auto", GEMMA).context(32).decode().assemble().build()
    assert set(forms(by_turns).values()) == {"fuse"}  # twice six


def test_layers_by_turns_are_rolled_together() -> None:
    built = decoder(5, "loop", GEMMA).decode().context(32).assemble().build()
    assert Counter(forms(built).values()) == {"loop": 4, "fuse": 1}
    assert reasons(built)["layers.3"] == "pass 1 of 2 in `layers` of 2 layers each"
    assert "by itself, since it differs from the layer beside it" in reasons(built)["layers.4"]
    assert [(name, type_.names, type_.sizes) for name, type_ in built.states.items()][::2] == [
        ("layers.{0,2}.key", ("l", "b", "k", "e", "s"), (2, 1, 2, 4, 12)),
        ("layers.{1,3}.key", ("l", "b", "k", "e", "s"), (2, 1, 2, 4, 32)),
        ("layers.4.key", ("b", "k", "e", "s"), (1, 2, 4, 12)),
    ]


def test_a_looped_model_rolls_its_passes_over_shared_weights() -> None:
    built = decoder(2, "loop").looped(3, skip_final_norm=True).assemble().build()
    assert Counter(d.mode for d in built.dispatch())["loop"] == 6
    assert "model.layers.1.mlp.up_proj.weight" in {spec.name for spec in built.params}
    assert not any("{" in spec.name for spec in built.params)


def test_prefill_and_decode_have_the_same_states() -> None:
    for base in (LLAMA, GEMMA):
        steps = decoder(4, "loop", base).context(32)
        decode = steps.decode().assemble().build().states
        for tokens in (6, 20, 32):  # shorter and longer than the ring of 12 slots, and all slots
            assert steps.seq(tokens).assemble().build().states == decode


def chain(count: int, key: str = "layers.{}.w", **extra: Any) -> rf.ModelFlow:
    flow = rf.ModelFlow("chain").input("x", rf.Shape([1, 4, 6]))
    for i in range(count):
        name = key.format(i)
        flow = flow.layer(f"layers.{i}", lambda s, name=name: s.linear(name, out_features=6))
    return flow.with_profile(rf.CompileProfile(layers="loop", **extra))


def test_reasons_name_what_stands_in_the_way() -> None:
    elsewhere = chain(3).linear("layers.1.w", out_features=6).build()
    assert reasons(elsewhere)["layers.0"].endswith(
        "by itself, since `layers.1.w` is used elsewhere, too"
    )
    single = chain(1).build()
    assert "layers.0" in reasons(single)
    assert "by itself" not in reasons(single)["layers.0"]
    apart = rf.ModelFlow("apart").input("x", rf.Shape([1, 4, 6]))
    for i in range(3):
        stack = rf.LayerStack.named(f"heads.{i}").linear(f"heads.{i}.w", out_features=6)
        apart = apart.branch(f"out.{i}", stack.build())
    built = apart.with_profile(rf.CompileProfile(layers="loop")).build()
    assert "no layer takes what the one before gives" in reasons(built)["heads.1"]


def test_rules_for_modes_name_layers_as_they_were() -> None:
    fenced = chain(4, modes={"layers.*/linear": "fence"}).build()
    assert {d.path: d.mode for d in fenced.dispatch()}["layers/linear"] == "fence"
    other = chain(4, modes={"layers.0/linear": "fence"}).build()
    assert "by itself" in reasons(other)["layers.0"]
    assert reasons(other)["layers.2"] == "pass 1 of 3 in `layers`"
    with pytest.raises(PassError, match=r"layer\.\*=fence"):
        chain(2, modes={"layer.*": "fence"}).build()


def test_stages_around_layers_are_opened() -> None:
    tower = rf.LayerStack.named("tower")
    for i in range(3):
        name = f"layers.{i}"
        tower = tower.layer(name, lambda s, name=name: s.linear(f"{name}.w", out_features=6))
    flow = rf.ModelFlow("two").input("x", rf.Shape([1, 4, 6])).raw_stage(tower.build())
    built = flow.with_profile(rf.CompileProfile(layers="loop")).build()
    modes = {d.path: (d.mode, d.reason) for d in built.dispatch()}
    assert modes["tower"][0] == "fuse"
    assert modes["tower.layers.2"] == ("loop", "pass 2 of 3 in `tower.layers`")


def test_weights_are_stacked_as_they_are_cast(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    named = {f"layers.{i}.w": draw.normal(size=(6, 6)).astype(np.float32) for i in range(4)}
    write_safetensors(tmp_path / "w.safetensors", named)
    built = chain(4).build(tmp_path / "w.safetensors", dtype="bf16")
    whole = built.arrays["layers.{0..3}.w"]
    assert (whole.shape, str(whole.dtype)) == ((4, 6, 6), "bfloat16")
    assert whole.ctypes.data % 64 == 0
    for i, array in enumerate(named.values()):
        assert np.array_equal(whole[i], array.astype(whole.dtype))
    assert built.plan is not None
    assert "cast f32 -> bf16, stack of 4 layers" in built.plan.describe()
    assert built.plan.nbytes == 4 * 36 * 2
    with pytest.raises(WeightError, match=r"layers\.2\.w"):
        chain(4).build({k: v for k, v in named.items() if k != "layers.2.w"})


def test_profiles_can_change_the_form_later() -> None:
    weights = {f"layers.{i}.w": np.full((6, 6), i, np.float32) for i in range(4)}
    looped = chain(4).build(weights)
    apart = looped.with_profile(rf.CompileProfile(layers="unroll"))
    assert [spec.name for spec in apart.params] == list(weights)
    again = apart.with_profile(looped.profile)
    assert again.mlir() == looped.mlir()
    read = rf.BuiltModel.from_mlir(looped.mlir(), weights=weights)
    assert np.array_equal(read.arrays["layers.{0..3}.w"], looped.arrays["layers.{0..3}.w"])
    foreign = rf.BuiltModel.from_mlir(apart.mlir(), weights=weights, profile=looped.profile)
    assert [spec.name for spec in foreign.params] == ["layers.{0..3}.w"]
    with pytest.raises(FlowStructureError, match="came from elsewhere"):
        foreign.with_profile(rf.CompileProfile(layers="unroll"))


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.0.b", "a.1.b", "a.2.b"], "a.{0..2}.b"),
        (["a.1.b", "a.3.b", "a.5.b"], "a.{1..5:2}.b"),
        (["a.0", "a.1"], "a.{0,1}"),
        (["a.2", "a.1", "a.0"], "a.{2,1,0}"),
        (["a.00", "a.01", "a.02"], "a.{00,01,02}"),
        (["a.0.b.3", "a.1.b.4", "a.2.b.5"], "a.{0..2}.b.{3..5}"),
        (["up", "down"], "{up,down}"),
        (["up1", "up1x"], "{up1,up1x}"),
    ],
)
def test_names_of_many(names: list[str], expected: str) -> None:
    assert joined(names) == expected


def test_names_of_loops() -> None:
    assert common_name(["encoder.layer.3", "encoder.layer.4"]) == "encoder.layer"
    assert common_name(["layer0", "layer1"]) == "layer"
    assert common_name(["0", "1"]) == "layers"
    assert common_name(["up", "down"]) == "layers"


def test_unknown_forms_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"layers"):
        rf.CompileProfile.from_toml_str('[layers]\nform = "roll"')
    assert rf.CompileProfile.from_toml_str('[layers]\nform = "loop"').layers == "loop"
    with pytest.raises(PassError, match=r"unroll \| call \| auto"):
        LowerStageModes(layers="roll")


def test_accounts_show_weights_as_the_file_has_them_and_slices_as_weights() -> None:
    flow = chain(4)
    assert [spec.name for spec in flow.describe().weights] == [f"layers.{i}.w" for i in range(4)]
    (row,) = [line for line in flow.build().summary().splitlines() if "layers/linear" in line]
    assert row.split()[1:6] == ["linear", "f32[1,", "4,", "6]", "->"]
    assert "weights=1" in row

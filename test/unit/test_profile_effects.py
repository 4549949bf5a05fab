"""Every key of a profile does something that can be seen."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow import ops
from rlxflow.config.profile_near import MissingProfile
from rlxflow.errors import ConfigError, FlowStructureError

TABLE = np.linspace(-2, 2, 20, dtype=np.float32).reshape(5, 4)
WEIGHTS = {"table.weight": TABLE, "up.weight": np.full((6, 4), 0.25, np.float32)}


def flow(**fields: object) -> rf.ModelFlow:
    made = rf.ModelFlow("probe").input("ids", rf.Shape([3], "i32", axes="t"), below=5)
    made = made.embed("table.weight", vocab_size=5, hidden_size=4)
    made = made.linear("up.weight", out_features=6)
    made = made.custom(lambda _, x: ops.tanh(x * x), name="act")
    return made.with_profile(rf.CompileProfile(**fields))  # pyright: ignore


def modes(built: rf.BuiltModel) -> dict[str, str]:
    return {decision.path: decision.mode for decision in built.dispatch()}


def reasons(built: rf.BuiltModel) -> str:
    return " ".join(decision.reason for decision in built.dispatch())


def test_policy() -> None:
    assert modes(flow(policy="skip").build()) == dict.fromkeys(("embed", "linear", "act"), "fence")
    assert modes(flow(policy="direct").build()) == dict.fromkeys(("embed", "linear", "act"), "fuse")
    assert "kernel" in reasons(flow(policy="direct").build())
    assert "kernel" not in reasons(flow(policy="fusable").build())


def test_modes() -> None:
    assert modes(flow(modes={"act": "keep"}).build()) == {
        "embed": "fuse",
        "linear": "fuse",
        "act": "keep",
    }


def fusion_of_tanh(text: str) -> str:
    """Returns what stands before tanh in its fusion; nothing if it stands in no fusion."""
    before, tanh, _ = text.partition(" tanh(")
    assert tanh
    head, _, body = before.rpartition(" {\n")
    return "" if head.splitlines()[-1].startswith("ENTRY") else body


def test_skip_fusion_leaves_the_operations_apart() -> None:
    fused = flow().build(WEIGHTS).compile().hlo()
    apart = flow(skip_fusion=True).build(WEIGHTS).compile()
    expected = np.tanh((TABLE[[4, 0, 2]] @ WEIGHTS["up.weight"].T) ** 2)
    assert np.abs(np.asarray(apart(ids=np.array([4, 0, 2]))["output"]) - expected).max() < 1e-6
    assert " multiply(" in fusion_of_tanh(fused)
    assert " multiply(" not in fusion_of_tanh(apart.hlo())


def test_dump_dir(tmp_path: Path) -> None:
    flow(dump_dir=str(tmp_path / "dumps")).build().lowered("stablehlo")
    names = sorted(path.name for path in (tmp_path / "dumps").iterdir())
    assert names[0] == "00_flow.mlir"
    assert any("rlx-lower-stage-modes" in name for name in names[1:])


def test_verbose(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "rlxflow.passes"):
        flow().build().lowered("stablehlo")
        assert not caplog.records
        flow(verbose=True).build().lowered("stablehlo")
    assert "rlx-lower-stage-modes" in caplog.text
    assert " ms" in caplog.text


def test_compute_and_storage() -> None:
    def types(**fields: object) -> tuple[str, str]:
        ports = flow(**fields).build(WEIGHTS).module
        return ports.arguments()[1].dtype, "bf16" if "xbf16>" in ports.text() else "f32"

    assert types() == ("f32", "f32")
    assert types(storage="f16") == ("f16", "f32")
    assert flow(storage="f16").build(WEIGHTS, dtype="f32").params[0].dtype == "f32"
    assert types(compute="bf16") == ("f32", "bf16")


def test_a_platform_has_its_own_part() -> None:
    built = flow(backend={"gpu": {"policy": "skip"}, "tpu": {"modes": {"act": "fence"}}}).build()
    assert modes(built) == dict.fromkeys(("embed", "linear", "act"), "fuse")
    assert modes(built.on_platform("cpu")) == dict.fromkeys(("embed", "linear", "act"), "fuse")
    assert modes(built.on_platform("gpu")) == dict.fromkeys(("embed", "linear", "act"), "fence")
    assert modes(built.on_platform("tpu")) == {"embed": "fuse", "linear": "fuse", "act": "fence"}


def test_the_part_of_the_device_in_use_is_compiled() -> None:
    """The cpu part, and not that of another platform, decides what runs on the CPU."""
    here = flow(backend={"cpu": {"modes": {"act": "fence"}}}).build(WEIGHTS).compile().hlo()
    there = flow(backend={"gpu": {"modes": {"act": "fence"}}}).build(WEIGHTS).compile().hlo()
    assert here.count(" call(") == 1
    assert there.count(" call(") == 0


def test_rules_of_a_platform_win_over_those_for_all() -> None:
    profile = rf.CompileProfile(
        modes={"act": "fence", "*": "keep"}, backend={"cpu": {"modes": {"act": "fuse"}}}
    )
    assert list(profile.for_device("cpu").modes.items()) == [("*", "keep"), ("act", "fuse")]


def test_a_profile_given_later_takes_effect() -> None:
    built = flow().build(WEIGHTS)
    late = built.with_profile(rf.CompileProfile(policy="skip"))
    assert modes(built) == dict.fromkeys(("embed", "linear", "act"), "fuse")
    assert modes(late) == dict.fromkeys(("embed", "linear", "act"), "fence")
    assert late.module is built.module
    assert late.compile().hlo().count(" call(") == 3
    wide = built.with_profile(rf.CompileProfile(compute="bf16"))
    assert "xbf16>" in wide.mlir()
    assert wide.plan is not None


def test_profile_file(tmp_path: Path) -> None:
    path = tmp_path / "model.rlx.toml"
    with pytest.warns(MissingProfile, match=r"model\.rlx\.toml: no such profile; the default is"):
        made = flow().profile_file(path, lambda: rf.CompileProfile.preset("qwen3_decode"))
    assert made.profile.name == "qwen3_decode"
    path.write_text('[fusion]\npolicy = "skip"\n')
    assert flow().profile_file(path).profile.policy == "skip"
    path.write_text("[fusion]\npolicy = 3\n")
    with pytest.raises(ConfigError, match=r"model\.rlx\.toml: `fusion\.policy`: input should be"):
        flow().profile_file(path)


def test_fluent_presets() -> None:
    assert flow().profile_decode().profile == rf.CompileProfile.preset("llama32_decode")
    assert flow().profile_prefill().profile == rf.CompileProfile.preset("llama32_prefill")
    assert flow().profile_preset("sam2").profile.name == "sam2"


def test_types_of_a_foreign_module_cannot_change() -> None:
    from dataclasses import replace

    built = replace(flow().build(WEIGHTS), origin=None)
    with pytest.raises(
        FlowStructureError, match=r"other element types .* expected a model built from a flow"
    ):
        built.with_profile(rf.CompileProfile(compute="bf16"))

"""`assert_clean`: each rule fires on a program made to break it, and is silent on our models."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import CompileError
from rlxflow.inspect.clean import RULES, Finding, NotCleanError, findings
from rlxflow.inspect.stage_table import StageTable
from rlxflow.passes.lower_stage_modes import Dispatch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "goldens"))
import tiny_checkpoint
import tiny_decoder

CHECKED = rf.CompileProfile(assert_clean=True)


def caught(flow: rf.ModelFlow, weights: object = None, dtype: str | None = None) -> list[Finding]:
    with pytest.raises(NotCleanError) as error:
        flow.with_profile(CHECKED).build(weights, dtype=dtype).compile()
    flow.build(weights, dtype=dtype).compile()  # without the key nothing is checked
    return list(error.value.findings)


def start() -> rf.ModelFlow:
    return rf.ModelFlow("probe").input("x", rf.Shape([1, 8], axes="t d"))


def test_a_fence_that_vanished() -> None:
    fenced = start().custom(lambda _, x: rf.ops.tanh(x), name="lost", mode="fence")
    kept = fenced.with_profile(CHECKED).build().compile()
    assert kept.hlo().count(" call(") == 1
    unused = fenced.custom(lambda emit, _: emit.flow_input("x"), name="other")
    (found,) = caught(unused)
    assert (found.rule.name, found.place.stage) == ("lost-fence", "lost")


def test_a_whole_weight_converted() -> None:
    flow = start().linear("up.weight", out_features=16)
    weight = {"up.weight": np.ones((16, 8), np.float32)}
    flow.with_profile(CHECKED).build(weight).compile()
    half = {"up.weight": np.ones((16, 8), np.float16)}
    (found,) = caught(flow, half)
    assert found.rule.name == "weight-convert"
    assert found.place.stage == "linear"
    assert found.place.nbytes == 16 * 8 * 4
    assert found.place.instruction in flow.build(half).compile().hlo()


def test_a_whole_cache_copied() -> None:
    def step(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        one, two = (emit.state(name, {"s": 32, "d": 8}, "f32") for name in ("one", "two"))
        emit.set_state("one", two)
        emit.set_state("two", one)
        return x

    found = caught(start().custom(step, name="swap"))
    assert {(f.rule.name, f.place.nbytes) for f in found} == {("cache-copy", 32 * 8 * 4)}

    def grow(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        assert x is not None
        one = emit.state("one", {"t": 1, "d": 8}, "f32") + x
        emit.set_state("one", one)
        return rf.ops.sum(one, over="d")

    start().custom(grow).with_profile(CHECKED).build().compile()


HLO = """HloModule jit_probe, is_scheduled=true

ENTRY %main (x: f32[4]) -> f32[4] {
  %x = f32[4]{0} parameter(0)
  ROOT %act.1 = f32[4]{0} custom-call(%x), custom_call_target="tanh", metadata={op_name="OP"}
}
"""


def test_a_kernel_that_vanished() -> None:
    kernel = [Dispatch("layer/act", "custom", "kernel", "rule")]
    there = HLO.replace("OP", "jit(probe)/rlx_module/layer/act/tanh")
    elsewhere = HLO.replace("OP", "jit(probe)/rlx_module/layer/other")
    fused = elsewhere.replace(
        'custom-call(%x), custom_call_target="tanh", metadata={op_name="jit(probe)/rlx_module/'
        'layer/other"}',
        'tanh(%x), metadata={op_name="jit(probe)/rlx_module/layer/act/tanh"}',
    )
    assert "custom-call" not in fused
    assert findings(there, StageTable(), kernel) == []
    for text in (elsewhere, fused):
        (found,) = findings(text, StageTable(), kernel)
        assert (found.rule.name, found.place.stage) == ("lost-kernel", "layer/act")


def test_defect_47_findings_are_an_error_that_lists_rule_stage_instruction_bytes_and_cure() -> None:
    flow = start().custom(lambda _, x: rf.ops.tanh(x), name="lost", mode="fence")
    flow = flow.custom(lambda emit, _: emit.flow_input("x"), name="other")
    flow = flow.linear("up.weight", out_features=16).with_profile(CHECKED)
    with pytest.raises(CompileError) as error:
        flow.build({"up.weight": np.ones((16, 8), np.float16)}).compile()
    first, *lines = str(error.value).splitlines()
    assert first == "module `probe` is not clean, 2 finding(s):"
    assert lines[0].startswith("  rule `lost-fence`: stage `lost`, no instruction: a fence that is")
    assert lines[1].startswith("  rule `weight-convert`: stage `linear`, `")
    assert "512 B: a whole weight converted at every call; store it as" in lines[1]


def test_rules_are_data() -> None:
    names = [rule.name for rule in RULES]
    first, last = ["lost-fence", "weight-convert"], ["cache-copy", "lost-kernel"]
    assert names == [*first, "weight-copy", "dot-upcast", *last]
    assert all(rule.looks_for and rule.cure for rule in RULES)


@pytest.mark.parametrize("policy", ["direct", "skip"])
def test_an_encoder_is_clean(policy: str, tmp_path: Path) -> None:
    tiny_checkpoint.write_checkpoint(tmp_path)
    model = rf.load(tmp_path, profile=CHECKED.changed(policy=policy))
    model.build(model.flow("encode", 2, 7)).compile()


@pytest.mark.parametrize("phase", ["prefill", "decode"])
def test_a_language_model_is_clean(phase: str, tmp_path: Path) -> None:
    tiny_decoder.write_checkpoint(tmp_path)
    model = rf.load(tmp_path, profile=CHECKED)
    seq = 1 if phase == "decode" else 8
    model.build(model.flow(phase, 2, seq, context=32)).compile()

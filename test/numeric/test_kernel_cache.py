"""Attention that writes its own cache: the same numbers, in place."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from tiny_decoders import CONTEXT, decode_step, moved, smallest_cache, tiny

from rlxflow.config.profile import CompileProfile
from rlxflow.ir.module import IrModule
from rlxflow.ir.region import stages
from rlxflow.kernels.bind import BindKernels
from rlxflow.kernels.library import OFF, VARIABLE, need_library
from rlxflow.runtime.compiled import CompiledModel, compile_built

pytestmark = [pytest.mark.numeric, pytest.mark.kernels]
MERGED = "layers.0/attention/cache-attend"


def kernels_of(step: CompiledModel) -> list[str]:
    return [each.path for each in step.dispatch() if each.mode == "kernel"]


@pytest.mark.parametrize(("family", "batch"), [("llama", 1), ("gemma2", 2), ("gemma3_text", 3)])
def test_steps_give_what_they_give_without(
    family: str, batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of different lengths, further than any ring is long."""
    fast = decode_step(family, batch)
    monkeypatch.setenv(VARIABLE, OFF)
    slow = decode_step(family, batch)
    assert MERGED in kernels_of(fast)
    assert not kernels_of(slow)
    held, expected = fast.new_states(), slow.new_states()
    places = {name: state.unsafe_buffer_pointer() for name, state in held.items()}
    start = np.array([0, 7, 2])[:batch]
    for step in range(CONTEXT - 8):
        token = np.random.default_rng(step).integers(0, 31, (batch, 1))
        made = fast(input_ids=token, positions=start + step, **held)
        wanted = slow(input_ids=token, positions=start + step, **expected)
        held = {name: made[name] for name in held}
        expected = {name: wanted[name] for name in expected}
        for name, value in wanted.items():
            assert np.abs(np.asarray(made[name]) - np.asarray(value)).max() < 1e-4, (step, name)
    assert {name: state.unsafe_buffer_pointer() for name, state in held.items()} == places


@pytest.mark.parametrize(("family", "batch"), [("llama", 3), ("gemma3_text", 1)])
def test_no_cache_is_copied(family: str, batch: int) -> None:
    step = decode_step(family, batch)
    assert step.hlo().count('custom_call_target="rlxflow.attend_decode.v1"') == 2
    assert "dynamic-update-slice" not in step.hlo()
    assert not list(moved(step.hlo(), smallest_cache(step)))


def narrow_step(family: str, cache: str) -> CompiledModel:
    model = tiny(family)
    checkpoint = replace(model.checkpoint, profile=CompileProfile(cache=cache))
    request = checkpoint.phase_request("decode", batch=2, context=CONTEXT)
    return compile_built(checkpoint.build(checkpoint.flow(request)), None, model.weights.on_device)


@pytest.mark.parametrize(
    ("cache", "dtype", "bound"), [("bf16", "bfloat16", 2e-2), ("f16", "float16", 2.5e-3)]
)
def test_caches_may_be_narrower_than_activations(
    cache: str, dtype: str, bound: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New rows are rounded as they are written, by the kernel as by XLA."""
    steps = {"fast": narrow_step("gemma2", cache), "wide": decode_step("gemma2", 2)}
    monkeypatch.setenv(VARIABLE, OFF)
    steps["slow"] = narrow_step("gemma2", cache)
    assert MERGED in kernels_of(steps["fast"])
    held = {name: step.new_states() for name, step in steps.items()}
    assert {str(state.dtype) for state in held["fast"].values()} == {dtype}
    for position in range(12):
        given = {"input_ids": [[position], [3]], "positions": [position, position + 4]}
        made = {name: step(**given, **held[name]) for name, step in steps.items()}
        held = {name: {key: made[name][key] for key in held[name]} for name in steps}
        logits = {name: np.asarray(each["logits"]) for name, each in made.items()}
        spread = np.ptp(logits["wide"])
        assert np.abs(logits["fast"] - logits["slow"]).max() < bound / 10 * spread
        assert 0 < np.abs(logits["fast"] - logits["wide"]).max() < bound * spread


@pytest.mark.parametrize("mode", ["fuse", "fence"])
def test_a_write_with_a_mode_of_its_own_stays_apart(mode: str) -> None:
    step = decode_step("llama", 1, **{"layers.0/attention/cache": mode})
    assert {"layers.0/attention/attend", "layers.1/attention/cache-attend"} <= {*kernels_of(step)}


def bound_paths(text: str) -> set[str]:
    module = IrModule.parse(text)
    BindKernels().bind(module, need_library("the test"))
    return {stage.path for stage in stages(module)}


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        (r"dense<48> : tensor<2x1xi32>", "dense<47> : tensor<2x1xi32>"),  # slots
        (r"stablehlo.remainder", "stablehlo.maximum"),  # no ring
        (r"(%slice\S* = stablehlo.slice %\S+) \[1:2, 0:1\]", r"\1 [0:1, 0:1]"),  # place of row 0
        (r"(stablehlo.slice %\S+) \[1:2, 0:2, 0:6, 0:1\]", r"\1 [0:1, 0:2, 0:6, 0:1]"),  # row 0's
        (r"(stablehlo.constant) dense<1> : tensor<i32>", r"\1 dense<0> : tensor<i32>"),  # over 0
    ],
)
def test_a_write_that_only_looks_like_one_stays_apart(pattern: str, wrong: str) -> None:
    text = tiny("llama").build(tiny("llama").flow("decode", 2, context=CONTEXT)).mlir()
    assert MERGED in bound_paths(text)
    changed = re.sub(pattern, wrong, text)
    assert changed != text
    assert not {MERGED, "layers.1/attention/cache-attend"} & bound_paths(changed)

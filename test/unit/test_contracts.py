"""Contracts are true: what they say before anything is emitted is what the module has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

import rlxflow as rf
from rlxflow.blocks.base import PortSpec
from rlxflow.blocks.chain import Stage
from rlxflow.flow.built import BuiltModel

SIZES = {"vocab_size": 19, "hidden_size": 24, "intermediate_size": 10, "num_hidden_layers": 4}
SIZES |= {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 32}
LINEAR = {"linear_key_head_dim": 4, "linear_value_head_dim": 6, "linear_num_key_heads": 2}
LINEAR |= {"linear_num_value_heads": 4, "head_dim": 8}
CONFIGS: dict[str, dict[str, Any]] = {
    "llama": SIZES,
    "gemma3_text": SIZES | {"sliding_window": 5, "sliding_window_pattern": 2, "head_dim": 8},
    "qwen3_5_text": SIZES | LINEAR,
}


def ports(stages: tuple[Stage, ...], kind: str) -> Iterator[PortSpec]:
    for stage in stages:
        yield from getattr(stage.block.contract, kind)
        yield from ports(stage.stages, kind)


def compare(told: Iterator[PortSpec], made: Mapping[str, tuple[tuple[int, ...], str]]) -> None:
    """Asserts that names, order of axes, stated sizes and element types are those of the module."""
    specs = {port.name: port for port in told}
    assert specs.keys() == made.keys()
    for name, (shape, dtype) in made.items():
        stated = [size for _, size in specs[name].axes]
        assert len(stated) == len(shape), name
        assert all(size in {None, real} for size, real in zip(stated, shape, strict=True)), name
        assert specs[name].dtype in {"", dtype}, name


def states_of(built: BuiltModel) -> dict[str, tuple[tuple[int, ...], str]]:
    return {name: (type_.sizes, type_.dtype) for name, type_ in built.states.items()}


@pytest.mark.parametrize("family", CONFIGS)
@pytest.mark.parametrize("phase", ["prefill", "decode"])
def test_states_are_those_of_the_module(family: str, phase: str) -> None:
    flow = rf.DecoderFlow.from_config({"model_type": family} | CONFIGS[family]).batch(3)
    flow = flow.context(16).decode() if phase == "decode" else flow.seq(9).context(16)
    made = flow.assemble()
    built = made.build()
    compare(ports(made.stages, "states"), states_of(built))
    for port in ports(made.stages, "states"):
        assert tuple(name for name, _ in port.axes) == built.states[port.name].names


@pytest.mark.parametrize("family", ["llama", "gemma3_text"])
@pytest.mark.parametrize("past", [-1, 5])
def test_side_outputs_are_those_of_the_module(family: str, past: int) -> None:
    flow = rf.DecoderFlow.from_config({"model_type": family} | CONFIGS[family]).batch(3)
    flow = flow.seq(2).export_kv() if past < 0 else flow.seq(1).past(past).export_kv()
    made = flow.assemble()
    results = [port for port in made.build().module.results() if port.name != "logits"]
    compare(ports(made.stages, "outputs"), {p.name: (p.shape, p.dtype) for p in results})


def test_scan_and_taps() -> None:
    def publish(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        for name in "qkv":
            emit.set_named(
                f"gdn.{name}", emit.constant(0.1, {"b": 2, "t": 3, "h": 4, "e": 6}, "f32")
            )
        for name in ("g", "beta"):
            emit.set_named(f"gdn.{name}", emit.constant(0.0, {"b": 2, "t": 3, "h": 4}, "f32"))
        return x

    writes = [f"gdn.{name}" for name in ("q", "k", "v", "g", "beta")]
    flow = (
        rf.ModelFlow("probe")
        .input("x", rf.Shape([2, 3, 24]))
        .rope_tables(rf.RopeTables(max_pos=9, head_dim=6))
        .llama_kv_tap(0, 6, 1e-5, rf.SideOutputs(), num_kv_heads=2)
        .custom(publish, name="publish", writes=writes)
        .gdn_scan(rf.GdnScan.prefill(6).with_carry("own"))
        .custom(lambda _, x: x, name="end")
    )
    built = flow.build()
    compare(ports(flow.stages, "states"), states_of(built))
    results = [p for p in built.module.results() if p.name not in {"output", "own"}]
    compare(ports(flow.stages, "outputs"), {p.name: (p.shape, p.dtype) for p in results})
    lines = str(flow.describe())
    assert "holds own f32[b, h, i=6, o=6]" in lines
    assert "gives present.0.key [b, t, d=12], present.0.value [b, t, d=12]" in lines


def test_two_stages_with_one_state_are_found_before_emission() -> None:
    scan = rf.GdnScan.prefill(6).with_carry("own")
    flow = rf.ModelFlow("p").input("x", rf.Shape([1, 1, 6]))
    writes = [f"gdn.{name}" for name in ("q", "k", "v", "g", "beta")]
    flow = flow.custom(lambda _, x: x, name="publish", writes=writes).gdn_scan(scan).gdn_scan(scan)
    with pytest.raises(rf.FlowError, match="stage `gdn_scan_1`: expected a state of its own"):
        flow.check()

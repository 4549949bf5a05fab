"""Numbers and names of the fluent methods that contradict each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import rlxflow as rf
from rlxflow.errors import ConfigError, FlowError, FlowStructureError, MissingState

LLAMA = rf.LlamaDecoderSpec(num_heads=4, num_kv_heads=2, head_dim=6, intermediate_size=5)
QWEN = rf.Qwen3DecoderSpec(num_heads=4, num_kv_heads=2, head_dim=6)
ATTN = rf.SelfAttnPrefillSpec.hf_layer("model.layers.0", 4, 6, 2)
TABLES = rf.RopeTables(max_pos=9, head_dim=6)


def hidden() -> rf.ModelFlow:
    return rf.ModelFlow("probe").input("x", rf.Shape([2, 4, 24]))


WRONG: dict[str, tuple[Callable[[], object], type[FlowError], str]] = {
    "heads that do not divide": (
        lambda: rf.LlamaDecoderSpec(num_heads=4, num_kv_heads=3, head_dim=6),
        ConfigError,
        r"num_heads a positive multiple of num_kv_heads, found 4 and 3",
    ),
    "heads of qwen": (
        lambda: rf.Qwen3DecoderSpec(num_heads=6, num_kv_heads=4, head_dim=6),
        ConfigError,
        "found 6 and 4",
    ),
    "heads of an attention": (
        lambda: hidden().self_attn_prefill(rf.SelfAttnPrefillSpec.hf_layer("l", 4, 6, 3)),
        ConfigError,
        r"attention \(C1\).*found 4 and 3",
    ),
    "no key/value heads": (
        lambda: rf.LlamaDecoderSpec(num_heads=4, num_kv_heads=0, head_dim=6),
        ConfigError,
        "found 4 and 0",
    ),
    "a group of another size": (
        lambda: rf.LlamaDecodeLayerSpec(num_heads=4, num_kv_heads=2, head_dim=6, kv_group_size=4),
        ConfigError,
        r"kv_group_size: expected num_heads / num_kv_heads = 2, found 4",
    ),
    "an odd head": (
        lambda: rf.llama_prefill_layer_fused(0, rf.LlamaDecoderSpec(num_heads=4, head_dim=5)),
        ConfigError,
        r"attention \(C3\): expected an even number of elements to turn",
    ),
    "an odd rotation": (
        lambda: rf.RopeTables(max_pos=4, head_dim=6, rotary_dim=3),
        ConfigError,
        "rope: expected an even number of at most 6, found 3",
    ),
    "more turned than there is": (
        lambda: rf.llama_prefill_layer_fused(
            0, rf.LlamaDecoderSpec(num_heads=4, head_dim=6, n_rot=8)
        ),
        ConfigError,
        "at most head_dim 6, found 8",
    ),
    "a window of nothing": (lambda: rf.MaskKind.sliding_window(0), ConfigError, "at least 1 key"),
    "an index below 0": (
        lambda: rf.llama_prefill_layer_fused(-1, LLAMA),
        ConfigError,
        "layer index: expected at least 0, found -1",
    ),
    "a style that does not exist": (
        lambda: rf.gemma_prefill_layer_fused(0, "gemma22", ATTN, 1e-6),
        ConfigError,
        r"gemma style: .*did you mean `gemma2`\?",
    ),
    "no layers bound": (lambda: hidden().bind_decode_inputs(0), ConfigError, "at least 1 layer"),
    "a head without a name": (lambda: hidden().lm_head(3, 24, key=""), ConfigError, "lm_head"),
    "two inputs": (
        lambda: hidden().input("x", rf.Shape([1])),
        FlowStructureError,
        "two inputs of that name",
    ),
    "two outputs": (
        lambda: hidden().tap("y").outputs(["a", "a"]).check(),
        FlowStructureError,
        "two of `a`",
    ),
    "two taps": (
        lambda: hidden().tap("y").layer("blk", lambda s: s.tap("y")).check(),
        FlowStructureError,
        r"stage `blk/tap\.y`: .*two `y`, one of stage `tap\.y`",
    ),
    "two layers with one export": (
        lambda: _twice(rf.SideOutputs()).check(),
        FlowStructureError,
        r"stage `again/layers\.0/attention`: .*two `present\.0\.key`, one of stage `layers\.0/",
    ),
    "an extra output that nobody makes": (
        lambda: hidden().tap("last").with_extra_outputs(["lst"]).build(),
        MissingState,
        r"expected a side output or slot `lst`, found `last`; did you mean `last`\?",
    ),
    "tables that count from 0 in a step": (
        lambda: hidden().rope_tables(TABLES).bind_decode_inputs(1),
        FlowStructureError,
        r"tables that count from 0 in each call; put `\.gather_decode_rope\(half\)` before it",
    ),
    "rows of no tables": (
        lambda: hidden().gather_decode_rope(3),
        MissingState,
        r"expected tables `rope`, found no stage .*put `\.rope_tables\(\.\.\.\)` before it",
    ),
    "rows of other tables": (
        lambda: hidden().rope_tables(TABLES).gather_decode_rope(4),
        ConfigError,
        "expected half of 6 elements: 3, found 4",
    ),
    "a token before the first": (
        lambda: hidden().gather_last_token_at(2, 0).build(),
        FlowError,
        r"(?s)last token: expected a token from 1 to 4, found 0.*stage `gather_last_token`",
    ),
    "a value of other sizes": (
        lambda: hidden().cls_token_pool(2, 25).build(),
        FlowError,
        r"(?s)d=25, found f32\[b=2, t=4, d=24\].*stage `cls_token_pool`",
    ),
}


def _twice(sink: rf.SideOutputs) -> rf.ModelFlow:
    flow = hidden().rope_tables(TABLES).qwen3_prefill_layer(0, QWEN, sink)
    return flow.layer("again", lambda s: s.qwen3_prefill_layer(0, QWEN, sink))


@pytest.mark.parametrize("case", WRONG)
def test_wrong_numbers_and_names(case):
    make, kind, message = WRONG[case]
    with pytest.raises(kind, match=message):
        make()


def test_an_exception_of_a_closure_is_kept_and_gets_the_path():
    def fails(emit: rf.Emit, x: rf.Value | None) -> rf.Value | None:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine") as found:
        hidden().layer("blk", lambda s: s.plugin_named("own", fails)).build()
    assert found.value.__notes__ == ["while emitting stage `blk/own`"]

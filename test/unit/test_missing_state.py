"""Whatever a stage may miss: the error names stage, slot or input, and what would publish it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import rlxflow as rf
from rlxflow.errors import FlowStructureError, MissingState, WeightError

Change = Callable[[rf.ModelFlow], rf.ModelFlow]
Inner = Callable[[rf.LayerStack], rf.LayerStack]
LLAMA = rf.LlamaDecoderSpec(num_heads=4, num_kv_heads=2, head_dim=6, intermediate_size=5)
STEP = rf.LlamaDecodeLayerSpec(num_heads=4, num_kv_heads=2, head_dim=6, intermediate_size=5)
QWEN = rf.Qwen3DecoderSpec(num_heads=4, num_kv_heads=2, head_dim=6)
QWEN_STEP = rf.Qwen3DecodeLayerSpec(num_heads=4, num_kv_heads=2, head_dim=6)
GEMMA_STEP = rf.GemmaDecodeLayerSpec(style="gemma2", num_heads=4, num_kv_heads=2, head_dim=6)
ATTN = rf.SelfAttnPrefillSpec.hf_layer("model.layers.0", 4, 6, 2)
TABLES = rf.RopeTables(max_pos=9, head_dim=6)
MASKED = {"num_heads": 4, "num_kv_heads": 2, "head_dim": 6, "use_custom_mask": True}
ROPE = r"slot `rope\.cos` .*put `\.rope_tables\(\.\.\.\)` before it"
BIND = r"put `\.bind_decode_inputs\("


def hidden() -> rf.ModelFlow:
    return rf.ModelFlow("probe").input("x", rf.Shape([2, 4, 24]))


def inside(change: Inner) -> Change:
    """Returns a flow whose stage stands in a layer `blk`, so that the path is seen."""
    return lambda flow: flow.layer("blk", change)


def bound(flow: rf.ModelFlow, layers: int = 1, *, mask: bool = False) -> rf.ModelFlow:
    """Returns a flow with bound inputs of some layers."""
    flow = flow.input("rope_cos", rf.Shape([1, 3])).input("rope_sin", rf.Shape([1, 3]))
    for i in range(layers):
        shape = rf.Shape([2, 3, 12])
        flow = flow.input(f"past_k_{i}", shape).input(f"past_v_{i}", shape)
    flow = flow.when(mask, lambda f: f.input("mask", rf.Shape([2, 4], "i32")))
    return flow.bind_decode_inputs(layers, mask)


# Rows of the table of requirements. Not here, because nothing needs it: the vector of zeros
# (`zero_beta`, `zero_beta.head`) of norms and layers; a table embedded before a tied head (the head
# names its weight); a state declared before a scan that carries one (it is an argument by itself).
MISSING: dict[str, tuple[Change, str]] = {
    "llama layer, rope": (
        inside(lambda s: s.llama_prefill_layer(0, LLAMA)),
        r"stage `blk/layers\.0/attention`: expected " + ROPE,
    ),
    "llama layer by its other name": (
        inside(lambda s: s.llama_decoder_layer(1, LLAMA)),
        r"stage `blk/layers\.1/attention`: expected " + ROPE,
    ),
    "composed llama layer": (
        inside(lambda s: s.llama_prefill_layer_composed(0, LLAMA)),
        r"stage `blk/layers\.0/self_attn`: expected " + ROPE,
    ),
    "llama tap": (
        inside(lambda s: s.llama_kv_tap(0, 6, 1e-5, rf.SideOutputs())),
        r"stage `blk/kv_tap\.0`: expected " + ROPE,
    ),
    "gemma tap": (
        inside(lambda s: s.gemma_kv_tap(0, 6, 1e-5, rf.SideOutputs())),
        r"stage `blk/kv_tap\.0`: expected " + ROPE,
    ),
    "attention of a prompt": (
        inside(lambda s: s.self_attn_prefill(ATTN)),
        r"stage `blk/self_attention`: expected " + ROPE,
    ),
    "its mask": (
        inside(lambda s: s.self_attn_prefill(ATTN.with_mask(rf.MaskKind.CUSTOM))),
        r"stage `blk/self_attention`: expected slot `attn_mask` .*`\.attn_mask_from_input",
    ),
    "its bias": (
        lambda f: f.rope_tables(TABLES).self_attn_prefill(ATTN.with_mask(rf.MaskKind.BIAS)),
        r"stage `self_attention`: expected slot `attn_bias` .*put `\.attn_bias_from_input\(name\)`",
    ),
    "a bias from no input": (
        inside(lambda s: s.attn_bias_from_input("bias")),
        r"stage `blk/attn_bias_from_input`: expected a flow input `bias`.*declare it",
    ),
    "qwen layer": (
        inside(lambda s: s.qwen3_prefill_layer(0, QWEN)),
        r"stage `blk/layers\.0/attention`: expected " + ROPE,
    ),
    "gemma layer with a table of its own": (
        inside(
            lambda s: s.gemma_prefill_layer(
                0,
                "gemma3",
                rf.SelfAttnPrefillSpec(**{**_fields(ATTN), "rope_table": "local"}),
                1e-6,
            )
        ),
        r"slot `local\.cos` .*put `\.rope_tables\(RopeTables\(slot=\"local\", \.\.\.\)\)`",
    ),
    "vision attention": (
        lambda f: f.repeat_dinov2_layers(1, 24, 4, 1e-6),
        r"stage `layer0/.*`: expected slot `attn_mask` .*`\.attn_mask_ones\(batch, seq\)`",
    ),
    "mask from no input": (
        inside(lambda s: s.attn_mask_from_input("keep")),
        r"stage `blk/attn_mask_from_input`: expected a flow input `keep`, found inputs x; declare",
    ),
    "bind without rotation": (
        lambda f: f.bind_decode_inputs(1, bind_past=False),
        r"stage `bind_decode_inputs`: expected " + ROPE,
    ),
    "bind without mask": (
        lambda f: bound(f).bind_decode_inputs(1, True),
        r"stage `bind_decode_inputs_1`: expected a flow input `mask`",
    ),
    "bind without a past": (
        lambda f: bound(f).bind_decode_inputs(2),
        r"expected a flow input `past_k_1`.*did you mean `past_k_0`",
    ),
    "llama step, nothing bound": (
        inside(lambda s: s.llama_decode_layer(0, STEP)),
        r"stage `blk/layers\.0/attention`: expected slot `decode\.rope\.cos` .*" + BIND,
    ),
    "qwen step, nothing bound": (
        inside(lambda s: s.qwen3_decode_layer(0, QWEN_STEP)),
        r"slot `decode\.rope\.cos` .*" + BIND,
    ),
    "gemma step, nothing bound": (
        inside(lambda s: s.gemma_decode_layer(0, GEMMA_STEP)),
        r"slot `decode\.rope\.cos` .*" + BIND,
    ),
    "step with a mask that is not bound": (
        lambda f: bound(f).llama_decode_layer(0, rf.LlamaDecodeLayerSpec(**MASKED)),
        r"stage `layers\.0/attention`: expected slot `attn_mask` .*`\.bind_decode_inputs\(",
    ),
    "step of a layer beyond those bound": (
        lambda f: bound(f, 2).llama_decode_layer(2, STEP),
        r"slot `decode\.2\.key` .*`\.bind_decode_inputs\(more than 2 layers\)`",
    ),
    "scan": (
        inside(lambda s: s.gdn_scan(rf.GdnScan.prefill(6))),
        r"stage `blk/gdn_scan`: expected slot `gdn\.q` .*a closure with writes=\(\"gdn\.q\",\)",
    ),
    "rows of no input": (
        inside(lambda s: s.gather_from_input("kinds", "table")),
        r"stage `blk/gather_from_input`: expected a flow input `kinds`",
    ),
    "added rows of no input": (
        inside(lambda s: s.gather_add("kinds", "table")),
        r"stage `blk/gather_add`: expected a flow input `kinds`",
    ),
    "residual": (
        inside(lambda s: s.residual_add()),
        r"stage `blk/residual_add`: expected slot `residual` .*put `\.residual_save\(\)`",
    ),
    "stream": (
        inside(lambda s: s.load_stream("img")),
        r"stage `blk/load_stream`: expected slot `stream\.img` .*put `\.store_stream\(\"img\"\)`",
    ),
    "two streams": (
        lambda f: f.store_stream("img").dual_stream("mix", "img", "txt", lambda _, a, b: (a, b)),
        r"stage `mix`: expected slot `stream\.txt` .*put `\.store_stream\(\"txt\"\)`",
    ),
    "stream of no input": (
        lambda f: f.bind_inputs_to_streams([("y", "img")]),
        r"stage `bind_streams`: expected a flow input `y`",
    ),
    "residual left over": (
        inside(lambda s: s.residual_save().residual_save().residual_add()),
        r"stage `blk/residual_save`: expected each saved residual to be added, found 1 left",
    ),
}


def _fields(spec: rf.SelfAttnPrefillSpec) -> dict[str, object]:
    return {name: getattr(spec, name) for name in spec.__slots__}


@pytest.mark.parametrize("case", MISSING)
def test_missing_state(case):
    change, message = MISSING[case]
    flow = change(hidden())
    with pytest.raises(MissingState, match=message):
        flow.check()
    with pytest.raises(MissingState, match=message):
        flow.build()


NO_VALUE: dict[str, Inner] = {
    "embed": lambda s: s.embed("w", 3, 4),
    "rms_norm": lambda s: s.rms_norm("w", 1e-5),
    "gemma_rms_norm": lambda s: s.gemma_rms_norm("w", 1e-5),
    "layer_norm": lambda s: s.layer_norm("w", "b", 1e-5),
    "linear": lambda s: s.linear("w", out_features=3),
    "swiglu": lambda s: s.swiglu("a", "b", "c", 3),
    "geglu": lambda s: s.geglu("model.layers.0", 3),
    "gelu_ffn": lambda s: s.gelu_ffn("l"),
    "embed_scale": lambda s: s.embed_scale(4),
    "logit_softcap": lambda s: s.logit_softcap(3.0),
    "gather_last_token": lambda s: s.gather_last_token(),
    "gather_last_token_at": lambda s: s.gather_last_token_at(1, 1),
    "cls_token_pool": lambda s: s.cls_token_pool(),
    "residual_save": lambda s: s.residual_save(),
    "store_stream": lambda s: s.store_stream("img"),
}


@pytest.mark.parametrize("method", NO_VALUE)
def test_a_stage_without_a_current_value(method):
    flow = rf.ModelFlow("empty").layer("blk", NO_VALUE[method])
    with pytest.raises(FlowStructureError, match=r"stage `blk/\w+`: expected a current value"):
        flow.build()


def eaten(emit: rf.Emit, x: rf.Value | None) -> None:
    return None


def test_a_closure_that_loses_the_value_is_found_at_the_stage_that_needs_it():
    flow = (
        hidden()
        .plugin_named("eat", eaten)
        .layer("blk", lambda s: s.gdn_scan(rf.GdnScan.prefill(6)))
    )
    with pytest.raises(MissingState, match="gdn"):
        flow.build()
    with pytest.raises(FlowStructureError, match=r"(?s)a current value.*stage `blk/linear`"):
        hidden().plugin(eaten).layer("blk", lambda s: s.linear("w", out_features=3)).build()


WEIGHTS: dict[str, tuple[Change, str]] = {
    "norm": (lambda f: f.rms_norm("model.nrm.weight", 1e-5), r"model\.nrm\.weight"),
    "tied head": (
        lambda f: f.lm_head(5, 24, True, embed_key="model.embed.weight"),
        r"model\.embed\.weight",
    ),
    "head": (lambda f: f.lm_head(5, 24), r"lm_head\.weight"),
}


@pytest.mark.parametrize("case", WEIGHTS)
def test_a_weight_that_is_not_there(case):
    change, name = WEIGHTS[case]
    held = {"model.norm.weight": np.ones(24, np.float32)}
    with pytest.raises(WeightError, match=f"(?s){name}"):
        change(hidden()).build(held)

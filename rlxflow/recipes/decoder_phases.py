"""What a phase of a causal model changes: its inputs, the mixers' caches, the experts' form."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import POSITIONS, TOKEN_MASK, Block
from rlxflow.blocks.gated_delta import GatedDeltaNet
from rlxflow.blocks.mask import AttnMaskFromInput
from rlxflow.blocks.moe import MoeMlp
from rlxflow.blocks.moe_beside import ExpertsBesideMlp
from rlxflow.blocks.tokens import Lengths, Positions, TokenMask
from rlxflow.config.profile import CompileProfile
from rlxflow.errors import ConfigError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.shape import Shape
from rlxflow.recipes.base import FlowRequest
from rlxflow.recipes.hooks import NO_HOOKS, Hooks

if TYPE_CHECKING:
    from rlxflow.recipes.decoder import DecoderSpec

MOST_TOKENS_OF_A_STEP = 8
STEP = CompileProfile(name="step")
RING_SLACK = MOST_TOKENS_OF_A_STEP - 1  # a ring holds this many positions beyond its window


def decodes(request: FlowRequest) -> bool:
    """Returns whether the phase continues rows whose states exist."""
    return request.phase in {"decode", "verify"}


def decoder_inputs(spec: DecoderSpec, request: FlowRequest, hooks: Hooks = NO_HOOKS) -> ModelFlow:
    """Returns a flow with the inputs of a phase and the stages that publish positions and masks."""
    rows = Shape([request.batch], "i32")
    tokens = Shape([request.batch, request.seq], "i32")
    last = spec.max_positions
    flow = ModelFlow(spec.family)
    if hooks.inputs_embeds:
        shape = [request.batch, request.seq, spec.hidden_size]
        flow = flow.input("inputs_embeds", Shape(shape, request.compute_dtype))
    else:
        flow = flow.input("input_ids", tokens, below=spec.vocab_size)
    if request.past >= 0:
        flow = _past_inputs(flow.with_profile(STEP), spec, request)
    elif decodes(request):
        flow = flow.with_profile(STEP).input("positions", rows, below=last)
        flow = flow.stage("positions", Positions(input="positions"))
        if hooks.cache_mask:
            slots = Shape([request.batch, request.context], "i32")
            flow = flow.input("cache_mask", slots, below=2)
            flow = flow.stage("cache_mask", AttnMaskFromInput(input="cache_mask"))
    elif request.context:
        flow = flow.profile_prefill().input("lengths", rows, below=request.seq + 1)
        flow = flow.stage("lengths", Lengths()).stage("positions", Positions(lengths=True))
    else:
        flow = flow.profile_prefill().input("attention_mask", tokens, below=2)
        flow = flow.input("position_ids", tokens, below=last)
        flow = flow.stage("positions", Positions(input="position_ids"))
        flow = flow.stage("mask", AttnMaskFromInput(input="attention_mask"))
    if not decodes(request) and any(isinstance(la.mixer, GatedDeltaNet) for la in spec.layers):
        source = "" if request.context else "attention_mask"
        flow = flow.stage("token_mask", TokenMask(input=source))
    for rope in spec.ropes:
        flow = flow.stage(rope.slot, replace(rope, positions_slot=POSITIONS))
    return flow


def _past_inputs(flow: ModelFlow, spec: DecoderSpec, request: FlowRequest) -> ModelFlow:
    """Adds keys and values of earlier tokens, one pair a layer, and a mask over all of them."""
    keys = request.past + request.seq
    flow = flow.input("attention_mask", Shape([request.batch, keys], "i32"), below=2)
    flow = flow.input("positions", Shape([request.batch], "i32"), below=spec.max_positions)
    for i, _, layer in spec.runs:
        if not isinstance(layer.mixer, SelfAttention):
            name = type(layer.mixer).__name__
            raise ConfigError(f"layer {i}", expected="attention, to grow a cache", found=name)
        if layer.mixer.kv_from:
            continue
        width = layer.mixer.num_key_value_heads * layer.mixer.head_dim
        shape = Shape([request.batch, request.past, width], request.compute_dtype)
        flow = flow.input(f"past_k_{i}", shape).input(f"past_v_{i}", shape)
    flow = flow.stage("positions", Positions(input="positions"))
    return flow.stage("mask", AttnMaskFromInput(input="attention_mask"))


def mixer_for(mixer: Block, index: int, request: FlowRequest, hooks: Hooks = NO_HOOKS) -> Block:
    """Returns a layer's mixer as the phase needs it: with padding, a past, or a cache."""
    name = f"layers.{index}"
    if isinstance(mixer, GatedDeltaNet):
        return replace(
            mixer,
            phase="decode" if decodes(request) else "prefill",
            state_key=name if request.context else "",
            token_mask_slot="" if decodes(request) else TOKEN_MASK,
        )
    if not isinstance(mixer, SelfAttention):
        return mixer
    own = not mixer.kv_from  # else another layer has its keys and values
    exported = f"present.{index}" if own and (request.export_kv or request.past >= 0) else ""
    queries = f"query.{index}" if hooks.export_queries else ""
    mixer = replace(mixer, export_key=exported, export_query_key=queries)
    if not request.context:
        past = str(index) if own and request.past >= 0 else ""
        return replace(mixer, padding=True, past_key=past)
    if request.seq > MOST_TOKENS_OF_A_STEP and decodes(request):
        most = f"at most {MOST_TOKENS_OF_A_STEP} tokens"
        raise ConfigError("step", expected=most, found=str(request.seq))
    ring = request.context if mixer.window is None else mixer.window + RING_SLACK
    masked = hooks.cache_mask and decodes(request)
    if masked and ring < request.context:
        raise ConfigError(
            f"layer {index}",
            expected=f"a cache of all {request.context} positions, to be masked",
            found=f"a ring of {ring} slots (window {mixer.window})",
            cure="leave out cache_mask: a ring forgets by itself",
        )
    return replace(
        mixer,
        padding=masked,
        phase="decode" if decodes(request) else "prefill",
        cache_key=name,
        cache_slots=min(request.context, ring),
        cache_dtype=request.cache_dtype,
    )


def mlp_for(mlp: Block, request: FlowRequest) -> Block:
    """Returns experts in the form that suits the number of tokens.

    As long as the tokens choose no more experts than there are, reading only those that were
    chosen moves the fewest bytes.
    """
    if isinstance(mlp, ExpertsBesideMlp):
        return replace(mlp, experts=_experts_for(mlp.experts, request))
    return _experts_for(mlp, request) if isinstance(mlp, MoeMlp) else mlp


def _experts_for(mlp: MoeMlp, request: FlowRequest) -> MoeMlp:
    chosen = request.batch * request.seq * mlp.num_experts_per_tok
    return replace(mlp, form="gathered" if chosen <= mlp.num_experts else "grouped")

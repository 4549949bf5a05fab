"""Causal language models as numbers over shared blocks, and the flows of their phases."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import TOKEN_MASK, Block, under
from rlxflow.blocks.chain import Chain
from rlxflow.blocks.embedding import Embed, PositionRows
from rlxflow.blocks.gated_delta import GatedDeltaNet
from rlxflow.blocks.head import LmHead, Scale
from rlxflow.blocks.mask import AttnMaskFromInput
from rlxflow.blocks.moe import MoeMlp
from rlxflow.blocks.norm import LayerNorm, RmsNorm
from rlxflow.blocks.rope import RopeTables
from rlxflow.blocks.tokens import GatherLastToken, Lengths, Positions, TokenMask
from rlxflow.errors import ConfigError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.shape import Shape
from rlxflow.flow.verbs import LayerStack
from rlxflow.recipes.base import FlowRequest

RING_SLACK = 7  # a ring holds this many positions beyond its window, so a step may be of 8 tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSpec:
    """One layer. Weight names of the blocks are relative to the layer.

    Attributes:
        mixer: Attention, or another block that mixes tokens.
        mlp: The feed-forward block.
        before_mixer: Name of the norm before the mixer; empty for none. The others alike.
    """

    mixer: Block
    mlp: Block
    before_mixer: str = "input_layernorm"
    after_mixer: str = ""
    before_mlp: str = "post_attention_layernorm"
    after_mlp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoderSpec:
    """A causal language model.

    Attributes:
        family: For names.
        layers: In order.
        eps: Of all norms.
        norm_offset: Of RMS norms; see `RmsNorm`.
        layer_norm: Whether norms are LayerNorm with bias instead of RMS.
        ropes: The tables that layers name.
        embed_scale: Multiplies the embeddings, rounded to their dtype.
        residual_scale: Multiplies each branch before it is added.
        logits_scale: Multiplies the scores.
        softcap: Limit of the scores.
        tied: Whether the token table is the head as well.
        positions_key: Learned position table; empty for none.
        max_positions: Tokens a row may have.
    """

    family: str
    vocab_size: int
    hidden_size: int
    layers: tuple[LayerSpec, ...]
    eps: float
    norm_offset: float = 0.0
    layer_norm: bool = False
    ropes: tuple[RopeTables, ...] = ()
    embed_scale: float = 1.0
    residual_scale: float = 1.0
    logits_scale: float = 1.0
    softcap: float | None = None
    tied: bool = False
    embed_key: str = "model.embed_tokens.weight"
    layer_key: str = "model.layers"
    norm_key: str = "model.norm"
    head_key: str = "lm_head.weight"
    positions_key: str = ""
    max_positions: int

    def flow(self, request: FlowRequest) -> ModelFlow:
        """Returns the flow of a phase, unbuilt.

        `prefill` without a context: scores of all tokens, for rows padded on either side.
        `prefill` with one: right-padded prompts (`lengths`), caches filled, last token scored.
        `decode`, `verify`: 1 token, or a few, of each row at `positions`, with the caches.
        """
        flow = self._inputs(request).stage("embeddings", self._embeddings())
        flow = flow.when(request.hidden_states, lambda f: f.tap("hidden_states.0"))
        for i, layer in enumerate(self.layers):
            flow = flow.stage(f"layers.{i}", self._layer(i, layer, request))
            inner = request.hidden_states and i + 1 < len(self.layers)
            flow = flow.when(inner, lambda f, i=i: f.tap(f"hidden_states.{i + 1}"))
        if request.last_token:
            ragged = GatherLastToken(input="lengths", minus=1)
            flow = flow.stage("last_token", ragged if request.context else GatherLastToken())
        flow = flow.stage("norm", self._norm(self.norm_key))
        flow = flow.when(request.hidden_states, lambda f: f.tap(f"hidden_states.{len(self.layers)}"))
        head = LmHead(
            weight_key=self.embed_key if self.tied else self.head_key,
            vocab_size=self.vocab_size,
            scale=self.logits_scale,
            softcap=self.softcap,
        )
        return flow.stage("lm_head", head).output("logits")

    def _inputs(self, request: FlowRequest) -> ModelFlow:
        rows = Shape([request.batch], "i32")
        tokens = Shape([request.batch, request.seq], "i32")
        last = self.max_positions
        flow = ModelFlow(self.family).input("input_ids", tokens, below=self.vocab_size)
        if request.phase in {"decode", "verify"}:
            flow = flow.profile_decode().input("positions", rows, below=last)
            flow = flow.stage("positions", Positions(input="positions"))
        elif request.context:
            flow = flow.profile_prefill().input("lengths", rows, below=request.seq + 1)
            flow = flow.stage("lengths", Lengths()).stage("positions", Positions(lengths=True))
        else:
            flow = flow.profile_prefill().input("attention_mask", tokens, below=2)
            flow = flow.input("position_ids", tokens, below=last)
            flow = flow.stage("positions", Positions(input="position_ids"))
            flow = flow.stage("mask", AttnMaskFromInput(input="attention_mask"))
        decoding = request.phase in {"decode", "verify"}
        if not decoding and any(isinstance(la.mixer, GatedDeltaNet) for la in self.layers):
            source = "" if request.context else "attention_mask"
            flow = flow.stage("token_mask", TokenMask(input=source))
        for rope in self.ropes:
            flow = flow.stage(rope.slot, rope)
        return flow

    def _embeddings(self) -> Chain:
        words = Embed(key=self.embed_key, vocab_size=self.vocab_size, hidden_size=self.hidden_size)
        stack = LayerStack().stage("tokens", words)
        if self.embed_scale != 1.0:
            stack = stack.stage("scale", Scale(factor=self.embed_scale))
        if self.positions_key:
            rows = PositionRows(key=self.positions_key, rows=self.max_positions)
            stack = stack.stage("positions", rows)
        return Chain(stages=stack.stages, label="embeddings")

    def _layer(self, index: int, layer: LayerSpec, request: FlowRequest) -> Chain:
        prefix = f"{self.layer_key}.{index}"
        mixer = self._cached(under(layer.mixer, prefix), f"layers.{index}", request)
        stack = LayerStack()
        branches = (
            ("attention", mixer, layer.before_mixer, layer.after_mixer),
            ("mlp", under(_for_step(layer.mlp, request), prefix), layer.before_mlp, layer.after_mlp),
        )
        for name, block, before, after in branches:
            stack = stack.residual_save()
            if before:
                stack = stack.stage(f"{name}_norm", self._norm(f"{prefix}.{before}"))
            stack = stack.stage(name, block)
            if after:
                stack = stack.stage(f"{name}_post_norm", self._norm(f"{prefix}.{after}"))
            if self.residual_scale != 1.0:
                stack = stack.stage(f"{name}_scale", Scale(factor=self.residual_scale))
            stack = stack.residual_add()
        return Chain(stages=stack.stages, label=f"{self.family}_layer")

    def _cached(self, mixer: Block, name: str, request: FlowRequest) -> Block:
        """Returns the mixer as the phase needs it: with padding, or with a cache."""
        decoding = request.phase in {"decode", "verify"}
        if isinstance(mixer, GatedDeltaNet):
            return replace(
                mixer,
                phase="decode" if decoding else "prefill",
                state_key=name if request.context else "",
                token_mask_slot="" if decoding else TOKEN_MASK,
            )
        if not isinstance(mixer, SelfAttention):
            return mixer
        if not request.context:
            return replace(mixer, padding=True)
        slots = request.context
        if mixer.window is not None:
            slots = min(slots, mixer.window + RING_SLACK)
        if request.seq > RING_SLACK + 1 and decoding:
            most = RING_SLACK + 1
            raise ConfigError("step", expected=f"at most {most} tokens", found=str(request.seq))
        return replace(
            mixer,
            padding=False,
            phase="decode" if decoding else "prefill",
            cache_key=name,
            cache_slots=slots,
            cache_dtype=request.cache_dtype,
        )

    def _norm(self, key: str) -> Block:
        if self.layer_norm:
            return LayerNorm(weight_key=f"{key}.weight", bias_key=f"{key}.bias", eps=self.eps)
        return RmsNorm(weight_key=f"{key}.weight", eps=self.eps, offset=self.norm_offset)


def _for_step(mlp: Block, request: FlowRequest) -> Block:
    """Returns experts in the form that suits the number of tokens.

    As long as the tokens choose no more experts than there are, reading only those that were
    chosen moves the fewest bytes.
    """
    if not isinstance(mlp, MoeMlp):
        return mlp
    chosen = request.batch * request.seq * mlp.num_experts_per_tok
    return replace(mlp, form="gathered" if chosen <= mlp.num_experts else "grouped")

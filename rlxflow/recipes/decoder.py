"""Causal language models as numbers over shared blocks, and the flows of their phases."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import Block, under
from rlxflow.blocks.chain import Chain, Stage
from rlxflow.blocks.embedding import Embed, PositionRows
from rlxflow.blocks.head import LmHead, Scale
from rlxflow.blocks.layer_scale import ScalarScale
from rlxflow.blocks.norm import LayerNorm, RmsNorm
from rlxflow.blocks.per_layer import PerLayerInputs
from rlxflow.blocks.rope import RopeTables
from rlxflow.blocks.tokens import GatherLastToken
from rlxflow.errors import ConfigError
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.verbs import LayerStack
from rlxflow.recipes.base import FlowRequest
from rlxflow.recipes.decoder_phases import decoder_inputs, mixer_for, mlp_for
from rlxflow.recipes.hooks import NO_HOOKS, Hooks, LayerContext


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSpec:
    """One layer. Weight names of the blocks are relative to the layer.

    Attributes:
        mixer: Attention, or another block that mixes tokens.
        mlp: The feed-forward block.
        before_mixer: Name of the norm before the mixer; empty for none. The others alike.
        extra: A third branch; None for none. It has no norm before it.
        scale_key: Factor [1] of the whole layer; empty for none.
    """

    mixer: Block
    mlp: Block
    before_mixer: str = "input_layernorm"
    after_mixer: str = ""
    before_mlp: str = "post_attention_layernorm"
    after_mlp: str = ""
    extra: Block | None = None
    after_extra: str = ""
    scale_key: str = ""


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
        per_layer: Makes the inputs that layers have of their own; None for none.
        loops: How often the layers run, one after the other, with the same weights; each run of a
            layer has a cache of its own.
        loop_norm: Whether the final norm also stands between two loops.
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
    per_layer: PerLayerInputs | None = None
    loops: int = 1
    loop_norm: bool = True
    max_positions: int

    @property
    def runs(self) -> tuple[tuple[int, int, LayerSpec], ...]:
        """Place in the order of execution, place in the file, and layer, for each run of one."""
        count = len(self.layers)
        return tuple((i, i % count, self.layers[i % count]) for i in range(self.loops * count))

    def flow(self, request: FlowRequest, hooks: Hooks = NO_HOOKS) -> ModelFlow:
        """Returns the flow of a phase, unbuilt.

        `prefill` without a context: scores of all tokens, for rows padded on either side.
        `prefill` with one: right-padded prompts (`lengths`), caches filled, last token scored.
        `decode`, `verify`: 1 token, or a few, of each row at `positions`, with the caches.
        """
        flow = decoder_inputs(self, request, hooks)
        if hooks.inputs_embeds:
            flow = flow.without_weights(self.embed_key, "inputs_embeds stands for its rows")
        else:
            flow = flow.stage("embeddings", self._embeddings())
        if self.per_layer is not None:
            if hooks.inputs_embeds:
                found = "embeddings alone: its layers have inputs made of ids"
                raise ConfigError(self.family, expected="input_ids", found=found)
            flow = flow.stage("per_layer_inputs", self.per_layer)
        flow = flow.when(request.hidden_states, lambda f: f.tap("hidden_states.0"))
        flow = self._run_layers(flow.raw_stages(hooks.before_layers), request, hooks)
        flow = flow.raw_stages(hooks.after_layers)
        if request.last_token:
            ragged = GatherLastToken(input="lengths", minus=1)
            flow = flow.stage("last_token", ragged if request.context else GatherLastToken())
        flow = flow.stage("norm", self._norm(self.norm_key))
        flow = flow.when(request.hidden_states, lambda f: f.tap(f"hidden_states.{len(self.runs)}"))
        flow = hooks.patch_flow(flow) if hooks.patch_flow else flow
        if request.hidden_only:
            return flow.output("hidden")
        return flow.stage("lm_head", self._head()).output("logits")

    def _run_layers(self, flow: ModelFlow, request: FlowRequest, hooks: Hooks) -> ModelFlow:
        last = len(self.runs) - 1
        if hooks.taps and not 0 <= min(hooks.taps) <= max(hooks.taps) <= last:
            expected, found = f"layers 0 to {last}", ", ".join(map(str, hooks.taps))
            raise ConfigError("taps", expected=expected, found=found)
        for i, own, layer in self.runs:
            if i and own == 0 and self.loop_norm:
                flow = flow.stage(f"loop_norm.{i // len(self.layers)}", self._norm(self.norm_key))
            flow = flow.when(i in hooks.taps, lambda f, i=i: f.tap(f"layer_input.{i}"))
            stage = Stage(f"layers.{i}", self._layer(i, own, layer, request, hooks))
            flow = flow.stage(hooks.layer(LayerContext(i, own, stage)) if hooks.layer else stage)
            inner = request.hidden_states and i < last
            flow = flow.when(inner, lambda f, i=i: f.tap(f"hidden_states.{i + 1}"))
        return flow

    def _head(self) -> LmHead:
        return LmHead(
            weight_key=self.embed_key if self.tied else self.head_key,
            vocab_size=self.vocab_size,
            scale=self.logits_scale,
            softcap=self.softcap,
        )

    def _embeddings(self) -> Chain:
        words = Embed(key=self.embed_key, vocab_size=self.vocab_size, hidden_size=self.hidden_size)
        stack = LayerStack().stage("tokens", words)
        if self.embed_scale != 1.0:
            stack = stack.stage("scale", Scale(factor=self.embed_scale))
        if self.positions_key:
            rows = PositionRows(key=self.positions_key, rows=self.max_positions)
            stack = stack.stage("positions", rows)
        return Chain(stages=stack.stages, label="embeddings")

    def _layer(
        self, index: int, own: int, layer: LayerSpec, request: FlowRequest, hooks: Hooks
    ) -> Chain:
        prefix = f"{self.layer_key}.{own}"
        mixer = mixer_for(under(layer.mixer, prefix), index, request, hooks)
        stack = LayerStack()
        branches = [
            ("attention", mixer, layer.before_mixer, layer.after_mixer),
            ("mlp", under(mlp_for(layer.mlp, request), prefix), layer.before_mlp, layer.after_mlp),
        ]
        if layer.extra is not None:
            branches.append(("extra", under(layer.extra, prefix), "", layer.after_extra))
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
        if layer.scale_key:
            stack = stack.stage("scale", ScalarScale(key=f"{prefix}.{layer.scale_key}"))
        return Chain(stages=stack.stages, label=f"{self.family}_layer")

    def _norm(self, key: str) -> Block:
        if self.layer_norm:
            return LayerNorm(weight_key=f"{key}.weight", bias_key=f"{key}.bias", eps=self.eps)
        return RmsNorm(weight_key=f"{key}.weight", eps=self.eps, offset=self.norm_offset)

"""The fluent methods that flows and layer stacks share: each appends one stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Self

from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Chain, Closure, Custom, Stage, unique_name
from rlxflow.blocks.embedding import Embed, GatherAdd, GatherFromInput
from rlxflow.blocks.linear import Linear
from rlxflow.blocks.mask import AttnMaskFromInput, AttnMaskOnes
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.norm import LayerNorm
from rlxflow.blocks.residual import ResidualAdd, ResidualSave
from rlxflow.errors import FlowStructureError
from rlxflow.flow.decoder_verbs import DecoderVerbs
from rlxflow.flow.encoder_verbs import EncoderVerbs
from rlxflow.flow.layer_verbs import LayerVerbs
from rlxflow.flow.stream_verbs import StreamVerbs
from rlxflow.flow.vision_verbs import GeluFfn, VisionVerbs


class Verbs(DecoderVerbs, EncoderVerbs, LayerVerbs, StreamVerbs, VisionVerbs):
    """Base of `ModelFlow` and `LayerStack`. Every method returns a new object.

    A stage that is given no name is called after its block; a second one of that name gets `_1`.
    """

    stages: tuple[Stage, ...]

    def _with_stages(self, stages: tuple[Stage, ...]) -> Self:
        raise NotImplementedError(type(self).__name__)

    def stage(
        self, what: Stage | Block | str, block: Block | None = None, mode: str = "auto"
    ) -> Self:
        """Appends `stage("name", block)`, a block under its own name, or a finished stage."""
        if isinstance(what, Stage):
            return self._with_stages((*self.stages, what))
        if isinstance(what, str):
            if block is None:
                raise FlowStructureError(f"stage `{what}`", expected="a block", found="none")
            return self._with_stages((*self.stages, Stage(what, block, mode)))
        if not isinstance(what, Block):
            raise FlowStructureError(
                "stage", expected="a Stage or a Block", found=type(what).__name__
            )
        return self._append(what, mode=mode)

    def _append(self, block: Block, name: str = "", mode: str = "auto") -> Self:
        unique = name or unique_name(block.kind, self.stages)
        return self._with_stages((*self.stages, Stage(unique, block, mode)))

    def raw_stage(self, stage: Stage | Block) -> Self:
        """Appends one stage."""
        return self.stage(stage)

    def raw_stages(self, stages: Iterable[Stage | Block]) -> Self:
        """Appends several stages, one after the other."""
        made = self
        for stage in stages:
            made = made.stage(stage)
        return made

    def sequence(self, stages: Iterable[Stage | Block], name: str = "") -> Self:
        """Appends several stages as one."""
        return self._append(Chain(stages=LayerStack().raw_stages(stages).stages), name)

    def named_layer(self, name: str, stage: Stage | Block) -> Self:
        """Appends a stage under another name."""
        block = stage.block if isinstance(stage, Stage) else stage
        mode = stage.mode if isinstance(stage, Stage) else "auto"
        return self.stage(Stage(name, block, mode))

    def layer(
        self, name: str, fill: Callable[[LayerStack], LayerStack], kind: str = "layer"
    ) -> Self:
        """Appends one stage made of the stages that `fill` puts on an empty stack."""
        return self.stage(fill(LayerStack.named(name, kind)).build())

    def repeat_layers(self, count: int, make: Callable[[int], Stage]) -> Self:
        """Appends `make(0), make(1), ...`; nothing for a count of 0."""
        if not isinstance(count, int) or count < 0:
            raise FlowStructureError("repeat_layers", expected="0 or more", found=f"{count!r}")
        return self.raw_stages(make(i) for i in range(count))

    def custom(
        self,
        fn: Closure,
        *,
        name: str = "",
        reads: Sequence[str] = (),
        writes: Sequence[str] = (),
        mode: str = "auto",
    ) -> Self:
        """Appends a closure `fn(emit, value) -> value`; slots it reads or writes are declared."""
        block = Custom(fn=fn, reads=tuple(reads), writes=tuple(writes))
        return self._append(block, name, mode)

    def custom_named(self, name: str, fn: Closure) -> Self:
        """Appends a closure under a name."""
        return self.custom(fn, name=name)

    def plugin(self, fn: Closure) -> Self:
        """Appends a closure under the name `plugin`."""
        return self.custom(fn, name=unique_name("plugin", self.stages))

    def plugin_named(self, name: str, fn: Closure) -> Self:
        """Appends a closure under a name."""
        return self.custom(fn, name=name)

    def branch(self, output: str, stage: Stage | Block) -> Self:
        """Runs a stage beside the flow; what it gives becomes the side output of that name."""
        stages = LayerStack().stage(stage).stages
        chain = Chain(stages=stages, label="branch", output=output)
        return self._append(chain, unique_name(stages[0].name, self.stages))

    def tap(self, output: str) -> Self:
        """Makes the current value a side output of that name."""
        if not isinstance(output, str) or not output:
            raise FlowStructureError("tap", expected="the name of an output", found=f"{output!r}")
        return self._append(Chain(stages=(), label="tap", output=output), f"tap.{output}")

    def residual_save(self) -> Self:
        """Saves the current value; `residual_add` adds it back. Pairs may nest."""
        return self._append(ResidualSave())

    def residual_add(self) -> Self:
        """Adds the value that was saved last."""
        return self._append(ResidualAdd())

    def embed(
        self, key: str, vocab_size: int | None = None, hidden_size: int | None = None
    ) -> Self:
        """Replaces the ids by rows of the table `key`; sizes come from the weights if not given."""
        return self._append(Embed(key=key, vocab_size=vocab_size, hidden_size=hidden_size))

    def token_embed(self, vocab_size: int | None = None, hidden_size: int | None = None) -> Self:
        """Embeds with `model.embed_tokens.weight`."""
        return self.embed("model.embed_tokens.weight", vocab_size, hidden_size)

    def gather_from_input(
        self, input: str, key: str, rows: int | None = None, hidden_size: int | None = None
    ) -> Self:
        """Drops the value and starts again from rows of `key` chosen by another input."""
        return self._append(
            GatherFromInput(input=input, key=key, rows=rows, hidden_size=hidden_size)
        )

    def gather_add(self, input: str, key: str, rows: int | None = None) -> Self:
        """Adds rows of `key` chosen by another input."""
        return self._append(GatherAdd(input=input, key=key, rows=rows))

    def layer_norm(self, gamma_key: str, beta_key: str, eps: float) -> Self:
        """Normalises each token; see `LayerNorm`."""
        return self._append(LayerNorm(weight_key=gamma_key, bias_key=beta_key, eps=eps))

    def linear(
        self, key: str, transpose: bool = True, bias_key: str = "", out_features: int | None = None
    ) -> Self:
        """Multiplies with a weight stored [out, in], or [in, out] with `transpose=False`."""
        block = Linear(
            weight_key=key,
            bias_key=bias_key,
            out_features=out_features,
            transposed=not transpose,
        )
        return self._append(block)

    def gelu_ffn(self, layer: str | Mlp, activation: str = "gelu") -> Self:
        """The feed-forward of a BERT layer under this prefix, or one that `GeluFfn` makes."""
        block = GeluFfn.hf_bert(layer, str(activation)) if isinstance(layer, str) else layer
        return self._append(block, "gelu_ffn")

    def attn_mask_ones(self, batch: int, seq: int) -> Self:
        """Publishes a mask under which every key is visible."""
        return self._append(AttnMaskOnes(batch=batch, seq=seq))

    def attn_mask_from_input(self, input: str = "attention_mask") -> Self:
        """Publishes the mask that an input gives: 1 at tokens, 0 at pads."""
        return self._append(AttnMaskFromInput(input=input))

    def when(self, condition: bool, change: Callable[[Self], Self]) -> Self:
        """Returns `change(flow)` if the condition holds, else the flow as it is."""
        return change(self) if condition else self

    def patch(self, change: Callable[[Self], Self]) -> Self:
        """Returns `change(flow)`."""
        return change(self)


class LayerStack(Verbs):
    """Collects the stages of one layer: `LayerStack.named("layers.0").residual_save()...`."""

    def __init__(self, name: str = "", stages: tuple[Stage, ...] = (), kind: str = "layer") -> None:
        self.name, self.stages, self.kind = name, stages, kind

    @classmethod
    def new(cls) -> LayerStack:
        """Returns an empty stack without a name."""
        return cls()

    @classmethod
    def named(cls, name: str, kind: str = "layer") -> LayerStack:
        """Returns an empty stack that builds a stage of this name."""
        return cls(name, kind=kind)

    def _with_stages(self, stages: tuple[Stage, ...]) -> Self:
        return type(self)(self.name, stages, self.kind)

    def build(self) -> Stage:
        """Returns the layer as one stage; an unnamed stack is called `layer`."""
        return Stage(self.name or "layer", Chain(stages=self.stages, label=self.kind))

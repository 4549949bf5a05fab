"""Text encoders as numbers over shared blocks, and the flow of their one phase."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from rlxflow.blocks.base import POSITIONS, Block
from rlxflow.blocks.chain import Chain, Stage
from rlxflow.blocks.embedding import Embed, GatherAdd
from rlxflow.blocks.head import MlmHead, Pooler
from rlxflow.blocks.rope import RopeTables
from rlxflow.blocks.tokens import Positions
from rlxflow.errors import ConfigError
from rlxflow.flow.encoder_layer import EncoderLayer
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.shape import Shape
from rlxflow.flow.verbs import LayerStack
from rlxflow.recipes.base import FlowRequest, Recipe, architecture, sentence_chain
from rlxflow.weights import NameRules


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderSpec:
    """A text encoder.

    Attributes:
        family: For names.
        words_key: The token table.
        vocab_size: Its rows.
        hidden_size: Its columns.
        before: Blocks by name that publish what layers read, made from the ids.
        positions: What adds the rows of learned positions; None where there are none.
        positions_key: Their table; empty for none.
        position_rows: Its rows.
        ropes: The tables that layers name; an input `position_ids` is theirs where there are any.
        types_key: The table of token types; empty for none.
        type_vocab_size: Its rows.
        embeddings_norm: After the sum of all rows; None for none.
        layers: In order.
        layer_key: Names of stages and weights of a layer before its number.
        last_norm: After the layers; None for none. Its stage is `last_norm`.
        pooler_key: A dense layer with tanh on the first token, of the variant `pooler`.
        mlm: Scores of the vocabulary, of the variant `mlm`; None where they are not built.
        max_positions: Tokens a row may have; None for no limit.
    """

    family: str
    words_key: str
    vocab_size: int
    hidden_size: int
    before: tuple[tuple[str, Block], ...] = ()
    positions: Block | None = None
    positions_key: str = ""
    position_rows: int = 0
    ropes: tuple[RopeTables, ...] = ()
    types_key: str = ""
    type_vocab_size: int = 0
    embeddings_norm: Block | None = None
    layers: tuple[EncoderLayer, ...]
    layer_key: str = "encoder.layer"
    last_norm: Block | None = None
    pooler_key: str = "pooler.dense"
    mlm: MlmHead | None = None
    max_positions: int | None = None

    def flow(self, variant: str, request: FlowRequest) -> ModelFlow:
        """Returns the flow, unbuilt."""
        flow = self._inputs(request)
        for name, block in self._publishers(request):
            flow = flow.stage(name, block)
        flow = flow.stage("embeddings", self._embeddings(request))
        taps, last = request.hidden_states, len(self.layers)
        for i, layer in enumerate(self.layers):
            flow = flow.when(taps, lambda f, i=i: f.tap(f"hidden_states.{i}"))
            name = f"{self.layer_key}.{i}"
            flow = flow.stage(name, layer.chain(name))
        if self.last_norm:
            flow = flow.stage("last_norm", self.last_norm)
        flow = flow.when(taps, lambda f: f.tap(f"hidden_states.{last}"))
        if request.only_sentence:
            return flow.stage("sentence", sentence_chain(request))
        return self._heads(flow, variant, request)

    def _inputs(self, request: FlowRequest) -> ModelFlow:
        shape = Shape([request.batch, request.seq], "i32")
        flow = (
            ModelFlow(self.family)
            .profile_encoder()
            .input("input_ids", shape, below=self.vocab_size)
            .input("attention_mask", shape, below=2)
        )
        if self.types_key:
            flow = flow.input("token_type_ids", shape, below=self.type_vocab_size)
        if request.position_ids:
            if not (self.positions_key or self.ropes):
                found = f"position_ids for a `{self.family}` model"
                raise ConfigError("inputs", expected="no positions", found=found)
            flow = flow.input("position_ids", shape, below=self.position_rows or None)
        flow = flow.output("sentence_embedding" if request.only_sentence else "last_hidden_state")
        return flow.attn_mask_from_input("attention_mask")

    def _publishers(self, request: FlowRequest) -> list[tuple[str, Block]]:
        """Returns the stages that make slots of the ids: positions, rotations, biases."""
        made: list[tuple[str, Block]] = []
        slot = POSITIONS if request.position_ids and self.ropes else ""
        if slot:
            made.append(("positions", Positions(input="position_ids")))
        for rope in self.ropes:
            made.append((rope.slot, replace(rope, positions_slot=slot)))
        return [*made, *self.before]

    def _embeddings(self, request: FlowRequest) -> Chain:
        """Sum of word, position and token type rows, then a norm."""
        words = Embed(key=self.words_key, vocab_size=self.vocab_size, hidden_size=self.hidden_size)
        stack = LayerStack.named("embeddings").stage("words", words)
        if self.positions:
            explicit = GatherAdd(
                input="position_ids", key=self.positions_key, rows=self.position_rows
            )
            stack = stack.stage("positions", explicit if request.position_ids else self.positions)
        if self.types_key:
            types = GatherAdd(input="token_type_ids", key=self.types_key, rows=self.type_vocab_size)
            stack = stack.stage("token_types", types)
        if self.embeddings_norm:
            stack = stack.stage("norm", self.embeddings_norm)
        return Chain(stages=stack.stages, label=f"{self.family}_embeddings")

    def _heads(self, flow: ModelFlow, variant: str, request: FlowRequest) -> ModelFlow:
        if request.sentence:
            flow = flow.branch("sentence_embedding", Stage("sentence", sentence_chain(request)))
        if variant == "pooler":
            pooler = Pooler(prefix=self.pooler_key)
            flow = flow.branch("pooler_output", Stage("pooler", pooler))
        if variant == "mlm" and self.mlm:
            flow = flow.stage("predictions", self.mlm).output("logits")
        return flow


class EncoderRecipe(Recipe):
    """Base of the families: a family gives its config class and `spec`.

    Variants: `encoder`; `pooler` (encoder and pooler); `mlm` (encoder and vocabulary scores).
    """

    phases = ("encode",)
    prefixes: ClassVar[tuple[str, ...]] = ()
    replace: ClassVar[tuple[tuple[str, str], ...]] = ()
    ignore: ClassVar[tuple[tuple[str, str], ...]] = ()
    mlm_mark: ClassVar[str] = ""
    """Part of a name that only files with vocabulary scores hold."""
    has_pooler: ClassVar[bool] = True
    other_heads: ClassVar[tuple[str, ...]] = ("classifier.*", "qa_outputs.*")
    """Globs of heads that are not built."""

    def spec(self, config: Any) -> EncoderSpec:
        """Returns the model as numbers over shared blocks."""
        raise NotImplementedError(type(self).__name__)

    def flow(self, config: Any, variant: str, request: FlowRequest) -> ModelFlow:
        return self.spec(config).flow(variant, request)

    def max_positions(self, config: Any) -> int | None:
        return self.spec(config).max_positions

    def vector_size(self, config: Any, variant: str) -> int:
        return self.spec(config).hidden_size

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        """The file decides where it is known, because many configs name another class."""
        if names is not None:
            if self.mlm_mark and any(self.mlm_mark in name for name in names):
                return "mlm"
            pooled = self.has_pooler and any("pooler.dense." in name for name in names)
            return "pooler" if pooled else "encoder"
        if self.mlm_mark and "MaskedLM" in architecture(raw):
            return "mlm"
        return "pooler" if self.has_pooler else "encoder"

    def rules(self, config: Any, variant: str) -> NameRules:
        ignore = [
            ("embeddings.position_ids", "counts 0, 1, 2, ..."),
            *self.ignore,
            *self.head_ignored(config),
        ]
        if variant == "mlm":
            ignore.append(("pooler.*", "not part of the masked language model"))
        else:
            ignore += [(glob, "a head that is not built") for glob in self.other_heads]
        return NameRules(prefixes=self.prefixes, replace=self.replace, ignore=tuple(ignore))

    def head_ignored(self, config: Any) -> tuple[tuple[str, str], ...]:
        """Returns which tensors of the vocabulary scores are not needed, with reasons."""
        return ()


def tied_head(
    scores: str, tied: bool, words_key: str, bias_keys: tuple[str, str]
) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """Returns the decoder's names of an `MlmHead`, and what of the file it does not need.

    Args:
        scores: Name of the decoder in files, without `.weight`.
        tied: Whether its weight is the token table.
        words_key: The token table.
        bias_keys: The names of the bias when tied and when not; files may hold both.
    """
    weight, used = f"{scores}.weight", bias_keys[0] if tied else bias_keys[1]
    other = bias_keys[1] if tied else bias_keys[0]
    ignore = [(weight, "tied to the token table")] if tied else []
    if other != used:
        ignore.append((other, f"the decoder's bias is {used}"))
    return {"decoder_key": words_key if tied else weight, "bias_key": used}, tuple(ignore)

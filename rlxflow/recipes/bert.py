"""BERT: encoder, pooler and masked language model head (Devlin et al., arXiv 1810.04805)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from rlxflow.blocks.activation import check_activation
from rlxflow.blocks.chain import Chain, Stage
from rlxflow.blocks.embedding import Embed, GatherAdd, LearnedPositions
from rlxflow.blocks.head import MlmHead, Pooler
from rlxflow.blocks.norm import LayerNorm
from rlxflow.config.model_config import ModelConfig
from rlxflow.flow.families import BertLayerSpec
from rlxflow.flow.model_flow import ModelFlow
from rlxflow.flow.shape import Shape
from rlxflow.flow.verbs import LayerStack
from rlxflow.recipes.base import FlowRequest, Recipe, sentence_chain
from rlxflow.weights import NameRules

WORDS = "embeddings.word_embeddings.weight"
PREDICTIONS = "cls.predictions"


class BertConfig(ModelConfig):
    """The keys of a BERT config.json that decide its numbers."""

    model_type: ClassVar[str] = "bert"

    vocab_size: int = Field(gt=0)
    hidden_size: int = Field(gt=0)
    num_hidden_layers: int = Field(ge=0)
    num_attention_heads: int = Field(gt=0)
    intermediate_size: int = Field(gt=0)
    hidden_act: str = "gelu"
    max_position_embeddings: int = Field(gt=0)
    type_vocab_size: int = Field(default=2, gt=0)
    layer_norm_eps: float = Field(default=1e-12, gt=0)
    tie_word_embeddings: bool = True
    position_embedding_type: Literal["absolute"] = "absolute"
    is_decoder: Literal[False] = False
    add_cross_attention: Literal[False] = False
    pruned_heads: dict[str, list[int]] = Field(default={}, max_length=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_activation(self.hidden_act, "hidden_act")
        if self.hidden_size % self.num_attention_heads:
            raise ValueError("hidden_size must be a multiple of num_attention_heads")
        return self


class BertRecipe(Recipe):
    """Variants: `encoder`, `pooler` (encoder and pooler), `mlm` (encoder and vocabulary scores)."""

    config_class = BertConfig
    phases = ("encode",)

    def max_positions(self, config: BertConfig) -> int:
        return config.max_position_embeddings

    def variant(self, raw: Mapping[str, Any], names: Collection[str] | None) -> str:
        """The file decides where it is known, because many configs name another class."""
        if names is not None:
            if any(name.startswith(f"{PREDICTIONS}.transform.") for name in names):
                return "mlm"
            return "pooler" if any("pooler.dense." in name for name in names) else "encoder"
        architectures = raw.get("architectures") or ["BertModel"]
        return "mlm" if "MaskedLM" in str(architectures[0]) else "pooler"

    def rules(self, config: BertConfig, variant: str) -> NameRules:
        old = (("LayerNorm.gamma", "LayerNorm.weight"), ("LayerNorm.beta", "LayerNorm.bias"))
        ignore = [
            ("embeddings.position_ids", "counts 0, 1, 2, ..."),
            ("cls.seq_relationship.*", "next sentence prediction is not built"),
        ]
        if config.tie_word_embeddings:
            ignore.append((f"{PREDICTIONS}.decoder.weight", "tied to the token table"))
            ignore.append((f"{PREDICTIONS}.decoder.bias", "the same as cls.predictions.bias"))
        else:
            ignore.append((f"{PREDICTIONS}.bias", "cls.predictions.decoder has its own"))
        if variant == "mlm":
            ignore.append(("pooler.*", "not part of the masked language model"))
        return NameRules(prefixes=("bert.",), replace=old, ignore=tuple(ignore))

    def flow(self, config: BertConfig, variant: str, request: FlowRequest) -> ModelFlow:
        shape = Shape([request.batch, request.seq], "i32")
        positions = config.max_position_embeddings
        flow = (
            ModelFlow("bert")
            .profile_encoder()
            .input("input_ids", shape, below=config.vocab_size)
            .input("attention_mask", shape, below=2)
            .input("token_type_ids", shape, below=config.type_vocab_size)
            .when(request.position_ids, lambda f: f.input("position_ids", shape, below=positions))
            .output("sentence_embedding" if request.only_sentence else "last_hidden_state")
            .attn_mask_from_input("attention_mask")
            .stage("embeddings", _embeddings(config, request))
            .when(request.hidden_states, lambda f: f.tap("hidden_states.0"))
        )
        for i in range(config.num_hidden_layers):
            flow = flow.stage(f"encoder.layer.{i}", _layer(config, i)).when(
                request.hidden_states, lambda f, i=i: f.tap(f"hidden_states.{i + 1}")
            )
        if request.only_sentence:
            return flow.stage("sentence", sentence_chain(request))
        return _heads(flow, config, variant, request)


def _heads(flow: ModelFlow, config: BertConfig, variant: str, request: FlowRequest) -> ModelFlow:
    if request.sentence:
        flow = flow.branch("sentence_embedding", Stage("sentence", sentence_chain(request)))
    if variant == "pooler":
        flow = flow.branch("pooler_output", Stage("pooler", Pooler(prefix="pooler.dense")))
    if variant == "mlm":
        tied = config.tie_word_embeddings
        head = MlmHead(
            prefix=PREDICTIONS,
            decoder_key=WORDS if tied else f"{PREDICTIONS}.decoder.weight",
            bias_key=f"{PREDICTIONS}.bias" if tied else f"{PREDICTIONS}.decoder.bias",
            vocab_size=config.vocab_size,
            activation=config.hidden_act,
            eps=config.layer_norm_eps,
        )
        flow = flow.stage("predictions", head).output("logits")
    return flow


def _embeddings(config: BertConfig, request: FlowRequest) -> Chain:
    """Sum of word, position and token type rows, then a norm."""
    table, rows = "embeddings.position_embeddings.weight", config.max_position_embeddings
    words = Embed(key=WORDS, vocab_size=config.vocab_size, hidden_size=config.hidden_size)
    positions = LearnedPositions(key=table, positions=rows)
    explicit = GatherAdd(input="position_ids", key=table, rows=rows)
    stack = (
        LayerStack.named("embeddings")
        .stage("words", words)
        .stage("positions", explicit if request.position_ids else positions)
        .stage(
            "token_types",
            GatherAdd(
                input="token_type_ids",
                key="embeddings.token_type_embeddings.weight",
                rows=config.type_vocab_size,
            ),
        )
        .stage(
            "norm",
            LayerNorm(
                weight_key="embeddings.LayerNorm.weight",
                bias_key="embeddings.LayerNorm.bias",
                eps=config.layer_norm_eps,
            ),
        )
    )
    return Chain(stages=stack.stages, label="bert_embeddings")


def _layer(config: BertConfig, index: int) -> Chain:
    return BertLayerSpec(
        prefix=f"encoder.layer.{index}",
        hidden_size=config.hidden_size,
        num_attention_heads=config.num_attention_heads,
        intermediate_size=config.intermediate_size,
        activation=config.hidden_act,
        eps=config.layer_norm_eps,
    ).chain()

"""Layers of model families as chains of blocks, for recipes and for the fluent methods."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.chain import Chain
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.norm import LayerNorm
from rlxflow.errors import ConfigError
from rlxflow.flow.verbs import LayerStack


@dataclass(frozen=True, slots=True, kw_only=True)
class BertLayerSpec:
    """One post-norm encoder layer.

    Formula: `y = LN(x + Attention(x))`, `out = LN(y + Mlp(y))`.
    Source: Devlin et al., arXiv 1810.04805.
    Weights: `{prefix}.attention.self.{query,key,value}`, `.attention.output.{dense,LayerNorm}`,
        `.intermediate.dense`, `.output.{dense,LayerNorm}`, each `.weight` and `.bias`.
    """

    prefix: str
    hidden_size: int
    num_attention_heads: int
    eps: float = 1e-12
    intermediate_size: int | None = None
    activation: str = "gelu"

    def chain(self) -> Chain:
        """Returns the layer as a chain of stages; reads the slot `attn_mask`."""
        if self.hidden_size % self.num_attention_heads:
            raise ConfigError(
                f"layer `{self.prefix}`",
                expected="hidden_size a multiple of num_attention_heads",
                found=f"{self.hidden_size} and {self.num_attention_heads}",
            )
        own = f"{self.prefix}.attention"
        stack = (
            LayerStack()
            .residual_save()
            .stage("attention", self._attention(own))
            .residual_add()
            .stage("attention_norm", self._norm(f"{own}.output.LayerNorm"))
            .residual_save()
            .stage("mlp", self._mlp())
            .residual_add()
            .stage("output_norm", self._norm(f"{self.prefix}.output.LayerNorm"))
        )
        return Chain(stages=stack.stages, label="bert_layer")

    def _attention(self, prefix: str) -> SelfAttention:
        return SelfAttention(
            query_key=f"{prefix}.self.query",
            key_key=f"{prefix}.self.key",
            value_key=f"{prefix}.self.value",
            output_key=f"{prefix}.output.dense",
            num_attention_heads=self.num_attention_heads,
            num_key_value_heads=self.num_attention_heads,
            head_dim=self.hidden_size // self.num_attention_heads,
        )

    def _mlp(self) -> Mlp:
        return Mlp(
            up_key=f"{self.prefix}.intermediate.dense",
            down_key=f"{self.prefix}.output.dense",
            intermediate_size=self.intermediate_size,
            activation=self.activation,
        )

    def _norm(self, prefix: str) -> LayerNorm:
        return LayerNorm(
            weight_key=f"{prefix}.weight",
            bias_key=f"{prefix}.bias",
            eps=self.eps,
            hidden_size=self.hidden_size,
        )

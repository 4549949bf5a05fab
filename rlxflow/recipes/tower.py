"""An encoder as numbers: how tokens are made, the layers, and the last norm."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Chain, Stage
from rlxflow.blocks.norm import LayerNorm
from rlxflow.flow.pre_norm import PreNormLayer
from rlxflow.flow.verbs import LayerStack


@dataclass(frozen=True, slots=True, kw_only=True)
class TowerSpec:
    """An encoder of images or texts, with weight names under `prefix`.

    Attributes:
        prefix: Of weight names and stages; empty for a model that is nothing but this encoder.
        before: Stages that publish slots which the layers read.
        embeddings: Blocks by name that make the tokens, in order.
        layer: The layer; all are alike.
        layers: How many.
        layer_key: Name of a layer before its number.
        norm_key: Name of the last norm; empty for none.
    """

    prefix: str = ""
    before: tuple[Stage, ...] = ()
    embeddings: tuple[tuple[str, Block], ...]
    layer: PreNormLayer
    layers: int
    layer_key: str
    norm_key: str = ""

    def key(self, name: str) -> str:
        """Returns a weight name of this encoder."""
        return f"{self.prefix}.{name}" if self.prefix else name

    def stages(self, states: str = "") -> tuple[Stage, ...]:
        """Returns the stages up to the last norm.

        Args:
            states: Name under which the value after the embeddings and after each layer is an
                output, before the last norm; empty for none.
        """
        parts = tuple(Stage(name, block) for name, block in self.embeddings)
        stack = LayerStack().raw_stages(self.before)
        stack = stack.stage("embeddings", Chain(stages=parts, label="embeddings"))
        stack = stack.tap(f"{states}.0") if states else stack
        for i in range(self.layers):
            name = f"{self.layer_key}.{i}"
            stack = stack.stage(name, self.layer.chain(self.key(name)))
            stack = stack.tap(f"{states}.{i + 1}") if states else stack
        if self.norm_key:
            stack = stack.stage(self.norm_key, self.norm(self.norm_key))
        return stack.stages

    def norm(self, name: str) -> LayerNorm:
        """Returns a norm with the eps of the layers."""
        key = self.key(name)
        weight, bias = f"{key}.weight", f"{key}.bias"
        return LayerNorm(weight_key=weight, bias_key=bias, eps=self.layer.eps)

"""The fluent methods for text encoders: each appends layers, or what they read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from rlxflow.blocks.base import Block
from rlxflow.blocks.counted_positions import CountedPositions
from rlxflow.blocks.embedding import PositionRows
from rlxflow.blocks.relative_bias import RelativeBias
from rlxflow.flow import families


class EncoderVerbs:
    """Part of `Verbs`; every method returns a new object."""

    def _append(self, block: Block, name: str = "", mode: str = "auto") -> Self:
        raise NotImplementedError(type(self).__name__)

    def relative_bias(
        self, key: str, num_heads: int, num_buckets: int = 32, max_distance: int = 128
    ) -> Self:
        """Publishes the bias of the scores by distance, for layers that read it."""
        block = RelativeBias(
            key=key,
            num_attention_heads=num_heads,
            num_buckets=num_buckets,
            max_distance=max_distance,
        )
        return self._append(block)

    def counted_positions(self, pad_id: int) -> Self:
        """Publishes positions that count the ids which are no pads, from pad_id + 1."""
        return self._append(CountedPositions(pad_id=pad_id))

    def position_rows(self, key: str, rows: int) -> Self:
        """Adds the rows of a table that the slot `positions` chooses."""
        return self._append(PositionRows(key=key, rows=rows))

    def repeat_bert_layers(
        self,
        count: int,
        prefix: str,
        style: str,
        hidden_size: int,
        num_heads: int,
        eps: float,
    ) -> Self:
        """Appends `layer0 ...` with keys `{prefix}.encoder.layer.{i}`.

        Args:
            count: How many.
            prefix: Of the weights; may be empty.
            style: `bert` or `mpnet`, see `BertLayerStyle`. MPNet's layers read the slot that
                `relative_bias` writes.
            hidden_size: d.
            num_heads: How many share it.
            eps: Of the norms.
        """
        start = f"{prefix}.encoder.layer" if prefix else "encoder.layer"
        numbers: dict[str, Any] = {
            "hidden_size": hidden_size,
            "num_attention_heads": num_heads,
            "eps": eps,
            "style": style,
        }
        made = (
            families.BertLayerSpec(prefix=f"{start}.{i}", **numbers).chain() for i in range(count)
        )
        return self._add(made)

    def repeat_nomic_layers(
        self, count: int, hidden_size: int, num_heads: int, head_dim: int, eps: float
    ) -> Self:
        """Appends `layer0 ...` with keys `encoder.layers.{i}`; they read `rope` and `attn_mask`."""
        layer = families.nomic_layer(hidden_size, num_heads, head_dim, eps)
        return self._add(layer.chain(f"encoder.layers.{i}") for i in range(count))

    def transformer_encoder_layer(
        self,
        index: int,
        hidden_size: int,
        num_heads: int,
        eps: float = 1e-5,
        norm_first: bool = False,
        activation: str = "relu",
    ) -> Self:
        """Appends `layer{index}` with PyTorch's names; see the function of that name."""
        stage = families.transformer_encoder_layer(
            index, hidden_size, num_heads, eps, norm_first, activation
        )
        return self._append(stage.block, stage.name)

    def repeat_transformer_encoder_layers(
        self,
        depth: int,
        hidden_size: int,
        num_heads: int,
        eps: float = 1e-5,
        norm_first: bool = False,
        activation: str = "relu",
    ) -> Self:
        """Appends `layer0 ...` with PyTorch's names under `layers.{i}`."""
        made = self
        for i in range(depth):
            made = made.transformer_encoder_layer(
                i, hidden_size, num_heads, eps, norm_first, activation
            )
        return made

    def _add(self, layers: Iterable[Block]) -> Self:
        """Appends `layer0 ...`."""
        made = self
        for i, layer in enumerate(layers):
            made = made._append(layer, f"layer{i}")
        return made

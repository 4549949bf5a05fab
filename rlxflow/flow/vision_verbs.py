"""The fluent methods for encoders of images: each appends one stage, or one a layer.

Blocks of images are imported by the methods that need them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Chain, Stage
from rlxflow.blocks.mlp import Mlp

if TYPE_CHECKING:
    from rlxflow.blocks.attention import SelfAttention
    from rlxflow.blocks.grid_rope import GridRope


class GeluFfn:
    """The feed-forward with erf GELU, under the names of a family."""

    @staticmethod
    def hf_bert(prefix: str, activation: str = "gelu") -> Mlp:
        """Returns BERT's: `{prefix}.intermediate.dense` and `{prefix}.output.dense`."""
        up, down = f"{prefix}.intermediate.dense", f"{prefix}.output.dense"
        return Mlp(up_key=up, down_key=down, activation=activation)

    @staticmethod
    def dinov2(prefix: str, activation: str = "gelu") -> Mlp:
        """Returns DINOv2's: `{prefix}.mlp.fc1` and `{prefix}.mlp.fc2`."""
        up, down = f"{prefix}.mlp.fc1", f"{prefix}.mlp.fc2"
        return Mlp(up_key=up, down_key=down, activation=activation)


class VisionVerbs:
    """Part of `Verbs`; every method returns a new object.

    Layers and attention read the slot `attn_mask`: put `.attn_mask_ones(batch, tokens)` before
    them, or `.attn_mask_from_input(name)`.
    """

    def _append(self, block: Block, name: str = "", mode: str = "auto") -> Self:
        raise NotImplementedError(type(self).__name__)

    def repeat_layers(self, count: int, make: Callable[[int], Stage]) -> Self:
        """Appends `make(0), make(1), ...`."""
        raise NotImplementedError(type(self).__name__)

    def _repeat(self, count: int, prefix: str, make: Callable[[str], Chain]) -> Self:
        return self.repeat_layers(count, lambda i: Stage(f"layer{i}", make(f"{prefix}.{i}")))

    def repeat_dinov2_layers(
        self, count: int, hidden_size: int, num_heads: int, eps: float
    ) -> Self:
        """Appends DINOv2 layers `layer0 ...` with Meta's names `blocks.{i}`."""
        from rlxflow.flow.pre_norm import dinov2_layer

        return self._repeat(count, "blocks", lambda p: dinov2_layer(p, hidden_size, num_heads, eps))

    def repeat_vision_layers(
        self, count: int, hidden_size: int, num_heads: int, eps: float, rope: str = ""
    ) -> Self:
        """Appends layers `layer0 ...` of Nomic's vision encoder with names `layers.{i}`.

        With `rope`, queries and keys are turned by the tables of that name; see `grid_rope`.
        """
        from rlxflow.flow.pre_norm import nomic_vision_layer

        return self._repeat(
            count, "layers", lambda p: nomic_vision_layer(p, hidden_size, num_heads, eps, rope)
        )

    def repeat_siglip_layers(
        self,
        count: int,
        hidden_size: int,
        num_heads: int,
        eps: float,
        prefix: str = "vision_model.encoder.layers",
    ) -> Self:
        """Appends SigLIP layers `layer0 ...` with names `{prefix}.{i}`."""
        from rlxflow.flow.pre_norm import siglip_layer

        return self._repeat(count, prefix, lambda p: siglip_layer(p, hidden_size, num_heads, eps))

    def grid_rope(self, rope: GridRope) -> Self:
        """Publishes cosine and sine of each patch for the attention stages."""
        return self._append(rope, rope.slot)

    def layer_scale(self, key: str) -> Self:
        """Multiplies each feature by a learned factor."""
        from rlxflow.blocks.layer_scale import LayerScale

        return self._append(LayerScale(key=key))

    def vit_self_attn(self, attention: SelfAttention) -> Self:
        """Appends attention as `VitSelfAttn.dinov2(...)` or `.nomic_vision(...)` makes it."""
        return self._append(attention, "vit_self_attn")

    def vision_swiglu_ffn(
        self, prefix: str, eps: float, intermediate_size: int | None = None
    ) -> Self:
        """Appends the gated feed-forward with a norm inside; names start with `{prefix}.mlp`."""
        from rlxflow.blocks.swiglu_norm import VisionSwiGluFfn

        return self._append(
            VisionSwiGluFfn(prefix=f"{prefix}.mlp", eps=eps, intermediate_size=intermediate_size)
        )

    def cls_token_pool(self, batch: int | None = None, hidden: int | None = None) -> Self:
        """Keeps the first token of each row; sizes are checked if given."""
        from rlxflow.blocks.pool import ClsTokenPool

        return self._append(ClsTokenPool(batch=batch, hidden_size=hidden))

"""A pre-norm layer of two branches, and the layers of vision encoders made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import Block, under
from rlxflow.blocks.chain import Chain, Stage, unique_name
from rlxflow.blocks.layer_scale import LayerScale
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.norm import LayerNorm
from rlxflow.blocks.residual import ResidualAdd, ResidualSave
from rlxflow.blocks.swiglu_norm import VisionSwiGluFfn
from rlxflow.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class PreNormLayer:
    """One layer: attention and feed-forward, each behind a norm and beside a residual.

    Formula: `y = x + s1 Attention(LN1(x))`, `out = y + s2 Mlp(LN2(y))`; without scales s = 1.
    Source: Dosovitskiy et al., arXiv 2010.11929; Touvron et al., arXiv 2103.17239, for the scales.

    Attributes:
        label: Kind of block in the IR.
        attention: Mixes tokens; weight names relative to the layer.
        mlp: The feed-forward block, alike.
        norms: Names of both norms.
        scales: Names of both layer scales; empty for none.
        eps: Of the norms.
    """

    label: str
    attention: Block
    mlp: Block
    norms: tuple[str, str] = ("norm1", "norm2")
    scales: tuple[str, ...] = ()
    eps: float

    def chain(self, prefix: str) -> Chain:
        """Returns the layer as a chain of stages, with weight names under `prefix`."""
        stages: tuple[Stage, ...] = ()
        for at, (name, block) in enumerate((("attention", self.attention), ("mlp", self.mlp))):
            norm = LayerNorm(weight_key="weight", bias_key="bias", eps=self.eps)
            branch: list[tuple[str, Block]] = [
                ("residual_save", ResidualSave()),
                (f"{name}_norm", under(norm, f"{prefix}.{self.norms[at]}")),
                (name, under(block, prefix)),
                ("residual_add", ResidualAdd()),
            ]
            if self.scales:
                scale = LayerScale(key=f"{prefix}.{self.scales[at]}")
                branch.insert(3, (f"{name}_scale", scale))
            for wanted, part in branch:
                stages = (*stages, Stage(unique_name(wanted, stages), part))
        return Chain(stages=stages, label=self.label)


def even_attention(hidden_size: int, num_heads: int, **numbers: Any) -> SelfAttention:
    """Returns bidirectional attention with biases over heads that share the hidden size evenly.

    It hides no keys; `numbers` are other fields of `SelfAttention`, or override these.
    """
    if num_heads < 1 or hidden_size % num_heads:
        raise ConfigError(
            "attention",
            expected="hidden_size a multiple of num_attention_heads",
            found=f"{hidden_size} and {num_heads}",
        )
    usual: dict[str, Any] = {
        "num_attention_heads": num_heads,
        "num_key_value_heads": num_heads,
        "head_dim": hidden_size // num_heads,
        "padding": False,
    }
    return SelfAttention(**(usual | numbers))


def dinov2_attention(hidden_size: int, num_heads: int) -> SelfAttention:
    """Returns DINOv2's attention under Meta's names: `attn.qkv` and `attn.proj`."""
    return even_attention(
        hidden_size, num_heads, padding=True, qkv_key="attn.qkv", output_key="attn.proj"
    )


def nomic_attention(hidden_size: int, num_heads: int, rope: str = "") -> SelfAttention:
    """Returns the attention of Nomic's vision encoder: `attn.Wqkv` and `attn.out_proj`.

    With `rope`, the first part of the slots with cosine and sine, neighbours are rotated together,
    as in EVA-02.
    """
    return even_attention(
        hidden_size,
        num_heads,
        padding=True,
        qkv_key="attn.Wqkv",
        output_key="attn.out_proj",
        rope=rope,
        interleaved=bool(rope),
    )


class VitSelfAttn:
    """Attention of vision encoders over the keys that the slot `attn_mask` shows."""

    @staticmethod
    def dinov2(prefix: str, hidden_size: int, num_heads: int) -> SelfAttention:
        """Returns DINOv2's: `{prefix}.attn.qkv` (queries, keys, values) and `.attn.proj`."""
        return under(dinov2_attention(hidden_size, num_heads), prefix)

    @staticmethod
    def nomic_vision(
        prefix: str, hidden_size: int, num_heads: int, rope: str = ""
    ) -> SelfAttention:
        """Returns Nomic's: `{prefix}.attn.Wqkv` and `.attn.out_proj`."""
        return under(nomic_attention(hidden_size, num_heads, rope), prefix)


def dinov2_layer(prefix: str, hidden_size: int, num_heads: int, eps: float) -> Chain:
    """Returns a DINOv2 layer under Meta's names, with erf GELU; reads the slot `attn_mask`."""
    return PreNormLayer(
        label="dinov2_layer",
        attention=dinov2_attention(hidden_size, num_heads),
        mlp=Mlp(up_key="mlp.fc1", down_key="mlp.fc2", activation="gelu"),
        scales=("ls1.gamma", "ls2.gamma"),
        eps=eps,
    ).chain(prefix)


def nomic_vision_layer(
    prefix: str, hidden_size: int, num_heads: int, eps: float, rope: str = ""
) -> Chain:
    """Returns a layer of Nomic's vision encoder; reads the slot `attn_mask`."""
    return PreNormLayer(
        label="nomic_vision_layer",
        attention=nomic_attention(hidden_size, num_heads, rope),
        mlp=VisionSwiGluFfn(prefix="mlp", eps=eps),
        eps=eps,
    ).chain(prefix)


def siglip_layer(prefix: str, hidden_size: int, num_heads: int, eps: float) -> Chain:
    """Returns a SigLIP layer, with tanh GELU; reads the slot `attn_mask`."""
    return clip_like_layer(
        hidden_size, num_heads, eps=eps, activation="gelu_tanh", padding=True
    ).chain(prefix)


def clip_like_layer(
    hidden_size: int,
    num_heads: int,
    *,
    eps: float,
    activation: str,
    intermediate_size: int | None = None,
    padding: bool = False,
    causal: bool = False,
) -> PreNormLayer:
    """Returns a layer under the names that CLIP and SigLIP share."""
    attention = even_attention(
        hidden_size,
        num_heads,
        padding=padding,
        causal=causal,
        query_key="self_attn.q_proj",
        key_key="self_attn.k_proj",
        value_key="self_attn.v_proj",
        output_key="self_attn.out_proj",
    )
    return PreNormLayer(
        label="clip_layer",
        attention=attention,
        mlp=Mlp(
            up_key="mlp.fc1",
            down_key="mlp.fc2",
            intermediate_size=intermediate_size,
            activation=activation,
        ),
        norms=("layer_norm1", "layer_norm2"),
        eps=eps,
    )

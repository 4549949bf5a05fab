"""One layer of a causal model as a stage, for the fluent methods of all families."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rlxflow.blocks.base import Block
from rlxflow.blocks.chain import Chain, Stage
from rlxflow.blocks.layer_scale import ScalarScale
from rlxflow.blocks.mlp import Mlp
from rlxflow.blocks.norm import RmsNorm
from rlxflow.blocks.residual import ResidualAdd, ResidualSave
from rlxflow.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerNorms:
    """The norms of a layer: names below the layer, empty where there is none.

    Attributes:
        eps: Of all.
        offset: Of all; see `RmsNorm`.
        scalar_key: Name of a factor [1] of the whole layer.
    """

    eps: float
    offset: float = 0.0
    before_mixer: str = "input_layernorm"
    after_mixer: str = ""
    before_mlp: str = "post_attention_layernorm"
    after_mlp: str = ""
    scalar_key: str = ""


def layer_prefix(index: int) -> str:
    """Returns `model.layers.{index}`; raises ConfigError for an index that is none."""
    if isinstance(index, bool) or index < 0:
        raise ConfigError("layer index", expected="at least 0", found=str(index))
    return f"model.layers.{index}"


def gated_mlp(prefix: str, activation: str, size: int | None = None, *, bias: bool = False) -> Mlp:
    """Returns the gated feed-forward with weights `{prefix}.mlp.{gate,up,down}_proj`."""
    return Mlp(
        gate_key=f"{prefix}.mlp.gate_proj",
        up_key=f"{prefix}.mlp.up_proj",
        down_key=f"{prefix}.mlp.down_proj",
        intermediate_size=size,
        activation=activation,
        bias=bias,
    )


def layer_stage(
    index: int,
    mixer: Iterable[tuple[str, Block]],
    mlp: Block,
    norms: LayerNorms,
    label: str,
    shape: tuple[int | None, ...] = (),
) -> Stage:
    """Returns `layers.{index}`: `x1 = x + norm(mixer(norm(x)))`, `y = x1 + norm(mlp(norm(x1)))`.

    Args:
        index: Of the layer.
        mixer: Names and blocks, one after the other.
        mlp: The feed-forward.
        norms: Those that have no name are left out.
        label: The kind of block in the IR.
        shape: Sizes that the value must have; none to take any.
    """
    prefix = layer_prefix(index)

    def norm(name: str, key: str) -> list[tuple[str, Block]]:
        block = RmsNorm(weight_key=f"{prefix}.{key}.weight", eps=norms.eps, offset=norms.offset)
        return [(name, block)] if key else []

    parts: list[tuple[str, Block]] = [
        ("residual_save", ResidualSave()),
        *norm("attention_norm", norms.before_mixer),
        *mixer,
        *norm("attention_post_norm", norms.after_mixer),
        ("residual_add", ResidualAdd()),
        ("residual_save_1", ResidualSave()),
        *norm("mlp_norm", norms.before_mlp),
        ("mlp", mlp),
        *norm("mlp_post_norm", norms.after_mlp),
        ("residual_add_1", ResidualAdd()),
    ]
    if norms.scalar_key:
        parts.append(("scale", ScalarScale(key=f"{prefix}.{norms.scalar_key}")))
    stages = tuple(Stage(name, block) for name, block in parts)
    return Stage(f"layers.{index}", Chain(stages=stages, label=label, shape=shape))


def check_group(heads: int, kv_heads: int, group: int | None) -> None:
    """Raises ConfigError if the heads do not divide, or not as the spec says."""
    if min(heads, kv_heads) < 1 or heads % kv_heads:
        raise ConfigError(
            "layer",
            expected="num_heads a positive multiple of num_kv_heads",
            found=f"{heads} and {kv_heads}",
        )
    if group not in {None, heads // kv_heads}:
        expected = f"num_heads / num_kv_heads = {heads // kv_heads}"
        raise ConfigError("kv_group_size", expected=expected, found=str(group))

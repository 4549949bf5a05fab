"""From hidden states to query, key and value heads and back: products, norms and rotation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rlxflow.blocks.base import Emit
from rlxflow.blocks.linear import linear
from rlxflow.blocks.norm import rms_norm
from rlxflow.blocks.rope import rotate
from rlxflow.errors import ShapeError
from rlxflow.ir import ops
from rlxflow.ir.value import Value

if TYPE_CHECKING:
    from rlxflow.blocks.attention import SelfAttention


class Products(Protocol):
    """What the products of an attention block need to know of it; see `SelfAttention`."""

    @property
    def output_key(self) -> str: ...

    @property
    def bias(self) -> bool: ...

    @property
    def key_bias(self) -> bool | None: ...

    @property
    def output_bias(self) -> bool | None: ...

    @property
    def transposed(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Heads:
    """Query [b, t, k, g, e], key and value [b, t, k, e], and the output gate [b, t, o] if any."""

    q: Value
    k: Value
    v: Value
    gate: Value | None = None


def project_heads(emit: Emit, x: Value, block: SelfAttention) -> Heads:
    """Returns the heads of `x[b, t, d]` as the block's numbers say."""
    q, k, v = _project(emit, x, block)
    gate = None
    groups, share, size = block.num_key_value_heads, block.share, block.head_dim
    if block.gated:  # each head's rows are query, then gate
        both = ops.split(q, "o", h=groups * share, two=2, e=size)
        q = ops.merge(ops.pick(both, "two", 0), "h e", "o")
        gate = ops.merge(ops.pick(both, "two", 1), "h e", "o")
    if block.qk_norm == "full":
        q, k = (
            _norm(emit, q, block.query_norm_key, block),
            _norm(emit, k, block.key_norm_key, block),
        )
    q = ops.split(q, "o", k=groups, g=share, e=size)
    k, v = (ops.split(part, "o", k=groups, e=size) for part in (k, v))
    if block.qk_norm == "head":
        q = _norm(emit, q, block.query_norm_key, block, "e")
        k = _norm(emit, k, block.key_norm_key, block, "e")
    if block.rope:
        with emit.label("rope"):
            cos, sin = (_table(emit, f"{block.rope}.{name}", block) for name in ("cos", "sin"))
            q = rotate(q, cos, sin, interleaved=block.interleaved)
            k = rotate(k, cos, sin, interleaved=block.interleaved)
    return Heads(q, k, v, gate)


def _table(emit: Emit, slot: str, block: SelfAttention) -> Value:
    """Returns cosine or sine of the elements that the block turns."""
    table = emit.named(slot)
    turned = 2 * table.size("r") if block.rotary_dim is None else block.rotary_dim
    if turned > min(2 * table.size("r"), block.head_dim):
        raise ShapeError(
            f"slot `{slot}`",
            expected=f"tables of {block.rotary_dim or block.head_dim} elements of a head",
            found=str(table.type),
            cure="publish tables for this head_dim: `.rope_tables(...)`",
        )
    return ops.slice(table, "r", 0, turned // 2) if turned < 2 * table.size("r") else table


def _project(emit: Emit, x: Value, block: SelfAttention) -> tuple[Value, Value, Value]:
    kv = block.num_key_value_heads * block.head_dim
    wide = kv * block.share * (2 if block.gated else 1)
    if not block.qkv_key:
        return (
            project(emit, x, block, block.query_key, wide),
            project(emit, x, block, block.key_key, kv, block.key_bias),
            project(emit, x, block, block.value_key, kv),
        )
    fused = project(emit, x, block, block.qkv_key, wide + 2 * kv)
    return (
        ops.slice(fused, "o", 0, wide),
        ops.slice(fused, "o", wide, wide + kv),
        ops.slice(fused, "o", wide + kv, wide + 2 * kv),
    )


def project(
    emit: Emit, x: Value, block: Products, key: str, size: int, own: bool | None = None
) -> Value:
    """Returns `[..., o=size]`, the product of `x[..., d]` with the weight of one name.

    Its bias is there as the block says, unless `own` says otherwise.
    """
    bias = f"{key}.bias" if (block.bias if own is None else own) else ""
    out = ("o", size)
    return linear(emit, x, f"{key}.weight", bias, out=out, transposed=block.transposed)


def join_heads(
    emit: Emit, mixed: Value, block: Products, size: int, gate: Value | None = None
) -> Value:
    """Returns `[b, t, d=size]`, the output product of the heads `[b, t, k, g, e]`.

    Without an `output_key` the heads are only put side by side.
    """
    joined = ops.merge(mixed, "k g e", "o")
    if gate is not None:
        joined = joined * ops.logistic(gate)
    if not block.output_key:
        return ops.rename(joined, o="d")
    has_bias = block.bias if block.output_bias is None else block.output_bias
    return linear(
        emit,
        joined,
        f"{block.output_key}.weight",
        f"{block.output_key}.bias" if has_bias else "",
        out=("d", size),
        over="o",
        transposed=block.transposed,
    )


def _norm(emit: Emit, x: Value, key: str, block: SelfAttention, axis: str = "o") -> Value:
    with emit.label(key.removesuffix(".weight").rpartition(".")[2]):
        return rms_norm(emit, x, key, block.norm_eps, block.norm_offset, axis)

"""From hidden states to query, key and value heads and back: products, norms and rotation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from rlxflow.blocks.base import Emit
from rlxflow.blocks.linear import linear
from rlxflow.blocks.norm import rms_norm
from rlxflow.blocks.rope import rotate
from rlxflow.errors import ConfigError, ShapeError
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
    """Query [b, t, k, g, e], key and value, and the output gate [b, t, o] if any.

    Key and value are [b, t, k, e], or as the slots hold them where another layer made them.
    """

    q: Value
    k: Value
    v: Value
    gate: Value | None = None


def check_sources(block: SelfAttention) -> None:
    """Raises ConfigError if keys and values come from nowhere, or from two places."""
    keys = (block.qkv_key, block.query_key, block.key_key, block.value_key)
    borrowed = bool(block.kv_from)
    apart = (False, True, not borrowed, not borrowed and not block.k_eq_v)
    fused = (True, False, False, False)
    wanted = {apart} if borrowed or block.k_eq_v else {apart, fused}
    if tuple(map(bool, keys)) not in wanted or (borrowed and block.kv_to):
        names = ("qkv_key", "query_key", "key_key", "value_key", "kv_from", "kv_to")
        raise ConfigError(
            "attention (C5)",
            expected="query_key, key_key and value_key (no value_key with k_eq_v, neither of the "
            "last two with kv_from), or qkv_key",
            found=", ".join(f"{name} `{getattr(block, name)}`" for name in names),
        )


def project_heads(emit: Emit, x: Value, block: SelfAttention) -> Heads:
    """Returns the heads of `x[b, t, d]` as the block's numbers say."""
    return form_heads(emit, _project(emit, x, block), block)


def form_heads(emit: Emit, rows: dict[str, Value], block: SelfAttention) -> Heads:
    """Returns the heads of products `[b, t, o]` by name: split, normalised, rotated."""
    gate = None
    if block.gated:
        rows["q"], gate = _ungate(rows["q"], block)
    norms = {"q": block.query_norm_key, "k": block.key_norm_key}
    rotated = [name for name in rows if name in norms]
    if block.qk_norm == "full":
        rows |= {name: _norm(emit, rows[name], norms[name], block) for name in rotated}
    sizes = {"k": block.num_key_value_heads, "e": block.head_dim}
    shared = {"k": sizes["k"], "g": block.share, "e": sizes["e"]}
    parts = {n: ops.split(r, "o", **(shared if n == "q" else sizes)) for n, r in rows.items()}
    if block.qk_norm == "head":
        for name in rotated:
            parts[name] = _norm(emit, parts[name], norms[name], block, "e")
    if block.value_norm and "v" in parts:
        with emit.label("v_norm"):
            parts["v"] = rms_norm(emit, parts["v"], "", block.norm_eps, axis="e")
    if block.rope:
        with emit.label("rope"):
            cos, sin = (_table(emit, f"{block.rope}.{name}", block) for name in ("cos", "sin"))
            for name in rotated:
                parts[name] = rotate(parts[name], cos, sin, interleaved=block.interleaved)
    if block.kv_from:
        k, v = emit.named(f"{block.kv_from}.key"), emit.named(f"{block.kv_from}.value")
        return Heads(parts["q"], k, v, gate)
    return Heads(parts["q"], parts["k"], parts["v"], gate)


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


def _ungate(q: Value, block: SelfAttention) -> tuple[Value, Value]:
    """Returns queries and gates [b, t, o]: each head's rows are query, then gate."""
    both = ops.split(q, "o", h=block.num_attention_heads, two=2, e=block.head_dim)
    query, gate = (ops.merge(ops.pick(both, "two", i), "h e", "o") for i in range(2))
    return query, gate


def _project(emit: Emit, x: Value, block: SelfAttention) -> dict[str, Value]:
    """Returns the rows of queries, keys and values that this layer makes itself."""
    kv = block.num_key_value_heads * block.head_dim
    wide = kv * block.share * (2 if block.gated else 1)
    if block.qkv_key:
        fused = project(emit, x, block, block.qkv_key, wide + 2 * kv)
        cuts = {"q": (0, wide), "k": (wide, wide + kv), "v": (wide + kv, wide + 2 * kv)}
        return {name: ops.slice(fused, "o", *cut) for name, cut in cuts.items()}
    rows = {"q": project(emit, x, block, block.query_key, wide)}
    if block.kv_from:
        return rows
    rows["k"] = project(emit, x, block, block.key_key, kv, block.key_bias)
    rows["v"] = rows["k"] if block.k_eq_v else project(emit, x, block, block.value_key, kv)
    return rows


def project(
    emit: Emit, x: Value, block: Products, key: str, size: int, own: bool | None = None
) -> Value:
    """Returns `[..., o=size]`, the product of `x[..., d]` with the weight of one name.

    Its bias is there as the block says, unless `own` says otherwise. A name that ends in `_` goes
    on as it is: `in_proj_` -> `in_proj_weight`.
    """
    dot = "" if key.endswith("_") else "."
    bias = f"{key}{dot}bias" if (block.bias if own is None else own) else ""
    out = ("o", size)
    return linear(emit, x, f"{key}{dot}weight", bias, out=out, transposed=block.transposed)


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

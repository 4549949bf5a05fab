"""Keys and values of a layer as outputs, computed beside the layer."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import Block, Contract, Emit, PortSpec, required
from rlxflow.blocks.heads import project_heads
from rlxflow.blocks.linear import linear
from rlxflow.blocks.norm import rms_norm
from rlxflow.blocks.rope import rotate
from rlxflow.errors import ShapeError
from rlxflow.ir import ops
from rlxflow.ir.value import Value


def exported(output: str, width: int | None) -> tuple[PortSpec, ...]:
    """Returns what the contract of a tap says of its keys and values [b, t, k e]."""
    axes = (("b", None), ("t", None), ("d", width))
    return tuple(PortSpec(f"{output}.{name}", axes) for name in ("key", "value"))


@dataclass(frozen=True, slots=True, kw_only=True)
class KvTap(Block):
    """Publishes the keys and values that the layer behind it will use; the value passes through.

    It computes norm and projections again. A layer's own `export_key` gives the same without that;
    the tap serves layers that are not ours.

    Formula: `k = rope(rms(x) Wk.T)`, `v = rms(x) Wv.T`, as outputs `{output}.key`, `{output}.value`
    [b, t, k e].

    Attributes:
        attention: The layer's attention, with full weight names.
        norm_key: Weight of the norm before it.
        eps: Of that norm.
        output: First part of the outputs' names.
        norm_offset: Of that norm; see `RmsNorm`.
    """

    attention: SelfAttention
    norm_key: str
    eps: float
    output: str
    norm_offset: float = 0.0

    @property
    def contract(self) -> Contract:
        width = self.attention.num_key_value_heads * self.attention.head_dim
        return replace(self.attention.contract, outputs=exported(self.output, width), states=())

    def numbers(self) -> dict[str, object]:
        return {"eps": self.eps}

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        normed = rms_norm(emit, x, self.norm_key, self.eps, self.norm_offset)
        heads = project_heads(emit, normed, self.attention)
        for name, rows in (("key", heads.k), ("value", heads.v)):
            emit.publish_side_output(f"{self.output}.{name}", ops.merge(rows, "k e", "d"))
        return x


@dataclass(frozen=True, slots=True, kw_only=True)
class LlamaKvTap(Block):
    """Publishes the keys and values of a layer with Llama's names; the value passes through.

    It computes norm and projections again, and of the attention it knows no more than it needs.

    Formula: `k = rope(rms(x) Wk.T)`, `v = rms(x) Wv.T`, as outputs `{output}.key`, `{output}.value`
    [b, t, k e].
    Weights: below `prefix`: `input_layernorm.weight` [d], `self_attn.{k,v}_proj.weight` [k e, d].

    Attributes:
        head_dim: e.
        num_key_value_heads: k; None to read it from the weights.
        eps: Of the norm.
        output: First part of the outputs' names.
        rope: First part of the slots with cosine and sine.
        norm_offset: Of the norm; see `RmsNorm`.
    Constraints: (C1) the rows of both weights are a multiple of e.
    """

    prefix: str
    head_dim: int
    num_key_value_heads: int | None = None
    eps: float
    output: str
    rope: str = "rope"
    norm_offset: float = 0.0

    @property
    def contract(self) -> Contract:
        width = self.num_key_value_heads and self.num_key_value_heads * self.head_dim
        return Contract(
            reads=(f"{self.rope}.cos", f"{self.rope}.sin"),
            outputs=exported(self.output, width),
        )

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        norm = f"{self.prefix}.input_layernorm.weight"
        normed = rms_norm(emit, x, norm, self.eps, self.norm_offset)
        heads, size = self.num_key_value_heads, self.head_dim
        for name in ("key", "value"):
            key = f"{self.prefix}.self_attn.{name[0]}_proj.weight"
            rows = linear(emit, normed, key, out=("d", heads and heads * size))
            if rows.size("d") % size:
                expected = f"rows in heads of {size}"
                raise ShapeError(f"weight `{key}`", expected=expected, found=str(rows.type))
            if name == "key":
                turned = ops.split(rows, "d", k=rows.size("d") // size, e=size)
                cos, sin = emit.named(f"{self.rope}.cos"), emit.named(f"{self.rope}.sin")
                rows = ops.merge(rotate(turned, cos, sin), "k e", "d")
            emit.publish_side_output(f"{self.output}.{name}", rows)
        return x

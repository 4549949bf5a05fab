"""Keys and values of a layer as outputs, computed beside the layer."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.attention import SelfAttention
from rlxflow.blocks.base import Block, Contract, Emit, required
from rlxflow.blocks.heads import project_heads
from rlxflow.blocks.norm import rms_norm
from rlxflow.ir import ops
from rlxflow.ir.value import Value


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
        return self.attention.contract

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

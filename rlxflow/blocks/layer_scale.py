"""A learned factor for each feature of a branch."""

from __future__ import annotations

from dataclasses import dataclass

from rlxflow.blocks.base import Block, Emit, required
from rlxflow.ir import ops
from rlxflow.ir.value import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerScale(Block):
    """Multiplies each feature by a learned factor.

    Formula: `y[b,t,d] = x[b,t,d] weight[d]`.
    Source: Touvron et al., arXiv 2103.17239.
    Weights: `key` [d].
    """

    key: str

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        return x * ops.convert(emit.param(self.key, {"d": x.size("d")}), x.dtype)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarScale(Block):
    """Multiplies everything by one learned factor.

    Formula: `y = x * weight[0]`.
    Source: transformers' `modeling_gemma4`.
    Weights: `key` [1].
    """

    key: str

    def emit(self, emit: Emit, x: Value | None) -> Value:
        """[b, t, d] -> [b, t, d]."""
        x = required(x, self)
        factor = ops.pick(emit.param(self.key, {"one": 1}), "one", 0)
        return x * ops.convert(factor, x.dtype)
